// Drawing positions of rows of weights [rows, cols], each with the probability weight / sum. `choose` draws one position
// per workgroup by its cumulative sum; `races` gives every position a waiting time, of which the shortest are drawn
// without replacement. A weight that is negative, NaN or infinite, and a row without enough weight, is reported.

struct Params { counter: vec4u, key: vec2u, rows: u32, cols: u32, samples: u32, first: u32, command: u32, pad0: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> chosen: array<i32>;
@group(0) @binding(2) var<storage, read_write> times: array<f32>;
@group(0) @binding(2) var<storage, read> winners: array<i32>;
@group(0) @binding(3) var<storage, read_write> fault: array<atomic<u32>>;

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

// lib:fault begin
// Records (command, element, value, kind) in the device's fault word; the first one wins. Kinds: 0 index, 1 a number that
// is none, 2 a value out of range.
fn report(command: u32, element: u32, value: u32, kind: u32) {
  for (var tries = 0u; tries < 64u; tries++) { // a weak exchange may fail without a reason
    let r = atomicCompareExchangeWeak(&fault[0], 0u, command);
    if (r.exchanged) {
      atomicStore(&fault[1], element);
      atomicStore(&fault[2], value);
      atomicStore(&fault[3], kind);
      return;
    }
    if (r.old_value != 0u) { return; }
  }
}
// lib:fault end

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

var<workgroup> sums: array<f32, 65>;

fn word(element: u32) -> u32 {
  let four = philox4x32_10(params.counter + vec4u(element / 4u, 0u, 0u, 0u), params.key);
  return four[element % 4u];
}

// The weight at i; a bad one is reported and counts as 0.
fn weight_at(i: u32) -> f32 {
  let v = weights[i];
  let bits = bitcast<u32>(v);
  let size = bits & 0x7fffffffu;
  if (size >= 0x7f800000u || (size != 0u && size != bits)) {
    report(params.command, i, bits, 2u);
    return 0.0;
  }
  return v;
}

@compute @workgroup_size(64)
fn choose(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = w.x + w.y * groups.x;
  let row = min(i / params.samples, params.rows - 1u);
  let each = (params.cols + 63u) / 64u;
  let begin = min(l * each, params.cols);
  let end = min(begin + each, params.cols);
  var own = 0.0;
  for (var c = begin; c < end; c++) { own += weight_at(row * params.cols + c); }
  sums[l + 1u] = own;
  workgroupBarrier();
  if (l == 0u) {
    var all = 0.0;
    sums[0] = 0.0;
    for (var k = 1u; k <= 64u; k++) {
      all += sums[k];
      sums[k] = all;
    }
  }
  workgroupBarrier();
  if (i >= params.rows * params.samples) { return; }
  let total = sums[64];
  if (l == 0u && !(total > 0.0)) {
    report(params.command, row, bitcast<u32>(total), 2u);
    chosen[i] = 0;
  }
  let u = f32(word(params.first * params.samples + i) >> 8u) * 0x1p-24f;
  let goal = min(u * total, total * 0.9999999);
  var at = sums[l];
  if (goal < at || goal >= sums[l + 1u]) { return; }
  var last = begin;
  for (var c = begin; c < end; c++) {
    let v = weight_at(row * params.cols + c);
    if (v > 0.0) {
      at += v;
      last = c;
      if (at > goal) { break; }
    }
  }
  chosen[i] = i32(last);
}

// Exponential waiting times: -log(u) / weight, never for weight 0.
@compute @workgroup_size(64)
fn races(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * 64u;
  if (i >= params.rows * params.cols) { return; }
  let v = weight_at(i);
  let u = f32(word(params.first * params.cols + i) >> 8u) * 0x1p-24f + 0x1p-25f;
  times[i] = select(3.4e38, min(-log4(vec4f(u)).x / v, 3.3e38), v > 0.0);
}

// A drawn position of weight 0 means that there were not enough others.
@compute @workgroup_size(64)
fn check(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * 64u;
  if (i >= params.rows * params.samples) { return; }
  let v = weights[i / params.samples * params.cols + u32(winners[i])];
  if (!(v > 0.0)) { report(params.command, i, bitcast<u32>(v), 2u); }
}
