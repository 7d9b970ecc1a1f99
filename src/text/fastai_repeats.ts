/** Runs of one character, which both versions of fastai's rules shorten. */
import { isSpace, unitsAt } from "./characters.ts";

/** A character that stands `least` times or more in a row becomes ` mark count character `; white space stays. */
export function repeatedCharacters(text: string, least: number, mark: string): string {
  let result = "", done = 0;
  for (let at = 0; at + least <= text.length;) {
    const unit = text.charCodeAt(at);
    if ((unit & 0xf800) !== 0xd800 && unit !== text.charCodeAt(at + 1)) {
      at++;
      continue;
    }
    const units = unitsAt(text, at), character = text.slice(at, at + units);
    let end = at + units;
    while (text.startsWith(character, end) && unitsAt(text, end) === units) end += units;
    const count = (end - at) / units;
    if (count >= least && !isSpace(unit)) {
      result += `${text.slice(done, at)} ${mark} ${count} ${character} `;
      done = end;
    }
    at = end;
  }
  return done === 0 ? text : result + text.slice(done);
}
