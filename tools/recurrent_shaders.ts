/**
 * Writes the recurrent kernels `shaders/{rnn,gru,lstm}.wgsl` and their twins. They differ only in what WGSL has no
 * constant for: the number of named accumulators of a register tile (16 rows a lane for processors; `_small`: 4 for
 * graphics cards and small batches), and whether the steps hand the operand of the recurrent product on in a pair of
 * small buffers (`_pair`), which software adapters take as textures. Every sum runs over k in ascending order by the same
 * expression, so all give the same bits.
 *
 *     deno run -A tools/recurrent_shaders.ts          write
 *     deno run -A tools/recurrent_shaders.ts --check  fail when a committed file differs
 */

type CellName = "rnn" | "gru" | "lstm";

/** A lane's part: rows, and vectors of four units where columns are units (backward, and forward of the RNN). */
interface Tile {
  readonly suffix: string;
  readonly rows: number;
  readonly vectors: number;
  readonly workgroup: number;
  /** The states (backward: gate gradients) of the step before are read from a small buffer; no loop over steps. */
  readonly pair?: true;
  /** The 8 lanes of a workgroup are a subgroup: each loads a part of the rows and broadcasts it. */
  readonly wide?: true;
}

interface Cell {
  /** Comment at the head of the file. */
  readonly about: string;
  /** Letters of the gates, in the order of the weight's rows. */
  readonly gates: string;
  /** Declarations of override constants. */
  readonly overrides: string;
  /** Declarations of storage buffers. */
  readonly buffers: string;
  /** Functions only this cell needs. */
  readonly helpers: string;
  /** One row and four units, from pre-activations to `out`. */
  readonly forward: string;
  /** What comes back along the hidden state, as `dout`. */
  readonly carry: string;
  /** From `dout` to the gradients of the pre-activations. */
  readonly backward: string;
  /** The same in a pair, where the product is in `back`, and prev holds what the kernel of a buffer would find there. */
  readonly pairCarry: string;
  /** How a pair's text differs from `forward` and `backward`. */
  readonly pair: readonly (readonly [from: string, to: string])[];
}

const TILES: readonly Tile[] = [
  { suffix: "", rows: 16, vectors: 4, workgroup: 8 },
  { suffix: "_small", rows: 4, vectors: 1, workgroup: 64 },
  { suffix: "_pair", rows: 16, vectors: 4, workgroup: 8, pair: true },
  { suffix: "_wide", rows: 32, vectors: 2, workgroup: 8, pair: true, wide: true },
];

const GATED = "override HARD: u32 = 0u; // 1: gates are clip(0.2 x + 0.5, 0, 1) instead of the sigmoid\n" +
  "override KEEP: u32 = 1u; // 0: nobody asks for the gates\n";
const BIAS = "override BIAS: u32 = 1u; // 0: there is no b_hh\n";

const SIGMOID = `
fn gate(x: vec4f) -> vec4f {
  if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
  return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}

// Derivative of a gate, from its value.
fn slope(s: vec4f) -> vec4f {
  if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
  return s * (1.0 - s);
}
`;

const PAIR_CARRY = `
var dout = vec4f();
if (r < step.w) {
  dout = back;
} else if ((p.given & 1u) != 0u) {
  dout = dh[state];
}
if (r >= step.z) {
  dh[state] = dout;
  continue;
}`;

const CARRY = `
var dout = vec4f();
if (r < step.w || (p.given & 1u) != 0u) { dout = dh[state]; }`;

