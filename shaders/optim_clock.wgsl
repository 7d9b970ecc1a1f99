// Step counts of parameters, and what follows from them. A clock is 256 bytes per parameter: word 0 counts the steps,
// words 4 to 7 hold what `tick` leaves for the kernels of this step. As the GPU counts, a step that it skips (a fault, or
// a flag such as an overflow) does not count. ASGD has two more clocks of a word each behind: eta and mu.

struct Tick {
  first: u32, count: u32, // of `rows`
  kind: u32,              // 0 plain, 1 Adam, 2 Keras' Adam, 3 Adagrad, 4 ASGD, 5 average of all, 6 moving average
  scaling: u32,           // 0 none, 1 by factors[0], 2 by factors[first + i]
  sign: f32,              // -1 maximises
  lr: f32,
  log1: f32, log2: f32,   // logarithms of Adam's betas
  decay: f32,             // Adagrad: of the learning rate; ASGD: lambd; moving average: of the average
  alpha: f32, start: f32, // ASGD: power of eta, first step of the average
}
struct Factors { count: u32, all: u32, scaled: u32, limit: f32 }

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Tick;
@group(0) @binding(0) var<uniform> factors_params: Factors;
@group(0) @binding(1) var<storage, read> rows: array<u32>;       // word where a clock starts
@group(0) @binding(2) var<storage, read_write> clocks: array<f32>;
@group(0) @binding(3) var<storage, read> fault: array<u32>;
@group(0) @binding(4) var<storage, read> skip: array<u32>;
@group(0) @binding(5) var<storage, read> factors: array<f32>;
@group(0) @binding(6) var<storage, read> sums: array<f32>;
@group(0) @binding(7) var<storage, read> ranges: array<u32>;     // first entry of `sums` of each parameter, and the end
@group(0) @binding(8) var<storage, read_write> out: array<f32>;

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

// 1 - e^x for x <= 0, as accurate near 0 as elsewhere: Adam's first corrections are 1 - 0.999.
fn rest_of_power(x: f32) -> f32 {
  let s = -x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666668 + x * (0.008333334 + x * (0.0013888889 + x * (0.0001984127 + x * 0.000024801587)))))));
  return select(1.0 - exp4(vec4f(x)).x, s, x > -0.5);
}

@compute @workgroup_size(WG)
fn tick(@builtin(global_invocation_id) g: vec3u) {
  if (g.x >= params.count) { return; }
  let at = rows[params.first + g.x];
  clocks[at + 4u] = 0.0;
  if (fault[0] != 0u || (skip[0] & 0x7fffffffu) != 0u) { return; }
  let t = clocks[at] + 1.0;
  clocks[at] = t;
  var scale = params.sign;
  if (params.scaling == 1u) { scale *= factors[0]; }
  if (params.scaling == 2u) { scale *= factors[params.first + g.x]; }
  var a = 0.0;
  var b = 0.0;
  switch (params.kind) {
    case 1u: {
      a = params.lr / rest_of_power(t * params.log1);
      b = 1.0 / sqrt(rest_of_power(t * params.log2));
    }
    case 2u: {
      a = params.lr * sqrt(rest_of_power(t * params.log2)) / rest_of_power(t * params.log1);
      b = 1.0;
    }
    case 3u: { a = params.lr / (1.0 + (t - 1.0) * params.decay); }
    case 4u: { // the numbers of the step before: they move after a step
      a = select(clocks[at + 64u], params.lr, t == 1.0);
      b = select(clocks[at + 128u], 1.0, t == 1.0);
      clocks[at + 64u] = params.lr * exp4(-params.alpha * log1p4(vec4f(params.decay * params.lr * t))).x;
      clocks[at + 128u] = 1.0 / max(1.0, t - params.start);
    }
    case 5u: { a = 1.0 / t; }
    case 6u: { a = select(1.0 - params.decay, 1.0, t == 1.0); }
    default: { a = select(0.0, 1.0, t == 1.0); }
  }
  clocks[at + 5u] = scale;
  clocks[at + 6u] = a;
  clocks[at + 7u] = b;
  clocks[at + 4u] = 1.0;
}

var<workgroup> shared_sums: array<f32, 64>;

// Factors that bring the norm of gradients down to `limit`, from the sums of squares of their blocks: a workgroup for each
// parameter, or one for all. factors[0] (a loss scale) counts where `scaled` is 1.
@compute @workgroup_size(64)
fn clip(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = w.x + w.y * groups.x;
  let k = min(i, factors_params.count - 1u);
  let end = ranges[select(k + 1u, factors_params.count, factors_params.all == 1u)];
  var sum = 0.0;
  for (var at = ranges[select(k, 0u, factors_params.all == 1u)] + lane; at < end; at += 64u) { sum += sums[at]; }
  shared_sums[lane] = sum;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { shared_sums[lane] += shared_sums[lane + half]; }
  }
  if (lane == 0u && i == k) {
    var scale = 1.0;
    if (factors_params.scaled == 1u) { scale = factors[0]; }
    out[k] = scale * factors_params.limit / max(sqrt(shared_sums[0]) * abs(scale), factors_params.limit);
  }
}
