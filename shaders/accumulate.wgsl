// Adds a gradient of n elements into a slot of an arena, or writes it when it is the first. A slot is padded to whole
// vectors; the padding stays zero, whatever stands behind the gradient's end.

struct Params { n: u32, first: u32 }

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(WG)
fn add(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  let inside = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n);
  let value = select(vec4f(), source[i], inside);
  if (params.first == 1u) {
    out[i] = value;
  } else {
    out[i] = out[i] + value;
  }
}
