// SparseAdam: rows of a table whose gradient has an element other than 0 move, the others keep value and state. A lane
// takes a row. The vec4 form is for rows that start at multiples of 16 bytes.

struct Sparse {
  rows: u32, width: u32, start: u32, // in vec4s (rows4) or floats (rows1); start: first row from the binding's start
  clock_at: u32,                     // vec4 of the parameter's clock
  share1: f32, share2: f32,          // 1 - beta
  eps: f32,
}

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Sparse;
@group(0) @binding(1) var<storage, read> clock: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad1: array<f32>;
@group(0) @binding(3) var<storage, read_write> value1: array<f32>;
@group(0) @binding(4) var<storage, read_write> average1: array<f32>;
@group(0) @binding(5) var<storage, read_write> square1: array<f32>;

@compute @workgroup_size(WG)
fn rows4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.rows) { return; }
  let now = clock[params.clock_at];
  if (now.x == 0.0) { return; }
  let begin = params.start + i * params.width;
  let end = begin + params.width;
  var any_bits = vec4u();
  for (var at = begin; at < end; at++) { any_bits |= bitcast<vec4u>(grad[at]) & vec4u(0x7fffffffu); }
  if (all(any_bits == vec4u())) { return; }
  for (var at = begin; at < end; at++) {
    let d = now.y * grad[at];
    let m = average[at] + (d - average[at]) * params.share1;
    let v = square[at] + (d * d - square[at]) * params.share2;
    average[at] = m;
    square[at] = v;
    value[at] -= now.z * m / (sqrt(v) + params.eps);
  }
}

@compute @workgroup_size(WG)
fn rows1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.rows) { return; }
  let now = clock[params.clock_at];
  if (now.x == 0.0) { return; }
  let begin = params.start + i * params.width;
  let end = begin + params.width;
  var any_bits = 0u;
  for (var at = begin; at < end; at++) { any_bits |= bitcast<u32>(grad1[at]) & 0x7fffffffu; }
  if (any_bits == 0u) { return; }
  for (var at = begin; at < end; at++) {
    let d = now.y * grad1[at];
    let m = average1[at] + (d - average1[at]) * params.share1;
    let v = square1[at] + (d * d - square1[at]) * params.share2;
    average1[at] = m;
    square1[at] = v;
    value1[at] -= now.z * m / (sqrt(v) + params.eps);
  }
}
