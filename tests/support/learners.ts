/**
 * Learners of small models with all that a state has to hold: hidden states that are carried on, dropout, a shuffled
 * loader; and fingerprints of what they are made of.
 * @module
 */
import * as w from "../../mod.ts";

/** Word ids [batch, 4] and the class of each. */
export type Words = w.train.Learner<w.Tensor<"i32">, w.Tensor<"i32">>;

const length = 4, words = 7;

/** A language model in small: [B, 4] ids to [B, 4, 7] scores. */
export class Speaker extends w.nn.Module<[w.Tensor<"i32">], w.Tensor> {
  embedding: w.nn.Embedding = new w.nn.Embedding(words, 5);
  lstm: w.nn.LSTM = new w.nn.LSTM(5, 6, { batchFirst: true });
  drop: w.nn.Dropout = new w.nn.Dropout(0.3);
  norm: w.nn.BatchNorm1d = new w.nn.BatchNorm1d(6);
  out: w.nn.Linear = new w.nn.Linear(6, words);
  h: w.nn.CarriedState<[w.Tensor, w.Tensor]> = new w.nn.CarriedState();
  forward(ids: w.Tensor<"i32">): w.Tensor {
    const [output, states] = this.lstm.forward(this.embedding.forward(ids), this.h.get(ids.shape[0]));
    this.h.set(states);
    const rows = this.norm.forward(this.drop.forward(output).reshape([-1, 6]));
    return this.out.forward(rows).reshape([ids.shape[0], length, words]);
  }
}

/** Its three layer groups: input, recurrence, output. */
export const thirds: w.train.Splitter<Speaker> = (model) => [
  model.embedding.parameters(),
  [...model.lstm.parameters(), ...model.norm.parameters()],
  model.out.parameters(),
];

const items = Array.from({ length: 24 }, (_, i) => {
  const ids = Int32Array.from({ length: length + 1 }, (_, t) => (i * i + t * (1 + i % 3)) % words);
  return [ids.slice(0, length), ids.slice(1)] as const;
});

type Item = readonly [Int32Array, Int32Array];
type Batch = [w.Tensor<"i32">, w.Tensor<"i32">];

/** Batches of four items. */
export function wordBatches(options: w.data.DataLoaderOptions<Item, Batch> = {}): w.data.DataLoader<Item, Batch> {
  const collate = w.data.stackFields("i32", "i32");
  return new w.data.DataLoader<Item, Batch>(items, { batchSize: 4, dropLast: true, collate, ...options });
}

/** A learner; the seed decides on weights, dropout and the order of the batches. */
export function speaker(
  seed: number,
  options: Partial<w.train.LearnerOptions<w.Tensor<"i32">, w.Tensor<"i32">>> = {},
): Words {
  w.manualSeed(seed);
  return new w.train.Learner({
    model: new Speaker(),
    loss: w.train.crossEntropyFlat,
    train: wordBatches({ shuffle: true }),
    valid: wordBatches(),
    metrics: [w.train.accuracy],
    lr: 1e-2,
    ...options,
    callbacks: [new w.train.ModelResetter(), ...options.callbacks ?? []],
  });
}

/** A tree as text: every bit of every tensor and array; without seconds, which differ from run to run. */
export async function fingerprint(tree: w.StateTree): Promise<string> {
  const lines: string[] = [], waiting: Promise<void>[] = [];
  const visit = (path: string, value: w.StateTree): void => {
    const at = lines.push(`${path} ${String(value)}`) - 1;
    const bytes = (list: ArrayBufferView) => {
      lines[at] = `${path} ${new Uint8Array(list.buffer, list.byteOffset, list.byteLength).toHex()}`;
    };
    if (value instanceof w.Tensor) waiting.push(value.data().then(bytes));
    else if (ArrayBuffer.isView(value)) bytes(value);
    else if (typeof value === "object" && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        if (name !== "seconds") visit(`${path}.${name}`, inner as w.StateTree);
      }
    }
  };
  visit("", tree);
  await Promise.all(waiting);
  return lines.join("\n");
}
