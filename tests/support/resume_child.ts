/**
 * The program that is killed: trains a small recurrent model with dropout, shuffled batches with noise of their own,
 * Adam, one cycle and a carried state, with checkpoints every few batches, and takes up where the last one was saved.
 *
 *     deno run -A resume_child.ts FOLDER [--workers=2] [--prefetch=3] [--slow=5] [--epochs=10]
 *
 * It says `ready` when it begins to load, `resumed STEP` when it has, `writing` and `written` around each file, and `done SUM` at the end, a sum of
 * weights, optimiser state and losses. With `--slow` a file is written in small pieces with so many milliseconds between.
 * @module
 */
import { parseArgs } from "node:util";
import * as w from "../../mod.ts";
import { type Folder, openFolder, type Pieces } from "../../src/platform/folder.ts";
import { toHost } from "../../src/train/checkpoint_tree.ts";

/** Length of a sequence, sequences in a batch, hidden units. */
const STEPS = 6, BATCH = 8, HIDDEN = 12;

class Reader extends w.nn.Module<[w.Tensor], w.Tensor> {
  lstm: w.nn.LSTM = new w.nn.LSTM(1, HIDDEN, { numLayers: 2, dropout: 0.2, batchFirst: true });
  drop: w.nn.Dropout = new w.nn.Dropout(0.3);
  out: w.nn.Linear = new w.nn.Linear(HIDDEN, 3);
  state: w.nn.CarriedState<[w.Tensor, w.Tensor]> = new w.nn.CarriedState();

  forward(x: w.Tensor): w.Tensor {
    const state = this.state.get(x.shape[0]) ?? undefined;
    const [output, states] = this.lstm.forward(x.reshape([x.shape[0], STEPS, 1]), state);
    this.state.set(states);
    return this.out.forward(this.drop.forward(output.select(1, STEPS - 1)));
  }
}

/** A learner whose batches do not depend on workers and prefetch, and its checkpoints. */
export function makeLearner(
  folder: string | Folder,
  { workers = 0, prefetch = 0 }: { workers?: number; prefetch?: number } = {},
): { learner: w.train.Learner<w.Tensor, w.Tensor<"i32">>; checkpoint: w.train.Checkpoint } {
  w.manualSeed(21);
  const random = new w.Generator(3, "data");
  const items = Array.from({ length: 12 * BATCH }, (_, i) => [random.uniform(STEPS), i % 3] as const);
  const loader = (part: typeof items, shuffle: boolean) =>
    new w.data.DataLoader(part, {
      batchSize: BATCH,
      shuffle,
      workers,
      prefetch,
      transform: new URL("./transform.ts", import.meta.url),
      collate: w.data.stackFields("f32", "i32"),
    });
  const checkpoint = new w.train.Checkpoint(folder, {
    everyBatches: 4,
    everyEpochs: 1,
    keepLast: 2,
    saveBest: "accuracy",
  });
  const learner = new w.train.Learner<w.Tensor, w.Tensor<"i32">>({
    model: new Reader(),
    loss: w.nn.functional.crossEntropy,
    train: loader(items.slice(BATCH), true),
    valid: loader(items.slice(0, BATCH), false),
    metrics: [w.train.accuracy],
    optFunc: (groups) => new w.optim.Adam(groups),
    callbacks: [checkpoint],
  });
  return { learner, checkpoint };
}

/** SHA-256 of weights, optimiser state and losses. */
export async function sumOf(learner: w.train.Learner<w.Tensor, w.Tensor<"i32">>): Promise<string> {
  const { history } = learner,
    losses = history.epochs.map(({ trainLoss, validLoss, metrics }) => [trainLoss, validLoss, metrics.accuracy]);
  const { text, tensors } = await toHost({
    model: learner.model.stateDict(),
    optimizer: learner.optimizer.stateDict!() as w.StateTree,
    losses: [...losses.flat(), ...history.steps.loss, ...history.steps.lr] as number[],
  });
  const names = [...tensors.keys()].sort();
  const bytes = await new Blob([text, ...names.map((name) => tensors.get(name)!.bytes.slice())]).arrayBuffer();
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The folder, which says when it writes, and writes slowly. */
function talking(folder: Folder, slow: number): Folder {
  const slowly = async function* (pieces: Pieces): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      const size = slow ? Math.ceil(piece.length / 16) : piece.length;
      for (let at = 0; at < piece.length; at += size) {
        yield piece.subarray(at, at + size);
        if (slow) await new Promise((resolve) => setTimeout(resolve, slow));
      }
    }
  };
  return {
    ...folder,
    async write(name: string, pieces: Pieces): Promise<void> {
      console.log("writing");
      await folder.write(name, slowly(pieces));
      console.log("written");
    },
  };
}

if (import.meta.main) {
  const { values, positionals: [folder] } = parseArgs({
    options: {
      workers: { type: "string", default: "0" },
      prefetch: { type: "string", default: "0" },
      slow: { type: "string", default: "0" },
      epochs: { type: "string", default: "10" },
    },
    allowPositionals: true,
  });
  await w.init();
  const { learner, checkpoint } = makeLearner(talking(openFolder(folder), Number(values.slow)), {
    workers: Number(values.workers),
    prefetch: Number(values.prefetch),
  });
  console.log("ready");
  if (await checkpoint.resume(learner)) console.log(`resumed ${learner.step}`);
  await learner.fitOneCycle(Number(values.epochs), 1e-2);
  console.log(`done ${await sumOf(learner)}`);
  Deno.exit();
}
