// Averaged weights: ASGD's step, running averages of parameters, and their exchange with the parameters.

struct Asgd { first: u32, count: u32, lambd: f32, decay: f32 }
struct Average { first: u32, count: u32 }

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

@group(0) @binding(0) var<uniform> asgd_params: Asgd;
@group(0) @binding(0) var<uniform> average_params: Average;
@group(0) @binding(6) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(7) var<storage, read> current: array<vec4f>;

// `share` of 1 copies: the first value enters the average as it is.
fn mixed(at: u32, p: vec4f, share: f32) -> vec4f {
  if (share == 1.0) { return p; }
  return average[at] + (p - average[at]) * share;
}

fn asgd_at(at: u32, now: vec4f) {
  let p = value[at];
  let d = now.y * grad[at] + asgd_params.decay * p;
  let moved = p * (1.0 - asgd_params.lambd * now.z) - now.z * d;
  value[at] = moved;
  average[at] = mixed(at, moved, now.w);
}
@compute @workgroup_size(WG)
fn asgd(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * asgd_params.count) { return; }
  let now = clock_of(asgd_params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(asgd_params.first, i);
  asgd_at(at, now);
  asgd_at(at + LANES, now);
  asgd_at(at + 2u * LANES, now);
  asgd_at(at + 3u * LANES, now);
}

fn update_at(at: u32, share: f32) { average[at] = mixed(at, current[at], share); }
@compute @workgroup_size(WG)
fn update(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * average_params.count) { return; }
  let now = clock_of(average_params.first, i);
  if (now.x == 0.0) { return; }
  let at = place(average_params.first, i);
  update_at(at, now.z);
  update_at(at + LANES, now.z);
  update_at(at + 2u * LANES, now.z);
  update_at(at + 3u * LANES, now.z);
}

// Not stopped by faults: what is exchanged for an evaluation must be exchanged back.
@compute @workgroup_size(WG)
fn swap(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= LANES * average_params.count) { return; }
  let at = place(average_params.first, i);
  for (var k = at; k < at + 16u; k += LANES) {
    let p = value[k];
    value[k] = average[k];
    average[k] = p;
  }
}
