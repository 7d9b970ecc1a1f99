/**
 * Sizes and dispatches of the fused recurrent kernels (`shaders/{rnn,gru,lstm}*.wgsl`), as pure functions: which
 * variant a shape gets, how large each buffer is, and every launch of a forward and a backward pass with its parameters.
 * All variants give the same bits, so the choice here is about speed only. It touches no device.
 * @module
 */
import { ValueError } from "../errors.ts";

/** Kinds of recurrent cell. */
export type CellKind = "rnn" | "gru" | "lstm";

/**
 * How the steps are dispatched: `step`, one dispatch each; `loop`, one workgroup goes over all steps of its rows; `pair`,
 * one dispatch each, and what the recurrent product reads of the step before comes in one of two small lists, which
 * software adapters keep in textures: they load from one for a fraction of the price.
 */
export type RecurrentAlgorithm = "step" | "loop" | "pair";

/**
 * Rows a lane works on: 32 and 16 suit processors, 4 suits graphics cards and small batches. With 32, which is for `pair`
 * only, lanes load a part of the rows each and broadcast it.
 */
export type RowTile = 32 | 16 | 4;

/** Rows of weight_hh per hidden unit. */
export const GATES: { readonly [kind in CellKind]: number } = { rnn: 1, gru: 3, lstm: 4 };

/** Software adapters end a shader's loops after 65,535 iterations in total; no invocation may run more than this. */
export const MAX_ITERATIONS = 60_000;

/** What a plan is made for. */
export interface RecurrentShape {
  /** Cell. */
  readonly kind: CellKind;
  /** Time steps, at least 1. */
  readonly steps: number;
  /** Sequences, at least 1. */
  readonly batch: number;
  /** Hidden units H, at least 1. */
  readonly units: number;
  /** Which directions run, in the order of their weights: `false` forward in time, `true` backward. */
  readonly reverse: readonly boolean[];
  /** Packed rows: sequences in each step, not increasing, `batch` first. Without it every step has `batch` rows. */
  readonly batchSizes?: readonly number[];
}

/** What may be forced or known about the adapter. */
export interface RecurrentChoice {
  /** Force an algorithm, in both passes. */
  readonly algorithm?: RecurrentAlgorithm;
  /** Force a tile. */
  readonly tile?: RowTile;
  /** The adapter is a processor (fallback adapter): default true. */
  readonly processor?: boolean;
  /** 8 neighbouring lanes can broadcast to each other: default false. */
  readonly subgroups?: boolean;
  /** The gradient of the initial hidden state is wanted: default true. Without, backward saves its last launch. */
  readonly initialGradient?: boolean;
  /** Largest workgroup the device allows: default 256. */
  readonly maxInvocations?: number;
}

/** Parameters of the recurrent kernels, named as in WGSL. */
export interface RecurrentParams {
  h4: number;
  batch: number;
  dirs: number;
  zs: number;
  zd: number;
  gd: number;
  hidden: number;
  sd: number;
  final_row: number;
  ys: number;
  yd: number;
  given: number;
  reverse: number;
  packed: number;
  count: number;
  first: number;
  end: number;
  rows: readonly number[];
}

/** One dispatch. */
export interface RecurrentLaunch {
  /** Algorithm; its module is the cell's name, for `pair` and tile 4 followed by `_pair` and `_small`. */
  readonly algorithm: RecurrentAlgorithm;
  /** `pair`: which of the two lists is `prev`; the other one is `next`. */
  readonly turn: 0 | 1;
  /** Override WG. */
  readonly workgroup: number;
  /** Workgroups along x, y, z. */
  readonly workgroups: readonly [number, number, number];
  /** Parameters, but for `ys`, `yd` and `given`, which depend on the tensors at hand. */
  readonly params: RecurrentParams;
}

