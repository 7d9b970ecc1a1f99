// RNN: h = tanh(z + W h'), or max(z + W h', 0) with RELU = 1. Kept for backward: hs.
// A lane does 16 rows. Written by tools/recurrent_shaders.ts.

alias T = f32; // element type

override WG: u32 = 8u;
override Y: u32 = 1u; // 0: there is no dy
override RELU: u32 = 0u; // 1: max(x, 0) instead of tanh

struct Params {
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
  packed: u32, // loop: 1 takes the rows from `steps`
  count: u32, // loop: steps in all
  first: u32, // loop: this dispatch does steps first to end - 1; backward counts from the last, and `count` is the
  end: u32, //   gradient of the initial state
  rows: array<vec4u, 2>, // step: for each direction what step_at gives
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>; // [dirs, H, H] weight_hh
@group(0) @binding(7) var<storage, read> steps: array<vec4u>; // loop, packed: [dirs, count]
@group(0) @binding(2) var<storage, read> z: array<vec4<T>>; // [dirs][rows, H] x W_ih^T + both biases
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>; // [dirs][rows + B, H] state before each row; final ones
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>; // output
@group(0) @binding(2) var<storage, read> hs: array<vec4f>; // h after the forward pass
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>; // [dirs][rows, H] gradient of z
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>; // [dirs, B, H] of the final state, then of the initial

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

fn madd4(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f, sum: mat4x4f) -> mat4x4f {
  return mat4x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]), madd(a, b3, sum[3]));
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

fn keep_state(step: vec4u, dir: u32, r: u32, u0: u32, sum: mat4x4f) {
  if (r >= step.z) { return; }
  let at = state_after(step, dir, r) + u0;
  h[at] = sum[0];
  if (u0 + 1u < p.h4) { h[at + 1u] = sum[1]; }
  if (u0 + 2u < p.h4) { h[at + 2u] = sum[2]; }
  if (u0 + 3u < p.h4) { h[at + 3u] = sum[3]; }
}

// One step of 16 rows from `row` on, 16 units from vector u0 on. The sums wait where the new state goes.
fn forward(step: vec4u, dir: u32, row: u32, u0: u32) {
  let h4 = p.h4;
  var s0 = mat4x4f();
  var s1 = mat4x4f();
  var s2 = mat4x4f();
  var s3 = mat4x4f();
  var s4 = mat4x4f();
  var s5 = mat4x4f();
  var s6 = mat4x4f();
  var s7 = mat4x4f();
  var s8 = mat4x4f();
  var s9 = mat4x4f();
  var s10 = mat4x4f();
  var s11 = mat4x4f();
  var s12 = mat4x4f();
  var s13 = mat4x4f();
  var s14 = mat4x4f();
  var s15 = mat4x4f();
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
    s0 = madd4(h[at0 + k], b0, b1, b2, b3, s0);
    s1 = madd4(h[at1 + k], b0, b1, b2, b3, s1);
    s2 = madd4(h[at2 + k], b0, b1, b2, b3, s2);
    s3 = madd4(h[at3 + k], b0, b1, b2, b3, s3);
    s4 = madd4(h[at4 + k], b0, b1, b2, b3, s4);
    s5 = madd4(h[at5 + k], b0, b1, b2, b3, s5);
    s6 = madd4(h[at6 + k], b0, b1, b2, b3, s6);
    s7 = madd4(h[at7 + k], b0, b1, b2, b3, s7);
    s8 = madd4(h[at8 + k], b0, b1, b2, b3, s8);
    s9 = madd4(h[at9 + k], b0, b1, b2, b3, s9);
    s10 = madd4(h[at10 + k], b0, b1, b2, b3, s10);
    s11 = madd4(h[at11 + k], b0, b1, b2, b3, s11);
    s12 = madd4(h[at12 + k], b0, b1, b2, b3, s12);
    s13 = madd4(h[at13 + k], b0, b1, b2, b3, s13);
    s14 = madd4(h[at14 + k], b0, b1, b2, b3, s14);
    s15 = madd4(h[at15 + k], b0, b1, b2, b3, s15);
  }
  keep_state(step, dir, row + 0u, u0, s0);
  keep_state(step, dir, row + 1u, u0, s1);
  keep_state(step, dir, row + 2u, u0, s2);
  keep_state(step, dir, row + 3u, u0, s3);
  keep_state(step, dir, row + 4u, u0, s4);
  keep_state(step, dir, row + 5u, u0, s5);
  keep_state(step, dir, row + 6u, u0, s6);
  keep_state(step, dir, row + 7u, u0, s7);
  keep_state(step, dir, row + 8u, u0, s8);
  keep_state(step, dir, row + 9u, u0, s9);
  keep_state(step, dir, row + 10u, u0, s10);
  keep_state(step, dir, row + 11u, u0, s11);
  keep_state(step, dir, row + 12u, u0, s12);
  keep_state(step, dir, row + 13u, u0, s13);
  keep_state(step, dir, row + 14u, u0, s14);
  keep_state(step, dir, row + 15u, u0, s15);
  for (var r = row; r < min(row + 16u, step.z); r++) {
    for (var u = u0; u < min(u0 + 4u, h4); u++) {
      let zr = dir * p.zd + (step.x + r) * p.zs + u;
      let to = state_after(step, dir, r) + u;
      let x = vec4f(z[zr]) + h[to];
      var out = select(x, vec4f(), x < vec4f());
      if (RELU == 0u) { out = tanh4(x); }
      h[to] = out;
      if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
    }
  }
}

