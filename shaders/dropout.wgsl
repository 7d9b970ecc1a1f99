// Dropout: elements whose uniform number is at least p are scaled, the others become 0. The mask is drawn again in the
// backward pass instead of being stored. It may be smaller than the tensor and repeat along some of its dimensions:
// element e of the mask is word e mod 4 of Philox block e div 4, whichever entry computes it.

struct Params { counter: vec4u, key: vec2u, n: u32, p: f32, scale: f32, pad0: u32, pad1: u32, pad2: u32 }

struct Shared {
  counter: vec4u, key: vec2u, p: f32, scale: f32,
  n: u32, // lanes
  inner: u32, // vectors side by side, each with a block of the mask (with SPLAT: 1)
  repeats: u32, // vectors behind each other that share a block (with SPLAT: an element) of the mask
  chunks: u32, // lanes that share these
  first: u32, // element of the mask that comes first
  x_start: u32, out_start: u32, pad: u32,
}

struct Walk {
  counter: vec4u, key: vec2u, p: f32, scale: f32,
  n: u32, first: u32, ndim: u32, pad: u32, // elements, number of the first one
  shape: array<vec4u, 2>, strides: array<vec4u, 2>, // sizes, steps through the mask
}

override WG: u32 = 64u;
override SPLAT: bool = false; // all four elements of a vector share one element of the mask

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(0) var<uniform> shared_mask: Shared;
@group(0) @binding(0) var<uniform> walk: Walk;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out1: array<f32>;

// lib:philox begin
// Philox4x32-10 (Salmon et al., SC 2011): four random words of a counter and a key, bit-equal to src/tensor/random.ts.
fn mul_high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let upper = ah * bl + ((al * bl) >> 16u);
  let lower = al * bh + (upper & 0xffffu);
  return ah * bh + (upper >> 16u) + (lower >> 16u);
}

fn philox4x32_10(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let h0 = mul_high(0xd2511f53u, c.x);
    let h1 = mul_high(0xcd9e8d57u, c.z);
    c = vec4u(h1 ^ c.y ^ k.x, 0xcd9e8d57u * c.z, h0 ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// Floats in [0, 1), multiples of 2^-24.
fn unit(four: vec4u) -> vec4f {
  return vec4f(four >> vec4u(8u)) * 0x1p-24f;
}
// lib:philox end

// A mask of the tensor's own shape; a lane handles one block.
@compute @workgroup_size(WG)
fn apply(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  let u = unit(philox4x32_10(params.counter + vec4u(i, 0u, 0u, 0u), params.key));
  out[i] = select(vec4f(), params.scale * x[i], u >= vec4f(params.p));
}

// [outer, repeats, inner] with a mask [outer, 1, inner]: a lane draws once for many vectors.
@compute @workgroup_size(WG)
fn repeated(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= shared_mask.n) { return; }
  let inner = shared_mask.inner;
  let repeats = shared_mask.repeats;
  let column = i % inner;
  let chunk = i / inner % shared_mask.chunks;
  let outer = i / inner / shared_mask.chunks;
  let number = shared_mask.first + select(4u * (outer * inner + column), outer, SPLAT);
  var u = unit(philox4x32_10(shared_mask.counter + vec4u(number / 4u, 0u, 0u, 0u), shared_mask.key));
  if (SPLAT) { u = vec4f(u[number % 4u]); }
  let keep = u >= vec4f(shared_mask.p);
  let base = outer * repeats * inner + column;
  for (var r = chunk; r < repeats; r += shared_mask.chunks) {
    let at = base + r * inner;
    out[shared_mask.out_start + at] = select(vec4f(), shared_mask.scale * x[shared_mask.x_start + at], keep);
  }
}

// Any mask that broadcasts, one element per lane.
@compute @workgroup_size(WG)
fn strided(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= walk.n) { return; }
  var rest = walk.first + i;
  var number = 0u;
  for (var d = walk.ndim; d > 0u; d--) {
    let k = (d - 1u) / 4u;
    let c = (d - 1u) % 4u;
    number += rest % walk.shape[k][c] * walk.strides[k][c];
    rest /= walk.shape[k][c];
  }
  let u = unit(philox4x32_10(walk.counter + vec4u(number / 4u, 0u, 0u, 0u), walk.key));
  out1[i] = select(0.0, walk.scale * x1[i], u[number % 4u] >= walk.p);
}

// The mask's elements that ids name: the factors of rows that were looked up in a table.
@compute @workgroup_size(WG)
fn factors(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let u = unit(philox4x32_10(params.counter + vec4u(ids[i] / 4u, 0u, 0u, 0u), params.key));
  out1[i] = select(0.0, params.scale, u[ids[i] % 4u] >= params.p);
}
