// One step of an optimiser for the parameters whose arena blocks (64 elements) stand in `blocks`. A lane takes one vec4.
// Values, gradients and state lie at equal offsets. Nothing changes while the fault word is set.

struct Sgd {
  first: u32, count: u32,
  fresh: u32,    // 1 at a parameter's first step: the momentum buffer becomes the gradient
  nesterov: u32,
  lr: f32, momentum: f32,
  share: f32,    // 1 - dampening
  decay: f32,
  sign: f32,     // -1 maximises
}

struct Adam {
  first: u32, count: u32,
  beta1: f32, share1: f32, // share = 1 - beta
  beta2: f32, share2: f32,
  rate: f32,     // lr / (1 - beta1^t)
  root: f32,     // 1 / sqrt(1 - beta2^t)
  eps: f32,
  decay: f32,    // added to the gradient as decay * value (Adam)
  keep: f32,     // the value is multiplied by it before the step (AdamW): 1 - lr * decay
  sign: f32,
}

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> sgd_params: Sgd;
@group(0) @binding(0) var<uniform> adam_params: Adam;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read> fault: array<u32>;
@group(0) @binding(3) var<storage, read> grad: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> square: array<vec4f>;

@compute @workgroup_size(WG)
fn sgd(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= 16u * sgd_params.count || fault[0] != 0u) { return; }
  let at = 16u * blocks[sgd_params.first + i / 16u] + i % 16u;
  value[at] -= sgd_params.lr * (sgd_params.sign * grad[at] + sgd_params.decay * value[at]);
}

@compute @workgroup_size(WG)
fn sgd_momentum(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= 16u * sgd_params.count || fault[0] != 0u) { return; }
  let at = 16u * blocks[sgd_params.first + i / 16u] + i % 16u;
  let d = sgd_params.sign * grad[at] + sgd_params.decay * value[at];
  var b = d;
  if (sgd_params.fresh == 0u) { b = sgd_params.momentum * average[at] + sgd_params.share * d; }
  average[at] = b;
  let direction = select(b, d + sgd_params.momentum * b, sgd_params.nesterov == 1u);
  value[at] -= sgd_params.lr * direction;
}

@compute @workgroup_size(WG)
fn adam(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= 16u * adam_params.count || fault[0] != 0u) { return; }
  let at = 16u * blocks[adam_params.first + i / 16u] + i % 16u;
  let p = value[at] * adam_params.keep;
  let d = adam_params.sign * grad[at] + adam_params.decay * p;
  let m = adam_params.beta1 * average[at] + adam_params.share1 * d;
  let v = adam_params.beta2 * square[at] + adam_params.share2 * d * d;
  average[at] = m;
  square[at] = v;
  value[at] = p - adam_params.rate * m / (sqrt(v) * adam_params.root + adam_params.eps);
}
