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
