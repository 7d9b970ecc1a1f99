// Written by tools/matmul_shaders.ts; edit that. C = act(A B + bias (+ C)), a 32 x 8 tile per invocation.
//
// For processors, where loads cost and arithmetic does not: per 4 k an invocation loads 12 vectors and does 1024
// multiply-adds. A is [m, k] stored along k (TA 0) or along m (TA 1), B is [k, n] stored along n (TB 0) or along k (TB 1).
// A and B: unit stride along the stored direction; all other strides, starts and k0 are multiples of 4. C: anything.
// Every element is one accumulator over ascending k, so all matmul kernels give the same bits.
// The 8 lanes of a workgroup are one subgroup; each loads four rows of A and broadcasts them. No lane may leave early.

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
override PANELS: u32 = 0u; // 1: B, stored along k, lies in panels of 64 columns, each 64 vectors per 4 k: texture.wgsl
override OUT: u32 = 0u; // 1: C is out, in vectors
override WG: u32 = 8u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<a_t>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<b_t>>;
@group(0) @binding(3) var<storage, read> biases: array<biases_t>;
@group(0) @binding(4) var<storage, read_write> c: array<c_t>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>; // for a texture

fn out_put(i: u32, v: vec4f) { out[i] = v; }

const lane = vec4u(0u, 1u, 2u, 3u);

// Other functions stay with the elementwise kernels: their exact forms would double this file.
fn activate(x: f32) -> f32 {
  if (ACT == 1u) { return max(x, 0.0); }
  return x;
}

fn activate4(x: vec4f) -> vec4f {
  if (ACT == 1u) { return max(x, vec4f()); }
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
  if (PANELS == 1u) {
    return start / 4u + (col / 64u * p.b_col + p.k0 / 4u) * 64u + (col % 8u + lane) * 8u + col / 8u % 8u;
  }
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
  if (OUT == 1u) {
    if (row < p.m) {
      if (col + 0u < p.n) { out_put(i / 4u + 0u, activate4(s0)); }
      if (col + 4u < p.n) { out_put(i / 4u + 1u, activate4(s1)); }
    }
    return;
  }
  let count = select(0u, 4u, row < p.m);
  for (var x = 0u; x < count; x++) {
    if (col + x + 0u < p.n) { put(i + x + 0u, s0[x]); }
    if (col + x + 4u < p.n) { put(i + x + 4u, s1[x]); }
  }
}

