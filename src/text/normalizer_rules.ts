/**
 * The rule tables that SentencePiece calls `nmt_nfkc`, `nfkc`, `nmt_nfkc_cf`, `nfkc_cf` and `identity`, made from the
 * engine's own Unicode tables when one of them is first needed, and compiled into the bytes that `spm.model` carries.
 */
import { ValueError } from "../errors.ts";
import { buildTrie, compareBytes } from "./sentencepiece_trie.ts";

/** Names of the rule tables. */
export const NORMALIZATION_RULES: readonly string[] = ["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity"];

/** Rules: a sequence of characters, and what it becomes. */
export type CharsMap = Map<string, string>;

const compiled = new Map<string, Uint8Array<ArrayBuffer>>();
const maps = new Map<string, CharsMap>();

/**
 * The compiled rules of a name, made once.
 * @throws {ValueError} an unknown name
 */
export function charsmapOf(name: string): Uint8Array<ArrayBuffer> {
  let bytes = compiled.get(name);
  if (!bytes) compiled.set(name, bytes = compileCharsmap(rulesOf(name)));
  return bytes;
}

/**
 * The rules of a name.
 * @throws {ValueError} an unknown name
 */
export function rulesOf(name: string): CharsMap {
  if (!NORMALIZATION_RULES.includes(name)) {
    throw new ValueError(
      `Cannot normalize by the rules ${JSON.stringify(name)}: wanted one of ${NORMALIZATION_RULES.join(", ")}, ` +
        "or a model that carries its rules",
      { op: "charsmapOf", value: name },
    );
  }
  if (name === "identity") return new Map();
  let map = maps.get(name);
  if (!map) {
    if (name === "nfkc") map = nfkcRules();
    else if (name === "nmt_nfkc") map = nmtRules(new Map(rulesOf("nfkc")));
    else map = foldRules(new Map(rulesOf(name.slice(0, -3))));
    maps.set(name, map);
  }
  return map;
}

/** Compiles rules: the trie's size in bytes, the trie, the replacements with a zero byte behind each. */
export function compileCharsmap(rules: CharsMap): Uint8Array<ArrayBuffer> {
  if (rules.size === 0) return new Uint8Array();
  const encoder = new TextEncoder(), places = new Map<string, number>();
  let text = "", length = 0;
  for (const replacement of [...new Set(rules.values())].sort()) {
    places.set(replacement, length);
    text += replacement + "\0";
    length += encoder.encode(replacement).length + 1;
  }
  const entries = [...rules].map(([from, to]) => ({ key: encoder.encode(from), place: places.get(to)! }))
    .sort((a, b) => compareBytes(a.key, b.key));
  const trie = buildTrie(entries.map(({ key }) => key), entries.map(({ place }) => place));
  const out = new Uint8Array(4 + trie.length * 4 + length), view = new DataView(out.buffer);
  view.setUint32(0, trie.length * 4, true);
  trie.forEach((unit, i) => view.setUint32(4 + i * 4, unit, true));
  encoder.encodeInto(text, out.subarray(4 + trie.length * 4));
  return out;
}

const NONCHARACTER = (cp: number) => (cp & 0xfffe) === 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef);

