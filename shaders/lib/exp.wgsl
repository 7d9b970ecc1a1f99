// e^x to about 1e-7 relative; needs lib:exponent.
fn exp4(x: vec4f) -> vec4f {
  let c = clamp(x, vec4f(-104.0), vec4f(89.0));
  let n = round(c * 1.4426950409);
  return select(scaled(1.0 + exp_rest(minus_ln2(c, n)), n), x, is_nan(x));
}