/** Elements (32-bit words) of each buffer; those of several directions lie `...Stride` apart. */
export interface RecurrentSizes {
  /** Rows: steps times batch, or the sum of the batch sizes. */
  readonly rows: number;
  /** Hidden units rounded up to a multiple of 4: the H of every buffer. */
  readonly padded: number;
  /** Columns of z, gates and dg: gates times `padded`. */
  readonly columns: number;
  /** Input projection, which becomes the saved gates; GRU: with `rows * padded` more behind each direction. */
  readonly z: number;
  /** From one direction's z to the next; a multiple of 64. */
  readonly zStride: number;
  /** Where a direction's GRU product lies behind its z. */
  readonly hidden: number;
  /** Gate gradients dg; the GRU's are twice as many: of the recurrent product, then of z. */
  readonly dg: number;
  /** From one direction's dg to the next; a multiple of 64. */
  readonly dgStride: number;
  /** States before each row, then the final states; of the LSTM the cell's also. */
  readonly state: number;
  /** From one direction's states to the next; a multiple of 64. */
  readonly stateStride: number;
  /** First element of a direction's final states [B, padded]. */
  readonly final: number;
  /** Scratch of the forward pass, but for `pair`; 0 for the RNN, which has none. */
  readonly sums: number;
  /** What a step of `pair` hands on to the next one of a pass: states; backward gate gradients, then what stays of a state's. */
  readonly handed: { readonly forward: number; readonly backward: number };
  /** dh: [dirs, B, padded], followed by the cell's (LSTM) or as much scratch (GRU). */
  readonly dh: number;
}

/** Everything needed to run one layer. */
export interface RecurrentPlan {
  /** What it was made for. */
  readonly shape: RecurrentShape;
  /** Chosen algorithm of each pass. */
  readonly algorithm: { readonly forward: RecurrentAlgorithm; readonly backward: RecurrentAlgorithm };
  /** Chosen tile. */
  readonly tile: RowTile;
  /** Buffer sizes. */
  readonly sizes: RecurrentSizes;
  /** Launches of the forward pass, in order. */
  readonly forward: readonly RecurrentLaunch[];
  /** Launches of the backward pass, in order; the last step writes the gradient of the initial hidden state only. */
  readonly backward: readonly RecurrentLaunch[];
  /** Row table `[dirs, steps, 4]` for packed rows, or null. */
  readonly table: Uint32Array<ArrayBuffer> | null;
}

const up = (n: number, m: number): number => Math.ceil(n / m) * m;

/** Of step i in the direction's own order: first row, first row of the step after, rows, rows of the step after. */
function stepRows(shape: RecurrentShape, offsets: readonly number[], i: number, reverse: boolean): number[] {
  const at = (t: number): number => shape.batchSizes ? shape.batchSizes[t] : shape.batch;
  const t = reverse ? shape.steps - 1 - i : i, next = reverse ? t - 1 : t + 1;
  if (i + 1 >= shape.steps) return [offsets[t], 0, at(t), 0];
  return [offsets[t], offsets[next], at(t), at(next)];
}

/** Buffer sizes of a layer. */
export function recurrentSizes(shape: RecurrentShape, tile: RowTile = 16): RecurrentSizes {
  const { kind, batch, units } = shape, dirs = shape.reverse.length, gates = GATES[kind];
  const rows = shape.batchSizes ? shape.batchSizes.reduce((a, b) => a + b, 0) : shape.steps * batch;
  const padded = up(units, 4), columns = gates * padded;
  const hidden = rows * columns;
  const zStride = up(hidden + (kind === "gru" ? rows * padded : 0), 64);
  const dgStride = up(hidden, 64), stateStride = up((rows + batch) * padded, 64);
  return {
    rows,
    padded,
    columns,
    z: dirs * zStride,
    zStride,
    hidden,
    dg: dirs * dgStride * (kind === "gru" ? 2 : 1),
    dgStride,
    state: dirs * stateStride,
    stateStride,
    final: rows * padded,
    sums: kind === "rnn" ? 0 : dirs * up(batch, tile) * columns,
    handed: {
      forward: dirs * batch * padded * (kind === "lstm" ? 2 : 1),
      backward: dirs * batch * (columns + (kind === "rnn" ? 0 : padded)),
    },
    dh: dirs * batch * padded * (kind === "rnn" ? 1 : 2),
  };
}

/** A part of the steps that is run with buffers of its own, by one direction or all. */
export interface RecurrentPiece {
  /** Directions, as positions in `reverse`. */
  readonly dirs: readonly number[];
  /** First step, in time. */
  readonly first: number;
  /** Steps. */
  readonly steps: number;
  /** Rows of the whole sequence before it. */
  readonly row: number;
  /** What it is planned as. */
  readonly shape: RecurrentShape;
}

/** Steps of a piece at most: the kernel that places initial states walks the row table in one loop. */
const PIECE_STEPS = 32_768;

