// The three products of attention pooling over x [batch, steps, features]: dot products of every step with a vector,
// weighted sums of the steps, and the gradient of x. Features go four at a time; strides count vectors.

struct Params {
  n: u32, steps: u32, batch: u32, width: u32, // lanes, steps of a row, rows, vectors per step
  x_start: u32, x_row: u32, x_step: u32, // first vector of x, from row to row, from step to step
  row: u32, v_row: u32, // number of the first row, vectors from one row's vector to the next (0: one for all)
  tail: u32, // features in the last vector of a step
  first: u32, end: u32, chunks: u32, pad0: u32, pad1: u32, pad2: u32, // outer: steps that are written, lanes that share them
}

override WG: u32 = 64u;
const CHUNK = 512u; // steps that are summed one by one; sums of chunks are added

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> slopes: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> out1: array<f32>;

// out1[row, t] = sum over k of x[row, t, k] v[k]
@compute @workgroup_size(WG)
fn dots(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let row = i / params.steps;
  let base = params.x_start + row * params.x_row + i % params.steps * params.x_step;
  let other = (params.row + row) * params.v_row;
  var sum = vec4f();
  let last = params.width - 1u;
  for (var k = 0u; k < last; k++) { sum = fma(x[base + k], v[other + k], sum); }
  let inside = vec4u(0u, 1u, 2u, 3u) < vec4u(params.tail); // what is behind the last feature may be anything
  sum = select(sum, fma(x[base + last], v[other + last], sum), inside);
  out1[params.row * params.steps + i] = (sum.x + sum.y) + (sum.z + sum.w);
}

// out[row, k] = sum over t of weights[row, t] x[row, t, k]
@compute @workgroup_size(WG)
fn sums(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let row = i / params.width;
  let base = params.x_start + row * params.x_row + i % params.width;
  let first_weight = (params.row + row) * params.steps;
  var total = vec4f();
  for (var first = 0u; first < params.steps; first += CHUNK) {
    var sum = vec4f();
    for (var t = first; t < min(first + CHUNK, params.steps); t++) {
      sum = fma(vec4f(weights[first_weight + t]), x[base + t * params.x_step], sum);
    }
    total += sum;
  }
  out[params.row * params.width + i] = total;
}

// out[row, t, k] = weights[row, t] x[row, k] + slopes[row, t] v[k], where x is the gradient of the sums. A lane loads it
// once for many steps; strides and `batch` are those of the bound part of the result.
@compute @workgroup_size(WG)
fn outer(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let column = i % params.width;
  let local = i / params.width % params.batch;
  let row = params.row + local;
  let given = x[row * params.width + column];
  let vector = v[column];
  let base = params.x_start + local * params.x_row + column;
  for (var t = params.first + i / params.width / params.batch; t < params.end; t += params.chunks) {
    let at = row * params.steps + t;
    out[base + (t - params.first) * params.x_step] = fma(vec4f(weights[at]), given, slopes[at] * vector);
  }
}
