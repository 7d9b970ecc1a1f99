/**
 * Twenty training steps of a real model, as Deno and the browser both run them: the sixth language model of the human
 * numbers (two recurrent layers, hidden state carried from batch to batch, no dropout).
 * @module
 */
import * as w from "../../mod.ts";
import { loaders } from "../../examples/human_numbers/data.ts";
import { LMModel6 } from "../../examples/human_numbers/models.ts";
import { vocab } from "../../examples/human_numbers/numbers.ts";

/** What a run says. */
export interface Run {
  /** The adapter it ran on. */
  readonly adapter: string;
  /** Loss of each step, before the step. */
  readonly losses: number[];
}

/** Trains for some steps from a fixed seed. */
export async function trainSteps(steps: number): Promise<Run> {
  const device = await w.init();
  w.manualSeed(0);
  const model = new LMModel6(vocab.length, 64, 2);
  const optimizer = new w.optim.Adam(model.parameters(), { lr: 3e-3 });
  const losses: Promise<number>[] = [];
  for await (const [x, y] of loaders(6).train) {
    losses.push(
      w.tidy(() => {
        const loss = w.train.crossEntropyFlat(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return { value: loss.item() }; // a promise must not leave a scope by itself; the copy is recorded already
      }).value,
    );
    if (losses.length === steps) break;
  }
  const run = { adapter: device.info.description, losses: await Promise.all(losses) };
  device.close();
  return run;
}
