/**
 * Writes what imdb_upgrade.py trains on: the ids and labels of examples/imdb_rnn, its first weights, and the reviews of
 * every batch in the order of training.
 *
 *     deno run -A tests/golden/pytorch/imdb_upgrade.ts --data DIR --vectors FILE [--limit 5000] [--max-length 200]
 *         [--epochs 4] [--batch-size 64] [--hidden 256] [--out runs/imdb_upgrade.safetensors]
 */
import { parseArgs } from "node:util";
import * as w from "../../../mod.ts";
import { loader, type Part, prepare, SEED } from "../../../examples/imdb_rnn/data.ts";
import { createModel } from "../../../examples/imdb_rnn/model_file.ts";
import { UPGRADE } from "../../../examples/imdb_rnn/models.ts";
import { networkOf } from "../../../examples/imdb_rnn/train.ts";
import { pretrained } from "../../../examples/imdb_rnn/vectors.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    vectors: { type: "string" },
    limit: { type: "string", default: "5000" },
    "max-length": { type: "string", default: "200" },
    epochs: { type: "string", default: "4" },
    "batch-size": { type: "string", default: "64" },
    hidden: { type: "string", default: "256" },
    out: { type: "string", default: "runs/imdb_upgrade.safetensors" },
  },
});
await w.init();
w.manualSeed(SEED);
const parts = await prepare({
  data: values.data,
  limit: Number(values.limit),
  maxLength: Number(values["max-length"]),
  cache: "runs/imdb_rnn/tokens",
});
const table = await pretrained(values.vectors!, parts.vocab, undefined, console.log);
const options = { ...UPGRADE, vectors: values.vectors, hiddenDim: Number(values.hidden) };
const model = createModel(networkOf(parts.vocab.size, options, table.shape[1]));
model.loadStateDict({ "embedding.weight": table }, { strict: false });
const arrays: Record<string, w.io.Entry> = { ...model.stateDict() };
const list = (data: Int32Array<ArrayBuffer>) => ({ shape: [data.length], data });
for (const name of ["train", "valid", "test"] as const) {
  const { texts, labels }: Part = parts[name];
  const total = texts.reduce((sum, ids) => sum + ids.length, 0), tokens = new Int32Array(total);
  let at = 0;
  for (const ids of texts) {
    tokens.set(ids, at);
    at += ids.length;
  }
  arrays[`${name}/tokens`] = list(tokens);
  arrays[`${name}/lengths`] = list(Int32Array.from(texts, (ids) => ids.length));
  arrays[`${name}/labels`] = list(Int32Array.from(labels));
}
const order: number[] = [], sizes: number[] = [];
const batches = loader(parts.train, {
  train: true,
  sortWithinBatch: true,
  batchSize: Number(values["batch-size"]),
});
for (let epoch = 0; epoch < Number(values.epochs); epoch++) {
  for await (const [, labels] of batches) sizes.push(labels.shape[0]);
  order.push(...Array.from(batches.order!));
}
Object.assign(arrays, { order: list(Int32Array.from(order)), sizes: list(Int32Array.from(sizes)) });
await Deno.mkdir("runs", { recursive: true });
await w.io.safetensors.save(values.out, arrays);
console.log(`${values.out}: ${parts.vocab.size} words, ${order.length} places`);
