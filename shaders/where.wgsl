// Chooses between two operands by a condition, on raw bits, so that every element type uses it.
// `same` and `number` handle four elements per lane and compute the tail on garbage; `strided` walks any layout.

struct Flat { n: u32, bits: u32 }
struct Walk {
  n: u32, ndim: u32, out_start: u32, cond_start: u32, a_start: u32, b_start: u32, pad0: u32, pad1: u32,
  shape: array<vec4u, 2>, cond_strides: array<vec4u, 2>, a_strides: array<vec4u, 2>, b_strides: array<vec4u, 2>,
}

override SWAP: u32 = 0u; // number: it stands where the condition is 0: not true, 1: true
override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> flat: Flat;
@group(0) @binding(1) var<storage, read> cond: array<vec4u>;
@group(0) @binding(2) var<storage, read> a: array<vec4u>;
@group(0) @binding(3) var<storage, read> b: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4u>;

@compute @workgroup_size(WG)
fn same(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= flat.n) { return; }
  out[i] = select(b[i], a[i], cond[i] != vec4u());
}

@compute @workgroup_size(WG)
fn number(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= flat.n) { return; }
  out[i] = select(vec4u(flat.bits), a[i], (cond[i] != vec4u()) != vec4<bool>(SWAP == 1u));
}

@group(0) @binding(0) var<uniform> walk: Walk;
@group(0) @binding(1) var<storage, read> cond1: array<u32>;
@group(0) @binding(2) var<storage, read> a1: array<u32>;
@group(0) @binding(3) var<storage, read> b1: array<u32>;
@group(0) @binding(4) var<storage, read_write> out1: array<u32>;

@compute @workgroup_size(WG)
fn strided(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= walk.n) { return; }
  var rest = i;
  var spot = vec3u(walk.cond_start, walk.a_start, walk.b_start);
  for (var d = walk.ndim; d > 0u; d--) {
    let k = (d - 1u) / 4u;
    let c = (d - 1u) % 4u;
    let size = walk.shape[k][c];
    spot += rest % size * vec3u(walk.cond_strides[k][c], walk.a_strides[k][c], walk.b_strides[k][c]);
    rest /= size;
  }
  out1[walk.out_start + i] = select(b1[spot.z], a1[spot.y], cond1[spot.x] != 0u);
}
