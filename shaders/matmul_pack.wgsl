// Copies strided matrices to dense ones whose rows are whole vectors, filled up with zeros: the layout that the
// register-tile matmul kernels read. An invocation writes one vector; out is [batch, rows, ceil(cols / 4)] vectors.

alias T = f32; // element type

struct Params {
  rows: u32, cols: u32, count: u32, // count: vectors of all matrices
  x_start: u32, x_row: u32, x_col: u32, // in elements
  inner: u32, x_outer: u32, x_inner: u32, // matrix z is number z / inner, z % inner of a two-dimensional batch
}

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<T>>;

@compute @workgroup_size(WG)
fn pack(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= p.count) { return; }
  let vectors = (p.cols + 3u) / 4u;
  let row = i / vectors % p.rows;
  let z = i / vectors / p.rows;
  let col = i % vectors * 4u + vec4u(0u, 1u, 2u, 3u);
  let start = p.x_start + z / p.inner * p.x_outer + z % p.inner * p.x_inner + row * p.x_row;
  let at = start + min(col, vec4u(p.cols - 1u)) * p.x_col;
  out[i] = select(vec4<T>(), vec4<T>(x[at.x], x[at.y], x[at.z], x[at.w]), col < vec4u(p.cols));
}
