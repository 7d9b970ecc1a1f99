// Dynamic loss scaling: gradients of a scaled loss are divided by the scale and looked at, and a step with NaN or
// Infinity in them is held back by the fault word, which optimisers respect, without the host knowing.

struct Unscale { first: u32, count: u32 }
struct Decide { interval: u32 }

override WG: u32 = 64u;
const HOLD: u32 = 0xffffffffu; // no command has this number

@group(0) @binding(0) var<uniform> unscale_params: Unscale;
@group(0) @binding(0) var<uniform> decide_params: Decide;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> scale: array<f32>;             // the scale, and its inverse
@group(0) @binding(4) var<storage, read_write> counts: array<atomic<u32>>;    // found, good in a row, skipped
@group(0) @binding(5) var<storage, read_write> fault: array<atomic<u32>>;

// Divides the gradients of some blocks by the scale and notes whether all of them are finite (by bits: a compiler may
// assume that they are).
@compute @workgroup_size(WG)
fn unscale(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= 16u * unscale_params.count) { return; }
  let at = 16u * blocks[unscale_params.first + i / 16u] + i % 16u;
  let v = gradients[at];
  let exponent = bitcast<vec4u>(v) & vec4u(0x7f800000u);
  if (any(exponent == vec4u(0x7f800000u))) { atomicStore(&counts[0], 1u); }
  gradients[at] = v * scale[1];
}

// One lane: holds the step back and halves the scale, or counts it and doubles the scale after `interval` in a row.
@compute @workgroup_size(1)
fn decide() {
  let found = atomicExchange(&counts[0], 0u);
  if (atomicLoad(&fault[0]) != 0u) { return; } // the step will not happen, for another reason
  if (found != 0u) {
    atomicStore(&fault[0], HOLD);
    atomicStore(&counts[1], 0u);
    atomicAdd(&counts[2], 1u);
    if (scale[0] > 0x1p-24) {
      scale[0] *= 0.5;
      scale[1] *= 2.0;
    }
    return;
  }
  let good = atomicAdd(&counts[1], 1u) + 1u;
  if (good < decide_params.interval) { return; }
  atomicStore(&counts[1], 0u);
  if (scale[0] < 0x1p+24) {
    scale[0] *= 2.0;
    scale[1] *= 0.5;
  }
}

// One lane: lets the next steps through again.
@compute @workgroup_size(1)
fn release() {
  if (atomicLoad(&fault[0]) == HOLD) { atomicStore(&fault[0], 0u); }
}
