/**
 * spaCy's special cases: texts with tokens of their own. A piece that is one is replaced at once; one that affix rules have
 * taken apart, like ":)" behind a word, is found again among the tokens, the longest and then the first one winning.
 */
import { ValueError } from "../errors.ts";
import { isSpace } from "./characters.ts";
import { prefixLength, suffixLength } from "./spacy_classes.ts";
import { SPECIAL_CASES } from "./spacy_tables.ts";

/** Tokens that may follow, and what the tokens so far are. */
interface Step {
  readonly next: Map<string, Step>;
  /** Undefined: nothing; true: a special case that affix rules split otherwise than it wants. */
  changes?: boolean;
}

/** Tokens `start` to `end` are those that affix rules make of a special case, though perhaps with spaces between. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** A number of a text by its ends and length: most texts that are no special case have another one than all of those. */
function shape(text: string, start: number, end: number): number {
  return (Math.imul(text.charCodeAt(start), 0x9e3779b1) + Math.imul(text.charCodeAt(end - 1), 0x85ebca6b) + end -
    start) >>>
    19;
}
const SHAPES = 1 << 13;

/** The table of special cases of one tokenizer. */
export class SpecialCases {
  readonly #cases: Map<string, readonly string[]> = new Map();
  readonly #first: Step = { next: new Map() };
  readonly #split: (text: string) => readonly string[];
  #longest = 0;
  /** By {@link shape}: 1 where a special case has it, 2 where a token has it that begins one. */
  readonly #shapes: Uint8Array = new Uint8Array(SHAPES);

  /** The English ones. `split` is the tokenizer without special cases. */
  constructor(split: (text: string) => readonly string[]) {
    this.#split = split;
    let before = "";
    for (const line of SPECIAL_CASES.split("\n")) {
      before = before.slice(0, parseInt(line[0], 36)) + line.slice(1);
      this.#set(before.replaceAll("\t", ""), before.split("\t"));
    }
  }

  /** Adds or replaces one. */
  add(text: string, tokens: readonly string[]): void {
    if (text === "" || tokens.join("") !== text || tokens.includes("")) {
      throw new ValueError(
        `Cannot add the special case ${JSON.stringify(text)}: its tokens ${
          JSON.stringify(tokens)
        } do not give that text`,
        { value: text },
      );
    }
    this.#set(text, [...tokens]);
  }

  #set(text: string, tokens: readonly string[]): void {
    this.#cases.set(text, tokens);
    this.#longest = Math.max(this.#longest, text.length);
    this.#shapes[shape(text, 0, text.length)] |= 1;
    const parts = this.#parts(text);
    const splits = parts.length > 1 || prefixLength(text, 0, text.length) > 0 || suffixLength(text, 0, text.length) > 0;
    if (!splits || parts.length === 1 && tokens.length === 1) return;
    this.#shapes[shape(parts[0], 0, parts[0].length)] |= 2;
    let step = this.#first;
    for (const part of parts) {
      let next = step.next.get(part);
      if (!next) step.next.set(part, next = { next: new Map() });
      step = next;
    }
    step.changes ||= parts.length !== tokens.length || parts.some((part, i) => part !== tokens[i]);
  }

  /** Tokens without special cases; white space inside is as in a text. */
  #parts(text: string): string[] {
    const parts: string[] = [];
    for (let at = 0; at < text.length;) {
      let start = at;
      const space = isSpace(text.charCodeAt(at));
      while (at < text.length && isSpace(text.charCodeAt(at)) === space) at++;
      if (space && start > 0 && text.charCodeAt(start) === 0x20) start++;
      if (start < at) parts.push(...this.#split(text.slice(start, at)));
    }
    return parts;
  }

  /** The tokens of the special case that `text[start, end)` is, if it is one. */
  get(text: string, start: number, end: number): readonly string[] | undefined {
    if (start >= end || end - start > this.#longest || (this.#shapes[shape(text, start, end)] & 1) === 0) {
      return undefined;
    }
    return this.#cases.get(start === 0 && end === text.length ? text : text.slice(start, end));
  }

  /** Whether a special case that affix rules take apart may begin with this token. */
  mayBegin(token: string): boolean {
    return (this.#shapes[shape(token, 0, token.length)] & 2) !== 0 && this.#first.next.has(token);
  }

  /** Puts special cases together again. `suspects` are the tokens that may begin one. */
  apply(text: string, tokens: string[], suspects: readonly number[]): string[] {
    const spans: Span[] = [];
    let changes = false;
    for (const start of suspects) {
      let step = this.#first.next.get(tokens[start]);
      for (let end = start + 1; step; end++) {
        if (step.changes !== undefined) spans.push({ start, end }), changes ||= step.changes;
        if (end >= tokens.length) break;
        step = step.next.get(tokens[end]);
      }
    }
    return changes ? this.#replace(text, tokens, spans) : tokens;
  }

  /** A span with a space between its tokens is none of the special cases, yet it takes its tokens from shorter ones. */
  #replace(text: string, tokens: readonly string[], spans: Span[]): string[] {
    spans.sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
    const taken = new Set<number>(), chosen = new Map<number, number>();
    for (const { start, end } of spans) {
      if (!taken.has(start) && !taken.has(end - 1)) chosen.set(start, end);
      for (let i = start; i < end; i++) taken.add(i);
    }
    const result: string[] = [];
    let place = 0, afterWord = false;
    for (let i = 0; i < tokens.length;) {
      const last = chosen.get(i) ?? i + 1;
      if (afterWord && text.charCodeAt(place) === 0x20) place++;
      const from = place, first = i;
      for (; i < last; i++) {
        if (i > first && afterWord && text.charCodeAt(place) === 0x20) place++;
        place += tokens[i].length;
        afterWord = !isSpace(text.charCodeAt(place - 1));
      }
      const special = chosen.has(first) ? this.#cases.get(text.slice(from, place)) : undefined;
      for (const token of special ?? tokens.slice(first, last)) result.push(token);
    }
    return result;
  }
}
