// Element types into each other, on raw bits; bool is 0 or 1. The tail of the last vector is computed on garbage.

struct Params { n: u32 }

override KIND: u32 = 0u; // 0 f32 to i32, 1 f32 to u32, 2 i32 to f32, 3 u32 to f32, 4 f32 to bool, 5 integer to bool, 6 none
override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4u>;

@compute @workgroup_size(WG)
fn convert(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let v = x[i];
  switch KIND {
    case 0u: { out[i] = bitcast<vec4u>(vec4i(bitcast<vec4f>(v))); }
    case 1u: { out[i] = vec4u(bitcast<vec4f>(v)); }
    case 2u: { out[i] = bitcast<vec4u>(vec4f(bitcast<vec4i>(v))); }
    case 3u: { out[i] = bitcast<vec4u>(vec4f(v)); }
    case 4u: { out[i] = select(vec4u(), vec4u(1u), (v & vec4u(0x7fffffffu)) != vec4u()); }
    case 5u: { out[i] = select(vec4u(), vec4u(1u), v != vec4u()); }
    default: { out[i] = v; }
  }
}
