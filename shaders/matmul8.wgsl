// Written by tools/matmul_shaders.ts; edit that. C = act(A B + bias (+ C)), a 8 x 8 tile per invocation.
//
// For processors, where loads cost and arithmetic does not: per 4 k an invocation loads 16 vectors and does 256
// multiply-adds. A is [m, k] stored along k (TA 0) or along m (TA 1), B is [k, n] stored along n (TB 0) or along k (TB 1).
// A and B: unit stride along the stored direction; all other strides, starts and k0 are multiples of 4. C: anything.
// Every element is one accumulator over ascending k, so all matmul kernels give the same bits.

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
override WG: u32 = 8u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<a_t>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<b_t>>;
@group(0) @binding(3) var<storage, read> biases: array<biases_t>;
@group(0) @binding(4) var<storage, read_write> c: array<c_t>;

const lane = vec4u(0u, 1u, 2u, 3u);

// Other functions stay with the elementwise kernels: their exact forms would double this file.
fn activate(x: f32) -> f32 {
  if (ACT == 1u) { return max(x, 0.0); }
  return x;
}

fn a_at(i: u32) -> vec4f { return vec4f(a[i]); }

fn b_at(i: u32) -> vec4f { return vec4f(b[i]); }

// Where the vectors of a 4 x 4 block of A lie at k0: of 4 rows, or (TA) of 4 k. Rows past the end repeat the last one.
fn a_spots(row: u32, start: u32) -> vec4u {
  if (TA == 1u) { return (start + min(row, (p.m - 1u) & ~3u) + (p.k0 + lane) * p.a_k) / 4u; }
  return (start + p.k0 + min(row + lane, vec4u(p.m - 1u)) * p.a_row) / 4u;
}

// The same for B: of 4 k, or (TB) of 4 columns.
fn b_spots(col: u32, start: u32) -> vec4u {
  if (TB == 1u) { return (start + p.k0 + min(col + lane, vec4u(p.n - 1u)) * p.b_col) / 4u; }
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
fn put_row(row: u32, col: u32, start: u32, s0: vec4f, s1: vec4f) {
  let i = start + row * p.c_row + col;
  let count = select(0u, 4u, row < p.m);
  for (var x = 0u; x < count; x++) {
    if (col + x + 0u < p.n) { put(i + x + 0u, s0[x]); }
    if (col + x + 4u < p.n) { put(i + x + 4u, s1[x]); }
  }
}

@compute @workgroup_size(WG)
fn multiply(@builtin(global_invocation_id) g: vec3u) {
  let spot = select(g.xy, g.yx, p.rows_on_x == 1u);
  let row = spot.y * 8u;
  let col = spot.x * 8u;
  if (row >= p.m || col >= p.n) { return; }
  let z = vec2u((p.z0 + g.z) / p.inner, (p.z0 + g.z) % p.inner);
  let a_start = p.a_start + z.x * p.a_outer + z.y * p.a_inner;
  let b_start = p.b_start + z.x * p.b_outer + z.y * p.b_inner;
  let c_start = p.c_start + z.x * p.c_outer + z.y * p.c_inner;
  var i0 = a_spots(row + 0u, a_start);
  var i1 = a_spots(row + 4u, a_start);
  var j0 = b_spots(col + 0u, b_start);
  var j1 = b_spots(col + 4u, b_start);
  let a_step = select(1u, p.a_k, TA == 1u); // from 4 k to the next, in vectors
  let b_step = select(p.b_k, 1u, TB == 1u);
  var s0_0 = vec4f(); var s0_1 = vec4f();
  var s1_0 = vec4f(); var s1_1 = vec4f();
  var s2_0 = vec4f(); var s2_1 = vec4f();
  var s3_0 = vec4f(); var s3_1 = vec4f();
  var s4_0 = vec4f(); var s4_1 = vec4f();
  var s5_0 = vec4f(); var s5_1 = vec4f();
  var s6_0 = vec4f(); var s6_1 = vec4f();
  var s7_0 = vec4f(); var s7_1 = vec4f();
  for (var k = p.k0 / 4u; k < p.k1 / 4u; k++) {
    let y0 = b_block(j0); j0 += b_step;
    let y1 = b_block(j1); j1 += b_step;
    let x0 = a_block(i0); i0 += a_step;
    s0_0 = add4(s0_0, x0[0], y0); s0_1 = add4(s0_1, x0[0], y1);
    s1_0 = add4(s1_0, x0[1], y0); s1_1 = add4(s1_1, x0[1], y1);
    s2_0 = add4(s2_0, x0[2], y0); s2_1 = add4(s2_1, x0[2], y1);
    s3_0 = add4(s3_0, x0[3], y0); s3_1 = add4(s3_1, x0[3], y1);
    let x1 = a_block(i1); i1 += a_step;
    s4_0 = add4(s4_0, x1[0], y0); s4_1 = add4(s4_1, x1[0], y1);
    s5_0 = add4(s5_0, x1[1], y0); s5_1 = add4(s5_1, x1[1], y1);
    s6_0 = add4(s6_0, x1[2], y0); s6_1 = add4(s6_1, x1[2], y1);
    s7_0 = add4(s7_0, x1[3], y0); s7_1 = add4(s7_1, x1[3], y1);
  }
  if (TAIL == 1u) {
    for (var k = 0u; k < p.k1 % 4u; k++) {
      let y0 = b_one(j0, k);
      let y1 = b_one(j1, k);
      let x0 = a_one(i0, k);
      s0_0 = fma(vec4f(x0[0]), y0, s0_0); s0_1 = fma(vec4f(x0[0]), y1, s0_1);
      s1_0 = fma(vec4f(x0[1]), y0, s1_0); s1_1 = fma(vec4f(x0[1]), y1, s1_1);
      s2_0 = fma(vec4f(x0[2]), y0, s2_0); s2_1 = fma(vec4f(x0[2]), y1, s2_1);
      s3_0 = fma(vec4f(x0[3]), y0, s3_0); s3_1 = fma(vec4f(x0[3]), y1, s3_1);
      let x1 = a_one(i1, k);
      s4_0 = fma(vec4f(x1[0]), y0, s4_0); s4_1 = fma(vec4f(x1[0]), y1, s4_1);
      s5_0 = fma(vec4f(x1[1]), y0, s5_0); s5_1 = fma(vec4f(x1[1]), y1, s5_1);
      s6_0 = fma(vec4f(x1[2]), y0, s6_0); s6_1 = fma(vec4f(x1[2]), y1, s6_1);
      s7_0 = fma(vec4f(x1[3]), y0, s7_0); s7_1 = fma(vec4f(x1[3]), y1, s7_1);
    }
  }
  let w0 = bias_of(col + 0u);
  let w1 = bias_of(col + 4u);
  put_row(row + 0u, col, c_start, s0_0 + w0, s0_1 + w1);
  put_row(row + 1u, col, c_start, s1_0 + w0, s1_1 + w1);
  put_row(row + 2u, col, c_start, s2_0 + w0, s2_1 + w1);
  put_row(row + 3u, col, c_start, s3_0 + w0, s3_1 + w1);
  put_row(row + 4u, col, c_start, s4_0 + w0, s4_1 + w1);
  put_row(row + 5u, col, c_start, s5_0 + w0, s5_1 + w1);
  put_row(row + 6u, col, c_start, s6_0 + w0, s6_1 + w1);
  put_row(row + 7u, col, c_start, s7_0 + w0, s7_1 + w1);
}
