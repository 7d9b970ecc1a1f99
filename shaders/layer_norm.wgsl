// Layer normalisation over the rows of a dense [rows, cols] matrix. `stats` finds each row's mean and 1 / sqrt(variance +
// eps) in two passes; `dots` the two sums that the gradient of x needs; the other two are elementwise.
// LANES lanes share a row: 1 where workgroup memory costs more than it saves, else a whole workgroup with a tree.
// Entries in 4 read rows of whole vectors, entries in 1 rows of any length, in the same order of additions.

struct Params { rows: u32, cols: u32, eps: f32 }

override LANES: u32 = 1u;
override WG: u32 = 64u;
override SCALE: bool = false; // there is a weight
override SHIFT: bool = false; // there is a bias
override PRODUCT: bool = false; // the weight's gradient is wanted

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad1: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> row_stats: array<vec2f>; // mean, 1 / deviation
@group(0) @binding(4) var<storage, read> row_dots: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> product: array<vec4f>;

var<workgroup> parts: array<vec2f, 256>;

fn row_of(g: vec3u, w: vec3u, groups: vec3u) -> u32 {
  let lane_row = g.x + g.y * groups.x * WG;
  let group_row = w.x + w.y * groups.x;
  return select(group_row, lane_row, LANES == 1u);
}

// Which of four columns from 4c are inside the row.
fn inside(c: u32) -> vec4<bool> {
  return vec4u(4u * c) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.cols);
}

fn add4(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }

// The sum of all lanes' values, in every lane.
fn all_lanes(own: vec2f, lane: u32) -> vec2f {
  var all = own;
  if (LANES > 1u) {
    workgroupBarrier();
    parts[lane] = own;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half) { parts[lane] += parts[lane + half]; }
    }
    workgroupBarrier();
    all = parts[0];
  }
  return all;
}

fn finish(row: u32, lane: u32, mean: f32, squares: vec4f) {
  let variance = all_lanes(vec2f(add4(squares), 0.0), lane).x / f32(params.cols);
  if (lane == 0u && row < params.rows) { stats[row] = vec2f(mean, 1.0 / sqrt(variance + params.eps)); }
}

@compute @workgroup_size(WG)
fn stats4(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let row = row_of(g, w, groups);
  let lane = l % LANES;
  let n = params.cols / 4u;
  let first = min(row, params.rows - 1u) * n;
  var total = vec4f();
  for (var c = lane; c < n; c += LANES) { total += x[first + c]; }
  let mean = all_lanes(vec2f(add4(total), 0.0), lane).x / f32(params.cols);
  var squares = vec4f();
  for (var c = lane; c < n; c += LANES) {
    let d = x[first + c] - mean;
    squares = fma(d, d, squares);
  }
  finish(row, lane, mean, squares);
}

@compute @workgroup_size(WG)
fn stats1(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let row = row_of(g, w, groups);
  let lane = l % LANES;
  let first = min(row, params.rows - 1u) * params.cols;
  var total = vec4f();
  for (var c = lane; 4u * c < params.cols; c += LANES) {
    let at = first + 4u * c;
    total += select(vec4f(), vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u]), inside(c));
  }
  let mean = all_lanes(vec2f(add4(total), 0.0), lane).x / f32(params.cols);
  var squares = vec4f();
  for (var c = lane; 4u * c < params.cols; c += LANES) {
    let at = first + 4u * c;
    let d = vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u]) - mean;
    squares = select(squares, fma(d, d, squares), inside(c));
  }
  finish(row, lane, mean, squares);
}

// Weights of the four columns from c; behind the row's end anything.
fn weights(c: u32) -> vec4f {
  var v = vec4f(1.0);
  if (SCALE) { v = vec4f(weight[c], weight[c + 1u], weight[c + 2u], weight[c + 3u]); }
  return v;
}

// Sums over the row of grad * weight and grad * weight * normalised x.
@compute @workgroup_size(WG)
fn dots4(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let row = row_of(g, w, groups);
  let lane = l % LANES;
  let n = params.cols / 4u;
  let first = min(row, params.rows - 1u) * n;
  let s = row_stats[min(row, params.rows - 1u)];
  var a = vec4f();
  var b = vec4f();
  for (var c = lane; c < n; c += LANES) {
    let d = grad[first + c] * weights(4u * c);
    a += d;
    b = fma(d, (x[first + c] - s.x) * s.y, b);
  }
  let all = all_lanes(vec2f(add4(a), add4(b)), lane);
  if (lane == 0u && row < params.rows) { stats[row] = all; }
}

@compute @workgroup_size(WG)
fn dots1(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let row = row_of(g, w, groups);
  let lane = l % LANES;
  let first = min(row, params.rows - 1u) * params.cols;
  let s = row_stats[min(row, params.rows - 1u)];
  var a = vec4f();
  var b = vec4f();
  for (var c = lane; 4u * c < params.cols; c += LANES) {
    let at = first + 4u * c;
    let keep = inside(c);
    let d = select(vec4f(), vec4f(grad1[at], grad1[at + 1u], grad1[at + 2u], grad1[at + 3u]) * weights(4u * c), keep);
    let v = vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u]);
    a += d;
    b = select(b, fma(d, (v - s.x) * s.y, b), keep);
  }
  let all = all_lanes(vec2f(add4(a), add4(b)), lane);
  if (lane == 0u && row < params.rows) { stats[row] = all; }
}

// Rows and columns of the four elements from 4i; the last vector may reach behind the matrix.
struct Places { row: vec4u, col: vec4u }

fn places(i: u32) -> Places {
  let at = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u);
  let row = min(at / params.cols, vec4u(params.rows - 1u));
  return Places(row, at - row * params.cols);
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.rows * params.cols) { return; }
  let p = places(i);
  let a = row_stats[p.row.x];
  let b = row_stats[p.row.y];
  let c = row_stats[p.row.z];
  let d = row_stats[p.row.w];
  var v = (x[i] - vec4f(a.x, b.x, c.x, d.x)) * vec4f(a.y, b.y, c.y, d.y);
  if (SCALE) { v *= vec4f(weight[p.col.x], weight[p.col.y], weight[p.col.z], weight[p.col.w]); }
  if (SHIFT) { v += vec4f(bias[p.col.x], bias[p.col.y], bias[p.col.z], bias[p.col.w]); }
  out[i] = v;
}

// d x = (grad weight - (dot0 + normalised dot1) / cols) / deviation; product = grad * normalised, to be summed over rows.
@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.rows * params.cols) { return; }
  let p = places(i);
  let a = row_stats[p.row.x];
  let b = row_stats[p.row.y];
  let c = row_stats[p.row.z];
  let d = row_stats[p.row.w];
  let scale = vec4f(a.y, b.y, c.y, d.y);
  let normal = (x[i] - vec4f(a.x, b.x, c.x, d.x)) * scale;
  let e = row_dots[p.row.x];
  let f = row_dots[p.row.y];
  let h = row_dots[p.row.z];
  let k = row_dots[p.row.w];
  let sums = fma(normal, vec4f(e.y, f.y, h.y, k.y), vec4f(e.x, f.x, h.x, k.x));
  var v = grad[i];
  if (PRODUCT) { product[i] = v * normal; }
  if (SCALE) { v *= vec4f(weight[p.col.x], weight[p.col.y], weight[p.col.z], weight[p.col.w]); }
  out[i] = (v - sums / f32(params.cols)) * scale;
}
