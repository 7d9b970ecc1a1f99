// Reduces the middle dimension of a dense [outer, length, inner] to [outer, chunks, inner], 512 elements to a chunk;
// the host repeats it until one chunk is left. Every chunk is reduced by the same tree, whichever entry does it:
// eight partial results over the elements k = j mod 8, ascending, then j with j + 4, j + 2, j + 1. So the bits depend on
// the length alone. `columns` gives a chunk to one lane, `rows` to eight.

alias T = f32; // element type

struct Params {
  items: u32, length: u32, inner: u32, chunks: u32,
  x_start: u32, out_start: u32, divisor: f32,
}

override OP: u32 = 0u; // 0 sum, 1 product, 2 maximum, 3 minimum
override MAP: u32 = 0u; // applied to the elements: 0 none, 1 square, 2 not zero, 3 absolute value
override FINISH: u32 = 0u; // applied to the result: 0 none, 1 divided by divisor, 2 square root
const CHUNK = 512u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> out: array<T>;

fn mapped(v: T) -> T {
  switch MAP {
    case 1u: { return v * v; }
    case 2u: { return select(T(0), T(1), v != T(0)); }
    case 3u: { return abs(v); }
    default: { return v; }
  }
}

// Not v != v: a compiler may assume that no NaN exists. Integers of these bits win ties only against themselves.
fn is_nan(v: vec4<T>) -> vec4<bool> {
  return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(select(0xffffffffu, 0x7f800000u, T(0.5) != T(0)));
}

fn combine4(a: vec4<T>, b: vec4<T>) -> vec4<T> {
  switch OP {
    case 1u: { return a * b; }
    case 2u: { return select(a, b, (b > a) | is_nan(b)); }
    case 3u: { return select(a, b, (b < a) | is_nan(b)); }
    default: { return a + b; }
  }
}

fn combine(a: T, b: T) -> T { return combine4(vec4<T>(a), vec4<T>(b)).x; }

// Elements past the end: neutral ones for sum and product; for the others the last element was read again.
fn padded(v: vec4<T>, inside: vec4<bool>) -> vec4<T> {
  switch OP {
    case 0u: { return select(vec4<T>(), v, inside); }
    case 1u: { return select(vec4<T>(T(1)), v, inside); }
    default: { return v; }
  }
}

fn below(k: vec4u, count: u32) -> vec4<bool> { return k < vec4u(count); }

fn start(first: T) -> T {
  switch OP {
    case 0u: { return T(0); }
    case 1u: { return T(1); }
    default: { return first; }
  }
}

fn finished(v: T) -> T {
  switch FINISH {
    case 1u: { return v / T(params.divisor); }
    case 2u: { return T(sqrt(f32(v))); }
    default: { return v; }
  }
}

fn at(base: u32, k: u32, count: u32) -> T { return mapped(x[base + min(k, count - 1u) * params.inner]); }

@compute @workgroup_size(64)
fn columns(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * 64u;
  if (i >= params.items) { return; }
  let column = i % params.inner;
  let item = i / params.inner;
  let chunk = item % params.chunks;
  let count = min(CHUNK, params.length - chunk * CHUNK);
  let base = params.x_start + (item / params.chunks * params.length + chunk * CHUNK) * params.inner + column;
  let first = start(at(base, 0u, count));
  var low = vec4<T>(first);
  var high = low;
  let lane = vec4u(0u, 1u, 2u, 3u);
  for (var k = 0u; k < count; k += 8u) {
    let a = vec4<T>(at(base, k, count), at(base, k + 1u, count), at(base, k + 2u, count), at(base, k + 3u, count));
    let b = vec4<T>(at(base, k + 4u, count), at(base, k + 5u, count), at(base, k + 6u, count), at(base, k + 7u, count));
    low = combine4(low, padded(a, below(lane + k, count)));
    high = combine4(high, padded(b, below(lane + k + 4u, count)));
  }
  let four = combine4(low, high);
  let two = combine4(four, four.zwxy);
  out[params.out_start + i] = finished(combine(two.x, two.y));
}

var<workgroup> partial: array<T, 64>;

@compute @workgroup_size(64)
fn rows(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let wanted = (w.x + w.y * groups.x) * 8u + l / 8u;
  let item = min(wanted, params.items - 1u);
  let chunk = item % params.chunks;
  let count = min(CHUNK, params.length - chunk * CHUNK);
  let base = params.x_start + item / params.chunks * params.length + chunk * CHUNK;
  let j = l % 8u;
  var sum = start(at(base, 0u, count));
  for (var k = 0u; k < count; k += 8u) {
    let v = at(base, k + j, count);
    sum = combine(sum, padded(vec4<T>(v), below(vec4u(k + j), count)).x);
  }
  partial[l] = sum;
  workgroupBarrier();
  if (j < 4u) { partial[l] = combine(partial[l], partial[l + 4u]); }
  workgroupBarrier();
  if (j < 2u) { partial[l] = combine(partial[l], partial[l + 2u]); }
  workgroupBarrier();
  if (j == 0u && wanted < params.items) { out[params.out_start + item] = finished(combine(partial[l], partial[l + 1u])); }
}
