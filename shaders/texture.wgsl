// Lists of 4-vectors for textures, from which software adapters load faster than from buffers. A lane copies a vector.

struct Params {
  n: u32, // vectors
  start: u32, // first vector of x
  given: u32, // 0: zeros, x is not read
}

alias x_t = f32; // element type of x

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<x_t>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>; // a texture

fn out_put(i: u32, v: vec4f) { out[i] = v; }

@compute @workgroup_size(WG)
fn fill(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  var v = vec4f();
  if (params.given == 1u) { v = vec4f(x[params.start + i]); }
  out_put(i, v);
}

struct Panels {
  n: u32, // vectors of out
  columns: u32, // rows of x that exist; past the end the last one stands
  depth: u32, // vectors in a panel's column
  start: u32, // first vector of x
  stride: u32, // vectors from row to row of x
}

@group(0) @binding(0) var<uniform> panel: Panels;

// The layout in which matmul_wide reads B without leaps: x [columns, depth] in panels of 64 columns. A panel holds 64
// vectors for each 4 k, number 8 j + l for column 8 l + j: what the 8 lanes load together lies together.
@compute @workgroup_size(WG)
fn panels(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= panel.n) { return; }
  let place = i % 64u;
  let column = i / (64u * panel.depth) * 64u + place % 8u * 8u + place / 8u;
  let k = i / 64u % panel.depth;
  out_put(i, vec4f(x[panel.start + min(column, panel.columns - 1u) * panel.stride + k]));
}
