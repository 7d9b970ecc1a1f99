/**
 * What recurrent layers are given, as the fused op takes it: padded or packed rows in the order of time, and states in the
 * order of the rows; and the way back.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { squeeze, transpose, unsqueeze } from "../ops/movement.ts";
import { packRows, type RowTable } from "../ops/pack.ts";
import { sameShape, show } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { checkTensor } from "./check_tensor.ts";
import type { SequenceOptions } from "./rnn_options.ts";
import { checkLengths, PackedLayout } from "./utils/packed_layout.ts";
import { PackedSequence } from "./utils/packed_sequence.ts";

/** A batch as the fused op takes it. */
export interface Sequences {
  /** [T, B, I], or packed [rows, I]. */
  readonly x: Tensor;
  /** Order of the packed rows; null for padded ones. */
  readonly layout: PackedLayout | null;
  /** Initial states [layers * directions, B, features] in the order of the rows, or none. */
  readonly states: readonly Tensor[] | null;
  /** The result in the form of the input. */
  output(y: Tensor): Tensor | PackedSequence;
  /** Final states in the order and the form of the initial ones. */
  final(state: Tensor): Tensor;
}

/** What a layer expects, for its refusals. */
export interface Expected {
  /** Class name. */
  readonly name: string;
  /** Names of the states. */
  readonly states: readonly string[];
  /** Features of the input. */
  readonly inputs: number;
  /** Layers times directions. */
  readonly count: number;
  /** Features of each state. */
  readonly features: readonly number[];
  /** Whether a padded input is [batch, time, features]. */
  readonly batchFirst: boolean;
}

/**
 * Checks a call and lays out what it was given.
 * @throws {ShapeError} for a wrong number of features or dims, or wrong shapes of states
 * @throws {ValueError} for lengths out of range, a wrong number of states, and lengths beside a packed input
 */
export function sequencesOf(
  x: Tensor | PackedSequence,
  states: readonly Tensor[] | null,
  { lengths = null }: SequenceOptions,
  expected: Expected,
): Sequences {
  const { name, batchFirst } = expected;
  checkStateList(expected, states);
  const data = x instanceof PackedSequence ? x.data : x;
  checkTensor(name, `run ${name} on`, data, "a tensor or a PackedSequence");
  for (const t of states ?? []) checkTensor(name, `run ${name} on`, t);
  if (x instanceof PackedSequence) {
    if (lengths) {
      throw new ValueError(
        `Cannot run ${name} on packed x with lengths: a PackedSequence has its own; give lengths with a padded tensor`,
        { op: name, value: lengths },
      );
    }
    checkPacked(expected, x);
    checkStates(expected, x.data.shape, states, [x.layout.batch]);
    return packedRows(x.data, x.layout, states, (y) => x.with(y));
  }
  const { shape } = x, alone = shape.length === 2; // one sequence without a batch dim
  if ((!alone && shape.length !== 3) || shape.at(-1) !== expected.inputs) {
    const layout = batchFirst ? "[batch, time, " : "[time, batch, ";
    throw new ShapeError(
      `Cannot run ${name} on x ${show(shape)}: wanted ${layout}${expected.inputs}] or [time, ${expected.inputs}]`,
      { op: name, shapes: [shape] },
    );
  }
  const [steps, batch] = alone ? [shape[0], 1] : batchFirst ? [shape[1], shape[0]] : shape;
  checkStates(expected, shape, states, alone ? [] : [batch]);
  const list = lengths && checkLengths(name, `run ${name} on x ${show(shape)}`, lengths, batch, steps);
  if (!alone) return paddedRows(x, states, list, batchFirst);
  const rows = paddedRows(unsqueeze(x, 1), states && states.map((s) => unsqueeze(s, 1)), list, false);
  return { ...rows, output: (y) => squeeze(rows.output(y) as Tensor, 1), final: (s) => squeeze(rows.final(s), 1) };
}

function paddedRows(
  x: Tensor,
  states: readonly Tensor[] | null,
  lengths: readonly number[] | null,
  batchFirst: boolean,
): Sequences {
  const to = x.shape.slice(0, 2), steps = to[batchFirst ? 1 : 0];
  if (lengths?.some((n) => n < steps)) { // else nothing is padding
    const layout = new PackedLayout(lengths), table = layout.padded(steps, batchFirst, x.device);
    const rows = packRows(x, table, { dims: 2, to: [layout.rows] });
    return packedRows(rows, layout, states, (y) => packRows(y, turned(table), { to }));
  }
  const swap = (t: Tensor) => batchFirst ? transpose(t, 0, 1) : t;
  return { x: swap(x), layout: null, states, output: swap, final: (s) => s };
}

/** Rows in packed order: states follow the order of falling lengths and come back in the order that was given. */
function packedRows(
  x: Tensor,
  layout: PackedLayout,
  states: readonly Tensor[] | null,
  output: Sequences["output"],
): Sequences {
  const table = layout.order(x.device, x.owner), to = [layout.batch];
  if (!table) return { x, layout, states, output, final: (s) => s };
  return {
    x,
    layout,
    states: states && states.map((s) => packRows(s, table, { at: 1, to })),
    output,
    final: (s) => packRows(s, turned(table), { at: 1, to }),
  };
}

/** The way back. */
function turned({ index, inverse }: RowTable): RowTable {
  return { index: inverse, inverse: index };
}

function checkPacked({ name, inputs }: Expected, { data, layout }: PackedSequence): void {
  if (data.shape.length === 2 && data.shape[1] === inputs) return;
  throw new ShapeError(
    `Cannot run ${name} on packed x with data ${
      show(data.shape)
    }: wanted [${layout.rows}, ${inputs}] ([rows, features])`,
    { op: name, shapes: [data.shape] },
  );
}

function checkStateList({ name, states: names }: Expected, states: readonly unknown[] | null): void {
  if (!states || (states.length === names.length && states.every((s) => s instanceof Tensor))) return;
  throw new ValueError(`Cannot run ${name} with these states: wanted ${names.join(" and ")}, each a tensor`, {
    op: name,
    value: states,
  });
}

function checkStates(
  { name, states: names, count, features }: Expected,
  shape: readonly number[],
  states: readonly Tensor[] | null,
  batch: readonly number[],
): void {
  states?.forEach((state, i) => {
    const wanted = [count, ...batch, features[i]];
    if (sameShape(state.shape, wanted)) return;
    throw new ShapeError(
      `Cannot run ${name} on x ${show(shape)} with ${names[i]} ${show(state.shape)}: wanted ${show(wanted)} ` +
        `([layers * directions${batch.length ? ", batch" : ""}, features])`,
      { op: name, shapes: [shape, state.shape] },
    );
  });
}
