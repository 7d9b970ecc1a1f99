// Norm and clipping of the gradients of many parameters. `blocks` lists 64-element blocks of an arena; what lies in a
// block behind a parameter's end is zero.

struct Squares { first: u32, count: u32 }
struct Root { count: u32 }
struct Clip { first: u32, count: u32, limit: f32 }

override WG: u32 = 64u;
const WIDE: u32 = 256u;

@group(0) @binding(0) var<uniform> squares_params: Squares;
@group(0) @binding(0) var<uniform> root_params: Root;
@group(0) @binding(0) var<uniform> clip_params: Clip;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read> norm: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradients: array<vec4f>;

// A lane sums the squares of one block.
@compute @workgroup_size(WG)
fn squares(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= squares_params.count) { return; }
  let start = 16u * blocks[squares_params.first + i];
  var sum = vec4f();
  for (var k = 0u; k < 16u; k++) {
    let v = grad[start + k];
    sum = fma(v, v, sum);
  }
  out[squares_params.first + i] = (sum.x + sum.y) + (sum.z + sum.w);
}

var<workgroup> shared_sums: array<f32, WIDE>;

// One workgroup: the root of the sum of the partial sums, by lanes that stride through them and then a tree.
@compute @workgroup_size(256)
fn root(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < root_params.count; i += WIDE) { sum += sums[i]; }
  shared_sums[lane] = sum;
  for (var half = WIDE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { shared_sums[lane] += shared_sums[lane + half]; }
  }
  if (lane == 0u) { out[0] = sqrt(shared_sums[0]); }
}

// Scales all gradients so that their norm is at most `limit` (PyTorch adds 1e-6 to the norm).
@compute @workgroup_size(WG)
fn scale(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= 16u * clip_params.count) { return; }
  let at = 16u * blocks[clip_params.first + i / 16u] + i % 16u;
  gradients[at] = gradients[at] * min(clip_params.limit / (norm[0] + 1e-6), 1.0);
}

// Limits every element to [-limit, limit].
@compute @workgroup_size(WG)
fn clamp_values(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= 16u * clip_params.count) { return; }
  let at = 16u * blocks[clip_params.first + i / 16u] + i % 16u;
  gradients[at] = clamp(gradients[at], vec4f(-clip_params.limit), vec4f(clip_params.limit));
}
