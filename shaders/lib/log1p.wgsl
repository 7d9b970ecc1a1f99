// log(1 + x), accurate near 0; needs lib:logarithm.
fn log1p4(x: vec4f) -> vec4f {
  return select(log4(1.0 + x), log_rest(x), (x > vec4f(-0.29)) & (x < vec4f(0.41)));
}
