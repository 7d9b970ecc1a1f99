// p^q of two f32 tensors, or of a tensor and a number; OP 1 is the factor log(p) of the gradient of q, with 0 for p = 0.

alias T = f32; // element type
alias U = T;

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

// lib:exponent begin
// Pieces of exponential functions: about 1e-8 relative before rounding, the same on every adapter.
fn is_nan(v: vec4f) -> vec4<bool> { return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }

// v 2^n in two factors: 2^n alone may be no number.
fn scaled(v: vec4f, n: vec4f) -> vec4f {
  let i = vec4i(n);
  let h = i / 2;
  return v * bitcast<vec4f>((h + 127) << vec4u(23u)) * bitcast<vec4f>((i - h + 127) << vec4u(23u));
}

// e^r - 1 for |r| <= ln 2 / 2.
fn exp_rest(r: vec4f) -> vec4f {
  return r + r * r * (0.500000002859 + r * (0.166665733611 + r * (0.041666363407 + r * (0.008363776143 + r * 0.001394216488))));
}

// x - n ln 2; the first part has so few bits that its product with n is exact.
fn minus_ln2(x: vec4f, n: vec4f) -> vec4f { return x - n * 0.693359375 + n * 2.1219444e-4; }
// lib:exponent end

// lib:logarithm begin
// Natural logarithm to about 1e-7 relative: WGSL's own may be off by 1e-4 near 1.
// log(1 + f) for 1 + f between sqrt(1/2) and sqrt(2).
fn log_rest(f: vec4f) -> vec4f {
  let s = f / (2.0 + f);
  let z = s * s;
  return f - s * (f - z * (0.66666686244 + z * (0.399883014527 + z * 0.296012768239)));
}

// x = 2^e (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), for positive normal numbers.
struct Parts { e: vec4f, f: vec4f }
fn parts(x: vec4f) -> Parts {
  let i = bitcast<vec4i>(x);
  let e = (i - 0x3f3504f3) >> vec4u(23u);
  return Parts(vec4f(e), bitcast<vec4f>(i - (e << vec4u(23u))) - 1.0);
}

fn log4(x: vec4f) -> vec4f {
  let tiny = x < vec4f(1.17549435e-38);
  let up = select(x, x * 33554432.0, tiny); // 0 for denormal numbers where the adapter flushes them
  let p = parts(up);
  let e = select(p.e, p.e - 25.0, tiny);
  let y = e * 0.693359375 + (log_rest(p.f) - e * 2.1219444e-4);
  // Drivers disagree about 0 and infinity: -infinity for 0, NaN below, infinity and NaN stay what they are.
  let bits = bitcast<vec4u>(x);
  let other = select(select(bits, vec4u(0x7fc00000u), x < vec4f()), vec4u(0xff800000u), up == vec4f());
  return select(bitcast<vec4f>(other), y, ((bits - vec4u(1u)) < vec4u(0x7f7fffffu)) & (up != vec4f()));
}
// lib:logarithm end

// |p|^q = 2^(q e) e^(q log(1 + f)) for |p| = 2^e (1 + f): q e is formed in exact halves, so that only the second, small
// exponent is rounded.
fn power(p: vec4f, q: vec4f) -> vec4f {
  let a = parts(abs(p));
  let top = bitcast<vec4f>(bitcast<vec4u>(q) & vec4u(0xfffff000u));
  let rest = (q - top) * a.e;
  let whole = round(top * a.e);
  let fraction = (top * a.e - whole + rest) * 0.69314718056 + q * log_rest(a.f);
  let n = round(clamp(fraction, vec4f(-300.0), vec4f(300.0)) * 1.4426950409);
  let total = clamp(whole + n, vec4f(-250.0), vec4f(250.0));
  return scaled(1.0 + exp_rest(minus_ln2(fraction, n)), total);
}

fn value(p: vec4f, q: vec4f) -> vec4f {
  if (OP == 1u) { return select(log4(p), vec4f(), p == vec4f()); }
  let one = vec4f(1.0);
  let size = bitcast<vec4u>(p) & vec4u(0x7fffffffu);
  // Denormal numbers and huge exponents are left to the driver.
  let usual = ((size - vec4u(0x00800000u)) < vec4u(0x7f000000u)) & (abs(q) < vec4f(1e6));
  let edge = (size == vec4u()) | (size == vec4u(0x7f800000u));
  let other = select(pow(abs(p), q), select(1.0 / abs(p), abs(p), q > vec4f()), edge);
  let y = select(other, power(p, q), usual);
  let integer = floor(q) == q;
  let odd = integer & (floor(0.5 * q) != 0.5 * q);
  let negative = p < vec4f();
  let signed = select(y, -y, negative & odd);
  let real = select(signed, sqrt(p), negative & !integer); // not a number
  return select(select(real, one, (q == vec4f()) | (p == one)), p + q, (is_nan(p) & (q != vec4f())) | (is_nan(q) & (p != one)));
}
