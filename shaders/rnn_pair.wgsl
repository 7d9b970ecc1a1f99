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
@group(0) @binding(8) var<storage, read> prev: array<vec4f>; // [dirs, B, H] states before; backward [dirs, B, H] next's dg
@group(0) @binding(7) var<storage, read_write> next: array<vec4f>; // what the step after this one reads as prev


fn prev_at(i: u32) -> vec4f { return vec4f(prev[i]); }

fn next_put(i: u32, v: vec4f) { next[i] = v; }

fn dg_put(i: u32, v: vec4f) { dg[i] = v; }

fn dy_at(i: u32) -> vec4f { return vec4f(dy[i]); }

fn z_at(i: u32) -> vec4f { return vec4f(z[i]); }

fn hs_at(i: u32) -> vec4f { return vec4f(hs[i]); }

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

fn either4(second: bool, a: mat4x4f, b: mat4x4f) -> mat4x4f {
  return mat4x4f(select(a[0], b[0], second), select(a[1], b[1], second), select(a[2], b[2], second), select(a[3], b[3], second));
}

fn pick4x4(i: u32, x0: mat4x4f, x1: mat4x4f, x2: mat4x4f, x3: mat4x4f) -> mat4x4f {
  return either4((i & 2u) != 0u, either4((i & 1u) != 0u, x0, x1), either4((i & 1u) != 0u, x2, x3));
}

// Where the state after row r of a step goes: to the row it is the state before, or to the final states.
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
  return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}

// One step of 16 rows from `row` on, 16 units from vector u0 on.
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
  let at0 = (dir * p.batch + min(row + 0u, step.z - 1u)) * h4;
  let at1 = (dir * p.batch + min(row + 1u, step.z - 1u)) * h4;
  let at2 = (dir * p.batch + min(row + 2u, step.z - 1u)) * h4;
  let at3 = (dir * p.batch + min(row + 3u, step.z - 1u)) * h4;
  let at4 = (dir * p.batch + min(row + 4u, step.z - 1u)) * h4;
  let at5 = (dir * p.batch + min(row + 5u, step.z - 1u)) * h4;
  let at6 = (dir * p.batch + min(row + 6u, step.z - 1u)) * h4;
  let at7 = (dir * p.batch + min(row + 7u, step.z - 1u)) * h4;
  let at8 = (dir * p.batch + min(row + 8u, step.z - 1u)) * h4;
  let at9 = (dir * p.batch + min(row + 9u, step.z - 1u)) * h4;
  let at10 = (dir * p.batch + min(row + 10u, step.z - 1u)) * h4;
  let at11 = (dir * p.batch + min(row + 11u, step.z - 1u)) * h4;
  let at12 = (dir * p.batch + min(row + 12u, step.z - 1u)) * h4;
  let at13 = (dir * p.batch + min(row + 13u, step.z - 1u)) * h4;
  let at14 = (dir * p.batch + min(row + 14u, step.z - 1u)) * h4;
  let at15 = (dir * p.batch + min(row + 15u, step.z - 1u)) * h4;
  let w0 = (dir * h4 + min(u0 + 0u, h4 - 1u)) * 4u * h4;
  let w1 = (dir * h4 + min(u0 + 1u, h4 - 1u)) * 4u * h4;
  let w2 = (dir * h4 + min(u0 + 2u, h4 - 1u)) * 4u * h4;
  let w3 = (dir * h4 + min(u0 + 3u, h4 - 1u)) * 4u * h4;
  for (var k = 0u; k < h4; k++) {
    let b0 = transpose(quad(w0 + k));
    let b1 = transpose(quad(w1 + k));
    let b2 = transpose(quad(w2 + k));
    let b3 = transpose(quad(w3 + k));
    s0 = madd4(prev_at(at0 + k), b0, b1, b2, b3, s0);
    s1 = madd4(prev_at(at1 + k), b0, b1, b2, b3, s1);
    s2 = madd4(prev_at(at2 + k), b0, b1, b2, b3, s2);
    s3 = madd4(prev_at(at3 + k), b0, b1, b2, b3, s3);
    s4 = madd4(prev_at(at4 + k), b0, b1, b2, b3, s4);
    s5 = madd4(prev_at(at5 + k), b0, b1, b2, b3, s5);
    s6 = madd4(prev_at(at6 + k), b0, b1, b2, b3, s6);
    s7 = madd4(prev_at(at7 + k), b0, b1, b2, b3, s7);
    s8 = madd4(prev_at(at8 + k), b0, b1, b2, b3, s8);
    s9 = madd4(prev_at(at9 + k), b0, b1, b2, b3, s9);
    s10 = madd4(prev_at(at10 + k), b0, b1, b2, b3, s10);
    s11 = madd4(prev_at(at11 + k), b0, b1, b2, b3, s11);
    s12 = madd4(prev_at(at12 + k), b0, b1, b2, b3, s12);
    s13 = madd4(prev_at(at13 + k), b0, b1, b2, b3, s13);
    s14 = madd4(prev_at(at14 + k), b0, b1, b2, b3, s14);
    s15 = madd4(prev_at(at15 + k), b0, b1, b2, b3, s15);
  }
  for (var four = 0u; four < 4u; four++) {
    let row4 = row + 4u * four;
    let t0 = pick4x4(four, s0, s4, s8, s12);
    let t1 = pick4x4(four, s1, s5, s9, s13);
    let t2 = pick4x4(four, s2, s6, s10, s14);
    let t3 = pick4x4(four, s3, s7, s11, s15);
    for (var r = row4; r < min(row4 + 4u, step.z); r++) {
      let picked = pick4x4(r - row4, t0, t1, t2, t3);
      for (var u = u0; u < min(u0 + 4u, h4); u++) {
        let sum = select(select(picked[0], picked[1], ((u - u0) & 1u) != 0u), select(picked[2], picked[3], ((u - u0) & 1u) != 0u), ((u - u0) & 2u) != 0u);
        let own = (dir * p.batch + r) * h4 + u;
        let zr = dir * p.zd + (step.x + r) * p.zs + u;
        let to = state_after(step, dir, r) + u;
        let x = z_at(zr) + sum;
        var out = select(x, vec4f(), x < vec4f());
        if (RELU == 0u) { out = tanh4(x); }
        h[to] = out;
        next_put(own, out);
        if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
      }
    }
  }
}

