/**
 * Norm and clipping of the gradients of many parameters, a few dispatches for all of them and nothing read back.
 * @module
 */
import { ValueError } from "../../errors.ts";
import type { Device } from "../../gpu/device.ts";
import type { Bindable } from "../../gpu/recorder.ts";
import { kernels } from "../../gpu/kernels.gen.ts";
import { zeros } from "../../ops/creation.ts";
import type { Parameter } from "../../tensor/arena.ts";
import { blockGroups, BlockTable, gradientNorm, type Segment, windowOf } from "../../tensor/blocks.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkParameter } from "../check.ts";

/**
 * The 2-norm of all gradients together, as a scalar on the GPU. Parameters without a gradient do not count.
 * @throws {ValueError} for a tensor that is no parameter
 */
export function gradNorm(parameters: Iterable<Parameter>): Tensor {
  const found = lookUp("gradNorm", parameters);
  return found ? gradientNorm(found.table) : zeros([]);
}

/**
 * Scales all gradients by `maxNorm / (norm + 1e-6)` where that is below 1, as PyTorch does.
 * @param maxNorm largest norm of all gradients together
 * @returns the norm before, as a scalar on the GPU; nothing waits for it
 * @throws {ValueError} unless maxNorm is a number of at least 0, or for a tensor that is no parameter
 * @example
 * loss.backward();
 * w.nn.utils.clipGradNorm_(model.parameters(), 0.25);
 * optimizer.step();
 */
export function clipGradNorm_(parameters: Iterable<Parameter>, maxNorm: number): Tensor {
  checkLimit("clipGradNorm_", "maxNorm", maxNorm);
  const found = lookUp("clipGradNorm_", parameters);
  if (!found) return zeros([]);
  const norm = gradientNorm(found.table);
  forEachSegment(found, (segment, gradients) => {
    // A limit of Infinity only measures; the quotient must stay finite.
    const params = { first: segment.first, count: segment.count, limit: Math.min(maxNorm, 1e30) };
    const buffers = { blocks: found.table.binding, gradients, norm };
    segment.arena.device.recorder.dispatch(kernels.normGradient.scale, buffers, params, {
      workgroups: blockGroups(segment),
      label: "clipGradNorm_",
    });
  });
  return norm;
}

/**
 * Limits every element of every gradient to [-clipValue, clipValue].
 * @throws {ValueError} unless clipValue is a number of at least 0, or for a tensor that is no parameter
 */
export function clipGradValue_(parameters: Iterable<Parameter>, clipValue: number): void {
  checkLimit("clipGradValue_", "clipValue", clipValue);
  const found = lookUp("clipGradValue_", parameters);
  if (!found) return;
  const blocks = found.table.binding;
  forEachSegment(found, (segment, gradients) => {
    const params = { first: segment.first, count: segment.count, limit: Math.min(clipValue, 3e38) };
    segment.arena.device.recorder.dispatch(kernels.normGradient.clampValues, { blocks, gradients }, params, {
      workgroups: blockGroups(segment),
      label: "clipGradValue_",
    });
  });
}

function checkLimit(op: string, name: string, value: number): void {
  if (!(value >= 0)) {
    throw new ValueError(`Cannot ${op}: ${name} is ${value}, wanted a number of at least 0`, { op, value });
  }
}

/** Calls `fn` for what must be changed, and raises the versions of the gradients. */
function forEachSegment(
  { parameters, table }: Cached,
  fn: (segment: Segment, gradients: ReturnType<typeof windowOf>) => void,
): void {
  for (const segment of table.lists.flat()) fn(segment, windowOf(segment.arena.wholeGradients, segment));
  for (const parameter of parameters) parameter.grad!.storage.version++;
}

/**
 * Calls `fn` for the blocks of all gradients that exist, to change them in place.
 * @returns their device, or null when there is no gradient
 */
export function changeGradients(
  op: string,
  parameters: Iterable<Parameter>,
  fn: (blocks: Bindable, segment: Segment, gradients: Bindable) => void,
): Device | null {
  const found = lookUp(op, parameters);
  if (!found) return null;
  forEachSegment(found, (segment, gradients) => fn(found.table.binding, segment, gradients));
  return found.parameters[0].device;
}

interface Cached {
  parameters: Parameter[];
  table: BlockTable;
}

const KEPT = 8;

/** The table of the parameters that have gradients; the last few lists stay on the GPU. */
function lookUp(op: string, parameters: Iterable<Parameter>): Cached | null {
  const active: Parameter[] = [];
  for (const parameter of parameters) {
    checkParameter(op, parameter);
    if (parameter.requiresGrad && parameter.grad) active.push(parameter);
  }
  if (active.length === 0) return null;
  const cache = cacheOf(active[0].device);
  const at = cache.findIndex(({ parameters: p }) => p.length === active.length && p.every((x, i) => x === active[i]));
  const found = at >= 0 ? cache.splice(at, 1)[0] : { parameters: active, table: new BlockTable([active]) };
  cache.unshift(found);
  if (at < 0) evict(cache);
  return found;
}

function cacheOf(device: Device): Cached[] {
  let cache = device.extras.get("gradient tables") as Cached[] | undefined;
  if (!cache) device.extras.set("gradient tables", cache = []);
  return cache;
}

function evict(cache: Cached[]): void {
  for (let i = cache.length - 1; i >= 0; i--) {
    if (i < KEPT && !cache[i].parameters.some((parameter) => parameter.disposed)) continue;
    cache.splice(i, 1)[0].table.dispose();
  }
}
