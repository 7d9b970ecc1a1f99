// LSTM: i, f, o = gate(z + W h'), g = tanh(z + W h'), c = f c' + i g, h = o tanh(c).
// Kept for backward: gates (z becomes i, f, g, o) and cs; h is the right operand of W's gradient.
// A lane does 16 rows; tools/recurrent_shaders.ts writes this file.

alias T = f32; // element type

override WG: u32 = 8u;
override Y: u32 = 1u; // y and dy: 0 there is none, 1 any stride, 2 every row begins at a multiple of 4 elements and H is one
override HARD: u32 = 0u; // 1: gates are clip(0.2 x + 0.5, 0, 1) instead of the sigmoid

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
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>; // [dirs, 4H, H] weight_hh
@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>; // [dirs][rows, 4H] x W_ih^T + both biases
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>; // [dirs][rows + B, H] state before each row; final ones
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>; // the same of the cell
@group(0) @binding(5) var<storage, read_write> y: array<T>; // output
@group(0) @binding(6) var<storage, read_write> sums: array<vec4f>; // scratch
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>; // z after the forward pass
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(4) var<storage, read> cs: array<vec4f>; // c after the forward pass
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>; // [dirs][rows, 4H] gradient of z
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>; // [dirs, B, H] of the final state, then of the initial
@group(0) @binding(8) var<storage, read_write> dc: array<vec4f>; // the same of the cell
@group(0) @binding(7) var<storage, read> steps: array<vec4u>; // loop, packed: [dirs, count]

fn gate(x: vec4f) -> vec4f {
  if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
  return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}

// Derivative of a gate, from its value.
fn slope(s: vec4f) -> vec4f {
  if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
  return s * (1.0 - s);
}

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

