// Stable sort of rows of [rows, cols] by radix: four bits per round, each a count per chunk of a row, a scan over the
// counts of a row, and a scatter in order. A lane works through one chunk, so nothing depends on scheduling. `rank`
// sorts short rows in one dispatch by counting who comes before. Floats, negative integers and descending order become
// ascending unsigned keys first.

struct Params { rows: u32, cols: u32, chunks: u32, shift: u32, limit: u32, pad0: u32, pad1: u32, pad2: u32 }

override WG: u32 = 64u;
override KIND: u32 = 0u; // 0 f32, 1 i32, 2 u32, 3 row numbers below limit
override DESCENDING: bool = false;
override CHUNK: u32 = 32u; // at most 255 keys

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> keys_out: array<u32>;
@group(0) @binding(4) var<storage, read_write> order_out: array<u32>;
@group(0) @binding(5) var<storage, read_write> counts: array<u32>;
@group(0) @binding(6) var<storage, read> starts: array<u32>;
@group(0) @binding(7) var<storage, read_write> indices: array<i32>;

var<workgroup> before: array<u32, 256>;

// NaN is the largest number, both zeros are equal.
fn key_of(bits: u32) -> u32 {
  var key = bits;
  switch KIND {
    case 0u: {
      let size = bits & 0x7fffffffu;
      if (size > 0x7f800000u) {
        key = 0xffffffffu;
      } else if (size == 0u) {
        key = 0x80000000u;
      } else {
        key = select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
      }
    }
    case 1u: { key = bits ^ 0x80000000u; }
    case 3u: { key = min(bits, params.limit - 1u); }
    default: {}
  }
  return select(key, ~key, DESCENDING);
}

@compute @workgroup_size(WG)
fn make_keys(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.rows * params.cols) { return; }
  keys_out[i] = key_of(x[i]);
  order_out[i] = i % params.cols;
}

// Sixteen counters of 8 bits in four words.
fn one(digit: u32) -> vec4u {
  return select(vec4u(), vec4u(1u << (8u * (digit & 3u))), vec4u(0u, 1u, 2u, 3u) == vec4u(digit >> 2u));
}

fn counter(packed: vec4u, digit: u32) -> u32 {
  let w = select(vec4u(), packed, vec4u(0u, 1u, 2u, 3u) == vec4u(digit >> 2u));
  return ((w.x | w.y | w.z | w.w) >> (8u * (digit & 3u))) & 255u;
}

@compute @workgroup_size(WG)
fn count(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let chunk = i % params.chunks;
  let end = min((chunk + 1u) * CHUNK, params.cols);
  var packed = vec4u();
  for (var c = chunk * CHUNK; c < end; c++) {
    packed += one((keys[row * params.cols + c] >> params.shift) & 15u);
  }
  for (var d = 0u; d < 16u; d++) {
    counts[(row * 16u + d) * params.chunks + chunk] = counter(packed, d);
  }
}

// Turns the counts of a row, digit by digit and chunk by chunk, into where each begins. One workgroup per row.
@compute @workgroup_size(256)
fn scan(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = w.x + w.y * groups.x;
  let n = 16u * params.chunks;
  let each = (n + 255u) / 256u;
  let first = min(row, params.rows - 1u) * n;
  let begin = min(l * each, n);
  let end = min(begin + each, n);
  var sum = 0u;
  for (var i = begin; i < end; i++) { sum += counts[first + i]; }
  before[l] = sum;
  workgroupBarrier();
  if (l == 0u) {
    var all = 0u;
    for (var i = 0u; i < 256u; i++) {
      let own = before[i];
      before[i] = all;
      all += own;
    }
  }
  workgroupBarrier();
  if (row < params.rows) {
    var at = before[l];
    for (var i = begin; i < end; i++) {
      let own = counts[first + i];
      counts[first + i] = at;
      at += own;
    }
  }
}

@compute @workgroup_size(WG)
fn scatter(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let chunk = i % params.chunks;
  let end = min((chunk + 1u) * CHUNK, params.cols);
  var packed = vec4u();
  for (var c = chunk * CHUNK; c < end; c++) {
    let from_at = row * params.cols + c;
    let key = keys[from_at];
    let d = (key >> params.shift) & 15u;
    let to = row * params.cols + starts[(row * 16u + d) * params.chunks + chunk] + counter(packed, d);
    packed += one(d);
    keys_out[to] = key;
    order_out[to] = order[from_at];
  }
}

// The first `limit` positions of each row.
@compute @workgroup_size(WG)
fn take(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.rows * params.limit) { return; }
  indices[i] = i32(order[i / params.limit * params.cols + i % params.limit]);
}

// Position of every element in its sorted row: the elements before it.
@compute @workgroup_size(WG)
fn rank(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.rows * params.cols) { return; }
  let row = i / params.cols;
  let own = i % params.cols;
  let key = key_of(x[i]);
  var place = 0u;
  for (var c = 0u; c < params.cols; c++) {
    let other = key_of(x[row * params.cols + c]);
    place += u32(other < key || (other == key && c < own));
  }
  if (place < params.limit) { indices[row * params.limit + place] = i32(own); }
}
