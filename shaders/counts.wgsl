// Counts of (target, predicted) pairs of class ids, added to a matrix that stays: counts[target, predicted] += 1. They
// are whole numbers, so the order in which lanes arrive does not matter.

struct Params {
  n: u32, classes: u32, ignored: i32, command: u32,
}

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> predicted: array<i32>;
@group(0) @binding(2) var<storage, read> wanted: array<i32>;
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>;
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

@compute @workgroup_size(WG)
fn confusion(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let row = wanted[i];
  let column = predicted[i];
  if (row == params.ignored) { return; }
  if (row < 0 || u32(row) >= params.classes) {
    report(params.command, i, bitcast<u32>(row), 0u);
    return;
  }
  if (column < 0 || u32(column) >= params.classes) {
    report(params.command, i, bitcast<u32>(column), 0u);
    return;
  }
  atomicAdd(&counts[u32(row) * params.classes + u32(column)], 1u);
}