const CELLS: { readonly [name in CellName]: Cell } = {
  lstm: {
    about: `// LSTM: i, f, o = gate(z + W h'), g = tanh(z + W h'), c = f c' + i g, h = o tanh(c).
// Kept for backward: gates (z becomes i, f, g, o) and cs; h is the right operand of W's gradient.`,
    gates: "ifgo",
    overrides: GATED,
    buffers:
      `@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>; // [dirs][rows, 4H] x W_ih^T + both biases
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>; // [dirs][rows + B, H] state before each row; final ones
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>; // the same of the cell
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>; // output
@group(0) @binding(6) var<storage, read_write> sums: array<mat4x4f>; // scratch
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>; // z after the forward pass
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(4) var<storage, read> cs: array<vec4f>; // c after the forward pass
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>; // [dirs][rows, 4H] gradient of z
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>; // [2, dirs, B, H] of final h and c, then of initial ones`,
    helpers: SIGMOID,
    forward: `
let sum = sums[first + r - row];
let i = gate(vec4f(z[zr]) + sum[0]);
let f = gate(vec4f(z[zr + h4]) + sum[1]);
let g = tanh4(vec4f(z[zr + 2u * h4]) + sum[2]);
let o = gate(vec4f(z[zr + 3u * h4]) + sum[3]);
let cell = fma(f, c[was], i * g);
let out = o * tanh4(cell);
if (KEEP == 1u) {
  z[zr] = vec4<T>(i);
  z[zr + h4] = vec4<T>(f);
  z[zr + 2u * h4] = vec4<T>(g);
  z[zr + 3u * h4] = vec4<T>(o);
}
c[to] = cell;
h[to] = out;`,
    carry: CARRY,
    backward: `
let i = vec4f(gates[zr]);
let f = vec4f(gates[zr + h4]);
let g = vec4f(gates[zr + 2u * h4]);
let o = vec4f(gates[zr + 3u * h4]);
let before = cs[was];
let t = tanh4(fma(f, before, i * g));
var dcell = dout * o * fma(-t, t, vec4f(1.0));
let cell = p.dirs * p.batch * h4 + state;
if (r < step.w || (p.given & 2u) != 0u) { dcell += dh[cell]; }
dg[gr] = dcell * g * slope(i);
dg[gr + h4] = dcell * before * slope(f);
dg[gr + 2u * h4] = dcell * i * fma(-g, g, vec4f(1.0));
dg[gr + 3u * h4] = dout * t * slope(o);
dh[cell] = dcell * f;`,
    pairCarry: PAIR_CARRY,
    pair: [
      ["c[was]", "prev_at(p.dirs * p.batch * h4 + own)"],
      ["h[to] = out;", "h[to] = out;\nnext_put(own, out);\nnext_put(p.dirs * p.batch * h4 + own, cell);"],
      [
        "if (r < step.w || (p.given & 2u) != 0u) { dcell += dh[cell]; }",
        `if (r < step.w) {
  dcell += prev_at(p.dirs * p.batch * p.zs + state);
} else if ((p.given & 2u) != 0u) {
  dcell += dh[cell];
}`,
      ],
      [
        "dh[cell] = dcell * f;",
        "let left = dcell * f;\ndh[cell] = left;\nnext_put(p.dirs * p.batch * p.zs + state, left);",
      ],
    ],
  },
  gru: {
    about:
      `// GRU: r, u = gate(z + (W h' + b)), n = tanh(z + r (W h' + b)), h = (1 - u) n + u h'; u is PyTorch's z gate.
// Kept for backward: gates (z becomes r, u, n, and at \`hidden\` the third W h' + b) and hs.`,
    gates: "run",
    overrides: GATED + BIAS,
    buffers:
      `@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>; // [dirs]([rows, 3H] x W_ih^T + b_ih, [rows, H])
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>; // [dirs][rows + B, H] state before each row; final ones
@group(0) @binding(4) var<storage, read> bias: array<vec4<T>>; // [dirs, 3H] b_hh
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>; // output
@group(0) @binding(6) var<storage, read_write> sums: array<mat3x4f>; // scratch
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>; // z after the forward pass
@group(0) @binding(3) var<storage, read> hs: array<vec4f>; // h after the forward pass
@group(0) @binding(4) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>; // [2, dirs][rows, 3H] gradient of W h' + b, then of z
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>; // [2, dirs, B, H] of the final state, then of the initial; scratch`,
    helpers: SIGMOID,
    forward: `
let sum = sums[first + r - row] + b;
let reset = gate(vec4f(z[zr]) + sum[0]);
let update = gate(vec4f(z[zr + h4]) + sum[1]);
let hidden = sum[2];
let n = tanh4(fma(reset, hidden, vec4f(z[zr + 2u * h4])));
let out = fma(update, h[was] - n, n);
if (KEEP == 1u) {
  z[zr] = vec4<T>(reset);
  z[zr + h4] = vec4<T>(update);
  z[zr + 2u * h4] = vec4<T>(n);
  z[zh] = vec4<T>(hidden);
}
h[to] = out;`,
    carry: `
var dout = vec4f();
if (r < step.w || (p.given & 1u) != 0u) { dout = dh[state]; }
if (r < step.w) { dout += dh[p.dirs * p.batch * h4 + state]; }
if (r >= step.z) {
  dh[state] = dout;
  continue;
}`,
    backward: `
let reset = vec4f(gates[zr]);
let update = vec4f(gates[zr + h4]);
let n = vec4f(gates[zr + 2u * h4]);
let dn = dout * (1.0 - update) * fma(-n, n, vec4f(1.0));
let dreset = dn * vec4f(gates[zh]) * slope(reset);
let dupdate = dout * (hs[was] - n) * slope(update);
let xr = p.dirs * p.gd + gr;
dg[xr] = dreset;
dg[xr + h4] = dupdate;
dg[xr + 2u * h4] = dn;
dg[gr] = dreset;
dg[gr + h4] = dupdate;
dg[gr + 2u * h4] = dn * reset;
dh[state] = dout * update;`,
    pairCarry: PAIR_CARRY.replace("dout = back;", "dout = prev_at(p.dirs * p.batch * p.zs + state) + back;"),
    pair: [
      ["h[was]", "prev_at(own)"],
      ["h[to] = out;", "h[to] = out;\nnext_put(own, out);"],
      ["dh[state] = dout * update;", "next_put(p.dirs * p.batch * p.zs + state, dout * update);"],
    ],
  },
  rnn: {
    about: `// RNN: h = tanh(z + W h'), or max(z + W h', 0) with RELU = 1. Kept for backward: hs.`,
    gates: "h",
    overrides: "override RELU: u32 = 0u; // 1: max(x, 0) instead of tanh\n",
    buffers: `@group(0) @binding(2) var<storage, read> z: array<vec4<T>>; // [dirs][rows, H] x W_ih^T + both biases
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>; // [dirs][rows + B, H] state before each row; final ones
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>; // output
@group(0) @binding(2) var<storage, read> hs: array<vec4f>; // h after the forward pass
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>; // [dirs][rows, H] gradient of z
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>; // [dirs, B, H] of the final state, then of the initial`,
    helpers: "",
    forward: `
let x = vec4f(z[zr]) + h[to];
var out = select(x, vec4f(), x < vec4f());
if (RELU == 0u) { out = tanh4(x); }
h[to] = out;`,
    carry: CARRY,
    backward: `
let v = hs[to];
var d = select(vec4f(), vec4f(1.0), v > vec4f());
if (RELU == 0u) { d = fma(-v, v, vec4f(1.0)); }
dg[gr] = dout * d;`,
    pairCarry: PAIR_CARRY,
    pair: [
      ["+ h[to]", "+ sum"],
      ["h[to] = out;", "h[to] = out;\nnext_put(own, out);"],
    ],
  },
};

