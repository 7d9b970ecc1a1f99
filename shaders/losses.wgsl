// Losses that compare x with a target t element by element. OP picks the loss; `each` stores every element, `partial`
// and `combine` sum them in an order that depends on their number only, `backward` is the derivative by x (or by t).

struct Params { n: u32, first: u32, a: f32, scale: f32 }

override WG: u32 = 64u;
override OP: u32 = 0u;
override WEIGHTED: bool = false;
override POSITIVE: bool = false; // a factor on the positive part of a binary target
override EACH: bool = false; // one gradient per element; else one for all, times scale
override BY_TARGET: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> t: array<vec4f>;
@group(0) @binding(3) var<storage, read> weight: array<vec4f>;
@group(0) @binding(4) var<storage, read> positive: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;
@group(0) @binding(1) var<storage, read> addends: array<f32>;
@group(0) @binding(6) var<storage, read> grad: array<vec4f>;
@group(0) @binding(7) var<storage, read> grad1: array<f32>;

var<workgroup> lane_sums: array<f32, 64>;

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

// lib:exp begin
// e^x to about 1e-7 relative; needs lib:exponent.
fn exp4(x: vec4f) -> vec4f {
  let c = clamp(x, vec4f(-104.0), vec4f(89.0));
  let n = round(c * 1.4426950409);
  return select(scaled(1.0 + exp_rest(minus_ln2(c, n)), n), x, is_nan(x));
}
// lib:exp end

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

// lib:log1p begin
// log(1 + x), accurate near 0; needs lib:logarithm.
fn log1p4(x: vec4f) -> vec4f {
  return select(log4(1.0 + x), log_rest(x), (x > vec4f(-0.29)) & (x < vec4f(0.41)));
}
// lib:log1p end

fn log_clamped(v: vec4f) -> vec4f { return max(log4(v), vec4f(-100.0)); }

fn loss(v: vec4f, y: vec4f, p: vec4f) -> vec4f {
  let d = v - y;
  switch OP {
    case 0u: { return d * d; }
    case 1u: { return abs(d); }
    case 2u: { // smooth L1 with beta a
      let near = min(abs(d), vec4f(params.a));
      return near * (abs(d) - 0.5 * near) / params.a;
    }
    case 3u: { // binary cross-entropy of logits; p is the factor of the positive part
      let soft = log1p4(exp4(-abs(v))) + max(-v, vec4f()); // log(1 + e^-v)
      return (1.0 - y) * v + (1.0 + (p - 1.0) * y) * soft;
    }
    case 4u: { return -(y * log_clamped(v) + (1.0 - y) * log_clamped(1.0 - v)); }
    case 5u: { return select(vec4f(), y * (log4(y) - v), y > vec4f()); } // KL, v holds logarithms
    default: { return exp4(y) * (y - v); } // KL, both hold logarithms
  }
}

fn by_x(v: vec4f, y: vec4f, p: vec4f) -> vec4f {
  let d = v - y;
  switch OP {
    case 0u: { return 2.0 * d; }
    case 1u: { return sign(d); }
    case 2u: { return clamp(d / params.a, vec4f(-1.0), vec4f(1.0)); }
    case 3u: {
      let e = exp4(-abs(v));
      let below = select(vec4f(1.0), e, v >= vec4f()) / (1.0 + e); // sigmoid(-v)
      return (1.0 - y) - (1.0 + (p - 1.0) * y) * below;
    }
    case 4u: { return d / max(v * (1.0 - v), vec4f(1e-12)); }
    case 5u: { return -y; }
    default: { return -exp4(y); }
  }
}

fn by_target(v: vec4f, y: vec4f, p: vec4f) -> vec4f {
  switch OP {
    case 0u, 1u, 2u: { return -by_x(v, y, p); }
    case 3u: { return (p - 1.0) * (log1p4(exp4(-abs(v))) + max(-v, vec4f())) - v; }
    case 4u: { return log_clamped(1.0 - v) - log_clamped(v); }
    case 5u: { return select(vec4f(), log4(y) + 1.0 - v, y > vec4f()); }
    default: { return exp4(y) * (y - v + 1.0); }
  }
}

fn factor(i: u32) -> vec4f {
  if (POSITIVE) { return positive[i]; }
  return vec4f(1.0);
}

fn value(i: u32) -> vec4f {
  var v = loss(x[i], t[i], factor(i));
  if (WEIGHTED) { v *= weight[i]; }
  return v;
}

@compute @workgroup_size(WG)
fn each(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  out[i] = value(i);
}

// Sum over the 64 lanes, at lane 0.
fn tree(own: f32, lane: u32) -> f32 {
  lane_sums[lane] = own;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { lane_sums[lane] += lane_sums[lane + half]; }
  }
  return lane_sums[lane];
}

// 4096 vectors per workgroup.
@compute @workgroup_size(64)
fn partial(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let part = w.x + w.y * groups.x;
  let end = min((params.n + 3u) / 4u, (part + 1u) * 4096u);
  var all = vec4f();
  for (var i = part * 4096u + l; i < end; i += 64u) {
    all += select(vec4f(), value(i), vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n));
  }
  let sum = tree((all.x + all.y) + (all.z + all.w), l);
  if (l == 0u && part * 4096u < (params.n + 3u) / 4u) { sums[params.first + part] = sum * params.scale; }
}

// 4096 sums per workgroup.
@compute @workgroup_size(64)
fn combine(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u) {
  var all = 0.0;
  let end = min(params.n, (w.x + 1u) * 4096u);
  for (var i = w.x * 4096u + l; i < end; i += 64u) { all += addends[i]; }
  let sum = tree(all, l);
  if (l == 0u) { sums[w.x] = sum * params.scale; }
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  var s: vec4f;
  if (EACH) {
    s = grad[i];
  } else {
    s = vec4f(grad1[0] * params.scale);
  }
  if (WEIGHTED) { s *= weight[i]; }
  if (BY_TARGET) {
    out[i] = s * by_target(x[i], t[i], factor(i));
  } else {
    out[i] = s * by_x(x[i], t[i], factor(i));
  }
}
