// Largest or smallest element along the middle dimension of [outer, length, inner], with its index: the first one of
// equals, and the first NaN when there is one. 512 elements to a chunk; `merge` reduces the chunks' results.
// Indices count from `origin` more: a range of a long row. `spread` and `pick` write to and read from the places that indices name.

alias T = f32; // element type

struct Params { items: u32, length: u32, inner: u32, chunks: u32, x_start: u32, out_start: u32, origin: u32 }

override OP: u32 = 0u; // 0 maximum, 1 minimum
override WG: u32 = 64u;
const CHUNK = 512u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<T>;
@group(0) @binding(4) var<storage, read_write> out_index: array<u32>;

struct Best { value: T, at: u32 }

// By bits: a compiler may assume that no NaN exists. Integers are never NaN.
fn nan(v: T) -> bool {
  return (bitcast<u32>(v) & 0x7fffffffu) > select(0xffffffffu, 0x7f800000u, T(0.5) != T(0));
}

fn better(a: Best, b: Best) -> Best {
  let a_nan = nan(a.value);
  let b_nan = nan(b.value);
  var second = select(b.value > a.value, b.value < a.value, OP == 1u);
  if (a_nan || b_nan) { second = b_nan && (!a_nan || b.at < a.at); } else if (a.value == b.value) { second = b.at < a.at; }
  if (second) { return b; }
  return a;
}

@compute @workgroup_size(64)
fn columns(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * 64u;
  if (i >= params.items) { return; }
  let item = i / params.inner;
  let first = item % params.chunks * CHUNK;
  let end = min(first + CHUNK, params.length);
  let base = params.x_start + item / params.chunks * params.length * params.inner + i % params.inner;
  var best = Best(x[base + first * params.inner], first + params.origin);
  for (var k = first + 1u; k < end; k++) { best = better(best, Best(x[base + k * params.inner], k + params.origin)); }
  out[params.out_start + i] = best.value;
  out_index[params.out_start + i] = best.at;
}

@compute @workgroup_size(64)
fn merge(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * 64u;
  if (i >= params.items) { return; }
  let item = i / params.inner;
  let first = item % params.chunks * CHUNK;
  let end = min(first + CHUNK, params.length);
  let base = params.x_start + item / params.chunks * params.length * params.inner + i % params.inner;
  var best = Best(x[base + first * params.inner], index[base + first * params.inner]);
  for (var k = first + 1u; k < end; k++) { best = better(best, Best(x[base + k * params.inner], index[base + k * params.inner])); }
  out[params.out_start + i] = best.value;
  out_index[params.out_start + i] = best.at;
}

var<workgroup> values: array<T, 64>;
var<workgroup> places: array<u32, 64>;

fn join(l: u32, distance: u32) {
  let best = better(Best(values[l], places[l]), Best(values[l + distance], places[l + distance]));
  values[l] = best.value;
  places[l] = best.at;
}

// Eight lanes to a chunk, for inner = 1.
@compute @workgroup_size(64)
fn rows(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let wanted = (w.x + w.y * groups.x) * 8u + l / 8u;
  let item = min(wanted, params.items - 1u);
  let first = item % params.chunks * CHUNK;
  let end = min(first + CHUNK, params.length);
  let base = params.x_start + item / params.chunks * params.length;
  let j = l % 8u;
  var best = Best(x[base + first], first + params.origin);
  for (var k = first + j; k < end; k += 8u) { best = better(best, Best(x[base + k], k + params.origin)); }
  values[l] = best.value;
  places[l] = best.at;
  workgroupBarrier();
  if (j < 4u) { join(l, 4u); }
  workgroupBarrier();
  if (j < 2u) { join(l, 2u); }
  workgroupBarrier();
  if (j == 0u) { join(l, 1u); }
  if (j == 0u && wanted < params.items) {
    out[params.out_start + item] = values[l];
    out_index[params.out_start + item] = places[l];
  }
}

// out[o, k, i] = x[o, i] where k = index[o, i], else 0; params.out_start is the first element of this range.
@compute @workgroup_size(WG)
fn spread(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.items) { return; }
  let e = params.out_start + i;
  let k = e / params.inner % params.length;
  let from_item = e / (params.inner * params.length) * params.inner + e % params.inner;
  out[i] = select(T(0), x[from_item], index[from_item] == k);
}

// out[o, i] = x[o, index[o, i], i].
@compute @workgroup_size(WG)
fn pick(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.items) { return; }
  out[i] = x[(i / params.inner * params.length + index[i]) * params.inner + i % params.inner];
}