/**
 * Cuts a layer where a buffer would not fit one binding: into pieces of time, one direction each, which carry their
 * state on. Nearly every layer is one piece.
 * @param most elements that a binding holds @param inputs features of the layer's input
 * @returns pieces of every direction in the order in which it runs
 */
export function recurrentPieces(shape: RecurrentShape, most: number, inputs: number): RecurrentPiece[] {
  const { kind, steps, batch, units, reverse, batchSizes } = shape, all = reverse.map((_, d) => d);
  const fits = (dirs: number, first: number, n: number): boolean => {
    const part = {
      ...shape,
      steps: n,
      batch: batchSizes?.[first] ?? batch,
      batchSizes: batchSizes?.slice(first, first + n),
    };
    const s = recurrentSizes({ ...part, reverse: reverse.slice(0, dirs) }), widest = Math.max(dirs * units, inputs);
    const weights = dirs * s.columns * Math.max(s.padded, inputs);
    return n <= PIECE_STEPS && Math.max(s.z, s.dg, s.state, s.sums, s.dh, s.rows * widest, weights) <= most;
  };
  if (fits(all.length, 0, steps)) return [{ dirs: all, first: 0, steps, row: 0, shape }];
  const offsets = rowOffsets(shape);
  return all.flatMap((d) => {
    const pieces: RecurrentPiece[] = [];
    for (let first = 0; first < steps;) {
      // Rows of a step never grow with time, so the first steps of a piece bound the rest.
      let n = steps - first;
      while (n > 1 && !fits(1, first, n)) n = Math.ceil(n / 2);
      const sizes = batchSizes?.slice(first, first + n);
      pieces.push({
        dirs: [d],
        first,
        steps: n,
        row: offsets[first],
        shape: { kind, units, steps: n, batch: sizes?.[0] ?? batch, reverse: [reverse[d]], batchSizes: sizes },
      });
      first += n;
    }
    return reverse[d] ? pieces.reverse() : pieces;
  });
}

/** Rows before each step, and of all steps. */
export function rowOffsets({ steps, batch, batchSizes }: RecurrentShape): number[] {
  const offsets = [0];
  for (let t = 0; t < steps; t++) offsets.push(offsets[t] + (batchSizes ? batchSizes[t] : batch));
  return offsets;
}

/** Vectors of four units that a lane works on; forward of the gated cells it is all gates of one. */
function vectorsOf(kind: CellKind, pass: "forward" | "backward", tile: RowTile): number {
  if ((kind !== "rnn" && pass === "forward") || tile === 4) return 1;
  return tile === 32 ? 2 : 4;
}

/** Lanes that a row tile takes: forward of the gated cells works on 4 units a lane, the others on 16 (4 in small tiles). */
function lanes(kind: CellKind, pass: "forward" | "backward", padded: number, tile: RowTile): number {
  return Math.ceil(padded / (4 * vectorsOf(kind, pass, tile)));
}

/** Upper bound of the loop iterations an invocation spends on one step. */
export function iterationsPerStep(kind: CellKind, pass: "forward" | "backward", padded: number, tile: RowTile): number {
  const products = (pass === "forward" ? 1 : GATES[kind]) * padded / 4;
  const vectors = vectorsOf(kind, pass, tile);
  return products + tile * (1 + vectors * 6) + 4;
}

/**
 * Picks variants and lays out every launch.
 * @throws {ValueError} when a forced algorithm does not suit the shape
 */
