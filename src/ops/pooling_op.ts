/**
 * The op behind pooling over time and its two transposes: launching `pooling.wgsl`. Any mixture of last step, maximum
 * and mean is one dispatch that reads x once, and its gradient is another.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { Shape } from "../tensor/shape.ts";
import { alias, type AnyTensor, empty } from "../tensor/tensor.ts";
import { tensor } from "./creation.ts";
import { apply, defineOp, type Op, wantDType } from "./define.ts";
import { forEachIndex, HostTensor } from "./host.ts";
import { groups, ready, run } from "./launch.ts";
import {
  forGradient,
  forRows,
  inOrder,
  inVectors,
  joined,
  type PoolLayout,
  type PoolSizes,
  sizesOf,
} from "./pooling_layout.ts";

/** What stands in a row of the result. */
export type PoolPart = "last" | "max" | "mean";

/** What the ops know beside their tensors. */
export interface PoolAttrs extends PoolLayout {
  /** Parts of the result, in order, each [batch, features]. */
  readonly parts: readonly PoolPart[];
  /** Steps of every row; absent with a mask, or when all rows have all steps. */
  readonly lengths?: readonly number[];
  /** The memory of x is time-major: its gradient is laid out alike. Order of the dims by default. */
  readonly timeMajor?: boolean;
}

/** Lengths as a tensor, or the mask as dense [batch, steps]; null when all steps count. */
function limitsOf(x: AnyTensor, mask: AnyTensor | undefined, { lengths, batchFirst }: PoolAttrs): AnyTensor | null {
  if (mask) {
    return ready(batchFirst ? mask : alias(mask, [mask.shape[1], mask.shape[0]], [mask.strides[1], mask.strides[0]]));
  }
  return lengths ? tensor(Uint32Array.from(lengths), { device: x.device }) : null;
}

function shared(attrs: PoolAttrs, { steps, padded }: PoolSizes, limits: AnyTensor | null) {
  const { parts } = attrs, width = padded / 4;
  const constants = {
    LAST: parts.includes("last") ? 1 : 0,
    MAX: parts.includes("max") ? 1 : 0,
    MEAN: parts.includes("mean") ? 1 : 0,
    LIMITS: limits === null ? 0 : limits.ndim,
  };
  const at = (name: PoolPart) => Math.max(0, parts.indexOf(name)) * width;
  const params = { steps, width, out_row: parts.length * width };
  return { constants, params: { ...params, last_at: at("last"), max_at: at("max"), mean_at: at("mean") } };
}

/** Which steps count, on the host. */
function hostSteps(attrs: PoolAttrs, mask?: HostTensor): (row: number) => number[] {
  const { batch, steps } = sizesOf(attrs), all = Array.from({ length: steps }, (_, t) => t);
  if (!mask) return (row) => all.slice(0, attrs.lengths?.[row] ?? steps);
  return (row) => all.filter((t) => mask.values[attrs.batchFirst ? row * steps + t : t * batch + row] !== 0);
}

function hostPool(
  attrs: PoolAttrs,
  x: HostTensor,
  mask: HostTensor | undefined,
  place: (row: number, k: number) => number,
) {
  const { batch, steps, features } = sizesOf(attrs), stepsOf = hostSteps(attrs, mask);
  const out = new HostTensor([batch, attrs.parts.length * features]);
  forEachIndex([batch, attrs.parts.length, features], ([row, part, k], i) => {
    const own = stepsOf(row), name = attrs.parts[part];
    const at = (t: number) => x.values[(attrs.batchFirst ? row * steps + t : t * batch + row) * features + k];
    if (!own.length) return;
    if (name === "last") out.values[i] = at(own.at(-1)!);
    else if (name === "max") out.values[i] = at(place(row, k));
    else out.values[i] = own.reduce((sum, t) => sum + at(t), 0) / own.length;
  });
  return out;
}

/** A sample's attributes. */
function sampleOf(shape: Shape, parts: readonly PoolPart[], more: Partial<PoolAttrs> = {}): PoolAttrs {
  return { shape, parts, batchFirst: true, ...more };
}

const ALL: readonly PoolPart[] = ["last", "max", "mean"];
const maskSample = { shape: [3, 5], dtype: "bool", values: [1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1] } as const;

