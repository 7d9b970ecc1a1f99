// GRU: r, u = gate(z + (W h' + b)), n = tanh(z + r (W h' + b)), h = (1 - u) n + u h'; u is PyTorch's z gate.
// Kept for backward: gates (z becomes r, u, n, and at `hidden` the third W h' + b) and hs.
// A lane does 32 rows. Written by tools/recurrent_shaders.ts.

alias T = f32; // element type

override WG: u32 = 8u;
override Y: u32 = 1u; // 0: there is no dy
override HARD: u32 = 0u; // 1: gates are clip(0.2 x + 0.5, 0, 1) instead of the sigmoid
override KEEP: u32 = 1u; // 0: nobody asks for the gates
override BIAS: u32 = 1u; // 0: there is no b_hh
override COPY: u32 = 0u; // 1: z is read from z_in, so that it can be a texture

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
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>; // [dirs, 3H, H] weight_hh
@group(0) @binding(8) var<storage, read> prev: array<vec4f>; // [dirs, B, H] states before; backward [dirs, B, 3H] next's dg
@group(0) @binding(7) var<storage, read_write> next: array<vec4f>; // what the step after this one reads as prev

@group(0) @binding(9) var<storage, read> z_in: array<vec4<T>>; // z once more, where COPY = 1

fn prev_at(i: u32) -> vec4f { return vec4f(prev[i]); }

fn next_put(i: u32, v: vec4f) { next[i] = v; }

fn dg_put(i: u32, v: vec4f) { dg[i] = v; }

fn dy_at(i: u32) -> vec4f { return vec4f(dy[i]); }

fn gates_at(i: u32) -> vec4f { return vec4f(gates[i]); }

fn z_in_at(i: u32) -> vec4f { return vec4f(z_in[i]); }

fn z_at(i: u32) -> vec4f {
  if (COPY == 1u) { return z_in_at(i); }
  return vec4f(z[i]);
}

fn hs_at(i: u32) -> vec4f { return vec4f(hs[i]); }

@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>; // [dirs]([rows, 3H] x W_ih^T + b_ih, [rows, H])
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>; // [dirs][rows + B, H] state before each row; final ones
@group(0) @binding(4) var<storage, read> bias: array<vec4<T>>; // [dirs, 3H] b_hh
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>; // output
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>; // z after the forward pass
@group(0) @binding(3) var<storage, read> hs: array<vec4f>; // h after the forward pass
@group(0) @binding(4) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>; // [2, dirs][rows, 3H] gradient of W h' + b, then of z
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>; // [2, dirs, B, H] of the final state, then of the initial; scratch

fn gate(x: vec4f) -> vec4f {
  if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
  return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}

// Derivative of a gate, from its value.
fn slope(s: vec4f) -> vec4f {
  if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
  return s * (1.0 - s);
}

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

fn madd3(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, sum: mat3x4f) -> mat3x4f {
  return mat3x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]));
}

fn madd2(a: vec4f, b0: mat4x4f, b1: mat4x4f, sum: mat2x4f) -> mat2x4f {
  return mat2x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]));
}

fn either3(second: bool, a: mat3x4f, b: mat3x4f) -> mat3x4f {
  return mat3x4f(select(a[0], b[0], second), select(a[1], b[1], second), select(a[2], b[2], second));
}

fn pick4x3(i: u32, x0: mat3x4f, x1: mat3x4f, x2: mat3x4f, x3: mat3x4f) -> mat3x4f {
  return either3((i & 2u) != 0u, either3((i & 1u) != 0u, x0, x1), either3((i & 1u) != 0u, x2, x3));
}

fn pick8x3(i: u32, x0: mat3x4f, x1: mat3x4f, x2: mat3x4f, x3: mat3x4f, x4: mat3x4f, x5: mat3x4f, x6: mat3x4f, x7: mat3x4f) -> mat3x4f {
  return either3((i & 4u) != 0u, either3((i & 2u) != 0u, either3((i & 1u) != 0u, x0, x1), either3((i & 1u) != 0u, x2, x3)), either3((i & 2u) != 0u, either3((i & 1u) != 0u, x4, x5), either3((i & 1u) != 0u, x6, x7)));
}

fn either2(second: bool, a: mat2x4f, b: mat2x4f) -> mat2x4f {
  return mat2x4f(select(a[0], b[0], second), select(a[1], b[1], second));
}