// One step of 16 rows from `row` on, four units at vector u. The sums pass through memory, so that a loop can pick
// them: gate maths of all rows in one straight line, or an array of them, takes compilers ten times as long.
fn forward(step: vec4u, dir: u32, row: u32, u: u32) {
  let h4 = p.h4;
  var i0 = vec4f(); var f0 = vec4f(); var g0 = vec4f(); var o0 = vec4f();
  var i1 = vec4f(); var f1 = vec4f(); var g1 = vec4f(); var o1 = vec4f();
  var i2 = vec4f(); var f2 = vec4f(); var g2 = vec4f(); var o2 = vec4f();
  var i3 = vec4f(); var f3 = vec4f(); var g3 = vec4f(); var o3 = vec4f();
  var i4 = vec4f(); var f4 = vec4f(); var g4 = vec4f(); var o4 = vec4f();
  var i5 = vec4f(); var f5 = vec4f(); var g5 = vec4f(); var o5 = vec4f();
  var i6 = vec4f(); var f6 = vec4f(); var g6 = vec4f(); var o6 = vec4f();
  var i7 = vec4f(); var f7 = vec4f(); var g7 = vec4f(); var o7 = vec4f();
  var i8 = vec4f(); var f8 = vec4f(); var g8 = vec4f(); var o8 = vec4f();
  var i9 = vec4f(); var f9 = vec4f(); var g9 = vec4f(); var o9 = vec4f();
  var i10 = vec4f(); var f10 = vec4f(); var g10 = vec4f(); var o10 = vec4f();
  var i11 = vec4f(); var f11 = vec4f(); var g11 = vec4f(); var o11 = vec4f();
  var i12 = vec4f(); var f12 = vec4f(); var g12 = vec4f(); var o12 = vec4f();
  var i13 = vec4f(); var f13 = vec4f(); var g13 = vec4f(); var o13 = vec4f();
  var i14 = vec4f(); var f14 = vec4f(); var g14 = vec4f(); var o14 = vec4f();
  var i15 = vec4f(); var f15 = vec4f(); var g15 = vec4f(); var o15 = vec4f();
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
  let wi = ((dir * 4u + 0u) * h4 + u) * 4u * h4;
  let wf = ((dir * 4u + 1u) * h4 + u) * 4u * h4;
  let wg = ((dir * 4u + 2u) * h4 + u) * 4u * h4;
  let wo = ((dir * 4u + 3u) * h4 + u) * 4u * h4;
  for (var k = 0u; k < h4; k++) {
    let bi = transpose(quad(wi + k));
    let bf = transpose(quad(wf + k));
    let bg = transpose(quad(wg + k));
    let bo = transpose(quad(wo + k));
    let a0 = h[at0 + k];
    i0 = madd(a0, bi, i0);
    f0 = madd(a0, bf, f0);
    g0 = madd(a0, bg, g0);
    o0 = madd(a0, bo, o0);
    let a1 = h[at1 + k];
    i1 = madd(a1, bi, i1);
    f1 = madd(a1, bf, f1);
    g1 = madd(a1, bg, g1);
    o1 = madd(a1, bo, o1);
    let a2 = h[at2 + k];
    i2 = madd(a2, bi, i2);
    f2 = madd(a2, bf, f2);
    g2 = madd(a2, bg, g2);
    o2 = madd(a2, bo, o2);
    let a3 = h[at3 + k];
    i3 = madd(a3, bi, i3);
    f3 = madd(a3, bf, f3);
    g3 = madd(a3, bg, g3);
    o3 = madd(a3, bo, o3);
    let a4 = h[at4 + k];
    i4 = madd(a4, bi, i4);
    f4 = madd(a4, bf, f4);
    g4 = madd(a4, bg, g4);
    o4 = madd(a4, bo, o4);
    let a5 = h[at5 + k];
    i5 = madd(a5, bi, i5);
    f5 = madd(a5, bf, f5);
    g5 = madd(a5, bg, g5);
    o5 = madd(a5, bo, o5);
    let a6 = h[at6 + k];
    i6 = madd(a6, bi, i6);
    f6 = madd(a6, bf, f6);
    g6 = madd(a6, bg, g6);
    o6 = madd(a6, bo, o6);
    let a7 = h[at7 + k];
    i7 = madd(a7, bi, i7);
    f7 = madd(a7, bf, f7);
    g7 = madd(a7, bg, g7);
    o7 = madd(a7, bo, o7);
    let a8 = h[at8 + k];
    i8 = madd(a8, bi, i8);
    f8 = madd(a8, bf, f8);
    g8 = madd(a8, bg, g8);
    o8 = madd(a8, bo, o8);
    let a9 = h[at9 + k];
    i9 = madd(a9, bi, i9);
    f9 = madd(a9, bf, f9);
    g9 = madd(a9, bg, g9);
    o9 = madd(a9, bo, o9);
    let a10 = h[at10 + k];
    i10 = madd(a10, bi, i10);
    f10 = madd(a10, bf, f10);
    g10 = madd(a10, bg, g10);
    o10 = madd(a10, bo, o10);
    let a11 = h[at11 + k];
    i11 = madd(a11, bi, i11);
    f11 = madd(a11, bf, f11);
    g11 = madd(a11, bg, g11);
    o11 = madd(a11, bo, o11);
    let a12 = h[at12 + k];
    i12 = madd(a12, bi, i12);
    f12 = madd(a12, bf, f12);
    g12 = madd(a12, bg, g12);
    o12 = madd(a12, bo, o12);
    let a13 = h[at13 + k];
    i13 = madd(a13, bi, i13);
    f13 = madd(a13, bf, f13);
    g13 = madd(a13, bg, g13);
    o13 = madd(a13, bo, o13);
    let a14 = h[at14 + k];
    i14 = madd(a14, bi, i14);
    f14 = madd(a14, bf, f14);
    g14 = madd(a14, bg, g14);
    o14 = madd(a14, bo, o14);
    let a15 = h[at15 + k];
    i15 = madd(a15, bi, i15);
    f15 = madd(a15, bf, f15);
    g15 = madd(a15, bg, g15);
    o15 = madd(a15, bo, o15);
  }
  let s0 = ((dir * ((p.batch + 15u) / 16u) + row / 16u) * h4 + u) * 64u;
  sums[s0 + 0u] = i0; sums[s0 + 1u] = f0; sums[s0 + 2u] = g0; sums[s0 + 3u] = o0;
  sums[s0 + 4u] = i1; sums[s0 + 5u] = f1; sums[s0 + 6u] = g1; sums[s0 + 7u] = o1;
  sums[s0 + 8u] = i2; sums[s0 + 9u] = f2; sums[s0 + 10u] = g2; sums[s0 + 11u] = o2;
  sums[s0 + 12u] = i3; sums[s0 + 13u] = f3; sums[s0 + 14u] = g3; sums[s0 + 15u] = o3;
  sums[s0 + 16u] = i4; sums[s0 + 17u] = f4; sums[s0 + 18u] = g4; sums[s0 + 19u] = o4;
  sums[s0 + 20u] = i5; sums[s0 + 21u] = f5; sums[s0 + 22u] = g5; sums[s0 + 23u] = o5;
  sums[s0 + 24u] = i6; sums[s0 + 25u] = f6; sums[s0 + 26u] = g6; sums[s0 + 27u] = o6;
  sums[s0 + 28u] = i7; sums[s0 + 29u] = f7; sums[s0 + 30u] = g7; sums[s0 + 31u] = o7;
  sums[s0 + 32u] = i8; sums[s0 + 33u] = f8; sums[s0 + 34u] = g8; sums[s0 + 35u] = o8;
  sums[s0 + 36u] = i9; sums[s0 + 37u] = f9; sums[s0 + 38u] = g9; sums[s0 + 39u] = o9;
  sums[s0 + 40u] = i10; sums[s0 + 41u] = f10; sums[s0 + 42u] = g10; sums[s0 + 43u] = o10;
  sums[s0 + 44u] = i11; sums[s0 + 45u] = f11; sums[s0 + 46u] = g11; sums[s0 + 47u] = o11;
  sums[s0 + 48u] = i12; sums[s0 + 49u] = f12; sums[s0 + 50u] = g12; sums[s0 + 51u] = o12;
  sums[s0 + 52u] = i13; sums[s0 + 53u] = f13; sums[s0 + 54u] = g13; sums[s0 + 55u] = o13;
  sums[s0 + 56u] = i14; sums[s0 + 57u] = f14; sums[s0 + 58u] = g14; sums[s0 + 59u] = o14;
  sums[s0 + 60u] = i15; sums[s0 + 61u] = f15; sums[s0 + 62u] = g15; sums[s0 + 63u] = o15;
  for (var r = row; r < min(row + 16u, step.z); r++) {
    let s = s0 + (r - row) * 4u;
    let zr = dir * p.zd + (step.x + r) * p.zs + u;
    let was = dir * p.sd + (step.x + r) * h4 + u;
    let to = state_after(step, dir, r) + u;
    let i = gate(vec4f(z[zr]) + sums[s]);
    let f = gate(vec4f(z[zr + h4]) + sums[s + 1u]);
    let g = tanh4(vec4f(z[zr + 2u * h4]) + sums[s + 2u]);
    let o = gate(vec4f(z[zr + 3u * h4]) + sums[s + 3u]);
    let cell = fma(f, c[was], i * g);
    let out = o * tanh4(cell);
    z[zr] = vec4<T>(i);
    z[zr + h4] = vec4<T>(f);
    z[zr + 2u * h4] = vec4<T>(g);
    z[zr + 3u * h4] = vec4<T>(o);
    c[to] = cell;
    h[to] = out;
    if (Y != 0u) {
      let yr = (step.x + r) * p.ys + dir * p.yd + 4u * u;
      for (var j = 0u; j < 4u; j++) {
        if (4u * u + j < p.units) { y[yr + j] = T(out[j]); }
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
    let w0 = dir * 16u * h4 * h4 + min(u0 + 0u, h4 - 1u);
    let w1 = dir * 16u * h4 * h4 + min(u0 + 1u, h4 - 1u);
    let w2 = dir * 16u * h4 * h4 + min(u0 + 2u, h4 - 1u);
    let w3 = dir * 16u * h4 * h4 + min(u0 + 3u, h4 - 1u);
    for (var k = 0u; k < 4u * h4; k++) {
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
      let zr = dir * p.zd + (step.x + r) * p.zs + u;
      let gr = dir * p.gd + (step.x + r) * p.zs + u;
      let was = dir * p.sd + (step.x + r) * h4 + u;
      let i = vec4f(gates[zr]);
      let f = vec4f(gates[zr + h4]);
      let g = vec4f(gates[zr + 2u * h4]);
      let o = vec4f(gates[zr + 3u * h4]);
      let before = cs[was];
      let t = tanh4(fma(f, before, i * g));
      var dcell = dout * o * fma(-t, t, vec4f(1.0));
      if (r < step.w || (p.given & 2u) != 0u) { dcell += dc[state]; }
      dg[gr] = dcell * g * slope(i);
      dg[gr + h4] = dcell * before * slope(f);
      dg[gr + 2u * h4] = dcell * i * fma(-g, g, vec4f(1.0));
      dg[gr + 3u * h4] = dout * t * slope(o);
      dc[state] = dcell * f;
    }
  }
}

@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let step = p.rows[id.z];
  let tile = id.x + id.y * groups.x * WG;
  let units = p.h4;
  let row = tile / units * 16u;
  if (row < step.z) { forward(step, id.z, row, tile % units); }
}

@compute @workgroup_size(WG)
fn forward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let units = p.h4;
  let tiles = WG / units;
  let row = (group.x * tiles + lane / units) * 16u;
  for (var i = p.first; i < p.end; i++) {
    let step = step_at(i, group.z);
    if (lane < tiles * units && row < step.z) { forward(step, group.z, row, lane % units); }
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
