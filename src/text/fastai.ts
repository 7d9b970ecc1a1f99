/**
 * fastai's tokenizers: text rules, then words, then rules for tokens. Version 2 by default, 0.7 as in the course of 2018;
 * rules and the splitting itself can be replaced one by one.
 */
import { ValueError } from "../errors.ts";
import * as rules2 from "./fastai_rules.ts";
import * as rules07 from "./fastai_rules_07.ts";
import { SpacyTokenizer, type SpacyTokenizerOptions } from "./spacy.ts";
import type { TextRule, Tokenizer } from "./tokenizer.ts";

/** A version of fastai whose texts can be made. */
export type FastaiVersion = "0.7" | "2";

/** Options of {@link FastaiTokenizer}. */
export interface FastaiTokenizerOptions {
  /** Whose rules and special tokens. Default "2". */
  readonly version?: FastaiVersion;
  /** What happens to a text first, in order. Default all of the version's. */
  readonly rules?: readonly TextRule[];
  /** What happens to each token last, in order. Default all of the version's. */
  readonly postRules?: readonly TextRule[];
  /** What splits. Default a {@link WordTokenizer} that leaves the version's special tokens whole. */
  readonly tokenizer?: Tokenizer;
}

/** Options of {@link WordTokenizer}. */
export interface WordTokenizerOptions extends SpacyTokenizerOptions {
  /** Tokens that are never split. Default those of fastai 2. */
  readonly specialTokens?: readonly string[];
}

/** fastai's `WordTokenizer`: {@link SpacyTokenizer} that leaves special tokens whole. */
export class WordTokenizer extends SpacyTokenizer {
  /** @throws {ValueError} a language other than English */
  constructor(language: string = "en", options: WordTokenizerOptions = {}) {
    const { specialTokens = rules2.SPECIAL_TOKENS, ...others } = options;
    super(language, others);
    for (const token of specialTokens) this.addSpecialCase(token, [token]);
  }
}

/**
 * Texts to tokens as fastai does it.
 *
 * @example Version 2
 * ```ts
 * const tokenizer = new w.text.FastaiTokenizer();
 * tokenizer.tokenize("I'M SHOUTING!!! Sooooo good");
 * // ["xxbos", "xxup", "i", "'m", "xxup", "shouting", "xxrep", "3", "!", "s", "xxrep", "5", "o", "good"]
 * ```
 */
export class FastaiTokenizer implements Tokenizer {
  /** Whose rules. */
  readonly version: FastaiVersion;
  /** What happens to a text first, in order. */
  readonly rules: readonly TextRule[];
  /** What happens to each token last, in order. */
  readonly postRules: readonly TextRule[];
  /** What splits. */
  readonly tokenizer: Tokenizer;

  /** @throws {ValueError} an unknown version */
  constructor(options: FastaiTokenizerOptions = {}) {
    const { version = "2" } = options;
    if (version !== "2" && version !== "0.7") {
      throw new ValueError(`Cannot make a FastaiTokenizer of version "${version}": wanted "2" or "0.7"`, {
        value: version,
      });
    }
    const isNew = version === "2";
    this.version = version;
    this.rules = options.rules ?? (isNew ? rules2.RULES : rules07.RULES);
    this.postRules = options.postRules ?? (isNew ? rules2.POST_RULES : []);
    this.tokenizer = options.tokenizer ??
      new WordTokenizer("en", { specialTokens: isNew ? rules2.SPECIAL_TOKENS : rules07.SPECIAL_TOKENS });
  }

  /** The text after all rules, as it goes into the splitting. */
  prepare(text: string): string {
    for (const rule of this.rules) text = rule(text);
    return text;
  }

  /** The tokens of a text. */
  tokenize(text: string): string[] {
    const tokens = this.tokenizer.tokenize(this.prepare(text));
    for (const rule of this.postRules) {
      for (let i = 0; i < tokens.length; i++) tokens[i] = rule(tokens[i]);
    }
    return tokens;
  }

  /** Tokens joined by `separator`, which is what fastai shows of them. Default a space. */
  decode(tokens: readonly string[], separator: string = " "): string {
    return tokens.join(separator);
  }
}

/**
 * The columns of a row as one text, each with the mark of its field: `xxfld 1 … xxfld 2 …`, in version 0.7
 * `\nxbos xfld 1 …`, where the second column is marked `xfld 1` again, the third `xfld 2`, as that version does it.
 */
export function markFields(columns: readonly string[], version: FastaiVersion = "2"): string {
  if (version === "2") return columns.map((text, i) => `xxfld ${i + 1} ${text}`).join(" ");
  return "\nxbos" + columns.map((text, i) => ` xfld ${Math.max(i, 1)} ${text}`).join("");
}
