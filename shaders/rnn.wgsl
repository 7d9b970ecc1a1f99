// RNN: h = tanh(z + W h'), or max(z + W h', 0) with RELU = 1. Kept for backward: hs.
// A lane does 16 rows; tools/recurrent_shaders.ts writes this file.

alias T = f32; // element type

override WG: u32 = 8u;
override Y: u32 = 1u; // y and dy: 0 there is none, 1 any stride, 2 every row begins at a multiple of 4 elements and H is one
override RELU: u32 = 0u; // 1: max(x, 0) instead of tanh

struct Params {
  units: u32, // H before padding: columns of y and dy that exist
  h4: u32, // vectors of 4 in a state row; H is padded to a multiple of 4 everywhere but in y and dy
  batch: u32, // B
  dirs: u32, // directions in this dispatch: workgroups along z
  zs: u32, // vectors from row to row of z, gates, dg, dx
  zd: u32, // vectors from direction to direction of z, gates
  gd: u32, // the same of dg, dx
  hidden: u32, // GRU: vector of a direction's z at which the third W h' + b begins, a row of h4 each
  sd: u32, // vectors from direction to direction of h, c
  final_row: u32, // row of h and c that takes the final state of sequence 0
  ys: u32, // elements from row to row of y and dy
  yd: u32, // elements from direction to direction of y and dy
  given: u32, // backward: 1 dh, 2 dc hold gradients of the final states
  reverse: u32, // loop: bit d set when direction d runs backwards in time
  packed: u32, // loop: 1 takes the rows from `steps`
  count: u32, // loop: steps in all
  first: u32, // loop: this dispatch does steps first to end - 1; backward counts from the last, and `count` is the
  end: u32, //   gradient of the initial state
  rows: array<vec4u, 2>, // step: for each direction what step_at gives
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>; // [dirs, H, H] weight_hh
@group(0) @binding(2) var<storage, read> z: array<vec4<T>>; // [dirs][rows, H] x W_ih^T + both biases
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>; // [dirs][rows + B, H] state before each row; final ones
@group(0) @binding(5) var<storage, read_write> y: array<T>; // output
@group(0) @binding(2) var<storage, read> hs: array<vec4f>; // h after the forward pass
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>; // [dirs][rows, H] gradient of z
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>; // [dirs, B, H] of the final state, then of the initial
@group(0) @binding(7) var<storage, read> steps: array<vec4u>; // loop, packed: [dirs, count]

// exp stays finite, and a NaN passes through.
fn tanh4(x: vec4f) -> vec4f {
  let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
  return fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
}

// A 4 x 4 part of W, one row to a column of the matrix.
fn quad(at: u32) -> mat4x4f {
  return mat4x4f(vec4f(w[at]), vec4f(w[at + p.h4]), vec4f(w[at + 2u * p.h4]), vec4f(w[at + 3u * p.h4]));
}

// Four more products in each of four sums, k ascending.
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
  return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}

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

// Where the state after row r of a step goes: to the row it is the state before, or to the final states.
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
  return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}

