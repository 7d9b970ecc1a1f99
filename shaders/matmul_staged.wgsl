// C = act(A B + bias (+ C)) for graphics cards: 256 invocations share 64 x 64 of C and read A and B through workgroup
// memory, 16 k at a time. Operands may have any strides, starts and sizes. Same parameters as the register-tile kernels
// (shaders/matmul16.wgsl), and the same order of additions: one accumulator per element over ascending k, so same bits.

// Element types of the buffers; all arithmetic is f32.
alias a_t = f32;
alias b_t = f32;
alias biases_t = f32;
alias c_t = f32;

struct Params {
  m: u32, n: u32, k0: u32, k1: u32, // C is [m, n]; the sum runs over k0 <= k < k1
  a_row: u32, a_k: u32, b_k: u32, b_col: u32, c_row: u32, // strides, in elements
  a_start: u32, b_start: u32, c_start: u32, bias_start: u32, // first elements
  // matrix z0 + workgroup z is number z / inner, z % inner of a two-dimensional batch
  z0: u32, inner: u32, a_outer: u32, a_inner: u32, b_outer: u32, b_inner: u32, c_outer: u32, c_inner: u32,
  bias: u32, // 1: a bias per column is added
  rows_on_x: u32, // not used here
  pad0: u32,
}

override ADD: u32 = 0u; // 1: C += instead of C =
override ACT: u32 = 0u; // 1: relu

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<a_t>;
@group(0) @binding(2) var<storage, read> b: array<b_t>;
@group(0) @binding(3) var<storage, read> biases: array<biases_t>;
@group(0) @binding(4) var<storage, read_write> c: array<c_t>;

const lane = vec4u(0u, 1u, 2u, 3u);
const DEPTH = 16u; // k per stage
const PITCH = 17u; // vectors from one k to the next; 16 would put a column of the tile in one memory bank

var<workgroup> a_tile: array<vec4f, DEPTH * PITCH>; // [k][4 rows]
var<workgroup> b_tile: array<vec4f, DEPTH * PITCH>; // [k][4 columns]

// Other functions stay with the elementwise kernels: their exact forms would double this file.
fn activate(x: f32) -> f32 {
  if (ACT == 1u) { return max(x, 0.0); }
  return x;
}

// Past the end A is +0 and B is -0: their product -0 changes no sum, not even one that is -0.
fn a_values(row: u32, k: u32, start: u32) -> vec4f {
  if (k >= p.k1) { return vec4f(); }
  let i = start + min(row + lane, vec4u(p.m - 1u)) * p.a_row + k * p.a_k;
  return vec4f(f32(a[i.x]), f32(a[i.y]), f32(a[i.z]), f32(a[i.w]));
}

fn b_values(col: u32, k: u32, start: u32) -> vec4f {
  if (k >= p.k1) { return vec4f(-0.0); }
  let i = start + min(col + lane, vec4u(p.n - 1u)) * p.b_col + k * p.b_k;
  return vec4f(f32(b[i.x]), f32(b[i.y]), f32(b[i.z]), f32(b[i.w]));
}

fn bias_of(col: u32) -> vec4f {
  let i = p.bias_start + min(col + lane, vec4u(p.n - 1u));
  if (p.bias == 1u) { return vec4f(f32(biases[i.x]), f32(biases[i.y]), f32(biases[i.z]), f32(biases[i.w])); }
  return vec4f();
}

fn put(row: u32, col: u32, start: u32, value: f32) {
  if (row >= p.m || col >= p.n) { return; }
  let i = start + row * p.c_row + col;
  if (ADD == 1u) { c[i] = c_t(activate(f32(c[i]) + value)); } else { c[i] = c_t(activate(value)); }
}

fn put4(row: u32, col: u32, start: u32, values: vec4f) {
  put(row, col, start, values.x);
  put(row, col + 1u, start, values.y);
  put(row, col + 2u, start, values.z);
  put(row, col + 3u, start, values.w);
}

@compute @workgroup_size(256)
fn multiply(@builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) i: u32) {
  let z = vec2u((p.z0 + w.z) / p.inner, (p.z0 + w.z) % p.inner);
  let a_start = p.a_start + z.x * p.a_outer + z.y * p.a_inner;
  let b_start = p.b_start + z.x * p.b_outer + z.y * p.b_inner;
  let c_start = p.c_start + z.x * p.c_outer + z.y * p.c_inner;
  // Loading, an invocation brings one vector of each tile: neighbours read along the direction that lies dense.
  let pair = vec2u(i % 16u, i / 16u);
  let a_part = select(pair, pair.yx, p.a_k == 1u); // x: which 4 rows, y: which k
  let b_part = select(pair, pair.yx, p.b_k == 1u);
  let a_spot = a_part.y * PITCH + a_part.x;
  let b_spot = b_part.y * PITCH + b_part.x;
  let a_row = w.y * 64u + a_part.x * 4u;
  let b_col = w.x * 64u + b_part.x * 4u;
  let row = w.y * 64u + pair.y * 4u;
  let col = w.x * 64u + pair.x * 4u;

  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  var next_a = a_values(a_row, p.k0 + a_part.y, a_start);
  var next_b = b_values(b_col, p.k0 + b_part.y, b_start);
  for (var k = p.k0; k < p.k1; k += DEPTH) {
    a_tile[a_spot] = next_a;
    b_tile[b_spot] = next_b;
    workgroupBarrier();
    next_a = a_values(a_row, k + DEPTH + a_part.y, a_start); // on its way while the products run
    next_b = b_values(b_col, k + DEPTH + b_part.y, b_start);
    for (var q = 0u; q < DEPTH; q++) {
      let x = a_tile[q * PITCH + pair.y];
      let y = b_tile[q * PITCH + pair.x];
      s0 = fma(vec4f(x.x), y, s0);
      s1 = fma(vec4f(x.y), y, s1);
      s2 = fma(vec4f(x.z), y, s2);
      s3 = fma(vec4f(x.w), y, s3);
    }
    workgroupBarrier();
  }
  let bias = bias_of(col);
  put4(row, col, c_start, s0 + bias);
  put4(row + 1u, col, c_start, s1 + bias);
  put4(row + 2u, col, c_start, s2 + bias);
  put4(row + 3u, col, c_start, s3 + bias);
}
