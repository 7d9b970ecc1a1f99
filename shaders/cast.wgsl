// Element types into each other, on raw bits; bool is 0 or 1. The tail of the last vector is computed on garbage.
// f16 is put together and taken apart as integers, so that every device gives the same bits: rounding is to nearest,
// ties to even, what is too large becomes Infinity, and subnormals stay.

struct Params { n: u32 }

override KIND: u32 = 0u; // 0 f32 to i32, 1 f32 to u32, 2 i32 to f32, 3 u32 to f32, 4 f32 to bool, 5 integer to bool, 6 none
override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(1) var<storage, read> x_half: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> out_half: array<vec2u>;

fn converted(v: vec4u) -> vec4u {
  switch KIND {
    case 0u: { return bitcast<vec4u>(vec4i(bitcast<vec4f>(v))); }
    case 1u: { return vec4u(bitcast<vec4f>(v)); }
    case 2u: { return bitcast<vec4u>(vec4f(bitcast<vec4i>(v))); }
    case 3u: { return bitcast<vec4u>(vec4f(v)); }
    case 4u: { return select(vec4u(), vec4u(1u), (v & vec4u(0x7fffffffu)) != vec4u()); }
    case 5u: { return select(vec4u(), vec4u(1u), v != vec4u()); }
    default: { return v; }
  }
}

fn half_of(v: u32) -> u32 {
  let sign = (v >> 16u) & 0x8000u;
  let size = v & 0x7fffffffu;
  if (size > 0x7f800000u) { return sign | 0x7e00u | ((size >> 13u) & 0x3ffu); }
  if (size >= 0x47800000u) { return sign | 0x7c00u; }
  if (size >= 0x38800000u) { return sign | ((size - 0x37fff001u + ((size >> 13u) & 1u)) >> 13u); }
  let shift = min(126u - (size >> 23u), 31u); // to places of 2^-24
  let digits = (size & 0x7fffffu) | 0x800000u;
  let whole = digits >> shift;
  let rest = digits << (32u - shift);
  return sign | (whole + select(0u, 1u, rest > 0x80000000u || (rest == 0x80000000u && (whole & 1u) == 1u)));
}

fn float_of(half: u32) -> u32 {
  let sign = (half & 0x8000u) << 16u;
  let size = (half & 0x7fffu) << 13u;
  if (size >= 0x0f800000u) { return sign | size | 0x7f800000u; }
  if (size < 0x00800000u) { return sign | bitcast<u32>(f32(size >> 13u) * 5.9604644775390625e-8); }
  return sign | (size + 0x38000000u);
}

@compute @workgroup_size(WG)
fn convert(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  out[i] = converted(x[i]);
}

// To f16, KIND being the way to f32.
@compute @workgroup_size(WG)
fn narrow(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let v = converted(x[i]);
  out_half[i] = vec2u(half_of(v.x) | (half_of(v.y) << 16u), half_of(v.z) | (half_of(v.w) << 16u));
}

// From f16, KIND being the way from f32.
@compute @workgroup_size(WG)
fn widen(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let v = x_half[i];
  out[i] = converted(vec4u(float_of(v.x & 0xffffu), float_of(v.x >> 16u), float_of(v.y & 0xffffu), float_of(v.y >> 16u)));
}