// One step of 16 rows from `row` on, 16 units from vector u0 on. The sums wait where the new state goes.
fn forward(step: vec4u, dir: u32, row: u32, u0: u32) {
  let h4 = p.h4;
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
  let at0 = dir * p.sd + (step.x + min(row + 0u, step.z - 1u)) * h4;
  let at1 = dir * p.sd + (step.x + min(row + 1u, step.z - 1u)) * h4;
  let at2 = dir * p.sd + (step.x + min(row + 2u, step.z - 1u)) * h4;
  let at3 = dir * p.sd + (step.x + min(row + 3u, step.z - 1u)) * h4;
  let at4 = dir * p.sd + (step.x + min(row + 4u, step.z - 1u)) * h4;
  let at5 = dir * p.sd + (step.x + min(row + 5u, step.z - 1u)) * h4;
  let at6 = dir * p.sd + (step.x + min(row + 6u, step.z - 1u)) * h4;
  let at7 = dir * p.sd + (step.x + min(row + 7u, step.z - 1u)) * h4;
  let at8 = dir * p.sd + (step.x + min(row + 8u, step.z - 1u)) * h4;
  let at9 = dir * p.sd + (step.x + min(row + 9u, step.z - 1u)) * h4;
  let at10 = dir * p.sd + (step.x + min(row + 10u, step.z - 1u)) * h4;
  let at11 = dir * p.sd + (step.x + min(row + 11u, step.z - 1u)) * h4;
  let at12 = dir * p.sd + (step.x + min(row + 12u, step.z - 1u)) * h4;
  let at13 = dir * p.sd + (step.x + min(row + 13u, step.z - 1u)) * h4;
  let at14 = dir * p.sd + (step.x + min(row + 14u, step.z - 1u)) * h4;
  let at15 = dir * p.sd + (step.x + min(row + 15u, step.z - 1u)) * h4;
  let w0 = (dir * h4 + min(u0 + 0u, h4 - 1u)) * 4u * h4;
  let w1 = (dir * h4 + min(u0 + 1u, h4 - 1u)) * 4u * h4;
  let w2 = (dir * h4 + min(u0 + 2u, h4 - 1u)) * 4u * h4;
  let w3 = (dir * h4 + min(u0 + 3u, h4 - 1u)) * 4u * h4;
  for (var k = 0u; k < h4; k++) {
    let b0 = transpose(quad(w0 + k));
    let b1 = transpose(quad(w1 + k));
    let b2 = transpose(quad(w2 + k));
    let b3 = transpose(quad(w3 + k));
    let a0 = h[at0 + k];
    s0_0 = madd(a0, b0, s0_0);
    s0_1 = madd(a0, b1, s0_1);
    s0_2 = madd(a0, b2, s0_2);
    s0_3 = madd(a0, b3, s0_3);
    let a1 = h[at1 + k];
    s1_0 = madd(a1, b0, s1_0);
    s1_1 = madd(a1, b1, s1_1);
    s1_2 = madd(a1, b2, s1_2);
    s1_3 = madd(a1, b3, s1_3);
    let a2 = h[at2 + k];
    s2_0 = madd(a2, b0, s2_0);
    s2_1 = madd(a2, b1, s2_1);
    s2_2 = madd(a2, b2, s2_2);
    s2_3 = madd(a2, b3, s2_3);
    let a3 = h[at3 + k];
    s3_0 = madd(a3, b0, s3_0);
    s3_1 = madd(a3, b1, s3_1);
    s3_2 = madd(a3, b2, s3_2);
    s3_3 = madd(a3, b3, s3_3);
    let a4 = h[at4 + k];
    s4_0 = madd(a4, b0, s4_0);
    s4_1 = madd(a4, b1, s4_1);
    s4_2 = madd(a4, b2, s4_2);
    s4_3 = madd(a4, b3, s4_3);
    let a5 = h[at5 + k];
    s5_0 = madd(a5, b0, s5_0);
    s5_1 = madd(a5, b1, s5_1);
    s5_2 = madd(a5, b2, s5_2);
    s5_3 = madd(a5, b3, s5_3);
    let a6 = h[at6 + k];
    s6_0 = madd(a6, b0, s6_0);
    s6_1 = madd(a6, b1, s6_1);
    s6_2 = madd(a6, b2, s6_2);
    s6_3 = madd(a6, b3, s6_3);
    let a7 = h[at7 + k];
    s7_0 = madd(a7, b0, s7_0);
    s7_1 = madd(a7, b1, s7_1);
    s7_2 = madd(a7, b2, s7_2);
    s7_3 = madd(a7, b3, s7_3);
    let a8 = h[at8 + k];
    s8_0 = madd(a8, b0, s8_0);
    s8_1 = madd(a8, b1, s8_1);
    s8_2 = madd(a8, b2, s8_2);
    s8_3 = madd(a8, b3, s8_3);
    let a9 = h[at9 + k];
    s9_0 = madd(a9, b0, s9_0);
    s9_1 = madd(a9, b1, s9_1);
    s9_2 = madd(a9, b2, s9_2);
    s9_3 = madd(a9, b3, s9_3);
    let a10 = h[at10 + k];
    s10_0 = madd(a10, b0, s10_0);
    s10_1 = madd(a10, b1, s10_1);
    s10_2 = madd(a10, b2, s10_2);
    s10_3 = madd(a10, b3, s10_3);
    let a11 = h[at11 + k];
    s11_0 = madd(a11, b0, s11_0);
    s11_1 = madd(a11, b1, s11_1);
    s11_2 = madd(a11, b2, s11_2);
    s11_3 = madd(a11, b3, s11_3);
    let a12 = h[at12 + k];
    s12_0 = madd(a12, b0, s12_0);
    s12_1 = madd(a12, b1, s12_1);
    s12_2 = madd(a12, b2, s12_2);
    s12_3 = madd(a12, b3, s12_3);
    let a13 = h[at13 + k];
    s13_0 = madd(a13, b0, s13_0);
    s13_1 = madd(a13, b1, s13_1);
    s13_2 = madd(a13, b2, s13_2);
    s13_3 = madd(a13, b3, s13_3);
    let a14 = h[at14 + k];
    s14_0 = madd(a14, b0, s14_0);
    s14_1 = madd(a14, b1, s14_1);
    s14_2 = madd(a14, b2, s14_2);
    s14_3 = madd(a14, b3, s14_3);
    let a15 = h[at15 + k];
    s15_0 = madd(a15, b0, s15_0);
    s15_1 = madd(a15, b1, s15_1);
    s15_2 = madd(a15, b2, s15_2);
    s15_3 = madd(a15, b3, s15_3);
  }
  if (row + 0u < step.z) {
    let to = state_after(step, dir, row + 0u) + u0;
    h[to + 0u] = s0_0;
    if (u0 + 1u < h4) { h[to + 1u] = s0_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s0_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s0_3; }
  }
  if (row + 1u < step.z) {
    let to = state_after(step, dir, row + 1u) + u0;
    h[to + 0u] = s1_0;
    if (u0 + 1u < h4) { h[to + 1u] = s1_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s1_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s1_3; }
  }
  if (row + 2u < step.z) {
    let to = state_after(step, dir, row + 2u) + u0;
    h[to + 0u] = s2_0;
    if (u0 + 1u < h4) { h[to + 1u] = s2_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s2_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s2_3; }
  }
  if (row + 3u < step.z) {
    let to = state_after(step, dir, row + 3u) + u0;
    h[to + 0u] = s3_0;
    if (u0 + 1u < h4) { h[to + 1u] = s3_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s3_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s3_3; }
  }
  if (row + 4u < step.z) {
    let to = state_after(step, dir, row + 4u) + u0;
    h[to + 0u] = s4_0;
    if (u0 + 1u < h4) { h[to + 1u] = s4_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s4_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s4_3; }
  }
  if (row + 5u < step.z) {
    let to = state_after(step, dir, row + 5u) + u0;
    h[to + 0u] = s5_0;
    if (u0 + 1u < h4) { h[to + 1u] = s5_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s5_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s5_3; }
  }
  if (row + 6u < step.z) {
    let to = state_after(step, dir, row + 6u) + u0;
    h[to + 0u] = s6_0;
    if (u0 + 1u < h4) { h[to + 1u] = s6_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s6_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s6_3; }
  }
  if (row + 7u < step.z) {
    let to = state_after(step, dir, row + 7u) + u0;
    h[to + 0u] = s7_0;
    if (u0 + 1u < h4) { h[to + 1u] = s7_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s7_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s7_3; }
  }
  if (row + 8u < step.z) {
    let to = state_after(step, dir, row + 8u) + u0;
    h[to + 0u] = s8_0;
    if (u0 + 1u < h4) { h[to + 1u] = s8_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s8_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s8_3; }
  }
  if (row + 9u < step.z) {
    let to = state_after(step, dir, row + 9u) + u0;
    h[to + 0u] = s9_0;
    if (u0 + 1u < h4) { h[to + 1u] = s9_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s9_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s9_3; }
  }
  if (row + 10u < step.z) {
    let to = state_after(step, dir, row + 10u) + u0;
    h[to + 0u] = s10_0;
    if (u0 + 1u < h4) { h[to + 1u] = s10_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s10_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s10_3; }
  }
  if (row + 11u < step.z) {
    let to = state_after(step, dir, row + 11u) + u0;
    h[to + 0u] = s11_0;
    if (u0 + 1u < h4) { h[to + 1u] = s11_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s11_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s11_3; }
  }
  if (row + 12u < step.z) {
    let to = state_after(step, dir, row + 12u) + u0;
    h[to + 0u] = s12_0;
    if (u0 + 1u < h4) { h[to + 1u] = s12_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s12_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s12_3; }
  }
  if (row + 13u < step.z) {
    let to = state_after(step, dir, row + 13u) + u0;
    h[to + 0u] = s13_0;
    if (u0 + 1u < h4) { h[to + 1u] = s13_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s13_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s13_3; }
  }
  if (row + 14u < step.z) {
    let to = state_after(step, dir, row + 14u) + u0;
    h[to + 0u] = s14_0;
    if (u0 + 1u < h4) { h[to + 1u] = s14_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s14_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s14_3; }
  }
  if (row + 15u < step.z) {
    let to = state_after(step, dir, row + 15u) + u0;
    h[to + 0u] = s15_0;
    if (u0 + 1u < h4) { h[to + 1u] = s15_1; }
    if (u0 + 2u < h4) { h[to + 2u] = s15_2; }
    if (u0 + 3u < h4) { h[to + 3u] = s15_3; }
  }
  for (var r = row; r < min(row + 16u, step.z); r++) {
    for (var u = u0; u < min(u0 + 4u, h4); u++) {
      let zr = dir * p.zd + (step.x + r) * p.zs + u;
      let to = state_after(step, dir, r) + u;
      let x = vec4f(z[zr]) + h[to];
      var out = select(x, vec4f(), x < vec4f());
      if (RELU == 0u) { out = tanh4(x); }
      h[to] = out;
      if (Y != 0u) {
        let yr = (step.x + r) * p.ys + dir * p.yd + 4u * u;
        for (var j = 0u; j < 4u; j++) {
          if (4u * u + j < p.units) { y[yr + j] = T(out[j]); }
        }
      }
    }
  }
}

