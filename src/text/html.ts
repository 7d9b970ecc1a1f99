/**
 * Character references of HTML turned into characters, as Python's `html.unescape` does it: with the rules of HTML 5 for
 * missing semicolons, invalid numbers and Windows-1252.
 */
import { ENTITIES } from "./html_entities.ts";

const REFERENCE = /&(?:#([0-9]+);?|#[xX]([0-9a-fA-F]+);?|([^\t\n\f <&#;]{1,32};?))/gu;
/** What the numbers 128 to 159 stand for, by Windows-1252; the five that it leaves free stand for themselves. */
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
let names: Map<string, string> | undefined;

function table(): Map<string, string> {
  const table = new Map<string, string>();
  let name = "";
  for (const line of ENTITIES.split("\n")) {
    const space = line.indexOf(" "), bare = line[space - 1] === "!";
    name = name.slice(0, parseInt(line[0], 36)) + line.slice(1, bare ? space - 1 : space);
    const characters = line.slice(space + 1).replace("\\n", "\n");
    table.set(name + ";", characters);
    if (bare) table.set(name, characters);
  }
  return table;
}

/** The character of a number, "" for a control character or a code that stands for none. */
function numbered(code: number): string {
  if (code === 0 || code > 0x10ffff || code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  if (code >= 0x80 && code <= 0x9f) return WINDOWS_1252[code - 0x80];
  const isControl = code < 0x20 && code !== 9 && code !== 10 && code !== 12 && code !== 13 || code === 0x7f;
  const isNone = (code & 0xfffe) === 0xfffe || code >= 0xfdd0 && code <= 0xfdef;
  return isControl || isNone ? "" : String.fromCodePoint(code);
}

/** The characters of a name; a name without a semicolon may be the beginning of a longer word. */
function named(name: string): string {
  names ??= table();
  const whole = names.get(name);
  if (whole !== undefined) return whole;
  for (let length = name.length - 1; length > 1; length--) {
    const start = names.get(name.slice(0, length));
    if (start !== undefined) return start + name.slice(length);
  }
  return "&" + name;
}

/**
 * A text with its character references replaced: `&amp;`, `&#39;`, `&#x27;` and the 2,125 names of HTML 5.
 * @example
 * ```ts
 * w.text.htmlUnescape("caf&eacute; &copy 2018 &#39;x&#39;"); // "café © 2018 'x'"
 * ```
 */
export function htmlUnescape(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(REFERENCE, (_, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return named(name);
    return numbered(decimal === undefined ? parseInt(hexadecimal!, 16) : parseInt(decimal, 10));
  });
}
