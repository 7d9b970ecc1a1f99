/** What spaCy and fastai's rules gave, from tests/golden/tokens.json; tests/golden/spacy/tokens.py made it. */
import { createHash } from "node:crypto";
import type { text as Text } from "../../mod.ts";

/** Expected tokens. */
export interface TokensGolden {
  /** Text, tokens, and a digit per token: whether a space follows. */
  readonly spacy: readonly (readonly [text: string, tokens: string[], spaces: string])[];
  /** A text after each rule of fastai 2 (0: as before), its tokens, and the same for 0.7. */
  readonly fastai: readonly {
    readonly text: string;
    readonly steps: readonly (string | 0)[];
    readonly tokens: readonly string[];
    readonly fixup: string;
    readonly prepared07: string;
    readonly tokens07: readonly string[];
  }[];
  /** Text and what `html.unescape` makes of it. */
  readonly html: readonly (readonly [text: string, result: string])[];
  /** Digests of the tokens of blocks of reviews. */
  readonly reviews: {
    readonly file: string;
    readonly block: number;
    readonly spacy: readonly string[];
    readonly fastai2: readonly string[];
    readonly fastai07: readonly string[];
  };
}

/** The expected tokens. */
export const golden: TokensGolden = JSON.parse(
  Deno.readTextFileSync(new URL("../golden/tokens.json", import.meta.url)),
);

/** First 16 digits of the SHA-256 of each block of documents; U+0001 ends a token, U+0002 a document. */
export function digests(documents: readonly string[], tokenizer: Text.Tokenizer, block: number): string[] {
  const found: string[] = [];
  for (let start = 0; start < documents.length; start += block) {
    const hash = createHash("sha256");
    for (const document of documents.slice(start, start + block)) {
      hash.update(tokenizer.tokenize(document).map((token) => token + "\x01").join("") + "\x02");
    }
    found.push(hash.digest("hex").slice(0, 16));
  }
  return found;
}