// Gradient of one step, 16 rows and 16 units. A row of the step after sends dh back through its gates; one that has no
// gates here (r >= step.z) began there: its dh is the gradient of the initial state.
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
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
  if (row < step.w) {
    let at0 = (dir * p.batch + min(row + 0u, step.w - 1u)) * p.zs;
    let at1 = (dir * p.batch + min(row + 1u, step.w - 1u)) * p.zs;
    let at2 = (dir * p.batch + min(row + 2u, step.w - 1u)) * p.zs;
    let at3 = (dir * p.batch + min(row + 3u, step.w - 1u)) * p.zs;
    let at4 = (dir * p.batch + min(row + 4u, step.w - 1u)) * p.zs;
    let at5 = (dir * p.batch + min(row + 5u, step.w - 1u)) * p.zs;
    let at6 = (dir * p.batch + min(row + 6u, step.w - 1u)) * p.zs;
    let at7 = (dir * p.batch + min(row + 7u, step.w - 1u)) * p.zs;
    let at8 = (dir * p.batch + min(row + 8u, step.w - 1u)) * p.zs;
    let at9 = (dir * p.batch + min(row + 9u, step.w - 1u)) * p.zs;
    let at10 = (dir * p.batch + min(row + 10u, step.w - 1u)) * p.zs;
    let at11 = (dir * p.batch + min(row + 11u, step.w - 1u)) * p.zs;
    let at12 = (dir * p.batch + min(row + 12u, step.w - 1u)) * p.zs;
    let at13 = (dir * p.batch + min(row + 13u, step.w - 1u)) * p.zs;
    let at14 = (dir * p.batch + min(row + 14u, step.w - 1u)) * p.zs;
    let at15 = (dir * p.batch + min(row + 15u, step.w - 1u)) * p.zs;
    let w0 = dir * 4u * h4 * h4 + min(u0 + 0u, h4 - 1u);
    let w1 = dir * 4u * h4 * h4 + min(u0 + 1u, h4 - 1u);
    let w2 = dir * 4u * h4 * h4 + min(u0 + 2u, h4 - 1u);
    let w3 = dir * 4u * h4 * h4 + min(u0 + 3u, h4 - 1u);
    for (var k = 0u; k < h4; k++) {
      let b0 = quad(w0 + 4u * k * h4);
      let b1 = quad(w1 + 4u * k * h4);
      let b2 = quad(w2 + 4u * k * h4);
      let b3 = quad(w3 + 4u * k * h4);
      s0 = madd4(prev_at(at0 + k), b0, b1, b2, b3, s0);
      s1 = madd4(prev_at(at1 + k), b0, b1, b2, b3, s1);
      s2 = madd4(prev_at(at2 + k), b0, b1, b2, b3, s2);
      s3 = madd4(prev_at(at3 + k), b0, b1, b2, b3, s3);
      s4 = madd4(prev_at(at4 + k), b0, b1, b2, b3, s4);
      s5 = madd4(prev_at(at5 + k), b0, b1, b2, b3, s5);
      s6 = madd4(prev_at(at6 + k), b0, b1, b2, b3, s6);
      s7 = madd4(prev_at(at7 + k), b0, b1, b2, b3, s7);
      s8 = madd4(prev_at(at8 + k), b0, b1, b2, b3, s8);
      s9 = madd4(prev_at(at9 + k), b0, b1, b2, b3, s9);
      s10 = madd4(prev_at(at10 + k), b0, b1, b2, b3, s10);
      s11 = madd4(prev_at(at11 + k), b0, b1, b2, b3, s11);
      s12 = madd4(prev_at(at12 + k), b0, b1, b2, b3, s12);
      s13 = madd4(prev_at(at13 + k), b0, b1, b2, b3, s13);
      s14 = madd4(prev_at(at14 + k), b0, b1, b2, b3, s14);
      s15 = madd4(prev_at(at15 + k), b0, b1, b2, b3, s15);
    }
  }
  for (var four = 0u; four < 4u; four++) {
    let row4 = row + 4u * four;
    let t0 = pick4x4(four, s0, s4, s8, s12);
    let t1 = pick4x4(four, s1, s5, s9, s13);
    let t2 = pick4x4(four, s2, s6, s10, s14);
    let t3 = pick4x4(four, s3, s7, s11, s15);
    for (var r = row4; r < min(row4 + 4u, max(step.z, step.w)); r++) {
      let picked = pick4x4(r - row4, t0, t1, t2, t3);
      for (var u = u0; u < min(u0 + 4u, h4); u++) {
        let state = (dir * p.batch + r) * h4 + u;
        let back = select(select(picked[0], picked[1], ((u - u0) & 1u) != 0u), select(picked[2], picked[3], ((u - u0) & 1u) != 0u), ((u - u0) & 2u) != 0u);
        var dout = vec4f();
        if (r < step.w) {
          dout = back;
        } else if ((p.given & 1u) != 0u) {
          dout = dh[state];
        }
        if (r >= step.z) {
          dh[state] = dout;
          continue;
        }
        if (Y == 1u) { dout += dy_at((step.x + r) * p.ys + dir * p.yd + u); }
        let gr = dir * p.gd + (step.x + r) * p.zs + u;
        let to = state_after(step, dir, r) + u;
        let nr = (dir * p.batch + r) * p.zs + u;
        let v = hs_at(to);
        var d = select(vec4f(), vec4f(1.0), v > vec4f());
        if (RELU == 0u) { d = fma(-v, v, vec4f(1.0)); }
        let g1 = dout * d;
        dg_put(gr, g1);
        next_put(nr, g1);
      }
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
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let step = p.rows[id.z];
  let tile = id.x + id.y * groups.x * WG;
  let units = (p.h4 + 3u) / 4u;
  let row = tile / units * 16u;
  if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units * 4u); }
}