const PARAMS = `struct Params {
  h4: u32, // vectors of 4 in a state row; H is padded to a multiple of 4 everywhere
  batch: u32, // B
  dirs: u32, // directions in this dispatch: workgroups along z
  zs: u32, // vectors from row to row of z, gates, dg
  zd: u32, // vectors from direction to direction of z, gates
  gd: u32, // the same of dg
  hidden: u32, // GRU: vector of a direction's z at which the third W h' + b begins, a row of h4 each
  sd: u32, // vectors from direction to direction of h, c
  final_row: u32, // row of h and c that takes the final state of sequence 0
  ys: u32, // vectors from row to row of y and dy
  yd: u32, // vectors from direction to direction of y and dy
  given: u32, // backward: 1 dh holds the gradient of the final h, 2 that of the final c
  reverse: u32, // loop: bit d set when direction d runs backwards in time
  packed: u32, // loop: 1 takes the rows from \`steps\`
  count: u32, // loop: steps in all
  first: u32, // loop: this dispatch does steps first to end - 1; backward counts from the last, and \`count\` is the
  end: u32, //   gradient of the initial state
  rows: array<vec4u, 2>, // step: for each direction what step_at gives
}
`;

const SHARED = `
// exp stays finite, and a NaN passes through. Near 0 the form with exp would keep absolute precision only: a polynomial.
fn tanh4(x: vec4f) -> vec4f {
  let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
  let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
  let s = x * x;
  let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
    vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
  return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}

fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }

// A 4 x 4 part of W, one row to a column of the matrix.
fn quad(at: u32) -> mat4x4f {
  return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}

// Four more products in each of four sums, k ascending.
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
  return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
`;

