struct Walk {
  n: u32, ndim: u32, out_start: u32,
  a_start: u32, b_start: u32, a_splat: u32, b_splat: u32, pad: u32,
  shape: array<vec4u, 2>, a_strides: array<vec4u, 2>, b_strides: array<vec4u, 2>,
}

// Where both operands hold what belongs to the output's element i (row-major).
fn places(i: u32) -> vec2u {
  var rest = i;
  var spot = vec2u(walk.a_start, walk.b_start);
  for (var d = walk.ndim; d > 0u; d--) {
    let k = (d - 1u) / 4u;
    let c = (d - 1u) % 4u;
    let size = walk.shape[k][c];
    spot += rest % size * vec2u(walk.a_strides[k][c], walk.b_strides[k][c]);
    rest /= size;
  }
  return spot;
}
