// Batch normalisation of a dense [batch, channels, length] tensor, over batch and length. A workgroup of CHANNELS * ROWS
// lanes handles CHANNELS neighbouring channels, each with ROWS lanes that stride through batch and length, then a tree.

struct Params { channels: u32, length: u32, count: u32, eps: f32 }
struct Update { channels: u32, momentum: f32, unbiased: f32, cumulative: u32 }

override CHANNELS: u32 = 8u;
override ROWS: u32 = 8u;
override WG: u32 = 64u; // CHANNELS * ROWS, or the lanes of an elementwise entry
override SCALE: bool = false; // there are a weight and a bias

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(0) var<uniform> update_params: Update;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> grad: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> stats: array<vec4f>; // mean, 1 / deviation, variance
@group(0) @binding(4) var<storage, read> sum0: array<f32>; // per channel, of grad: the gradient of the bias
@group(0) @binding(8) var<storage, read> sum1: array<f32>; // of grad * normalised: the gradient of the weight
@group(0) @binding(6) var<storage, read_write> out_stats: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> out_sum0: array<f32>;
@group(0) @binding(7) var<storage, read_write> out_sum1: array<f32>;
@group(0) @binding(6) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> running_var: array<f32>;
@group(0) @binding(3) var<storage, read_write> batches: array<i32>;
@group(0) @binding(7) var<storage, read> fault: array<u32>;

var<workgroup> parts: array<vec2f, 256>;

// The sum over the lanes of a channel, in each of them; lane l belongs to channel l % CHANNELS.
fn all_rows(own: vec2f, l: u32) -> vec2f {
  var all = own;
  if (ROWS > 1u) {
    workgroupBarrier();
    parts[l] = own;
    for (var half = ROWS / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (l < half * CHANNELS) { parts[l] += parts[l + half * CHANNELS]; }
    }
    workgroupBarrier();
    all = parts[l % CHANNELS];
  }
  return all;
}

// Where the j-th element of a channel stands.
fn place(channel: u32, j: u32) -> u32 {
  return ((j / params.length) * params.channels + channel) * params.length + j % params.length;
}

@compute @workgroup_size(WG)
fn measure(@builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let wanted = (w.x + w.y * groups.x) * CHANNELS + l % CHANNELS;
  let channel = min(wanted, params.channels - 1u);
  var total = 0.0;
  for (var j = l / CHANNELS; j < params.count; j += ROWS) { total += x[place(channel, j)]; }
  let mean = all_rows(vec2f(total, 0.0), l).x / f32(params.count);
  var squares = 0.0;
  for (var j = l / CHANNELS; j < params.count; j += ROWS) {
    let d = x[place(channel, j)] - mean;
    squares = fma(d, d, squares);
  }
  let variance = all_rows(vec2f(squares, 0.0), l).x / f32(params.count);
  if (l < CHANNELS && wanted < params.channels) {
    out_stats[channel] = vec4f(mean, 1.0 / sqrt(variance + params.eps), variance, 0.0);
  }
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.channels * params.count) { return; }
  let c = (i / params.length) % params.channels;
  let s = stats[c];
  var v = (x[i] - s.x) * s.y;
  if (SCALE) { v = fma(v, weight[c], bias[c]); }
  out[i] = v;
}

// Gradients of bias (sum0) and weight (sum1).
@compute @workgroup_size(WG)
fn gradient_sums(@builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let wanted = (w.x + w.y * groups.x) * CHANNELS + l % CHANNELS;
  let channel = min(wanted, params.channels - 1u);
  let s = stats[channel];
  var a = 0.0;
  var b = 0.0;
  for (var j = l / CHANNELS; j < params.count; j += ROWS) {
    let at = place(channel, j);
    a += grad[at];
    b = fma(grad[at], (x[at] - s.x) * s.y, b);
  }
  let all = all_rows(vec2f(a, b), l);
  if (l < CHANNELS && wanted < params.channels) {
    out_sum0[channel] = all.x;
    out_sum1[channel] = all.y;
  }
}

// d x = weight (grad - (sum0 + normalised sum1) / count) / deviation.
@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.channels * params.count) { return; }
  let c = (i / params.length) % params.channels;
  let s = stats[c];
  let v = (grad[i] - fma((x[i] - s.x) * s.y, sum1[c], sum0[c]) / f32(params.count)) * s.y;
  if (SCALE) {
    out[i] = v * weight[c];
  } else {
    out[i] = v;
  }
}

// One workgroup: running statistics move towards the batch's by `momentum`, or by 1 / batches seen.
@compute @workgroup_size(64)
fn update(@builtin(local_invocation_index) l: u32) {
  let before = batches[0];
  storageBarrier();
  if (fault[0] == 0u) {
    var share = update_params.momentum;
    if (update_params.cumulative == 1u) { share = 1.0 / f32(before + 1); }
    for (var c = l; c < update_params.channels; c += 64u) {
      let s = stats[c];
      running_mean[c] = (1.0 - share) * running_mean[c] + share * s.x;
      running_var[c] = (1.0 - share) * running_var[c] + share * s.z * update_params.unbiased;
    }
    if (l == 0u) { batches[0] = before + 1; }
  }
}