const STEPS = `
// Step i of a direction in its own order: its first row, the first row of the step after it, the rows of both. Row r of
// every step is sequence r; forward in time rows end from the back, backward in time they begin there.
fn step_at(i: u32, dir: u32) -> vec4u {
  if (p.packed == 1u) { return steps[dir * p.count + i]; }
  let after = select(0u, p.batch, i + 1u < p.count);
  if (((p.reverse >> dir) & 1u) == 0u) { return vec4u(i * p.batch, i * p.batch + after, p.batch, after); }
  let at = (p.count - 1u - i) * p.batch;
  return vec4u(at, at - after, p.batch, after);
}

fn back_step_at(i: u32, dir: u32) -> vec4u {
  if (i < p.count) { return step_at(p.count - 1u - i, dir); }
  let s = step_at(0u, dir);
  return vec4u(0u, s.x, 0u, s.z);
}
`;

const STATE_AFTER = `
// Where the state after row r of a step goes: to the row it is the state before, or to the final states.
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
  return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
`;

/** `f(0) ... f(n - 1)`, one per line. */
function lines(n: number, f: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => f(i)).join("\n");
}

/** Moves a block of lines to the right. */
function indent(text: string, by: number): string {
  return text.trim().split("\n").map((l) => " ".repeat(by) + l).join("\n");
}

const WRITE_Y = `
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }`;

const READ_DY = `
if (Y == 1u) { dout += vec4f(dy[(step.x + r) * p.ys + dir * p.yd + u]); }`;

/** Where the rows of the other operand begin, up to the row. */
function before(pass: "forward" | "backward", tile: Tile): string {
  if (tile.pair) return "(dir * p.batch + ";
  return pass === "forward" ? "dir * p.sd + (step.x + " : "dir * p.gd + (step.y + ";
}

/** Rows of the other operand that a lane loads, and the number of each. */
function loaded({ rows, wide }: Tile): number {
  return wide ? rows / 8 : rows;
}

function rowOf({ wide }: Tile, i: number): string {
  return wide ? `row + 4u * me + ${i}u` : `row + ${i}u`;
}

/** Parameters of a step's function for wide tiles: the lane, and whether its units exist; those that do not are doubles. */
function more({ wide }: Tile): string {
  return wide ? ", me: u32, live: bool" : "";
}

/** Text of a cell for a pair: hands states and gate gradients on, and reads through functions, for textures. */
function paired(text: string, { pair }: Cell): string {
  for (const [from, to] of pair) text = text.replace(from, to);
  return text.replace(/vec4f\((z|gates|dy)\[([^\]]*)\]\)/g, "$1_at($2)").replace(/\b([ch]s)\[([^\]]*)\]/g, "$1_at($2)");
}

/** The gate gradients, which a step also hands on to the step before it. */
function gradients(cell: Cell, tile: Tile): string {
  if (!tile.pair) return cell.backward;
  let n = 0;
  return "\nlet nr = (dir * p.batch + r) * p.zs + u;" +
    paired(cell.backward, cell).replace(/dg\[gr(.*)\] = (.*);/g, (_, at: string, value: string) => {
      n++;
      return `let g${n} = ${value};\ndg[gr${at}] = g${n};\nnext_put(nr${at}, g${n});`;
    }).replace(/dg\[(.*)\] = (.*);/g, "dg_put($1, $2);");
}

/**
 * Functions that pick one of many accumulators by a number, for pairs: a chain of selects costs a small part of the way
 * through memory, and what follows stays in one loop.
 */
