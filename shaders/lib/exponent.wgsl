// Pieces of exponential functions: about 1e-8 relative before rounding, the same on every adapter.
fn is_nan(v: vec4f) -> vec4<bool> { return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }

// v 2^n in two factors: 2^n alone may be no number.
fn scaled(v: vec4f, n: vec4f) -> vec4f {
  let i = vec4i(n);
  let h = i / 2;
  return v * bitcast<vec4f>((h + 127) << vec4u(23u)) * bitcast<vec4f>((i - h + 127) << vec4u(23u));
}

// e^r - 1 for |r| <= ln 2 / 2.
fn exp_rest(r: vec4f) -> vec4f {
  return r + r * r * (0.500000002859 + r * (0.166665733611 + r * (0.041666363407 + r * (0.008363776143 + r * 0.001394216488))));
}

// x - n ln 2; the first part has so few bits that its product with n is exact.
fn minus_ln2(x: vec4f, n: vec4f) -> vec4f { return x - n * 0.693359375 + n * 2.1219444e-4; }
