// Keeps one side of a diagonal in every matrix of a batch and sets the rest to zero.

struct Params { n: u32, rows: u32, cols: u32, diagonal: i32, upper: u32 }

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(WG)
fn keep(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let col = i % params.cols;
  let row = i / params.cols % params.rows;
  let beyond = i32(col) - i32(row) - params.diagonal;
  let inside = select(beyond <= 0, beyond >= 0, params.upper == 1u);
  out[i] = select(0u, x[i], inside);
}
