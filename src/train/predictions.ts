/**
 * Predictions for whole data sets, in the order of their items, whatever the order of the batches was.
 * @module
 */

import { StateError } from "../errors.ts";
import { noGrad } from "../autograd/mode.ts";
import * as functional from "../nn/functional.ts";
import { cat, clone } from "../ops/assembly.ts";
import { indexSelect } from "../ops/indexing.ts";
import { tensor } from "../ops/creation.ts";
import { keep, tidy } from "../tensor/scope.ts";
import { type AnyTensor, Tensor } from "../tensor/tensor.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import type { Batches } from "./learner_options.ts";
import { crossEntropyFlat } from "./losses.ts";

/** Options of `learner.getPreds`. */
export interface PredictionOptions<X, Y> {
  /** Batches, with targets or without; default: the validation batches. */
  batches?: Batches<X, Y>;
  /** Applied to predictions; default: softmax or sigmoid where the learner's loss contains one. Null leaves them as they are. */
  activation?: ((prediction: Tensor) => Tensor) | null;
  /** Classes too; default false. */
  decode?: boolean;
  /** Losses of the single items too, by this loss of one item or of each of a batch; default: none. */
  itemLoss?(prediction: Tensor, target: Y): Tensor;
}

/** What `learner.getPreds` returns; the tensors are the caller's. */
export interface Predictions {
  /** `[items, ...]`. */
  readonly predictions: Tensor;
  /** `[items, ...]`; null without targets, or where a target is no tensor. */
  readonly targets: AnyTensor | null;
  /** Classes; null unless they were asked for. */
  readonly decoded: AnyTensor | null;
  /** Losses `[items]`; null unless they were asked for. */
  readonly losses: Tensor | null;
}

/** What a loss says about predictions: how scores become probabilities, and these classes. */
interface Reading {
  readonly activation: (prediction: Tensor) => Tensor;
  readonly decode: (prediction: Tensor) => AnyTensor;
}

const classes: Reading = { activation: (p) => p.softmax(-1), decode: (p) => p.argmax({ dim: -1 }) };
/** Where the classes of `crossEntropy` are. */
const dimOf = (p: Tensor): number => Math.min(1, p.ndim - 1);
const yesNo: Reading = { activation: (p) => p.sigmoid(), decode: (p) => p.gt(0) };
const readings = new Map<unknown, Reading>([
  [functional.crossEntropy, { activation: (p) => p.softmax(dimOf(p)), decode: (p) => p.argmax({ dim: dimOf(p) }) }],
  [crossEntropyFlat, classes],
  [functional.nllLoss, { activation: (p) => p.exp(), decode: (p) => p.argmax({ dim: dimOf(p) }) }],
  [functional.binaryCrossEntropyWithLogits, yesNo],
  [functional.binaryCrossEntropy, { activation: (p) => p, decode: (p) => p.gt(0.5) }],
]);

/** How predictions under a loss are read; scores as they are where the loss is not known. */
export function readingOf(loss: unknown): Reading | null {
  return readings.get(loss) ?? null;
}

/** Collects predictions batch by batch. */
export interface PredictionCollector extends Callback {
  /** All together. @param order numbers of the items as they came */
  result(order: ArrayLike<number> | null | undefined): Predictions;
  /** Releases what was collected. */
  dispose(): void;
}

/** A callback that collects. */
export function collectPredictions<X, Y>(
  loss: unknown,
  { activation = readingOf(loss)?.activation ?? null, decode = false, itemLoss }: PredictionOptions<X, Y>,
): PredictionCollector {
  const reading = readingOf(loss);
  if (decode && !reading) {
    throw new StateError("Cannot decode predictions: the learner's loss is not one of those that say how", {
      op: "getPreds",
    });
  }
  const lists = { predictions: [], targets: [], decoded: [], losses: [] } as Record<string, AnyTensor[]>;
  const add = (name: string, t: AnyTensor) => lists[name].push(keep(noGrad(() => clone(t.detach()))));
  return {
    order: 90,
    afterBatch(learner: AnyLearner): void {
      const prediction = learner.prediction!;
      add("predictions", activation ? activation(prediction) : prediction);
      if (learner.y instanceof Tensor) add("targets", learner.y);
      if (decode) add("decoded", reading!.decode(prediction));
      if (itemLoss) add("losses", noGrad(() => itemLoss(prediction, learner.y)));
    },
    result(order) {
      const join = (list: AnyTensor[]): AnyTensor | null =>
        list.length === 0 ? null : tidy(() => noGrad(() => inOrder(cat(list as Tensor[], 0), order)));
      const { predictions, targets, decoded, losses } = lists;
      return {
        predictions: join(predictions) as Tensor,
        targets: join(targets),
        decoded: join(decoded),
        losses: join(losses) as Tensor | null,
      };
    },
    dispose() {
      for (const list of Object.values(lists)) for (const t of list.splice(0)) t.dispose();
    },
  };
}

/** Row i is that of item i again. */
function inOrder(rows: Tensor, order: ArrayLike<number> | null | undefined): Tensor {
  if (!order || rows.shape[0] > order.length) return rows;
  const came = Array.from({ length: rows.shape[0] }, (_, place) => ({ item: order[place], place }));
  const items = came.sort((a, b) => a.item - b.item || a.place - b.place); // those that a last batch left out are missing
  return indexSelect(rows, 0, tensor(Int32Array.from(items, ({ place }) => place)));
}