fn keep(step: vec4u, dir: u32, r: u32, u0: u32, sum: mat4x4f) {
  if (r >= step.w) { return; }
  let at = (dir * p.batch + r) * p.h4 + u0;
  dh[at] = sum[0];
  if (u0 + 1u < p.h4) { dh[at + 1u] = sum[1]; }
  if (u0 + 2u < p.h4) { dh[at + 2u] = sum[2]; }
  if (u0 + 3u < p.h4) { dh[at + 3u] = sum[3]; }
}

// Gradient of one step, 16 rows and 16 units. A row of the step after sends dh back through its gates; one that has no
// gates here (r >= step.z) began there: its dh is the gradient of the initial state.
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
  let h4 = p.h4;
  if (row < step.w) {
    var s0 = mat4x4f();
      var s1 = mat4x4f();
      var s2 = mat4x4f();
      var s3 = mat4x4f();
      var s4 = mat4x4f();
      var s5 = mat4x4f();
      var s6 = mat4x4f();
      var s7 = mat4x4f();
      var s8 = mat4x4f();
      var s9 = mat4x4f();
      var s10 = mat4x4f();
      var s11 = mat4x4f();
      var s12 = mat4x4f();
      var s13 = mat4x4f();
      var s14 = mat4x4f();
      var s15 = mat4x4f();
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
      s0 = madd4(dg[at0 + k], b0, b1, b2, b3, s0);
      s1 = madd4(dg[at1 + k], b0, b1, b2, b3, s1);
      s2 = madd4(dg[at2 + k], b0, b1, b2, b3, s2);
      s3 = madd4(dg[at3 + k], b0, b1, b2, b3, s3);
      s4 = madd4(dg[at4 + k], b0, b1, b2, b3, s4);
      s5 = madd4(dg[at5 + k], b0, b1, b2, b3, s5);
      s6 = madd4(dg[at6 + k], b0, b1, b2, b3, s6);
      s7 = madd4(dg[at7 + k], b0, b1, b2, b3, s7);
      s8 = madd4(dg[at8 + k], b0, b1, b2, b3, s8);
      s9 = madd4(dg[at9 + k], b0, b1, b2, b3, s9);
      s10 = madd4(dg[at10 + k], b0, b1, b2, b3, s10);
      s11 = madd4(dg[at11 + k], b0, b1, b2, b3, s11);
      s12 = madd4(dg[at12 + k], b0, b1, b2, b3, s12);
      s13 = madd4(dg[at13 + k], b0, b1, b2, b3, s13);
      s14 = madd4(dg[at14 + k], b0, b1, b2, b3, s14);
      s15 = madd4(dg[at15 + k], b0, b1, b2, b3, s15);
    }
    keep(step, dir, row + 0u, u0, s0);
    keep(step, dir, row + 1u, u0, s1);
    keep(step, dir, row + 2u, u0, s2);
    keep(step, dir, row + 3u, u0, s3);
    keep(step, dir, row + 4u, u0, s4);
    keep(step, dir, row + 5u, u0, s5);
    keep(step, dir, row + 6u, u0, s6);
    keep(step, dir, row + 7u, u0, s7);
    keep(step, dir, row + 8u, u0, s8);
    keep(step, dir, row + 9u, u0, s9);
    keep(step, dir, row + 10u, u0, s10);
    keep(step, dir, row + 11u, u0, s11);
    keep(step, dir, row + 12u, u0, s12);
    keep(step, dir, row + 13u, u0, s13);
    keep(step, dir, row + 14u, u0, s14);
    keep(step, dir, row + 15u, u0, s15);
  }
  for (var r = row; r < min(row + 16u, step.z); r++) {
    for (var u = u0; u < min(u0 + 4u, h4); u++) {
      let state = (dir * p.batch + r) * h4 + u;
      var dout = vec4f();
      if (r < step.w || (p.given & 1u) != 0u) { dout = dh[state]; }
      if (Y == 1u) { dout += vec4f(dy[(step.x + r) * p.ys + dir * p.yd + u]); }
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
