// Copies between strided layouts; the raw bits, so every element type uses it (f16 by setting T).
// A lane handles one element: its row-major number is split into an index over `shape` (last dimension fastest).

alias T = u32; // element type

struct Params {
  n: u32, ndim: u32, x_offset: u32, out_offset: u32,
  shape: array<vec4u, 2>, x_strides: array<vec4u, 2>, out_strides: array<vec4u, 2>,
}

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> out: array<T>;

@compute @workgroup_size(WG)
fn strided(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  var rest = i;
  var source = params.x_offset;
  var place = params.out_offset;
  for (var d = params.ndim; d > 0u; d--) {
    let k = d - 1u;
    let size = params.shape[k / 4u][k % 4u];
    let index = rest % size;
    rest /= size;
    source += index * params.x_strides[k / 4u][k % 4u];
    place += index * params.out_strides[k / 4u][k % 4u];
  }
  out[place] = x[source];
}
