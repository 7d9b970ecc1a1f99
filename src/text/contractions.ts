/**
 * Contractions written out: whole words between spaces, after the four signs that stand for an apostrophe became one.
 * To be done before punctuation is blanked, which takes the apostrophes away.
 */

/** `wrong=right` pairs that follow no rule, then words that take the regular endings. */
const SINGLE =
  "ain't=is not|amn't=am not|can't=cannot|can't've=cannot have|cant't=cannot|'cause=because|could've=could have|" +
  "daren't=dare not|dasn't=dare not|did'nt=did not|does'nt=does not|do'nt=do not|is'nt=is not|was'nt=was not|" +
  "were'nt=were not|are'nt=are not|have'nt=have not|has'nt=has not|had'nt=had not|would'nt=would not|" +
  "could'nt=could not|should'nt=should not|wo'nt=will not|ca'nt=cannot|e'er=ever|'em=them|everyone's=everyone is|" +
  "gimme=give me|giv'n=given|gonna=going to|gotta=got to|i'm=I am|I'm=I am|" +
  "i'm'a=I am about to|i'm'o=I am going to|it'd=it would|it'll=it will|let's=let us|ma'am=madam|may've=may have|" +
  "might've=might have|must've=must have|ne'er=never|o'clock=of the clock|o'er=over|ol'=old|" +
  "shan't=shall not|shan't've=shall not have|sha'n't=shall not|should've=should have|so's=so as|so've=so have|" +
  "somebody's=somebody is|someone's=someone is|something's=something is|this's=this is|to've=to have|'tis=it is|" +
  "'twas=it was|'twere=it were|wanna=want to|when've=when have|why've=why have|will've=will have|won't=will not|" +
  "won't've=will not have|would've=would have|y'all=you all|y'all'd=you all would|y'all'd've=you all would have|" +
  "y'all're=you all are|y'all've=you all have|c'mon=come on|d'you=do you|s'more=some more|g'day=good day|" +
  "wouldn't've=would not have|couldn't've=could not have|shouldn't've=should not have|mightn't've=might not have|" +
  "mustn't've=must not have|needn't've=need not have|oughtn't've=ought not have|hadn't've=had not have";
const NOT = "are could did does do had has have is might must need ought should was were would may";
const WORDS = "I i he she it we they you that there who what where when why how";
/** Endings after {@link WORDS}; `'s` and `'d` have two readings each, of which the commoner one is taken. */
const ENDINGS: Readonly<Record<string, string>> = {
  "'d": "would",
  "'d've": "would have",
  "'ll": "will",
  "'ll've": "will have",
  "'ve": "have",
};
const SIGNS = /[’‘´`]/g;

function table(): Map<string, string> {
  const entries = new Map<string, string>();
  for (const word of NOT.split(" ")) entries.set(`${word}n't`, `${word} not`);
  for (const word of WORDS.split(" ")) {
    const subject = word === "i" ? "I" : word;
    for (const [ending, verb] of Object.entries(ENDINGS)) entries.set(word + ending, `${subject} ${verb}`);
    if (/^(?:we|they|you|who|what|where|why|how|there)$/.test(word)) entries.set(`${word}'re`, `${word} are`);
    if (!/^(?:i|we|they|you)$/i.test(word)) entries.set(`${word}'s`, `${word} is`);
  }
  for (const pair of SINGLE.split("|")) {
    const equals = pair.indexOf("=");
    entries.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return entries;
}

/** Contractions of English and some misspelt ones (`is'nt`), with what they stand for. */
export const CONTRACTIONS: ReadonlyMap<string, string> = table();

/** Options of {@link expandContractions}. */
export interface ContractionOptions {
  /** Contractions and what they stand for, written with `'`. Default {@link CONTRACTIONS}. */
  table?: ReadonlyMap<string, string>;
  /** Also takes words whose lower case is in the table, a capital at the beginning kept. Default false. */
  ignoreCase?: boolean;
}

/**
 * A text with its contractions written out: `’ ‘ ´` and the backquote become `'`, then each word between spaces that the table has is
 * replaced. Words that touch punctuation (`"don't,"`) are other words and stay.
 * @example
 * ```ts
 * w.text.cleanPunctuation(w.text.expandContractions("It is'nt")); // "It is not"
 * ```
 */
export function expandContractions(text: string, options: ContractionOptions = {}): string {
  const { table = CONTRACTIONS, ignoreCase = false } = options;
  return text.replace(SIGNS, "'").split(" ").map((word) => {
    const found = table.get(word);
    if (found !== undefined || !ignoreCase) return found ?? word;
    const lower = table.get(word.toLowerCase());
    if (lower === undefined) return word;
    const first = word.replace(/^'/, "")[0] ?? "";
    return first !== first.toLowerCase() ? lower[0].toUpperCase() + lower.slice(1) : lower;
  }).join(" ");
}
