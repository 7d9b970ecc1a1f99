// Elementwise functions of one f32 tensor and their derivatives. OP picks the function when the pipeline is compiled.
// A lane handles four elements; the tail of the last vector is computed on garbage and never read.

struct Params { n: u32, a: f32, b: f32 }

override OP: u32 = 0u;
override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> slopes: array<vec4f>;

fn sigmoid(v: vec4f) -> vec4f { return 1.0 / (1.0 + exp(-v)); }

fn value(v: vec4f) -> vec4f {
  switch OP {
    case 0u: { return exp(v); }
    case 1u: { return log(v); }
    case 2u: { return sqrt(v); }
    case 3u: { return abs(v); }
    case 4u: { return -v; }
    case 5u: { return v * v; }
    case 6u: { return max(v, vec4f()); }
    case 7u: { return sigmoid(v); }
    case 8u: { return tanh(v); }
    default: { return v; }
  }
}

// The derivative times the incoming gradient; v is the input or, where that is enough, the output.
fn slope(v: vec4f, g: vec4f) -> vec4f {
  switch OP {
    case 0u: { return g * v; }
    case 1u: { return g / v; }
    case 2u: { return 0.5 * g / v; }
    case 3u: { return g * sign(v); }
    case 4u: { return -g; }
    case 5u: { return 2.0 * g * v; }
    case 6u: { return select(vec4f(), g, v > vec4f()); }
    case 7u: { return g * v * (1.0 - v); }
    case 8u: { return g * (1.0 - v * v); }
    default: { return g; }
  }
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  out[i] = value(x[i]);
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  slopes[i] = slope(x[i], grad[i]);
}