function pickFunctions(n: number, { rows }: Tile): string {
  const type = sumsType(n),
    each = (f: (part: string) => string): string =>
      n === 1 ? f("") : `${type}(${lines(n, (j) => f(`[${j}]`)).replaceAll("\n", ", ")})`;
  const list = (count: number): string => Array.from({ length: count }, (_, i) => `x${i}: ${type}`).join(", ");
  const tree = (from: number, count: number): string =>
    count === 1
      ? `x${from}`
      : `either${n}((i & ${count / 2}u) != 0u, ${tree(from, count / 2)}, ${tree(from + count / 2, count / 2)})`;
  return `
fn either${n}(second: bool, a: ${type}, b: ${type}) -> ${type} {
  return ${each((part) => `select(a${part}, b${part}, second)`)};
}
` + [...new Set([4, rows / 4])].map((count) => `
fn pick${count}x${n}(i: u32, ${list(count)}) -> ${type} {
  return ${tree(0, count)};
}
`).join("");
}

/** Loops over the rows of a pair's tile below `limit`, with the sums of each row at hand. */
function pickedRows(n: number, { rows, wide }: Tile, limit: string, body: string): string {
  const groups = rows / 4;
  const group = (j: number): string =>
    `  let t${j} = pick${groups}x${n}(four, ${Array.from({ length: groups }, (_, i) => `s${4 * i + j}`).join(", ")});`;
  return `for (var four = 0u; four < ${groups}u; four++) {
  let row4 = row + 4u * four;
${lines(4, group)}
  for (var r = row4; r < ${wide ? `select(0u, min(row4 + 4u, ${limit}), live)` : `min(row4 + 4u, ${limit})`}; r++) {
    let picked = pick4x${n}(r - row4, t0, t1, t2, t3);
${indent(body, 4)}
  }
}`;
}

/** Four of the sums of a row, by number. */
function part(n: number, of: string, i: string): string {
  if (n === 1) return of;
  const tree = (from: number, count: number): string =>
    count === 1
      ? `${of}[${from}]`
      : `select(${tree(from, count / 2)}, ${tree(from + count / 2, count / 2)}, ((${i}) & ${count / 2}u) != 0u)`;
  return tree(0, n);
}

/** Type of n accumulators of four sums each. */
function sumsType(n: number): string {
  return n === 1 ? "vec4f" : `mat${n}x4f`;
}

/** A function that adds four products to each of n times four sums; for one, madd itself. */
function productsFunction(n: number): string {
  if (n === 1) return "";
  const each = (f: (j: number) => string): string => Array.from({ length: n }, (_, j) => f(j)).join(", ");
  return `
fn madd${n}(a: vec4f, ${each((j) => `b${j}: mat4x4f`)}, sum: mat${n}x4f) -> mat${n}x4f {
  return mat${n}x4f(${each((j) => `madd(a, b${j}, sum[${j}])`)});
}
`;
}

/** The register tile: rows r, n columns of the other operand as b0, b1, ... */
function products(
  n: number,
  { rows: R, wide }: Tile,
  operand: string,
  depth: string,
  load: (j: number) => string,
  by: number,
): string {
  const call = n === 1 ? "madd" : `madd${n}`, names = Array.from({ length: n }, (_, j) => `b${j}`).join(", ");
  return indent(
    `for (var k = 0u; k < ${depth}; k++) {
${lines(n, (j) => `  let b${j} = ${load(j)};`)}
${
      wide
        ? `  let mine = mat4x4f(${[0, 1, 2, 3].map((r) => operand.replace("i", `at${r} + k`)).join(", ")});\n` +
          lines(R, (i) => `  s${i} = ${call}(subgroupBroadcast(mine[${i % 4}], ${i >> 2}u), ${names}, s${i});`)
        : lines(R, (i) => `  s${i} = ${call}(${operand.replace("i", `at${i} + k`)}, ${names}, s${i});`)
    }
}`,
    by,
  );
}