@compute @workgroup_size(WG)
fn multiply(@builtin(workgroup_id) g: vec3u, @builtin(local_invocation_index) me: u32) {
  let row = g.y * 32u;
  let col = (g.x * WG + me) * 8u;
  let z = vec2u((p.z0 + g.z) / p.inner, (p.z0 + g.z) % p.inner);
  let a_start = p.a_start + z.x * p.a_outer + z.y * p.a_inner;
  let b_start = p.b_start + z.x * p.b_outer + z.y * p.b_inner;
  let c_start = p.c_start + z.x * p.c_outer + z.y * p.c_inner;
  var i0 = a_spots(row + 4u * me, a_start);
  var j0 = b_spots(col + 0u, b_start);
  var j1 = b_spots(col + 4u, b_start);
  let a_step = select(1u, p.a_k, TA == 1u); // from 4 k to the next, in vectors
  let b_step = select(select(p.b_k, 1u, TB == 1u), 64u, PANELS == 1u);
  var s0_0 = vec4f(); var s0_1 = vec4f();
  var s1_0 = vec4f(); var s1_1 = vec4f();
  var s2_0 = vec4f(); var s2_1 = vec4f();
  var s3_0 = vec4f(); var s3_1 = vec4f();
  var s4_0 = vec4f(); var s4_1 = vec4f();
  var s5_0 = vec4f(); var s5_1 = vec4f();
  var s6_0 = vec4f(); var s6_1 = vec4f();
  var s7_0 = vec4f(); var s7_1 = vec4f();
  var s8_0 = vec4f(); var s8_1 = vec4f();
  var s9_0 = vec4f(); var s9_1 = vec4f();
  var s10_0 = vec4f(); var s10_1 = vec4f();
  var s11_0 = vec4f(); var s11_1 = vec4f();
  var s12_0 = vec4f(); var s12_1 = vec4f();
  var s13_0 = vec4f(); var s13_1 = vec4f();
  var s14_0 = vec4f(); var s14_1 = vec4f();
  var s15_0 = vec4f(); var s15_1 = vec4f();
  var s16_0 = vec4f(); var s16_1 = vec4f();
  var s17_0 = vec4f(); var s17_1 = vec4f();
  var s18_0 = vec4f(); var s18_1 = vec4f();
  var s19_0 = vec4f(); var s19_1 = vec4f();
  var s20_0 = vec4f(); var s20_1 = vec4f();
  var s21_0 = vec4f(); var s21_1 = vec4f();
  var s22_0 = vec4f(); var s22_1 = vec4f();
  var s23_0 = vec4f(); var s23_1 = vec4f();
  var s24_0 = vec4f(); var s24_1 = vec4f();
  var s25_0 = vec4f(); var s25_1 = vec4f();
  var s26_0 = vec4f(); var s26_1 = vec4f();
  var s27_0 = vec4f(); var s27_1 = vec4f();
  var s28_0 = vec4f(); var s28_1 = vec4f();
  var s29_0 = vec4f(); var s29_1 = vec4f();
  var s30_0 = vec4f(); var s30_1 = vec4f();
  var s31_0 = vec4f(); var s31_1 = vec4f();
  for (var k = p.k0 / 4u; k < p.k1 / 4u; k++) {
    let y0 = b_block(j0); j0 += b_step;
    let y1 = b_block(j1); j1 += b_step;
    let mine = a_block(i0); i0 += a_step;
    let x0 = subgroupBroadcast(mine[0], 0u); s0_0 = add4(s0_0, x0, y0); s0_1 = add4(s0_1, x0, y1);
    let x1 = subgroupBroadcast(mine[1], 0u); s1_0 = add4(s1_0, x1, y0); s1_1 = add4(s1_1, x1, y1);
    let x2 = subgroupBroadcast(mine[2], 0u); s2_0 = add4(s2_0, x2, y0); s2_1 = add4(s2_1, x2, y1);
    let x3 = subgroupBroadcast(mine[3], 0u); s3_0 = add4(s3_0, x3, y0); s3_1 = add4(s3_1, x3, y1);
    let x4 = subgroupBroadcast(mine[0], 1u); s4_0 = add4(s4_0, x4, y0); s4_1 = add4(s4_1, x4, y1);
    let x5 = subgroupBroadcast(mine[1], 1u); s5_0 = add4(s5_0, x5, y0); s5_1 = add4(s5_1, x5, y1);
    let x6 = subgroupBroadcast(mine[2], 1u); s6_0 = add4(s6_0, x6, y0); s6_1 = add4(s6_1, x6, y1);
    let x7 = subgroupBroadcast(mine[3], 1u); s7_0 = add4(s7_0, x7, y0); s7_1 = add4(s7_1, x7, y1);
    let x8 = subgroupBroadcast(mine[0], 2u); s8_0 = add4(s8_0, x8, y0); s8_1 = add4(s8_1, x8, y1);
    let x9 = subgroupBroadcast(mine[1], 2u); s9_0 = add4(s9_0, x9, y0); s9_1 = add4(s9_1, x9, y1);
    let x10 = subgroupBroadcast(mine[2], 2u); s10_0 = add4(s10_0, x10, y0); s10_1 = add4(s10_1, x10, y1);
    let x11 = subgroupBroadcast(mine[3], 2u); s11_0 = add4(s11_0, x11, y0); s11_1 = add4(s11_1, x11, y1);
    let x12 = subgroupBroadcast(mine[0], 3u); s12_0 = add4(s12_0, x12, y0); s12_1 = add4(s12_1, x12, y1);
    let x13 = subgroupBroadcast(mine[1], 3u); s13_0 = add4(s13_0, x13, y0); s13_1 = add4(s13_1, x13, y1);
    let x14 = subgroupBroadcast(mine[2], 3u); s14_0 = add4(s14_0, x14, y0); s14_1 = add4(s14_1, x14, y1);
    let x15 = subgroupBroadcast(mine[3], 3u); s15_0 = add4(s15_0, x15, y0); s15_1 = add4(s15_1, x15, y1);
    let x16 = subgroupBroadcast(mine[0], 4u); s16_0 = add4(s16_0, x16, y0); s16_1 = add4(s16_1, x16, y1);
    let x17 = subgroupBroadcast(mine[1], 4u); s17_0 = add4(s17_0, x17, y0); s17_1 = add4(s17_1, x17, y1);
    let x18 = subgroupBroadcast(mine[2], 4u); s18_0 = add4(s18_0, x18, y0); s18_1 = add4(s18_1, x18, y1);
    let x19 = subgroupBroadcast(mine[3], 4u); s19_0 = add4(s19_0, x19, y0); s19_1 = add4(s19_1, x19, y1);
    let x20 = subgroupBroadcast(mine[0], 5u); s20_0 = add4(s20_0, x20, y0); s20_1 = add4(s20_1, x20, y1);
    let x21 = subgroupBroadcast(mine[1], 5u); s21_0 = add4(s21_0, x21, y0); s21_1 = add4(s21_1, x21, y1);
    let x22 = subgroupBroadcast(mine[2], 5u); s22_0 = add4(s22_0, x22, y0); s22_1 = add4(s22_1, x22, y1);
    let x23 = subgroupBroadcast(mine[3], 5u); s23_0 = add4(s23_0, x23, y0); s23_1 = add4(s23_1, x23, y1);
    let x24 = subgroupBroadcast(mine[0], 6u); s24_0 = add4(s24_0, x24, y0); s24_1 = add4(s24_1, x24, y1);
    let x25 = subgroupBroadcast(mine[1], 6u); s25_0 = add4(s25_0, x25, y0); s25_1 = add4(s25_1, x25, y1);
    let x26 = subgroupBroadcast(mine[2], 6u); s26_0 = add4(s26_0, x26, y0); s26_1 = add4(s26_1, x26, y1);
    let x27 = subgroupBroadcast(mine[3], 6u); s27_0 = add4(s27_0, x27, y0); s27_1 = add4(s27_1, x27, y1);
    let x28 = subgroupBroadcast(mine[0], 7u); s28_0 = add4(s28_0, x28, y0); s28_1 = add4(s28_1, x28, y1);
    let x29 = subgroupBroadcast(mine[1], 7u); s29_0 = add4(s29_0, x29, y0); s29_1 = add4(s29_1, x29, y1);
    let x30 = subgroupBroadcast(mine[2], 7u); s30_0 = add4(s30_0, x30, y0); s30_1 = add4(s30_1, x30, y1);
    let x31 = subgroupBroadcast(mine[3], 7u); s31_0 = add4(s31_0, x31, y0); s31_1 = add4(s31_1, x31, y1);
  }
  if (TAIL == 1u) {
    for (var k = 0u; k < p.k1 % 4u; k++) {
      let y0 = b_one(j0, k);
      let y1 = b_one(j1, k);
      let mine = a_one(i0, k);
      let x0 = subgroupBroadcast(mine[0], 0u); s0_0 = fma(vec4f(x0), y0, s0_0); s0_1 = fma(vec4f(x0), y1, s0_1);
      let x1 = subgroupBroadcast(mine[1], 0u); s1_0 = fma(vec4f(x1), y0, s1_0); s1_1 = fma(vec4f(x1), y1, s1_1);
      let x2 = subgroupBroadcast(mine[2], 0u); s2_0 = fma(vec4f(x2), y0, s2_0); s2_1 = fma(vec4f(x2), y1, s2_1);
      let x3 = subgroupBroadcast(mine[3], 0u); s3_0 = fma(vec4f(x3), y0, s3_0); s3_1 = fma(vec4f(x3), y1, s3_1);
      let x4 = subgroupBroadcast(mine[0], 1u); s4_0 = fma(vec4f(x4), y0, s4_0); s4_1 = fma(vec4f(x4), y1, s4_1);
      let x5 = subgroupBroadcast(mine[1], 1u); s5_0 = fma(vec4f(x5), y0, s5_0); s5_1 = fma(vec4f(x5), y1, s5_1);
      let x6 = subgroupBroadcast(mine[2], 1u); s6_0 = fma(vec4f(x6), y0, s6_0); s6_1 = fma(vec4f(x6), y1, s6_1);
      let x7 = subgroupBroadcast(mine[3], 1u); s7_0 = fma(vec4f(x7), y0, s7_0); s7_1 = fma(vec4f(x7), y1, s7_1);
      let x8 = subgroupBroadcast(mine[0], 2u); s8_0 = fma(vec4f(x8), y0, s8_0); s8_1 = fma(vec4f(x8), y1, s8_1);
      let x9 = subgroupBroadcast(mine[1], 2u); s9_0 = fma(vec4f(x9), y0, s9_0); s9_1 = fma(vec4f(x9), y1, s9_1);
      let x10 = subgroupBroadcast(mine[2], 2u); s10_0 = fma(vec4f(x10), y0, s10_0); s10_1 = fma(vec4f(x10), y1, s10_1);
      let x11 = subgroupBroadcast(mine[3], 2u); s11_0 = fma(vec4f(x11), y0, s11_0); s11_1 = fma(vec4f(x11), y1, s11_1);
      let x12 = subgroupBroadcast(mine[0], 3u); s12_0 = fma(vec4f(x12), y0, s12_0); s12_1 = fma(vec4f(x12), y1, s12_1);
      let x13 = subgroupBroadcast(mine[1], 3u); s13_0 = fma(vec4f(x13), y0, s13_0); s13_1 = fma(vec4f(x13), y1, s13_1);
      let x14 = subgroupBroadcast(mine[2], 3u); s14_0 = fma(vec4f(x14), y0, s14_0); s14_1 = fma(vec4f(x14), y1, s14_1);
      let x15 = subgroupBroadcast(mine[3], 3u); s15_0 = fma(vec4f(x15), y0, s15_0); s15_1 = fma(vec4f(x15), y1, s15_1);
      let x16 = subgroupBroadcast(mine[0], 4u); s16_0 = fma(vec4f(x16), y0, s16_0); s16_1 = fma(vec4f(x16), y1, s16_1);
      let x17 = subgroupBroadcast(mine[1], 4u); s17_0 = fma(vec4f(x17), y0, s17_0); s17_1 = fma(vec4f(x17), y1, s17_1);
      let x18 = subgroupBroadcast(mine[2], 4u); s18_0 = fma(vec4f(x18), y0, s18_0); s18_1 = fma(vec4f(x18), y1, s18_1);
      let x19 = subgroupBroadcast(mine[3], 4u); s19_0 = fma(vec4f(x19), y0, s19_0); s19_1 = fma(vec4f(x19), y1, s19_1);
      let x20 = subgroupBroadcast(mine[0], 5u); s20_0 = fma(vec4f(x20), y0, s20_0); s20_1 = fma(vec4f(x20), y1, s20_1);
      let x21 = subgroupBroadcast(mine[1], 5u); s21_0 = fma(vec4f(x21), y0, s21_0); s21_1 = fma(vec4f(x21), y1, s21_1);
      let x22 = subgroupBroadcast(mine[2], 5u); s22_0 = fma(vec4f(x22), y0, s22_0); s22_1 = fma(vec4f(x22), y1, s22_1);
      let x23 = subgroupBroadcast(mine[3], 5u); s23_0 = fma(vec4f(x23), y0, s23_0); s23_1 = fma(vec4f(x23), y1, s23_1);
      let x24 = subgroupBroadcast(mine[0], 6u); s24_0 = fma(vec4f(x24), y0, s24_0); s24_1 = fma(vec4f(x24), y1, s24_1);
      let x25 = subgroupBroadcast(mine[1], 6u); s25_0 = fma(vec4f(x25), y0, s25_0); s25_1 = fma(vec4f(x25), y1, s25_1);
      let x26 = subgroupBroadcast(mine[2], 6u); s26_0 = fma(vec4f(x26), y0, s26_0); s26_1 = fma(vec4f(x26), y1, s26_1);
      let x27 = subgroupBroadcast(mine[3], 6u); s27_0 = fma(vec4f(x27), y0, s27_0); s27_1 = fma(vec4f(x27), y1, s27_1);
      let x28 = subgroupBroadcast(mine[0], 7u); s28_0 = fma(vec4f(x28), y0, s28_0); s28_1 = fma(vec4f(x28), y1, s28_1);
      let x29 = subgroupBroadcast(mine[1], 7u); s29_0 = fma(vec4f(x29), y0, s29_0); s29_1 = fma(vec4f(x29), y1, s29_1);
      let x30 = subgroupBroadcast(mine[2], 7u); s30_0 = fma(vec4f(x30), y0, s30_0); s30_1 = fma(vec4f(x30), y1, s30_1);
      let x31 = subgroupBroadcast(mine[3], 7u); s31_0 = fma(vec4f(x31), y0, s31_0); s31_1 = fma(vec4f(x31), y1, s31_1);
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
  put_row(row + 8u, col, c_start, s8_0 + w0, s8_1 + w1);
  put_row(row + 9u, col, c_start, s9_0 + w0, s9_1 + w1);
  put_row(row + 10u, col, c_start, s10_0 + w0, s10_1 + w1);
  put_row(row + 11u, col, c_start, s11_0 + w0, s11_1 + w1);
  put_row(row + 12u, col, c_start, s12_0 + w0, s12_1 + w1);
  put_row(row + 13u, col, c_start, s13_0 + w0, s13_1 + w1);
  put_row(row + 14u, col, c_start, s14_0 + w0, s14_1 + w1);
  put_row(row + 15u, col, c_start, s15_0 + w0, s15_1 + w1);
  put_row(row + 16u, col, c_start, s16_0 + w0, s16_1 + w1);
  put_row(row + 17u, col, c_start, s17_0 + w0, s17_1 + w1);
  put_row(row + 18u, col, c_start, s18_0 + w0, s18_1 + w1);
  put_row(row + 19u, col, c_start, s19_0 + w0, s19_1 + w1);
  put_row(row + 20u, col, c_start, s20_0 + w0, s20_1 + w1);
  put_row(row + 21u, col, c_start, s21_0 + w0, s21_1 + w1);
  put_row(row + 22u, col, c_start, s22_0 + w0, s22_1 + w1);
  put_row(row + 23u, col, c_start, s23_0 + w0, s23_1 + w1);
  put_row(row + 24u, col, c_start, s24_0 + w0, s24_1 + w1);
  put_row(row + 25u, col, c_start, s25_0 + w0, s25_1 + w1);
  put_row(row + 26u, col, c_start, s26_0 + w0, s26_1 + w1);
  put_row(row + 27u, col, c_start, s27_0 + w0, s27_1 + w1);
  put_row(row + 28u, col, c_start, s28_0 + w0, s28_1 + w1);
  put_row(row + 29u, col, c_start, s29_0 + w0, s29_1 + w1);
  put_row(row + 30u, col, c_start, s30_0 + w0, s30_1 + w1);
  put_row(row + 31u, col, c_start, s31_0 + w0, s31_1 + w1);
}
