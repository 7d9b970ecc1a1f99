// Debug level 3: finds NaN and Infinity by their bits (a compiler may assume that they do not exist).

struct Params { n: u32, command: u32 }

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> fault: array<atomic<u32>>;

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
fn finite(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  if ((x[i] & 0x7f800000u) == 0x7f800000u) { report(params.command, i, x[i], 1u); }
}