function gatedForward(cell: Cell, tile: Tile): string {
  const G = cell.gates.length, R = tile.rows;
  const places = `let zr = dir * p.zd + (step.x + r) * p.zs + u;
${G === 3 ? "let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;\n" : ""}${
    tile.pair ? "let own = (dir * p.batch + r) * h4 + u;" : "let was = dir * p.sd + (step.x + r) * h4 + u;"
  }
let to = state_after(step, dir, r) + u;`;
  const body = places +
    (tile.pair ? paired(cell.forward, cell).replace("sums[first + r - row]", "picked") : cell.forward) + WRITE_Y;
  const bias = G === 3
    ? `  var b = mat3x4f();
  if (BIAS == 1u) {
    let at = dir * 3u * h4 + u;
    b = mat3x4f(vec4f(bias[at]), vec4f(bias[at + h4]), vec4f(bias[at + 2u * h4]));
  }
`
    : "";
  return `
// One step of ${R} rows from \`row\` on, four units at vector u. ${
    tile.pair ? "Selects pick the sums of a row in" : "The sums pass through memory, so that"
  } a loop${tile.pair ? "" : " can pick"}
// ${
    tile.pair ? "" : "them"
  }: gate maths of all rows in one straight line, or an array of sums, takes compilers ten times as long.
fn forward(step: vec4u, dir: u32, row: u32, u: u32${more(tile)}) {
  let h4 = p.h4;
${lines(R, (i) => `  var s${i} = ${sumsType(G)}();`)}
${lines(loaded(tile), (i) => `  let at${i} = ${before("forward", tile)}min(${rowOf(tile, i)}, step.z - 1u)) * h4;`)}
${lines(G, (j) => `  let w${j} = ((dir * ${G}u + ${j}u) * h4 + u) * 4u * h4;`)}
${products(G, tile, tile.pair ? "prev_at(i)" : "h[i]", "h4", (j) => `transpose(quad(w${j} + k))`, 2)}
${
    tile.pair
      ? bias + indent(pickedRows(G, tile, "step.z", body), 2)
      : `  let first = ((dir * ((p.batch + ${R - 1}u) / ${R}u) + row / ${R}u) * h4 + u) * ${R}u;
${lines(R, (i) => `  sums[first + ${i}u] = s${i};`)}
${bias}  for (var r = row; r < min(row + ${R}u, step.z); r++) {
${indent(body, 4)}
  }`
  }
}
`;
}

/** A function that stores the sums of one row, as many of its vectors as exist. */
function keepFunction(V: number, buffer: string, limit: string, place: string): string {
  const part = (j: number): string => V === 1 ? "sum" : `sum[${j}]`;
  return `
fn keep(step: vec4u, dir: u32, r: u32, u0: u32, sum: ${sumsType(V)}) {
  if (r >= ${limit}) { return; }
  let at = ${place} + u0;
${
    lines(V, (j) =>
      j ? `  if (u0 + ${j}u < p.h4) { ${buffer}[at + ${j}u] = ${part(j)}; }` : `  ${buffer}[at] = ${part(j)};`)
  }
}
`;
}

function plainForward(cell: Cell, tile: Tile): string {
  const R = tile.rows, V = tile.vectors;
  const body = `for (var u = u0; u < min(u0 + ${V}u, h4); u++) {
${
    tile.pair
      ? `  let sum = ${part(V, "picked", "u - u0")};\n  let own = (dir * p.batch + r) * h4 + u;\n`
      : ""
  }  let zr = dir * p.zd + (step.x + r) * p.zs + u;
  let to = state_after(step, dir, r) + u;
${indent((tile.pair ? paired(cell.forward, cell) : cell.forward) + WRITE_Y, 2)}
}`;
  const kept = tile.pair
    ? ""
    : keepFunction(V, "h", "step.z", "state_after(step, dir, r)").replace("fn keep", "fn keep_state");
  return kept + `
// One step of ${R} rows from \`row\` on, ${4 * V} units from vector u0 on.${
    tile.pair ? "" : " The sums wait where the new state goes."
  }
fn forward(step: vec4u, dir: u32, row: u32, u0: u32${more(tile)}) {
  let h4 = p.h4;
${lines(R, (i) => `  var s${i} = ${sumsType(V)}();`)}
${lines(loaded(tile), (i) => `  let at${i} = ${before("forward", tile)}min(${rowOf(tile, i)}, step.z - 1u)) * h4;`)}
${lines(V, (j) => `  let w${j} = (dir * h4 + min(u0 + ${j}u, h4 - 1u)) * 4u * h4;`)}
${products(V, tile, tile.pair ? "prev_at(i)" : "h[i]", "h4", (j) => `transpose(quad(w${j} + k))`, 2)}
${
    tile.pair
      ? indent(pickedRows(V, tile, "step.z", body), 2)
      : `${lines(R, (i) => `  keep_state(step, dir, row + ${i}u, u0, s${i});`)}
  for (var r = row; r < min(row + ${R}u, step.z); r++) {
${indent(body, 4)}
  }`
  }
}
`;
}

