/**
 * A small model that is being trained, for tests of what must not disturb it: errors leave every parameter's bits alone,
 * and training goes on.
 * @module
 */
import assert from "node:assert/strict";
import * as w from "../../mod.ts";

/** Callers without a type checker: what TypeScript would refuse. */
// deno-lint-ignore no-explicit-any
export type Any = any;

/** An i32 vector. */
export const int = (...values: number[]): w.Tensor<"i32"> => w.tensor(Int32Array.from(values));

/** The tensor, released. */
export function disposed<T extends w.AnyTensor>(t: T): T {
  t.dispose();
  return t;
}

/** A layer of each kind that trains: [B, 3] ids from 0 to 5 to [B, 3, 3] scores. */
class Tagger extends w.nn.Module<[w.Tensor<"i32">], w.Tensor> {
  embedding: w.nn.Embedding = new w.nn.Embedding(6, 4);
  lstm: w.nn.LSTM = new w.nn.LSTM(4, 5, { batchFirst: true });
  out: w.nn.Linear = new w.nn.Linear(5, 3);
  forward(ids: w.Tensor<"i32">): w.Tensor {
    return this.out.forward(this.lstm.forward(this.embedding.forward(ids))[0]);
  }
}

await w.init();
w.manualSeed(3);
/** The model. */
export const model = new Tagger();
/** Its optimiser. */
export const optimizer = new w.optim.Adam(model.parameters(), { lr: 0.02 });
const ids = int(0, 1, 2, 3, 4, 5).reshape([2, 3]), targets = int(0, 1, 2, 0, 1, 2);

/** One step, on the usual batch by default; its loss. */
export function step(x: w.Tensor<"i32"> = ids, y: w.Tensor<"i32"> = targets): w.Tensor {
  return w.tidy(() => {
    const loss = w.nn.functional.crossEntropy(model.forward(x).reshape([-1, 3]), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  });
}

/** Values of all parameters and of what the optimiser keeps. */
async function weights(): Promise<Float32Array[]> {
  const kept = Object.values(optimizer.stateDict().state).flatMap((s) => [s.expAvg, s.expAvgSq]) as w.Tensor[];
  return await Promise.all([...model.parameters(), ...kept].map((t) => t.data()));
}

/** Runs what must fail in its own way, then looks at every parameter and at the optimiser's state, and trains on. */
export async function keepsTraining(run: () => void | Promise<void>): Promise<void> {
  const first = await step().item(), before = await weights();
  await run();
  assert.deepEqual(await weights(), before, "parameters and optimiser state keep their bits");
  let last = first;
  for (let i = 0; i < 5; i++) last = await step().item();
  assert.ok(last < first, `training goes on: ${last} after ${first}`);
}

/** A class of errors. */
export type ErrorClass = new (...args: never[]) => w.WgradError;

/** Fields of an error. */
export interface Facts {
  op: string;
  shapes?: number[][];
  value?: unknown;
  position?: number;
}

/** Checks class, fields and message of an error; for `assert.throws`. */
export function checkError(e: unknown, what: string, error: ErrorClass, facts: Facts, message: RegExp): true {
  assert.ok(e instanceof error, `${what} threw ${e}, wanted a ${error.name}`);
  assert.equal(e.name, error.name, what);
  for (const [name, fact] of Object.entries(facts)) {
    assert.deepEqual(e[name as keyof Facts], fact, `${what}: field ${name} of ${e}`);
  }
  assert.match(e.message, /^Cannot .*[^.]$/s, what);
  assert.match(e.message, message, what);
  return true;
}
