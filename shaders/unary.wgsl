// Elementwise functions of one f32 tensor and their derivatives. OP picks the function when the pipeline is compiled.
// A lane handles four elements; the tail of the last vector is computed on garbage and never read.

struct Params { n: u32, a: f32, b: f32 }

override OP: u32 = 0u;
override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> slopes: array<vec4f>;

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

// The rest of the elementary functions; like those above, to a few 1e-7 relative. Polynomials are minimax fits.
fn expm1_4(x: vec4f) -> vec4f {
  let c = clamp(x, vec4f(-104.0), vec4f(80.0));
  let n = round(c * 1.4426950409);
  let power = scaled(vec4f(1.0), n);
  let y = select(power * exp_rest(minus_ln2(c, n)) + (power - 1.0), exp4(x), x > vec4f(40.0));
  return select(y, x, is_nan(x));
}

fn sigmoid4(x: vec4f) -> vec4f { return 1.0 / (1.0 + exp4(-x)); }

fn tanh4(x: vec4f) -> vec4f {
  let t = expm1_4(2.0 * min(abs(x), vec4f(20.0)));
  let y = t / (t + 2.0);
  return select(select(y, -y, x < vec4f()), x, is_nan(x));
}

// erfc(a) for a >= 0.9.
fn erfc_tail(a: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.5 * a);
  let p = 0.28209696161 + t * (0.282061779754 + t * (0.246844701484 + t * (0.178994936542 + t * (0.061305754128 +
    t * (0.080690286864 + t * (-0.223757815732 + t * 0.09228596691))))));
  return exp4(-a * a) * t * p;
}

fn erf4(x: vec4f) -> vec4f {
  let a = abs(x);
  let z = x * x;
  let small = x * (1.128379165727 + z * (-0.3761262582422 + z * (0.1128358514844 + z * (-0.02685381192784 +
    z * (0.005188327671441 + z * (-0.0008010193498242 + z * 0.00007853860928828))))));
  let large = 1.0 - erfc_tail(a);
  return select(select(small, select(large, -large, x < vec4f()), a > vec4f(0.9)), x, is_nan(x));
}

// The normal distribution function; no cancellation for negative x.
fn normal4(x: vec4f) -> vec4f {
  let h = x * 0.70710678118;
  return 0.5 * select(1.0 + erf4(h), erfc_tail(-h), h < vec4f(-0.9));
}

// sin(x + quarter pi/2), good to |x| of about 30000: pi/2 in three parts whose products with n are exact.
fn wave(x: vec4f, quarter: f32) -> vec4f {
  let n = round(x * 0.63661977237);
  let r = ((x - n * 1.5703125) - n * 0.0004837512969970703125) - n * 7.5497899548918822e-8;
  let z = r * r;
  let s = r + r * z * (-0.16666664575300774 + z * (0.008332733181477207 - z * 0.00019584832071816664));
  let c = 1.0 - 0.5 * z + z * z * (0.04166666458215702 + z * (-0.001388828917166352 + z * 2.4545077931478385e-5));
  let turn = n + quarter;
  let q = turn - 4.0 * floor(turn * 0.25);
  let y = select(s, c, (q == vec4f(1.0)) | (q == vec4f(3.0)));
  return select(y, -y, q >= vec4f(2.0));
}

const ZERO = vec4f();

// The argument of tanh in the tanh form of GELU, and its derivative.
fn gelu_inner(v: vec4f) -> vec4f { return 0.7978845608 * v * (1.0 + 0.044715 * v * v); }
fn gelu_slope(v: vec4f) -> vec4f { return 0.7978845608 * (1.0 + 0.134145 * v * v); }

fn value(v: vec4f) -> vec4f {
  switch OP {
    case 0u: { return exp4(v); }
    case 1u: { return expm1_4(v); }
    case 2u: { return log4(v); }
    case 3u: { return log1p4(v); }
    case 4u: { return sqrt(v); }
    case 5u: { return inverseSqrt(v); }
    case 6u: { return v * v; }
    case 7u: { return 1.0 / v; }
    case 8u: { return abs(v); }
    case 9u: { return -v; }
    case 10u: { return select(sign(v), v, is_nan(v)); }
    case 11u: { return floor(v); }
    case 12u: { return ceil(v); }
    case 13u: { return round(v); }
    case 14u: { return wave(v, 0.0); }
    case 15u: { return wave(v, 1.0); }
    case 16u: { return erf4(v); }
    case 17u: { return tanh4(v); }
    case 18u: { return sigmoid4(v); }
    case 19u: { return select(v, ZERO, v <= ZERO); } // relu
    case 20u: { return select(v, params.a * v, v < ZERO); } // leakyRelu
    case 21u: { return select(v, params.a * expm1_4(v), v < ZERO); } // elu
    case 22u: { return v * normal4(v); } // gelu
    case 23u: { return v * sigmoid4(2.0 * gelu_inner(v)); } // gelu, tanh form
    case 24u: { return v * sigmoid4(v); } // silu
    case 25u: { // softplus
      let t = params.a * v;
      return select((max(t, ZERO) + log1p4(exp4(-abs(t)))) / params.a, v, (t > vec4f(params.b)) | is_nan(v));
    }
    default: { // clamp; 27: hardSigmoid, the clamp of a linear function
      let t = select(v, params.a * v + params.b, OP == 27u);
      let low = select(params.a, 0.0, OP == 27u);
      let high = select(params.b, 1.0, OP == 27u);
      let y = select(t, vec4f(low), t < vec4f(low));
      return select(y, vec4f(high), y > vec4f(high));
    }
  }
}

// The derivative times the incoming gradient; v is the input or, where that is enough, the output.
fn slope(v: vec4f, g: vec4f) -> vec4f {
  switch OP {
    case 0u: { return g * v; }
    case 1u: { return g * (v + 1.0); }
    case 2u: { return g / v; }
    case 3u: { return g / (v + 1.0); }
    case 4u: { return 0.5 * g / v; }
    case 5u: { return -0.5 * g * v * v * v; }
    case 6u: { return 2.0 * g * v; }
    case 7u: { return -g * v * v; }
    case 8u: { return g * sign(v); }
    case 9u: { return -g; }
    case 14u: { return g * wave(v, 1.0); }
    case 15u: { return -g * wave(v, 0.0); }
    case 16u: { return g * 1.1283791671 * exp4(-v * v); }
    case 17u: { return g * (1.0 - v * v); }
    case 18u: { return g * v * (1.0 - v); }
    case 19u: { return select(ZERO, g, v > ZERO); }
    case 20u: { return select(params.a * g, g, v > ZERO); }
    case 21u: { return select(g * params.a * exp4(v), g, v > ZERO); }
    case 22u: { return g * (normal4(v) + v * 0.3989422804 * exp4(-0.5 * v * v)); }
    case 23u: {
      let s = sigmoid4(2.0 * gelu_inner(v));
      return g * s * (1.0 + 2.0 * v * (1.0 - s) * gelu_slope(v));
    }
    case 24u: {
      let s = sigmoid4(v);
      return g * s * (1.0 + v * (1.0 - s));
    }
    case 25u: { return select(g * sigmoid4(params.a * v), g, params.a * v > vec4f(params.b)); }
    case 26u: { return select(ZERO, g, (v >= vec4f(params.a)) & (v <= vec4f(params.b))); }
    case 27u: { return select(ZERO, params.a * g, (v > ZERO) & (v < vec4f(1.0))); }
    default: { return ZERO; } // sign and roundings
  }
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  out[i] = value(x[i]);
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  slopes[i] = slope(x[i], grad[i]);
}
