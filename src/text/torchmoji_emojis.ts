/**
 * The 64 emojis that DeepMoji predicts, in the order of its classes.
 */

const CODES = "1f602 1f612 1f629 1f62d 1f60d 1f614 1f44c 1f60a 2764 1f60f 1f601 1f3b6 1f633 1f4af 1f634 1f60c " +
  "263a 1f64c 1f495 1f611 1f605 1f64f 1f615 1f618 2665 1f610 1f481 1f61e 1f648 1f62b 270c 1f60e " +
  "1f621 1f44d 1f622 1f62a 1f60b 1f624 270b 1f637 1f44f 1f440 1f52b 1f623 1f608 1f613 1f494 2661 " +
  "1f3a7 1f64a 1f609 1f480 1f616 1f604 1f61c 1f620 1f645 1f4aa 1f44a 1f49c 1f496 1f499 1f62c 2728";

/** Emoji of every class, 0 to 63. */
export const EMOJI_CLASSES: readonly string[] = Object.freeze(
  CODES.split(" ").map((code) => String.fromCodePoint(parseInt(code, 16))),
);

/** A class and its probability. */
export interface EmojiScore {
  /** Class, 0 to 63. */
  readonly index: number;
  /** The emoji. */
  readonly emoji: string;
  /** Its probability. */
  readonly probability: number;
}

/** The `n` (default 5) most probable emojis of a row of 64 probabilities, most probable first; ties by class. */
export function topEmojis(probabilities: ArrayLike<number>, n: number = 5): EmojiScore[] {
  const scores = EMOJI_CLASSES.map((emoji, index) => ({ index, emoji, probability: probabilities[index] }));
  return scores.sort((a, b) => b.probability - a.probability).slice(0, n);
}
