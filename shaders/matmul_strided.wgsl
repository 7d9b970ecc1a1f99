// C = A B for operands with any strides. A lane computes 4 x 4 outputs, adding over k in ascending order.
// The plain member of the family: others need rows that can be read as vectors.

struct Params {
  m: u32, n: u32, k: u32, activation: u32,
  a_start: u32, a_row: u32, a_col: u32, a_batch: u32,
  b_start: u32, b_row: u32, b_col: u32, b_batch: u32,
  c_batch: u32, bias: u32,
}

override WG: u32 = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;

fn activate(v: vec4f) -> vec4f {
  switch params.activation {
    case 1u: { return max(v, vec4f()); }
    default: { return v; }
  }
}

@compute @workgroup_size(WG, 8)
fn main(@builtin(global_invocation_id) g: vec3u) {
  let row = g.y * 4u;
  let col = g.x * 4u;
  if (row >= params.m || col >= params.n) { return; }
  let rows = min(vec4u(row) + vec4u(0u, 1u, 2u, 3u), vec4u(params.m - 1u)) * params.a_row + params.a_start + g.z * params.a_batch;
  let cols = min(vec4u(col) + vec4u(0u, 1u, 2u, 3u), vec4u(params.n - 1u)) * params.b_col + params.b_start + g.z * params.b_batch;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var k = 0u; k < params.k; k++) {
    let ka = k * params.a_col;
    let kb = k * params.b_row;
    let bv = vec4f(b[cols.x + kb], b[cols.y + kb], b[cols.z + kb], b[cols.w + kb]);
    s0 = fma(vec4f(a[rows.x + ka]), bv, s0);
    s1 = fma(vec4f(a[rows.y + ka]), bv, s1);
    s2 = fma(vec4f(a[rows.z + ka]), bv, s2);
    s3 = fma(vec4f(a[rows.w + ka]), bv, s3);
  }
  var add = vec4f();
  if (params.bias == 1u) {
    for (var j = 0u; j < 4u; j++) { add[j] = bias[min(col + j, params.n - 1u)]; }
  }
  let sums = array<vec4f, 4>(activate(s0 + add), activate(s1 + add), activate(s2 + add), activate(s3 + add));
  let width = min(4u, params.n - col);
  for (var i = 0u; i < min(4u, params.m - row); i++) {
    for (var j = 0u; j < width; j++) {
      c[g.z * params.c_batch + (row + i) * params.n + col + j] = sums[i][j];
    }
  }
}
