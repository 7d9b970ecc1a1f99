// Comparisons and logic of two tensors, or of a tensor and a number, with results 0 and 1. OP picks the function.

alias T = f32; // element type
alias U = u32;

// lib:pair begin
// Entries for functions `value(p, q)` of two operands. `same` and `number` handle four elements per lane and compute
// the tail on garbage; `vectors` and `strided` walk broadcast or strided operands, four elements or one per lane.
struct Flat { n: u32, bits: u32 }
struct Walk {
  n: u32, ndim: u32, out_start: u32,
  a_start: u32, b_start: u32, a_splat: u32, b_splat: u32, pad: u32,
  shape: array<vec4u, 2>, a_strides: array<vec4u, 2>, b_strides: array<vec4u, 2>,
}

override OP: u32 = 0u;
override SWAP: u32 = 0u; // number: the number is the left operand
override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> flat: Flat;
@group(0) @binding(1) var<storage, read> a: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<U>>;

@compute @workgroup_size(WG)
fn same(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= flat.n) { return; }
  out[i] = value(a[i], b[i]);
}

@compute @workgroup_size(WG)
fn number(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= flat.n) { return; }
  let c = vec4<T>(bitcast<T>(flat.bits));
  if (SWAP == 1u) {
    out[i] = value(c, a[i]);
  } else {
    out[i] = value(a[i], c);
  }
}

@group(0) @binding(0) var<uniform> walk: Walk;
@group(0) @binding(1) var<storage, read> a1: array<T>;
@group(0) @binding(2) var<storage, read> b1: array<T>;
@group(0) @binding(3) var<storage, read_write> out1: array<U>;

// Where both operands hold what belongs to the output's element i (row-major).
fn places(i: u32) -> vec2u {
  var rest = i;
  var spot = vec2u(walk.a_start, walk.b_start);
  for (var d = walk.ndim; d > 0u; d--) {
    let k = (d - 1u) / 4u;
    let c = (d - 1u) % 4u;
    let size = walk.shape[k][c];
    spot += rest % size * vec2u(walk.a_strides[k][c], walk.b_strides[k][c]);
    rest /= size;
  }
  return spot;
}

@compute @workgroup_size(WG)
fn strided(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= walk.n) { return; }
  let spot = places(i);
  out1[walk.out_start + i] = value(vec4<T>(a1[spot.x]), vec4<T>(b1[spot.y])).x;
}

// The last dimension is a multiple of 4; an operand steps through it by 1, from multiples of 4, or not at all.
@compute @workgroup_size(WG)
fn vectors(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= walk.n) { return; }
  let spot = places(4u * i);
  var p = a[spot.x / 4u];
  var q = b[spot.y / 4u];
  if (walk.a_splat == 1u) { p = vec4<T>(p[spot.x % 4u]); }
  if (walk.b_splat == 1u) { q = vec4<T>(q[spot.y % 4u]); }
  out[walk.out_start / 4u + i] = value(p, q);
}
// lib:pair end

fn truth(p: vec4<T>, q: vec4<T>) -> vec4<bool> {
  let none = vec4<T>();
  switch OP {
    case 0u: { return p == q; }
    case 1u: { return p != q; }
    case 2u: { return p < q; }
    case 3u: { return p <= q; }
    case 4u: { return p > q; }
    case 5u: { return p >= q; }
    case 6u: { return (p != none) & (q != none); }
    case 7u: { return (p != none) | (q != none); }
    default: { return (p != none) != (q != none); }
  }
}

fn value(p: vec4<T>, q: vec4<T>) -> vec4u { return select(vec4u(), vec4u(1u), truth(p, q)); }