// Gradient of one step, 16 rows and 16 units. A row of the step after sends dh back through its gates; one that has no
// gates here (r >= step.z) began there: its dh is the gradient of the initial state.
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
  let h4 = p.h4;
  if (row < step.w) {
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
    let at0 = dir * p.gd + (step.y + min(row + 0u, step.w - 1u)) * p.zs;
    let at1 = dir * p.gd + (step.y + min(row + 1u, step.w - 1u)) * p.zs;
    let at2 = dir * p.gd + (step.y + min(row + 2u, step.w - 1u)) * p.zs;
    let at3 = dir * p.gd + (step.y + min(row + 3u, step.w - 1u)) * p.zs;
    let at4 = dir * p.gd + (step.y + min(row + 4u, step.w - 1u)) * p.zs;
    let at5 = dir * p.gd + (step.y + min(row + 5u, step.w - 1u)) * p.zs;
    let at6 = dir * p.gd + (step.y + min(row + 6u, step.w - 1u)) * p.zs;
    let at7 = dir * p.gd + (step.y + min(row + 7u, step.w - 1u)) * p.zs;
    let at8 = dir * p.gd + (step.y + min(row + 8u, step.w - 1u)) * p.zs;
    let at9 = dir * p.gd + (step.y + min(row + 9u, step.w - 1u)) * p.zs;
    let at10 = dir * p.gd + (step.y + min(row + 10u, step.w - 1u)) * p.zs;
    let at11 = dir * p.gd + (step.y + min(row + 11u, step.w - 1u)) * p.zs;
    let at12 = dir * p.gd + (step.y + min(row + 12u, step.w - 1u)) * p.zs;
    let at13 = dir * p.gd + (step.y + min(row + 13u, step.w - 1u)) * p.zs;
    let at14 = dir * p.gd + (step.y + min(row + 14u, step.w - 1u)) * p.zs;
    let at15 = dir * p.gd + (step.y + min(row + 15u, step.w - 1u)) * p.zs;
    let w0 = dir * 4u * h4 * h4 + min(u0 + 0u, h4 - 1u);
    let w1 = dir * 4u * h4 * h4 + min(u0 + 1u, h4 - 1u);
    let w2 = dir * 4u * h4 * h4 + min(u0 + 2u, h4 - 1u);
    let w3 = dir * 4u * h4 * h4 + min(u0 + 3u, h4 - 1u);
    for (var k = 0u; k < h4; k++) {
      let b0 = quad(w0 + 4u * k * h4);
      let b1 = quad(w1 + 4u * k * h4);
      let b2 = quad(w2 + 4u * k * h4);
      let b3 = quad(w3 + 4u * k * h4);
      let a0 = dg[at0 + k];
      s0_0 = madd(a0, b0, s0_0);
      s0_1 = madd(a0, b1, s0_1);
      s0_2 = madd(a0, b2, s0_2);
      s0_3 = madd(a0, b3, s0_3);
      let a1 = dg[at1 + k];
      s1_0 = madd(a1, b0, s1_0);
      s1_1 = madd(a1, b1, s1_1);
      s1_2 = madd(a1, b2, s1_2);
      s1_3 = madd(a1, b3, s1_3);
      let a2 = dg[at2 + k];
      s2_0 = madd(a2, b0, s2_0);
      s2_1 = madd(a2, b1, s2_1);
      s2_2 = madd(a2, b2, s2_2);
      s2_3 = madd(a2, b3, s2_3);
      let a3 = dg[at3 + k];
      s3_0 = madd(a3, b0, s3_0);
      s3_1 = madd(a3, b1, s3_1);
      s3_2 = madd(a3, b2, s3_2);
      s3_3 = madd(a3, b3, s3_3);
      let a4 = dg[at4 + k];
      s4_0 = madd(a4, b0, s4_0);
      s4_1 = madd(a4, b1, s4_1);
      s4_2 = madd(a4, b2, s4_2);
      s4_3 = madd(a4, b3, s4_3);
      let a5 = dg[at5 + k];
      s5_0 = madd(a5, b0, s5_0);
      s5_1 = madd(a5, b1, s5_1);
      s5_2 = madd(a5, b2, s5_2);
      s5_3 = madd(a5, b3, s5_3);
      let a6 = dg[at6 + k];
      s6_0 = madd(a6, b0, s6_0);
      s6_1 = madd(a6, b1, s6_1);
      s6_2 = madd(a6, b2, s6_2);
      s6_3 = madd(a6, b3, s6_3);
      let a7 = dg[at7 + k];
      s7_0 = madd(a7, b0, s7_0);
      s7_1 = madd(a7, b1, s7_1);
      s7_2 = madd(a7, b2, s7_2);
      s7_3 = madd(a7, b3, s7_3);
      let a8 = dg[at8 + k];
      s8_0 = madd(a8, b0, s8_0);
      s8_1 = madd(a8, b1, s8_1);
      s8_2 = madd(a8, b2, s8_2);
      s8_3 = madd(a8, b3, s8_3);
      let a9 = dg[at9 + k];
      s9_0 = madd(a9, b0, s9_0);
      s9_1 = madd(a9, b1, s9_1);
      s9_2 = madd(a9, b2, s9_2);
      s9_3 = madd(a9, b3, s9_3);
      let a10 = dg[at10 + k];
      s10_0 = madd(a10, b0, s10_0);
      s10_1 = madd(a10, b1, s10_1);
      s10_2 = madd(a10, b2, s10_2);
      s10_3 = madd(a10, b3, s10_3);
      let a11 = dg[at11 + k];
      s11_0 = madd(a11, b0, s11_0);
      s11_1 = madd(a11, b1, s11_1);
      s11_2 = madd(a11, b2, s11_2);
      s11_3 = madd(a11, b3, s11_3);
      let a12 = dg[at12 + k];
      s12_0 = madd(a12, b0, s12_0);
      s12_1 = madd(a12, b1, s12_1);
      s12_2 = madd(a12, b2, s12_2);
      s12_3 = madd(a12, b3, s12_3);
      let a13 = dg[at13 + k];
      s13_0 = madd(a13, b0, s13_0);
      s13_1 = madd(a13, b1, s13_1);
      s13_2 = madd(a13, b2, s13_2);
      s13_3 = madd(a13, b3, s13_3);
      let a14 = dg[at14 + k];
      s14_0 = madd(a14, b0, s14_0);
      s14_1 = madd(a14, b1, s14_1);
      s14_2 = madd(a14, b2, s14_2);
      s14_3 = madd(a14, b3, s14_3);
      let a15 = dg[at15 + k];
      s15_0 = madd(a15, b0, s15_0);
      s15_1 = madd(a15, b1, s15_1);
      s15_2 = madd(a15, b2, s15_2);
      s15_3 = madd(a15, b3, s15_3);
    }
    let s0 = (dir * p.batch + row) * h4 + u0;
    if (row + 0u < step.w) {
      dh[s0 + 0u * h4 + 0u] = s0_0;
      if (u0 + 1u < h4) { dh[s0 + 0u * h4 + 1u] = s0_1; }
      if (u0 + 2u < h4) { dh[s0 + 0u * h4 + 2u] = s0_2; }
      if (u0 + 3u < h4) { dh[s0 + 0u * h4 + 3u] = s0_3; }
    }
    if (row + 1u < step.w) {
      dh[s0 + 1u * h4 + 0u] = s1_0;
      if (u0 + 1u < h4) { dh[s0 + 1u * h4 + 1u] = s1_1; }
      if (u0 + 2u < h4) { dh[s0 + 1u * h4 + 2u] = s1_2; }
      if (u0 + 3u < h4) { dh[s0 + 1u * h4 + 3u] = s1_3; }
    }
    if (row + 2u < step.w) {
      dh[s0 + 2u * h4 + 0u] = s2_0;
      if (u0 + 1u < h4) { dh[s0 + 2u * h4 + 1u] = s2_1; }
      if (u0 + 2u < h4) { dh[s0 + 2u * h4 + 2u] = s2_2; }
      if (u0 + 3u < h4) { dh[s0 + 2u * h4 + 3u] = s2_3; }
    }
    if (row + 3u < step.w) {
      dh[s0 + 3u * h4 + 0u] = s3_0;
      if (u0 + 1u < h4) { dh[s0 + 3u * h4 + 1u] = s3_1; }
      if (u0 + 2u < h4) { dh[s0 + 3u * h4 + 2u] = s3_2; }
      if (u0 + 3u < h4) { dh[s0 + 3u * h4 + 3u] = s3_3; }
    }
    if (row + 4u < step.w) {
      dh[s0 + 4u * h4 + 0u] = s4_0;
      if (u0 + 1u < h4) { dh[s0 + 4u * h4 + 1u] = s4_1; }
      if (u0 + 2u < h4) { dh[s0 + 4u * h4 + 2u] = s4_2; }
      if (u0 + 3u < h4) { dh[s0 + 4u * h4 + 3u] = s4_3; }
    }
    if (row + 5u < step.w) {
      dh[s0 + 5u * h4 + 0u] = s5_0;
      if (u0 + 1u < h4) { dh[s0 + 5u * h4 + 1u] = s5_1; }
      if (u0 + 2u < h4) { dh[s0 + 5u * h4 + 2u] = s5_2; }
      if (u0 + 3u < h4) { dh[s0 + 5u * h4 + 3u] = s5_3; }
    }
    if (row + 6u < step.w) {
      dh[s0 + 6u * h4 + 0u] = s6_0;
      if (u0 + 1u < h4) { dh[s0 + 6u * h4 + 1u] = s6_1; }
      if (u0 + 2u < h4) { dh[s0 + 6u * h4 + 2u] = s6_2; }
      if (u0 + 3u < h4) { dh[s0 + 6u * h4 + 3u] = s6_3; }
    }
    if (row + 7u < step.w) {
      dh[s0 + 7u * h4 + 0u] = s7_0;
      if (u0 + 1u < h4) { dh[s0 + 7u * h4 + 1u] = s7_1; }
      if (u0 + 2u < h4) { dh[s0 + 7u * h4 + 2u] = s7_2; }
      if (u0 + 3u < h4) { dh[s0 + 7u * h4 + 3u] = s7_3; }
    }
    if (row + 8u < step.w) {
      dh[s0 + 8u * h4 + 0u] = s8_0;
      if (u0 + 1u < h4) { dh[s0 + 8u * h4 + 1u] = s8_1; }
      if (u0 + 2u < h4) { dh[s0 + 8u * h4 + 2u] = s8_2; }
      if (u0 + 3u < h4) { dh[s0 + 8u * h4 + 3u] = s8_3; }
    }
    if (row + 9u < step.w) {
      dh[s0 + 9u * h4 + 0u] = s9_0;
      if (u0 + 1u < h4) { dh[s0 + 9u * h4 + 1u] = s9_1; }
      if (u0 + 2u < h4) { dh[s0 + 9u * h4 + 2u] = s9_2; }
      if (u0 + 3u < h4) { dh[s0 + 9u * h4 + 3u] = s9_3; }
    }
    if (row + 10u < step.w) {
      dh[s0 + 10u * h4 + 0u] = s10_0;
      if (u0 + 1u < h4) { dh[s0 + 10u * h4 + 1u] = s10_1; }
      if (u0 + 2u < h4) { dh[s0 + 10u * h4 + 2u] = s10_2; }
      if (u0 + 3u < h4) { dh[s0 + 10u * h4 + 3u] = s10_3; }
    }
    if (row + 11u < step.w) {
      dh[s0 + 11u * h4 + 0u] = s11_0;
      if (u0 + 1u < h4) { dh[s0 + 11u * h4 + 1u] = s11_1; }
      if (u0 + 2u < h4) { dh[s0 + 11u * h4 + 2u] = s11_2; }
      if (u0 + 3u < h4) { dh[s0 + 11u * h4 + 3u] = s11_3; }
    }
    if (row + 12u < step.w) {
      dh[s0 + 12u * h4 + 0u] = s12_0;
      if (u0 + 1u < h4) { dh[s0 + 12u * h4 + 1u] = s12_1; }
      if (u0 + 2u < h4) { dh[s0 + 12u * h4 + 2u] = s12_2; }
      if (u0 + 3u < h4) { dh[s0 + 12u * h4 + 3u] = s12_3; }
    }
    if (row + 13u < step.w) {
      dh[s0 + 13u * h4 + 0u] = s13_0;
      if (u0 + 1u < h4) { dh[s0 + 13u * h4 + 1u] = s13_1; }
      if (u0 + 2u < h4) { dh[s0 + 13u * h4 + 2u] = s13_2; }
      if (u0 + 3u < h4) { dh[s0 + 13u * h4 + 3u] = s13_3; }
    }
    if (row + 14u < step.w) {
      dh[s0 + 14u * h4 + 0u] = s14_0;
      if (u0 + 1u < h4) { dh[s0 + 14u * h4 + 1u] = s14_1; }
      if (u0 + 2u < h4) { dh[s0 + 14u * h4 + 2u] = s14_2; }
      if (u0 + 3u < h4) { dh[s0 + 14u * h4 + 3u] = s14_3; }
    }
    if (row + 15u < step.w) {
      dh[s0 + 15u * h4 + 0u] = s15_0;
      if (u0 + 1u < h4) { dh[s0 + 15u * h4 + 1u] = s15_1; }
      if (u0 + 2u < h4) { dh[s0 + 15u * h4 + 2u] = s15_2; }
      if (u0 + 3u < h4) { dh[s0 + 15u * h4 + 3u] = s15_3; }
    }
  }
  for (var r = row; r < min(row + 16u, step.z); r++) {
    for (var u = u0; u < min(u0 + 4u, h4); u++) {
      let state = (dir * p.batch + r) * h4 + u;
      var dout = vec4f();
      if (r < step.w || (p.given & 1u) != 0u) { dout = dh[state]; }
      let yr = (step.x + r) * p.ys + dir * p.yd + 4u * u;
      if (Y == 2u) { dout += vec4f(dy[yr / 4u]); }
      if (Y == 1u) {
        for (var j = 0u; j < 4u; j++) {
          if (4u * u + j < p.units) { dout[j] += f32(dy[(yr + j) / 4u][(yr + j) % 4u]); }
        }
      }
      let gr = dir * p.gd + (step.x + r) * p.zs + u;
      let to = state_after(step, dir, r) + u;
      let v = hs[to];
      var d = select(vec4f(), vec4f(1.0), v > vec4f());
      if (RELU == 0u) { d = fma(-v, v, vec4f(1.0)); }
      dg[gr] = dout * d;
    }
  }
}

