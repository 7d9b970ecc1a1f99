// Softmax over rows of a dense [rows, cols] matrix. `stats` finds each row's maximum and the sum of e^(x - maximum) in
// one pass that rescales its sum whenever the maximum grows (Milakov and Gimelshein 2018); `forward` is elementwise.
// LANES lanes share a row: 1 where loads cost and workgroup memory does not help, else a whole workgroup with a tree.
// Entries in 4 read rows of whole vectors, entries in 1 rows of any length, in the same order of additions.

struct Params { rows: u32, cols: u32 }

override LANES: u32 = 1u;
override WG: u32 = 64u;
override LOG: bool = false; // log-softmax
override SPAN: u32 = 1u; // rows that four neighbouring elements may belong to: 1 in rows of whole vectors, else 2 or 4

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad1: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> dots: array<f32>;
@group(0) @binding(4) var<storage, read> row_stats: array<vec2f>;
@group(0) @binding(4) var<storage, read> row_dots: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;

const LOWEST = -3.4028234e38;

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

struct Running { most: f32, sums: vec4f }

fn take(r: Running, v: vec4f, keep: vec4<bool>) -> Running {
  let w = select(vec4f(LOWEST), v, keep);
  let most = max(r.most, max(max(w.x, w.y), max(w.z, w.w)));
  return Running(most, r.sums * exp(r.most - most) + select(vec4f(), exp(w - most), keep));
}

fn add4(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }

fn join(a: vec2f, b: vec2f) -> vec2f {
  let most = max(a.x, b.x);
  return vec2f(most, a.y * exp(a.x - most) + b.y * exp(b.x - most));
}

// (maximum, sum) of the row out of each lane's own.
fn join_lanes(own: vec2f, lane: u32) -> vec2f {
  var all = own;
  if (LANES > 1u) {
    parts[lane] = own;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half) { parts[lane] = join(parts[lane], parts[lane + half]); }
    }
    all = parts[lane];
  }
  return all;
}

fn finish(row: u32, lane: u32, r: Running) {
  let all = join_lanes(vec2f(r.most, add4(r.sums)), lane);
  if (lane == 0u && row < params.rows) {
    stats[row] = vec2f(all.x, select(1.0 / all.y, log(all.y), LOG));
  }
}

@compute @workgroup_size(WG)
fn stats4(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let row = row_of(g, w, groups);
  let lane = l % LANES;
  let n = params.cols / 4u;
  let first = min(row, params.rows - 1u) * n;
  var r = Running(LOWEST, vec4f());
  for (var c = lane; c < n; c += LANES) { r = take(r, x[first + c], vec4<bool>(true)); }
  finish(row, lane, r);
}

@compute @workgroup_size(WG)
fn stats1(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let row = row_of(g, w, groups);
  let lane = l % LANES;
  let first = min(row, params.rows - 1u) * params.cols;
  var r = Running(LOWEST, vec4f());
  for (var c = lane; 4u * c < params.cols; c += LANES) {
    let at = first + 4u * c;
    r = take(r, vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u]), inside(c));
  }
  finish(row, lane, r);
}

// Sum over the row of grad * x, or of grad alone for the logarithm; x is softmax's result.
fn finish_dot(row: u32, lane: u32, sums: vec4f) {
  var all = add4(sums);
  if (LANES > 1u) {
    parts[lane] = vec2f(all, 0.0);
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half) { parts[lane] += parts[lane + half]; }
    }
    all = parts[lane].x;
  }
  if (lane == 0u && row < params.rows) { dots[row] = all; }
}

@compute @workgroup_size(WG)
fn dots4(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let row = row_of(g, w, groups);
  let lane = l % LANES;
  let n = params.cols / 4u;
  let first = min(row, params.rows - 1u) * n;
  var sums = vec4f();
  for (var c = lane; c < n; c += LANES) {
    if (LOG) {
      sums += grad[first + c];
    } else {
      sums = fma(grad[first + c], x[first + c], sums);
    }
  }
  finish_dot(row, lane, sums);
}

@compute @workgroup_size(WG)
fn dots1(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let row = row_of(g, w, groups);
  let lane = l % LANES;
  let first = min(row, params.rows - 1u) * params.cols;
  var sums = vec4f();
  for (var c = lane; 4u * c < params.cols; c += LANES) {
    let at = first + 4u * c;
    let d = vec4f(grad1[at], grad1[at + 1u], grad1[at + 2u], grad1[at + 3u]);
    let keep = inside(c);
    if (LOG) {
      sums += select(vec4f(), d, keep);
    } else {
      let y = vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u]);
      sums = select(sums, fma(d, y, sums), keep);
    }
  }
  finish_dot(row, lane, sums);
}

// Rows of the four elements from 4i; the last vector may reach behind the matrix.
fn rows_of(i: u32) -> vec4u {
  if (SPAN == 1u) { return vec4u(i / (params.cols / 4u)); }
  return min((vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u)) / params.cols, vec4u(params.rows - 1u));
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.rows * params.cols) { return; }
  let r = rows_of(i);
  let a = row_stats[r.x];
  var most = vec4f(a.x);
  var second = vec4f(a.y);
  if (SPAN > 1u) {
    let d = row_stats[r.w];
    let of_last = r == vec4u(r.w);
    most = select(most, vec4f(d.x), of_last);
    second = select(second, vec4f(d.y), of_last);
  }
  if (SPAN > 2u) {
    let b = row_stats[r.y];
    let c = row_stats[r.z];
    most = vec4f(most.x, b.x, c.x, most.w);
    second = vec4f(second.x, b.y, c.y, second.w);
  }
  let v = x[i] - most;
  if (LOG) {
    out[i] = v - second;
  } else {
    out[i] = exp(v) * second;
  }
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.rows * params.cols) { return; }
  let r = rows_of(i);
  var dot = vec4f(row_dots[r.x]);
  if (SPAN > 1u) { dot = select(dot, vec4f(row_dots[r.w]), r == vec4u(r.w)); }
  if (SPAN > 2u) { dot = vec4f(dot.x, row_dots[r.y], row_dots[r.z], dot.w); }
  if (LOG) {
    out[i] = grad[i] - exp(x[i]) * dot;
  } else {
    out[i] = x[i] * (grad[i] - dot);
  }
}
