// Random tensors. A lane makes one Philox block: elements 4i..4i+3 of the draw. Elements behind the tensor's end keep
// what they hold, as they may belong to another tensor.

struct Params { counter: vec4u, key: vec2u, n: u32, lo: i32, a: f32, b: f32, c: f32, size: u32 }

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> words: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> integers: array<vec4i>;

// lib:philox begin
// Philox4x32-10 (Salmon et al., SC 2011): four random words of a counter and a key, bit-equal to src/tensor/random.ts.
fn mul_high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let upper = ah * bl + ((al * bl) >> 16u);
  let lower = al * bh + (upper & 0xffffu);
  return ah * bh + (upper >> 16u) + (lower >> 16u);
}

fn philox4x32_10(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let h0 = mul_high(0xd2511f53u, c.x);
    let h1 = mul_high(0xcd9e8d57u, c.z);
    c = vec4u(h1 ^ c.y ^ k.x, 0xcd9e8d57u * c.z, h0 ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// Floats in [0, 1), multiples of 2^-24.
fn unit(four: vec4u) -> vec4f {
  return vec4f(four >> vec4u(8u)) * 0x1p-24f;
}
// lib:philox end

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

fn draw(i: u32) -> vec4u {
  return philox4x32_10(params.counter + vec4u(i, 0u, 0u, 0u), params.key);
}

fn inside(i: u32) -> vec4<bool> {
  return vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n);
}

fn store(i: u32, v: vec4f) {
  if (4u * i + 4u <= params.n) {
    out[i] = v;
  } else {
    out[i] = select(out[i], v, inside(i));
  }
}

// Plain words.
@compute @workgroup_size(WG)
fn bits(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  words[i] = select(words[i], draw(i), inside(i));
}

// a + b u, at most c (the last float below the upper end, which rounding may otherwise reach).
@compute @workgroup_size(WG)
fn floats(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  store(i, min(params.a + params.b * unit(draw(i)), vec4f(params.c)));
}

// sin(pi x) and cos(pi x) for |x| <= 1, to the last bits whatever the driver's sin does: Taylor on [-pi/4, pi/4].
fn sincospi(x: f32) -> vec2f {
  let quarter = round(2.0 * x);
  let t = (x - 0.5 * quarter) * 3.14159265358979;
  let z = t * t;
  let s = t + t * z * (-0.166666667 + z * (0.00833333333 + z * (-0.000198412698 + z * 2.75573192e-6)));
  let c = 1.0 + z * (-0.5 + z * (0.0416666667 + z * (-0.00138888889 + z * 2.48015873e-5)));
  let q = i32(quarter) & 3;
  let turned = select(vec2f(s, c), vec2f(c, -s), (q & 1) == 1);
  return select(turned, -turned, q >= 2);
}

// Two pairs of normal numbers of two pairs of words (Box and Muller).
fn normal_of(w: vec4u) -> vec4f {
  let angle = vec2f(bitcast<vec2i>(w.xz)) * 0x1p-31f + 0x1p-32f;
  let radius = sqrt(max(-2.0 * log4(vec4f(w.yyww) * 0x1p-32f + 0x1p-33f), vec4f()));
  return radius * vec4f(sincospi(angle.x), sincospi(angle.y));
}

// a + b z.
@compute @workgroup_size(WG)
fn normal(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  let w = draw(i);
  store(i, params.a + params.b * normal_of(w));
}

// 1 with probability a, else 0.
@compute @workgroup_size(WG)
fn bernoulli(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  store(i, select(vec4f(), vec4f(1.0), unit(draw(i)) < vec4f(params.a)));
}

// lo + floor(size * word / 2^32): integers from lo to lo + size - 1; size 0 stands for 2^32.
@compute @workgroup_size(WG)
fn randint(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  let w = draw(i);
  var v = w;
  if (params.size != 0u) {
    v = vec4u(mul_high(w.x, params.size), mul_high(w.y, params.size), mul_high(w.z, params.size), mul_high(w.w, params.size));
  }
  integers[i] = select(integers[i], bitcast<vec4i>(v + vec4u(bitcast<u32>(params.lo))), inside(i));
}
