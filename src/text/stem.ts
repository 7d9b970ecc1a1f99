/**
 * Other forms under which a word's vector may be found: its case variants and its stems, in the order in which they are
 * tried.
 */
import { ValueError } from "../errors.ts";
import { loadStemmers, type Stemmers } from "../platform/stemmers.ts";

/** Another form of a word, or what makes one. */
export type WordFallback =
  | "lower"
  | "upper"
  | "capitalized"
  | "porter"
  | "lancaster"
  | "snowball"
  | ((word: string) => string);

/** All named forms, in the order that fills embedding tables best: cases before stems. */
export const WORD_FALLBACKS: readonly WordFallback[] = Object.freeze([
  "lower",
  "upper",
  "capitalized",
  "porter",
  "lancaster",
  "snowball",
]);

/** A form with its name. */
export interface NamedFallback {
  /** Its name in reports. */
  readonly name: string;
  /** Makes the form. */
  readonly form: (word: string) => string;
}

/** The first character in upper case and all others in lower case, as Python's `str.capitalize` has it but for ligatures. */
function capitalized(word: string): string {
  const first = word.codePointAt(0);
  if (first === undefined) return word;
  const length = first > 0xffff ? 2 : 1;
  return word.slice(0, length).toUpperCase() + word.slice(length).toLowerCase();
}

/** Loads what the forms need. @throws {ValueError} for a name that none of them has */
export async function loadFallbacks(fallbacks: readonly WordFallback[]): Promise<NamedFallback[]> {
  let stemmers: Stemmers | undefined;
  const found: NamedFallback[] = [];
  for (const fallback of fallbacks) {
    if (typeof fallback === "function") found.push({ name: fallback.name || "function", form: fallback });
    else if (fallback === "lower") found.push({ name: fallback, form: (word) => word.toLowerCase() });
    else if (fallback === "upper") found.push({ name: fallback, form: (word) => word.toUpperCase() });
    else if (fallback === "capitalized") found.push({ name: fallback, form: capitalized });
    else if (fallback === "porter" || fallback === "lancaster" || fallback === "snowball") {
      const stem = (stemmers ??= await loadStemmers())[fallback];
      found.push({ name: fallback, form: (word) => stem(word.toLowerCase().replace(/[‘’‛]/g, "'")) });
    } else {
      throw new ValueError(
        `Cannot look for words by ${JSON.stringify(fallback)}: wanted a function or one of ${
          WORD_FALLBACKS.join(", ")
        }`,
        { op: "fallbacks", value: fallback },
      );
    }
  }
  return found;
}

/**
 * The stem of a word: a function that makes it, once the library is there.
 * @param name whose rules: Porter's, Lancaster's or Snowball's (Porter 2)
 * @throws {ValueError} for another name
 * @example
 * ```ts
 * const stem = await w.text.stemmer("snowball");
 * stem("Flying"); // "fli"
 * ```
 */
export async function stemmer(name: "porter" | "lancaster" | "snowball"): Promise<(word: string) => string> {
  if (name !== "porter" && name !== "lancaster" && name !== "snowball") {
    throw new ValueError(
      `Cannot make a stemmer: ${JSON.stringify(name)} is none, wanted "porter", "lancaster" or "snowball"`,
      { op: "stemmer", value: name },
    );
  }
  return (await loadFallbacks([name]))[0].form;
}