function backward(cell: Cell, tile: Tile): string {
  const G = cell.gates.length, R = tile.rows, V = tile.vectors;
  const places = [
    G > 1 ? "let zr = dir * p.zd + (step.x + r) * p.zs + u;" : "",
    "let gr = dir * p.gd + (step.x + r) * p.zs + u;",
    G === 3 ? "let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;" : "",
    G > 1 ? "let was = dir * p.sd + (step.x + r) * h4 + u;" : "let to = state_after(step, dir, r) + u;",
  ].filter(Boolean).join("\n");
  const place = `${G === 3 ? "p.dirs * p.batch * p.h4 + " : ""}(dir * p.batch + r) * p.h4`;
  const limit = tile.pair || G === 3 ? "max(step.z, step.w)" : "step.z";
  const body = `for (var u = u0; u < min(u0 + ${V}u, h4); u++) {
  let state = (dir * p.batch + r) * h4 + u;
${tile.pair ? `  let back = ${part(V, "picked", "u - u0")};\n` : ""}${
    indent(
      (tile.pair ? cell.pairCarry + paired(READ_DY, cell) : cell.carry + READ_DY) + "\n" + places +
        gradients(cell, tile),
      2,
    )
  }
}`;
  const zeros = lines(R, (i) => `  var s${i} = ${sumsType(V)}();`);
  return (tile.pair ? "" : keepFunction(V, "dh", "step.w", place)) + `
// Gradient of one step, ${R} rows and ${
    4 * V
  } units. A row of the step after sends dh back through its gates; one that has no
// gates here (r >= step.z) began there: its dh is the gradient of the initial state.
fn backward(step: vec4u, dir: u32, row: u32, u0: u32${more(tile)}) {
  let h4 = p.h4;
${tile.pair ? zeros + "\n" : ""}  if (row < step.w) {
${tile.pair ? "" : indent(zeros, 2).replaceAll(/^ {2}/gm, "    ") + "\n"}${
    lines(
      loaded(tile),
      (i) => `    let at${i} = ${before("backward", tile)}min(${rowOf(tile, i)}, step.w - 1u)) * p.zs;`,
    )
  }
${lines(V, (j) => `    let w${j} = dir * ${4 * G}u * h4 * h4 + min(u0 + ${j}u, h4 - 1u);`)}
${
    products(V, tile, tile.pair ? "prev_at(i)" : "dg[i]", G > 1 ? `${G}u * h4` : "h4", (j) =>
      `quad(w${j} + 4u * k * h4)`, 4)
  }
${tile.pair ? "" : lines(R, (i) => `    keep(step, dir, row + ${i}u, u0, s${i});`) + "\n"}  }
${
    tile.pair
      ? indent(pickedRows(V, tile, limit, body), 2)
      : `  for (var r = row; r < min(row + ${R}u, ${limit}); r++) {
${indent(body, 4)}
  }`
  }
}
`;
}

/** The two entry points of a pass: one step per dispatch, and all steps of a tile of rows in one workgroup. */
function entries(pass: "forward" | "backward", vectors: number, tile: Tile): string {
  const { rows } = tile;
  const [live, at] = pass === "forward" ? ["step.z", "step_at"] : ["max(step.z, step.w)", "back_step_at"];
  const units = vectors > 1 ? `(p.h4 + ${vectors - 1}u) / ${vectors}u` : "p.h4";
  const unit = (n: string): string => vectors > 1 ? `${n} % units * ${vectors}u` : `${n} % units`;
  const loop = `
@compute @workgroup_size(WG)
fn ${pass}_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let units = ${units};
  let tiles = WG / units;
  let row = (group.x * tiles + lane / units) * ${rows}u;
  for (var i = p.first; i < p.end; i++) {
    let step = ${at}(i, group.z);
    if (lane < tiles * units && row < ${live}) { ${pass}(step, group.z, row, ${unit("lane")}); }
    storageBarrier();
  }
}
`;
  if (tile.wide) {
    return `
@compute @workgroup_size(WG)
fn ${pass}_step(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) me: u32,
) {
  let step = p.rows[group.z];
  let tile = group.x + group.y * groups.x;
  let units = ${units};
  let across = (units + WG - 1u) / WG;
  let row = tile / across * ${rows}u;
  let unit = tile % across * WG + me;
  if (row < ${live}) { ${pass}(step, group.z, row, min(unit, units - 1u)${
      vectors > 1 ? ` * ${vectors}u` : ""
    }, me, unit < units); }
}
`;
  }
  return `
@compute @workgroup_size(WG)
fn ${pass}_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let step = p.rows[id.z];
  let tile = id.x + id.y * groups.x * WG;
  let units = ${units};
  let row = tile / units * ${rows}u;
  if (row < ${live}) { ${pass}(step, id.z, row, ${unit("tile")}); }
}
${tile.pair ? "" : loop}`;
}