@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let step = p.rows[id.z];
  let tile = id.x + id.y * groups.x * WG;
  let units = (p.h4 + 3u) / 4u;
  let row = tile / units * 16u;
  if (row < step.z) { forward(step, id.z, row, tile % units * 4u); }
}

@compute @workgroup_size(WG)
fn forward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let units = (p.h4 + 3u) / 4u;
  let tiles = WG / units;
  let row = (group.x * tiles + lane / units) * 16u;
  for (var i = p.first; i < p.end; i++) {
    let step = step_at(i, group.z);
    if (lane < tiles * units && row < step.z) { forward(step, group.z, row, lane % units * 4u); }
    storageBarrier();
  }
}

@compute @workgroup_size(WG)
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let step = p.rows[id.z];
  let tile = id.x + id.y * groups.x * WG;
  let units = (p.h4 + 3u) / 4u;
  let row = tile / units * 16u;
  if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units * 4u); }
}

@compute @workgroup_size(WG)
fn backward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let units = (p.h4 + 3u) / 4u;
  let tiles = WG / units;
  let row = (group.x * tiles + lane / units) * 16u;
  for (var i = p.first; i < p.end; i++) {
    let step = back_step_at(i, group.z);
    if (lane < tiles * units && row < max(step.z, step.w)) { backward(step, group.z, row, lane % units * 4u); }
    storageBarrier();
  }
}