export function planRecurrent(shape: RecurrentShape, choice: RecurrentChoice = {}): RecurrentPlan {
  const { kind, batch, steps } = shape, dirs = shape.reverse.length;
  const processor = choice.processor ?? true, max = choice.maxInvocations ?? 256;
  const wide = processor && !!choice.subgroups && batch > 16 && (choice.algorithm ?? "pair") === "pair";
  const tile = choice.tile ?? (wide ? 32 : choice.algorithm === "pair" || (processor && batch > 4) ? 16 : 4);
  const sizes = recurrentSizes(shape, tile);
  const pick = (pass: "forward" | "backward"): RecurrentAlgorithm => {
    const across = lanes(kind, pass, sizes.padded, tile);
    const chosen = choice.algorithm ??
      (processor && tile >= 16 ? "pair" : sizes.padded <= 64 ? "loop" : "step");
    if (chosen === "loop" && across > max) {
      throw new ValueError(
        `Cannot run ${kind} of ${shape.units} units with rnnAlgorithm "loop": one workgroup would take ${across} lanes, ` +
          `the device allows ${max}; use "step"`,
        { op: kind, value: "loop" },
      );
    }
    if (chosen === "pair" ? tile === 4 : tile === 32) {
      const wanted = chosen === "pair" ? "16 or 32" : "16 or 4";
      throw new ValueError(`Cannot run ${kind} with rnnAlgorithm "${chosen}" and tile ${tile}: wanted tile ${wanted}`, {
        op: kind,
        value: chosen,
      });
    }
    return chosen;
  };
  const algorithm = { forward: pick("forward"), backward: pick("backward") };
  const offsets = rowOffsets(shape);
  const base: RecurrentParams = {
    h4: sizes.padded / 4,
    batch,
    dirs,
    zs: sizes.columns / 4,
    zd: sizes.zStride / 4,
    gd: sizes.dgStride / 4,
    hidden: sizes.hidden / 4,
    sd: sizes.stateStride / 4,
    final_row: sizes.rows,
    ys: 0,
    yd: 0,
    given: 0,
    reverse: shape.reverse.reduce((bits, r, d) => bits | (r ? 1 << d : 0), 0),
    packed: shape.batchSizes ? 1 : 0,
    count: steps,
    first: 0,
    end: 0,
    rows: [],
  };
  const rowsOf = (i: number): number[][] => shape.reverse.map((r) => stepRows(shape, offsets, i, r));

  const launches = (pass: "forward" | "backward"): RecurrentLaunch[] => {
    const across = lanes(kind, pass, sizes.padded, tile), width = processor ? 8 : 64;
    const each = iterationsPerStep(kind, pass, sizes.padded, tile) + 1;
    if (each >= MAX_ITERATIONS) {
      throw new ValueError(`Cannot run ${kind} of ${shape.units} units: a step would take ${each} loop iterations`, {
        op: kind,
        value: shape.units,
      });
    }
    const total = pass === "forward" ? steps : steps + (choice.initialGradient === false ? 0 : 1),
      list: RecurrentLaunch[] = [];
    if (algorithm[pass] === "loop") {
      // Several row tiles share a workgroup where one would leave lanes idle, unless that leaves other cores idle.
      const tiles = Math.ceil(batch / tile), most = Math.max(width, 2 ** Math.ceil(Math.log2(across)));
      const workgroup = across <= most / 2 && tiles <= Math.floor(most / across) ? most / 2 : most;
      const per = Math.floor(workgroup / across);
      const chunk = Math.max(1, Math.floor((MAX_ITERATIONS - 1) / each));
      for (let first = 0; first < total; first += chunk) {
        const end = Math.min(total, first + chunk);
        list.push({
          algorithm: "loop",
          turn: 0,
          workgroup,
          workgroups: [Math.ceil(tiles / per), 1, dirs],
          params: { ...base, first, end },
        });
      }
      return list;
    }
    for (let i = 0; i < total; i++) {
      let rows: number[][];
      if (pass === "forward") rows = rowsOf(i);
      else if (i < steps) rows = rowsOf(steps - 1 - i);
      else rows = rowsOf(0).map(([at, , n]) => [0, at, 0, n]);
      const live = Math.max(...rows.map((r) => pass === "forward" ? r[2] : Math.max(r[2], r[3])));
      const tiles = Math.ceil(live / tile) * (tile === 32 ? Math.ceil(across / 8) * 8 : across);
      const workgroup = tile === 32 ? 8 : tiles <= width ? width / 2 : width; // few sizes: each is a pipeline to compile
      const groups = Math.ceil(tiles / workgroup), y = Math.ceil(groups / 65535);
      list.push({
        algorithm: algorithm[pass],
        turn: i % 2 as 0 | 1,
        workgroup,
        workgroups: [Math.ceil(groups / y), y, dirs],
        params: { ...base, rows: rows.flat() },
      });
    }
    return list;
  };
  const table = shape.batchSizes
    ? new Uint32Array(
      shape.reverse.flatMap((r) => Array.from({ length: steps }, (_, i) => stepRows(shape, offsets, i, r)).flat()),
    )
    : null;
  return { shape, algorithm, tile, sizes, forward: launches("forward"), backward: launches("backward"), table };
}
