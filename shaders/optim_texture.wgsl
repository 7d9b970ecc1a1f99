// Adam for one large parameter on software adapters, which load from a storage buffer for several times what a copy into
// a texture and a load from there cost. Gradient, value and state are read from textures, written to their buffers.

struct Params {
  n: u32,        // vec4s, a multiple of 16
  start: u32,    // where they begin in the buffers; in the textures they begin at 0
  pad0: u32,
  beta1: f32, share1: f32,
  beta2: f32, share2: f32,
  eps: f32,
  decay: f32,
  keep: f32,
}

override WG: u32 = 64u;
const EACH = 4u; // vec4s of a lane, one after another: a loop costs more than all of them

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> clock: array<vec4f>;       // a texture, with one vector
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;        // a texture
@group(0) @binding(3) var<storage, read> old_value: array<vec4f>;   // a texture
@group(0) @binding(4) var<storage, read> old_average: array<vec4f>; // a texture
@group(0) @binding(5) var<storage, read> old_square: array<vec4f>;  // a texture
@group(0) @binding(6) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> square: array<vec4f>;

fn clock_at(i: u32) -> vec4f { return vec4f(clock[i]); }
fn grad_at(i: u32) -> vec4f { return vec4f(grad[i]); }
fn old_value_at(i: u32) -> vec4f { return vec4f(old_value[i]); }
fn old_average_at(i: u32) -> vec4f { return vec4f(old_average[i]); }
fn old_square_at(i: u32) -> vec4f { return vec4f(old_square[i]); }

fn adam_at(i: u32, now: vec4f) {
  let at = params.start + i;
  let p = old_value_at(i) * params.keep;
  let d = now.y * grad_at(i) + params.decay * p;
  let m = params.beta1 * old_average_at(i) + params.share1 * d;
  let v = params.beta2 * old_square_at(i) + params.share2 * d * d;
  average[at] = m;
  square[at] = v;
  value[at] = p - now.z * m / (sqrt(v) * now.w + params.eps);
}

@compute @workgroup_size(WG)
fn adam(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let lane = g.x + g.y * groups.x * WG;
  let lanes = params.n / EACH;
  if (lane >= lanes) { return; }
  let now = clock_at(0u);
  if (now.x == 0.0) { return; }
  adam_at(lane, now);
  adam_at(lane + lanes, now);
  adam_at(lane + 2u * lanes, now);
  adam_at(lane + 3u * lanes, now);
}