fn pick4x2(i: u32, x0: mat2x4f, x1: mat2x4f, x2: mat2x4f, x3: mat2x4f) -> mat2x4f {
  return either2((i & 2u) != 0u, either2((i & 1u) != 0u, x0, x1), either2((i & 1u) != 0u, x2, x3));
}

fn pick8x2(i: u32, x0: mat2x4f, x1: mat2x4f, x2: mat2x4f, x3: mat2x4f, x4: mat2x4f, x5: mat2x4f, x6: mat2x4f, x7: mat2x4f) -> mat2x4f {
  return either2((i & 4u) != 0u, either2((i & 2u) != 0u, either2((i & 1u) != 0u, x0, x1), either2((i & 1u) != 0u, x2, x3)), either2((i & 2u) != 0u, either2((i & 1u) != 0u, x4, x5), either2((i & 1u) != 0u, x6, x7)));
}

// Where the state after row r of a step goes: to the row it is the state before, or to the final states.
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
  return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}

// One step of 32 rows from `row` on, four units at vector u. Selects pick the sums of a row in a loop
// : gate maths of all rows in one straight line, or an array of sums, takes compilers ten times as long.
fn forward(step: vec4u, dir: u32, row: u32, u: u32, me: u32, live: bool) {
  let h4 = p.h4;
  var s0 = mat3x4f();
  var s1 = mat3x4f();
  var s2 = mat3x4f();
  var s3 = mat3x4f();
  var s4 = mat3x4f();
  var s5 = mat3x4f();
  var s6 = mat3x4f();
  var s7 = mat3x4f();
  var s8 = mat3x4f();
  var s9 = mat3x4f();
  var s10 = mat3x4f();
  var s11 = mat3x4f();
  var s12 = mat3x4f();
  var s13 = mat3x4f();
  var s14 = mat3x4f();
  var s15 = mat3x4f();
  var s16 = mat3x4f();
  var s17 = mat3x4f();
  var s18 = mat3x4f();
  var s19 = mat3x4f();
  var s20 = mat3x4f();
  var s21 = mat3x4f();
  var s22 = mat3x4f();
  var s23 = mat3x4f();
  var s24 = mat3x4f();
  var s25 = mat3x4f();
  var s26 = mat3x4f();
  var s27 = mat3x4f();
  var s28 = mat3x4f();
  var s29 = mat3x4f();
  var s30 = mat3x4f();
  var s31 = mat3x4f();
  let at0 = (dir * p.batch + min(row + 4u * me + 0u, step.z - 1u)) * h4;
  let at1 = (dir * p.batch + min(row + 4u * me + 1u, step.z - 1u)) * h4;
  let at2 = (dir * p.batch + min(row + 4u * me + 2u, step.z - 1u)) * h4;
  let at3 = (dir * p.batch + min(row + 4u * me + 3u, step.z - 1u)) * h4;
  let w0 = ((dir * 3u + 0u) * h4 + u) * 4u * h4;
  let w1 = ((dir * 3u + 1u) * h4 + u) * 4u * h4;
  let w2 = ((dir * 3u + 2u) * h4 + u) * 4u * h4;
  for (var k = 0u; k < h4; k++) {
    let b0 = transpose(quad(w0 + k));
    let b1 = transpose(quad(w1 + k));
    let b2 = transpose(quad(w2 + k));
    let mine = mat4x4f(prev_at(at0 + k), prev_at(at1 + k), prev_at(at2 + k), prev_at(at3 + k));
    s0 = madd3(subgroupBroadcast(mine[0], 0u), b0, b1, b2, s0);
    s1 = madd3(subgroupBroadcast(mine[1], 0u), b0, b1, b2, s1);
    s2 = madd3(subgroupBroadcast(mine[2], 0u), b0, b1, b2, s2);
    s3 = madd3(subgroupBroadcast(mine[3], 0u), b0, b1, b2, s3);
    s4 = madd3(subgroupBroadcast(mine[0], 1u), b0, b1, b2, s4);
    s5 = madd3(subgroupBroadcast(mine[1], 1u), b0, b1, b2, s5);
    s6 = madd3(subgroupBroadcast(mine[2], 1u), b0, b1, b2, s6);
    s7 = madd3(subgroupBroadcast(mine[3], 1u), b0, b1, b2, s7);
    s8 = madd3(subgroupBroadcast(mine[0], 2u), b0, b1, b2, s8);
    s9 = madd3(subgroupBroadcast(mine[1], 2u), b0, b1, b2, s9);
    s10 = madd3(subgroupBroadcast(mine[2], 2u), b0, b1, b2, s10);
    s11 = madd3(subgroupBroadcast(mine[3], 2u), b0, b1, b2, s11);
    s12 = madd3(subgroupBroadcast(mine[0], 3u), b0, b1, b2, s12);
    s13 = madd3(subgroupBroadcast(mine[1], 3u), b0, b1, b2, s13);
    s14 = madd3(subgroupBroadcast(mine[2], 3u), b0, b1, b2, s14);
    s15 = madd3(subgroupBroadcast(mine[3], 3u), b0, b1, b2, s15);
    s16 = madd3(subgroupBroadcast(mine[0], 4u), b0, b1, b2, s16);
    s17 = madd3(subgroupBroadcast(mine[1], 4u), b0, b1, b2, s17);
    s18 = madd3(subgroupBroadcast(mine[2], 4u), b0, b1, b2, s18);
    s19 = madd3(subgroupBroadcast(mine[3], 4u), b0, b1, b2, s19);
    s20 = madd3(subgroupBroadcast(mine[0], 5u), b0, b1, b2, s20);
    s21 = madd3(subgroupBroadcast(mine[1], 5u), b0, b1, b2, s21);
    s22 = madd3(subgroupBroadcast(mine[2], 5u), b0, b1, b2, s22);
    s23 = madd3(subgroupBroadcast(mine[3], 5u), b0, b1, b2, s23);
    s24 = madd3(subgroupBroadcast(mine[0], 6u), b0, b1, b2, s24);
    s25 = madd3(subgroupBroadcast(mine[1], 6u), b0, b1, b2, s25);
    s26 = madd3(subgroupBroadcast(mine[2], 6u), b0, b1, b2, s26);
    s27 = madd3(subgroupBroadcast(mine[3], 6u), b0, b1, b2, s27);
    s28 = madd3(subgroupBroadcast(mine[0], 7u), b0, b1, b2, s28);
    s29 = madd3(subgroupBroadcast(mine[1], 7u), b0, b1, b2, s29);
    s30 = madd3(subgroupBroadcast(mine[2], 7u), b0, b1, b2, s30);
    s31 = madd3(subgroupBroadcast(mine[3], 7u), b0, b1, b2, s31);
  }
  var b = mat3x4f();
  if (BIAS == 1u) {
    let at = dir * 3u * h4 + u;
    b = mat3x4f(vec4f(bias[at]), vec4f(bias[at + h4]), vec4f(bias[at + 2u * h4]));
  }
  for (var four = 0u; four < 8u; four++) {
    let row4 = row + 4u * four;
    let t0 = pick8x3(four, s0, s4, s8, s12, s16, s20, s24, s28);
    let t1 = pick8x3(four, s1, s5, s9, s13, s17, s21, s25, s29);
    let t2 = pick8x3(four, s2, s6, s10, s14, s18, s22, s26, s30);
    let t3 = pick8x3(four, s3, s7, s11, s15, s19, s23, s27, s31);
    for (var r = row4; r < select(0u, min(row4 + 4u, step.z), live); r++) {
      let picked = pick4x3(r - row4, t0, t1, t2, t3);
      let zr = dir * p.zd + (step.x + r) * p.zs + u;
      let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;
      let own = (dir * p.batch + r) * h4 + u;
      let to = state_after(step, dir, r) + u;
      let sum = picked + b;
      let reset = gate(z_at(zr) + sum[0]);
      let update = gate(z_at(zr + h4) + sum[1]);
      let hidden = sum[2];
      let n = tanh4(fma(reset, hidden, z_at(zr + 2u * h4)));
      let out = fma(update, prev_at(own) - n, n);
      if (KEEP == 1u) {
        z[zr] = vec4<T>(reset);
        z[zr + h4] = vec4<T>(update);
        z[zr + 2u * h4] = vec4<T>(n);
        z[zh] = vec4<T>(hidden);
      }
      h[to] = out;
      next_put(own, out);
      if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
    }
  }
}

