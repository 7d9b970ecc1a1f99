// Elements picked and placed along one dim by an index tensor, as torch.gather and torch.scatter_add do, and one-hot
// rows. `walk` strides have 0 along the dim; `step` is the stride along it.

struct Params {
  n: u32, ndim: u32, x_start: u32, step: u32,
  size: u32, count: u32, index_step: u32, command: u32, // size of the dim; index elements along it
  shape: array<vec4u, 2>, strides: array<vec4u, 2>, index_shape: array<vec4u, 2>,
}

override WG: u32 = 64u;
override CHECK: bool = true; // indices that may be out of range

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> source: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;
@group(0) @binding(4) var<storage, read_write> fault: array<atomic<u32>>;

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

const CHUNK = 128u;

// The index at element i; one out of range is reported and counts as 0.
fn index_at(i: u32) -> u32 {
  let id = index[i];
  if (CHECK && (id < 0 || u32(id) >= params.size)) {
    report(params.command, i, bitcast<u32>(id), 0u);
    return 0u;
  }
  return u32(id);
}

// Where the walk over `shape` stands at element i.
fn walk(i: u32) -> u32 {
  var rest = i;
  var at = 0u;
  for (var d = params.ndim; d > 0u; d--) {
    let k = d - 1u;
    let size = params.shape[k / 4u][k % 4u];
    at += rest % size * params.strides[k / 4u][k % 4u];
    rest /= size;
  }
  return at;
}

@compute @workgroup_size(WG)
fn gather(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  out[i] = x[params.x_start + walk(i) + index_at(i) * params.step];
}

// Element i of the source goes to a place that no other element goes to.
@compute @workgroup_size(WG)
fn place(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  out[walk(i) + index_at(i) * params.step] = x[i];
}

// The place of every element of the source, as a number to sort by.
@compute @workgroup_size(WG)
fn places(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  out[i] = walk(i) + index_at(i) * params.step;
}

// sum[i] += the source elements that name place i, ascending along the dim, 128 at a time as embedding.wgsl does.
@compute @workgroup_size(WG)
fn scatter_add(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  var rest = i;
  var at = 0u;
  for (var d = params.ndim; d > 0u; d--) {
    let k = d - 1u;
    let size = params.shape[k / 4u][k % 4u];
    if (rest % size >= params.index_shape[k / 4u][k % 4u]) { return; }
    at += rest % size * params.strides[k / 4u][k % 4u];
    rest /= size;
  }
  let own = i / params.step % params.size;
  var seen = 0u;
  var a = 0.0;
  var total = 0.0;
  for (var c = 0u; c < params.count; c++) {
    if (index_at(at) == own) {
      a += source[at];
      seen++;
      if (seen == CHUNK) {
        seen = 0u;
        total += a;
        a = 0.0;
      }
    }
    at += params.index_step;
  }
  sum[i] += total + a;
}

// One row of `size` elements per index: 1 at the index, 0 elsewhere.
@compute @workgroup_size(WG)
fn one_hot(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  out[i] = u32(index_at(i / params.size) == i % params.size);
}