function shader(name: CellName, tile: Tile): string {
  const cell = CELLS[name], G = cell.gates.length, size = `${G > 1 ? `${G}H` : "H"}`;
  const operands = tile.pair
    ? `@group(0) @binding(8) var<storage, read> prev: array<vec4f>; // [dirs, B, H] states before; backward [dirs, B, ${size}] next's dg
@group(0) @binding(7) var<storage, read_write> next: array<vec4f>; // what the step after this one reads as prev

${
      G > 1
        ? `@group(0) @binding(9) var<storage, read> z_in: array<vec4<T>>; // z once more, where COPY = 1
`
        : ""
    }
fn prev_at(i: u32) -> vec4f { return vec4f(prev[i]); }

fn next_put(i: u32, v: vec4f) { next[i] = v; }

fn dg_put(i: u32, v: vec4f) { dg[i] = v; }

fn dy_at(i: u32) -> vec4f { return vec4f(dy[i]); }

${
      G > 1
        ? `fn gates_at(i: u32) -> vec4f { return vec4f(gates[i]); }

fn z_in_at(i: u32) -> vec4f { return vec4f(z_in[i]); }

fn z_at(i: u32) -> vec4f {
  if (COPY == 1u) { return z_in_at(i); }
  return vec4f(z[i]);
}
`
        : `fn z_at(i: u32) -> vec4f { return vec4f(z[i]); }
`
    }${
      G === 4
        ? `
fn cs_at(i: u32) -> vec4f { return vec4f(cs[i]); }
`
        : `
fn hs_at(i: u32) -> vec4f { return vec4f(hs[i]); }
`
    }`
    : `@group(0) @binding(7) var<storage, read> steps: array<vec4u>; // loop, packed: [dirs, count]`;
  return `${cell.about}
// A lane does ${tile.rows} rows. Written by tools/recurrent_shaders.ts.

alias T = f32; // element type

override WG: u32 = ${tile.workgroup}u;
override Y: u32 = 1u; // 0: there is no dy
${cell.overrides}${
    tile.pair && G > 1 ? "override COPY: u32 = 0u; // 1: z is read from z_in, so that it can be a texture\n" : ""
  }
${PARAMS}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>; // [dirs, ${size}, H] weight_hh
${operands}
${tile.pair ? cell.buffers.split("\n").filter((line) => !line.includes(" sums: ")).join("\n") : cell.buffers}
${cell.helpers}${SHARED}${[...new Set([G > 1 ? G : tile.vectors, tile.vectors])].map(productsFunction).join("")}${
    tile.pair
      ? [...new Set([G > 1 ? G : tile.vectors, tile.vectors])].map((n) => pickFunctions(n, tile)).join("")
      : STEPS
  }${STATE_AFTER}${G > 1 ? gatedForward(cell, tile) : plainForward(cell, tile)}${backward(cell, tile)}${
    entries("forward", G > 1 ? 1 : tile.vectors, tile)
  }${entries("backward", tile.vectors, tile)}`;
}

let stale = false;
for (const name of ["rnn", "gru", "lstm"] as const) {
  for (const tile of TILES) {
    const path = `shaders/${name}${tile.suffix}.wgsl`, url = new URL(`../${path}`, import.meta.url);
    const text = shader(name, tile);
    if (text === await Deno.readTextFile(url).catch(() => "")) continue;
    if (Deno.args.includes("--check")) {
      console.error(`${path} is not what tools/recurrent_shaders.ts would write`);
      stale = true;
    } else await Deno.writeTextFile(url, text);
  }
}
if (stale) Deno.exit(1);
