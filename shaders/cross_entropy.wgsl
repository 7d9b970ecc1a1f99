// Cross-entropy of rows of logits, and negative log-likelihood of rows of log-probabilities (LOGITS false), with class
// weights, an ignored class and label smoothing. `row_stats` comes from softmax.stats: (maximum, 1 / sum).
// Forward: a lane per row, then sums in a fixed order. Backward: factors per row, then an elementwise pass.

struct Params { rows: u32, cols: u32, first: u32, command: u32, ignored: i32, smoothing: f32, pad0: u32, pad1: u32 }

override WG: u32 = 64u;
override LANES: u32 = 1u;
override LOGITS: bool = true;
override WEIGHTED: bool = false;
override SMOOTH: bool = false;
override SPAN: u32 = 1u; // rows that four neighbouring elements may belong to: 1 in rows of whole vectors, else 2 or 4
override REDUCTION: u32 = 0u; // 0 none, 1 sum, 2 mean

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(2) var<storage, read> classes: array<i32>;
@group(0) @binding(3) var<storage, read> row_stats: array<vec2f>;
@group(0) @binding(4) var<storage, read> class_weight: array<f32>;
@group(0) @binding(5) var<storage, read> row_smooth: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> smooth_out: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> terms: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> losses: array<f32>;
@group(0) @binding(7) var<storage, read_write> fault: array<atomic<u32>>;
@group(0) @binding(1) var<storage, read> addends: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(1) var<storage, read> grad: array<f32>;
@group(0) @binding(6) var<storage, read> totals: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> factors_out: array<vec4f>;
@group(0) @binding(2) var<storage, read> factors: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;

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

var<workgroup> parts: array<vec2f, 256>;

fn weight_of(c: u32) -> f32 {
  if (WEIGHTED) { return class_weight[c]; }
  return 1.0;
}

// For label smoothing: the sums over classes of w (maximum - x) and of w.
@compute @workgroup_size(WG)
fn smooth_rows(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
  let row = select(w.x + w.y * groups.x, g.x + g.y * groups.x * WG, LANES == 1u);
  let lane = l % LANES;
  let safe = min(row, params.rows - 1u);
  let most = row_stats[safe].x;
  var spread = vec4f();
  var weights = vec4f();
  for (var c = 4u * lane; c < params.cols; c += 4u * LANES) {
    let at = safe * params.cols + c;
    let keep = vec4u(c) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.cols);
    var w4 = vec4f(1.0);
    if (WEIGHTED) { w4 = vec4f(class_weight[c], class_weight[c + 1u], class_weight[c + 2u], class_weight[c + 3u]); }
    w4 = select(vec4f(), w4, keep);
    spread += select(vec4f(), w4 * (most - vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u])), keep);
    weights += w4;
  }
  var all = vec2f((spread.x + spread.y) + (spread.z + spread.w), (weights.x + weights.y) + (weights.z + weights.w));
  if (LANES > 1u) {
    parts[lane] = all;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half) { parts[lane] += parts[lane + half]; }
    }
    all = parts[lane];
  }
  if (lane == 0u && row < params.rows) { smooth_out[row] = all; }
}

// (loss, weight) of a row; (0, 0) where it is ignored.
fn term(row: u32) -> vec2f {
  let c = classes[row];
  if (c == params.ignored) { return vec2f(); }
  if (c < 0 || u32(c) >= params.cols) {
    report(params.command, params.first + row, bitcast<u32>(c), 0u);
    return vec2f();
  }
  let w = weight_of(u32(c));
  let v = x1[row * params.cols + u32(c)];
  if (!LOGITS) { return vec2f(-w * v, w); }
  let s = row_stats[row];
  let log_sum = -log(s.y);
  var result = w * ((s.x - v) + log_sum);
  if (SMOOTH) {
    let r = row_smooth[row];
    result = (1.0 - params.smoothing) * result + params.smoothing / f32(params.cols) * (r.y * log_sum + r.x);
  }
  return vec2f(result, w);
}

@compute @workgroup_size(WG)
fn row_terms(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = g.x + g.y * groups.x * WG;
  if (row >= params.rows) { return; }
  terms[row] = term(row);
}

