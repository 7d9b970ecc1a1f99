// Dropout: elements whose uniform number is at least p are scaled, the others become 0. The mask is drawn again in the
// backward pass instead of being stored. A lane handles one Philox block: four elements.

struct Params { counter: vec4u, key: vec2u, n: u32, p: f32, scale: f32, pad0: u32, pad1: u32, pad2: u32 }

override WG: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

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

@compute @workgroup_size(WG)
fn apply(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  let u = unit(philox4x32_10(params.counter + vec4u(i, 0u, 0u, 0u), params.key));
  out[i] = select(vec4f(), params.scale * x[i], u >= vec4f(params.p));
}
