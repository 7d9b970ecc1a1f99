// One step of RMSprop or Adagrad: gradients divided by the root of a mean or sum of their squares.

struct Squares {
  first: u32, count: u32,
  inside: u32,   // 1 adds eps under the root (Keras)
  alpha: f32, share: f32, // share = 1 - alpha
  eps: f32,
  decay: f32, keep: f32,
  momentum: f32,
  inner: f32,    // factor of what enters the momentum buffer
  rate: f32,
}

// lib:optim_lane begin
// What every step of an optimiser is given. `blocks` lists 64-element blocks of an arena and `owners` where the clock of
// each block's parameter is; values, gradients and state lie at equal offsets. A lane takes four vec4s of a block,
// one after another: software adapters pay for loops.
override WG: u32 = 64u;
const LANES = 4u; // per block

@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read> owners: array<u32>;
@group(0) @binding(3) var<storage, read> clock: array<vec4f>;
@group(0) @binding(4) var<storage, read> grad: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> value: array<vec4f>;

// First vec4 of a lane; the others follow in steps of LANES.
fn place(first: u32, i: u32) -> u32 { return 16u * blocks[first + i / LANES] + i % LANES; }

// What tick left for this step: (1, factor of the gradient, two numbers of the algorithm), or zeros to change nothing.
fn clock_of(first: u32, i: u32) -> vec4f { return clock[owners[first + i / LANES]]; }
// lib:optim_lane end

@group(0) @binding(0) var<uniform> params: Squares;
@group(0) @binding(6) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> moved: array<vec4f>;

fn root(x: vec4f) -> vec4f {
  if (params.inside == 1u) { return sqrt(x + params.eps); }
  return sqrt(x) + params.eps;
}
fn kept(at: u32) -> vec4f { return value[at] * params.keep; }
fn gradient(at: u32, p: vec4f, scale: f32) -> vec4f { return scale * grad[at] + params.decay * p; }
fn squares(at: u32, d: vec4f) -> vec4f {
  let v = params.alpha * square[at] + params.share * d * d;
  square[at] = v;
  return v;
}
// The variance; rounding may leave it just below 0.
fn centered(at: u32, d: vec4f) -> vec4f {
  let m = params.alpha * mean[at] + params.share * d;
  mean[at] = m;
  return max(squares(at, d) - m * m, vec4f());
}
fn move_by(at: u32, p: vec4f, step: vec4f) {
  let b = params.momentum * moved[at] + params.inner * step;
  moved[at] = b;
  value[at] = p - params.rate * b;
}

fn rmsprop_at(at: u32, scale: f32) {
  let p = kept(at);
  let d = gradient(at, p, scale);
  value[at] = p - params.rate * d / root(squares(at, d));
}
@compute @workgroup_size(WG)
fn rmsprop(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * params.count) { return; }
  let now = clock_of(params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(params.first, i);
  rmsprop_at(at, now.y);
  rmsprop_at(at + LANES, now.y);
  rmsprop_at(at + 2u * LANES, now.y);
  rmsprop_at(at + 3u * LANES, now.y);
}

fn rmsprop_centered_at(at: u32, scale: f32) {
  let p = kept(at);
  let d = gradient(at, p, scale);
  value[at] = p - params.rate * d / root(centered(at, d));
}
@compute @workgroup_size(WG)
fn rmsprop_centered(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * params.count) { return; }
  let now = clock_of(params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(params.first, i);
  rmsprop_centered_at(at, now.y);
  rmsprop_centered_at(at + LANES, now.y);
  rmsprop_centered_at(at + 2u * LANES, now.y);
  rmsprop_centered_at(at + 3u * LANES, now.y);
}

fn rmsprop_momentum_at(at: u32, scale: f32) {
  let p = kept(at);
  let d = gradient(at, p, scale);
  move_by(at, p, d / root(squares(at, d)));
}
@compute @workgroup_size(WG)
fn rmsprop_momentum(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * params.count) { return; }
  let now = clock_of(params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(params.first, i);
  rmsprop_momentum_at(at, now.y);
  rmsprop_momentum_at(at + LANES, now.y);
  rmsprop_momentum_at(at + 2u * LANES, now.y);
  rmsprop_momentum_at(at + 3u * LANES, now.y);
}

fn rmsprop_both_at(at: u32, scale: f32) {
  let p = kept(at);
  let d = gradient(at, p, scale);
  move_by(at, p, d / root(centered(at, d)));
}
@compute @workgroup_size(WG)
fn rmsprop_both(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * params.count) { return; }
  let now = clock_of(params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(params.first, i);
  rmsprop_both_at(at, now.y);
  rmsprop_both_at(at + LANES, now.y);
  rmsprop_both_at(at + 2u * LANES, now.y);
  rmsprop_both_at(at + 3u * LANES, now.y);
}

fn adagrad_at(at: u32, now: vec4f) {
  let p = kept(at);
  let d = gradient(at, p, now.y);
  let sum = square[at] + d * d;
  square[at] = sum;
  value[at] = p - now.z * d / root(sum);
}
@compute @workgroup_size(WG)
fn adagrad(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * params.count) { return; }
  let now = clock_of(params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(params.first, i);
  adagrad_at(at, now);
  adagrad_at(at + LANES, now);
  adagrad_at(at + 2u * LANES, now);
  adagrad_at(at + 3u * LANES, now);
}