/** Inputs x and, where there is one, a mask of its first two dims. */
export const poolOp: Op<PoolAttrs> = defineOp<PoolAttrs>({
  name: "pool",
  forward({ save }, [x, mask], attrs) {
    wantDType("pool", [x], "f32");
    if (mask) wantDType("pool", [mask], "bool");
    const s = sizesOf(attrs), { device } = x, count = attrs.parts.length, limits = limitsOf(x, mask, attrs);
    const { constants, params } = shared(attrs, s, limits);
    const out = empty(device, [s.batch, count, s.padded], "f32");
    const places_out = empty(device, [s.batch, constants.MAX ? s.padded : 4], "u32");
    const spans_out = empty(device, [s.batch, 2], "u32");
    forRows(x, attrs, s, (from, walk) => {
      const buffers = { x: from, limits: limits ?? from, out, places_out, spans_out };
      run(device, kernels.pooling.forward, buffers, { ...params, ...walk }, { constants, workgroups: groups(walk.n) });
    });
    save(places_out, spans_out, ...(limits ? [limits] : []));
    return joined(out, count, s);
  },
  backward: ({ saved }, [g], attrs) => [apply(spreadOp, [g!, ...saved], attrs), null],
  reference([x, mask], attrs) {
    const { batch, steps, features } = sizesOf(attrs), stepsOf = hostSteps(attrs, mask);
    const at = (row: number, t: number, k: number) =>
      x.values[(attrs.batchFirst ? row * steps + t : t * batch + row) * features + k];
    return hostPool(attrs, x, mask, (row, k) => stepsOf(row).reduce((a, b) => at(row, b, k) > at(row, a, k) ? b : a));
  },
  samples: [
    { inputs: [{ shape: [3, 5, 8], distinct: true }], attrs: sampleOf([3, 5, 8], ALL, { lengths: [5, 1, 3] }) },
    { inputs: [{ shape: [3, 5, 8], distinct: true }, maskSample], attrs: sampleOf([3, 5, 8], ALL) },
    { inputs: [{ shape: [5, 3, 7], distinct: true }], attrs: sampleOf([5, 3, 7], ALL, { batchFirst: false }) },
    { inputs: [{ shape: [1, 1, 1] }], attrs: sampleOf([1, 1, 1], ALL) },
    { inputs: [{ shape: [2, 1300, 4] }], attrs: sampleOf([2, 1300, 4], ["mean"], { lengths: [1300, 700] }) },
    ...ALL.map((name) => ({
      inputs: [{ shape: [5, 3, 4], distinct: true }],
      attrs: sampleOf([5, 3, 4], [name], { batchFirst: false, lengths: [2, 5, 1] }),
    })),
  ],
  refusals: [
    { inputs: [{ shape: [3, 5, 8], dtype: "i32" }], attrs: sampleOf([3, 5, 8], ALL), error: "DTypeError" },
    {
      inputs: [{ shape: [3, 5, 8] }, { shape: [3, 5] }],
      attrs: sampleOf([3, 5, 8], ALL),
      error: "DTypeError",
    },
  ],
});

const placesSample = { shape: [3, 8], dtype: "u32", values: Array.from({ length: 24 }, (_, i) => i % 5) } as const;
const spansSample = { shape: [3, 2], dtype: "u32", values: [4, 5, 4, 5, 4, 5] } as const;

/** The gradient of x from that of the result: inputs gradient, places of the maxima, spans, limits. */
const spreadOp: Op<PoolAttrs> = defineOp<PoolAttrs>({
  name: "poolGrad",
  forward({ save }, [g, places, spans, limits = null], attrs) {
    const s = sizesOf(attrs), taken = { places: ready(places), spans: ready(spans) };
    const { device } = g, count = attrs.parts.length;
    const timeMajor = attrs.timeMajor ?? !attrs.batchFirst,
      [rows, columns] = timeMajor ? [s.steps, s.batch] : [s.batch, s.steps];
    const dense = ready(g),
      x = ready(inVectors(alias(dense, [s.batch, count, s.features], [count * s.features, s.features, 1])));
    const out = empty(device, [rows, columns, s.padded], "f32"), { constants, params } = shared(attrs, s, limits);
    forGradient(out, timeMajor, s, (part, walk) => {
      const buffers = { x, limits: limits ?? x, out: part, ...taken };
      run(device, kernels.pooling.spread, buffers, { ...params, ...walk }, { constants, workgroups: groups(walk.n) });
    });
    save(places, spans, ...(limits ? [limits] : []));
    return inOrder(out, attrs, timeMajor);
  },
  backward: ({ saved }, [g], attrs) => [apply(collectOp, [g!, ...saved], attrs)],
  reference([g, places], attrs) {
    const { batch, steps, features } = sizesOf(attrs), stepsOf = hostSteps(attrs), out = new HostTensor(attrs.shape);
    forEachIndex([batch, attrs.parts.length, features], ([row, part, k], i) => {
      const own = stepsOf(row), name = attrs.parts[part];
      const add = (t: number, v: number) =>
        out.values[(attrs.batchFirst ? row * steps + t : t * batch + row) * features + k] += v;
      if (name === "last") add(own.at(-1)!, g.values[i]);
      else if (name === "max") add(places.values[row * features + k], g.values[i]);
      else own.forEach((t) => add(t, g.values[i] / own.length));
    });
    return out;
  },
  samples: [
    { inputs: [{ shape: [3, 24] }, placesSample, spansSample], attrs: sampleOf([3, 5, 8], ALL) },
    {
      inputs: [{ shape: [3, 24] }, placesSample, spansSample],
      attrs: sampleOf([3, 5, 8], ALL, { timeMajor: true }),
    },
  ],
});

/** What stands at the places that a pooling took: linear in x. Inputs x, places of the maxima, spans, limits. */
const collectOp: Op<PoolAttrs> = defineOp<PoolAttrs>({
  name: "poolAt",
  forward({ save }, [x, places, spans, limits = null], attrs) {
    const s = sizesOf(attrs), taken = { places: ready(places), spans: ready(spans) };
    const { device } = x, count = attrs.parts.length;
    const { constants, params } = shared(attrs, s, limits), out = empty(device, [s.batch, count, s.padded], "f32");
    forRows(x, attrs, s, (from, walk) => {
      const buffers = { x: from, limits: limits ?? from, out, ...taken };
      run(device, kernels.pooling.collect, buffers, { ...params, ...walk }, { constants, workgroups: groups(walk.n) });
    });
    save(places, spans, ...(limits ? [limits] : []));
    return joined(out, count, s);
  },
  backward: ({ saved }, [g], attrs) => [apply(spreadOp, [g!, ...saved], attrs)],
  reference: ([x, places], attrs) =>
    hostPool(attrs, x, undefined, (row, k) => places.values[row * sizesOf(attrs).features + k]),
  samples: [{ inputs: [{ shape: [3, 5, 8] }, placesSample, spansSample], attrs: sampleOf([3, 5, 8], ALL) }],
});
