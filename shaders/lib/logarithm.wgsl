// Natural logarithm to about 1e-7 relative: WGSL's own may be off by 1e-4 near 1.
// log(1 + f) for 1 + f between sqrt(1/2) and sqrt(2).
fn log_rest(f: vec4f) -> vec4f {
  let s = f / (2.0 + f);
  let z = s * s;
  return f - s * (f - z * (0.66666686244 + z * (0.399883014527 + z * 0.296012768239)));
}

// x = 2^e (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), for positive normal numbers.
struct Parts { e: vec4f, f: vec4f }
fn parts(x: vec4f) -> Parts {
  let i = bitcast<vec4i>(x);
  let e = (i - 0x3f3504f3) >> vec4u(23u);
  return Parts(vec4f(e), bitcast<vec4f>(i - (e << vec4u(23u))) - 1.0);
}

fn log4(x: vec4f) -> vec4f {
  let tiny = x < vec4f(1.17549435e-38);
  let up = select(x, x * 33554432.0, tiny); // 0 for denormal numbers where the adapter flushes them
  let p = parts(up);
  let e = select(p.e, p.e - 25.0, tiny);
  let y = e * 0.693359375 + (log_rest(p.f) - e * 2.1219444e-4);
  // Drivers disagree about 0 and infinity: -infinity for 0, NaN below, infinity and NaN stay what they are.
  let bits = bitcast<vec4u>(x);
  let other = select(select(bits, vec4u(0x7fc00000u), x < vec4f()), vec4u(0xff800000u), up == vec4f());
  return select(bitcast<vec4f>(other), y, ((bits - vec4u(1u)) < vec4u(0x7f7fffffu)) & (up != vec4f()));
}