@compute @workgroup_size(WG)
fn row_losses(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = g.x + g.y * groups.x * WG;
  if (row >= params.rows) { return; }
  losses[row] = term(row).x;
}

// Sums 4096 terms per workgroup; with one workgroup left the sum is the loss.
@compute @workgroup_size(64)
fn total(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u) {
  var all = vec2f();
  let end = min(params.rows, (w.x + 1u) * 4096u);
  for (var i = w.x * 4096u + l; i < end; i += 64u) { all += addends[i]; }
  parts[l] = all;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (l < half) { parts[l] += parts[l + half]; }
  }
  if (l == 0u) {
    let s = parts[0];
    sums[w.x] = s;
    if (params.rows <= 4096u) { loss[0] = select(s.x, s.x / s.y, REDUCTION == 2u); }
  }
}

// Where a row's factors stand.
fn place(row: u32) -> u32 { return select(row, 2u * row, SMOOTH); }

// Per row (maximum, factor of e^(x - maximum), factor of the one-hot row, class); behind it, for label smoothing, the
// factor of the class weights.
@compute @workgroup_size(WG)
fn row_factors(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = g.x + g.y * groups.x * WG;
  if (row >= params.rows) { return; }
  let c = classes[row];
  var f = vec4f(0.0, 0.0, 0.0, -1.0);
  var s = 0.0;
  if (c != params.ignored && c >= 0 && u32(c) < params.cols) {
    if (REDUCTION == 0u) {
      s = grad[row];
    } else {
      s = grad[0];
    }
    if (REDUCTION == 2u) { s /= totals[0].y; }
    f.z = s * weight_of(u32(c));
    f.w = f32(c);
    if (LOGITS) {
      let stat = row_stats[row];
      f.x = stat.x;
      if (SMOOTH) {
        s *= params.smoothing / f32(params.cols);
        f.z *= 1.0 - params.smoothing;
        f.y = (f.z + s * row_smooth[row].y) * stat.y;
      } else {
        f.y = f.z * stat.y;
      }
    }
  }
  factors_out[place(row)] = f;
  if (SMOOTH) { factors_out[place(row) + 1u] = vec4f(s); }
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  let n = params.cols;
  if (4u * i >= params.rows * n) { return; }
  var row = vec4u(i / (n / 4u));
  var c = vec4u(4u * (i % (n / 4u))) + vec4u(0u, 1u, 2u, 3u);
  if (SPAN > 1u) { // the last vector may reach behind the matrix
    let at = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u);
    row = min(at / n, vec4u(params.rows - 1u));
    c = at % n;
  }
  let a = factors[place(row.x)];
  var most = vec4f(a.x);
  var soft = vec4f(a.y);
  var hot = vec4f(a.z);
  var hit = vec4f(a.w);
  if (SPAN > 1u) {
    let d = factors[place(row.w)];
    let of_last = row == vec4u(row.w);
    most = select(most, vec4f(d.x), of_last);
    soft = select(soft, vec4f(d.y), of_last);
    hot = select(hot, vec4f(d.z), of_last);
    hit = select(hit, vec4f(d.w), of_last);
  }
  if (SPAN > 2u) {
    let b = factors[place(row.y)];
    let e = factors[place(row.z)];
    most = vec4f(most.x, b.x, e.x, most.w);
    soft = vec4f(soft.x, b.y, e.y, soft.w);
    hot = vec4f(hot.x, b.z, e.z, hot.w);
    hit = vec4f(hit.x, b.w, e.w, hit.w);
  }
  var v = -select(vec4f(), hot, vec4f(c) == hit);
  if (LOGITS) { v += exp(x[i] - most) * soft; }
  if (SMOOTH) {
    var s = vec4f(factors[place(row.x) + 1u].x);
    if (SPAN > 1u) { s = vec4f(s.x, factors[place(row.y) + 1u].x, factors[place(row.z) + 1u].x, factors[place(row.w) + 1u].x); }
    if (WEIGHTED) { s *= vec4f(class_weight[c.x], class_weight[c.y], class_weight[c.z], class_weight[c.w]); }
    v -= s;
  }
  out[i] = v;
}
