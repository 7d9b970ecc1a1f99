/**
 * Writes the register-tile matmul kernels `shaders/matmul{16,8,4,_wide}.wgsl`. They differ in the number of named
 * accumulators, which WGSL has no constant for (arrays of accumulators are five times slower on processors), and in who
 * loads A: each lane all rows of its tile, or in `matmul_wide` each of 8 lanes four rows, which it broadcasts.
 *
 *     deno run -A tools/matmul_shaders.ts          write
 *     deno run -A tools/matmul_shaders.ts --check  fail when a committed file differs
 */

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** One line for each number, indented. */
function lines(n: number, indent: number, line: (i: number) => string): string {
  return upTo(n).map((i) => " ".repeat(indent) + line(i)).join("\n");
}

/** The text of a tile file: every invocation computes `size` rows by `columns` columns of C. */
function tile(size: number, columns: number, wide: boolean): string {
  const vectors = columns / 4, loads = (wide ? size / 8 : size) + columns, products = 4 * size * columns;
  /** What `piece` makes of each accumulator of row r, where s<r>_<j> is columns 4j to 4j + 3. */
  const row = (r: number, glue: string, piece: (s: string, j: number) => string): string =>
    upTo(vectors).map((j) => piece(`s${r}_${j}`, j)).join(glue);
  /** The sums of four rows; `load` gives their part of A as x<i>, and `sum` adds its row r times y<j>. */
  const fourRows = (
    i: number,
    indent: number,
    load: string,
    sum: (s: string, x: string, y: string) => string,
  ): string =>
    " ".repeat(indent) + load + "\n" +
    lines(4, indent, (r) => row(4 * i + r, " ", (s, j) => `${s} = ${sum(s, `x${i}[${r}]`, `y${j}`)};`));
  /** The same where lane r / 4 of the group holds row r. */
  const shared = (
    indent: number,
    load: string,
    sum: (s: string, x: string, y: string) => string,
  ): string =>
    " ".repeat(indent) + load + "\n" +
    lines(size, indent, (r) =>
      `let x${r} = subgroupBroadcast(mine[${r % 4}], ${r >> 2}u); ` +
      row(r, " ", (s, j) => `${s} = ${sum(s, `x${r}`, `y${j}`)};`));
  const four = (s: string, x: string, y: string): string => `add4(${s}, ${x}, ${y})`;
  const one = (s: string, x: string, y: string): string => `fma(vec4f(${x}), ${y}, ${s})`;
  const block = wide
    ? shared(4, "let mine = a_block(i0); i0 += a_step;", four)
    : upTo(size / 4).map((i) => fourRows(i, 4, `let x${i} = a_block(i${i}); i${i} += a_step;`, four)).join("\n");
  const single = wide
    ? shared(6, "let mine = a_one(i0, k);", one)
    : upTo(size / 4).map((i) => fourRows(i, 6, `let x${i} = a_one(i${i}, k);`, one)).join("\n");
  return `// Written by tools/matmul_shaders.ts; edit that. C = act(A B + bias (+ C)), a ${size} x ${columns} tile per invocation.
//
// For processors, where loads cost and arithmetic does not: per 4 k an invocation loads ${loads} vectors and does ${products}
// multiply-adds. A is [m, k] stored along k (TA 0) or along m (TA 1), B is [k, n] stored along n (TB 0) or along k (TB 1).
// A and B: unit stride along the stored direction; all other strides, starts and k0 are multiples of 4. C: anything.
// Every element is one accumulator over ascending k, so all matmul kernels give the same bits.
${
    wide
      ? "// The 8 lanes of a workgroup are one subgroup; each loads four rows of A and broadcasts them. No lane may leave early.\n"
      : ""
  }
// Element types of the buffers; all arithmetic is f32.
alias a_t = f32;
alias b_t = f32;
alias biases_t = f32;
alias c_t = f32;

struct Params {
  m: u32, n: u32, k0: u32, k1: u32, // C is [m, n]; the sum runs over k0 <= k < k1
  a_row: u32, a_k: u32, b_k: u32, b_col: u32, c_row: u32, // strides, in elements
  a_start: u32, b_start: u32, c_start: u32, bias_start: u32, // first elements
  // matrix z0 + workgroup z is number z / inner, z % inner of a two-dimensional batch
  z0: u32, inner: u32, a_outer: u32, a_inner: u32, b_outer: u32, b_inner: u32, c_outer: u32, c_inner: u32,
  bias: u32, // 1: a bias per column is added
  rows_on_x: u32, // 1: neighbouring lanes take neighbouring rows instead of columns
  pad0: u32,
}

override TA: u32 = 0u;
override TB: u32 = 0u;
override TAIL: u32 = 0u; // 1: k1 - k0 may be no multiple of 4
override ADD: u32 = 0u; // 1: C += instead of C =
override ACT: u32 = 0u; // 1: relu
${
    wide
      ? `override PANELS: u32 = 0u; // 1: B, stored along k, lies in panels of 64 columns, each 64 vectors per 4 k: texture.wgsl
override OUT: u32 = 0u; // 1: C is out, in vectors
`
      : ""
  }override WG: u32 = 8u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<a_t>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<b_t>>;
@group(0) @binding(3) var<storage, read> biases: array<biases_t>;
@group(0) @binding(4) var<storage, read_write> c: array<c_t>;
${
    wide
      ? `@group(0) @binding(5) var<storage, read_write> out: array<vec4f>; // for a texture

fn out_put(i: u32, v: vec4f) { out[i] = v; }
`
      : ""
  }
const lane = vec4u(0u, 1u, 2u, 3u);

// Other functions stay with the elementwise kernels: their exact forms would double this file.
fn activate(x: f32) -> f32 {
  if (ACT == 1u) { return max(x, 0.0); }
  return x;
}

${
    wide
      ? `fn activate4(x: vec4f) -> vec4f {
  if (ACT == 1u) { return max(x, vec4f()); }
  return x;
}

`
      : ""
  }fn a_at(i: u32) -> vec4f { return vec4f(a[i]); }

fn b_at(i: u32) -> vec4f { return vec4f(b[i]); }

// Where the vectors of a 4 x 4 block of A lie at k0: of 4 rows, or (TA) of 4 k. Rows past the end repeat the last one.
fn a_spots(row: u32, start: u32) -> vec4u {
  if (TA == 1u) { return (start + min(row, (p.m - 1u) & ~3u) + (p.k0 + lane) * p.a_k) / 4u; }
  return (start + p.k0 + min(row + lane, vec4u(p.m - 1u)) * p.a_row) / 4u;
}

// The same for B: of 4 k, or (TB) of 4 columns.
fn b_spots(col: u32, start: u32) -> vec4u {
${
    wide
      ? `  if (PANELS == 1u) {
    return start / 4u + (col / 64u * p.b_col + p.k0 / 4u) * 64u + (col % 8u + lane) * 8u + col / 8u % 8u;
  }
`
      : ""
  }  if (TB == 1u) { return (start + p.k0 + min(col + lane, vec4u(p.n - 1u)) * p.b_col) / 4u; }
  return (start + min(col, (p.n - 1u) & ~3u) + (p.k0 + lane) * p.b_k) / 4u;
}

// 4 rows, each a vector of 4 k.
fn a_block(i: vec4u) -> mat4x4f {
  let block = mat4x4f(a_at(i.x), a_at(i.y), a_at(i.z), a_at(i.w));
  if (TA == 1u) { return transpose(block); }
  return block;
}

// 4 k, each a vector of 4 columns.
fn b_block(i: vec4u) -> mat4x4f {
  let block = mat4x4f(b_at(i.x), b_at(i.y), b_at(i.z), b_at(i.w));
  if (TB == 1u) { return transpose(block); }
  return block;
}

// One k of a block: 4 rows of A, 4 columns of B.
fn a_one(i: vec4u, k: u32) -> vec4f {
  if (TA == 1u) { return a_at(i.x + k * p.a_k / 4u); }
  return vec4f(a_at(i.x)[k], a_at(i.y)[k], a_at(i.z)[k], a_at(i.w)[k]);
}

fn b_one(i: vec4u, k: u32) -> vec4f {
  if (TB == 1u) { return vec4f(b_at(i.x)[k], b_at(i.y)[k], b_at(i.z)[k], b_at(i.w)[k]); }
  return b_at(i.x + k * p.b_k / 4u);
}

// s + x y over 4 ascending k.
fn add4(s: vec4f, x: vec4f, y: mat4x4f) -> vec4f {
  return fma(vec4f(x.w), y[3], fma(vec4f(x.z), y[2], fma(vec4f(x.y), y[1], fma(vec4f(x.x), y[0], s))));
}

fn bias_of(col: u32) -> vec4f {
  let i = p.bias_start + min(col + lane, vec4u(p.n - 1u));
  if (p.bias == 1u) { return vec4f(f32(biases[i.x]), f32(biases[i.y]), f32(biases[i.z]), f32(biases[i.w])); }
  return vec4f();
}

fn put(i: u32, value: f32) {
  if (ADD == 1u) { c[i] = c_t(activate(f32(c[i]) + value)); } else { c[i] = c_t(activate(value)); }
}

// One row of the tile. The loop keeps the compiled code small.
fn put_row(row: u32, col: u32, start: u32, ${upTo(vectors).map((j) => `s${j}: vec4f`).join(", ")}) {
  let i = start + row * p.c_row + col;
${
    wide
      ? `  if (OUT == 1u) {
    if (row < p.m) {
${lines(vectors, 6, (j) => `if (col + ${4 * j}u < p.n) { out_put(i / 4u + ${j}u, activate4(s${j})); }`)}
    }
    return;
  }
`
      : ""
  }  let count = select(0u, 4u, row < p.m);
  for (var x = 0u; x < count; x++) {
${lines(vectors, 4, (j) => `if (col + x + ${4 * j}u < p.n) { put(i + x + ${4 * j}u, s${j}[x]); }`)}
  }
}

@compute @workgroup_size(WG)
${
    wide
      ? `fn multiply(@builtin(workgroup_id) g: vec3u, @builtin(local_invocation_index) me: u32) {
  let row = g.y * ${size}u;
  let col = (g.x * WG + me) * ${columns}u;`
      : `fn multiply(@builtin(global_invocation_id) g: vec3u) {
  let spot = select(g.xy, g.yx, p.rows_on_x == 1u);
  let row = spot.y * ${size}u;
  let col = spot.x * ${columns}u;
  if (row >= p.m || col >= p.n) { return; }`
  }
  let z = vec2u((p.z0 + g.z) / p.inner, (p.z0 + g.z) % p.inner);
  let a_start = p.a_start + z.x * p.a_outer + z.y * p.a_inner;
  let b_start = p.b_start + z.x * p.b_outer + z.y * p.b_inner;
  let c_start = p.c_start + z.x * p.c_outer + z.y * p.c_inner;
${
    wide
      ? "  var i0 = a_spots(row + 4u * me, a_start);"
      : lines(size / 4, 2, (j) => `var i${j} = a_spots(row + ${4 * j}u, a_start);`)
  }
${lines(vectors, 2, (j) => `var j${j} = b_spots(col + ${4 * j}u, b_start);`)}
  let a_step = select(1u, p.a_k, TA == 1u); // from 4 k to the next, in vectors
  let b_step = ${wide ? "select(select(p.b_k, 1u, TB == 1u), 64u, PANELS == 1u)" : "select(p.b_k, 1u, TB == 1u)"};
${lines(size, 2, (r) => row(r, " ", (s) => `var ${s} = vec4f();`))}
  for (var k = p.k0 / 4u; k < p.k1 / 4u; k++) {
${lines(vectors, 4, (j) => `let y${j} = b_block(j${j}); j${j} += b_step;`)}
${block}
  }
  if (TAIL == 1u) {
    for (var k = 0u; k < p.k1 % 4u; k++) {
${lines(vectors, 6, (j) => `let y${j} = b_one(j${j}, k);`)}
${single}
    }
  }
${lines(vectors, 2, (j) => `let w${j} = bias_of(col + ${4 * j}u);`)}
${lines(size, 2, (r) => `put_row(row + ${r}u, col, c_start, ${row(r, ", ", (s, j) => `${s} + w${j}`)});`)}
}
`;
}

let stale = false;
for (const size of [16, 8, 4, 32]) {
  const wide = size === 32;
  const url = new URL(`../shaders/matmul${wide ? "_wide" : size}.wgsl`, import.meta.url);
  const text = tile(size, wide ? 8 : size, wide);
  if (Deno.args.includes("--check")) stale ||= await Deno.readTextFile(url) !== text;
  else await Deno.writeTextFile(url, text);
}
if (stale) {
  console.error("shaders/matmul*.wgsl are not what tools/matmul_shaders.ts would write; run it");
  Deno.exit(1);
}
