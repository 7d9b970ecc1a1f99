// Adam for one large parameter on software adapters, which load from a storage buffer for several times what a copy into
// a texture and a load from there cost. Gradient, value and state are read from textures, written to their buffers. So
// are the numbers that all vectors share: each load from the uniform buffer costs as much.

struct Shared {
  at: u32, // vec4 of the clock
  pad0: u32, pad1: u32, pad2: u32,
  beta1: f32, share1: f32, // share = 1 - beta
  beta2: f32, share2: f32,
  eps: f32,
}
struct Params {
  n: u32, // vec4s, an even number
  pad0: u32, pad1: u32, pad2: u32,
  decay: f32,
  keep: f32,
}

override WG: u32 = 128u;
override CHECKS: u32 = 1u; // 0: n is a multiple of 2 WG
override DECAYS: u32 = 1u; // 0: decay is 0 and keep is 1

@group(0) @binding(0) var<uniform> shared_params: Shared;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> clock: array<vec4f>;
@group(0) @binding(1) var<storage, read> now: array<vec4f>;         // a texture: what share left
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;   // a texture
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;        // a texture
@group(0) @binding(3) var<storage, read> old_value: array<vec4f>;   // a texture
@group(0) @binding(4) var<storage, read> old_average: array<vec4f>; // a texture
@group(0) @binding(5) var<storage, read> old_square: array<vec4f>;  // a texture
@group(0) @binding(6) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> square: array<vec4f>;

fn out_put(i: u32, v: vec4f) { out[i] = v; }
fn now_at(i: u32) -> vec4f { return vec4f(now[i]); }
fn grad_at(i: u32) -> vec4f { return vec4f(grad[i]); }
fn old_value_at(i: u32) -> vec4f { return vec4f(old_value[i]); }
fn old_average_at(i: u32) -> vec4f { return vec4f(old_average[i]); }
fn old_square_at(i: u32) -> vec4f { return vec4f(old_square[i]); }

@compute @workgroup_size(1)
fn share() {
  let step = clock[shared_params.at];
  out_put(0u, vec4f(select(shared_params.eps, -1.0, step.x == 0.0), step.yzw)); // -1: the step is skipped
  out_put(1u, vec4f(shared_params.beta1, shared_params.share1, shared_params.beta2, shared_params.share2));
}

// In the order of optim.wgsl, so that a large parameter gets the bits that it would get in pieces.
fn adam_at(i: u32, step: vec4f, s: vec4f) {
  var p = old_value_at(i);
  var d = step.y * grad_at(i);
  if (DECAYS == 1u) {
    p *= params.keep;
    d += params.decay * p;
  }
  let m = s.x * old_average_at(i) + s.y * d;
  let v = s.z * old_square_at(i) + s.w * d * d;
  average[i] = m;
  square[i] = v;
  value[i] = p - step.z * m / (sqrt(v) * step.w + step.x);
}

// A lane takes two vec4s beside each other.
@compute @workgroup_size(WG)
fn adam(@builtin(global_invocation_id) g: vec3u) {
  let i = 2u * g.x;
  if (CHECKS == 1u && i >= params.n) { return; }
  let step = now_at(0u);
  if (step.x < 0.0) { return; }
  let s = now_at(1u);
  adam_at(i, step, s);
  adam_at(i + 1u, step, s);
}
