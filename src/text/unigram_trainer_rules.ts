/**
 * Which strings may become pieces: SentencePiece's rules on length, spaces, scripts and digits.
 *
 * A space (U+2581) stands only at the start; a piece keeps to one script (Hiragana and Katakana count as Han, inherited
 * marks as the character before); digits are of the script Common, so they never join letters.
 * @module
 */

const SCRIPTS =
  ("Common Inherited Latin Han Hiragana Katakana Cyrillic Greek Arabic Hebrew Hangul Devanagari Thai Armenian " +
    "Georgian Bengali Bopomofo Braille Canadian_Aboriginal Cherokee Coptic Ethiopic Gothic Gujarati Gurmukhi Kannada Khmer " +
    "Lao Malayalam Mongolian Myanmar Ogham Oriya Runic Sinhala Syriac Tamil Telugu Thaana Tibetan Yi Deseret Old_Italic " +
    "Tagalog Hanunoo Buhid Tagbanwa Limbu Tai_Le Linear_B Ugaritic Shavian Osmanya Cypriot Buginese New_Tai_Lue " +
    "Glagolitic Tifinagh Syloti_Nagri Old_Persian Kharoshthi Balinese Cuneiform Phoenician Phags_Pa Nko Sundanese Lepcha " +
    "Ol_Chiki Vai Saurashtra Kayah_Li Rejang Cham Tai_Tham Samaritan Lisu Bamum Javanese Meetei_Mayek Batak Mandaic Adlam")
    .split(" ").map((name) => new RegExp(`^\\p{Script=${name}}$`, "u"));
const INHERITED = 1;
const HAN = 3;
const KATAKANA = 5;
const ANY = -1;

const known = new Map<number, number>();

function scriptOf(code: number): number {
  let script = known.get(code);
  if (script === undefined) {
    const character = String.fromCodePoint(code);
    script = Math.max(SCRIPTS.findIndex((pattern) => pattern.test(character)), 0);
    if ((script > HAN && script <= KATAKANA) || code === 0x30fc) script = HAN;
    known.set(code, script);
  }
  return script;
}

/** The options that decide which pieces are allowed. */
export interface PieceRuleOptions {
  /** Longest piece in code points. Default: 16. */
  maxPieceLength?: number;
  /** Pieces keep to one script. Default: true. */
  splitByUnicodeScript?: boolean;
  /** Digits do not join letters. Default: true. */
  splitByNumber?: boolean;
  /** Every digit is a piece of its own. Default: false. */
  splitDigits?: boolean;
  /** Pieces do not reach over spaces. Default: true. */
  splitByWhitespace?: boolean;
}

/** Makes the test of whether the code points `codes[start .. start + length)` may be a piece. */
export function pieceRules(
  options: PieceRuleOptions,
): (codes: ArrayLike<number>, start: number, length: number) => boolean {
  const longest = options.maxPieceLength ?? 16;
  const byScript = options.splitByUnicodeScript ?? true;
  const byNumber = options.splitByNumber ?? true;
  const digits = options.splitDigits ?? false;
  const bySpace = options.splitByWhitespace ?? true;
  return (codes, start, length) => {
    if (length < 1 || length > longest) return false;
    let previous = ANY;
    for (let i = 0; i < length; i++) {
      const code = codes[start + i];
      if (code === 0x2585 || code === 0 || code === 9 || code === 0x20) return false;
      if (code === 0x2581) {
        if (i > 0 && (bySpace || i === length - 1)) return false;
        continue;
      }
      let script = scriptOf(code);
      if (script === INHERITED) script = previous;
      if (code >= 0x30 && code <= 0x39) {
        if (!byNumber) script = ANY;
        if (digits && length > 1) return false;
      }
      if (byScript && script !== ANY && previous !== ANY && previous !== script) return false;
      previous = script;
    }
    return true;
  };
}
