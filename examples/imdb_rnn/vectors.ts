/**
 * Word vectors from a file as the start of an embedding, as torchtext's `build_vocab(vectors=..., unk_init=normal)`.
 * @module
 */

import * as w from "../../mod.ts";

/**
 * A vector for each word of a vocabulary: that of the file, or one drawn from the normal distribution. Those of `<unk>`
 * and `<pad>` are zeros.
 * @param width numbers per word that are wanted; default: whatever the file has
 * @throws {w.ValueError} when the file has vectors of another width
 */
export async function pretrained(
  path: string,
  vocab: w.text.Vocab,
  width?: number,
  print?: (line: string) => void,
): Promise<w.text.RowMatrix> {
  const vectors = await w.text.readVectors(path, { words: vocab, progress: true });
  if (width !== undefined && width !== vectors.width) {
    throw new w.ValueError(
      `Cannot use the vectors of ${path}: they have ${vectors.width} numbers and the embedding has ${width}; leave ` +
        "embeddingDim out, or pass another file",
      { value: vectors.width },
    );
  }
  using normal = w.randn([vocab.size, vectors.width]);
  const drawn = await normal.data();
  const row = (word: string) => drawn.subarray(vocab.id(word) * vectors.width, (vocab.id(word) + 1) * vectors.width);
  const table = await w.text.buildEmbeddingMatrix(vocab, vectors, {
    print,
    missing: (numbers, word) => numbers.set(row(word)),
  });
  for (const id of [vocab.unknownId!, vocab.padId!]) table.data.fill(0, id * vectors.width, (id + 1) * vectors.width);
  return table;
}
