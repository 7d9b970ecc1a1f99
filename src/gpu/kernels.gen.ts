// deno-fmt-ignore-file
// Written by tools/gen.ts from shaders/*.wgsl; do not edit.
// deno-lint-ignore-file
import { kernel } from "./kernel.ts";

/** WGSL text by module name. */
export const sources: { readonly [module: string]: string } = {
  accumulate: `struct Params { n: u32, first: u32 }
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@compute @workgroup_size(WG)
fn add(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
let inside = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n);
let value = select(vec4f(), source[i], inside);
if (params.first == 1u) {
out[i] = value;
} else {
out[i] = out[i] + value;
}
}`,
  binary: `alias T = f32;
struct Flat { n: u32, bits: u32 }
override OP: u32 = 0u;
override SWAP: u32 = 0u;
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> flat: Flat;
@group(0) @binding(1) var<storage, read> a: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<T>>;
fn nan(v: vec4<T>) -> vec4<bool> {
return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(select(0xffffffffu, 0x7f800000u, T(0.5) != T(0)));
}
fn remainder(p: vec4<T>, q: vec4<T>) -> vec4<T> {
let r = p % q;
let below = select(r, r + q, (r != vec4<T>()) & ((r < vec4<T>()) != (q < vec4<T>())));
return select(below, below - q, abs(below) >= abs(q));
}
fn value(p: vec4<T>, q: vec4<T>) -> vec4<T> {
switch OP {
case 0u: { return p + q; }
case 1u: { return p - q; }
case 2u: { return p * q; }
case 3u: { return p / q; }
case 4u: { return select(p, q, (q > p) | nan(q)); }
case 5u: { return select(p, q, (q < p) | nan(q)); }
case 6u: { return remainder(p, q); }
case 7u: { return select(select(vec4<T>(), vec4<T>(T(0.5)), p == q), vec4<T>(T(1)), p > q); }
default: { return (p - remainder(p, q)) / q; }
}
}
@compute @workgroup_size(WG)
fn same(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= flat.n) { return; }
out[i] = value(a[i], b[i]);
}
@compute @workgroup_size(WG)
fn number(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= flat.n) { return; }
let c = vec4<T>(bitcast<T>(flat.bits));
if (SWAP == 1u) {
out[i] = value(c, a[i]);
} else {
out[i] = value(a[i], c);
}
}
struct Walk {
n: u32, ndim: u32, out_start: u32,
a_start: u32, b_start: u32, a_splat: u32, b_splat: u32, pad: u32,
shape: array<vec4u, 2>, a_strides: array<vec4u, 2>, b_strides: array<vec4u, 2>,
}
fn places(i: u32) -> vec2u {
var rest = i;
var from = vec2u(walk.a_start, walk.b_start);
for (var d = walk.ndim; d > 0u; d--) {
let k = (d - 1u) / 4u;
let c = (d - 1u) % 4u;
let size = walk.shape[k][c];
from += rest % size * vec2u(walk.a_strides[k][c], walk.b_strides[k][c]);
rest /= size;
}
return from;
}
@group(0) @binding(0) var<uniform> walk: Walk;
@group(0) @binding(1) var<storage, read> a1: array<T>;
@group(0) @binding(2) var<storage, read> b1: array<T>;
@group(0) @binding(3) var<storage, read_write> out1: array<T>;
@compute @workgroup_size(WG)
fn strided(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= walk.n) { return; }
let from = places(i);
out1[walk.out_start + i] = value(vec4<T>(a1[from.x]), vec4<T>(b1[from.y])).x;
}
@compute @workgroup_size(WG)
fn vectors(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= walk.n) { return; }
let from = places(4u * i);
var p = a[from.x / 4u];
var q = b[from.y / 4u];
if (walk.a_splat == 1u) { p = vec4<T>(p[from.x % 4u]); }
if (walk.b_splat == 1u) { q = vec4<T>(q[from.y % 4u]); }
out[walk.out_start / 4u + i] = value(p, q);
}`,
  copy: `struct Params {
n: u32, ndim: u32, x_offset: u32, out_offset: u32,
shape: array<vec4u, 2>, x_strides: array<vec4u, 2>, out_strides: array<vec4u, 2>,
}
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(WG)
fn strided(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
var rest = i;
var source = params.x_offset;
var place = params.out_offset;
for (var d = params.ndim; d > 0u; d--) {
let k = d - 1u;
let size = params.shape[k / 4u][k % 4u];
let index = rest % size;
rest /= size;
source += index * params.x_strides[k / 4u][k % 4u];
place += index * params.out_strides[k / 4u][k % 4u];
}
out[place] = x[source];
}`,
  fill: `struct Params { n: u32, bits: u32 }
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(WG)
fn bits(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
out[i] = params.bits;
}`,
  normGradient: `struct Squares { first: u32, count: u32 }
struct Root { count: u32 }
struct Clip { first: u32, count: u32, limit: f32 }
override WG: u32 = 64u;
const WIDE: u32 = 256u;
@group(0) @binding(0) var<uniform> squares_params: Squares;
@group(0) @binding(0) var<uniform> root_params: Root;
@group(0) @binding(0) var<uniform> clip_params: Clip;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read> norm: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradients: array<vec4f>;
@compute @workgroup_size(WG)
fn squares(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= squares_params.count) { return; }
let start = 16u * blocks[squares_params.first + i];
var sum = vec4f();
for (var k = 0u; k < 16u; k++) {
let v = grad[start + k];
sum = fma(v, v, sum);
}
out[squares_params.first + i] = (sum.x + sum.y) + (sum.z + sum.w);
}
var<workgroup> shared_sums: array<f32, WIDE>;
@compute @workgroup_size(256)
fn root(@builtin(local_invocation_index) lane: u32) {
var sum = 0.0;
for (var i = lane; i < root_params.count; i += WIDE) { sum += sums[i]; }
shared_sums[lane] = sum;
for (var half = WIDE / 2u; half > 0u; half /= 2u) {
workgroupBarrier();
if (lane < half) { shared_sums[lane] += shared_sums[lane + half]; }
}
if (lane == 0u) { out[0] = sqrt(shared_sums[0]); }
}
@compute @workgroup_size(WG)
fn scale(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= 16u * clip_params.count) { return; }
let at = 16u * blocks[clip_params.first + i / 16u] + i % 16u;
gradients[at] = gradients[at] * min(clip_params.limit / (norm[0] + 1e-6), 1.0);
}
@compute @workgroup_size(WG)
fn clamp_values(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= 16u * clip_params.count) { return; }
let at = 16u * blocks[clip_params.first + i / 16u] + i % 16u;
gradients[at] = clamp(gradients[at], vec4f(-clip_params.limit), vec4f(clip_params.limit));
}`,
  optim: `struct Sgd {
first: u32, count: u32,
fresh: u32,
nesterov: u32,
lr: f32, momentum: f32,
share: f32,
decay: f32,
sign: f32,
}
struct Adam {
first: u32, count: u32,
beta1: f32, share1: f32,
beta2: f32, share2: f32,
rate: f32,
root: f32,
eps: f32,
decay: f32,
keep: f32,
sign: f32,
}
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> sgd_params: Sgd;
@group(0) @binding(0) var<uniform> adam_params: Adam;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read> fault: array<u32>;
@group(0) @binding(3) var<storage, read> grad: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> square: array<vec4f>;
@compute @workgroup_size(WG)
fn sgd(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= 16u * sgd_params.count || fault[0] != 0u) { return; }
let at = 16u * blocks[sgd_params.first + i / 16u] + i % 16u;
value[at] -= sgd_params.lr * (sgd_params.sign * grad[at] + sgd_params.decay * value[at]);
}
@compute @workgroup_size(WG)
fn sgd_momentum(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= 16u * sgd_params.count || fault[0] != 0u) { return; }
let at = 16u * blocks[sgd_params.first + i / 16u] + i % 16u;
let d = sgd_params.sign * grad[at] + sgd_params.decay * value[at];
var b = d;
if (sgd_params.fresh == 0u) { b = sgd_params.momentum * average[at] + sgd_params.share * d; }
average[at] = b;
let direction = select(b, d + sgd_params.momentum * b, sgd_params.nesterov == 1u);
value[at] -= sgd_params.lr * direction;
}
@compute @workgroup_size(WG)
fn adam(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= 16u * adam_params.count || fault[0] != 0u) { return; }
let at = 16u * blocks[adam_params.first + i / 16u] + i % 16u;
let p = value[at] * adam_params.keep;
let d = adam_params.sign * grad[at] + adam_params.decay * p;
let m = adam_params.beta1 * average[at] + adam_params.share1 * d;
let v = adam_params.beta2 * square[at] + adam_params.share2 * d * d;
average[at] = m;
square[at] = v;
value[at] = p - adam_params.rate * m / (sqrt(v) * adam_params.root + adam_params.eps);
}`,
  random: `struct Params { counter: vec4u, key: vec2u, n: u32, lo: i32, a: f32, b: f32, c: f32, size: u32 }
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> words: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> integers: array<vec4i>;
@group(0) @binding(2) var<storage, read> probs: array<vec4f>;
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
fn unit(four: vec4u) -> vec4f {
return vec4f(four >> vec4u(8u)) * 0x1p-24f;
}
fn draw(i: u32) -> vec4u {
return philox4x32_10(params.counter + vec4u(i, 0u, 0u, 0u), params.key);
}
fn inside(i: u32) -> vec4<bool> {
return vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n);
}
fn store(i: u32, v: vec4f) {
if (4u * i + 4u <= params.n) {
out[i] = v;
} else {
out[i] = select(out[i], v, inside(i));
}
}
@compute @workgroup_size(WG)
fn bits(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
words[i] = select(words[i], draw(i), inside(i));
}
@compute @workgroup_size(WG)
fn floats(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
store(i, min(params.a + params.b * unit(draw(i)), vec4f(params.c)));
}
fn sincospi(x: f32) -> vec2f {
let quarter = round(2.0 * x);
let t = (x - 0.5 * quarter) * 3.14159265358979;
let z = t * t;
let s = t + t * z * (-0.166666667 + z * (0.00833333333 + z * (-0.000198412698 + z * 2.75573192e-6)));
let c = 1.0 + z * (-0.5 + z * (0.0416666667 + z * (-0.00138888889 + z * 2.48015873e-5)));
let q = i32(quarter) & 3;
let turned = select(vec2f(s, c), vec2f(c, -s), (q & 1) == 1);
return select(turned, -turned, q >= 2);
}
fn pair(u: u32, v: u32) -> vec2f {
let angle = f32(bitcast<i32>(u)) * 0x1p-31f + 0x1p-32f;
let radius = sqrt(max(-2.0 * log(f32(v) * 0x1p-32f + 0x1p-33f), 0.0));
return radius * sincospi(angle);
}
@compute @workgroup_size(WG)
fn normal(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
let w = draw(i);
store(i, params.a + params.b * vec4f(pair(w.x, w.y), pair(w.z, w.w)));
}
@compute @workgroup_size(WG)
fn bernoulli(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
store(i, select(vec4f(), vec4f(1.0), unit(draw(i)) < vec4f(params.a)));
}
@compute @workgroup_size(WG)
fn bernoulli_each(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
store(i, select(vec4f(), vec4f(1.0), unit(draw(i)) < probs[i]));
}
@compute @workgroup_size(WG)
fn randint(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
let w = draw(i);
var v = w;
if (params.size != 0u) {
v = vec4u(mul_high(w.x, params.size), mul_high(w.y, params.size), mul_high(w.z, params.size), mul_high(w.w, params.size));
}
integers[i] = select(integers[i], bitcast<vec4i>(v + vec4u(bitcast<u32>(params.lo))), inside(i));
}`,
  reduce: `alias T = f32;
struct Params {
items: u32, length: u32, inner: u32, chunks: u32,
x_start: u32, out_start: u32, divisor: f32,
}
override OP: u32 = 0u;
override MAP: u32 = 0u;
override FINISH: u32 = 0u;
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
}`,
  rnnState: `override WG: u32 = 64u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
sd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> h0: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(3) var<storage, read> c0: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(7) var<storage, read> steps: array<vec4u>;
fn first_row(r: u32, dir: u32) -> u32 {
if (p.packed == 1u) {
var i = 0u;
while (i + 1u < p.count && steps[dir * p.count + i].z <= r) { i++; }
return steps[dir * p.count + i].x + r;
}
return r + select(0u, (p.count - 1u) * p.batch, ((p.reverse >> dir) & 1u) == 1u);
}
fn place(i: u32) -> u32 {
let row = i / p.h4;
let dir = row / p.batch;
return dir * p.sd + first_row(row % p.batch, dir) * p.h4 + i % p.h4;
}
@compute @workgroup_size(WG)
fn start(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = id.x + id.y * groups.x * WG;
if (i >= p.dirs * p.batch * p.h4) { return; }
var v = vec4f();
if ((p.given & 1u) != 0u) { v = h0[i]; }
h[place(i)] = v;
}
@compute @workgroup_size(WG)
fn start_pair(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = id.x + id.y * groups.x * WG;
if (i >= p.dirs * p.batch * p.h4) { return; }
let to = place(i);
var v = vec4f();
if ((p.given & 1u) != 0u) { v = h0[i]; }
h[to] = v;
v = vec4f();
if ((p.given & 2u) != 0u) { v = c0[i]; }
c[to] = v;
}`,
  triangle: `struct Params { n: u32, rows: u32, cols: u32, diagonal: i32, upper: u32 }
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(WG)
fn keep(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let col = i % params.cols;
let row = i / params.cols % params.rows;
let beyond = i32(col) - i32(row) - params.diagonal;
let inside = select(beyond <= 0, beyond >= 0, params.upper == 1u);
out[i] = select(0u, x[i], inside);
}`,
  unary: `struct Params { n: u32, a: f32, b: f32 }
override OP: u32 = 0u;
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<storage, read> y: array<vec4f>;
@group(0) @binding(4) var<storage, read> grad: array<vec4f>;
fn sigmoid(v: vec4f) -> vec4f { return 1.0 / (1.0 + exp(-v)); }
fn value(v: vec4f) -> vec4f {
switch OP {
case 0u: { return exp(v); }
case 1u: { return log(v); }
case 2u: { return sqrt(v); }
case 3u: { return abs(v); }
case 4u: { return -v; }
case 5u: { return v * v; }
case 6u: { return max(v, vec4f()); }
case 7u: { return sigmoid(v); }
case 8u: { return tanh(v); }
default: { return v; }
}
}
fn slope(v: vec4f, f: vec4f, g: vec4f) -> vec4f {
switch OP {
case 0u: { return g * f; }
case 1u: { return g / v; }
case 2u: { return 0.5 * g / f; }
case 3u: { return g * sign(v); }
case 4u: { return -g; }
case 5u: { return 2.0 * g * v; }
case 6u: { return select(vec4f(), g, f > vec4f()); }
case 7u: { return g * f * (1.0 - f); }
case 8u: { return g * (1.0 - f * f); }
default: { return g; }
}
}
@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
out[i] = value(x[i]);
}
@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
out[i] = slope(x[i], y[i], grad[i]);
}`,
};