function nfkcRules(): CharsMap {
  const rules: CharsMap = new Map(), variants = new Map<string, string[]>(), decomposed = new Set<string>();
  for (let cp = 1; cp <= 0x10ffff; cp++) {
    // CJK, private use and the upper planes decompose to themselves: skipping them saves most of the time
    if (cp === 0x3400) cp = 0x4dc0;
    if (cp === 0x4e00) cp = 0xa000;
    if (cp === 0xd800) cp = 0xf900;
    if (cp === 0x17000) cp = 0x1b000;
    if (cp === 0x20000) cp = 0x2f800;
    if (cp === 0x2fa20) cp = 0xe0000;
    if (cp === 0xe1000) break;
    if (NONCHARACTER(cp)) continue;
    const c = String.fromCodePoint(cp), nfkd = c.normalize("NFKD");
    const nfkc = c.normalize("NFKC");
    if (nfkc !== c) rules.set(c, nfkc);
    if (nfkd === c) continue;
    if (nfkd.length === (nfkd.codePointAt(0)! > 0xffff ? 2 : 1)) {
      const list = variants.get(nfkd);
      if (list) list.push(c);
      else variants.set(nfkd, [nfkd, c]);
    } else decomposed.add(nfkd);
  }
  for (const nfkd of decomposed) {
    const nfkc = nfkd.normalize("NFC");
    if (nfkc === nfkd) continue;
    // every spelling of the sequence
    let spellings = [""];
    for (const c of nfkd) {
      const list = variants.get(c) ?? [c];
      spellings = spellings.flatMap((spelling) => list.map((variant) => spelling + variant));
    }
    for (const spelling of spellings) if (spelling !== nfkc) rules.set(spelling, nfkc);
  }
  return withoutRedundant(rules);
}

/** Rules that shorter ones do not already do. */
function withoutRedundant(rules: CharsMap): CharsMap {
  const kept: CharsMap = new Map(), byLength: [string, string[], string][][] = [];
  for (const [from, to] of rules) {
    const characters = [...from];
    if (characters.length === 1) kept.set(from, to);
    else (byLength[characters.length] ??= []).push([from, characters, to]);
  }
  for (let length = 2; length < byLength.length; length++) {
    for (const [from, characters, to] of byLength[length] ?? []) {
      let out = "";
      for (let at = 0; at < length;) {
        let n = Math.min(length - 1, length - at), found: string | undefined;
        for (; n > 0; n--) {
          found = kept.get(n === 1 ? characters[at] : characters.slice(at, at + n).join(""));
          if (found !== undefined) break;
        }
        out += found ?? characters[at];
        at += n || 1;
      }
      if (out !== to) kept.set(from, to);
    }
  }
  return kept;
}

const set = (rules: CharsMap, to: string, ...codePoints: number[]) => {
  for (const cp of codePoints) rules.set(String.fromCodePoint(cp), to);
};

/** Machine translation's additions: what else counts as a space, what is dropped, and one exception. */
function nmtRules(rules: CharsMap): CharsMap {
  set(rules, " ", 0x09, 0x0a, 0x0c, 0x0d, 0x1680, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x2581, 0xfeff, 0xfffd);
  set(rules, " ", 0x200c);
  for (let cp = 1; cp < 0x20; cp++) if (![0x09, 0x0a, 0x0c, 0x0d].includes(cp)) set(rules, "", cp);
  set(rules, "", 0x7f, 0x8f, 0x9f);
  // the wide tilde of Japanese is another character than the narrow one
  rules.delete("\uff5e");
  return rules;
}

/** Case folding on top of rules. */
function foldRules(rules: CharsMap): CharsMap {
  for (const [from, to] of rules) rules.set(from, [...to].map(foldCase).join(""));
  for (let cp = 1; cp < 0x1f000; cp++) {
    if (cp === 0x3400) cp = 0xa000;
    if (cp === 0xac00) cp = 0xf900;
    const c = String.fromCodePoint(cp);
    if (rules.has(c)) continue;
    const folded = foldCase(c);
    if (folded !== c) rules.set(c, folded);
  }
  return withoutRedundant(rules);
}

/** Simple case folding of one character. */
function foldCase(c: string): string {
  // Cherokee folds to its capitals
  const cp = c.codePointAt(0)!;
  if (cp >= 0x13a0 && cp <= 0x13f5) return c;
  if ((cp >= 0x13f8 && cp <= 0x13fd) || (cp >= 0xab70 && cp <= 0xabbf)) return c.toUpperCase();
  if (cp === 0x130 || cp === 0x131) return c;
  if (cp === 0x1e9e) return "\u00df";
  const one = (text: string) => text.length === String.fromCodePoint(text.codePointAt(0)!).length;
  const upper = c.toUpperCase(), folded = (one(upper) ? upper : c).toLowerCase();
  return one(folded) ? folded : c.toLowerCase();
}
