/**
 * Jigsaw's character cleaning: punctuation and a handful of other characters become spaces, one each. Nothing is lowered,
 * trimmed or joined; words with an apostrophe fall apart, so contractions are expanded before it.
 */

/** The 58 characters that {@link cleanPunctuation} blanks. Five letters are among them: à, θ, α, β and π. */
export const JIGSAW_PUNCTUATION: string = "/-'?!.,#$%()*+:;<=>@[\\]^_`{|}~\"“”’∞θ÷α•à−β∅³π‘₹´°£€×™√²—–&";

const PUNCTUATION = new RegExp(`[${JIGSAW_PUNCTUATION.replace(/[\\\]^-]/g, "\\$&")}]`, "g");

/**
 * A text with each character of {@link JIGSAW_PUNCTUATION} replaced by a space: `"don't"` becomes `"don t"`, `"bàd"`
 * becomes `"b d"`; `…` stays.
 */
export function cleanPunctuation(text: string): string {
  return text.replace(PUNCTUATION, " ");
}
