// Written by tools/matmul_shaders.ts; edit that. C = act(A B + bias (+ C)), a 16 x 16 tile per invocation.
//
// For processors, where loads cost and arithmetic does not: per 4 k an invocation loads 32 vectors and does 1024
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
fn put_row(row: u32, col: u32, start: u32, s0: vec4f, s1: vec4f, s2: vec4f, s3: vec4f) {
  let i = start + row * p.c_row + col;
  let count = select(0u, 4u, row < p.m);
  for (var x = 0u; x < count; x++) {
    if (col + x + 0u < p.n) { put(i + x + 0u, s0[x]); }
    if (col + x + 4u < p.n) { put(i + x + 4u, s1[x]); }
    if (col + x + 8u < p.n) { put(i + x + 8u, s2[x]); }
    if (col + x + 12u < p.n) { put(i + x + 12u, s3[x]); }
  }
}

@compute @workgroup_size(WG)
fn multiply(@builtin(global_invocation_id) g: vec3u) {
  let spot = select(g.xy, g.yx, p.rows_on_x == 1u);
  let row = spot.y * 16u;
  let col = spot.x * 16u;
  if (row >= p.m || col >= p.n) { return; }
  let z = vec2u((p.z0 + g.z) / p.inner, (p.z0 + g.z) % p.inner);
  let a_start = p.a_start + z.x * p.a_outer + z.y * p.a_inner;
  let b_start = p.b_start + z.x * p.b_outer + z.y * p.b_inner;
  let c_start = p.c_start + z.x * p.c_outer + z.y * p.c_inner;
  var i0 = a_spots(row + 0u, a_start);
  var i1 = a_spots(row + 4u, a_start);
  var i2 = a_spots(row + 8u, a_start);
  var i3 = a_spots(row + 12u, a_start);
  var j0 = b_spots(col + 0u, b_start);
  var j1 = b_spots(col + 4u, b_start);
  var j2 = b_spots(col + 8u, b_start);
  var j3 = b_spots(col + 12u, b_start);
  let a_step = select(1u, p.a_k, TA == 1u); // from 4 k to the next, in vectors
  let b_step = select(p.b_k, 1u, TB == 1u);
  var s0_0 = vec4f(); var s0_1 = vec4f(); var s0_2 = vec4f(); var s0_3 = vec4f();
  var s1_0 = vec4f(); var s1_1 = vec4f(); var s1_2 = vec4f(); var s1_3 = vec4f();
  var s2_0 = vec4f(); var s2_1 = vec4f(); var s2_2 = vec4f(); var s2_3 = vec4f();
  var s3_0 = vec4f(); var s3_1 = vec4f(); var s3_2 = vec4f(); var s3_3 = vec4f();
  var s4_0 = vec4f(); var s4_1 = vec4f(); var s4_2 = vec4f(); var s4_3 = vec4f();
  var s5_0 = vec4f(); var s5_1 = vec4f(); var s5_2 = vec4f(); var s5_3 = vec4f();
  var s6_0 = vec4f(); var s6_1 = vec4f(); var s6_2 = vec4f(); var s6_3 = vec4f();
  var s7_0 = vec4f(); var s7_1 = vec4f(); var s7_2 = vec4f(); var s7_3 = vec4f();
  var s8_0 = vec4f(); var s8_1 = vec4f(); var s8_2 = vec4f(); var s8_3 = vec4f();
  var s9_0 = vec4f(); var s9_1 = vec4f(); var s9_2 = vec4f(); var s9_3 = vec4f();
  var s10_0 = vec4f(); var s10_1 = vec4f(); var s10_2 = vec4f(); var s10_3 = vec4f();
  var s11_0 = vec4f(); var s11_1 = vec4f(); var s11_2 = vec4f(); var s11_3 = vec4f();
  var s12_0 = vec4f(); var s12_1 = vec4f(); var s12_2 = vec4f(); var s12_3 = vec4f();
  var s13_0 = vec4f(); var s13_1 = vec4f(); var s13_2 = vec4f(); var s13_3 = vec4f();
  var s14_0 = vec4f(); var s14_1 = vec4f(); var s14_2 = vec4f(); var s14_3 = vec4f();
  var s15_0 = vec4f(); var s15_1 = vec4f(); var s15_2 = vec4f(); var s15_3 = vec4f();
  for (var k = p.k0 / 4u; k < p.k1 / 4u; k++) {
    let y0 = b_block(j0); j0 += b_step;
    let y1 = b_block(j1); j1 += b_step;
    let y2 = b_block(j2); j2 += b_step;
    let y3 = b_block(j3); j3 += b_step;
    let x0 = a_block(i0); i0 += a_step;
    s0_0 = add4(s0_0, x0[0], y0); s0_1 = add4(s0_1, x0[0], y1); s0_2 = add4(s0_2, x0[0], y2); s0_3 = add4(s0_3, x0[0], y3);
    s1_0 = add4(s1_0, x0[1], y0); s1_1 = add4(s1_1, x0[1], y1); s1_2 = add4(s1_2, x0[1], y2); s1_3 = add4(s1_3, x0[1], y3);
    s2_0 = add4(s2_0, x0[2], y0); s2_1 = add4(s2_1, x0[2], y1); s2_2 = add4(s2_2, x0[2], y2); s2_3 = add4(s2_3, x0[2], y3);
    s3_0 = add4(s3_0, x0[3], y0); s3_1 = add4(s3_1, x0[3], y1); s3_2 = add4(s3_2, x0[3], y2); s3_3 = add4(s3_3, x0[3], y3);
    let x1 = a_block(i1); i1 += a_step;
    s4_0 = add4(s4_0, x1[0], y0); s4_1 = add4(s4_1, x1[0], y1); s4_2 = add4(s4_2, x1[0], y2); s4_3 = add4(s4_3, x1[0], y3);
    s5_0 = add4(s5_0, x1[1], y0); s5_1 = add4(s5_1, x1[1], y1); s5_2 = add4(s5_2, x1[1], y2); s5_3 = add4(s5_3, x1[1], y3);
    s6_0 = add4(s6_0, x1[2], y0); s6_1 = add4(s6_1, x1[2], y1); s6_2 = add4(s6_2, x1[2], y2); s6_3 = add4(s6_3, x1[2], y3);
    s7_0 = add4(s7_0, x1[3], y0); s7_1 = add4(s7_1, x1[3], y1); s7_2 = add4(s7_2, x1[3], y2); s7_3 = add4(s7_3, x1[3], y3);
    let x2 = a_block(i2); i2 += a_step;
    s8_0 = add4(s8_0, x2[0], y0); s8_1 = add4(s8_1, x2[0], y1); s8_2 = add4(s8_2, x2[0], y2); s8_3 = add4(s8_3, x2[0], y3);
    s9_0 = add4(s9_0, x2[1], y0); s9_1 = add4(s9_1, x2[1], y1); s9_2 = add4(s9_2, x2[1], y2); s9_3 = add4(s9_3, x2[1], y3);
    s10_0 = add4(s10_0, x2[2], y0); s10_1 = add4(s10_1, x2[2], y1); s10_2 = add4(s10_2, x2[2], y2); s10_3 = add4(s10_3, x2[2], y3);
    s11_0 = add4(s11_0, x2[3], y0); s11_1 = add4(s11_1, x2[3], y1); s11_2 = add4(s11_2, x2[3], y2); s11_3 = add4(s11_3, x2[3], y3);
    let x3 = a_block(i3); i3 += a_step;
    s12_0 = add4(s12_0, x3[0], y0); s12_1 = add4(s12_1, x3[0], y1); s12_2 = add4(s12_2, x3[0], y2); s12_3 = add4(s12_3, x3[0], y3);
    s13_0 = add4(s13_0, x3[1], y0); s13_1 = add4(s13_1, x3[1], y1); s13_2 = add4(s13_2, x3[1], y2); s13_3 = add4(s13_3, x3[1], y3);
    s14_0 = add4(s14_0, x3[2], y0); s14_1 = add4(s14_1, x3[2], y1); s14_2 = add4(s14_2, x3[2], y2); s14_3 = add4(s14_3, x3[2], y3);
    s15_0 = add4(s15_0, x3[3], y0); s15_1 = add4(s15_1, x3[3], y1); s15_2 = add4(s15_2, x3[3], y2); s15_3 = add4(s15_3, x3[3], y3);
  }
  if (TAIL == 1u) {
    for (var k = 0u; k < p.k1 % 4u; k++) {
      let y0 = b_one(j0, k);
      let y1 = b_one(j1, k);
      let y2 = b_one(j2, k);
      let y3 = b_one(j3, k);
      let x0 = a_one(i0, k);
      s0_0 = fma(vec4f(x0[0]), y0, s0_0); s0_1 = fma(vec4f(x0[0]), y1, s0_1); s0_2 = fma(vec4f(x0[0]), y2, s0_2); s0_3 = fma(vec4f(x0[0]), y3, s0_3);
      s1_0 = fma(vec4f(x0[1]), y0, s1_0); s1_1 = fma(vec4f(x0[1]), y1, s1_1); s1_2 = fma(vec4f(x0[1]), y2, s1_2); s1_3 = fma(vec4f(x0[1]), y3, s1_3);
      s2_0 = fma(vec4f(x0[2]), y0, s2_0); s2_1 = fma(vec4f(x0[2]), y1, s2_1); s2_2 = fma(vec4f(x0[2]), y2, s2_2); s2_3 = fma(vec4f(x0[2]), y3, s2_3);
      s3_0 = fma(vec4f(x0[3]), y0, s3_0); s3_1 = fma(vec4f(x0[3]), y1, s3_1); s3_2 = fma(vec4f(x0[3]), y2, s3_2); s3_3 = fma(vec4f(x0[3]), y3, s3_3);
      let x1 = a_one(i1, k);
      s4_0 = fma(vec4f(x1[0]), y0, s4_0); s4_1 = fma(vec4f(x1[0]), y1, s4_1); s4_2 = fma(vec4f(x1[0]), y2, s4_2); s4_3 = fma(vec4f(x1[0]), y3, s4_3);
      s5_0 = fma(vec4f(x1[1]), y0, s5_0); s5_1 = fma(vec4f(x1[1]), y1, s5_1); s5_2 = fma(vec4f(x1[1]), y2, s5_2); s5_3 = fma(vec4f(x1[1]), y3, s5_3);
      s6_0 = fma(vec4f(x1[2]), y0, s6_0); s6_1 = fma(vec4f(x1[2]), y1, s6_1); s6_2 = fma(vec4f(x1[2]), y2, s6_2); s6_3 = fma(vec4f(x1[2]), y3, s6_3);
      s7_0 = fma(vec4f(x1[3]), y0, s7_0); s7_1 = fma(vec4f(x1[3]), y1, s7_1); s7_2 = fma(vec4f(x1[3]), y2, s7_2); s7_3 = fma(vec4f(x1[3]), y3, s7_3);
      let x2 = a_one(i2, k);
      s8_0 = fma(vec4f(x2[0]), y0, s8_0); s8_1 = fma(vec4f(x2[0]), y1, s8_1); s8_2 = fma(vec4f(x2[0]), y2, s8_2); s8_3 = fma(vec4f(x2[0]), y3, s8_3);
      s9_0 = fma(vec4f(x2[1]), y0, s9_0); s9_1 = fma(vec4f(x2[1]), y1, s9_1); s9_2 = fma(vec4f(x2[1]), y2, s9_2); s9_3 = fma(vec4f(x2[1]), y3, s9_3);
      s10_0 = fma(vec4f(x2[2]), y0, s10_0); s10_1 = fma(vec4f(x2[2]), y1, s10_1); s10_2 = fma(vec4f(x2[2]), y2, s10_2); s10_3 = fma(vec4f(x2[2]), y3, s10_3);
      s11_0 = fma(vec4f(x2[3]), y0, s11_0); s11_1 = fma(vec4f(x2[3]), y1, s11_1); s11_2 = fma(vec4f(x2[3]), y2, s11_2); s11_3 = fma(vec4f(x2[3]), y3, s11_3);
      let x3 = a_one(i3, k);
      s12_0 = fma(vec4f(x3[0]), y0, s12_0); s12_1 = fma(vec4f(x3[0]), y1, s12_1); s12_2 = fma(vec4f(x3[0]), y2, s12_2); s12_3 = fma(vec4f(x3[0]), y3, s12_3);
      s13_0 = fma(vec4f(x3[1]), y0, s13_0); s13_1 = fma(vec4f(x3[1]), y1, s13_1); s13_2 = fma(vec4f(x3[1]), y2, s13_2); s13_3 = fma(vec4f(x3[1]), y3, s13_3);
      s14_0 = fma(vec4f(x3[2]), y0, s14_0); s14_1 = fma(vec4f(x3[2]), y1, s14_1); s14_2 = fma(vec4f(x3[2]), y2, s14_2); s14_3 = fma(vec4f(x3[2]), y3, s14_3);
      s15_0 = fma(vec4f(x3[3]), y0, s15_0); s15_1 = fma(vec4f(x3[3]), y1, s15_1); s15_2 = fma(vec4f(x3[3]), y2, s15_2); s15_3 = fma(vec4f(x3[3]), y3, s15_3);
    }
  }
  let w0 = bias_of(col + 0u);
  let w1 = bias_of(col + 4u);
  let w2 = bias_of(col + 8u);
  let w3 = bias_of(col + 12u);
  put_row(row + 0u, col, c_start, s0_0 + w0, s0_1 + w1, s0_2 + w2, s0_3 + w3);
  put_row(row + 1u, col, c_start, s1_0 + w0, s1_1 + w1, s1_2 + w2, s1_3 + w3);
  put_row(row + 2u, col, c_start, s2_0 + w0, s2_1 + w1, s2_2 + w2, s2_3 + w3);
  put_row(row + 3u, col, c_start, s3_0 + w0, s3_1 + w1, s3_2 + w2, s3_3 + w3);
  put_row(row + 4u, col, c_start, s4_0 + w0, s4_1 + w1, s4_2 + w2, s4_3 + w3);
  put_row(row + 5u, col, c_start, s5_0 + w0, s5_1 + w1, s5_2 + w2, s5_3 + w3);
  put_row(row + 6u, col, c_start, s6_0 + w0, s6_1 + w1, s6_2 + w2, s6_3 + w3);
  put_row(row + 7u, col, c_start, s7_0 + w0, s7_1 + w1, s7_2 + w2, s7_3 + w3);
  put_row(row + 8u, col, c_start, s8_0 + w0, s8_1 + w1, s8_2 + w2, s8_3 + w3);
  put_row(row + 9u, col, c_start, s9_0 + w0, s9_1 + w1, s9_2 + w2, s9_3 + w3);
  put_row(row + 10u, col, c_start, s10_0 + w0, s10_1 + w1, s10_2 + w2, s10_3 + w3);
  put_row(row + 11u, col, c_start, s11_0 + w0, s11_1 + w1, s11_2 + w2, s11_3 + w3);
  put_row(row + 12u, col, c_start, s12_0 + w0, s12_1 + w1, s12_2 + w2, s12_3 + w3);
  put_row(row + 13u, col, c_start, s13_0 + w0, s13_1 + w1, s13_2 + w2, s13_3 + w3);
  put_row(row + 14u, col, c_start, s14_0 + w0, s14_1 + w1, s14_2 + w2, s14_3 + w3);
  put_row(row + 15u, col, c_start, s15_0 + w0, s15_1 + w1, s15_2 + w2, s15_3 + w3);
}
