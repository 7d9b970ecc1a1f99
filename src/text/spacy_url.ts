/**
 * Whether a piece of text is a web or mail address for spaCy's tokenizer, which then leaves it whole: an optional scheme, an
 * optional user, a host whose last label is lower case (or a public IPv4 address), an optional port and path.
 */
import { wordUnits } from "./characters.ts";
import { lowerLetterUnits } from "./spacy_classes.ts";

const octet = "(?:1?\\p{Nd}{1,2}|2[0-4]\\p{Nd}|25[0-5])";
const ADDRESS = new RegExp(
  // neither private and local networks, nor the first and last address of a block
  `(?!(?:10|127)(?:\\.\\p{Nd}{1,3}){3})(?!(?:169\\.254|192\\.168)(?:\\.\\p{Nd}{1,3}){2})` +
    `(?!172\\.(?:1[6-9]|2\\p{Nd}|3[01])(?:\\.\\p{Nd}{1,3}){2})` +
    `(?:[1-9]\\p{Nd}?|1\\p{Nd}\\p{Nd}|2[01]\\p{Nd}|22[0-3])(?:\\.${octet}){2}` +
    `\\.(?:[1-9]\\p{Nd}?|1\\p{Nd}\\p{Nd}|2[0-4]\\p{Nd}|25[0-4])(?=$|[:/?#])`,
  "uy",
);
const REST = /(?::\p{Nd}{2,5})?(?:$|[/?#])/uy;

/** Where `pattern` ends when it begins at `at`, -1 when it does not. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** Whether the unit may stand at the ends of a label of a host name: no punctuation, nothing beyond the basic plane. */
function isLabelEnd(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return unit >= 0x30 && unit <= 0x39 || (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
  if ((unit & 0xf800) !== 0xd800) return unit >= 0xa1;
  return (unit < 0xdc00 ? text.charCodeAt(at + 1) & 0xfc00 : 0) !== 0xdc00 &&
    (unit < 0xdc00 || at === 0 || (text.charCodeAt(at - 1) & 0xfc00) !== 0xd800);
}

/** Where the labels end that begin at `at`, behind the last full stop; -1 without one. */
function labelsEnd(text: string, at: number): number {
  let end = -1;
  for (;;) {
    let stop = at;
    while (stop < text.length && stop - at < 65 && (isLabelEnd(text, stop) || "_-".includes(text[stop]))) stop++;
    if (stop === at || stop - at > 64 || text[stop] !== "." || !isLabelEnd(text, at) || !isLabelEnd(text, stop - 1)) {
      return end;
    }
    at = end = stop + 1;
  }
}

/** Where the host begins behind a scheme, -1 without one. */
function schemeEnd(text: string): number {
  const colon = text.indexOf(":");
  if (colon < 2 || !text.startsWith("://", colon)) return -1;
  let characters = 0;
  for (let at = 0; at < colon; characters++) {
    const units = wordUnits(text, at) || Number("+-.".includes(text[at]));
    if (units === 0) return -1;
    at += units;
  }
  return characters >= 2 ? colon + 3 : -1;
}

/** Whether a host that begins at `at` may be followed by the rest of the text. */
function hostAt(text: string, at: number): boolean {
  const address = endOf(ADDRESS, text, at);
  if (address >= 0 && endOf(REST, text, address) >= 0) return true;
  let end = labelsEnd(text, at);
  if (end < 0) return false;
  let letters = 0;
  while (letters < 64) {
    const units = lowerLetterUnits(text, end);
    if (units === 0) break;
    letters++, end += units;
  }
  return letters >= 2 && letters <= 63 && endOf(REST, text, end) >= 0;
}

/** Whether the whole text, without white space, is an address. */
export function isUrl(text: string): boolean {
  if (!text.includes(".")) return false;
  if (hostAt(text, 0)) return true;
  const scheme = schemeEnd(text);
  if (scheme >= 0 && hostAt(text, scheme)) return true;
  for (let at = text.indexOf("@", 1); at >= 0; at = text.indexOf("@", at + 1)) {
    if (hostAt(text, at + 1)) return true;
  }
  return false;
}
