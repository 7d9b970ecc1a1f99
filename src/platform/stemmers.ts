/**
 * Stemmers of English, loaded when the first stem is asked for: Porter's, Lancaster's and Snowball's.
 * @module
 */

/** A word's stem. */
export type Stemmer = (word: string) => string;

/** The three stemmers, each for words in lower case. */
export interface Stemmers {
  /** Porter's, as its author runs it today. */
  readonly porter: Stemmer;
  /** Lancaster's, by the rules of Paice and Husk's paper. */
  readonly lancaster: Stemmer;
  /** Snowball's for English, also called Porter 2. */
  readonly snowball: Stemmer;
}

/** Loads all three. */
export async function loadStemmers(): Promise<Stemmers> {
  const [porter, lancaster, snowball] = await Promise.all([
    import("npm:stemmer@2.0.1"),
    import("npm:lancaster-stemmer@2.1.0"),
    import("npm:snowball-stemmers@0.6.0"),
  ]) as unknown as [
    { stemmer: Stemmer },
    { lancasterStemmer(word: string, options: { style: "paper" }): string },
    { default: { newStemmer(language: string): { stem: Stemmer } } },
  ];
  const english = snowball.default.newStemmer("english");
  return {
    porter: porter.stemmer,
    lancaster: (word) => lancaster.lancasterStemmer(word, { style: "paper" }),
    snowball: (word) => english.stem(word),
  };
}
