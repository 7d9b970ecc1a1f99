// One step of SGD or Adam for the parameters whose arena blocks stand in `blocks`.

struct Sgd {
  first: u32, count: u32,
  nesterov: u32,
  momentum: f32,
  fresh: f32,    // share of the gradient in the momentum buffer at a parameter's first step
  share: f32,    // and later
  direct: f32,   // share of the gradient beside the buffer, with nesterov
  rate: f32,
  decay: f32,
  keep: f32,
}

struct Adam {
  first: u32, count: u32,
  beta1: f32, share1: f32, // share = 1 - beta
  beta2: f32, share2: f32,
  eps: f32,
  decay: f32,    // added to the gradient as decay * value (Adam)
  keep: f32,     // the value is multiplied by it before the step (AdamW): 1 - lr * decay
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

@group(0) @binding(0) var<uniform> sgd_params: Sgd;
@group(0) @binding(0) var<uniform> adam_params: Adam;
@group(0) @binding(6) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> largest: array<vec4f>;

fn sgd_at(at: u32, scale: f32) {
  let p = value[at] * sgd_params.keep;
  value[at] = p - sgd_params.rate * (scale * grad[at] + sgd_params.decay * p);
}

@compute @workgroup_size(WG)
fn sgd(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * sgd_params.count) { return; }
  let now = clock_of(sgd_params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(sgd_params.first, i);
  sgd_at(at, now.y);
  sgd_at(at + LANES, now.y);
  sgd_at(at + 2u * LANES, now.y);
  sgd_at(at + 3u * LANES, now.y);
}

fn momentum_at(at: u32, now: vec4f) {
  let p = value[at] * sgd_params.keep;
  let d = now.y * grad[at] + sgd_params.decay * p;
  var b = sgd_params.fresh * d;
  if (now.z == 0.0) { b = sgd_params.momentum * average[at] + sgd_params.share * d; }
  average[at] = b;
  let direction = select(b, sgd_params.direct * d + sgd_params.momentum * b, sgd_params.nesterov == 1u);
  value[at] = p - sgd_params.rate * direction;
}

@compute @workgroup_size(WG)
fn sgd_momentum(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * sgd_params.count) { return; }
  let now = clock_of(sgd_params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(sgd_params.first, i);
  momentum_at(at, now);
  momentum_at(at + LANES, now);
  momentum_at(at + 2u * LANES, now);
  momentum_at(at + 3u * LANES, now);
}

fn squared(at: u32, d: vec4f) -> vec4f { return adam_params.beta2 * square[at] + adam_params.share2 * d * d; }

fn adam_at(at: u32, now: vec4f) {
  let p = value[at] * adam_params.keep;
  let d = now.y * grad[at] + adam_params.decay * p;
  let m = adam_params.beta1 * average[at] + adam_params.share1 * d;
  let v = squared(at, d);
  average[at] = m;
  square[at] = v;
  value[at] = p - now.z * m / (sqrt(v) * now.w + adam_params.eps);
}

@compute @workgroup_size(WG)
fn adam(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * adam_params.count) { return; }
  let now = clock_of(adam_params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(adam_params.first, i);
  adam_at(at, now);
  adam_at(at + LANES, now);
  adam_at(at + 2u * LANES, now);
  adam_at(at + 3u * LANES, now);
}

fn amsgrad_at(at: u32, now: vec4f) {
  let p = value[at] * adam_params.keep;
  let d = now.y * grad[at] + adam_params.decay * p;
  let m = adam_params.beta1 * average[at] + adam_params.share1 * d;
  let v = squared(at, d);
  let top = max(largest[at], v);
  average[at] = m;
  square[at] = v;
  largest[at] = top;
  value[at] = p - now.z * m / (sqrt(top) * now.w + adam_params.eps);
}

@compute @workgroup_size(WG)
fn amsgrad(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * adam_params.count) { return; }
  let now = clock_of(adam_params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(adam_params.first, i);
  amsgrad_at(at, now);
  amsgrad_at(at + LANES, now);
  amsgrad_at(at + 2u * LANES, now);
  amsgrad_at(at + 3u * LANES, now);
}