// Gradient of one step, 32 rows and 8 units. A row of the step after sends dh back through its gates; one that has no
// gates here (r >= step.z) began there: its dh is the gradient of the initial state.
fn backward(step: vec4u, dir: u32, row: u32, u0: u32, me: u32, live: bool) {
  let h4 = p.h4;
  var s0 = mat2x4f();
  var s1 = mat2x4f();
  var s2 = mat2x4f();
  var s3 = mat2x4f();
  var s4 = mat2x4f();
  var s5 = mat2x4f();
  var s6 = mat2x4f();
  var s7 = mat2x4f();
  var s8 = mat2x4f();
  var s9 = mat2x4f();
  var s10 = mat2x4f();
  var s11 = mat2x4f();
  var s12 = mat2x4f();
  var s13 = mat2x4f();
  var s14 = mat2x4f();
  var s15 = mat2x4f();
  var s16 = mat2x4f();
  var s17 = mat2x4f();
  var s18 = mat2x4f();
  var s19 = mat2x4f();
  var s20 = mat2x4f();
  var s21 = mat2x4f();
  var s22 = mat2x4f();
  var s23 = mat2x4f();
  var s24 = mat2x4f();
  var s25 = mat2x4f();
  var s26 = mat2x4f();
  var s27 = mat2x4f();
  var s28 = mat2x4f();
  var s29 = mat2x4f();
  var s30 = mat2x4f();
  var s31 = mat2x4f();
  if (row < step.w) {
    let at0 = (dir * p.batch + min(row + 4u * me + 0u, step.w - 1u)) * p.zs;
    let at1 = (dir * p.batch + min(row + 4u * me + 1u, step.w - 1u)) * p.zs;
    let at2 = (dir * p.batch + min(row + 4u * me + 2u, step.w - 1u)) * p.zs;
    let at3 = (dir * p.batch + min(row + 4u * me + 3u, step.w - 1u)) * p.zs;
    let w0 = dir * 12u * h4 * h4 + min(u0 + 0u, h4 - 1u);
    let w1 = dir * 12u * h4 * h4 + min(u0 + 1u, h4 - 1u);
    for (var k = 0u; k < 3u * h4; k++) {
      let b0 = quad(w0 + 4u * k * h4);
      let b1 = quad(w1 + 4u * k * h4);
      let mine = mat4x4f(prev_at(at0 + k), prev_at(at1 + k), prev_at(at2 + k), prev_at(at3 + k));
      s0 = madd2(subgroupBroadcast(mine[0], 0u), b0, b1, s0);
      s1 = madd2(subgroupBroadcast(mine[1], 0u), b0, b1, s1);
      s2 = madd2(subgroupBroadcast(mine[2], 0u), b0, b1, s2);
      s3 = madd2(subgroupBroadcast(mine[3], 0u), b0, b1, s3);
      s4 = madd2(subgroupBroadcast(mine[0], 1u), b0, b1, s4);
      s5 = madd2(subgroupBroadcast(mine[1], 1u), b0, b1, s5);
      s6 = madd2(subgroupBroadcast(mine[2], 1u), b0, b1, s6);
      s7 = madd2(subgroupBroadcast(mine[3], 1u), b0, b1, s7);
      s8 = madd2(subgroupBroadcast(mine[0], 2u), b0, b1, s8);
      s9 = madd2(subgroupBroadcast(mine[1], 2u), b0, b1, s9);
      s10 = madd2(subgroupBroadcast(mine[2], 2u), b0, b1, s10);
      s11 = madd2(subgroupBroadcast(mine[3], 2u), b0, b1, s11);
      s12 = madd2(subgroupBroadcast(mine[0], 3u), b0, b1, s12);
      s13 = madd2(subgroupBroadcast(mine[1], 3u), b0, b1, s13);
      s14 = madd2(subgroupBroadcast(mine[2], 3u), b0, b1, s14);
      s15 = madd2(subgroupBroadcast(mine[3], 3u), b0, b1, s15);
      s16 = madd2(subgroupBroadcast(mine[0], 4u), b0, b1, s16);
      s17 = madd2(subgroupBroadcast(mine[1], 4u), b0, b1, s17);
      s18 = madd2(subgroupBroadcast(mine[2], 4u), b0, b1, s18);
      s19 = madd2(subgroupBroadcast(mine[3], 4u), b0, b1, s19);
      s20 = madd2(subgroupBroadcast(mine[0], 5u), b0, b1, s20);
      s21 = madd2(subgroupBroadcast(mine[1], 5u), b0, b1, s21);
      s22 = madd2(subgroupBroadcast(mine[2], 5u), b0, b1, s22);
      s23 = madd2(subgroupBroadcast(mine[3], 5u), b0, b1, s23);
      s24 = madd2(subgroupBroadcast(mine[0], 6u), b0, b1, s24);
      s25 = madd2(subgroupBroadcast(mine[1], 6u), b0, b1, s25);
      s26 = madd2(subgroupBroadcast(mine[2], 6u), b0, b1, s26);
      s27 = madd2(subgroupBroadcast(mine[3], 6u), b0, b1, s27);
      s28 = madd2(subgroupBroadcast(mine[0], 7u), b0, b1, s28);
      s29 = madd2(subgroupBroadcast(mine[1], 7u), b0, b1, s29);
      s30 = madd2(subgroupBroadcast(mine[2], 7u), b0, b1, s30);
      s31 = madd2(subgroupBroadcast(mine[3], 7u), b0, b1, s31);
    }
  }
  for (var four = 0u; four < 8u; four++) {
    let row4 = row + 4u * four;
    let t0 = pick8x2(four, s0, s4, s8, s12, s16, s20, s24, s28);
    let t1 = pick8x2(four, s1, s5, s9, s13, s17, s21, s25, s29);
    let t2 = pick8x2(four, s2, s6, s10, s14, s18, s22, s26, s30);
    let t3 = pick8x2(four, s3, s7, s11, s15, s19, s23, s27, s31);
    for (var r = row4; r < select(0u, min(row4 + 4u, max(step.z, step.w)), live); r++) {
      let picked = pick4x2(r - row4, t0, t1, t2, t3);
      for (var u = u0; u < min(u0 + 2u, h4); u++) {
        let state = (dir * p.batch + r) * h4 + u;
        let back = select(picked[0], picked[1], ((u - u0) & 1u) != 0u);
        var dout = vec4f();
        if (r < step.w) {
          dout = prev_at(p.dirs * p.batch * p.zs + state) + back;
        } else if ((p.given & 1u) != 0u) {
          dout = dh[state];
        }
        if (r >= step.z) {
          dh[state] = dout;
          continue;
        }
        if (Y == 1u) { dout += dy_at((step.x + r) * p.ys + dir * p.yd + u); }
        let zr = dir * p.zd + (step.x + r) * p.zs + u;
        let gr = dir * p.gd + (step.x + r) * p.zs + u;
        let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;
        let was = dir * p.sd + (step.x + r) * h4 + u;
        let nr = (dir * p.batch + r) * p.zs + u;
        let reset = gates_at(zr);
        let update = gates_at(zr + h4);
        let n = gates_at(zr + 2u * h4);
        let dn = dout * (1.0 - update) * fma(-n, n, vec4f(1.0));
        let dreset = dn * gates_at(zh) * slope(reset);
        let dupdate = dout * (hs_at(was) - n) * slope(update);
        let xr = p.dirs * p.gd + gr;
        dg_put(xr, dreset);
        dg_put(xr + h4, dupdate);
        dg_put(xr + 2u * h4, dn);
        let g1 = dreset;
        dg_put(gr, g1);
        next_put(nr, g1);
        let g2 = dupdate;
        dg_put(gr + h4, g2);
        next_put(nr + h4, g2);
        let g3 = dn * reset;
        dg_put(gr + 2u * h4, g3);
        next_put(nr + 2u * h4, g3);
        next_put(p.dirs * p.batch * p.zs + state, dout * update);
      }
    }
  }
}

@compute @workgroup_size(WG)
fn forward_step(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) me: u32,
) {
  let step = p.rows[group.z];
  let tile = group.x + group.y * groups.x;
  let units = p.h4;
  let across = (units + WG - 1u) / WG;
  let row = tile / across * 32u;
  let unit = tile % across * WG + me;
  if (row < step.z) { forward(step, group.z, row, min(unit, units - 1u), me, unit < units); }
}

@compute @workgroup_size(WG)
fn backward_step(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) me: u32,
) {
  let step = p.rows[group.z];
  let tile = group.x + group.y * groups.x;
  let units = (p.h4 + 1u) / 2u;
  let across = (units + WG - 1u) / WG;
  let row = tile / across * 32u;
  let unit = tile % across * WG + me;
  if (row < max(step.z, step.w)) { backward(step, group.z, row, min(unit, units - 1u) * 2u, me, unit < units); }
}