/** Every kernel, by shader file and entry point. */
export const kernels = {
  accumulate: {
    add: kernel<"source" | "out", { n: number; first: number }, "WG">("accumulate", "add", [["source", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["first", "u32", 1, 1]], ["WG"]),
  },
  binary: {
    same: kernel<"a" | "b" | "out", { n: number; bits: number }, "OP" | "SWAP" | "WG">("binary", "same", [["a", 1, "r"], ["b", 2, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["OP","SWAP","WG"]),
    number: kernel<"a" | "out", { n: number; bits: number }, "OP" | "SWAP" | "WG">("binary", "number", [["a", 1, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["OP","SWAP","WG"]),
    strided: kernel<"a1" | "b1" | "out1", { n: number; ndim: number; out_start: number; a_start: number; b_start: number; a_splat: number; b_splat: number; shape: readonly number[]; a_strides: readonly number[]; b_strides: readonly number[] }, "OP" | "SWAP" | "WG">("binary", "strided", [["a1", 1, "r"], ["b1", 2, "r"], ["out1", 3, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["out_start", "u32", 2, 1], ["a_start", "u32", 3, 1], ["b_start", "u32", 4, 1], ["a_splat", "u32", 5, 1], ["b_splat", "u32", 6, 1], ["pad", "u32", 7, 1], ["shape", "u32", 8, 8], ["a_strides", "u32", 16, 8], ["b_strides", "u32", 24, 8]], ["OP","SWAP","WG"]),
    vectors: kernel<"a" | "b" | "out", { n: number; ndim: number; out_start: number; a_start: number; b_start: number; a_splat: number; b_splat: number; shape: readonly number[]; a_strides: readonly number[]; b_strides: readonly number[] }, "OP" | "SWAP" | "WG">("binary", "vectors", [["a", 1, "r"], ["b", 2, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["out_start", "u32", 2, 1], ["a_start", "u32", 3, 1], ["b_start", "u32", 4, 1], ["a_splat", "u32", 5, 1], ["b_splat", "u32", 6, 1], ["pad", "u32", 7, 1], ["shape", "u32", 8, 8], ["a_strides", "u32", 16, 8], ["b_strides", "u32", 24, 8]], ["OP","SWAP","WG"]),
  },
  copy: {
    strided: kernel<"x" | "out", { n: number; ndim: number; x_offset: number; out_offset: number; shape: readonly number[]; x_strides: readonly number[]; out_strides: readonly number[] }, "WG">("copy", "strided", [["x", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["x_offset", "u32", 2, 1], ["out_offset", "u32", 3, 1], ["shape", "u32", 4, 8], ["x_strides", "u32", 12, 8], ["out_strides", "u32", 20, 8]], ["WG"]),
  },
  fill: {
    bits: kernel<"out", { n: number; bits: number }, "WG">("fill", "bits", [["out", 1, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["WG"]),
  },
  normGradient: {
    squares: kernel<"blocks" | "grad" | "out", { first: number; count: number }, "WG">("normGradient", "squares", [["blocks", 1, "r"], ["grad", 2, "r"], ["out", 3, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1]], ["WG"]),
    root: kernel<"out" | "sums", { count: number }, "WG">("normGradient", "root", [["out", 3, "w"], ["sums", 4, "r"]], [["count", "u32", 0, 1]], ["WG"]),
    scale: kernel<"blocks" | "norm" | "gradients", { first: number; count: number; limit: number }, "WG">("normGradient", "scale", [["blocks", 1, "r"], ["norm", 5, "r"], ["gradients", 6, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["limit", "f32", 2, 1]], ["WG"]),
    clampValues: kernel<"blocks" | "gradients", { first: number; count: number; limit: number }, "WG">("normGradient", "clamp_values", [["blocks", 1, "r"], ["gradients", 6, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["limit", "f32", 2, 1]], ["WG"]),
  },
  optim: {
    sgd: kernel<"blocks" | "grad" | "value", { first: number; count: number; fresh: number; nesterov: number; lr: number; momentum: number; share: number; decay: number; sign: number }, "WG">("optim", "sgd", [["blocks", 1, "r"], ["fault", 2, "r"], ["grad", 3, "r"], ["value", 4, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["fresh", "u32", 2, 1], ["nesterov", "u32", 3, 1], ["lr", "f32", 4, 1], ["momentum", "f32", 5, 1], ["share", "f32", 6, 1], ["decay", "f32", 7, 1], ["sign", "f32", 8, 1]], ["WG"]),
    sgdMomentum: kernel<"blocks" | "grad" | "value" | "average", { first: number; count: number; fresh: number; nesterov: number; lr: number; momentum: number; share: number; decay: number; sign: number }, "WG">("optim", "sgd_momentum", [["blocks", 1, "r"], ["fault", 2, "r"], ["grad", 3, "r"], ["value", 4, "w"], ["average", 5, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["fresh", "u32", 2, 1], ["nesterov", "u32", 3, 1], ["lr", "f32", 4, 1], ["momentum", "f32", 5, 1], ["share", "f32", 6, 1], ["decay", "f32", 7, 1], ["sign", "f32", 8, 1]], ["WG"]),
    adam: kernel<"blocks" | "grad" | "value" | "average" | "square", { first: number; count: number; beta1: number; share1: number; beta2: number; share2: number; rate: number; root: number; eps: number; decay: number; keep: number; sign: number }, "WG">("optim", "adam", [["blocks", 1, "r"], ["fault", 2, "r"], ["grad", 3, "r"], ["value", 4, "w"], ["average", 5, "w"], ["square", 6, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["beta1", "f32", 2, 1], ["share1", "f32", 3, 1], ["beta2", "f32", 4, 1], ["share2", "f32", 5, 1], ["rate", "f32", 6, 1], ["root", "f32", 7, 1], ["eps", "f32", 8, 1], ["decay", "f32", 9, 1], ["keep", "f32", 10, 1], ["sign", "f32", 11, 1]], ["WG"]),
  },
  random: {
    bits: kernel<"words", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "bits", [["words", 1, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
    floats: kernel<"out", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "floats", [["out", 1, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
    normal: kernel<"out", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "normal", [["out", 1, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
    bernoulli: kernel<"out", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "bernoulli", [["out", 1, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
    bernoulliEach: kernel<"out" | "probs", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "bernoulli_each", [["out", 1, "w"], ["probs", 2, "r"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
    randint: kernel<"integers", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "randint", [["integers", 1, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
  },
  reduce: {
    columns: kernel<"x" | "out", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; divisor: number }, "OP" | "MAP" | "FINISH">("reduce", "columns", [["x", 1, "r"], ["out", 2, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["divisor", "f32", 6, 1]], ["OP","MAP","FINISH"]),
    rows: kernel<"x" | "out", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; divisor: number }, "OP" | "MAP" | "FINISH">("reduce", "rows", [["x", 1, "r"], ["out", 2, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["divisor", "f32", 6, 1]], ["OP","MAP","FINISH"]),
  },
  rnnState: {
    start: kernel<"h0" | "h" | "steps", { h4: number; batch: number; dirs: number; sd: number; given: number; reverse: number; packed: number; count: number }, "WG">("rnnState", "start", [["h0", 1, "r"], ["h", 2, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["sd", "u32", 3, 1], ["given", "u32", 4, 1], ["reverse", "u32", 5, 1], ["packed", "u32", 6, 1], ["count", "u32", 7, 1]], ["WG"]),
    startPair: kernel<"h0" | "h" | "c0" | "c" | "steps", { h4: number; batch: number; dirs: number; sd: number; given: number; reverse: number; packed: number; count: number }, "WG">("rnnState", "start_pair", [["h0", 1, "r"], ["h", 2, "w"], ["c0", 3, "r"], ["c", 4, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["sd", "u32", 3, 1], ["given", "u32", 4, 1], ["reverse", "u32", 5, 1], ["packed", "u32", 6, 1], ["count", "u32", 7, 1]], ["WG"]),
  },
  triangle: {
    keep: kernel<"x" | "out", { n: number; rows: number; cols: number; diagonal: number; upper: number }, "WG">("triangle", "keep", [["x", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["rows", "u32", 1, 1], ["cols", "u32", 2, 1], ["diagonal", "i32", 3, 1], ["upper", "u32", 4, 1]], ["WG"]),
  },
  unary: {
    forward: kernel<"x" | "out", { n: number; a: number; b: number }, "OP" | "WG">("unary", "forward", [["x", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["a", "f32", 1, 1], ["b", "f32", 2, 1]], ["OP","WG"]),
    backward: kernel<"x" | "out" | "y" | "grad", { n: number; a: number; b: number }, "OP" | "WG">("unary", "backward", [["x", 1, "r"], ["out", 2, "w"], ["y", 3, "r"], ["grad", 4, "r"]], [["n", "u32", 0, 1], ["a", "f32", 1, 1], ["b", "f32", 2, 1]], ["OP","WG"]),
  },
} as const;
