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
  attention: `struct Params {
n: u32, steps: u32, batch: u32, width: u32,
x_start: u32, x_row: u32, x_step: u32,
row: u32, v_row: u32,
tail: u32,
first: u32, end: u32, chunks: u32, pad0: u32, pad1: u32, pad2: u32,
}
override WG: u32 = 64u;
const CHUNK = 512u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> slopes: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> out1: array<f32>;
@compute @workgroup_size(WG)
fn dots(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let row = i / params.steps;
let base = params.x_start + row * params.x_row + i % params.steps * params.x_step;
let other = (params.row + row) * params.v_row;
var sum = vec4f();
let last = params.width - 1u;
for (var k = 0u; k < last; k++) { sum = fma(x[base + k], v[other + k], sum); }
let inside = vec4u(0u, 1u, 2u, 3u) < vec4u(params.tail);
sum = select(sum, fma(x[base + last], v[other + last], sum), inside);
out1[params.row * params.steps + i] = (sum.x + sum.y) + (sum.z + sum.w);
}
@compute @workgroup_size(WG)
fn sums(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let row = i / params.width;
let base = params.x_start + row * params.x_row + i % params.width;
let first_weight = (params.row + row) * params.steps;
var total = vec4f();
for (var first = 0u; first < params.steps; first += CHUNK) {
var sum = vec4f();
for (var t = first; t < min(first + CHUNK, params.steps); t++) {
sum = fma(vec4f(weights[first_weight + t]), x[base + t * params.x_step], sum);
}
total += sum;
}
out[params.row * params.width + i] = total;
}
@compute @workgroup_size(WG)
fn outer(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let column = i % params.width;
let local = i / params.width % params.batch;
let row = params.row + local;
let given = x[row * params.width + column];
let vector = v[column];
let base = params.x_start + local * params.x_row + column;
for (var t = params.first + i / params.width / params.batch; t < params.end; t += params.chunks) {
let at = row * params.steps + t;
out[base + (t - params.first) * params.x_step] = fma(vec4f(weights[at]), given, slopes[at] * vector);
}
}`,
  batchNorm: `struct Params { channels: u32, length: u32, count: u32, eps: f32 }
struct Update { channels: u32, momentum: f32, unbiased: f32, cumulative: u32 }
override CHANNELS: u32 = 8u;
override ROWS: u32 = 8u;
override WG: u32 = 64u;
override SCALE: bool = false;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(0) var<uniform> update_params: Update;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> grad: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> stats: array<vec4f>;
@group(0) @binding(4) var<storage, read> sum0: array<f32>;
@group(0) @binding(8) var<storage, read> sum1: array<f32>;
@group(0) @binding(6) var<storage, read_write> out_stats: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> out_sum0: array<f32>;
@group(0) @binding(7) var<storage, read_write> out_sum1: array<f32>;
@group(0) @binding(6) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> running_var: array<f32>;
@group(0) @binding(3) var<storage, read_write> batches: array<i32>;
@group(0) @binding(7) var<storage, read> fault: array<u32>;
var<workgroup> parts: array<vec2f, 256>;
fn all_rows(own: vec2f, l: u32) -> vec2f {
var all = own;
if (ROWS > 1u) {
workgroupBarrier();
parts[l] = own;
for (var half = ROWS / 2u; half > 0u; half /= 2u) {
workgroupBarrier();
if (l < half * CHANNELS) { parts[l] += parts[l + half * CHANNELS]; }
}
workgroupBarrier();
all = parts[l % CHANNELS];
}
return all;
}
fn place(channel: u32, j: u32) -> u32 {
return ((j / params.length) * params.channels + channel) * params.length + j % params.length;
}
@compute @workgroup_size(WG)
fn measure(@builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let wanted = (w.x + w.y * groups.x) * CHANNELS + l % CHANNELS;
let channel = min(wanted, params.channels - 1u);
var total = 0.0;
for (var j = l / CHANNELS; j < params.count; j += ROWS) { total += x[place(channel, j)]; }
let mean = all_rows(vec2f(total, 0.0), l).x / f32(params.count);
var squares = 0.0;
for (var j = l / CHANNELS; j < params.count; j += ROWS) {
let d = x[place(channel, j)] - mean;
squares = fma(d, d, squares);
}
let variance = all_rows(vec2f(squares, 0.0), l).x / f32(params.count);
if (l < CHANNELS && wanted < params.channels) {
out_stats[channel] = vec4f(mean, 1.0 / sqrt(variance + params.eps), variance, 0.0);
}
}
@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.channels * params.count) { return; }
let c = (i / params.length) % params.channels;
let s = stats[c];
var v = (x[i] - s.x) * s.y;
if (SCALE) { v = fma(v, weight[c], bias[c]); }
out[i] = v;
}
@compute @workgroup_size(WG)
fn gradient_sums(@builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let wanted = (w.x + w.y * groups.x) * CHANNELS + l % CHANNELS;
let channel = min(wanted, params.channels - 1u);
let s = stats[channel];
var a = 0.0;
var b = 0.0;
for (var j = l / CHANNELS; j < params.count; j += ROWS) {
let at = place(channel, j);
a += grad[at];
b = fma(grad[at], (x[at] - s.x) * s.y, b);
}
let all = all_rows(vec2f(a, b), l);
if (l < CHANNELS && wanted < params.channels) {
out_sum0[channel] = all.x;
out_sum1[channel] = all.y;
}
}
@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.channels * params.count) { return; }
let c = (i / params.length) % params.channels;
let s = stats[c];
let v = (grad[i] - fma((x[i] - s.x) * s.y, sum1[c], sum0[c]) / f32(params.count)) * s.y;
if (SCALE) {
out[i] = v * weight[c];
} else {
out[i] = v;
}
}
@compute @workgroup_size(64)
fn update(@builtin(local_invocation_index) l: u32) {
let before = batches[0];
storageBarrier();
if (fault[0] == 0u) {
var share = update_params.momentum;
if (update_params.cumulative == 1u) { share = 1.0 / f32(before + 1); }
for (var c = l; c < update_params.channels; c += 64u) {
let s = stats[c];
running_mean[c] = (1.0 - share) * running_mean[c] + share * s.x;
running_var[c] = (1.0 - share) * running_var[c] + share * s.z * update_params.unbiased;
}
if (l == 0u) { batches[0] = before + 1; }
}
}`,
  binary: `alias T = f32;
alias U = T;
struct Flat { n: u32, bits: u32 }
struct Walk {
n: u32, ndim: u32, out_start: u32,
a_start: u32, b_start: u32, a_splat: u32, b_splat: u32, pad: u32,
shape: array<vec4u, 2>, a_strides: array<vec4u, 2>, b_strides: array<vec4u, 2>,
}
override OP: u32 = 0u;
override SWAP: u32 = 0u;
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> flat: Flat;
@group(0) @binding(1) var<storage, read> a: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<U>>;
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
@group(0) @binding(0) var<uniform> walk: Walk;
@group(0) @binding(1) var<storage, read> a1: array<T>;
@group(0) @binding(2) var<storage, read> b1: array<T>;
@group(0) @binding(3) var<storage, read_write> out1: array<U>;
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
@compute @workgroup_size(WG)
fn strided(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= walk.n) { return; }
let spot = places(i);
out1[walk.out_start + i] = value(vec4<T>(a1[spot.x]), vec4<T>(b1[spot.y])).x;
}
@compute @workgroup_size(WG)
fn vectors(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= walk.n) { return; }
let spot = places(4u * i);
var p = a[spot.x / 4u];
var q = b[spot.y / 4u];
if (walk.a_splat == 1u) { p = vec4<T>(p[spot.x % 4u]); }
if (walk.b_splat == 1u) { q = vec4<T>(q[spot.y % 4u]); }
out[walk.out_start / 4u + i] = value(p, q);
}
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
}`,
  cast: `struct Params { n: u32 }
override KIND: u32 = 0u;
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(1) var<storage, read> x_half: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> out_half: array<vec2u>;
fn converted(v: vec4u) -> vec4u {
switch KIND {
case 0u: { return bitcast<vec4u>(vec4i(bitcast<vec4f>(v))); }
case 1u: { return vec4u(bitcast<vec4f>(v)); }
case 2u: { return bitcast<vec4u>(vec4f(bitcast<vec4i>(v))); }
case 3u: { return bitcast<vec4u>(vec4f(v)); }
case 4u: { return select(vec4u(), vec4u(1u), (v & vec4u(0x7fffffffu)) != vec4u()); }
case 5u: { return select(vec4u(), vec4u(1u), v != vec4u()); }
default: { return v; }
}
}
fn half_of(v: u32) -> u32 {
let sign = (v >> 16u) & 0x8000u;
let size = v & 0x7fffffffu;
if (size > 0x7f800000u) { return sign | 0x7e00u | ((size >> 13u) & 0x3ffu); }
if (size >= 0x47800000u) { return sign | 0x7c00u; }
if (size >= 0x38800000u) { return sign | ((size - 0x37fff001u + ((size >> 13u) & 1u)) >> 13u); }
let shift = min(126u - (size >> 23u), 31u);
let digits = (size & 0x7fffffu) | 0x800000u;
let whole = digits >> shift;
let rest = digits << (32u - shift);
return sign | (whole + select(0u, 1u, rest > 0x80000000u || (rest == 0x80000000u && (whole & 1u) == 1u)));
}
fn float_of(half: u32) -> u32 {
let sign = (half & 0x8000u) << 16u;
let size = (half & 0x7fffu) << 13u;
if (size >= 0x0f800000u) { return sign | size | 0x7f800000u; }
if (size < 0x00800000u) { return sign | bitcast<u32>(f32(size >> 13u) * 5.9604644775390625e-8); }
return sign | (size + 0x38000000u);
}
@compute @workgroup_size(WG)
fn convert(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
out[i] = converted(x[i]);
}
@compute @workgroup_size(WG)
fn narrow(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let v = converted(x[i]);
out_half[i] = vec2u(half_of(v.x) | (half_of(v.y) << 16u), half_of(v.z) | (half_of(v.w) << 16u));
}
@compute @workgroup_size(WG)
fn widen(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let v = x_half[i];
out[i] = converted(vec4u(float_of(v.x & 0xffffu), float_of(v.x >> 16u), float_of(v.y & 0xffffu), float_of(v.y >> 16u)));
}`,
  check: `struct Params { n: u32, command: u32 }
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> fault: array<atomic<u32>>;
fn report(command: u32, element: u32, value: u32, kind: u32) {
for (var tries = 0u; tries < 64u; tries++) {
let r = atomicCompareExchangeWeak(&fault[0], 0u, command);
if (r.exchanged) {
atomicStore(&fault[1], element);
atomicStore(&fault[2], value);
atomicStore(&fault[3], kind);
return;
}
if (r.old_value != 0u) { return; }
}
}
@compute @workgroup_size(WG)
fn finite(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
if ((x[i] & 0x7f800000u) == 0x7f800000u) { report(params.command, i, x[i], 1u); }
}`,
  compare: `alias T = f32;
alias U = u32;
struct Flat { n: u32, bits: u32 }
struct Walk {
n: u32, ndim: u32, out_start: u32,
a_start: u32, b_start: u32, a_splat: u32, b_splat: u32, pad: u32,
shape: array<vec4u, 2>, a_strides: array<vec4u, 2>, b_strides: array<vec4u, 2>,
}
override OP: u32 = 0u;
override SWAP: u32 = 0u;
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> flat: Flat;
@group(0) @binding(1) var<storage, read> a: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<U>>;
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
@group(0) @binding(0) var<uniform> walk: Walk;
@group(0) @binding(1) var<storage, read> a1: array<T>;
@group(0) @binding(2) var<storage, read> b1: array<T>;
@group(0) @binding(3) var<storage, read_write> out1: array<U>;
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
@compute @workgroup_size(WG)
fn strided(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= walk.n) { return; }
let spot = places(i);
out1[walk.out_start + i] = value(vec4<T>(a1[spot.x]), vec4<T>(b1[spot.y])).x;
}
@compute @workgroup_size(WG)
fn vectors(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= walk.n) { return; }
let spot = places(4u * i);
var p = a[spot.x / 4u];
var q = b[spot.y / 4u];
if (walk.a_splat == 1u) { p = vec4<T>(p[spot.x % 4u]); }
if (walk.b_splat == 1u) { q = vec4<T>(q[spot.y % 4u]); }
out[walk.out_start / 4u + i] = value(p, q);
}
fn truth(p: vec4<T>, q: vec4<T>) -> vec4<bool> {
let none = vec4<T>();
switch OP {
case 0u: { return p == q; }
case 1u: { return p != q; }
case 2u: { return p < q; }
case 3u: { return p <= q; }
case 4u: { return p > q; }
case 5u: { return p >= q; }
case 6u: { return (p != none) & (q != none); }
case 7u: { return (p != none) | (q != none); }
default: { return (p != none) != (q != none); }
}
}
fn value(p: vec4<T>, q: vec4<T>) -> vec4u { return select(vec4u(), vec4u(1u), truth(p, q)); }`,
  copy: `alias T = u32;
struct Params {
n: u32, ndim: u32, x_offset: u32, out_offset: u32,
shape: array<vec4u, 2>, x_strides: array<vec4u, 2>, out_strides: array<vec4u, 2>,
}
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> out: array<T>;
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
  counts: `struct Params {
n: u32, classes: u32, ignored: i32, command: u32,
}
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> predicted: array<i32>;
@group(0) @binding(2) var<storage, read> wanted: array<i32>;
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read_write> fault: array<atomic<u32>>;
fn report(command: u32, element: u32, value: u32, kind: u32) {
for (var tries = 0u; tries < 64u; tries++) {
let r = atomicCompareExchangeWeak(&fault[0], 0u, command);
if (r.exchanged) {
atomicStore(&fault[1], element);
atomicStore(&fault[2], value);
atomicStore(&fault[3], kind);
return;
}
if (r.old_value != 0u) { return; }
}
}
@compute @workgroup_size(WG)
fn confusion(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let row = wanted[i];
let column = predicted[i];
if (row == params.ignored) { return; }
if (row < 0 || u32(row) >= params.classes) {
report(params.command, i, bitcast<u32>(row), 0u);
return;
}
if (column < 0 || u32(column) >= params.classes) {
report(params.command, i, bitcast<u32>(column), 0u);
return;
}
atomicAdd(&counts[u32(row) * params.classes + u32(column)], 1u);
}`,
  crossEntropy: `struct Params { rows: u32, cols: u32, first: u32, command: u32, ignored: i32, smoothing: f32, pad0: u32, pad1: u32 }
override WG: u32 = 64u;
override LANES: u32 = 1u;
override LOGITS: bool = true;
override WEIGHTED: bool = false;
override SMOOTH: bool = false;
override SPAN: u32 = 1u;
override REDUCTION: u32 = 0u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(2) var<storage, read> classes: array<i32>;
@group(0) @binding(3) var<storage, read> row_stats: array<vec2f>;
@group(0) @binding(4) var<storage, read> class_weight: array<f32>;
@group(0) @binding(5) var<storage, read> row_smooth: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> smooth_out: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> terms: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> losses: array<f32>;
@group(0) @binding(7) var<storage, read_write> fault: array<atomic<u32>>;
@group(0) @binding(1) var<storage, read> addends: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(1) var<storage, read> grad: array<f32>;
@group(0) @binding(6) var<storage, read> totals: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> factors_out: array<vec4f>;
@group(0) @binding(2) var<storage, read> factors: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;
fn report(command: u32, element: u32, value: u32, kind: u32) {
for (var tries = 0u; tries < 64u; tries++) {
let r = atomicCompareExchangeWeak(&fault[0], 0u, command);
if (r.exchanged) {
atomicStore(&fault[1], element);
atomicStore(&fault[2], value);
atomicStore(&fault[3], kind);
return;
}
if (r.old_value != 0u) { return; }
}
}
var<workgroup> parts: array<vec2f, 256>;
fn weight_of(c: u32) -> f32 {
if (WEIGHTED) { return class_weight[c]; }
return 1.0;
}
@compute @workgroup_size(WG)
fn smooth_rows(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let row = select(w.x + w.y * groups.x, g.x + g.y * groups.x * WG, LANES == 1u);
let lane = l % LANES;
let safe = min(row, params.rows - 1u);
let most = row_stats[safe].x;
var spread = vec4f();
var weights = vec4f();
for (var c = 4u * lane; c < params.cols; c += 4u * LANES) {
let at = safe * params.cols + c;
let keep = vec4u(c) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.cols);
var w4 = vec4f(1.0);
if (WEIGHTED) { w4 = vec4f(class_weight[c], class_weight[c + 1u], class_weight[c + 2u], class_weight[c + 3u]); }
w4 = select(vec4f(), w4, keep);
spread += select(vec4f(), w4 * (most - vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u])), keep);
weights += w4;
}
var all = vec2f((spread.x + spread.y) + (spread.z + spread.w), (weights.x + weights.y) + (weights.z + weights.w));
if (LANES > 1u) {
parts[lane] = all;
for (var half = LANES / 2u; half > 0u; half /= 2u) {
workgroupBarrier();
if (lane < half) { parts[lane] += parts[lane + half]; }
}
all = parts[lane];
}
if (lane == 0u && row < params.rows) { smooth_out[row] = all; }
}
fn term(row: u32) -> vec2f {
let c = classes[row];
if (c == params.ignored) { return vec2f(); }
if (c < 0 || u32(c) >= params.cols) {
report(params.command, params.first + row, bitcast<u32>(c), 0u);
return vec2f();
}
let w = weight_of(u32(c));
let v = x1[row * params.cols + u32(c)];
if (!LOGITS) { return vec2f(-w * v, w); }
let s = row_stats[row];
let log_sum = -log(s.y);
var result = w * ((s.x - v) + log_sum);
if (SMOOTH) {
let r = row_smooth[row];
result = (1.0 - params.smoothing) * result + params.smoothing / f32(params.cols) * (r.y * log_sum + r.x);
}
return vec2f(result, w);
}
@compute @workgroup_size(WG)
fn row_terms(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let row = g.x + g.y * groups.x * WG;
if (row >= params.rows) { return; }
terms[row] = term(row);
}
@compute @workgroup_size(WG)
fn row_losses(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let row = g.x + g.y * groups.x * WG;
if (row >= params.rows) { return; }
losses[row] = term(row).x;
}
@compute @workgroup_size(64)
fn total(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u) {
var all = vec2f();
let end = min(params.rows, (w.x + 1u) * 4096u);
for (var i = w.x * 4096u + l; i < end; i += 64u) { all += addends[i]; }
parts[l] = all;
for (var half = 32u; half > 0u; half /= 2u) {
workgroupBarrier();
if (l < half) { parts[l] += parts[l + half]; }
}
if (l == 0u) {
let s = parts[0];
sums[w.x] = s;
if (params.rows <= 4096u) { loss[0] = select(s.x, s.x / s.y, REDUCTION == 2u); }
}
}
fn place(row: u32) -> u32 { return select(row, 2u * row, SMOOTH); }
@compute @workgroup_size(WG)
fn row_factors(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let row = g.x + g.y * groups.x * WG;
if (row >= params.rows) { return; }
let c = classes[row];
var f = vec4f(0.0, 0.0, 0.0, -1.0);
var s = 0.0;
if (c != params.ignored && c >= 0 && u32(c) < params.cols) {
if (REDUCTION == 0u) {
s = grad[row];
} else {
s = grad[0];
}
if (REDUCTION == 2u) { s /= totals[0].y; }
f.z = s * weight_of(u32(c));
f.w = f32(c);
if (LOGITS) {
let stat = row_stats[row];
f.x = stat.x;
if (SMOOTH) {
s *= params.smoothing / f32(params.cols);
f.z *= 1.0 - params.smoothing;
f.y = (f.z + s * row_smooth[row].y) * stat.y;
} else {
f.y = f.z * stat.y;
}
}
}
factors_out[place(row)] = f;
if (SMOOTH) { factors_out[place(row) + 1u] = vec4f(s); }
}
@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
let n = params.cols;
if (4u * i >= params.rows * n) { return; }
var row = vec4u(i / (n / 4u));
var c = vec4u(4u * (i % (n / 4u))) + vec4u(0u, 1u, 2u, 3u);
if (SPAN > 1u) {
let at = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u);
row = min(at / n, vec4u(params.rows - 1u));
c = at % n;
}
let a = factors[place(row.x)];
var most = vec4f(a.x);
var soft = vec4f(a.y);
var hot = vec4f(a.z);
var hit = vec4f(a.w);
if (SPAN > 1u) {
let d = factors[place(row.w)];
let of_last = row == vec4u(row.w);
most = select(most, vec4f(d.x), of_last);
soft = select(soft, vec4f(d.y), of_last);
hot = select(hot, vec4f(d.z), of_last);
hit = select(hit, vec4f(d.w), of_last);
}
if (SPAN > 2u) {
let b = factors[place(row.y)];
let e = factors[place(row.z)];
most = vec4f(most.x, b.x, e.x, most.w);
soft = vec4f(soft.x, b.y, e.y, soft.w);
hot = vec4f(hot.x, b.z, e.z, hot.w);
hit = vec4f(hit.x, b.w, e.w, hit.w);
}
var v = -select(vec4f(), hot, vec4f(c) == hit);
if (LOGITS) { v += exp(x[i] - most) * soft; }
if (SMOOTH) {
var s = vec4f(factors[place(row.x) + 1u].x);
if (SPAN > 1u) { s = vec4f(s.x, factors[place(row.y) + 1u].x, factors[place(row.z) + 1u].x, factors[place(row.w) + 1u].x); }
if (WEIGHTED) { s *= vec4f(class_weight[c.x], class_weight[c.y], class_weight[c.z], class_weight[c.w]); }
v -= s;
}
out[i] = v;
}`,
  dropout: `struct Params { counter: vec4u, key: vec2u, n: u32, p: f32, scale: f32, pad0: u32, pad1: u32, pad2: u32 }
struct Shared {
counter: vec4u, key: vec2u, p: f32, scale: f32,
n: u32,
inner: u32,
repeats: u32,
chunks: u32,
first: u32,
x_start: u32, out_start: u32, pad: u32,
}
struct Walk {
counter: vec4u, key: vec2u, p: f32, scale: f32,
n: u32, first: u32, ndim: u32, pad: u32,
shape: array<vec4u, 2>, strides: array<vec4u, 2>,
}
override WG: u32 = 64u;
override SPLAT: bool = false;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(0) var<uniform> shared_mask: Shared;
@group(0) @binding(0) var<uniform> walk: Walk;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out1: array<f32>;
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
@compute @workgroup_size(WG)
fn apply(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
let u = unit(philox4x32_10(params.counter + vec4u(i, 0u, 0u, 0u), params.key));
out[i] = select(vec4f(), params.scale * x[i], u >= vec4f(params.p));
}
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
@compute @workgroup_size(WG)
fn factors(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let u = unit(philox4x32_10(params.counter + vec4u(ids[i] / 4u, 0u, 0u, 0u), params.key));
out1[i] = select(0.0, params.scale, u[ids[i] % 4u] >= params.p);
}`,
  embedding: `struct Params {
n: u32, width: u32, first: u32, command: u32,
low: u32, high: u32, rows: u32, zero: u32,
}
override WG: u32 = 64u;
override COLUMNS: u32 = 1u;
override ADD: bool = false;
override CHECK: bool = true;
override ZERO: bool = false;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read> table: array<vec4u>;
@group(0) @binding(2) var<storage, read> table1: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out1: array<u32>;
@group(0) @binding(4) var<storage, read_write> fault: array<atomic<u32>>;
@group(0) @binding(1) var<storage, read> ids4: array<vec4i>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad1: array<f32>;
@group(0) @binding(3) var<storage, read_write> sum: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> sum1: array<f32>;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(4) var<storage, read> order: array<u32>;
@group(0) @binding(5) var<storage, read> runs: array<u32>;
@group(0) @binding(5) var<storage, read_write> runs_out: array<u32>;
@group(0) @binding(6) var<storage, read> chunks: array<vec4f>;
@group(0) @binding(6) var<storage, read> chunks1: array<f32>;
fn report(command: u32, element: u32, value: u32, kind: u32) {
for (var tries = 0u; tries < 64u; tries++) {
let r = atomicCompareExchangeWeak(&fault[0], 0u, command);
if (r.exchanged) {
atomicStore(&fault[1], element);
atomicStore(&fault[2], value);
atomicStore(&fault[3], kind);
return;
}
if (r.old_value != 0u) { return; }
}
}
const CHUNK = 128u;
const NONE = 0xffffffffu;
fn row_at(i: u32) -> u32 {
let id = ids[i];
if (CHECK && (id < 0 || u32(id) >= params.rows)) {
report(params.command, params.first + i, bitcast<u32>(id), 0u);
return 0u;
}
return u32(id);
}
@compute @workgroup_size(WG)
fn gather4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
let each = params.width / COLUMNS;
if (i >= params.n * each) { return; }
let row = row_at(i / each);
if (row < params.low || row >= params.high) { return; }
let source = (row - params.low) * params.width + i % each * COLUMNS;
for (var k = 0u; k < COLUMNS; k++) {
var v = table[source + k];
if (ZERO) { v = select(v, vec4u(), row == params.zero); }
out[i * COLUMNS + k] = v;
}
}
@compute @workgroup_size(WG)
fn gather1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n * params.width) { return; }
let row = row_at(i / params.width);
if (row < params.low || row >= params.high) { return; }
var v = table1[(row - params.low) * params.width + i % params.width];
if (ZERO) { v = select(v, 0u, row == params.zero); }
out1[i] = v;
}
fn hits4(p: u32, row: u32) -> u32 {
var hits = 0u;
for (var k = 0u; k < 8u; k++) {
let hit = ids4[p / 4u + k] == vec4i(i32(row));
hits |= dot(select(vec4u(), vec4u(1u, 2u, 4u, 8u), hit), vec4u(1u)) << (4u * k);
}
return select(hits, hits & ((1u << ((params.n - p) & 31u)) - 1u), params.n - p < 32u);
}
@compute @workgroup_size(WG)
fn direct4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
let each = params.width / COLUMNS;
if (i >= (params.high - params.low) * each) { return; }
let row = params.low + i / each;
let column = i % each * COLUMNS;
var seen = 0u;
var a = vec4f();
var b = vec4f();
var c = vec4f();
var d = vec4f();
var total_a = vec4f();
var total_b = vec4f();
var total_c = vec4f();
var total_d = vec4f();
for (var p = 0u; p < params.n; p += 32u) {
var hits = hits4(p, row);
while (hits != 0u) {
let at = (p + countTrailingZeros(hits)) * params.width + column;
hits &= hits - 1u;
a += grad[at];
if (COLUMNS > 1u) { b += grad[at + 1u]; }
if (COLUMNS > 2u) {
c += grad[at + 2u];
d += grad[at + 3u];
}
seen++;
let full = seen == CHUNK;
seen = select(seen, 0u, full);
total_a += select(vec4f(), a, full);
total_b += select(vec4f(), b, full);
total_c += select(vec4f(), c, full);
total_d += select(vec4f(), d, full);
a = select(a, vec4f(), full);
b = select(b, vec4f(), full);
c = select(c, vec4f(), full);
d = select(d, vec4f(), full);
}
}
let at = i * COLUMNS;
let keep = row != params.zero;
sum[at] = select(vec4f(), total_a + a, keep);
if (COLUMNS > 1u) { sum[at + 1u] = select(vec4f(), total_b + b, keep); }
if (COLUMNS > 2u) {
sum[at + 2u] = select(vec4f(), total_c + c, keep);
sum[at + 3u] = select(vec4f(), total_d + d, keep);
}
}
@compute @workgroup_size(WG)
fn direct1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= (params.high - params.low) * params.width) { return; }
let row = params.low + i / params.width;
let column = i % params.width;
var seen = 0u;
var a = 0.0;
var total = 0.0;
for (var p = 0u; p < params.n; p += 32u) {
var hits = hits4(p, row);
while (hits != 0u) {
a += grad1[(p + countTrailingZeros(hits)) * params.width + column];
hits &= hits - 1u;
seen++;
let full = seen == CHUNK;
seen = select(seen, 0u, full);
total += select(0.0, a, full);
a = select(a, 0.0, full);
}
}
sum1[i] = select(0.0, total + a, row != params.zero);
}
@compute @workgroup_size(WG)
fn bounds(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let key = keys[i];
if (i == 0u || keys[max(i, 1u) - 1u] != key) { runs_out[2u * key] = i; }
if (i + 1u == params.n || keys[min(i + 1u, params.n - 1u)] != key) { runs_out[2u * key + 1u] = i + 1u; }
}
fn chunk_in(block: u32) -> vec2u {
let at = block * CHUNK;
let key = keys[at];
let begin = runs[2u * key];
let end = runs[2u * key + 1u];
let from_begin = (at - begin + CHUNK - 1u) / CHUNK * CHUNK;
if (from_begin == 0u || begin + from_begin >= end) { return vec2u(); }
return vec2u(begin + from_begin, min(begin + from_begin + CHUNK, end));
}
@compute @workgroup_size(WG)
fn partials4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i / params.width >= (params.n + CHUNK - 1u) / CHUNK) { return; }
let chunk = chunk_in(i / params.width);
if (chunk.y == 0u) { return; }
var a = vec4f();
for (var p = chunk.x; p < chunk.y; p++) { a += grad[order[p] * params.width + i % params.width]; }
sum[i] = a;
}
@compute @workgroup_size(WG)
fn partials1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i / params.width >= (params.n + CHUNK - 1u) / CHUNK) { return; }
let chunk = chunk_in(i / params.width);
if (chunk.y == 0u) { return; }
var a = 0.0;
for (var p = chunk.x; p < chunk.y; p++) { a += grad1[order[p] * params.width + i % params.width]; }
sum1[i] = a;
}
@compute @workgroup_size(WG)
fn sums4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
let each = params.width / COLUMNS;
if (i >= (params.high - params.low) * each) { return; }
let row = params.low + i / each;
let begin = runs[2u * row];
let end = select(runs[2u * row + 1u], begin, row == params.zero);
for (var k = 0u; k < COLUMNS; k++) {
let column = i % each * COLUMNS + k;
var total = vec4f();
for (var p = begin; p < min(begin + CHUNK, end); p++) { total += grad[order[p] * params.width + column]; }
for (var p = begin + CHUNK; p < end; p += CHUNK) { total += chunks[p / CHUNK * params.width + column]; }
if (ADD) { total += sum[i * COLUMNS + k]; }
sum[i * COLUMNS + k] = total;
}
}
@compute @workgroup_size(WG)
fn sums1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= (params.high - params.low) * params.width) { return; }
let row = params.low + i / params.width;
let column = i % params.width;
let begin = runs[2u * row];
let end = select(runs[2u * row + 1u], begin, row == params.zero);
var total = 0.0;
for (var p = begin; p < min(begin + CHUNK, end); p++) { total += grad1[order[p] * params.width + column]; }
for (var p = begin + CHUNK; p < end; p += CHUNK) { total += chunks1[p / CHUNK * params.width + column]; }
if (ADD) { total += sum1[i]; }
sum1[i] = total;
}`,
  extreme: `alias T = f32;
struct Params { items: u32, length: u32, inner: u32, chunks: u32, x_start: u32, out_start: u32, origin: u32 }
override OP: u32 = 0u;
override WG: u32 = 64u;
const CHUNK = 512u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<T>;
@group(0) @binding(4) var<storage, read_write> out_index: array<u32>;
struct Best { value: T, at: u32 }
fn nan(v: T) -> bool {
return (bitcast<u32>(v) & 0x7fffffffu) > select(0xffffffffu, 0x7f800000u, T(0.5) != T(0));
}
fn better(a: Best, b: Best) -> Best {
let a_nan = nan(a.value);
let b_nan = nan(b.value);
var second = select(b.value > a.value, b.value < a.value, OP == 1u);
if (a_nan || b_nan) { second = b_nan && (!a_nan || b.at < a.at); } else if (a.value == b.value) { second = b.at < a.at; }
if (second) { return b; }
return a;
}
@compute @workgroup_size(64)
fn columns(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * 64u;
if (i >= params.items) { return; }
let item = i / params.inner;
let first = item % params.chunks * CHUNK;
let end = min(first + CHUNK, params.length);
let base = params.x_start + item / params.chunks * params.length * params.inner + i % params.inner;
var best = Best(x[base + first * params.inner], first + params.origin);
for (var k = first + 1u; k < end; k++) { best = better(best, Best(x[base + k * params.inner], k + params.origin)); }
out[params.out_start + i] = best.value;
out_index[params.out_start + i] = best.at;
}
@compute @workgroup_size(64)
fn merge(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * 64u;
if (i >= params.items) { return; }
let item = i / params.inner;
let first = item % params.chunks * CHUNK;
let end = min(first + CHUNK, params.length);
let base = params.x_start + item / params.chunks * params.length * params.inner + i % params.inner;
var best = Best(x[base + first * params.inner], index[base + first * params.inner]);
for (var k = first + 1u; k < end; k++) { best = better(best, Best(x[base + k * params.inner], index[base + k * params.inner])); }
out[params.out_start + i] = best.value;
out_index[params.out_start + i] = best.at;
}
var<workgroup> values: array<T, 64>;
var<workgroup> places: array<u32, 64>;
fn join(l: u32, distance: u32) {
let best = better(Best(values[l], places[l]), Best(values[l + distance], places[l + distance]));
values[l] = best.value;
places[l] = best.at;
}
@compute @workgroup_size(64)
fn rows(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
let wanted = (w.x + w.y * groups.x) * 8u + l / 8u;
let item = min(wanted, params.items - 1u);
let first = item % params.chunks * CHUNK;
let end = min(first + CHUNK, params.length);
let base = params.x_start + item / params.chunks * params.length;
let j = l % 8u;
var best = Best(x[base + first], first + params.origin);
for (var k = first + j; k < end; k += 8u) { best = better(best, Best(x[base + k], k + params.origin)); }
values[l] = best.value;
places[l] = best.at;
workgroupBarrier();
if (j < 4u) { join(l, 4u); }
workgroupBarrier();
if (j < 2u) { join(l, 2u); }
workgroupBarrier();
if (j == 0u) { join(l, 1u); }
if (j == 0u && wanted < params.items) {
out[params.out_start + item] = values[l];
out_index[params.out_start + item] = places[l];
}
}
@compute @workgroup_size(WG)
fn spread(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.items) { return; }
let e = params.out_start + i;
let k = e / params.inner % params.length;
let from_item = e / (params.inner * params.length) * params.inner + e % params.inner;
out[i] = select(T(0), x[from_item], index[from_item] == k);
}
@compute @workgroup_size(WG)
fn pick(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.items) { return; }
out[i] = x[(i / params.inner * params.length + index[i]) * params.inner + i % params.inner];
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
  gru: `alias T = f32;
override WG: u32 = 8u;
override Y: u32 = 1u;
override HARD: u32 = 0u;
override KEEP: u32 = 1u;
override BIAS: u32 = 1u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(7) var<storage, read> steps: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(4) var<storage, read> bias: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(6) var<storage, read_write> sums: array<mat3x4f>;
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> hs: array<vec4f>;
@group(0) @binding(4) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn gate(x: vec4f) -> vec4f {
if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}
fn slope(s: vec4f) -> vec4f {
if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
return s * (1.0 - s);
}
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd3(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, sum: mat3x4f) -> mat3x4f {
return mat3x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]));
}
fn madd4(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f, sum: mat4x4f) -> mat4x4f {
return mat4x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]), madd(a, b3, sum[3]));
}
fn step_at(i: u32, dir: u32) -> vec4u {
if (p.packed == 1u) { return steps[dir * p.count + i]; }
let after = select(0u, p.batch, i + 1u < p.count);
if (((p.reverse >> dir) & 1u) == 0u) { return vec4u(i * p.batch, i * p.batch + after, p.batch, after); }
let at = (p.count - 1u - i) * p.batch;
return vec4u(at, at - after, p.batch, after);
}
fn back_step_at(i: u32, dir: u32) -> vec4u {
if (i < p.count) { return step_at(p.count - 1u - i, dir); }
let s = step_at(0u, dir);
return vec4u(0u, s.x, 0u, s.z);
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn forward(step: vec4u, dir: u32, row: u32, u: u32) {
let h4 = p.h4;
var s0 = mat3x4f();
var s1 = mat3x4f();
var s2 = mat3x4f();
var s3 = mat3x4f();
var s4 = mat3x4f();
var s5 = mat3x4f();
var s6 = mat3x4f();
var s7 = mat3x4f();
var s8 = mat3x4f();
var s9 = mat3x4f();
var s10 = mat3x4f();
var s11 = mat3x4f();
var s12 = mat3x4f();
var s13 = mat3x4f();
var s14 = mat3x4f();
var s15 = mat3x4f();
let at0 = dir * p.sd + (step.x + min(row + 0u, step.z - 1u)) * h4;
let at1 = dir * p.sd + (step.x + min(row + 1u, step.z - 1u)) * h4;
let at2 = dir * p.sd + (step.x + min(row + 2u, step.z - 1u)) * h4;
let at3 = dir * p.sd + (step.x + min(row + 3u, step.z - 1u)) * h4;
let at4 = dir * p.sd + (step.x + min(row + 4u, step.z - 1u)) * h4;
let at5 = dir * p.sd + (step.x + min(row + 5u, step.z - 1u)) * h4;
let at6 = dir * p.sd + (step.x + min(row + 6u, step.z - 1u)) * h4;
let at7 = dir * p.sd + (step.x + min(row + 7u, step.z - 1u)) * h4;
let at8 = dir * p.sd + (step.x + min(row + 8u, step.z - 1u)) * h4;
let at9 = dir * p.sd + (step.x + min(row + 9u, step.z - 1u)) * h4;
let at10 = dir * p.sd + (step.x + min(row + 10u, step.z - 1u)) * h4;
let at11 = dir * p.sd + (step.x + min(row + 11u, step.z - 1u)) * h4;
let at12 = dir * p.sd + (step.x + min(row + 12u, step.z - 1u)) * h4;
let at13 = dir * p.sd + (step.x + min(row + 13u, step.z - 1u)) * h4;
let at14 = dir * p.sd + (step.x + min(row + 14u, step.z - 1u)) * h4;
let at15 = dir * p.sd + (step.x + min(row + 15u, step.z - 1u)) * h4;
let w0 = ((dir * 3u + 0u) * h4 + u) * 4u * h4;
let w1 = ((dir * 3u + 1u) * h4 + u) * 4u * h4;
let w2 = ((dir * 3u + 2u) * h4 + u) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let b2 = transpose(quad(w2 + k));
s0 = madd3(h[at0 + k], b0, b1, b2, s0);
s1 = madd3(h[at1 + k], b0, b1, b2, s1);
s2 = madd3(h[at2 + k], b0, b1, b2, s2);
s3 = madd3(h[at3 + k], b0, b1, b2, s3);
s4 = madd3(h[at4 + k], b0, b1, b2, s4);
s5 = madd3(h[at5 + k], b0, b1, b2, s5);
s6 = madd3(h[at6 + k], b0, b1, b2, s6);
s7 = madd3(h[at7 + k], b0, b1, b2, s7);
s8 = madd3(h[at8 + k], b0, b1, b2, s8);
s9 = madd3(h[at9 + k], b0, b1, b2, s9);
s10 = madd3(h[at10 + k], b0, b1, b2, s10);
s11 = madd3(h[at11 + k], b0, b1, b2, s11);
s12 = madd3(h[at12 + k], b0, b1, b2, s12);
s13 = madd3(h[at13 + k], b0, b1, b2, s13);
s14 = madd3(h[at14 + k], b0, b1, b2, s14);
s15 = madd3(h[at15 + k], b0, b1, b2, s15);
}
let first = ((dir * ((p.batch + 15u) / 16u) + row / 16u) * h4 + u) * 16u;
sums[first + 0u] = s0;
sums[first + 1u] = s1;
sums[first + 2u] = s2;
sums[first + 3u] = s3;
sums[first + 4u] = s4;
sums[first + 5u] = s5;
sums[first + 6u] = s6;
sums[first + 7u] = s7;
sums[first + 8u] = s8;
sums[first + 9u] = s9;
sums[first + 10u] = s10;
sums[first + 11u] = s11;
sums[first + 12u] = s12;
sums[first + 13u] = s13;
sums[first + 14u] = s14;
sums[first + 15u] = s15;
var b = mat3x4f();
if (BIAS == 1u) {
let at = dir * 3u * h4 + u;
b = mat3x4f(vec4f(bias[at]), vec4f(bias[at + h4]), vec4f(bias[at + 2u * h4]));
}
for (var r = row; r < min(row + 16u, step.z); r++) {
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let to = state_after(step, dir, r) + u;
let sum = sums[first + r - row] + b;
let reset = gate(vec4f(z[zr]) + sum[0]);
let update = gate(vec4f(z[zr + h4]) + sum[1]);
let hidden = sum[2];
let n = tanh4(fma(reset, hidden, vec4f(z[zr + 2u * h4])));
let out = fma(update, h[was] - n, n);
if (KEEP == 1u) {
z[zr] = vec4<T>(reset);
z[zr + h4] = vec4<T>(update);
z[zr + 2u * h4] = vec4<T>(n);
z[zh] = vec4<T>(hidden);
}
h[to] = out;
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
fn keep(step: vec4u, dir: u32, r: u32, u0: u32, sum: mat4x4f) {
if (r >= step.w) { return; }
let at = p.dirs * p.batch * p.h4 + (dir * p.batch + r) * p.h4 + u0;
dh[at] = sum[0];
if (u0 + 1u < p.h4) { dh[at + 1u] = sum[1]; }
if (u0 + 2u < p.h4) { dh[at + 2u] = sum[2]; }
if (u0 + 3u < p.h4) { dh[at + 3u] = sum[3]; }
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
if (row < step.w) {
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
let at0 = dir * p.gd + (step.y + min(row + 0u, step.w - 1u)) * p.zs;
let at1 = dir * p.gd + (step.y + min(row + 1u, step.w - 1u)) * p.zs;
let at2 = dir * p.gd + (step.y + min(row + 2u, step.w - 1u)) * p.zs;
let at3 = dir * p.gd + (step.y + min(row + 3u, step.w - 1u)) * p.zs;
let at4 = dir * p.gd + (step.y + min(row + 4u, step.w - 1u)) * p.zs;
let at5 = dir * p.gd + (step.y + min(row + 5u, step.w - 1u)) * p.zs;
let at6 = dir * p.gd + (step.y + min(row + 6u, step.w - 1u)) * p.zs;
let at7 = dir * p.gd + (step.y + min(row + 7u, step.w - 1u)) * p.zs;
let at8 = dir * p.gd + (step.y + min(row + 8u, step.w - 1u)) * p.zs;
let at9 = dir * p.gd + (step.y + min(row + 9u, step.w - 1u)) * p.zs;
let at10 = dir * p.gd + (step.y + min(row + 10u, step.w - 1u)) * p.zs;
let at11 = dir * p.gd + (step.y + min(row + 11u, step.w - 1u)) * p.zs;
let at12 = dir * p.gd + (step.y + min(row + 12u, step.w - 1u)) * p.zs;
let at13 = dir * p.gd + (step.y + min(row + 13u, step.w - 1u)) * p.zs;
let at14 = dir * p.gd + (step.y + min(row + 14u, step.w - 1u)) * p.zs;
let at15 = dir * p.gd + (step.y + min(row + 15u, step.w - 1u)) * p.zs;
let w0 = dir * 12u * h4 * h4 + min(u0 + 0u, h4 - 1u);
let w1 = dir * 12u * h4 * h4 + min(u0 + 1u, h4 - 1u);
let w2 = dir * 12u * h4 * h4 + min(u0 + 2u, h4 - 1u);
let w3 = dir * 12u * h4 * h4 + min(u0 + 3u, h4 - 1u);
for (var k = 0u; k < 3u * h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
let b1 = quad(w1 + 4u * k * h4);
let b2 = quad(w2 + 4u * k * h4);
let b3 = quad(w3 + 4u * k * h4);
s0 = madd4(dg[at0 + k], b0, b1, b2, b3, s0);
s1 = madd4(dg[at1 + k], b0, b1, b2, b3, s1);
s2 = madd4(dg[at2 + k], b0, b1, b2, b3, s2);
s3 = madd4(dg[at3 + k], b0, b1, b2, b3, s3);
s4 = madd4(dg[at4 + k], b0, b1, b2, b3, s4);
s5 = madd4(dg[at5 + k], b0, b1, b2, b3, s5);
s6 = madd4(dg[at6 + k], b0, b1, b2, b3, s6);
s7 = madd4(dg[at7 + k], b0, b1, b2, b3, s7);
s8 = madd4(dg[at8 + k], b0, b1, b2, b3, s8);
s9 = madd4(dg[at9 + k], b0, b1, b2, b3, s9);
s10 = madd4(dg[at10 + k], b0, b1, b2, b3, s10);
s11 = madd4(dg[at11 + k], b0, b1, b2, b3, s11);
s12 = madd4(dg[at12 + k], b0, b1, b2, b3, s12);
s13 = madd4(dg[at13 + k], b0, b1, b2, b3, s13);
s14 = madd4(dg[at14 + k], b0, b1, b2, b3, s14);
s15 = madd4(dg[at15 + k], b0, b1, b2, b3, s15);
}
keep(step, dir, row + 0u, u0, s0);
keep(step, dir, row + 1u, u0, s1);
keep(step, dir, row + 2u, u0, s2);
keep(step, dir, row + 3u, u0, s3);
keep(step, dir, row + 4u, u0, s4);
keep(step, dir, row + 5u, u0, s5);
keep(step, dir, row + 6u, u0, s6);
keep(step, dir, row + 7u, u0, s7);
keep(step, dir, row + 8u, u0, s8);
keep(step, dir, row + 9u, u0, s9);
keep(step, dir, row + 10u, u0, s10);
keep(step, dir, row + 11u, u0, s11);
keep(step, dir, row + 12u, u0, s12);
keep(step, dir, row + 13u, u0, s13);
keep(step, dir, row + 14u, u0, s14);
keep(step, dir, row + 15u, u0, s15);
}
for (var r = row; r < min(row + 16u, max(step.z, step.w)); r++) {
for (var u = u0; u < min(u0 + 4u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
var dout = vec4f();
if (r < step.w || (p.given & 1u) != 0u) { dout = dh[state]; }
if (r < step.w) { dout += dh[p.dirs * p.batch * h4 + state]; }
if (r >= step.z) {
dh[state] = dout;
continue;
}
if (Y == 1u) { dout += vec4f(dy[(step.x + r) * p.ys + dir * p.yd + u]); }
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let reset = vec4f(gates[zr]);
let update = vec4f(gates[zr + h4]);
let n = vec4f(gates[zr + 2u * h4]);
let dn = dout * (1.0 - update) * fma(-n, n, vec4f(1.0));
let dreset = dn * vec4f(gates[zh]) * slope(reset);
let dupdate = dout * (hs[was] - n) * slope(update);
let xr = p.dirs * p.gd + gr;
dg[xr] = dreset;
dg[xr + h4] = dupdate;
dg[xr + 2u * h4] = dn;
dg[gr] = dreset;
dg[gr + h4] = dupdate;
dg[gr + 2u * h4] = dn * reset;
dh[state] = dout * update;
}
}
}
@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = p.h4;
let row = tile / units * 16u;
if (row < step.z) { forward(step, id.z, row, tile % units); }
}
@compute @workgroup_size(WG)
fn forward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = p.h4;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 16u;
for (var i = p.first; i < p.end; i++) {
let step = step_at(i, group.z);
if (lane < tiles * units && row < step.z) { forward(step, group.z, row, lane % units); }
storageBarrier();
}
}
@compute @workgroup_size(WG)
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = (p.h4 + 3u) / 4u;
let row = tile / units * 16u;
if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units * 4u); }
}
@compute @workgroup_size(WG)
fn backward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = (p.h4 + 3u) / 4u;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 16u;
for (var i = p.first; i < p.end; i++) {
let step = back_step_at(i, group.z);
if (lane < tiles * units && row < max(step.z, step.w)) { backward(step, group.z, row, lane % units * 4u); }
storageBarrier();
}
}`,
  gruPair: `alias T = f32;
override WG: u32 = 8u;
override Y: u32 = 1u;
override HARD: u32 = 0u;
override KEEP: u32 = 1u;
override BIAS: u32 = 1u;
override COPY: u32 = 0u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(8) var<storage, read> prev: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> next: array<vec4f>;
@group(0) @binding(9) var<storage, read> z_in: array<vec4<T>>;
fn prev_at(i: u32) -> vec4f { return vec4f(prev[i]); }
fn next_put(i: u32, v: vec4f) { next[i] = v; }
fn dg_put(i: u32, v: vec4f) { dg[i] = v; }
fn dy_at(i: u32) -> vec4f { return vec4f(dy[i]); }
fn gates_at(i: u32) -> vec4f { return vec4f(gates[i]); }
fn z_in_at(i: u32) -> vec4f { return vec4f(z_in[i]); }
fn z_at(i: u32) -> vec4f {
if (COPY == 1u) { return z_in_at(i); }
return vec4f(z[i]);
}
fn hs_at(i: u32) -> vec4f { return vec4f(hs[i]); }
@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(4) var<storage, read> bias: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> hs: array<vec4f>;
@group(0) @binding(4) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn gate(x: vec4f) -> vec4f {
if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}
fn slope(s: vec4f) -> vec4f {
if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
return s * (1.0 - s);
}
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd3(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, sum: mat3x4f) -> mat3x4f {
return mat3x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]));
}
fn madd4(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f, sum: mat4x4f) -> mat4x4f {
return mat4x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]), madd(a, b3, sum[3]));
}
fn either3(second: bool, a: mat3x4f, b: mat3x4f) -> mat3x4f {
return mat3x4f(select(a[0], b[0], second), select(a[1], b[1], second), select(a[2], b[2], second));
}
fn pick4x3(i: u32, x0: mat3x4f, x1: mat3x4f, x2: mat3x4f, x3: mat3x4f) -> mat3x4f {
return either3((i & 2u) != 0u, either3((i & 1u) != 0u, x0, x1), either3((i & 1u) != 0u, x2, x3));
}
fn either4(second: bool, a: mat4x4f, b: mat4x4f) -> mat4x4f {
return mat4x4f(select(a[0], b[0], second), select(a[1], b[1], second), select(a[2], b[2], second), select(a[3], b[3], second));
}
fn pick4x4(i: u32, x0: mat4x4f, x1: mat4x4f, x2: mat4x4f, x3: mat4x4f) -> mat4x4f {
return either4((i & 2u) != 0u, either4((i & 1u) != 0u, x0, x1), either4((i & 1u) != 0u, x2, x3));
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn forward(step: vec4u, dir: u32, row: u32, u: u32) {
let h4 = p.h4;
var s0 = mat3x4f();
var s1 = mat3x4f();
var s2 = mat3x4f();
var s3 = mat3x4f();
var s4 = mat3x4f();
var s5 = mat3x4f();
var s6 = mat3x4f();
var s7 = mat3x4f();
var s8 = mat3x4f();
var s9 = mat3x4f();
var s10 = mat3x4f();
var s11 = mat3x4f();
var s12 = mat3x4f();
var s13 = mat3x4f();
var s14 = mat3x4f();
var s15 = mat3x4f();
let at0 = (dir * p.batch + min(row + 0u, step.z - 1u)) * h4;
let at1 = (dir * p.batch + min(row + 1u, step.z - 1u)) * h4;
let at2 = (dir * p.batch + min(row + 2u, step.z - 1u)) * h4;
let at3 = (dir * p.batch + min(row + 3u, step.z - 1u)) * h4;
let at4 = (dir * p.batch + min(row + 4u, step.z - 1u)) * h4;
let at5 = (dir * p.batch + min(row + 5u, step.z - 1u)) * h4;
let at6 = (dir * p.batch + min(row + 6u, step.z - 1u)) * h4;
let at7 = (dir * p.batch + min(row + 7u, step.z - 1u)) * h4;
let at8 = (dir * p.batch + min(row + 8u, step.z - 1u)) * h4;
let at9 = (dir * p.batch + min(row + 9u, step.z - 1u)) * h4;
let at10 = (dir * p.batch + min(row + 10u, step.z - 1u)) * h4;
let at11 = (dir * p.batch + min(row + 11u, step.z - 1u)) * h4;
let at12 = (dir * p.batch + min(row + 12u, step.z - 1u)) * h4;
let at13 = (dir * p.batch + min(row + 13u, step.z - 1u)) * h4;
let at14 = (dir * p.batch + min(row + 14u, step.z - 1u)) * h4;
let at15 = (dir * p.batch + min(row + 15u, step.z - 1u)) * h4;
let w0 = ((dir * 3u + 0u) * h4 + u) * 4u * h4;
let w1 = ((dir * 3u + 1u) * h4 + u) * 4u * h4;
let w2 = ((dir * 3u + 2u) * h4 + u) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let b2 = transpose(quad(w2 + k));
s0 = madd3(prev_at(at0 + k), b0, b1, b2, s0);
s1 = madd3(prev_at(at1 + k), b0, b1, b2, s1);
s2 = madd3(prev_at(at2 + k), b0, b1, b2, s2);
s3 = madd3(prev_at(at3 + k), b0, b1, b2, s3);
s4 = madd3(prev_at(at4 + k), b0, b1, b2, s4);
s5 = madd3(prev_at(at5 + k), b0, b1, b2, s5);
s6 = madd3(prev_at(at6 + k), b0, b1, b2, s6);
s7 = madd3(prev_at(at7 + k), b0, b1, b2, s7);
s8 = madd3(prev_at(at8 + k), b0, b1, b2, s8);
s9 = madd3(prev_at(at9 + k), b0, b1, b2, s9);
s10 = madd3(prev_at(at10 + k), b0, b1, b2, s10);
s11 = madd3(prev_at(at11 + k), b0, b1, b2, s11);
s12 = madd3(prev_at(at12 + k), b0, b1, b2, s12);
s13 = madd3(prev_at(at13 + k), b0, b1, b2, s13);
s14 = madd3(prev_at(at14 + k), b0, b1, b2, s14);
s15 = madd3(prev_at(at15 + k), b0, b1, b2, s15);
}
var b = mat3x4f();
if (BIAS == 1u) {
let at = dir * 3u * h4 + u;
b = mat3x4f(vec4f(bias[at]), vec4f(bias[at + h4]), vec4f(bias[at + 2u * h4]));
}
for (var four = 0u; four < 4u; four++) {
let row4 = row + 4u * four;
let t0 = pick4x3(four, s0, s4, s8, s12);
let t1 = pick4x3(four, s1, s5, s9, s13);
let t2 = pick4x3(four, s2, s6, s10, s14);
let t3 = pick4x3(four, s3, s7, s11, s15);
for (var r = row4; r < min(row4 + 4u, step.z); r++) {
let picked = pick4x3(r - row4, t0, t1, t2, t3);
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;
let own = (dir * p.batch + r) * h4 + u;
let to = state_after(step, dir, r) + u;
let sum = picked + b;
let reset = gate(z_at(zr) + sum[0]);
let update = gate(z_at(zr + h4) + sum[1]);
let hidden = sum[2];
let n = tanh4(fma(reset, hidden, z_at(zr + 2u * h4)));
let out = fma(update, prev_at(own) - n, n);
if (KEEP == 1u) {
z[zr] = vec4<T>(reset);
z[zr + h4] = vec4<T>(update);
z[zr + 2u * h4] = vec4<T>(n);
z[zh] = vec4<T>(hidden);
}
h[to] = out;
next_put(own, out);
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
if (row < step.w) {
let at0 = (dir * p.batch + min(row + 0u, step.w - 1u)) * p.zs;
let at1 = (dir * p.batch + min(row + 1u, step.w - 1u)) * p.zs;
let at2 = (dir * p.batch + min(row + 2u, step.w - 1u)) * p.zs;
let at3 = (dir * p.batch + min(row + 3u, step.w - 1u)) * p.zs;
let at4 = (dir * p.batch + min(row + 4u, step.w - 1u)) * p.zs;
let at5 = (dir * p.batch + min(row + 5u, step.w - 1u)) * p.zs;
let at6 = (dir * p.batch + min(row + 6u, step.w - 1u)) * p.zs;
let at7 = (dir * p.batch + min(row + 7u, step.w - 1u)) * p.zs;
let at8 = (dir * p.batch + min(row + 8u, step.w - 1u)) * p.zs;
let at9 = (dir * p.batch + min(row + 9u, step.w - 1u)) * p.zs;
let at10 = (dir * p.batch + min(row + 10u, step.w - 1u)) * p.zs;
let at11 = (dir * p.batch + min(row + 11u, step.w - 1u)) * p.zs;
let at12 = (dir * p.batch + min(row + 12u, step.w - 1u)) * p.zs;
let at13 = (dir * p.batch + min(row + 13u, step.w - 1u)) * p.zs;
let at14 = (dir * p.batch + min(row + 14u, step.w - 1u)) * p.zs;
let at15 = (dir * p.batch + min(row + 15u, step.w - 1u)) * p.zs;
let w0 = dir * 12u * h4 * h4 + min(u0 + 0u, h4 - 1u);
let w1 = dir * 12u * h4 * h4 + min(u0 + 1u, h4 - 1u);
let w2 = dir * 12u * h4 * h4 + min(u0 + 2u, h4 - 1u);
let w3 = dir * 12u * h4 * h4 + min(u0 + 3u, h4 - 1u);
for (var k = 0u; k < 3u * h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
let b1 = quad(w1 + 4u * k * h4);
let b2 = quad(w2 + 4u * k * h4);
let b3 = quad(w3 + 4u * k * h4);
s0 = madd4(prev_at(at0 + k), b0, b1, b2, b3, s0);
s1 = madd4(prev_at(at1 + k), b0, b1, b2, b3, s1);
s2 = madd4(prev_at(at2 + k), b0, b1, b2, b3, s2);
s3 = madd4(prev_at(at3 + k), b0, b1, b2, b3, s3);
s4 = madd4(prev_at(at4 + k), b0, b1, b2, b3, s4);
s5 = madd4(prev_at(at5 + k), b0, b1, b2, b3, s5);
s6 = madd4(prev_at(at6 + k), b0, b1, b2, b3, s6);
s7 = madd4(prev_at(at7 + k), b0, b1, b2, b3, s7);
s8 = madd4(prev_at(at8 + k), b0, b1, b2, b3, s8);
s9 = madd4(prev_at(at9 + k), b0, b1, b2, b3, s9);
s10 = madd4(prev_at(at10 + k), b0, b1, b2, b3, s10);
s11 = madd4(prev_at(at11 + k), b0, b1, b2, b3, s11);
s12 = madd4(prev_at(at12 + k), b0, b1, b2, b3, s12);
s13 = madd4(prev_at(at13 + k), b0, b1, b2, b3, s13);
s14 = madd4(prev_at(at14 + k), b0, b1, b2, b3, s14);
s15 = madd4(prev_at(at15 + k), b0, b1, b2, b3, s15);
}
}
for (var four = 0u; four < 4u; four++) {
let row4 = row + 4u * four;
let t0 = pick4x4(four, s0, s4, s8, s12);
let t1 = pick4x4(four, s1, s5, s9, s13);
let t2 = pick4x4(four, s2, s6, s10, s14);
let t3 = pick4x4(four, s3, s7, s11, s15);
for (var r = row4; r < min(row4 + 4u, max(step.z, step.w)); r++) {
let picked = pick4x4(r - row4, t0, t1, t2, t3);
for (var u = u0; u < min(u0 + 4u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
let back = select(select(picked[0], picked[1], ((u - u0) & 1u) != 0u), select(picked[2], picked[3], ((u - u0) & 1u) != 0u), ((u - u0) & 2u) != 0u);
var dout = vec4f();
if (r < step.w) {
dout = prev_at(p.dirs * p.batch * p.zs + state) + back;
} else if ((p.given & 1u) != 0u) {
dout = dh[state];
}
if (r >= step.z) {
dh[state] = dout;
continue;
}
if (Y == 1u) { dout += dy_at((step.x + r) * p.ys + dir * p.yd + u); }
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let nr = (dir * p.batch + r) * p.zs + u;
let reset = gates_at(zr);
let update = gates_at(zr + h4);
let n = gates_at(zr + 2u * h4);
let dn = dout * (1.0 - update) * fma(-n, n, vec4f(1.0));
let dreset = dn * gates_at(zh) * slope(reset);
let dupdate = dout * (hs_at(was) - n) * slope(update);
let xr = p.dirs * p.gd + gr;
dg_put(xr, dreset);
dg_put(xr + h4, dupdate);
dg_put(xr + 2u * h4, dn);
let g1 = dreset;
dg_put(gr, g1);
next_put(nr, g1);
let g2 = dupdate;
dg_put(gr + h4, g2);
next_put(nr + h4, g2);
let g3 = dn * reset;
dg_put(gr + 2u * h4, g3);
next_put(nr + 2u * h4, g3);
next_put(p.dirs * p.batch * p.zs + state, dout * update);
}
}
}
}
@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = p.h4;
let row = tile / units * 16u;
if (row < step.z) { forward(step, id.z, row, tile % units); }
}
@compute @workgroup_size(WG)
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = (p.h4 + 3u) / 4u;
let row = tile / units * 16u;
if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units * 4u); }
}`,
  gruSmall: `alias T = f32;
override WG: u32 = 64u;
override Y: u32 = 1u;
override HARD: u32 = 0u;
override KEEP: u32 = 1u;
override BIAS: u32 = 1u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(7) var<storage, read> steps: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(4) var<storage, read> bias: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(6) var<storage, read_write> sums: array<mat3x4f>;
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> hs: array<vec4f>;
@group(0) @binding(4) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn gate(x: vec4f) -> vec4f {
if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}
fn slope(s: vec4f) -> vec4f {
if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
return s * (1.0 - s);
}
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd3(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, sum: mat3x4f) -> mat3x4f {
return mat3x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]));
}
fn step_at(i: u32, dir: u32) -> vec4u {
if (p.packed == 1u) { return steps[dir * p.count + i]; }
let after = select(0u, p.batch, i + 1u < p.count);
if (((p.reverse >> dir) & 1u) == 0u) { return vec4u(i * p.batch, i * p.batch + after, p.batch, after); }
let at = (p.count - 1u - i) * p.batch;
return vec4u(at, at - after, p.batch, after);
}
fn back_step_at(i: u32, dir: u32) -> vec4u {
if (i < p.count) { return step_at(p.count - 1u - i, dir); }
let s = step_at(0u, dir);
return vec4u(0u, s.x, 0u, s.z);
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn forward(step: vec4u, dir: u32, row: u32, u: u32) {
let h4 = p.h4;
var s0 = mat3x4f();
var s1 = mat3x4f();
var s2 = mat3x4f();
var s3 = mat3x4f();
let at0 = dir * p.sd + (step.x + min(row + 0u, step.z - 1u)) * h4;
let at1 = dir * p.sd + (step.x + min(row + 1u, step.z - 1u)) * h4;
let at2 = dir * p.sd + (step.x + min(row + 2u, step.z - 1u)) * h4;
let at3 = dir * p.sd + (step.x + min(row + 3u, step.z - 1u)) * h4;
let w0 = ((dir * 3u + 0u) * h4 + u) * 4u * h4;
let w1 = ((dir * 3u + 1u) * h4 + u) * 4u * h4;
let w2 = ((dir * 3u + 2u) * h4 + u) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let b2 = transpose(quad(w2 + k));
s0 = madd3(h[at0 + k], b0, b1, b2, s0);
s1 = madd3(h[at1 + k], b0, b1, b2, s1);
s2 = madd3(h[at2 + k], b0, b1, b2, s2);
s3 = madd3(h[at3 + k], b0, b1, b2, s3);
}
let first = ((dir * ((p.batch + 3u) / 4u) + row / 4u) * h4 + u) * 4u;
sums[first + 0u] = s0;
sums[first + 1u] = s1;
sums[first + 2u] = s2;
sums[first + 3u] = s3;
var b = mat3x4f();
if (BIAS == 1u) {
let at = dir * 3u * h4 + u;
b = mat3x4f(vec4f(bias[at]), vec4f(bias[at + h4]), vec4f(bias[at + 2u * h4]));
}
for (var r = row; r < min(row + 4u, step.z); r++) {
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let to = state_after(step, dir, r) + u;
let sum = sums[first + r - row] + b;
let reset = gate(vec4f(z[zr]) + sum[0]);
let update = gate(vec4f(z[zr + h4]) + sum[1]);
let hidden = sum[2];
let n = tanh4(fma(reset, hidden, vec4f(z[zr + 2u * h4])));
let out = fma(update, h[was] - n, n);
if (KEEP == 1u) {
z[zr] = vec4<T>(reset);
z[zr + h4] = vec4<T>(update);
z[zr + 2u * h4] = vec4<T>(n);
z[zh] = vec4<T>(hidden);
}
h[to] = out;
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
fn keep(step: vec4u, dir: u32, r: u32, u0: u32, sum: vec4f) {
if (r >= step.w) { return; }
let at = p.dirs * p.batch * p.h4 + (dir * p.batch + r) * p.h4 + u0;
dh[at] = sum;
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
if (row < step.w) {
var s0 = vec4f();
var s1 = vec4f();
var s2 = vec4f();
var s3 = vec4f();
let at0 = dir * p.gd + (step.y + min(row + 0u, step.w - 1u)) * p.zs;
let at1 = dir * p.gd + (step.y + min(row + 1u, step.w - 1u)) * p.zs;
let at2 = dir * p.gd + (step.y + min(row + 2u, step.w - 1u)) * p.zs;
let at3 = dir * p.gd + (step.y + min(row + 3u, step.w - 1u)) * p.zs;
let w0 = dir * 12u * h4 * h4 + min(u0 + 0u, h4 - 1u);
for (var k = 0u; k < 3u * h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
s0 = madd(dg[at0 + k], b0, s0);
s1 = madd(dg[at1 + k], b0, s1);
s2 = madd(dg[at2 + k], b0, s2);
s3 = madd(dg[at3 + k], b0, s3);
}
keep(step, dir, row + 0u, u0, s0);
keep(step, dir, row + 1u, u0, s1);
keep(step, dir, row + 2u, u0, s2);
keep(step, dir, row + 3u, u0, s3);
}
for (var r = row; r < min(row + 4u, max(step.z, step.w)); r++) {
for (var u = u0; u < min(u0 + 1u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
var dout = vec4f();
if (r < step.w || (p.given & 1u) != 0u) { dout = dh[state]; }
if (r < step.w) { dout += dh[p.dirs * p.batch * h4 + state]; }
if (r >= step.z) {
dh[state] = dout;
continue;
}
if (Y == 1u) { dout += vec4f(dy[(step.x + r) * p.ys + dir * p.yd + u]); }
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let reset = vec4f(gates[zr]);
let update = vec4f(gates[zr + h4]);
let n = vec4f(gates[zr + 2u * h4]);
let dn = dout * (1.0 - update) * fma(-n, n, vec4f(1.0));
let dreset = dn * vec4f(gates[zh]) * slope(reset);
let dupdate = dout * (hs[was] - n) * slope(update);
let xr = p.dirs * p.gd + gr;
dg[xr] = dreset;
dg[xr + h4] = dupdate;
dg[xr + 2u * h4] = dn;
dg[gr] = dreset;
dg[gr + h4] = dupdate;
dg[gr + 2u * h4] = dn * reset;
dh[state] = dout * update;
}
}
}
@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = p.h4;
let row = tile / units * 4u;
if (row < step.z) { forward(step, id.z, row, tile % units); }
}
@compute @workgroup_size(WG)
fn forward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = p.h4;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 4u;
for (var i = p.first; i < p.end; i++) {
let step = step_at(i, group.z);
if (lane < tiles * units && row < step.z) { forward(step, group.z, row, lane % units); }
storageBarrier();
}
}
@compute @workgroup_size(WG)
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = p.h4;
let row = tile / units * 4u;
if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units); }
}
@compute @workgroup_size(WG)
fn backward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = p.h4;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 4u;
for (var i = p.first; i < p.end; i++) {
let step = back_step_at(i, group.z);
if (lane < tiles * units && row < max(step.z, step.w)) { backward(step, group.z, row, lane % units); }
storageBarrier();
}
}`,
  gruWide: `alias T = f32;
override WG: u32 = 8u;
override Y: u32 = 1u;
override HARD: u32 = 0u;
override KEEP: u32 = 1u;
override BIAS: u32 = 1u;
override COPY: u32 = 0u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(8) var<storage, read> prev: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> next: array<vec4f>;
@group(0) @binding(9) var<storage, read> z_in: array<vec4<T>>;
fn prev_at(i: u32) -> vec4f { return vec4f(prev[i]); }
fn next_put(i: u32, v: vec4f) { next[i] = v; }
fn dg_put(i: u32, v: vec4f) { dg[i] = v; }
fn dy_at(i: u32) -> vec4f { return vec4f(dy[i]); }
fn gates_at(i: u32) -> vec4f { return vec4f(gates[i]); }
fn z_in_at(i: u32) -> vec4f { return vec4f(z_in[i]); }
fn z_at(i: u32) -> vec4f {
if (COPY == 1u) { return z_in_at(i); }
return vec4f(z[i]);
}
fn hs_at(i: u32) -> vec4f { return vec4f(hs[i]); }
@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(4) var<storage, read> bias: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> hs: array<vec4f>;
@group(0) @binding(4) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn gate(x: vec4f) -> vec4f {
if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}
fn slope(s: vec4f) -> vec4f {
if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
return s * (1.0 - s);
}
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd3(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, sum: mat3x4f) -> mat3x4f {
return mat3x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]));
}
fn madd2(a: vec4f, b0: mat4x4f, b1: mat4x4f, sum: mat2x4f) -> mat2x4f {
return mat2x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]));
}
fn either3(second: bool, a: mat3x4f, b: mat3x4f) -> mat3x4f {
return mat3x4f(select(a[0], b[0], second), select(a[1], b[1], second), select(a[2], b[2], second));
}
fn pick4x3(i: u32, x0: mat3x4f, x1: mat3x4f, x2: mat3x4f, x3: mat3x4f) -> mat3x4f {
return either3((i & 2u) != 0u, either3((i & 1u) != 0u, x0, x1), either3((i & 1u) != 0u, x2, x3));
}
fn pick8x3(i: u32, x0: mat3x4f, x1: mat3x4f, x2: mat3x4f, x3: mat3x4f, x4: mat3x4f, x5: mat3x4f, x6: mat3x4f, x7: mat3x4f) -> mat3x4f {
return either3((i & 4u) != 0u, either3((i & 2u) != 0u, either3((i & 1u) != 0u, x0, x1), either3((i & 1u) != 0u, x2, x3)), either3((i & 2u) != 0u, either3((i & 1u) != 0u, x4, x5), either3((i & 1u) != 0u, x6, x7)));
}
fn either2(second: bool, a: mat2x4f, b: mat2x4f) -> mat2x4f {
return mat2x4f(select(a[0], b[0], second), select(a[1], b[1], second));
}
fn pick4x2(i: u32, x0: mat2x4f, x1: mat2x4f, x2: mat2x4f, x3: mat2x4f) -> mat2x4f {
return either2((i & 2u) != 0u, either2((i & 1u) != 0u, x0, x1), either2((i & 1u) != 0u, x2, x3));
}
fn pick8x2(i: u32, x0: mat2x4f, x1: mat2x4f, x2: mat2x4f, x3: mat2x4f, x4: mat2x4f, x5: mat2x4f, x6: mat2x4f, x7: mat2x4f) -> mat2x4f {
return either2((i & 4u) != 0u, either2((i & 2u) != 0u, either2((i & 1u) != 0u, x0, x1), either2((i & 1u) != 0u, x2, x3)), either2((i & 2u) != 0u, either2((i & 1u) != 0u, x4, x5), either2((i & 1u) != 0u, x6, x7)));
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn forward(step: vec4u, dir: u32, row: u32, u: u32, me: u32, live: bool) {
let h4 = p.h4;
var s0 = mat3x4f();
var s1 = mat3x4f();
var s2 = mat3x4f();
var s3 = mat3x4f();
var s4 = mat3x4f();
var s5 = mat3x4f();
var s6 = mat3x4f();
var s7 = mat3x4f();
var s8 = mat3x4f();
var s9 = mat3x4f();
var s10 = mat3x4f();
var s11 = mat3x4f();
var s12 = mat3x4f();
var s13 = mat3x4f();
var s14 = mat3x4f();
var s15 = mat3x4f();
var s16 = mat3x4f();
var s17 = mat3x4f();
var s18 = mat3x4f();
var s19 = mat3x4f();
var s20 = mat3x4f();
var s21 = mat3x4f();
var s22 = mat3x4f();
var s23 = mat3x4f();
var s24 = mat3x4f();
var s25 = mat3x4f();
var s26 = mat3x4f();
var s27 = mat3x4f();
var s28 = mat3x4f();
var s29 = mat3x4f();
var s30 = mat3x4f();
var s31 = mat3x4f();
let at0 = (dir * p.batch + min(row + 4u * me + 0u, step.z - 1u)) * h4;
let at1 = (dir * p.batch + min(row + 4u * me + 1u, step.z - 1u)) * h4;
let at2 = (dir * p.batch + min(row + 4u * me + 2u, step.z - 1u)) * h4;
let at3 = (dir * p.batch + min(row + 4u * me + 3u, step.z - 1u)) * h4;
let w0 = ((dir * 3u + 0u) * h4 + u) * 4u * h4;
let w1 = ((dir * 3u + 1u) * h4 + u) * 4u * h4;
let w2 = ((dir * 3u + 2u) * h4 + u) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let b2 = transpose(quad(w2 + k));
let mine = mat4x4f(prev_at(at0 + k), prev_at(at1 + k), prev_at(at2 + k), prev_at(at3 + k));
s0 = madd3(subgroupBroadcast(mine[0], 0u), b0, b1, b2, s0);
s1 = madd3(subgroupBroadcast(mine[1], 0u), b0, b1, b2, s1);
s2 = madd3(subgroupBroadcast(mine[2], 0u), b0, b1, b2, s2);
s3 = madd3(subgroupBroadcast(mine[3], 0u), b0, b1, b2, s3);
s4 = madd3(subgroupBroadcast(mine[0], 1u), b0, b1, b2, s4);
s5 = madd3(subgroupBroadcast(mine[1], 1u), b0, b1, b2, s5);
s6 = madd3(subgroupBroadcast(mine[2], 1u), b0, b1, b2, s6);
s7 = madd3(subgroupBroadcast(mine[3], 1u), b0, b1, b2, s7);
s8 = madd3(subgroupBroadcast(mine[0], 2u), b0, b1, b2, s8);
s9 = madd3(subgroupBroadcast(mine[1], 2u), b0, b1, b2, s9);
s10 = madd3(subgroupBroadcast(mine[2], 2u), b0, b1, b2, s10);
s11 = madd3(subgroupBroadcast(mine[3], 2u), b0, b1, b2, s11);
s12 = madd3(subgroupBroadcast(mine[0], 3u), b0, b1, b2, s12);
s13 = madd3(subgroupBroadcast(mine[1], 3u), b0, b1, b2, s13);
s14 = madd3(subgroupBroadcast(mine[2], 3u), b0, b1, b2, s14);
s15 = madd3(subgroupBroadcast(mine[3], 3u), b0, b1, b2, s15);
s16 = madd3(subgroupBroadcast(mine[0], 4u), b0, b1, b2, s16);
s17 = madd3(subgroupBroadcast(mine[1], 4u), b0, b1, b2, s17);
s18 = madd3(subgroupBroadcast(mine[2], 4u), b0, b1, b2, s18);
s19 = madd3(subgroupBroadcast(mine[3], 4u), b0, b1, b2, s19);
s20 = madd3(subgroupBroadcast(mine[0], 5u), b0, b1, b2, s20);
s21 = madd3(subgroupBroadcast(mine[1], 5u), b0, b1, b2, s21);
s22 = madd3(subgroupBroadcast(mine[2], 5u), b0, b1, b2, s22);
s23 = madd3(subgroupBroadcast(mine[3], 5u), b0, b1, b2, s23);
s24 = madd3(subgroupBroadcast(mine[0], 6u), b0, b1, b2, s24);
s25 = madd3(subgroupBroadcast(mine[1], 6u), b0, b1, b2, s25);
s26 = madd3(subgroupBroadcast(mine[2], 6u), b0, b1, b2, s26);
s27 = madd3(subgroupBroadcast(mine[3], 6u), b0, b1, b2, s27);
s28 = madd3(subgroupBroadcast(mine[0], 7u), b0, b1, b2, s28);
s29 = madd3(subgroupBroadcast(mine[1], 7u), b0, b1, b2, s29);
s30 = madd3(subgroupBroadcast(mine[2], 7u), b0, b1, b2, s30);
s31 = madd3(subgroupBroadcast(mine[3], 7u), b0, b1, b2, s31);
}
var b = mat3x4f();
if (BIAS == 1u) {
let at = dir * 3u * h4 + u;
b = mat3x4f(vec4f(bias[at]), vec4f(bias[at + h4]), vec4f(bias[at + 2u * h4]));
}
for (var four = 0u; four < 8u; four++) {
let row4 = row + 4u * four;
let t0 = pick8x3(four, s0, s4, s8, s12, s16, s20, s24, s28);
let t1 = pick8x3(four, s1, s5, s9, s13, s17, s21, s25, s29);
let t2 = pick8x3(four, s2, s6, s10, s14, s18, s22, s26, s30);
let t3 = pick8x3(four, s3, s7, s11, s15, s19, s23, s27, s31);
for (var r = row4; r < select(0u, min(row4 + 4u, step.z), live); r++) {
let picked = pick4x3(r - row4, t0, t1, t2, t3);
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;
let own = (dir * p.batch + r) * h4 + u;
let to = state_after(step, dir, r) + u;
let sum = picked + b;
let reset = gate(z_at(zr) + sum[0]);
let update = gate(z_at(zr + h4) + sum[1]);
let hidden = sum[2];
let n = tanh4(fma(reset, hidden, z_at(zr + 2u * h4)));
let out = fma(update, prev_at(own) - n, n);
if (KEEP == 1u) {
z[zr] = vec4<T>(reset);
z[zr + h4] = vec4<T>(update);
z[zr + 2u * h4] = vec4<T>(n);
z[zh] = vec4<T>(hidden);
}
h[to] = out;
next_put(own, out);
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32, me: u32, live: bool) {
let h4 = p.h4;
var s0 = mat2x4f();
var s1 = mat2x4f();
var s2 = mat2x4f();
var s3 = mat2x4f();
var s4 = mat2x4f();
var s5 = mat2x4f();
var s6 = mat2x4f();
var s7 = mat2x4f();
var s8 = mat2x4f();
var s9 = mat2x4f();
var s10 = mat2x4f();
var s11 = mat2x4f();
var s12 = mat2x4f();
var s13 = mat2x4f();
var s14 = mat2x4f();
var s15 = mat2x4f();
var s16 = mat2x4f();
var s17 = mat2x4f();
var s18 = mat2x4f();
var s19 = mat2x4f();
var s20 = mat2x4f();
var s21 = mat2x4f();
var s22 = mat2x4f();
var s23 = mat2x4f();
var s24 = mat2x4f();
var s25 = mat2x4f();
var s26 = mat2x4f();
var s27 = mat2x4f();
var s28 = mat2x4f();
var s29 = mat2x4f();
var s30 = mat2x4f();
var s31 = mat2x4f();
if (row < step.w) {
let at0 = (dir * p.batch + min(row + 4u * me + 0u, step.w - 1u)) * p.zs;
let at1 = (dir * p.batch + min(row + 4u * me + 1u, step.w - 1u)) * p.zs;
let at2 = (dir * p.batch + min(row + 4u * me + 2u, step.w - 1u)) * p.zs;
let at3 = (dir * p.batch + min(row + 4u * me + 3u, step.w - 1u)) * p.zs;
let w0 = dir * 12u * h4 * h4 + min(u0 + 0u, h4 - 1u);
let w1 = dir * 12u * h4 * h4 + min(u0 + 1u, h4 - 1u);
for (var k = 0u; k < 3u * h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
let b1 = quad(w1 + 4u * k * h4);
let mine = mat4x4f(prev_at(at0 + k), prev_at(at1 + k), prev_at(at2 + k), prev_at(at3 + k));
s0 = madd2(subgroupBroadcast(mine[0], 0u), b0, b1, s0);
s1 = madd2(subgroupBroadcast(mine[1], 0u), b0, b1, s1);
s2 = madd2(subgroupBroadcast(mine[2], 0u), b0, b1, s2);
s3 = madd2(subgroupBroadcast(mine[3], 0u), b0, b1, s3);
s4 = madd2(subgroupBroadcast(mine[0], 1u), b0, b1, s4);
s5 = madd2(subgroupBroadcast(mine[1], 1u), b0, b1, s5);
s6 = madd2(subgroupBroadcast(mine[2], 1u), b0, b1, s6);
s7 = madd2(subgroupBroadcast(mine[3], 1u), b0, b1, s7);
s8 = madd2(subgroupBroadcast(mine[0], 2u), b0, b1, s8);
s9 = madd2(subgroupBroadcast(mine[1], 2u), b0, b1, s9);
s10 = madd2(subgroupBroadcast(mine[2], 2u), b0, b1, s10);
s11 = madd2(subgroupBroadcast(mine[3], 2u), b0, b1, s11);
s12 = madd2(subgroupBroadcast(mine[0], 3u), b0, b1, s12);
s13 = madd2(subgroupBroadcast(mine[1], 3u), b0, b1, s13);
s14 = madd2(subgroupBroadcast(mine[2], 3u), b0, b1, s14);
s15 = madd2(subgroupBroadcast(mine[3], 3u), b0, b1, s15);
s16 = madd2(subgroupBroadcast(mine[0], 4u), b0, b1, s16);
s17 = madd2(subgroupBroadcast(mine[1], 4u), b0, b1, s17);
s18 = madd2(subgroupBroadcast(mine[2], 4u), b0, b1, s18);
s19 = madd2(subgroupBroadcast(mine[3], 4u), b0, b1, s19);
s20 = madd2(subgroupBroadcast(mine[0], 5u), b0, b1, s20);
s21 = madd2(subgroupBroadcast(mine[1], 5u), b0, b1, s21);
s22 = madd2(subgroupBroadcast(mine[2], 5u), b0, b1, s22);
s23 = madd2(subgroupBroadcast(mine[3], 5u), b0, b1, s23);
s24 = madd2(subgroupBroadcast(mine[0], 6u), b0, b1, s24);
s25 = madd2(subgroupBroadcast(mine[1], 6u), b0, b1, s25);
s26 = madd2(subgroupBroadcast(mine[2], 6u), b0, b1, s26);
s27 = madd2(subgroupBroadcast(mine[3], 6u), b0, b1, s27);
s28 = madd2(subgroupBroadcast(mine[0], 7u), b0, b1, s28);
s29 = madd2(subgroupBroadcast(mine[1], 7u), b0, b1, s29);
s30 = madd2(subgroupBroadcast(mine[2], 7u), b0, b1, s30);
s31 = madd2(subgroupBroadcast(mine[3], 7u), b0, b1, s31);
}
}
for (var four = 0u; four < 8u; four++) {
let row4 = row + 4u * four;
let t0 = pick8x2(four, s0, s4, s8, s12, s16, s20, s24, s28);
let t1 = pick8x2(four, s1, s5, s9, s13, s17, s21, s25, s29);
let t2 = pick8x2(four, s2, s6, s10, s14, s18, s22, s26, s30);
let t3 = pick8x2(four, s3, s7, s11, s15, s19, s23, s27, s31);
for (var r = row4; r < select(0u, min(row4 + 4u, max(step.z, step.w)), live); r++) {
let picked = pick4x2(r - row4, t0, t1, t2, t3);
for (var u = u0; u < min(u0 + 2u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
let back = select(picked[0], picked[1], ((u - u0) & 1u) != 0u);
var dout = vec4f();
if (r < step.w) {
dout = prev_at(p.dirs * p.batch * p.zs + state) + back;
} else if ((p.given & 1u) != 0u) {
dout = dh[state];
}
if (r >= step.z) {
dh[state] = dout;
continue;
}
if (Y == 1u) { dout += dy_at((step.x + r) * p.ys + dir * p.yd + u); }
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let zh = dir * p.zd + p.hidden + (step.x + r) * h4 + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let nr = (dir * p.batch + r) * p.zs + u;
let reset = gates_at(zr);
let update = gates_at(zr + h4);
let n = gates_at(zr + 2u * h4);
let dn = dout * (1.0 - update) * fma(-n, n, vec4f(1.0));
let dreset = dn * gates_at(zh) * slope(reset);
let dupdate = dout * (hs_at(was) - n) * slope(update);
let xr = p.dirs * p.gd + gr;
dg_put(xr, dreset);
dg_put(xr + h4, dupdate);
dg_put(xr + 2u * h4, dn);
let g1 = dreset;
dg_put(gr, g1);
next_put(nr, g1);
let g2 = dupdate;
dg_put(gr + h4, g2);
next_put(nr + h4, g2);
let g3 = dn * reset;
dg_put(gr + 2u * h4, g3);
next_put(nr + 2u * h4, g3);
next_put(p.dirs * p.batch * p.zs + state, dout * update);
}
}
}
}
@compute @workgroup_size(WG)
fn forward_step(
@builtin(workgroup_id) group: vec3u,
@builtin(num_workgroups) groups: vec3u,
@builtin(local_invocation_index) me: u32,
) {
let step = p.rows[group.z];
let tile = group.x + group.y * groups.x;
let units = p.h4;
let across = (units + WG - 1u) / WG;
let row = tile / across * 32u;
let unit = tile % across * WG + me;
if (row < step.z) { forward(step, group.z, row, min(unit, units - 1u), me, unit < units); }
}
@compute @workgroup_size(WG)
fn backward_step(
@builtin(workgroup_id) group: vec3u,
@builtin(num_workgroups) groups: vec3u,
@builtin(local_invocation_index) me: u32,
) {
let step = p.rows[group.z];
let tile = group.x + group.y * groups.x;
let units = (p.h4 + 1u) / 2u;
let across = (units + WG - 1u) / WG;
let row = tile / across * 32u;
let unit = tile % across * WG + me;
if (row < max(step.z, step.w)) { backward(step, group.z, row, min(unit, units - 1u) * 2u, me, unit < units); }
}`,
  indexing: `struct Params {
n: u32, ndim: u32, x_start: u32, step: u32,
size: u32, count: u32, index_step: u32, command: u32,
shape: array<vec4u, 2>, strides: array<vec4u, 2>, index_shape: array<vec4u, 2>,
}
override WG: u32 = 64u;
override CHECK: bool = true;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> source: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;
@group(0) @binding(4) var<storage, read_write> fault: array<atomic<u32>>;
fn report(command: u32, element: u32, value: u32, kind: u32) {
for (var tries = 0u; tries < 64u; tries++) {
let r = atomicCompareExchangeWeak(&fault[0], 0u, command);
if (r.exchanged) {
atomicStore(&fault[1], element);
atomicStore(&fault[2], value);
atomicStore(&fault[3], kind);
return;
}
if (r.old_value != 0u) { return; }
}
}
const CHUNK = 128u;
fn index_at(i: u32) -> u32 {
let id = index[i];
if (CHECK && (id < 0 || u32(id) >= params.size)) {
report(params.command, i, bitcast<u32>(id), 0u);
return 0u;
}
return u32(id);
}
fn walk(i: u32) -> u32 {
var rest = i;
var at = 0u;
for (var d = params.ndim; d > 0u; d--) {
let k = d - 1u;
let size = params.shape[k / 4u][k % 4u];
at += rest % size * params.strides[k / 4u][k % 4u];
rest /= size;
}
return at;
}
@compute @workgroup_size(WG)
fn gather(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
out[i] = x[params.x_start + walk(i) + index_at(i) * params.step];
}
@compute @workgroup_size(WG)
fn place(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
out[walk(i) + index_at(i) * params.step] = x[i];
}
@compute @workgroup_size(WG)
fn places(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
out[i] = walk(i) + index_at(i) * params.step;
}
@compute @workgroup_size(WG)
fn scatter_add(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
var rest = i;
var at = 0u;
for (var d = params.ndim; d > 0u; d--) {
let k = d - 1u;
let size = params.shape[k / 4u][k % 4u];
if (rest % size >= params.index_shape[k / 4u][k % 4u]) { return; }
at += rest % size * params.strides[k / 4u][k % 4u];
rest /= size;
}
let own = i / params.step % params.size;
var seen = 0u;
var a = 0.0;
var total = 0.0;
for (var c = 0u; c < params.count; c++) {
if (index_at(at) == own) {
a += source[at];
seen++;
if (seen == CHUNK) {
seen = 0u;
total += a;
a = 0.0;
}
}
at += params.index_step;
}
sum[i] += total + a;
}
@compute @workgroup_size(WG)
fn one_hot(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
out[i] = u32(index_at(i / params.size) == i % params.size);
}`,
  layerNorm: `struct Params { rows: u32, cols: u32, eps: f32 }
override LANES: u32 = 1u;
override WG: u32 = 64u;
override SCALE: bool = false;
override SHIFT: bool = false;
override PRODUCT: bool = false;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad1: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> row_stats: array<vec2f>;
@group(0) @binding(4) var<storage, read> row_dots: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> product: array<vec4f>;
var<workgroup> parts: array<vec2f, 256>;
fn row_of(g: vec3u, w: vec3u, groups: vec3u) -> u32 {
let lane_row = g.x + g.y * groups.x * WG;
let group_row = w.x + w.y * groups.x;
return select(group_row, lane_row, LANES == 1u);
}
fn inside(c: u32) -> vec4<bool> {
return vec4u(4u * c) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.cols);
}
fn add4(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn all_lanes(own: vec2f, lane: u32) -> vec2f {
var all = own;
if (LANES > 1u) {
workgroupBarrier();
parts[lane] = own;
for (var half = LANES / 2u; half > 0u; half /= 2u) {
workgroupBarrier();
if (lane < half) { parts[lane] += parts[lane + half]; }
}
workgroupBarrier();
all = parts[0];
}
return all;
}
fn finish(row: u32, lane: u32, mean: f32, squares: vec4f) {
let variance = all_lanes(vec2f(add4(squares), 0.0), lane).x / f32(params.cols);
if (lane == 0u && row < params.rows) { stats[row] = vec2f(mean, 1.0 / sqrt(variance + params.eps)); }
}
@compute @workgroup_size(WG)
fn stats4(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let row = row_of(g, w, groups);
let lane = l % LANES;
let n = params.cols / 4u;
let first = min(row, params.rows - 1u) * n;
var total = vec4f();
for (var c = lane; c < n; c += LANES) { total += x[first + c]; }
let mean = all_lanes(vec2f(add4(total), 0.0), lane).x / f32(params.cols);
var squares = vec4f();
for (var c = lane; c < n; c += LANES) {
let d = x[first + c] - mean;
squares = fma(d, d, squares);
}
finish(row, lane, mean, squares);
}
@compute @workgroup_size(WG)
fn stats1(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let row = row_of(g, w, groups);
let lane = l % LANES;
let first = min(row, params.rows - 1u) * params.cols;
var total = vec4f();
for (var c = lane; 4u * c < params.cols; c += LANES) {
let at = first + 4u * c;
total += select(vec4f(), vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u]), inside(c));
}
let mean = all_lanes(vec2f(add4(total), 0.0), lane).x / f32(params.cols);
var squares = vec4f();
for (var c = lane; 4u * c < params.cols; c += LANES) {
let at = first + 4u * c;
let d = vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u]) - mean;
squares = select(squares, fma(d, d, squares), inside(c));
}
finish(row, lane, mean, squares);
}
fn weights(c: u32) -> vec4f {
var v = vec4f(1.0);
if (SCALE) { v = vec4f(weight[c], weight[c + 1u], weight[c + 2u], weight[c + 3u]); }
return v;
}
@compute @workgroup_size(WG)
fn dots4(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let row = row_of(g, w, groups);
let lane = l % LANES;
let n = params.cols / 4u;
let first = min(row, params.rows - 1u) * n;
let s = row_stats[min(row, params.rows - 1u)];
var a = vec4f();
var b = vec4f();
for (var c = lane; c < n; c += LANES) {
let d = grad[first + c] * weights(4u * c);
a += d;
b = fma(d, (x[first + c] - s.x) * s.y, b);
}
let all = all_lanes(vec2f(add4(a), add4(b)), lane);
if (lane == 0u && row < params.rows) { stats[row] = all; }
}
@compute @workgroup_size(WG)
fn dots1(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let row = row_of(g, w, groups);
let lane = l % LANES;
let first = min(row, params.rows - 1u) * params.cols;
let s = row_stats[min(row, params.rows - 1u)];
var a = vec4f();
var b = vec4f();
for (var c = lane; 4u * c < params.cols; c += LANES) {
let at = first + 4u * c;
let keep = inside(c);
let d = select(vec4f(), vec4f(grad1[at], grad1[at + 1u], grad1[at + 2u], grad1[at + 3u]) * weights(4u * c), keep);
let v = vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u]);
a += d;
b = select(b, fma(d, (v - s.x) * s.y, b), keep);
}
let all = all_lanes(vec2f(add4(a), add4(b)), lane);
if (lane == 0u && row < params.rows) { stats[row] = all; }
}
struct Places { row: vec4u, col: vec4u }
fn places(i: u32) -> Places {
let at = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u);
let row = min(at / params.cols, vec4u(params.rows - 1u));
return Places(row, at - row * params.cols);
}
@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.rows * params.cols) { return; }
let p = places(i);
let a = row_stats[p.row.x];
let b = row_stats[p.row.y];
let c = row_stats[p.row.z];
let d = row_stats[p.row.w];
var v = (x[i] - vec4f(a.x, b.x, c.x, d.x)) * vec4f(a.y, b.y, c.y, d.y);
if (SCALE) { v *= vec4f(weight[p.col.x], weight[p.col.y], weight[p.col.z], weight[p.col.w]); }
if (SHIFT) { v += vec4f(bias[p.col.x], bias[p.col.y], bias[p.col.z], bias[p.col.w]); }
out[i] = v;
}
@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.rows * params.cols) { return; }
let p = places(i);
let a = row_stats[p.row.x];
let b = row_stats[p.row.y];
let c = row_stats[p.row.z];
let d = row_stats[p.row.w];
let scale = vec4f(a.y, b.y, c.y, d.y);
let normal = (x[i] - vec4f(a.x, b.x, c.x, d.x)) * scale;
let e = row_dots[p.row.x];
let f = row_dots[p.row.y];
let h = row_dots[p.row.z];
let k = row_dots[p.row.w];
let sums = fma(normal, vec4f(e.y, f.y, h.y, k.y), vec4f(e.x, f.x, h.x, k.x));
var v = grad[i];
if (PRODUCT) { product[i] = v * normal; }
if (SCALE) { v *= vec4f(weight[p.col.x], weight[p.col.y], weight[p.col.z], weight[p.col.w]); }
out[i] = (v - sums / f32(params.cols)) * scale;
}`,
  lossScale: `struct Unscale { first: u32, count: u32 }
struct Decide { interval: u32 }
override WG: u32 = 64u;
const HOLD: u32 = 0xffffffffu;
@group(0) @binding(0) var<uniform> unscale_params: Unscale;
@group(0) @binding(0) var<uniform> decide_params: Decide;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> scale: array<f32>;
@group(0) @binding(4) var<storage, read_write> counts: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> fault: array<atomic<u32>>;
@compute @workgroup_size(WG)
fn unscale(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= 16u * unscale_params.count) { return; }
let at = 16u * blocks[unscale_params.first + i / 16u] + i % 16u;
let v = gradients[at];
let exponent = bitcast<vec4u>(v) & vec4u(0x7f800000u);
if (any(exponent == vec4u(0x7f800000u))) { atomicStore(&counts[0], 1u); }
gradients[at] = v * scale[1];
}
@compute @workgroup_size(1)
fn decide() {
let found = atomicExchange(&counts[0], 0u);
if (atomicLoad(&fault[0]) != 0u) { return; }
if (found != 0u) {
atomicStore(&fault[0], HOLD);
atomicStore(&counts[1], 0u);
atomicAdd(&counts[2], 1u);
if (scale[0] > 0x1p-24) {
scale[0] *= 0.5;
scale[1] *= 2.0;
}
return;
}
let good = atomicAdd(&counts[1], 1u) + 1u;
if (good < decide_params.interval) { return; }
atomicStore(&counts[1], 0u);
if (scale[0] < 0x1p+24) {
scale[0] *= 2.0;
scale[1] *= 0.5;
}
}
@compute @workgroup_size(1)
fn release() {
if (atomicLoad(&fault[0]) == HOLD) { atomicStore(&fault[0], 0u); }
}`,
  losses: `struct Params { n: u32, first: u32, a: f32, scale: f32 }
override WG: u32 = 64u;
override OP: u32 = 0u;
override WEIGHTED: bool = false;
override POSITIVE: bool = false;
override EACH: bool = false;
override BY_TARGET: bool = false;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> t: array<vec4f>;
@group(0) @binding(3) var<storage, read> weight: array<vec4f>;
@group(0) @binding(4) var<storage, read> positive: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;
@group(0) @binding(1) var<storage, read> addends: array<f32>;
@group(0) @binding(6) var<storage, read> grad: array<vec4f>;
@group(0) @binding(7) var<storage, read> grad1: array<f32>;
var<workgroup> lane_sums: array<f32, 64>;
fn is_nan(v: vec4f) -> vec4<bool> { return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }
fn scaled(v: vec4f, n: vec4f) -> vec4f {
let i = vec4i(n);
let h = i / 2;
return v * bitcast<vec4f>((h + 127) << vec4u(23u)) * bitcast<vec4f>((i - h + 127) << vec4u(23u));
}
fn exp_rest(r: vec4f) -> vec4f {
return r + r * r * (0.500000002859 + r * (0.166665733611 + r * (0.041666363407 + r * (0.008363776143 + r * 0.001394216488))));
}
fn minus_ln2(x: vec4f, n: vec4f) -> vec4f { return x - n * 0.693359375 + n * 2.1219444e-4; }
fn exp4(x: vec4f) -> vec4f {
let c = clamp(x, vec4f(-104.0), vec4f(89.0));
let n = round(c * 1.4426950409);
return select(scaled(1.0 + exp_rest(minus_ln2(c, n)), n), x, is_nan(x));
}
fn log_rest(f: vec4f) -> vec4f {
let s = f / (2.0 + f);
let z = s * s;
return f - s * (f - z * (0.66666686244 + z * (0.399883014527 + z * 0.296012768239)));
}
struct Parts { e: vec4f, f: vec4f }
fn parts(x: vec4f) -> Parts {
let i = bitcast<vec4i>(x);
let e = (i - 0x3f3504f3) >> vec4u(23u);
return Parts(vec4f(e), bitcast<vec4f>(i - (e << vec4u(23u))) - 1.0);
}
fn log4(x: vec4f) -> vec4f {
let tiny = x < vec4f(1.17549435e-38);
let up = select(x, x * 33554432.0, tiny);
let p = parts(up);
let e = select(p.e, p.e - 25.0, tiny);
let y = e * 0.693359375 + (log_rest(p.f) - e * 2.1219444e-4);
let bits = bitcast<vec4u>(x);
let other = select(select(bits, vec4u(0x7fc00000u), x < vec4f()), vec4u(0xff800000u), up == vec4f());
return select(bitcast<vec4f>(other), y, ((bits - vec4u(1u)) < vec4u(0x7f7fffffu)) & (up != vec4f()));
}
fn log1p4(x: vec4f) -> vec4f {
return select(log4(1.0 + x), log_rest(x), (x > vec4f(-0.29)) & (x < vec4f(0.41)));
}
fn log_clamped(v: vec4f) -> vec4f { return max(log4(v), vec4f(-100.0)); }
fn loss(v: vec4f, y: vec4f, p: vec4f) -> vec4f {
let d = v - y;
switch OP {
case 0u: { return d * d; }
case 1u: { return abs(d); }
case 2u: {
let near = min(abs(d), vec4f(params.a));
return near * (abs(d) - 0.5 * near) / params.a;
}
case 3u: {
let soft = log1p4(exp4(-abs(v))) + max(-v, vec4f());
return (1.0 - y) * v + (1.0 + (p - 1.0) * y) * soft;
}
case 4u: { return -(y * log_clamped(v) + (1.0 - y) * log_clamped(1.0 - v)); }
case 5u: { return select(vec4f(), y * (log4(y) - v), y > vec4f()); }
default: { return exp4(y) * (y - v); }
}
}
fn by_x(v: vec4f, y: vec4f, p: vec4f) -> vec4f {
let d = v - y;
switch OP {
case 0u: { return 2.0 * d; }
case 1u: { return sign(d); }
case 2u: { return clamp(d / params.a, vec4f(-1.0), vec4f(1.0)); }
case 3u: {
let e = exp4(-abs(v));
let below = select(vec4f(1.0), e, v >= vec4f()) / (1.0 + e);
return (1.0 - y) - (1.0 + (p - 1.0) * y) * below;
}
case 4u: { return d / max(v * (1.0 - v), vec4f(1e-12)); }
case 5u: { return -y; }
default: { return -exp4(y); }
}
}
fn by_target(v: vec4f, y: vec4f, p: vec4f) -> vec4f {
switch OP {
case 0u, 1u, 2u: { return -by_x(v, y, p); }
case 3u: { return (p - 1.0) * (log1p4(exp4(-abs(v))) + max(-v, vec4f())) - v; }
case 4u: { return log_clamped(1.0 - v) - log_clamped(v); }
case 5u: { return select(vec4f(), log4(y) + 1.0 - v, y > vec4f()); }
default: { return exp4(y) * (y - v + 1.0); }
}
}
fn factor(i: u32) -> vec4f {
if (POSITIVE) { return positive[i]; }
return vec4f(1.0);
}
fn value(i: u32) -> vec4f {
var v = loss(x[i], t[i], factor(i));
if (WEIGHTED) { v *= weight[i]; }
return v;
}
@compute @workgroup_size(WG)
fn each(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
out[i] = value(i);
}
fn tree(own: f32, lane: u32) -> f32 {
lane_sums[lane] = own;
for (var half = 32u; half > 0u; half /= 2u) {
workgroupBarrier();
if (lane < half) { lane_sums[lane] += lane_sums[lane + half]; }
}
return lane_sums[lane];
}
@compute @workgroup_size(64)
fn partial(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
let part = w.x + w.y * groups.x;
let end = min((params.n + 3u) / 4u, (part + 1u) * 4096u);
var all = vec4f();
for (var i = part * 4096u + l; i < end; i += 64u) {
all += select(vec4f(), value(i), vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n));
}
let sum = tree((all.x + all.y) + (all.z + all.w), l);
if (l == 0u && part * 4096u < (params.n + 3u) / 4u) { sums[params.first + part] = sum * params.scale; }
}
@compute @workgroup_size(64)
fn combine(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u) {
var all = 0.0;
let end = min(params.n, (w.x + 1u) * 4096u);
for (var i = w.x * 4096u + l; i < end; i += 64u) { all += addends[i]; }
let sum = tree(all, l);
if (l == 0u) { sums[w.x] = sum * params.scale; }
}
@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
var s: vec4f;
if (EACH) {
s = grad[i];
} else {
s = vec4f(grad1[0] * params.scale);
}
if (WEIGHTED) { s *= weight[i]; }
if (BY_TARGET) {
out[i] = s * by_target(x[i], t[i], factor(i));
} else {
out[i] = s * by_x(x[i], t[i], factor(i));
}
}`,
  lstm: `alias T = f32;
override WG: u32 = 8u;
override Y: u32 = 1u;
override HARD: u32 = 0u;
override KEEP: u32 = 1u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(7) var<storage, read> steps: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(6) var<storage, read_write> sums: array<mat4x4f>;
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(4) var<storage, read> cs: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn gate(x: vec4f) -> vec4f {
if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}
fn slope(s: vec4f) -> vec4f {
if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
return s * (1.0 - s);
}
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd4(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f, sum: mat4x4f) -> mat4x4f {
return mat4x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]), madd(a, b3, sum[3]));
}
fn step_at(i: u32, dir: u32) -> vec4u {
if (p.packed == 1u) { return steps[dir * p.count + i]; }
let after = select(0u, p.batch, i + 1u < p.count);
if (((p.reverse >> dir) & 1u) == 0u) { return vec4u(i * p.batch, i * p.batch + after, p.batch, after); }
let at = (p.count - 1u - i) * p.batch;
return vec4u(at, at - after, p.batch, after);
}
fn back_step_at(i: u32, dir: u32) -> vec4u {
if (i < p.count) { return step_at(p.count - 1u - i, dir); }
let s = step_at(0u, dir);
return vec4u(0u, s.x, 0u, s.z);
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn forward(step: vec4u, dir: u32, row: u32, u: u32) {
let h4 = p.h4;
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
let at0 = dir * p.sd + (step.x + min(row + 0u, step.z - 1u)) * h4;
let at1 = dir * p.sd + (step.x + min(row + 1u, step.z - 1u)) * h4;
let at2 = dir * p.sd + (step.x + min(row + 2u, step.z - 1u)) * h4;
let at3 = dir * p.sd + (step.x + min(row + 3u, step.z - 1u)) * h4;
let at4 = dir * p.sd + (step.x + min(row + 4u, step.z - 1u)) * h4;
let at5 = dir * p.sd + (step.x + min(row + 5u, step.z - 1u)) * h4;
let at6 = dir * p.sd + (step.x + min(row + 6u, step.z - 1u)) * h4;
let at7 = dir * p.sd + (step.x + min(row + 7u, step.z - 1u)) * h4;
let at8 = dir * p.sd + (step.x + min(row + 8u, step.z - 1u)) * h4;
let at9 = dir * p.sd + (step.x + min(row + 9u, step.z - 1u)) * h4;
let at10 = dir * p.sd + (step.x + min(row + 10u, step.z - 1u)) * h4;
let at11 = dir * p.sd + (step.x + min(row + 11u, step.z - 1u)) * h4;
let at12 = dir * p.sd + (step.x + min(row + 12u, step.z - 1u)) * h4;
let at13 = dir * p.sd + (step.x + min(row + 13u, step.z - 1u)) * h4;
let at14 = dir * p.sd + (step.x + min(row + 14u, step.z - 1u)) * h4;
let at15 = dir * p.sd + (step.x + min(row + 15u, step.z - 1u)) * h4;
let w0 = ((dir * 4u + 0u) * h4 + u) * 4u * h4;
let w1 = ((dir * 4u + 1u) * h4 + u) * 4u * h4;
let w2 = ((dir * 4u + 2u) * h4 + u) * 4u * h4;
let w3 = ((dir * 4u + 3u) * h4 + u) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let b2 = transpose(quad(w2 + k));
let b3 = transpose(quad(w3 + k));
s0 = madd4(h[at0 + k], b0, b1, b2, b3, s0);
s1 = madd4(h[at1 + k], b0, b1, b2, b3, s1);
s2 = madd4(h[at2 + k], b0, b1, b2, b3, s2);
s3 = madd4(h[at3 + k], b0, b1, b2, b3, s3);
s4 = madd4(h[at4 + k], b0, b1, b2, b3, s4);
s5 = madd4(h[at5 + k], b0, b1, b2, b3, s5);
s6 = madd4(h[at6 + k], b0, b1, b2, b3, s6);
s7 = madd4(h[at7 + k], b0, b1, b2, b3, s7);
s8 = madd4(h[at8 + k], b0, b1, b2, b3, s8);
s9 = madd4(h[at9 + k], b0, b1, b2, b3, s9);
s10 = madd4(h[at10 + k], b0, b1, b2, b3, s10);
s11 = madd4(h[at11 + k], b0, b1, b2, b3, s11);
s12 = madd4(h[at12 + k], b0, b1, b2, b3, s12);
s13 = madd4(h[at13 + k], b0, b1, b2, b3, s13);
s14 = madd4(h[at14 + k], b0, b1, b2, b3, s14);
s15 = madd4(h[at15 + k], b0, b1, b2, b3, s15);
}
let first = ((dir * ((p.batch + 15u) / 16u) + row / 16u) * h4 + u) * 16u;
sums[first + 0u] = s0;
sums[first + 1u] = s1;
sums[first + 2u] = s2;
sums[first + 3u] = s3;
sums[first + 4u] = s4;
sums[first + 5u] = s5;
sums[first + 6u] = s6;
sums[first + 7u] = s7;
sums[first + 8u] = s8;
sums[first + 9u] = s9;
sums[first + 10u] = s10;
sums[first + 11u] = s11;
sums[first + 12u] = s12;
sums[first + 13u] = s13;
sums[first + 14u] = s14;
sums[first + 15u] = s15;
for (var r = row; r < min(row + 16u, step.z); r++) {
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let to = state_after(step, dir, r) + u;
let sum = sums[first + r - row];
let i = gate(vec4f(z[zr]) + sum[0]);
let f = gate(vec4f(z[zr + h4]) + sum[1]);
let g = tanh4(vec4f(z[zr + 2u * h4]) + sum[2]);
let o = gate(vec4f(z[zr + 3u * h4]) + sum[3]);
let cell = fma(f, c[was], i * g);
let out = o * tanh4(cell);
if (KEEP == 1u) {
z[zr] = vec4<T>(i);
z[zr + h4] = vec4<T>(f);
z[zr + 2u * h4] = vec4<T>(g);
z[zr + 3u * h4] = vec4<T>(o);
}
c[to] = cell;
h[to] = out;
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
fn keep(step: vec4u, dir: u32, r: u32, u0: u32, sum: mat4x4f) {
if (r >= step.w) { return; }
let at = (dir * p.batch + r) * p.h4 + u0;
dh[at] = sum[0];
if (u0 + 1u < p.h4) { dh[at + 1u] = sum[1]; }
if (u0 + 2u < p.h4) { dh[at + 2u] = sum[2]; }
if (u0 + 3u < p.h4) { dh[at + 3u] = sum[3]; }
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
if (row < step.w) {
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
let at0 = dir * p.gd + (step.y + min(row + 0u, step.w - 1u)) * p.zs;
let at1 = dir * p.gd + (step.y + min(row + 1u, step.w - 1u)) * p.zs;
let at2 = dir * p.gd + (step.y + min(row + 2u, step.w - 1u)) * p.zs;
let at3 = dir * p.gd + (step.y + min(row + 3u, step.w - 1u)) * p.zs;
let at4 = dir * p.gd + (step.y + min(row + 4u, step.w - 1u)) * p.zs;
let at5 = dir * p.gd + (step.y + min(row + 5u, step.w - 1u)) * p.zs;
let at6 = dir * p.gd + (step.y + min(row + 6u, step.w - 1u)) * p.zs;
let at7 = dir * p.gd + (step.y + min(row + 7u, step.w - 1u)) * p.zs;
let at8 = dir * p.gd + (step.y + min(row + 8u, step.w - 1u)) * p.zs;
let at9 = dir * p.gd + (step.y + min(row + 9u, step.w - 1u)) * p.zs;
let at10 = dir * p.gd + (step.y + min(row + 10u, step.w - 1u)) * p.zs;
let at11 = dir * p.gd + (step.y + min(row + 11u, step.w - 1u)) * p.zs;
let at12 = dir * p.gd + (step.y + min(row + 12u, step.w - 1u)) * p.zs;
let at13 = dir * p.gd + (step.y + min(row + 13u, step.w - 1u)) * p.zs;
let at14 = dir * p.gd + (step.y + min(row + 14u, step.w - 1u)) * p.zs;
let at15 = dir * p.gd + (step.y + min(row + 15u, step.w - 1u)) * p.zs;
let w0 = dir * 16u * h4 * h4 + min(u0 + 0u, h4 - 1u);
let w1 = dir * 16u * h4 * h4 + min(u0 + 1u, h4 - 1u);
let w2 = dir * 16u * h4 * h4 + min(u0 + 2u, h4 - 1u);
let w3 = dir * 16u * h4 * h4 + min(u0 + 3u, h4 - 1u);
for (var k = 0u; k < 4u * h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
let b1 = quad(w1 + 4u * k * h4);
let b2 = quad(w2 + 4u * k * h4);
let b3 = quad(w3 + 4u * k * h4);
s0 = madd4(dg[at0 + k], b0, b1, b2, b3, s0);
s1 = madd4(dg[at1 + k], b0, b1, b2, b3, s1);
s2 = madd4(dg[at2 + k], b0, b1, b2, b3, s2);
s3 = madd4(dg[at3 + k], b0, b1, b2, b3, s3);
s4 = madd4(dg[at4 + k], b0, b1, b2, b3, s4);
s5 = madd4(dg[at5 + k], b0, b1, b2, b3, s5);
s6 = madd4(dg[at6 + k], b0, b1, b2, b3, s6);
s7 = madd4(dg[at7 + k], b0, b1, b2, b3, s7);
s8 = madd4(dg[at8 + k], b0, b1, b2, b3, s8);
s9 = madd4(dg[at9 + k], b0, b1, b2, b3, s9);
s10 = madd4(dg[at10 + k], b0, b1, b2, b3, s10);
s11 = madd4(dg[at11 + k], b0, b1, b2, b3, s11);
s12 = madd4(dg[at12 + k], b0, b1, b2, b3, s12);
s13 = madd4(dg[at13 + k], b0, b1, b2, b3, s13);
s14 = madd4(dg[at14 + k], b0, b1, b2, b3, s14);
s15 = madd4(dg[at15 + k], b0, b1, b2, b3, s15);
}
keep(step, dir, row + 0u, u0, s0);
keep(step, dir, row + 1u, u0, s1);
keep(step, dir, row + 2u, u0, s2);
keep(step, dir, row + 3u, u0, s3);
keep(step, dir, row + 4u, u0, s4);
keep(step, dir, row + 5u, u0, s5);
keep(step, dir, row + 6u, u0, s6);
keep(step, dir, row + 7u, u0, s7);
keep(step, dir, row + 8u, u0, s8);
keep(step, dir, row + 9u, u0, s9);
keep(step, dir, row + 10u, u0, s10);
keep(step, dir, row + 11u, u0, s11);
keep(step, dir, row + 12u, u0, s12);
keep(step, dir, row + 13u, u0, s13);
keep(step, dir, row + 14u, u0, s14);
keep(step, dir, row + 15u, u0, s15);
}
for (var r = row; r < min(row + 16u, step.z); r++) {
for (var u = u0; u < min(u0 + 4u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
var dout = vec4f();
if (r < step.w || (p.given & 1u) != 0u) { dout = dh[state]; }
if (Y == 1u) { dout += vec4f(dy[(step.x + r) * p.ys + dir * p.yd + u]); }
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let i = vec4f(gates[zr]);
let f = vec4f(gates[zr + h4]);
let g = vec4f(gates[zr + 2u * h4]);
let o = vec4f(gates[zr + 3u * h4]);
let before = cs[was];
let t = tanh4(fma(f, before, i * g));
var dcell = dout * o * fma(-t, t, vec4f(1.0));
let cell = p.dirs * p.batch * h4 + state;
if (r < step.w || (p.given & 2u) != 0u) { dcell += dh[cell]; }
dg[gr] = dcell * g * slope(i);
dg[gr + h4] = dcell * before * slope(f);
dg[gr + 2u * h4] = dcell * i * fma(-g, g, vec4f(1.0));
dg[gr + 3u * h4] = dout * t * slope(o);
dh[cell] = dcell * f;
}
}
}
@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = p.h4;
let row = tile / units * 16u;
if (row < step.z) { forward(step, id.z, row, tile % units); }
}
@compute @workgroup_size(WG)
fn forward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = p.h4;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 16u;
for (var i = p.first; i < p.end; i++) {
let step = step_at(i, group.z);
if (lane < tiles * units && row < step.z) { forward(step, group.z, row, lane % units); }
storageBarrier();
}
}
@compute @workgroup_size(WG)
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = (p.h4 + 3u) / 4u;
let row = tile / units * 16u;
if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units * 4u); }
}
@compute @workgroup_size(WG)
fn backward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = (p.h4 + 3u) / 4u;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 16u;
for (var i = p.first; i < p.end; i++) {
let step = back_step_at(i, group.z);
if (lane < tiles * units && row < max(step.z, step.w)) { backward(step, group.z, row, lane % units * 4u); }
storageBarrier();
}
}`,
  lstmPair: `alias T = f32;
override WG: u32 = 8u;
override Y: u32 = 1u;
override HARD: u32 = 0u;
override KEEP: u32 = 1u;
override COPY: u32 = 0u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(8) var<storage, read> prev: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> next: array<vec4f>;
@group(0) @binding(9) var<storage, read> z_in: array<vec4<T>>;
fn prev_at(i: u32) -> vec4f { return vec4f(prev[i]); }
fn next_put(i: u32, v: vec4f) { next[i] = v; }
fn dg_put(i: u32, v: vec4f) { dg[i] = v; }
fn dy_at(i: u32) -> vec4f { return vec4f(dy[i]); }
fn gates_at(i: u32) -> vec4f { return vec4f(gates[i]); }
fn z_in_at(i: u32) -> vec4f { return vec4f(z_in[i]); }
fn z_at(i: u32) -> vec4f {
if (COPY == 1u) { return z_in_at(i); }
return vec4f(z[i]);
}
fn cs_at(i: u32) -> vec4f { return vec4f(cs[i]); }
@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(4) var<storage, read> cs: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn gate(x: vec4f) -> vec4f {
if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}
fn slope(s: vec4f) -> vec4f {
if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
return s * (1.0 - s);
}
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd4(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f, sum: mat4x4f) -> mat4x4f {
return mat4x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]), madd(a, b3, sum[3]));
}
fn either4(second: bool, a: mat4x4f, b: mat4x4f) -> mat4x4f {
return mat4x4f(select(a[0], b[0], second), select(a[1], b[1], second), select(a[2], b[2], second), select(a[3], b[3], second));
}
fn pick4x4(i: u32, x0: mat4x4f, x1: mat4x4f, x2: mat4x4f, x3: mat4x4f) -> mat4x4f {
return either4((i & 2u) != 0u, either4((i & 1u) != 0u, x0, x1), either4((i & 1u) != 0u, x2, x3));
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn forward(step: vec4u, dir: u32, row: u32, u: u32) {
let h4 = p.h4;
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
let at0 = (dir * p.batch + min(row + 0u, step.z - 1u)) * h4;
let at1 = (dir * p.batch + min(row + 1u, step.z - 1u)) * h4;
let at2 = (dir * p.batch + min(row + 2u, step.z - 1u)) * h4;
let at3 = (dir * p.batch + min(row + 3u, step.z - 1u)) * h4;
let at4 = (dir * p.batch + min(row + 4u, step.z - 1u)) * h4;
let at5 = (dir * p.batch + min(row + 5u, step.z - 1u)) * h4;
let at6 = (dir * p.batch + min(row + 6u, step.z - 1u)) * h4;
let at7 = (dir * p.batch + min(row + 7u, step.z - 1u)) * h4;
let at8 = (dir * p.batch + min(row + 8u, step.z - 1u)) * h4;
let at9 = (dir * p.batch + min(row + 9u, step.z - 1u)) * h4;
let at10 = (dir * p.batch + min(row + 10u, step.z - 1u)) * h4;
let at11 = (dir * p.batch + min(row + 11u, step.z - 1u)) * h4;
let at12 = (dir * p.batch + min(row + 12u, step.z - 1u)) * h4;
let at13 = (dir * p.batch + min(row + 13u, step.z - 1u)) * h4;
let at14 = (dir * p.batch + min(row + 14u, step.z - 1u)) * h4;
let at15 = (dir * p.batch + min(row + 15u, step.z - 1u)) * h4;
let w0 = ((dir * 4u + 0u) * h4 + u) * 4u * h4;
let w1 = ((dir * 4u + 1u) * h4 + u) * 4u * h4;
let w2 = ((dir * 4u + 2u) * h4 + u) * 4u * h4;
let w3 = ((dir * 4u + 3u) * h4 + u) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let b2 = transpose(quad(w2 + k));
let b3 = transpose(quad(w3 + k));
s0 = madd4(prev_at(at0 + k), b0, b1, b2, b3, s0);
s1 = madd4(prev_at(at1 + k), b0, b1, b2, b3, s1);
s2 = madd4(prev_at(at2 + k), b0, b1, b2, b3, s2);
s3 = madd4(prev_at(at3 + k), b0, b1, b2, b3, s3);
s4 = madd4(prev_at(at4 + k), b0, b1, b2, b3, s4);
s5 = madd4(prev_at(at5 + k), b0, b1, b2, b3, s5);
s6 = madd4(prev_at(at6 + k), b0, b1, b2, b3, s6);
s7 = madd4(prev_at(at7 + k), b0, b1, b2, b3, s7);
s8 = madd4(prev_at(at8 + k), b0, b1, b2, b3, s8);
s9 = madd4(prev_at(at9 + k), b0, b1, b2, b3, s9);
s10 = madd4(prev_at(at10 + k), b0, b1, b2, b3, s10);
s11 = madd4(prev_at(at11 + k), b0, b1, b2, b3, s11);
s12 = madd4(prev_at(at12 + k), b0, b1, b2, b3, s12);
s13 = madd4(prev_at(at13 + k), b0, b1, b2, b3, s13);
s14 = madd4(prev_at(at14 + k), b0, b1, b2, b3, s14);
s15 = madd4(prev_at(at15 + k), b0, b1, b2, b3, s15);
}
for (var four = 0u; four < 4u; four++) {
let row4 = row + 4u * four;
let t0 = pick4x4(four, s0, s4, s8, s12);
let t1 = pick4x4(four, s1, s5, s9, s13);
let t2 = pick4x4(four, s2, s6, s10, s14);
let t3 = pick4x4(four, s3, s7, s11, s15);
for (var r = row4; r < min(row4 + 4u, step.z); r++) {
let picked = pick4x4(r - row4, t0, t1, t2, t3);
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let own = (dir * p.batch + r) * h4 + u;
let to = state_after(step, dir, r) + u;
let sum = picked;
let i = gate(z_at(zr) + sum[0]);
let f = gate(z_at(zr + h4) + sum[1]);
let g = tanh4(z_at(zr + 2u * h4) + sum[2]);
let o = gate(z_at(zr + 3u * h4) + sum[3]);
let cell = fma(f, prev_at(p.dirs * p.batch * h4 + own), i * g);
let out = o * tanh4(cell);
if (KEEP == 1u) {
z[zr] = vec4<T>(i);
z[zr + h4] = vec4<T>(f);
z[zr + 2u * h4] = vec4<T>(g);
z[zr + 3u * h4] = vec4<T>(o);
}
c[to] = cell;
h[to] = out;
next_put(own, out);
next_put(p.dirs * p.batch * h4 + own, cell);
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
if (row < step.w) {
let at0 = (dir * p.batch + min(row + 0u, step.w - 1u)) * p.zs;
let at1 = (dir * p.batch + min(row + 1u, step.w - 1u)) * p.zs;
let at2 = (dir * p.batch + min(row + 2u, step.w - 1u)) * p.zs;
let at3 = (dir * p.batch + min(row + 3u, step.w - 1u)) * p.zs;
let at4 = (dir * p.batch + min(row + 4u, step.w - 1u)) * p.zs;
let at5 = (dir * p.batch + min(row + 5u, step.w - 1u)) * p.zs;
let at6 = (dir * p.batch + min(row + 6u, step.w - 1u)) * p.zs;
let at7 = (dir * p.batch + min(row + 7u, step.w - 1u)) * p.zs;
let at8 = (dir * p.batch + min(row + 8u, step.w - 1u)) * p.zs;
let at9 = (dir * p.batch + min(row + 9u, step.w - 1u)) * p.zs;
let at10 = (dir * p.batch + min(row + 10u, step.w - 1u)) * p.zs;
let at11 = (dir * p.batch + min(row + 11u, step.w - 1u)) * p.zs;
let at12 = (dir * p.batch + min(row + 12u, step.w - 1u)) * p.zs;
let at13 = (dir * p.batch + min(row + 13u, step.w - 1u)) * p.zs;
let at14 = (dir * p.batch + min(row + 14u, step.w - 1u)) * p.zs;
let at15 = (dir * p.batch + min(row + 15u, step.w - 1u)) * p.zs;
let w0 = dir * 16u * h4 * h4 + min(u0 + 0u, h4 - 1u);
let w1 = dir * 16u * h4 * h4 + min(u0 + 1u, h4 - 1u);
let w2 = dir * 16u * h4 * h4 + min(u0 + 2u, h4 - 1u);
let w3 = dir * 16u * h4 * h4 + min(u0 + 3u, h4 - 1u);
for (var k = 0u; k < 4u * h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
let b1 = quad(w1 + 4u * k * h4);
let b2 = quad(w2 + 4u * k * h4);
let b3 = quad(w3 + 4u * k * h4);
s0 = madd4(prev_at(at0 + k), b0, b1, b2, b3, s0);
s1 = madd4(prev_at(at1 + k), b0, b1, b2, b3, s1);
s2 = madd4(prev_at(at2 + k), b0, b1, b2, b3, s2);
s3 = madd4(prev_at(at3 + k), b0, b1, b2, b3, s3);
s4 = madd4(prev_at(at4 + k), b0, b1, b2, b3, s4);
s5 = madd4(prev_at(at5 + k), b0, b1, b2, b3, s5);
s6 = madd4(prev_at(at6 + k), b0, b1, b2, b3, s6);
s7 = madd4(prev_at(at7 + k), b0, b1, b2, b3, s7);
s8 = madd4(prev_at(at8 + k), b0, b1, b2, b3, s8);
s9 = madd4(prev_at(at9 + k), b0, b1, b2, b3, s9);
s10 = madd4(prev_at(at10 + k), b0, b1, b2, b3, s10);
s11 = madd4(prev_at(at11 + k), b0, b1, b2, b3, s11);
s12 = madd4(prev_at(at12 + k), b0, b1, b2, b3, s12);
s13 = madd4(prev_at(at13 + k), b0, b1, b2, b3, s13);
s14 = madd4(prev_at(at14 + k), b0, b1, b2, b3, s14);
s15 = madd4(prev_at(at15 + k), b0, b1, b2, b3, s15);
}
}
for (var four = 0u; four < 4u; four++) {
let row4 = row + 4u * four;
let t0 = pick4x4(four, s0, s4, s8, s12);
let t1 = pick4x4(four, s1, s5, s9, s13);
let t2 = pick4x4(four, s2, s6, s10, s14);
let t3 = pick4x4(four, s3, s7, s11, s15);
for (var r = row4; r < min(row4 + 4u, max(step.z, step.w)); r++) {
let picked = pick4x4(r - row4, t0, t1, t2, t3);
for (var u = u0; u < min(u0 + 4u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
let back = select(select(picked[0], picked[1], ((u - u0) & 1u) != 0u), select(picked[2], picked[3], ((u - u0) & 1u) != 0u), ((u - u0) & 2u) != 0u);
var dout = vec4f();
if (r < step.w) {
dout = back;
} else if ((p.given & 1u) != 0u) {
dout = dh[state];
}
if (r >= step.z) {
dh[state] = dout;
continue;
}
if (Y == 1u) { dout += dy_at((step.x + r) * p.ys + dir * p.yd + u); }
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let nr = (dir * p.batch + r) * p.zs + u;
let i = gates_at(zr);
let f = gates_at(zr + h4);
let g = gates_at(zr + 2u * h4);
let o = gates_at(zr + 3u * h4);
let before = cs_at(was);
let t = tanh4(fma(f, before, i * g));
var dcell = dout * o * fma(-t, t, vec4f(1.0));
let cell = p.dirs * p.batch * h4 + state;
if (r < step.w) {
dcell += prev_at(p.dirs * p.batch * p.zs + state);
} else if ((p.given & 2u) != 0u) {
dcell += dh[cell];
}
let g1 = dcell * g * slope(i);
dg_put(gr, g1);
next_put(nr, g1);
let g2 = dcell * before * slope(f);
dg_put(gr + h4, g2);
next_put(nr + h4, g2);
let g3 = dcell * i * fma(-g, g, vec4f(1.0));
dg_put(gr + 2u * h4, g3);
next_put(nr + 2u * h4, g3);
let g4 = dout * t * slope(o);
dg_put(gr + 3u * h4, g4);
next_put(nr + 3u * h4, g4);
let left = dcell * f;
dh[cell] = left;
next_put(p.dirs * p.batch * p.zs + state, left);
}
}
}
}
@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = p.h4;
let row = tile / units * 16u;
if (row < step.z) { forward(step, id.z, row, tile % units); }
}
@compute @workgroup_size(WG)
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = (p.h4 + 3u) / 4u;
let row = tile / units * 16u;
if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units * 4u); }
}`,
  lstmSmall: `alias T = f32;
override WG: u32 = 64u;
override Y: u32 = 1u;
override HARD: u32 = 0u;
override KEEP: u32 = 1u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(7) var<storage, read> steps: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(6) var<storage, read_write> sums: array<mat4x4f>;
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(4) var<storage, read> cs: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn gate(x: vec4f) -> vec4f {
if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}
fn slope(s: vec4f) -> vec4f {
if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
return s * (1.0 - s);
}
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd4(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f, sum: mat4x4f) -> mat4x4f {
return mat4x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]), madd(a, b3, sum[3]));
}
fn step_at(i: u32, dir: u32) -> vec4u {
if (p.packed == 1u) { return steps[dir * p.count + i]; }
let after = select(0u, p.batch, i + 1u < p.count);
if (((p.reverse >> dir) & 1u) == 0u) { return vec4u(i * p.batch, i * p.batch + after, p.batch, after); }
let at = (p.count - 1u - i) * p.batch;
return vec4u(at, at - after, p.batch, after);
}
fn back_step_at(i: u32, dir: u32) -> vec4u {
if (i < p.count) { return step_at(p.count - 1u - i, dir); }
let s = step_at(0u, dir);
return vec4u(0u, s.x, 0u, s.z);
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn forward(step: vec4u, dir: u32, row: u32, u: u32) {
let h4 = p.h4;
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
let at0 = dir * p.sd + (step.x + min(row + 0u, step.z - 1u)) * h4;
let at1 = dir * p.sd + (step.x + min(row + 1u, step.z - 1u)) * h4;
let at2 = dir * p.sd + (step.x + min(row + 2u, step.z - 1u)) * h4;
let at3 = dir * p.sd + (step.x + min(row + 3u, step.z - 1u)) * h4;
let w0 = ((dir * 4u + 0u) * h4 + u) * 4u * h4;
let w1 = ((dir * 4u + 1u) * h4 + u) * 4u * h4;
let w2 = ((dir * 4u + 2u) * h4 + u) * 4u * h4;
let w3 = ((dir * 4u + 3u) * h4 + u) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let b2 = transpose(quad(w2 + k));
let b3 = transpose(quad(w3 + k));
s0 = madd4(h[at0 + k], b0, b1, b2, b3, s0);
s1 = madd4(h[at1 + k], b0, b1, b2, b3, s1);
s2 = madd4(h[at2 + k], b0, b1, b2, b3, s2);
s3 = madd4(h[at3 + k], b0, b1, b2, b3, s3);
}
let first = ((dir * ((p.batch + 3u) / 4u) + row / 4u) * h4 + u) * 4u;
sums[first + 0u] = s0;
sums[first + 1u] = s1;
sums[first + 2u] = s2;
sums[first + 3u] = s3;
for (var r = row; r < min(row + 4u, step.z); r++) {
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let to = state_after(step, dir, r) + u;
let sum = sums[first + r - row];
let i = gate(vec4f(z[zr]) + sum[0]);
let f = gate(vec4f(z[zr + h4]) + sum[1]);
let g = tanh4(vec4f(z[zr + 2u * h4]) + sum[2]);
let o = gate(vec4f(z[zr + 3u * h4]) + sum[3]);
let cell = fma(f, c[was], i * g);
let out = o * tanh4(cell);
if (KEEP == 1u) {
z[zr] = vec4<T>(i);
z[zr + h4] = vec4<T>(f);
z[zr + 2u * h4] = vec4<T>(g);
z[zr + 3u * h4] = vec4<T>(o);
}
c[to] = cell;
h[to] = out;
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
fn keep(step: vec4u, dir: u32, r: u32, u0: u32, sum: vec4f) {
if (r >= step.w) { return; }
let at = (dir * p.batch + r) * p.h4 + u0;
dh[at] = sum;
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
if (row < step.w) {
var s0 = vec4f();
var s1 = vec4f();
var s2 = vec4f();
var s3 = vec4f();
let at0 = dir * p.gd + (step.y + min(row + 0u, step.w - 1u)) * p.zs;
let at1 = dir * p.gd + (step.y + min(row + 1u, step.w - 1u)) * p.zs;
let at2 = dir * p.gd + (step.y + min(row + 2u, step.w - 1u)) * p.zs;
let at3 = dir * p.gd + (step.y + min(row + 3u, step.w - 1u)) * p.zs;
let w0 = dir * 16u * h4 * h4 + min(u0 + 0u, h4 - 1u);
for (var k = 0u; k < 4u * h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
s0 = madd(dg[at0 + k], b0, s0);
s1 = madd(dg[at1 + k], b0, s1);
s2 = madd(dg[at2 + k], b0, s2);
s3 = madd(dg[at3 + k], b0, s3);
}
keep(step, dir, row + 0u, u0, s0);
keep(step, dir, row + 1u, u0, s1);
keep(step, dir, row + 2u, u0, s2);
keep(step, dir, row + 3u, u0, s3);
}
for (var r = row; r < min(row + 4u, step.z); r++) {
for (var u = u0; u < min(u0 + 1u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
var dout = vec4f();
if (r < step.w || (p.given & 1u) != 0u) { dout = dh[state]; }
if (Y == 1u) { dout += vec4f(dy[(step.x + r) * p.ys + dir * p.yd + u]); }
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let i = vec4f(gates[zr]);
let f = vec4f(gates[zr + h4]);
let g = vec4f(gates[zr + 2u * h4]);
let o = vec4f(gates[zr + 3u * h4]);
let before = cs[was];
let t = tanh4(fma(f, before, i * g));
var dcell = dout * o * fma(-t, t, vec4f(1.0));
let cell = p.dirs * p.batch * h4 + state;
if (r < step.w || (p.given & 2u) != 0u) { dcell += dh[cell]; }
dg[gr] = dcell * g * slope(i);
dg[gr + h4] = dcell * before * slope(f);
dg[gr + 2u * h4] = dcell * i * fma(-g, g, vec4f(1.0));
dg[gr + 3u * h4] = dout * t * slope(o);
dh[cell] = dcell * f;
}
}
}
@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = p.h4;
let row = tile / units * 4u;
if (row < step.z) { forward(step, id.z, row, tile % units); }
}
@compute @workgroup_size(WG)
fn forward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = p.h4;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 4u;
for (var i = p.first; i < p.end; i++) {
let step = step_at(i, group.z);
if (lane < tiles * units && row < step.z) { forward(step, group.z, row, lane % units); }
storageBarrier();
}
}
@compute @workgroup_size(WG)
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = p.h4;
let row = tile / units * 4u;
if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units); }
}
@compute @workgroup_size(WG)
fn backward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = p.h4;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 4u;
for (var i = p.first; i < p.end; i++) {
let step = back_step_at(i, group.z);
if (lane < tiles * units && row < max(step.z, step.w)) { backward(step, group.z, row, lane % units); }
storageBarrier();
}
}`,
  lstmWide: `alias T = f32;
override WG: u32 = 8u;
override Y: u32 = 1u;
override HARD: u32 = 0u;
override KEEP: u32 = 1u;
override COPY: u32 = 0u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(8) var<storage, read> prev: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> next: array<vec4f>;
@group(0) @binding(9) var<storage, read> z_in: array<vec4<T>>;
fn prev_at(i: u32) -> vec4f { return vec4f(prev[i]); }
fn next_put(i: u32, v: vec4f) { next[i] = v; }
fn dg_put(i: u32, v: vec4f) { dg[i] = v; }
fn dy_at(i: u32) -> vec4f { return vec4f(dy[i]); }
fn gates_at(i: u32) -> vec4f { return vec4f(gates[i]); }
fn z_in_at(i: u32) -> vec4f { return vec4f(z_in[i]); }
fn z_at(i: u32) -> vec4f {
if (COPY == 1u) { return z_in_at(i); }
return vec4f(z[i]);
}
fn cs_at(i: u32) -> vec4f { return vec4f(cs[i]); }
@group(0) @binding(2) var<storage, read_write> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> gates: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(4) var<storage, read> cs: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn gate(x: vec4f) -> vec4f {
if (HARD == 1u) { return clamp(fma(vec4f(0.2), x, vec4f(0.5)), vec4f(), vec4f(1.0)); }
return 1.0 / (1.0 + exp(select(-x, vec4f(88.0), x < vec4f(-88.0))));
}
fn slope(s: vec4f) -> vec4f {
if (HARD == 1u) { return select(vec4f(), vec4f(0.2), (s > vec4f()) & (s < vec4f(1.0))); }
return s * (1.0 - s);
}
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd4(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f, sum: mat4x4f) -> mat4x4f {
return mat4x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]), madd(a, b3, sum[3]));
}
fn madd2(a: vec4f, b0: mat4x4f, b1: mat4x4f, sum: mat2x4f) -> mat2x4f {
return mat2x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]));
}
fn either4(second: bool, a: mat4x4f, b: mat4x4f) -> mat4x4f {
return mat4x4f(select(a[0], b[0], second), select(a[1], b[1], second), select(a[2], b[2], second), select(a[3], b[3], second));
}
fn pick4x4(i: u32, x0: mat4x4f, x1: mat4x4f, x2: mat4x4f, x3: mat4x4f) -> mat4x4f {
return either4((i & 2u) != 0u, either4((i & 1u) != 0u, x0, x1), either4((i & 1u) != 0u, x2, x3));
}
fn pick8x4(i: u32, x0: mat4x4f, x1: mat4x4f, x2: mat4x4f, x3: mat4x4f, x4: mat4x4f, x5: mat4x4f, x6: mat4x4f, x7: mat4x4f) -> mat4x4f {
return either4((i & 4u) != 0u, either4((i & 2u) != 0u, either4((i & 1u) != 0u, x0, x1), either4((i & 1u) != 0u, x2, x3)), either4((i & 2u) != 0u, either4((i & 1u) != 0u, x4, x5), either4((i & 1u) != 0u, x6, x7)));
}
fn either2(second: bool, a: mat2x4f, b: mat2x4f) -> mat2x4f {
return mat2x4f(select(a[0], b[0], second), select(a[1], b[1], second));
}
fn pick4x2(i: u32, x0: mat2x4f, x1: mat2x4f, x2: mat2x4f, x3: mat2x4f) -> mat2x4f {
return either2((i & 2u) != 0u, either2((i & 1u) != 0u, x0, x1), either2((i & 1u) != 0u, x2, x3));
}
fn pick8x2(i: u32, x0: mat2x4f, x1: mat2x4f, x2: mat2x4f, x3: mat2x4f, x4: mat2x4f, x5: mat2x4f, x6: mat2x4f, x7: mat2x4f) -> mat2x4f {
return either2((i & 4u) != 0u, either2((i & 2u) != 0u, either2((i & 1u) != 0u, x0, x1), either2((i & 1u) != 0u, x2, x3)), either2((i & 2u) != 0u, either2((i & 1u) != 0u, x4, x5), either2((i & 1u) != 0u, x6, x7)));
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn forward(step: vec4u, dir: u32, row: u32, u: u32, me: u32, live: bool) {
let h4 = p.h4;
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
var s16 = mat4x4f();
var s17 = mat4x4f();
var s18 = mat4x4f();
var s19 = mat4x4f();
var s20 = mat4x4f();
var s21 = mat4x4f();
var s22 = mat4x4f();
var s23 = mat4x4f();
var s24 = mat4x4f();
var s25 = mat4x4f();
var s26 = mat4x4f();
var s27 = mat4x4f();
var s28 = mat4x4f();
var s29 = mat4x4f();
var s30 = mat4x4f();
var s31 = mat4x4f();
let at0 = (dir * p.batch + min(row + 4u * me + 0u, step.z - 1u)) * h4;
let at1 = (dir * p.batch + min(row + 4u * me + 1u, step.z - 1u)) * h4;
let at2 = (dir * p.batch + min(row + 4u * me + 2u, step.z - 1u)) * h4;
let at3 = (dir * p.batch + min(row + 4u * me + 3u, step.z - 1u)) * h4;
let w0 = ((dir * 4u + 0u) * h4 + u) * 4u * h4;
let w1 = ((dir * 4u + 1u) * h4 + u) * 4u * h4;
let w2 = ((dir * 4u + 2u) * h4 + u) * 4u * h4;
let w3 = ((dir * 4u + 3u) * h4 + u) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let b2 = transpose(quad(w2 + k));
let b3 = transpose(quad(w3 + k));
let mine = mat4x4f(prev_at(at0 + k), prev_at(at1 + k), prev_at(at2 + k), prev_at(at3 + k));
s0 = madd4(subgroupBroadcast(mine[0], 0u), b0, b1, b2, b3, s0);
s1 = madd4(subgroupBroadcast(mine[1], 0u), b0, b1, b2, b3, s1);
s2 = madd4(subgroupBroadcast(mine[2], 0u), b0, b1, b2, b3, s2);
s3 = madd4(subgroupBroadcast(mine[3], 0u), b0, b1, b2, b3, s3);
s4 = madd4(subgroupBroadcast(mine[0], 1u), b0, b1, b2, b3, s4);
s5 = madd4(subgroupBroadcast(mine[1], 1u), b0, b1, b2, b3, s5);
s6 = madd4(subgroupBroadcast(mine[2], 1u), b0, b1, b2, b3, s6);
s7 = madd4(subgroupBroadcast(mine[3], 1u), b0, b1, b2, b3, s7);
s8 = madd4(subgroupBroadcast(mine[0], 2u), b0, b1, b2, b3, s8);
s9 = madd4(subgroupBroadcast(mine[1], 2u), b0, b1, b2, b3, s9);
s10 = madd4(subgroupBroadcast(mine[2], 2u), b0, b1, b2, b3, s10);
s11 = madd4(subgroupBroadcast(mine[3], 2u), b0, b1, b2, b3, s11);
s12 = madd4(subgroupBroadcast(mine[0], 3u), b0, b1, b2, b3, s12);
s13 = madd4(subgroupBroadcast(mine[1], 3u), b0, b1, b2, b3, s13);
s14 = madd4(subgroupBroadcast(mine[2], 3u), b0, b1, b2, b3, s14);
s15 = madd4(subgroupBroadcast(mine[3], 3u), b0, b1, b2, b3, s15);
s16 = madd4(subgroupBroadcast(mine[0], 4u), b0, b1, b2, b3, s16);
s17 = madd4(subgroupBroadcast(mine[1], 4u), b0, b1, b2, b3, s17);
s18 = madd4(subgroupBroadcast(mine[2], 4u), b0, b1, b2, b3, s18);
s19 = madd4(subgroupBroadcast(mine[3], 4u), b0, b1, b2, b3, s19);
s20 = madd4(subgroupBroadcast(mine[0], 5u), b0, b1, b2, b3, s20);
s21 = madd4(subgroupBroadcast(mine[1], 5u), b0, b1, b2, b3, s21);
s22 = madd4(subgroupBroadcast(mine[2], 5u), b0, b1, b2, b3, s22);
s23 = madd4(subgroupBroadcast(mine[3], 5u), b0, b1, b2, b3, s23);
s24 = madd4(subgroupBroadcast(mine[0], 6u), b0, b1, b2, b3, s24);
s25 = madd4(subgroupBroadcast(mine[1], 6u), b0, b1, b2, b3, s25);
s26 = madd4(subgroupBroadcast(mine[2], 6u), b0, b1, b2, b3, s26);
s27 = madd4(subgroupBroadcast(mine[3], 6u), b0, b1, b2, b3, s27);
s28 = madd4(subgroupBroadcast(mine[0], 7u), b0, b1, b2, b3, s28);
s29 = madd4(subgroupBroadcast(mine[1], 7u), b0, b1, b2, b3, s29);
s30 = madd4(subgroupBroadcast(mine[2], 7u), b0, b1, b2, b3, s30);
s31 = madd4(subgroupBroadcast(mine[3], 7u), b0, b1, b2, b3, s31);
}
for (var four = 0u; four < 8u; four++) {
let row4 = row + 4u * four;
let t0 = pick8x4(four, s0, s4, s8, s12, s16, s20, s24, s28);
let t1 = pick8x4(four, s1, s5, s9, s13, s17, s21, s25, s29);
let t2 = pick8x4(four, s2, s6, s10, s14, s18, s22, s26, s30);
let t3 = pick8x4(four, s3, s7, s11, s15, s19, s23, s27, s31);
for (var r = row4; r < select(0u, min(row4 + 4u, step.z), live); r++) {
let picked = pick4x4(r - row4, t0, t1, t2, t3);
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let own = (dir * p.batch + r) * h4 + u;
let to = state_after(step, dir, r) + u;
let sum = picked;
let i = gate(z_at(zr) + sum[0]);
let f = gate(z_at(zr + h4) + sum[1]);
let g = tanh4(z_at(zr + 2u * h4) + sum[2]);
let o = gate(z_at(zr + 3u * h4) + sum[3]);
let cell = fma(f, prev_at(p.dirs * p.batch * h4 + own), i * g);
let out = o * tanh4(cell);
if (KEEP == 1u) {
z[zr] = vec4<T>(i);
z[zr + h4] = vec4<T>(f);
z[zr + 2u * h4] = vec4<T>(g);
z[zr + 3u * h4] = vec4<T>(o);
}
c[to] = cell;
h[to] = out;
next_put(own, out);
next_put(p.dirs * p.batch * h4 + own, cell);
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32, me: u32, live: bool) {
let h4 = p.h4;
var s0 = mat2x4f();
var s1 = mat2x4f();
var s2 = mat2x4f();
var s3 = mat2x4f();
var s4 = mat2x4f();
var s5 = mat2x4f();
var s6 = mat2x4f();
var s7 = mat2x4f();
var s8 = mat2x4f();
var s9 = mat2x4f();
var s10 = mat2x4f();
var s11 = mat2x4f();
var s12 = mat2x4f();
var s13 = mat2x4f();
var s14 = mat2x4f();
var s15 = mat2x4f();
var s16 = mat2x4f();
var s17 = mat2x4f();
var s18 = mat2x4f();
var s19 = mat2x4f();
var s20 = mat2x4f();
var s21 = mat2x4f();
var s22 = mat2x4f();
var s23 = mat2x4f();
var s24 = mat2x4f();
var s25 = mat2x4f();
var s26 = mat2x4f();
var s27 = mat2x4f();
var s28 = mat2x4f();
var s29 = mat2x4f();
var s30 = mat2x4f();
var s31 = mat2x4f();
if (row < step.w) {
let at0 = (dir * p.batch + min(row + 4u * me + 0u, step.w - 1u)) * p.zs;
let at1 = (dir * p.batch + min(row + 4u * me + 1u, step.w - 1u)) * p.zs;
let at2 = (dir * p.batch + min(row + 4u * me + 2u, step.w - 1u)) * p.zs;
let at3 = (dir * p.batch + min(row + 4u * me + 3u, step.w - 1u)) * p.zs;
let w0 = dir * 16u * h4 * h4 + min(u0 + 0u, h4 - 1u);
let w1 = dir * 16u * h4 * h4 + min(u0 + 1u, h4 - 1u);
for (var k = 0u; k < 4u * h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
let b1 = quad(w1 + 4u * k * h4);
let mine = mat4x4f(prev_at(at0 + k), prev_at(at1 + k), prev_at(at2 + k), prev_at(at3 + k));
s0 = madd2(subgroupBroadcast(mine[0], 0u), b0, b1, s0);
s1 = madd2(subgroupBroadcast(mine[1], 0u), b0, b1, s1);
s2 = madd2(subgroupBroadcast(mine[2], 0u), b0, b1, s2);
s3 = madd2(subgroupBroadcast(mine[3], 0u), b0, b1, s3);
s4 = madd2(subgroupBroadcast(mine[0], 1u), b0, b1, s4);
s5 = madd2(subgroupBroadcast(mine[1], 1u), b0, b1, s5);
s6 = madd2(subgroupBroadcast(mine[2], 1u), b0, b1, s6);
s7 = madd2(subgroupBroadcast(mine[3], 1u), b0, b1, s7);
s8 = madd2(subgroupBroadcast(mine[0], 2u), b0, b1, s8);
s9 = madd2(subgroupBroadcast(mine[1], 2u), b0, b1, s9);
s10 = madd2(subgroupBroadcast(mine[2], 2u), b0, b1, s10);
s11 = madd2(subgroupBroadcast(mine[3], 2u), b0, b1, s11);
s12 = madd2(subgroupBroadcast(mine[0], 3u), b0, b1, s12);
s13 = madd2(subgroupBroadcast(mine[1], 3u), b0, b1, s13);
s14 = madd2(subgroupBroadcast(mine[2], 3u), b0, b1, s14);
s15 = madd2(subgroupBroadcast(mine[3], 3u), b0, b1, s15);
s16 = madd2(subgroupBroadcast(mine[0], 4u), b0, b1, s16);
s17 = madd2(subgroupBroadcast(mine[1], 4u), b0, b1, s17);
s18 = madd2(subgroupBroadcast(mine[2], 4u), b0, b1, s18);
s19 = madd2(subgroupBroadcast(mine[3], 4u), b0, b1, s19);
s20 = madd2(subgroupBroadcast(mine[0], 5u), b0, b1, s20);
s21 = madd2(subgroupBroadcast(mine[1], 5u), b0, b1, s21);
s22 = madd2(subgroupBroadcast(mine[2], 5u), b0, b1, s22);
s23 = madd2(subgroupBroadcast(mine[3], 5u), b0, b1, s23);
s24 = madd2(subgroupBroadcast(mine[0], 6u), b0, b1, s24);
s25 = madd2(subgroupBroadcast(mine[1], 6u), b0, b1, s25);
s26 = madd2(subgroupBroadcast(mine[2], 6u), b0, b1, s26);
s27 = madd2(subgroupBroadcast(mine[3], 6u), b0, b1, s27);
s28 = madd2(subgroupBroadcast(mine[0], 7u), b0, b1, s28);
s29 = madd2(subgroupBroadcast(mine[1], 7u), b0, b1, s29);
s30 = madd2(subgroupBroadcast(mine[2], 7u), b0, b1, s30);
s31 = madd2(subgroupBroadcast(mine[3], 7u), b0, b1, s31);
}
}
for (var four = 0u; four < 8u; four++) {
let row4 = row + 4u * four;
let t0 = pick8x2(four, s0, s4, s8, s12, s16, s20, s24, s28);
let t1 = pick8x2(four, s1, s5, s9, s13, s17, s21, s25, s29);
let t2 = pick8x2(four, s2, s6, s10, s14, s18, s22, s26, s30);
let t3 = pick8x2(four, s3, s7, s11, s15, s19, s23, s27, s31);
for (var r = row4; r < select(0u, min(row4 + 4u, max(step.z, step.w)), live); r++) {
let picked = pick4x2(r - row4, t0, t1, t2, t3);
for (var u = u0; u < min(u0 + 2u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
let back = select(picked[0], picked[1], ((u - u0) & 1u) != 0u);
var dout = vec4f();
if (r < step.w) {
dout = back;
} else if ((p.given & 1u) != 0u) {
dout = dh[state];
}
if (r >= step.z) {
dh[state] = dout;
continue;
}
if (Y == 1u) { dout += dy_at((step.x + r) * p.ys + dir * p.yd + u); }
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let was = dir * p.sd + (step.x + r) * h4 + u;
let nr = (dir * p.batch + r) * p.zs + u;
let i = gates_at(zr);
let f = gates_at(zr + h4);
let g = gates_at(zr + 2u * h4);
let o = gates_at(zr + 3u * h4);
let before = cs_at(was);
let t = tanh4(fma(f, before, i * g));
var dcell = dout * o * fma(-t, t, vec4f(1.0));
let cell = p.dirs * p.batch * h4 + state;
if (r < step.w) {
dcell += prev_at(p.dirs * p.batch * p.zs + state);
} else if ((p.given & 2u) != 0u) {
dcell += dh[cell];
}
let g1 = dcell * g * slope(i);
dg_put(gr, g1);
next_put(nr, g1);
let g2 = dcell * before * slope(f);
dg_put(gr + h4, g2);
next_put(nr + h4, g2);
let g3 = dcell * i * fma(-g, g, vec4f(1.0));
dg_put(gr + 2u * h4, g3);
next_put(nr + 2u * h4, g3);
let g4 = dout * t * slope(o);
dg_put(gr + 3u * h4, g4);
next_put(nr + 3u * h4, g4);
let left = dcell * f;
dh[cell] = left;
next_put(p.dirs * p.batch * p.zs + state, left);
}
}
}
}
@compute @workgroup_size(WG)
fn forward_step(
@builtin(workgroup_id) group: vec3u,
@builtin(num_workgroups) groups: vec3u,
@builtin(local_invocation_index) me: u32,
) {
let step = p.rows[group.z];
let tile = group.x + group.y * groups.x;
let units = p.h4;
let across = (units + WG - 1u) / WG;
let row = tile / across * 32u;
let unit = tile % across * WG + me;
if (row < step.z) { forward(step, group.z, row, min(unit, units - 1u), me, unit < units); }
}
@compute @workgroup_size(WG)
fn backward_step(
@builtin(workgroup_id) group: vec3u,
@builtin(num_workgroups) groups: vec3u,
@builtin(local_invocation_index) me: u32,
) {
let step = p.rows[group.z];
let tile = group.x + group.y * groups.x;
let units = (p.h4 + 1u) / 2u;
let across = (units + WG - 1u) / WG;
let row = tile / across * 32u;
let unit = tile % across * WG + me;
if (row < max(step.z, step.w)) { backward(step, group.z, row, min(unit, units - 1u) * 2u, me, unit < units); }
}`,
  matmul16: `alias a_t = f32;
alias b_t = f32;
alias biases_t = f32;
alias c_t = f32;
struct Params {
m: u32, n: u32, k0: u32, k1: u32,
a_row: u32, a_k: u32, b_k: u32, b_col: u32, c_row: u32,
a_start: u32, b_start: u32, c_start: u32, bias_start: u32,
z0: u32, inner: u32, a_outer: u32, a_inner: u32, b_outer: u32, b_inner: u32, c_outer: u32, c_inner: u32,
bias: u32,
rows_on_x: u32,
pad0: u32,
}
override TA: u32 = 0u;
override TB: u32 = 0u;
override TAIL: u32 = 0u;
override ADD: u32 = 0u;
override ACT: u32 = 0u;
override WG: u32 = 8u;
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<a_t>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<b_t>>;
@group(0) @binding(3) var<storage, read> biases: array<biases_t>;
@group(0) @binding(4) var<storage, read_write> c: array<c_t>;
const lane = vec4u(0u, 1u, 2u, 3u);
fn activate(x: f32) -> f32 {
if (ACT == 1u) { return max(x, 0.0); }
return x;
}
fn a_at(i: u32) -> vec4f { return vec4f(a[i]); }
fn b_at(i: u32) -> vec4f { return vec4f(b[i]); }
fn a_spots(row: u32, start: u32) -> vec4u {
if (TA == 1u) { return (start + min(row, (p.m - 1u) & ~3u) + (p.k0 + lane) * p.a_k) / 4u; }
return (start + p.k0 + min(row + lane, vec4u(p.m - 1u)) * p.a_row) / 4u;
}
fn b_spots(col: u32, start: u32) -> vec4u {
if (TB == 1u) { return (start + p.k0 + min(col + lane, vec4u(p.n - 1u)) * p.b_col) / 4u; }
return (start + min(col, (p.n - 1u) & ~3u) + (p.k0 + lane) * p.b_k) / 4u;
}
fn a_block(i: vec4u) -> mat4x4f {
let block = mat4x4f(a_at(i.x), a_at(i.y), a_at(i.z), a_at(i.w));
if (TA == 1u) { return transpose(block); }
return block;
}
fn b_block(i: vec4u) -> mat4x4f {
let block = mat4x4f(b_at(i.x), b_at(i.y), b_at(i.z), b_at(i.w));
if (TB == 1u) { return transpose(block); }
return block;
}
fn a_one(i: vec4u, k: u32) -> vec4f {
if (TA == 1u) { return a_at(i.x + k * p.a_k / 4u); }
return vec4f(a_at(i.x)[k], a_at(i.y)[k], a_at(i.z)[k], a_at(i.w)[k]);
}
fn b_one(i: vec4u, k: u32) -> vec4f {
if (TB == 1u) { return vec4f(b_at(i.x)[k], b_at(i.y)[k], b_at(i.z)[k], b_at(i.w)[k]); }
return b_at(i.x + k * p.b_k / 4u);
}
fn add4(s: vec4f, x: vec4f, y: mat4x4f) -> vec4f {
return fma(vec4f(x.w), y[3], fma(vec4f(x.z), y[2], fma(vec4f(x.y), y[1], fma(vec4f(x.x), y[0], s))));
}
fn bias_of(col: u32) -> vec4f {
let i = p.bias_start + min(col + lane, vec4u(p.n - 1u));
if (p.bias == 1u) { return vec4f(f32(biases[i.x]), f32(biases[i.y]), f32(biases[i.z]), f32(biases[i.w])); }
return vec4f();
}
fn put(i: u32, value: f32) {
if (ADD == 1u) { c[i] = c_t(activate(f32(c[i]) + value)); } else { c[i] = c_t(activate(value)); }
}
fn put_row(row: u32, col: u32, start: u32, s0: vec4f, s1: vec4f, s2: vec4f, s3: vec4f) {
let i = start + row * p.c_row + col;
let count = select(0u, 4u, row < p.m);
for (var x = 0u; x < count; x++) {
if (col + x + 0u < p.n) { put(i + x + 0u, s0[x]); }
if (col + x + 4u < p.n) { put(i + x + 4u, s1[x]); }
if (col + x + 8u < p.n) { put(i + x + 8u, s2[x]); }
if (col + x + 12u < p.n) { put(i + x + 12u, s3[x]); }
}
}
@compute @workgroup_size(WG)
fn multiply(@builtin(global_invocation_id) g: vec3u) {
let spot = select(g.xy, g.yx, p.rows_on_x == 1u);
let row = spot.y * 16u;
let col = spot.x * 16u;
if (row >= p.m || col >= p.n) { return; }
let z = vec2u((p.z0 + g.z) / p.inner, (p.z0 + g.z) % p.inner);
let a_start = p.a_start + z.x * p.a_outer + z.y * p.a_inner;
let b_start = p.b_start + z.x * p.b_outer + z.y * p.b_inner;
let c_start = p.c_start + z.x * p.c_outer + z.y * p.c_inner;
var i0 = a_spots(row + 0u, a_start);
var i1 = a_spots(row + 4u, a_start);
var i2 = a_spots(row + 8u, a_start);
var i3 = a_spots(row + 12u, a_start);
var j0 = b_spots(col + 0u, b_start);
var j1 = b_spots(col + 4u, b_start);
var j2 = b_spots(col + 8u, b_start);
var j3 = b_spots(col + 12u, b_start);
let a_step = select(1u, p.a_k, TA == 1u);
let b_step = select(p.b_k, 1u, TB == 1u);
var s0_0 = vec4f(); var s0_1 = vec4f(); var s0_2 = vec4f(); var s0_3 = vec4f();
var s1_0 = vec4f(); var s1_1 = vec4f(); var s1_2 = vec4f(); var s1_3 = vec4f();
var s2_0 = vec4f(); var s2_1 = vec4f(); var s2_2 = vec4f(); var s2_3 = vec4f();
var s3_0 = vec4f(); var s3_1 = vec4f(); var s3_2 = vec4f(); var s3_3 = vec4f();
var s4_0 = vec4f(); var s4_1 = vec4f(); var s4_2 = vec4f(); var s4_3 = vec4f();
var s5_0 = vec4f(); var s5_1 = vec4f(); var s5_2 = vec4f(); var s5_3 = vec4f();
var s6_0 = vec4f(); var s6_1 = vec4f(); var s6_2 = vec4f(); var s6_3 = vec4f();
var s7_0 = vec4f(); var s7_1 = vec4f(); var s7_2 = vec4f(); var s7_3 = vec4f();
var s8_0 = vec4f(); var s8_1 = vec4f(); var s8_2 = vec4f(); var s8_3 = vec4f();
var s9_0 = vec4f(); var s9_1 = vec4f(); var s9_2 = vec4f(); var s9_3 = vec4f();
var s10_0 = vec4f(); var s10_1 = vec4f(); var s10_2 = vec4f(); var s10_3 = vec4f();
var s11_0 = vec4f(); var s11_1 = vec4f(); var s11_2 = vec4f(); var s11_3 = vec4f();
var s12_0 = vec4f(); var s12_1 = vec4f(); var s12_2 = vec4f(); var s12_3 = vec4f();
var s13_0 = vec4f(); var s13_1 = vec4f(); var s13_2 = vec4f(); var s13_3 = vec4f();
var s14_0 = vec4f(); var s14_1 = vec4f(); var s14_2 = vec4f(); var s14_3 = vec4f();
var s15_0 = vec4f(); var s15_1 = vec4f(); var s15_2 = vec4f(); var s15_3 = vec4f();
for (var k = p.k0 / 4u; k < p.k1 / 4u; k++) {
let y0 = b_block(j0); j0 += b_step;
let y1 = b_block(j1); j1 += b_step;
let y2 = b_block(j2); j2 += b_step;
let y3 = b_block(j3); j3 += b_step;
let x0 = a_block(i0); i0 += a_step;
s0_0 = add4(s0_0, x0[0], y0); s0_1 = add4(s0_1, x0[0], y1); s0_2 = add4(s0_2, x0[0], y2); s0_3 = add4(s0_3, x0[0], y3);
s1_0 = add4(s1_0, x0[1], y0); s1_1 = add4(s1_1, x0[1], y1); s1_2 = add4(s1_2, x0[1], y2); s1_3 = add4(s1_3, x0[1], y3);
s2_0 = add4(s2_0, x0[2], y0); s2_1 = add4(s2_1, x0[2], y1); s2_2 = add4(s2_2, x0[2], y2); s2_3 = add4(s2_3, x0[2], y3);
s3_0 = add4(s3_0, x0[3], y0); s3_1 = add4(s3_1, x0[3], y1); s3_2 = add4(s3_2, x0[3], y2); s3_3 = add4(s3_3, x0[3], y3);
let x1 = a_block(i1); i1 += a_step;
s4_0 = add4(s4_0, x1[0], y0); s4_1 = add4(s4_1, x1[0], y1); s4_2 = add4(s4_2, x1[0], y2); s4_3 = add4(s4_3, x1[0], y3);
s5_0 = add4(s5_0, x1[1], y0); s5_1 = add4(s5_1, x1[1], y1); s5_2 = add4(s5_2, x1[1], y2); s5_3 = add4(s5_3, x1[1], y3);
s6_0 = add4(s6_0, x1[2], y0); s6_1 = add4(s6_1, x1[2], y1); s6_2 = add4(s6_2, x1[2], y2); s6_3 = add4(s6_3, x1[2], y3);
s7_0 = add4(s7_0, x1[3], y0); s7_1 = add4(s7_1, x1[3], y1); s7_2 = add4(s7_2, x1[3], y2); s7_3 = add4(s7_3, x1[3], y3);
let x2 = a_block(i2); i2 += a_step;
s8_0 = add4(s8_0, x2[0], y0); s8_1 = add4(s8_1, x2[0], y1); s8_2 = add4(s8_2, x2[0], y2); s8_3 = add4(s8_3, x2[0], y3);
s9_0 = add4(s9_0, x2[1], y0); s9_1 = add4(s9_1, x2[1], y1); s9_2 = add4(s9_2, x2[1], y2); s9_3 = add4(s9_3, x2[1], y3);
s10_0 = add4(s10_0, x2[2], y0); s10_1 = add4(s10_1, x2[2], y1); s10_2 = add4(s10_2, x2[2], y2); s10_3 = add4(s10_3, x2[2], y3);
s11_0 = add4(s11_0, x2[3], y0); s11_1 = add4(s11_1, x2[3], y1); s11_2 = add4(s11_2, x2[3], y2); s11_3 = add4(s11_3, x2[3], y3);
let x3 = a_block(i3); i3 += a_step;
s12_0 = add4(s12_0, x3[0], y0); s12_1 = add4(s12_1, x3[0], y1); s12_2 = add4(s12_2, x3[0], y2); s12_3 = add4(s12_3, x3[0], y3);
s13_0 = add4(s13_0, x3[1], y0); s13_1 = add4(s13_1, x3[1], y1); s13_2 = add4(s13_2, x3[1], y2); s13_3 = add4(s13_3, x3[1], y3);
s14_0 = add4(s14_0, x3[2], y0); s14_1 = add4(s14_1, x3[2], y1); s14_2 = add4(s14_2, x3[2], y2); s14_3 = add4(s14_3, x3[2], y3);
s15_0 = add4(s15_0, x3[3], y0); s15_1 = add4(s15_1, x3[3], y1); s15_2 = add4(s15_2, x3[3], y2); s15_3 = add4(s15_3, x3[3], y3);
}
if (TAIL == 1u) {
for (var k = 0u; k < p.k1 % 4u; k++) {
let y0 = b_one(j0, k);
let y1 = b_one(j1, k);
let y2 = b_one(j2, k);
let y3 = b_one(j3, k);
let x0 = a_one(i0, k);
s0_0 = fma(vec4f(x0[0]), y0, s0_0); s0_1 = fma(vec4f(x0[0]), y1, s0_1); s0_2 = fma(vec4f(x0[0]), y2, s0_2); s0_3 = fma(vec4f(x0[0]), y3, s0_3);
s1_0 = fma(vec4f(x0[1]), y0, s1_0); s1_1 = fma(vec4f(x0[1]), y1, s1_1); s1_2 = fma(vec4f(x0[1]), y2, s1_2); s1_3 = fma(vec4f(x0[1]), y3, s1_3);
s2_0 = fma(vec4f(x0[2]), y0, s2_0); s2_1 = fma(vec4f(x0[2]), y1, s2_1); s2_2 = fma(vec4f(x0[2]), y2, s2_2); s2_3 = fma(vec4f(x0[2]), y3, s2_3);
s3_0 = fma(vec4f(x0[3]), y0, s3_0); s3_1 = fma(vec4f(x0[3]), y1, s3_1); s3_2 = fma(vec4f(x0[3]), y2, s3_2); s3_3 = fma(vec4f(x0[3]), y3, s3_3);
let x1 = a_one(i1, k);
s4_0 = fma(vec4f(x1[0]), y0, s4_0); s4_1 = fma(vec4f(x1[0]), y1, s4_1); s4_2 = fma(vec4f(x1[0]), y2, s4_2); s4_3 = fma(vec4f(x1[0]), y3, s4_3);
s5_0 = fma(vec4f(x1[1]), y0, s5_0); s5_1 = fma(vec4f(x1[1]), y1, s5_1); s5_2 = fma(vec4f(x1[1]), y2, s5_2); s5_3 = fma(vec4f(x1[1]), y3, s5_3);
s6_0 = fma(vec4f(x1[2]), y0, s6_0); s6_1 = fma(vec4f(x1[2]), y1, s6_1); s6_2 = fma(vec4f(x1[2]), y2, s6_2); s6_3 = fma(vec4f(x1[2]), y3, s6_3);
s7_0 = fma(vec4f(x1[3]), y0, s7_0); s7_1 = fma(vec4f(x1[3]), y1, s7_1); s7_2 = fma(vec4f(x1[3]), y2, s7_2); s7_3 = fma(vec4f(x1[3]), y3, s7_3);
let x2 = a_one(i2, k);
s8_0 = fma(vec4f(x2[0]), y0, s8_0); s8_1 = fma(vec4f(x2[0]), y1, s8_1); s8_2 = fma(vec4f(x2[0]), y2, s8_2); s8_3 = fma(vec4f(x2[0]), y3, s8_3);
s9_0 = fma(vec4f(x2[1]), y0, s9_0); s9_1 = fma(vec4f(x2[1]), y1, s9_1); s9_2 = fma(vec4f(x2[1]), y2, s9_2); s9_3 = fma(vec4f(x2[1]), y3, s9_3);
s10_0 = fma(vec4f(x2[2]), y0, s10_0); s10_1 = fma(vec4f(x2[2]), y1, s10_1); s10_2 = fma(vec4f(x2[2]), y2, s10_2); s10_3 = fma(vec4f(x2[2]), y3, s10_3);
s11_0 = fma(vec4f(x2[3]), y0, s11_0); s11_1 = fma(vec4f(x2[3]), y1, s11_1); s11_2 = fma(vec4f(x2[3]), y2, s11_2); s11_3 = fma(vec4f(x2[3]), y3, s11_3);
let x3 = a_one(i3, k);
s12_0 = fma(vec4f(x3[0]), y0, s12_0); s12_1 = fma(vec4f(x3[0]), y1, s12_1); s12_2 = fma(vec4f(x3[0]), y2, s12_2); s12_3 = fma(vec4f(x3[0]), y3, s12_3);
s13_0 = fma(vec4f(x3[1]), y0, s13_0); s13_1 = fma(vec4f(x3[1]), y1, s13_1); s13_2 = fma(vec4f(x3[1]), y2, s13_2); s13_3 = fma(vec4f(x3[1]), y3, s13_3);
s14_0 = fma(vec4f(x3[2]), y0, s14_0); s14_1 = fma(vec4f(x3[2]), y1, s14_1); s14_2 = fma(vec4f(x3[2]), y2, s14_2); s14_3 = fma(vec4f(x3[2]), y3, s14_3);
s15_0 = fma(vec4f(x3[3]), y0, s15_0); s15_1 = fma(vec4f(x3[3]), y1, s15_1); s15_2 = fma(vec4f(x3[3]), y2, s15_2); s15_3 = fma(vec4f(x3[3]), y3, s15_3);
}
}
let w0 = bias_of(col + 0u);
let w1 = bias_of(col + 4u);
let w2 = bias_of(col + 8u);
let w3 = bias_of(col + 12u);
put_row(row + 0u, col, c_start, s0_0 + w0, s0_1 + w1, s0_2 + w2, s0_3 + w3);
put_row(row + 1u, col, c_start, s1_0 + w0, s1_1 + w1, s1_2 + w2, s1_3 + w3);
put_row(row + 2u, col, c_start, s2_0 + w0, s2_1 + w1, s2_2 + w2, s2_3 + w3);
put_row(row + 3u, col, c_start, s3_0 + w0, s3_1 + w1, s3_2 + w2, s3_3 + w3);
put_row(row + 4u, col, c_start, s4_0 + w0, s4_1 + w1, s4_2 + w2, s4_3 + w3);
put_row(row + 5u, col, c_start, s5_0 + w0, s5_1 + w1, s5_2 + w2, s5_3 + w3);
put_row(row + 6u, col, c_start, s6_0 + w0, s6_1 + w1, s6_2 + w2, s6_3 + w3);
put_row(row + 7u, col, c_start, s7_0 + w0, s7_1 + w1, s7_2 + w2, s7_3 + w3);
put_row(row + 8u, col, c_start, s8_0 + w0, s8_1 + w1, s8_2 + w2, s8_3 + w3);
put_row(row + 9u, col, c_start, s9_0 + w0, s9_1 + w1, s9_2 + w2, s9_3 + w3);
put_row(row + 10u, col, c_start, s10_0 + w0, s10_1 + w1, s10_2 + w2, s10_3 + w3);
put_row(row + 11u, col, c_start, s11_0 + w0, s11_1 + w1, s11_2 + w2, s11_3 + w3);
put_row(row + 12u, col, c_start, s12_0 + w0, s12_1 + w1, s12_2 + w2, s12_3 + w3);
put_row(row + 13u, col, c_start, s13_0 + w0, s13_1 + w1, s13_2 + w2, s13_3 + w3);
put_row(row + 14u, col, c_start, s14_0 + w0, s14_1 + w1, s14_2 + w2, s14_3 + w3);
put_row(row + 15u, col, c_start, s15_0 + w0, s15_1 + w1, s15_2 + w2, s15_3 + w3);
}`,
  matmul4: `alias a_t = f32;
alias b_t = f32;
alias biases_t = f32;
alias c_t = f32;
struct Params {
m: u32, n: u32, k0: u32, k1: u32,
a_row: u32, a_k: u32, b_k: u32, b_col: u32, c_row: u32,
a_start: u32, b_start: u32, c_start: u32, bias_start: u32,
z0: u32, inner: u32, a_outer: u32, a_inner: u32, b_outer: u32, b_inner: u32, c_outer: u32, c_inner: u32,
bias: u32,
rows_on_x: u32,
pad0: u32,
}
override TA: u32 = 0u;
override TB: u32 = 0u;
override TAIL: u32 = 0u;
override ADD: u32 = 0u;
override ACT: u32 = 0u;
override WG: u32 = 8u;
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<a_t>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<b_t>>;
@group(0) @binding(3) var<storage, read> biases: array<biases_t>;
@group(0) @binding(4) var<storage, read_write> c: array<c_t>;
const lane = vec4u(0u, 1u, 2u, 3u);
fn activate(x: f32) -> f32 {
if (ACT == 1u) { return max(x, 0.0); }
return x;
}
fn a_at(i: u32) -> vec4f { return vec4f(a[i]); }
fn b_at(i: u32) -> vec4f { return vec4f(b[i]); }
fn a_spots(row: u32, start: u32) -> vec4u {
if (TA == 1u) { return (start + min(row, (p.m - 1u) & ~3u) + (p.k0 + lane) * p.a_k) / 4u; }
return (start + p.k0 + min(row + lane, vec4u(p.m - 1u)) * p.a_row) / 4u;
}
fn b_spots(col: u32, start: u32) -> vec4u {
if (TB == 1u) { return (start + p.k0 + min(col + lane, vec4u(p.n - 1u)) * p.b_col) / 4u; }
return (start + min(col, (p.n - 1u) & ~3u) + (p.k0 + lane) * p.b_k) / 4u;
}
fn a_block(i: vec4u) -> mat4x4f {
let block = mat4x4f(a_at(i.x), a_at(i.y), a_at(i.z), a_at(i.w));
if (TA == 1u) { return transpose(block); }
return block;
}
fn b_block(i: vec4u) -> mat4x4f {
let block = mat4x4f(b_at(i.x), b_at(i.y), b_at(i.z), b_at(i.w));
if (TB == 1u) { return transpose(block); }
return block;
}
fn a_one(i: vec4u, k: u32) -> vec4f {
if (TA == 1u) { return a_at(i.x + k * p.a_k / 4u); }
return vec4f(a_at(i.x)[k], a_at(i.y)[k], a_at(i.z)[k], a_at(i.w)[k]);
}
fn b_one(i: vec4u, k: u32) -> vec4f {
if (TB == 1u) { return vec4f(b_at(i.x)[k], b_at(i.y)[k], b_at(i.z)[k], b_at(i.w)[k]); }
return b_at(i.x + k * p.b_k / 4u);
}
fn add4(s: vec4f, x: vec4f, y: mat4x4f) -> vec4f {
return fma(vec4f(x.w), y[3], fma(vec4f(x.z), y[2], fma(vec4f(x.y), y[1], fma(vec4f(x.x), y[0], s))));
}
fn bias_of(col: u32) -> vec4f {
let i = p.bias_start + min(col + lane, vec4u(p.n - 1u));
if (p.bias == 1u) { return vec4f(f32(biases[i.x]), f32(biases[i.y]), f32(biases[i.z]), f32(biases[i.w])); }
return vec4f();
}
fn put(i: u32, value: f32) {
if (ADD == 1u) { c[i] = c_t(activate(f32(c[i]) + value)); } else { c[i] = c_t(activate(value)); }
}
fn put_row(row: u32, col: u32, start: u32, s0: vec4f) {
let i = start + row * p.c_row + col;
let count = select(0u, 4u, row < p.m);
for (var x = 0u; x < count; x++) {
if (col + x + 0u < p.n) { put(i + x + 0u, s0[x]); }
}
}
@compute @workgroup_size(WG)
fn multiply(@builtin(global_invocation_id) g: vec3u) {
let spot = select(g.xy, g.yx, p.rows_on_x == 1u);
let row = spot.y * 4u;
let col = spot.x * 4u;
if (row >= p.m || col >= p.n) { return; }
let z = vec2u((p.z0 + g.z) / p.inner, (p.z0 + g.z) % p.inner);
let a_start = p.a_start + z.x * p.a_outer + z.y * p.a_inner;
let b_start = p.b_start + z.x * p.b_outer + z.y * p.b_inner;
let c_start = p.c_start + z.x * p.c_outer + z.y * p.c_inner;
var i0 = a_spots(row + 0u, a_start);
var j0 = b_spots(col + 0u, b_start);
let a_step = select(1u, p.a_k, TA == 1u);
let b_step = select(p.b_k, 1u, TB == 1u);
var s0_0 = vec4f();
var s1_0 = vec4f();
var s2_0 = vec4f();
var s3_0 = vec4f();
for (var k = p.k0 / 4u; k < p.k1 / 4u; k++) {
let y0 = b_block(j0); j0 += b_step;
let x0 = a_block(i0); i0 += a_step;
s0_0 = add4(s0_0, x0[0], y0);
s1_0 = add4(s1_0, x0[1], y0);
s2_0 = add4(s2_0, x0[2], y0);
s3_0 = add4(s3_0, x0[3], y0);
}
if (TAIL == 1u) {
for (var k = 0u; k < p.k1 % 4u; k++) {
let y0 = b_one(j0, k);
let x0 = a_one(i0, k);
s0_0 = fma(vec4f(x0[0]), y0, s0_0);
s1_0 = fma(vec4f(x0[1]), y0, s1_0);
s2_0 = fma(vec4f(x0[2]), y0, s2_0);
s3_0 = fma(vec4f(x0[3]), y0, s3_0);
}
}
let w0 = bias_of(col + 0u);
put_row(row + 0u, col, c_start, s0_0 + w0);
put_row(row + 1u, col, c_start, s1_0 + w0);
put_row(row + 2u, col, c_start, s2_0 + w0);
put_row(row + 3u, col, c_start, s3_0 + w0);
}`,
  matmul8: `alias a_t = f32;
alias b_t = f32;
alias biases_t = f32;
alias c_t = f32;
struct Params {
m: u32, n: u32, k0: u32, k1: u32,
a_row: u32, a_k: u32, b_k: u32, b_col: u32, c_row: u32,
a_start: u32, b_start: u32, c_start: u32, bias_start: u32,
z0: u32, inner: u32, a_outer: u32, a_inner: u32, b_outer: u32, b_inner: u32, c_outer: u32, c_inner: u32,
bias: u32,
rows_on_x: u32,
pad0: u32,
}
override TA: u32 = 0u;
override TB: u32 = 0u;
override TAIL: u32 = 0u;
override ADD: u32 = 0u;
override ACT: u32 = 0u;
override WG: u32 = 8u;
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<a_t>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<b_t>>;
@group(0) @binding(3) var<storage, read> biases: array<biases_t>;
@group(0) @binding(4) var<storage, read_write> c: array<c_t>;
const lane = vec4u(0u, 1u, 2u, 3u);
fn activate(x: f32) -> f32 {
if (ACT == 1u) { return max(x, 0.0); }
return x;
}
fn a_at(i: u32) -> vec4f { return vec4f(a[i]); }
fn b_at(i: u32) -> vec4f { return vec4f(b[i]); }
fn a_spots(row: u32, start: u32) -> vec4u {
if (TA == 1u) { return (start + min(row, (p.m - 1u) & ~3u) + (p.k0 + lane) * p.a_k) / 4u; }
return (start + p.k0 + min(row + lane, vec4u(p.m - 1u)) * p.a_row) / 4u;
}
fn b_spots(col: u32, start: u32) -> vec4u {
if (TB == 1u) { return (start + p.k0 + min(col + lane, vec4u(p.n - 1u)) * p.b_col) / 4u; }
return (start + min(col, (p.n - 1u) & ~3u) + (p.k0 + lane) * p.b_k) / 4u;
}
fn a_block(i: vec4u) -> mat4x4f {
let block = mat4x4f(a_at(i.x), a_at(i.y), a_at(i.z), a_at(i.w));
if (TA == 1u) { return transpose(block); }
return block;
}
fn b_block(i: vec4u) -> mat4x4f {
let block = mat4x4f(b_at(i.x), b_at(i.y), b_at(i.z), b_at(i.w));
if (TB == 1u) { return transpose(block); }
return block;
}
fn a_one(i: vec4u, k: u32) -> vec4f {
if (TA == 1u) { return a_at(i.x + k * p.a_k / 4u); }
return vec4f(a_at(i.x)[k], a_at(i.y)[k], a_at(i.z)[k], a_at(i.w)[k]);
}
fn b_one(i: vec4u, k: u32) -> vec4f {
if (TB == 1u) { return vec4f(b_at(i.x)[k], b_at(i.y)[k], b_at(i.z)[k], b_at(i.w)[k]); }
return b_at(i.x + k * p.b_k / 4u);
}
fn add4(s: vec4f, x: vec4f, y: mat4x4f) -> vec4f {
return fma(vec4f(x.w), y[3], fma(vec4f(x.z), y[2], fma(vec4f(x.y), y[1], fma(vec4f(x.x), y[0], s))));
}
fn bias_of(col: u32) -> vec4f {
let i = p.bias_start + min(col + lane, vec4u(p.n - 1u));
if (p.bias == 1u) { return vec4f(f32(biases[i.x]), f32(biases[i.y]), f32(biases[i.z]), f32(biases[i.w])); }
return vec4f();
}
fn put(i: u32, value: f32) {
if (ADD == 1u) { c[i] = c_t(activate(f32(c[i]) + value)); } else { c[i] = c_t(activate(value)); }
}
fn put_row(row: u32, col: u32, start: u32, s0: vec4f, s1: vec4f) {
let i = start + row * p.c_row + col;
let count = select(0u, 4u, row < p.m);
for (var x = 0u; x < count; x++) {
if (col + x + 0u < p.n) { put(i + x + 0u, s0[x]); }
if (col + x + 4u < p.n) { put(i + x + 4u, s1[x]); }
}
}
@compute @workgroup_size(WG)
fn multiply(@builtin(global_invocation_id) g: vec3u) {
let spot = select(g.xy, g.yx, p.rows_on_x == 1u);
let row = spot.y * 8u;
let col = spot.x * 8u;
if (row >= p.m || col >= p.n) { return; }
let z = vec2u((p.z0 + g.z) / p.inner, (p.z0 + g.z) % p.inner);
let a_start = p.a_start + z.x * p.a_outer + z.y * p.a_inner;
let b_start = p.b_start + z.x * p.b_outer + z.y * p.b_inner;
let c_start = p.c_start + z.x * p.c_outer + z.y * p.c_inner;
var i0 = a_spots(row + 0u, a_start);
var i1 = a_spots(row + 4u, a_start);
var j0 = b_spots(col + 0u, b_start);
var j1 = b_spots(col + 4u, b_start);
let a_step = select(1u, p.a_k, TA == 1u);
let b_step = select(p.b_k, 1u, TB == 1u);
var s0_0 = vec4f(); var s0_1 = vec4f();
var s1_0 = vec4f(); var s1_1 = vec4f();
var s2_0 = vec4f(); var s2_1 = vec4f();
var s3_0 = vec4f(); var s3_1 = vec4f();
var s4_0 = vec4f(); var s4_1 = vec4f();
var s5_0 = vec4f(); var s5_1 = vec4f();
var s6_0 = vec4f(); var s6_1 = vec4f();
var s7_0 = vec4f(); var s7_1 = vec4f();
for (var k = p.k0 / 4u; k < p.k1 / 4u; k++) {
let y0 = b_block(j0); j0 += b_step;
let y1 = b_block(j1); j1 += b_step;
let x0 = a_block(i0); i0 += a_step;
s0_0 = add4(s0_0, x0[0], y0); s0_1 = add4(s0_1, x0[0], y1);
s1_0 = add4(s1_0, x0[1], y0); s1_1 = add4(s1_1, x0[1], y1);
s2_0 = add4(s2_0, x0[2], y0); s2_1 = add4(s2_1, x0[2], y1);
s3_0 = add4(s3_0, x0[3], y0); s3_1 = add4(s3_1, x0[3], y1);
let x1 = a_block(i1); i1 += a_step;
s4_0 = add4(s4_0, x1[0], y0); s4_1 = add4(s4_1, x1[0], y1);
s5_0 = add4(s5_0, x1[1], y0); s5_1 = add4(s5_1, x1[1], y1);
s6_0 = add4(s6_0, x1[2], y0); s6_1 = add4(s6_1, x1[2], y1);
s7_0 = add4(s7_0, x1[3], y0); s7_1 = add4(s7_1, x1[3], y1);
}
if (TAIL == 1u) {
for (var k = 0u; k < p.k1 % 4u; k++) {
let y0 = b_one(j0, k);
let y1 = b_one(j1, k);
let x0 = a_one(i0, k);
s0_0 = fma(vec4f(x0[0]), y0, s0_0); s0_1 = fma(vec4f(x0[0]), y1, s0_1);
s1_0 = fma(vec4f(x0[1]), y0, s1_0); s1_1 = fma(vec4f(x0[1]), y1, s1_1);
s2_0 = fma(vec4f(x0[2]), y0, s2_0); s2_1 = fma(vec4f(x0[2]), y1, s2_1);
s3_0 = fma(vec4f(x0[3]), y0, s3_0); s3_1 = fma(vec4f(x0[3]), y1, s3_1);
let x1 = a_one(i1, k);
s4_0 = fma(vec4f(x1[0]), y0, s4_0); s4_1 = fma(vec4f(x1[0]), y1, s4_1);
s5_0 = fma(vec4f(x1[1]), y0, s5_0); s5_1 = fma(vec4f(x1[1]), y1, s5_1);
s6_0 = fma(vec4f(x1[2]), y0, s6_0); s6_1 = fma(vec4f(x1[2]), y1, s6_1);
s7_0 = fma(vec4f(x1[3]), y0, s7_0); s7_1 = fma(vec4f(x1[3]), y1, s7_1);
}
}
let w0 = bias_of(col + 0u);
let w1 = bias_of(col + 4u);
put_row(row + 0u, col, c_start, s0_0 + w0, s0_1 + w1);
put_row(row + 1u, col, c_start, s1_0 + w0, s1_1 + w1);
put_row(row + 2u, col, c_start, s2_0 + w0, s2_1 + w1);
put_row(row + 3u, col, c_start, s3_0 + w0, s3_1 + w1);
put_row(row + 4u, col, c_start, s4_0 + w0, s4_1 + w1);
put_row(row + 5u, col, c_start, s5_0 + w0, s5_1 + w1);
put_row(row + 6u, col, c_start, s6_0 + w0, s6_1 + w1);
put_row(row + 7u, col, c_start, s7_0 + w0, s7_1 + w1);
}`,
  matmulPack: `alias T = f32;
struct Params {
rows: u32, cols: u32, count: u32,
x_start: u32, x_row: u32, x_col: u32,
inner: u32, x_outer: u32, x_inner: u32,
}
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<T>>;
@compute @workgroup_size(WG)
fn pack(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= p.count) { return; }
let vectors = (p.cols + 3u) / 4u;
let row = i / vectors % p.rows;
let z = i / vectors / p.rows;
let col = i % vectors * 4u + vec4u(0u, 1u, 2u, 3u);
let start = p.x_start + z / p.inner * p.x_outer + z % p.inner * p.x_inner + row * p.x_row;
let at = start + min(col, vec4u(p.cols - 1u)) * p.x_col;
out[i] = select(vec4<T>(), vec4<T>(x[at.x], x[at.y], x[at.z], x[at.w]), col < vec4u(p.cols));
}`,
  matmulStaged: `alias a_t = f32;
alias b_t = f32;
alias biases_t = f32;
alias c_t = f32;
struct Params {
m: u32, n: u32, k0: u32, k1: u32,
a_row: u32, a_k: u32, b_k: u32, b_col: u32, c_row: u32,
a_start: u32, b_start: u32, c_start: u32, bias_start: u32,
z0: u32, inner: u32, a_outer: u32, a_inner: u32, b_outer: u32, b_inner: u32, c_outer: u32, c_inner: u32,
bias: u32,
rows_on_x: u32,
pad0: u32,
}
override ADD: u32 = 0u;
override ACT: u32 = 0u;
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<a_t>;
@group(0) @binding(2) var<storage, read> b: array<b_t>;
@group(0) @binding(3) var<storage, read> biases: array<biases_t>;
@group(0) @binding(4) var<storage, read_write> c: array<c_t>;
const lane = vec4u(0u, 1u, 2u, 3u);
const DEPTH = 16u;
const PITCH = 17u;
var<workgroup> a_tile: array<vec4f, DEPTH * PITCH>;
var<workgroup> b_tile: array<vec4f, DEPTH * PITCH>;
fn activate(x: f32) -> f32 {
if (ACT == 1u) { return max(x, 0.0); }
return x;
}
fn a_values(row: u32, k: u32, start: u32) -> vec4f {
if (k >= p.k1) { return vec4f(); }
let i = start + min(row + lane, vec4u(p.m - 1u)) * p.a_row + k * p.a_k;
return vec4f(f32(a[i.x]), f32(a[i.y]), f32(a[i.z]), f32(a[i.w]));
}
fn b_values(col: u32, k: u32, start: u32) -> vec4f {
if (k >= p.k1) { return vec4f(-0.0); }
let i = start + min(col + lane, vec4u(p.n - 1u)) * p.b_col + k * p.b_k;
return vec4f(f32(b[i.x]), f32(b[i.y]), f32(b[i.z]), f32(b[i.w]));
}
fn bias_of(col: u32) -> vec4f {
let i = p.bias_start + min(col + lane, vec4u(p.n - 1u));
if (p.bias == 1u) { return vec4f(f32(biases[i.x]), f32(biases[i.y]), f32(biases[i.z]), f32(biases[i.w])); }
return vec4f();
}
fn put(row: u32, col: u32, start: u32, value: f32) {
if (row >= p.m || col >= p.n) { return; }
let i = start + row * p.c_row + col;
if (ADD == 1u) { c[i] = c_t(activate(f32(c[i]) + value)); } else { c[i] = c_t(activate(value)); }
}
fn put4(row: u32, col: u32, start: u32, values: vec4f) {
put(row, col, start, values.x);
put(row, col + 1u, start, values.y);
put(row, col + 2u, start, values.z);
put(row, col + 3u, start, values.w);
}
@compute @workgroup_size(256)
fn multiply(@builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) i: u32) {
let z = vec2u((p.z0 + w.z) / p.inner, (p.z0 + w.z) % p.inner);
let a_start = p.a_start + z.x * p.a_outer + z.y * p.a_inner;
let b_start = p.b_start + z.x * p.b_outer + z.y * p.b_inner;
let c_start = p.c_start + z.x * p.c_outer + z.y * p.c_inner;
let pair = vec2u(i % 16u, i / 16u);
let a_part = select(pair, pair.yx, p.a_k == 1u);
let b_part = select(pair, pair.yx, p.b_k == 1u);
let a_spot = a_part.y * PITCH + a_part.x;
let b_spot = b_part.y * PITCH + b_part.x;
let a_row = w.y * 64u + a_part.x * 4u;
let b_col = w.x * 64u + b_part.x * 4u;
let row = w.y * 64u + pair.y * 4u;
let col = w.x * 64u + pair.x * 4u;
var s0 = vec4f();
var s1 = vec4f();
var s2 = vec4f();
var s3 = vec4f();
var next_a = a_values(a_row, p.k0 + a_part.y, a_start);
var next_b = b_values(b_col, p.k0 + b_part.y, b_start);
for (var k = p.k0; k < p.k1; k += DEPTH) {
a_tile[a_spot] = next_a;
b_tile[b_spot] = next_b;
workgroupBarrier();
next_a = a_values(a_row, k + DEPTH + a_part.y, a_start);
next_b = b_values(b_col, k + DEPTH + b_part.y, b_start);
for (var q = 0u; q < DEPTH; q++) {
let x = a_tile[q * PITCH + pair.y];
let y = b_tile[q * PITCH + pair.x];
s0 = fma(vec4f(x.x), y, s0);
s1 = fma(vec4f(x.y), y, s1);
s2 = fma(vec4f(x.z), y, s2);
s3 = fma(vec4f(x.w), y, s3);
}
workgroupBarrier();
}
let bias = bias_of(col);
put4(row, col, c_start, s0 + bias);
put4(row + 1u, col, c_start, s1 + bias);
put4(row + 2u, col, c_start, s2 + bias);
put4(row + 3u, col, c_start, s3 + bias);
}`,
  matmulWide: `alias a_t = f32;
alias b_t = f32;
alias biases_t = f32;
alias c_t = f32;
struct Params {
m: u32, n: u32, k0: u32, k1: u32,
a_row: u32, a_k: u32, b_k: u32, b_col: u32, c_row: u32,
a_start: u32, b_start: u32, c_start: u32, bias_start: u32,
z0: u32, inner: u32, a_outer: u32, a_inner: u32, b_outer: u32, b_inner: u32, c_outer: u32, c_inner: u32,
bias: u32,
rows_on_x: u32,
pad0: u32,
}
override TA: u32 = 0u;
override TB: u32 = 0u;
override TAIL: u32 = 0u;
override ADD: u32 = 0u;
override ACT: u32 = 0u;
override PANELS: u32 = 0u;
override OUT: u32 = 0u;
override WG: u32 = 8u;
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<a_t>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<b_t>>;
@group(0) @binding(3) var<storage, read> biases: array<biases_t>;
@group(0) @binding(4) var<storage, read_write> c: array<c_t>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;
fn out_put(i: u32, v: vec4f) { out[i] = v; }
const lane = vec4u(0u, 1u, 2u, 3u);
fn activate(x: f32) -> f32 {
if (ACT == 1u) { return max(x, 0.0); }
return x;
}
fn activate4(x: vec4f) -> vec4f {
if (ACT == 1u) { return max(x, vec4f()); }
return x;
}
fn a_at(i: u32) -> vec4f { return vec4f(a[i]); }
fn b_at(i: u32) -> vec4f { return vec4f(b[i]); }
fn a_spots(row: u32, start: u32) -> vec4u {
if (TA == 1u) { return (start + min(row, (p.m - 1u) & ~3u) + (p.k0 + lane) * p.a_k) / 4u; }
return (start + p.k0 + min(row + lane, vec4u(p.m - 1u)) * p.a_row) / 4u;
}
fn b_spots(col: u32, start: u32) -> vec4u {
if (PANELS == 1u) {
return start / 4u + (col / 64u * p.b_col + p.k0 / 4u) * 64u + (col % 8u + lane) * 8u + col / 8u % 8u;
}
if (TB == 1u) { return (start + p.k0 + min(col + lane, vec4u(p.n - 1u)) * p.b_col) / 4u; }
return (start + min(col, (p.n - 1u) & ~3u) + (p.k0 + lane) * p.b_k) / 4u;
}
fn a_block(i: vec4u) -> mat4x4f {
let block = mat4x4f(a_at(i.x), a_at(i.y), a_at(i.z), a_at(i.w));
if (TA == 1u) { return transpose(block); }
return block;
}
fn b_block(i: vec4u) -> mat4x4f {
let block = mat4x4f(b_at(i.x), b_at(i.y), b_at(i.z), b_at(i.w));
if (TB == 1u) { return transpose(block); }
return block;
}
fn a_one(i: vec4u, k: u32) -> vec4f {
if (TA == 1u) { return a_at(i.x + k * p.a_k / 4u); }
return vec4f(a_at(i.x)[k], a_at(i.y)[k], a_at(i.z)[k], a_at(i.w)[k]);
}
fn b_one(i: vec4u, k: u32) -> vec4f {
if (TB == 1u) { return vec4f(b_at(i.x)[k], b_at(i.y)[k], b_at(i.z)[k], b_at(i.w)[k]); }
return b_at(i.x + k * p.b_k / 4u);
}
fn add4(s: vec4f, x: vec4f, y: mat4x4f) -> vec4f {
return fma(vec4f(x.w), y[3], fma(vec4f(x.z), y[2], fma(vec4f(x.y), y[1], fma(vec4f(x.x), y[0], s))));
}
fn bias_of(col: u32) -> vec4f {
let i = p.bias_start + min(col + lane, vec4u(p.n - 1u));
if (p.bias == 1u) { return vec4f(f32(biases[i.x]), f32(biases[i.y]), f32(biases[i.z]), f32(biases[i.w])); }
return vec4f();
}
fn put(i: u32, value: f32) {
if (ADD == 1u) { c[i] = c_t(activate(f32(c[i]) + value)); } else { c[i] = c_t(activate(value)); }
}
fn put_row(row: u32, col: u32, start: u32, s0: vec4f, s1: vec4f) {
let i = start + row * p.c_row + col;
if (OUT == 1u) {
if (row < p.m) {
if (col + 0u < p.n) { out_put(i / 4u + 0u, activate4(s0)); }
if (col + 4u < p.n) { out_put(i / 4u + 1u, activate4(s1)); }
}
return;
}
let count = select(0u, 4u, row < p.m);
for (var x = 0u; x < count; x++) {
if (col + x + 0u < p.n) { put(i + x + 0u, s0[x]); }
if (col + x + 4u < p.n) { put(i + x + 4u, s1[x]); }
}
}
@compute @workgroup_size(WG)
fn multiply(@builtin(workgroup_id) g: vec3u, @builtin(local_invocation_index) me: u32) {
let row = g.y * 32u;
let col = (g.x * WG + me) * 8u;
let z = vec2u((p.z0 + g.z) / p.inner, (p.z0 + g.z) % p.inner);
let a_start = p.a_start + z.x * p.a_outer + z.y * p.a_inner;
let b_start = p.b_start + z.x * p.b_outer + z.y * p.b_inner;
let c_start = p.c_start + z.x * p.c_outer + z.y * p.c_inner;
var i0 = a_spots(row + 4u * me, a_start);
var j0 = b_spots(col + 0u, b_start);
var j1 = b_spots(col + 4u, b_start);
let a_step = select(1u, p.a_k, TA == 1u);
let b_step = select(select(p.b_k, 1u, TB == 1u), 64u, PANELS == 1u);
var s0_0 = vec4f(); var s0_1 = vec4f();
var s1_0 = vec4f(); var s1_1 = vec4f();
var s2_0 = vec4f(); var s2_1 = vec4f();
var s3_0 = vec4f(); var s3_1 = vec4f();
var s4_0 = vec4f(); var s4_1 = vec4f();
var s5_0 = vec4f(); var s5_1 = vec4f();
var s6_0 = vec4f(); var s6_1 = vec4f();
var s7_0 = vec4f(); var s7_1 = vec4f();
var s8_0 = vec4f(); var s8_1 = vec4f();
var s9_0 = vec4f(); var s9_1 = vec4f();
var s10_0 = vec4f(); var s10_1 = vec4f();
var s11_0 = vec4f(); var s11_1 = vec4f();
var s12_0 = vec4f(); var s12_1 = vec4f();
var s13_0 = vec4f(); var s13_1 = vec4f();
var s14_0 = vec4f(); var s14_1 = vec4f();
var s15_0 = vec4f(); var s15_1 = vec4f();
var s16_0 = vec4f(); var s16_1 = vec4f();
var s17_0 = vec4f(); var s17_1 = vec4f();
var s18_0 = vec4f(); var s18_1 = vec4f();
var s19_0 = vec4f(); var s19_1 = vec4f();
var s20_0 = vec4f(); var s20_1 = vec4f();
var s21_0 = vec4f(); var s21_1 = vec4f();
var s22_0 = vec4f(); var s22_1 = vec4f();
var s23_0 = vec4f(); var s23_1 = vec4f();
var s24_0 = vec4f(); var s24_1 = vec4f();
var s25_0 = vec4f(); var s25_1 = vec4f();
var s26_0 = vec4f(); var s26_1 = vec4f();
var s27_0 = vec4f(); var s27_1 = vec4f();
var s28_0 = vec4f(); var s28_1 = vec4f();
var s29_0 = vec4f(); var s29_1 = vec4f();
var s30_0 = vec4f(); var s30_1 = vec4f();
var s31_0 = vec4f(); var s31_1 = vec4f();
for (var k = p.k0 / 4u; k < p.k1 / 4u; k++) {
let y0 = b_block(j0); j0 += b_step;
let y1 = b_block(j1); j1 += b_step;
let mine = a_block(i0); i0 += a_step;
let x0 = subgroupBroadcast(mine[0], 0u); s0_0 = add4(s0_0, x0, y0); s0_1 = add4(s0_1, x0, y1);
let x1 = subgroupBroadcast(mine[1], 0u); s1_0 = add4(s1_0, x1, y0); s1_1 = add4(s1_1, x1, y1);
let x2 = subgroupBroadcast(mine[2], 0u); s2_0 = add4(s2_0, x2, y0); s2_1 = add4(s2_1, x2, y1);
let x3 = subgroupBroadcast(mine[3], 0u); s3_0 = add4(s3_0, x3, y0); s3_1 = add4(s3_1, x3, y1);
let x4 = subgroupBroadcast(mine[0], 1u); s4_0 = add4(s4_0, x4, y0); s4_1 = add4(s4_1, x4, y1);
let x5 = subgroupBroadcast(mine[1], 1u); s5_0 = add4(s5_0, x5, y0); s5_1 = add4(s5_1, x5, y1);
let x6 = subgroupBroadcast(mine[2], 1u); s6_0 = add4(s6_0, x6, y0); s6_1 = add4(s6_1, x6, y1);
let x7 = subgroupBroadcast(mine[3], 1u); s7_0 = add4(s7_0, x7, y0); s7_1 = add4(s7_1, x7, y1);
let x8 = subgroupBroadcast(mine[0], 2u); s8_0 = add4(s8_0, x8, y0); s8_1 = add4(s8_1, x8, y1);
let x9 = subgroupBroadcast(mine[1], 2u); s9_0 = add4(s9_0, x9, y0); s9_1 = add4(s9_1, x9, y1);
let x10 = subgroupBroadcast(mine[2], 2u); s10_0 = add4(s10_0, x10, y0); s10_1 = add4(s10_1, x10, y1);
let x11 = subgroupBroadcast(mine[3], 2u); s11_0 = add4(s11_0, x11, y0); s11_1 = add4(s11_1, x11, y1);
let x12 = subgroupBroadcast(mine[0], 3u); s12_0 = add4(s12_0, x12, y0); s12_1 = add4(s12_1, x12, y1);
let x13 = subgroupBroadcast(mine[1], 3u); s13_0 = add4(s13_0, x13, y0); s13_1 = add4(s13_1, x13, y1);
let x14 = subgroupBroadcast(mine[2], 3u); s14_0 = add4(s14_0, x14, y0); s14_1 = add4(s14_1, x14, y1);
let x15 = subgroupBroadcast(mine[3], 3u); s15_0 = add4(s15_0, x15, y0); s15_1 = add4(s15_1, x15, y1);
let x16 = subgroupBroadcast(mine[0], 4u); s16_0 = add4(s16_0, x16, y0); s16_1 = add4(s16_1, x16, y1);
let x17 = subgroupBroadcast(mine[1], 4u); s17_0 = add4(s17_0, x17, y0); s17_1 = add4(s17_1, x17, y1);
let x18 = subgroupBroadcast(mine[2], 4u); s18_0 = add4(s18_0, x18, y0); s18_1 = add4(s18_1, x18, y1);
let x19 = subgroupBroadcast(mine[3], 4u); s19_0 = add4(s19_0, x19, y0); s19_1 = add4(s19_1, x19, y1);
let x20 = subgroupBroadcast(mine[0], 5u); s20_0 = add4(s20_0, x20, y0); s20_1 = add4(s20_1, x20, y1);
let x21 = subgroupBroadcast(mine[1], 5u); s21_0 = add4(s21_0, x21, y0); s21_1 = add4(s21_1, x21, y1);
let x22 = subgroupBroadcast(mine[2], 5u); s22_0 = add4(s22_0, x22, y0); s22_1 = add4(s22_1, x22, y1);
let x23 = subgroupBroadcast(mine[3], 5u); s23_0 = add4(s23_0, x23, y0); s23_1 = add4(s23_1, x23, y1);
let x24 = subgroupBroadcast(mine[0], 6u); s24_0 = add4(s24_0, x24, y0); s24_1 = add4(s24_1, x24, y1);
let x25 = subgroupBroadcast(mine[1], 6u); s25_0 = add4(s25_0, x25, y0); s25_1 = add4(s25_1, x25, y1);
let x26 = subgroupBroadcast(mine[2], 6u); s26_0 = add4(s26_0, x26, y0); s26_1 = add4(s26_1, x26, y1);
let x27 = subgroupBroadcast(mine[3], 6u); s27_0 = add4(s27_0, x27, y0); s27_1 = add4(s27_1, x27, y1);
let x28 = subgroupBroadcast(mine[0], 7u); s28_0 = add4(s28_0, x28, y0); s28_1 = add4(s28_1, x28, y1);
let x29 = subgroupBroadcast(mine[1], 7u); s29_0 = add4(s29_0, x29, y0); s29_1 = add4(s29_1, x29, y1);
let x30 = subgroupBroadcast(mine[2], 7u); s30_0 = add4(s30_0, x30, y0); s30_1 = add4(s30_1, x30, y1);
let x31 = subgroupBroadcast(mine[3], 7u); s31_0 = add4(s31_0, x31, y0); s31_1 = add4(s31_1, x31, y1);
}
if (TAIL == 1u) {
for (var k = 0u; k < p.k1 % 4u; k++) {
let y0 = b_one(j0, k);
let y1 = b_one(j1, k);
let mine = a_one(i0, k);
let x0 = subgroupBroadcast(mine[0], 0u); s0_0 = fma(vec4f(x0), y0, s0_0); s0_1 = fma(vec4f(x0), y1, s0_1);
let x1 = subgroupBroadcast(mine[1], 0u); s1_0 = fma(vec4f(x1), y0, s1_0); s1_1 = fma(vec4f(x1), y1, s1_1);
let x2 = subgroupBroadcast(mine[2], 0u); s2_0 = fma(vec4f(x2), y0, s2_0); s2_1 = fma(vec4f(x2), y1, s2_1);
let x3 = subgroupBroadcast(mine[3], 0u); s3_0 = fma(vec4f(x3), y0, s3_0); s3_1 = fma(vec4f(x3), y1, s3_1);
let x4 = subgroupBroadcast(mine[0], 1u); s4_0 = fma(vec4f(x4), y0, s4_0); s4_1 = fma(vec4f(x4), y1, s4_1);
let x5 = subgroupBroadcast(mine[1], 1u); s5_0 = fma(vec4f(x5), y0, s5_0); s5_1 = fma(vec4f(x5), y1, s5_1);
let x6 = subgroupBroadcast(mine[2], 1u); s6_0 = fma(vec4f(x6), y0, s6_0); s6_1 = fma(vec4f(x6), y1, s6_1);
let x7 = subgroupBroadcast(mine[3], 1u); s7_0 = fma(vec4f(x7), y0, s7_0); s7_1 = fma(vec4f(x7), y1, s7_1);
let x8 = subgroupBroadcast(mine[0], 2u); s8_0 = fma(vec4f(x8), y0, s8_0); s8_1 = fma(vec4f(x8), y1, s8_1);
let x9 = subgroupBroadcast(mine[1], 2u); s9_0 = fma(vec4f(x9), y0, s9_0); s9_1 = fma(vec4f(x9), y1, s9_1);
let x10 = subgroupBroadcast(mine[2], 2u); s10_0 = fma(vec4f(x10), y0, s10_0); s10_1 = fma(vec4f(x10), y1, s10_1);
let x11 = subgroupBroadcast(mine[3], 2u); s11_0 = fma(vec4f(x11), y0, s11_0); s11_1 = fma(vec4f(x11), y1, s11_1);
let x12 = subgroupBroadcast(mine[0], 3u); s12_0 = fma(vec4f(x12), y0, s12_0); s12_1 = fma(vec4f(x12), y1, s12_1);
let x13 = subgroupBroadcast(mine[1], 3u); s13_0 = fma(vec4f(x13), y0, s13_0); s13_1 = fma(vec4f(x13), y1, s13_1);
let x14 = subgroupBroadcast(mine[2], 3u); s14_0 = fma(vec4f(x14), y0, s14_0); s14_1 = fma(vec4f(x14), y1, s14_1);
let x15 = subgroupBroadcast(mine[3], 3u); s15_0 = fma(vec4f(x15), y0, s15_0); s15_1 = fma(vec4f(x15), y1, s15_1);
let x16 = subgroupBroadcast(mine[0], 4u); s16_0 = fma(vec4f(x16), y0, s16_0); s16_1 = fma(vec4f(x16), y1, s16_1);
let x17 = subgroupBroadcast(mine[1], 4u); s17_0 = fma(vec4f(x17), y0, s17_0); s17_1 = fma(vec4f(x17), y1, s17_1);
let x18 = subgroupBroadcast(mine[2], 4u); s18_0 = fma(vec4f(x18), y0, s18_0); s18_1 = fma(vec4f(x18), y1, s18_1);
let x19 = subgroupBroadcast(mine[3], 4u); s19_0 = fma(vec4f(x19), y0, s19_0); s19_1 = fma(vec4f(x19), y1, s19_1);
let x20 = subgroupBroadcast(mine[0], 5u); s20_0 = fma(vec4f(x20), y0, s20_0); s20_1 = fma(vec4f(x20), y1, s20_1);
let x21 = subgroupBroadcast(mine[1], 5u); s21_0 = fma(vec4f(x21), y0, s21_0); s21_1 = fma(vec4f(x21), y1, s21_1);
let x22 = subgroupBroadcast(mine[2], 5u); s22_0 = fma(vec4f(x22), y0, s22_0); s22_1 = fma(vec4f(x22), y1, s22_1);
let x23 = subgroupBroadcast(mine[3], 5u); s23_0 = fma(vec4f(x23), y0, s23_0); s23_1 = fma(vec4f(x23), y1, s23_1);
let x24 = subgroupBroadcast(mine[0], 6u); s24_0 = fma(vec4f(x24), y0, s24_0); s24_1 = fma(vec4f(x24), y1, s24_1);
let x25 = subgroupBroadcast(mine[1], 6u); s25_0 = fma(vec4f(x25), y0, s25_0); s25_1 = fma(vec4f(x25), y1, s25_1);
let x26 = subgroupBroadcast(mine[2], 6u); s26_0 = fma(vec4f(x26), y0, s26_0); s26_1 = fma(vec4f(x26), y1, s26_1);
let x27 = subgroupBroadcast(mine[3], 6u); s27_0 = fma(vec4f(x27), y0, s27_0); s27_1 = fma(vec4f(x27), y1, s27_1);
let x28 = subgroupBroadcast(mine[0], 7u); s28_0 = fma(vec4f(x28), y0, s28_0); s28_1 = fma(vec4f(x28), y1, s28_1);
let x29 = subgroupBroadcast(mine[1], 7u); s29_0 = fma(vec4f(x29), y0, s29_0); s29_1 = fma(vec4f(x29), y1, s29_1);
let x30 = subgroupBroadcast(mine[2], 7u); s30_0 = fma(vec4f(x30), y0, s30_0); s30_1 = fma(vec4f(x30), y1, s30_1);
let x31 = subgroupBroadcast(mine[3], 7u); s31_0 = fma(vec4f(x31), y0, s31_0); s31_1 = fma(vec4f(x31), y1, s31_1);
}
}
let w0 = bias_of(col + 0u);
let w1 = bias_of(col + 4u);
put_row(row + 0u, col, c_start, s0_0 + w0, s0_1 + w1);
put_row(row + 1u, col, c_start, s1_0 + w0, s1_1 + w1);
put_row(row + 2u, col, c_start, s2_0 + w0, s2_1 + w1);
put_row(row + 3u, col, c_start, s3_0 + w0, s3_1 + w1);
put_row(row + 4u, col, c_start, s4_0 + w0, s4_1 + w1);
put_row(row + 5u, col, c_start, s5_0 + w0, s5_1 + w1);
put_row(row + 6u, col, c_start, s6_0 + w0, s6_1 + w1);
put_row(row + 7u, col, c_start, s7_0 + w0, s7_1 + w1);
put_row(row + 8u, col, c_start, s8_0 + w0, s8_1 + w1);
put_row(row + 9u, col, c_start, s9_0 + w0, s9_1 + w1);
put_row(row + 10u, col, c_start, s10_0 + w0, s10_1 + w1);
put_row(row + 11u, col, c_start, s11_0 + w0, s11_1 + w1);
put_row(row + 12u, col, c_start, s12_0 + w0, s12_1 + w1);
put_row(row + 13u, col, c_start, s13_0 + w0, s13_1 + w1);
put_row(row + 14u, col, c_start, s14_0 + w0, s14_1 + w1);
put_row(row + 15u, col, c_start, s15_0 + w0, s15_1 + w1);
put_row(row + 16u, col, c_start, s16_0 + w0, s16_1 + w1);
put_row(row + 17u, col, c_start, s17_0 + w0, s17_1 + w1);
put_row(row + 18u, col, c_start, s18_0 + w0, s18_1 + w1);
put_row(row + 19u, col, c_start, s19_0 + w0, s19_1 + w1);
put_row(row + 20u, col, c_start, s20_0 + w0, s20_1 + w1);
put_row(row + 21u, col, c_start, s21_0 + w0, s21_1 + w1);
put_row(row + 22u, col, c_start, s22_0 + w0, s22_1 + w1);
put_row(row + 23u, col, c_start, s23_0 + w0, s23_1 + w1);
put_row(row + 24u, col, c_start, s24_0 + w0, s24_1 + w1);
put_row(row + 25u, col, c_start, s25_0 + w0, s25_1 + w1);
put_row(row + 26u, col, c_start, s26_0 + w0, s26_1 + w1);
put_row(row + 27u, col, c_start, s27_0 + w0, s27_1 + w1);
put_row(row + 28u, col, c_start, s28_0 + w0, s28_1 + w1);
put_row(row + 29u, col, c_start, s29_0 + w0, s29_1 + w1);
put_row(row + 30u, col, c_start, s30_0 + w0, s30_1 + w1);
put_row(row + 31u, col, c_start, s31_0 + w0, s31_1 + w1);
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
nesterov: u32,
momentum: f32,
fresh: f32,
share: f32,
direct: f32,
rate: f32,
decay: f32,
keep: f32,
}
struct Adam {
first: u32, count: u32,
beta1: f32, share1: f32,
beta2: f32, share2: f32,
eps: f32,
decay: f32,
keep: f32,
}
override WG: u32 = 64u;
const LANES = 4u;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read> owners: array<u32>;
@group(0) @binding(3) var<storage, read> clock: array<vec4f>;
@group(0) @binding(4) var<storage, read> grad: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> value: array<vec4f>;
fn place(first: u32, i: u32) -> u32 { return 16u * blocks[first + i / LANES] + i % LANES; }
fn clock_of(first: u32, i: u32) -> vec4f { return clock[owners[first + i / LANES]]; }
@group(0) @binding(0) var<uniform> sgd_params: Sgd;
@group(0) @binding(0) var<uniform> adam_params: Adam;
@group(0) @binding(6) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> largest: array<vec4f>;
fn sgd_at(at: u32, scale: f32) {
let p = value[at] * sgd_params.keep;
value[at] = p - sgd_params.rate * (scale * grad[at] + sgd_params.decay * p);
}
@compute @workgroup_size(WG)
fn sgd(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * sgd_params.count) { return; }
let now = clock_of(sgd_params.first, i);
if (now.x == 0.0) { return; }
let at = place(sgd_params.first, i);
sgd_at(at, now.y);
sgd_at(at + LANES, now.y);
sgd_at(at + 2u * LANES, now.y);
sgd_at(at + 3u * LANES, now.y);
}
fn momentum_at(at: u32, now: vec4f) {
let p = value[at] * sgd_params.keep;
let d = now.y * grad[at] + sgd_params.decay * p;
var b = sgd_params.fresh * d;
if (now.z == 0.0) { b = sgd_params.momentum * average[at] + sgd_params.share * d; }
average[at] = b;
let direction = select(b, sgd_params.direct * d + sgd_params.momentum * b, sgd_params.nesterov == 1u);
value[at] = p - sgd_params.rate * direction;
}
@compute @workgroup_size(WG)
fn sgd_momentum(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * sgd_params.count) { return; }
let now = clock_of(sgd_params.first, i);
if (now.x == 0.0) { return; }
let at = place(sgd_params.first, i);
momentum_at(at, now);
momentum_at(at + LANES, now);
momentum_at(at + 2u * LANES, now);
momentum_at(at + 3u * LANES, now);
}
fn squared(at: u32, d: vec4f) -> vec4f { return adam_params.beta2 * square[at] + adam_params.share2 * d * d; }
fn adam_at(at: u32, now: vec4f) {
let p = value[at] * adam_params.keep;
let d = now.y * grad[at] + adam_params.decay * p;
let m = adam_params.beta1 * average[at] + adam_params.share1 * d;
let v = squared(at, d);
average[at] = m;
square[at] = v;
value[at] = p - now.z * m / (sqrt(v) * now.w + adam_params.eps);
}
@compute @workgroup_size(WG)
fn adam(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * adam_params.count) { return; }
let now = clock_of(adam_params.first, i);
if (now.x == 0.0) { return; }
let at = place(adam_params.first, i);
adam_at(at, now);
adam_at(at + LANES, now);
adam_at(at + 2u * LANES, now);
adam_at(at + 3u * LANES, now);
}
fn amsgrad_at(at: u32, now: vec4f) {
let p = value[at] * adam_params.keep;
let d = now.y * grad[at] + adam_params.decay * p;
let m = adam_params.beta1 * average[at] + adam_params.share1 * d;
let v = squared(at, d);
let top = max(largest[at], v);
average[at] = m;
square[at] = v;
largest[at] = top;
value[at] = p - now.z * m / (sqrt(top) * now.w + adam_params.eps);
}
@compute @workgroup_size(WG)
fn amsgrad(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * adam_params.count) { return; }
let now = clock_of(adam_params.first, i);
if (now.x == 0.0) { return; }
let at = place(adam_params.first, i);
amsgrad_at(at, now);
amsgrad_at(at + LANES, now);
amsgrad_at(at + 2u * LANES, now);
amsgrad_at(at + 3u * LANES, now);
}`,
  optimAverage: `struct Asgd { first: u32, count: u32, lambd: f32, decay: f32 }
struct Average { first: u32, count: u32 }
override WG: u32 = 64u;
const LANES = 4u;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read> owners: array<u32>;
@group(0) @binding(3) var<storage, read> clock: array<vec4f>;
@group(0) @binding(4) var<storage, read> grad: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> value: array<vec4f>;
fn place(first: u32, i: u32) -> u32 { return 16u * blocks[first + i / LANES] + i % LANES; }
fn clock_of(first: u32, i: u32) -> vec4f { return clock[owners[first + i / LANES]]; }
@group(0) @binding(0) var<uniform> asgd_params: Asgd;
@group(0) @binding(0) var<uniform> average_params: Average;
@group(0) @binding(6) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(7) var<storage, read> current: array<vec4f>;
fn mixed(at: u32, p: vec4f, share: f32) -> vec4f {
if (share == 1.0) { return p; }
return average[at] + (p - average[at]) * share;
}
fn asgd_at(at: u32, now: vec4f) {
let p = value[at];
let d = now.y * grad[at] + asgd_params.decay * p;
let moved = p * (1.0 - asgd_params.lambd * now.z) - now.z * d;
value[at] = moved;
average[at] = mixed(at, moved, now.w);
}
@compute @workgroup_size(WG)
fn asgd(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * asgd_params.count) { return; }
let now = clock_of(asgd_params.first, i);
if (now.x == 0.0) { return; }
let at = place(asgd_params.first, i);
asgd_at(at, now);
asgd_at(at + LANES, now);
asgd_at(at + 2u * LANES, now);
asgd_at(at + 3u * LANES, now);
}
fn update_at(at: u32, share: f32) { average[at] = mixed(at, current[at], share); }
@compute @workgroup_size(WG)
fn update(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * average_params.count) { return; }
let now = clock_of(average_params.first, i);
if (now.x == 0.0) { return; }
let at = place(average_params.first, i);
update_at(at, now.z);
update_at(at + LANES, now.z);
update_at(at + 2u * LANES, now.z);
update_at(at + 3u * LANES, now.z);
}
@compute @workgroup_size(WG)
fn swap(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * average_params.count) { return; }
let at = place(average_params.first, i);
for (var k = at; k < at + 16u; k += LANES) {
let p = value[k];
value[k] = average[k];
average[k] = p;
}
}`,
  optimClock: `struct Tick {
first: u32, count: u32,
kind: u32,
scaling: u32,
sign: f32,
lr: f32,
log1: f32, log2: f32,
decay: f32,
alpha: f32, start: f32,
}
struct Factors { count: u32, all: u32, scaled: u32, limit: f32 }
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Tick;
@group(0) @binding(0) var<uniform> factors_params: Factors;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read_write> clocks: array<f32>;
@group(0) @binding(3) var<storage, read> fault: array<u32>;
@group(0) @binding(4) var<storage, read> skip: array<u32>;
@group(0) @binding(5) var<storage, read> factors: array<f32>;
@group(0) @binding(6) var<storage, read> sums: array<f32>;
@group(0) @binding(7) var<storage, read> ranges: array<u32>;
@group(0) @binding(8) var<storage, read_write> out: array<f32>;
fn is_nan(v: vec4f) -> vec4<bool> { return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }
fn scaled(v: vec4f, n: vec4f) -> vec4f {
let i = vec4i(n);
let h = i / 2;
return v * bitcast<vec4f>((h + 127) << vec4u(23u)) * bitcast<vec4f>((i - h + 127) << vec4u(23u));
}
fn exp_rest(r: vec4f) -> vec4f {
return r + r * r * (0.500000002859 + r * (0.166665733611 + r * (0.041666363407 + r * (0.008363776143 + r * 0.001394216488))));
}
fn minus_ln2(x: vec4f, n: vec4f) -> vec4f { return x - n * 0.693359375 + n * 2.1219444e-4; }
fn exp4(x: vec4f) -> vec4f {
let c = clamp(x, vec4f(-104.0), vec4f(89.0));
let n = round(c * 1.4426950409);
return select(scaled(1.0 + exp_rest(minus_ln2(c, n)), n), x, is_nan(x));
}
fn log_rest(f: vec4f) -> vec4f {
let s = f / (2.0 + f);
let z = s * s;
return f - s * (f - z * (0.66666686244 + z * (0.399883014527 + z * 0.296012768239)));
}
struct Parts { e: vec4f, f: vec4f }
fn parts(x: vec4f) -> Parts {
let i = bitcast<vec4i>(x);
let e = (i - 0x3f3504f3) >> vec4u(23u);
return Parts(vec4f(e), bitcast<vec4f>(i - (e << vec4u(23u))) - 1.0);
}
fn log4(x: vec4f) -> vec4f {
let tiny = x < vec4f(1.17549435e-38);
let up = select(x, x * 33554432.0, tiny);
let p = parts(up);
let e = select(p.e, p.e - 25.0, tiny);
let y = e * 0.693359375 + (log_rest(p.f) - e * 2.1219444e-4);
let bits = bitcast<vec4u>(x);
let other = select(select(bits, vec4u(0x7fc00000u), x < vec4f()), vec4u(0xff800000u), up == vec4f());
return select(bitcast<vec4f>(other), y, ((bits - vec4u(1u)) < vec4u(0x7f7fffffu)) & (up != vec4f()));
}
fn log1p4(x: vec4f) -> vec4f {
return select(log4(1.0 + x), log_rest(x), (x > vec4f(-0.29)) & (x < vec4f(0.41)));
}
fn rest_of_power(x: f32) -> f32 {
let s = -x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666668 + x * (0.008333334 + x * (0.0013888889 + x * (0.0001984127 + x * 0.000024801587)))))));
return select(1.0 - exp4(vec4f(x)).x, s, x > -0.5);
}
@compute @workgroup_size(WG)
fn tick(@builtin(global_invocation_id) g: vec3u) {
if (g.x >= params.count) { return; }
let at = rows[params.first + g.x];
clocks[at + 4u] = 0.0;
if (fault[0] != 0u || (skip[0] & 0x7fffffffu) != 0u) { return; }
let t = clocks[at] + 1.0;
clocks[at] = t;
var scale = params.sign;
if (params.scaling == 1u) { scale *= factors[0]; }
if (params.scaling == 2u) { scale *= factors[params.first + g.x]; }
var a = 0.0;
var b = 0.0;
switch (params.kind) {
case 1u: {
a = params.lr / rest_of_power(t * params.log1);
b = 1.0 / sqrt(rest_of_power(t * params.log2));
}
case 2u: {
a = params.lr * sqrt(rest_of_power(t * params.log2)) / rest_of_power(t * params.log1);
b = 1.0;
}
case 3u: { a = params.lr / (1.0 + (t - 1.0) * params.decay); }
case 4u: {
a = select(clocks[at + 64u], params.lr, t == 1.0);
b = select(clocks[at + 128u], 1.0, t == 1.0);
clocks[at + 64u] = params.lr * exp4(-params.alpha * log1p4(vec4f(params.decay * params.lr * t))).x;
clocks[at + 128u] = 1.0 / max(1.0, t - params.start);
}
case 5u: { a = 1.0 / t; }
case 6u: { a = select(1.0 - params.decay, 1.0, t == 1.0); }
default: { a = select(0.0, 1.0, t == 1.0); }
}
clocks[at + 5u] = scale;
clocks[at + 6u] = a;
clocks[at + 7u] = b;
clocks[at + 4u] = 1.0;
}
var<workgroup> shared_sums: array<f32, 64>;
@compute @workgroup_size(64)
fn clip(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = w.x + w.y * groups.x;
let k = min(i, factors_params.count - 1u);
let end = ranges[select(k + 1u, factors_params.count, factors_params.all == 1u)];
var sum = 0.0;
for (var at = ranges[select(k, 0u, factors_params.all == 1u)] + lane; at < end; at += 64u) { sum += sums[at]; }
shared_sums[lane] = sum;
for (var half = 32u; half > 0u; half /= 2u) {
workgroupBarrier();
if (lane < half) { shared_sums[lane] += shared_sums[lane + half]; }
}
if (lane == 0u && i == k) {
var scale = 1.0;
if (factors_params.scaled == 1u) { scale = factors[0]; }
out[k] = scale * factors_params.limit / max(sqrt(shared_sums[0]) * abs(scale), factors_params.limit);
}
}`,
  optimSparse: `struct Sparse {
rows: u32, width: u32, start: u32,
clock_at: u32,
share1: f32, share2: f32,
eps: f32,
}
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Sparse;
@group(0) @binding(1) var<storage, read> clock: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad1: array<f32>;
@group(0) @binding(3) var<storage, read_write> value1: array<f32>;
@group(0) @binding(4) var<storage, read_write> average1: array<f32>;
@group(0) @binding(5) var<storage, read_write> square1: array<f32>;
@compute @workgroup_size(WG)
fn rows4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.rows) { return; }
let now = clock[params.clock_at];
if (now.x == 0.0) { return; }
let begin = params.start + i * params.width;
let end = begin + params.width;
var any_bits = vec4u();
for (var at = begin; at < end; at++) { any_bits |= bitcast<vec4u>(grad[at]) & vec4u(0x7fffffffu); }
if (all(any_bits == vec4u())) { return; }
for (var at = begin; at < end; at++) {
let d = now.y * grad[at];
let m = average[at] + (d - average[at]) * params.share1;
let v = square[at] + (d * d - square[at]) * params.share2;
average[at] = m;
square[at] = v;
value[at] -= now.z * m / (sqrt(v) + params.eps);
}
}
@compute @workgroup_size(WG)
fn rows1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.rows) { return; }
let now = clock[params.clock_at];
if (now.x == 0.0) { return; }
let begin = params.start + i * params.width;
let end = begin + params.width;
var any_bits = 0u;
for (var at = begin; at < end; at++) { any_bits |= bitcast<u32>(grad1[at]) & 0x7fffffffu; }
if (any_bits == 0u) { return; }
for (var at = begin; at < end; at++) {
let d = now.y * grad1[at];
let m = average1[at] + (d - average1[at]) * params.share1;
let v = square1[at] + (d * d - square1[at]) * params.share2;
average1[at] = m;
square1[at] = v;
value1[at] -= now.z * m / (sqrt(v) + params.eps);
}
}`,
  optimSquares: `struct Squares {
first: u32, count: u32,
inside: u32,
alpha: f32, share: f32,
eps: f32,
decay: f32, keep: f32,
momentum: f32,
inner: f32,
rate: f32,
}
override WG: u32 = 64u;
const LANES = 4u;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read> owners: array<u32>;
@group(0) @binding(3) var<storage, read> clock: array<vec4f>;
@group(0) @binding(4) var<storage, read> grad: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> value: array<vec4f>;
fn place(first: u32, i: u32) -> u32 { return 16u * blocks[first + i / LANES] + i % LANES; }
fn clock_of(first: u32, i: u32) -> vec4f { return clock[owners[first + i / LANES]]; }
@group(0) @binding(0) var<uniform> params: Squares;
@group(0) @binding(6) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> moved: array<vec4f>;
fn root(x: vec4f) -> vec4f {
if (params.inside == 1u) { return sqrt(x + params.eps); }
return sqrt(x) + params.eps;
}
fn kept(at: u32) -> vec4f { return value[at] * params.keep; }
fn gradient(at: u32, p: vec4f, scale: f32) -> vec4f { return scale * grad[at] + params.decay * p; }
fn squares(at: u32, d: vec4f) -> vec4f {
let v = params.alpha * square[at] + params.share * d * d;
square[at] = v;
return v;
}
fn centered(at: u32, d: vec4f) -> vec4f {
let m = params.alpha * mean[at] + params.share * d;
mean[at] = m;
return max(squares(at, d) - m * m, vec4f());
}
fn move_by(at: u32, p: vec4f, step: vec4f) {
let b = params.momentum * moved[at] + params.inner * step;
moved[at] = b;
value[at] = p - params.rate * b;
}
fn rmsprop_at(at: u32, scale: f32) {
let p = kept(at);
let d = gradient(at, p, scale);
value[at] = p - params.rate * d / root(squares(at, d));
}
@compute @workgroup_size(WG)
fn rmsprop(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * params.count) { return; }
let now = clock_of(params.first, i);
if (now.x == 0.0) { return; }
let at = place(params.first, i);
rmsprop_at(at, now.y);
rmsprop_at(at + LANES, now.y);
rmsprop_at(at + 2u * LANES, now.y);
rmsprop_at(at + 3u * LANES, now.y);
}
fn rmsprop_centered_at(at: u32, scale: f32) {
let p = kept(at);
let d = gradient(at, p, scale);
value[at] = p - params.rate * d / root(centered(at, d));
}
@compute @workgroup_size(WG)
fn rmsprop_centered(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * params.count) { return; }
let now = clock_of(params.first, i);
if (now.x == 0.0) { return; }
let at = place(params.first, i);
rmsprop_centered_at(at, now.y);
rmsprop_centered_at(at + LANES, now.y);
rmsprop_centered_at(at + 2u * LANES, now.y);
rmsprop_centered_at(at + 3u * LANES, now.y);
}
fn rmsprop_momentum_at(at: u32, scale: f32) {
let p = kept(at);
let d = gradient(at, p, scale);
move_by(at, p, d / root(squares(at, d)));
}
@compute @workgroup_size(WG)
fn rmsprop_momentum(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * params.count) { return; }
let now = clock_of(params.first, i);
if (now.x == 0.0) { return; }
let at = place(params.first, i);
rmsprop_momentum_at(at, now.y);
rmsprop_momentum_at(at + LANES, now.y);
rmsprop_momentum_at(at + 2u * LANES, now.y);
rmsprop_momentum_at(at + 3u * LANES, now.y);
}
fn rmsprop_both_at(at: u32, scale: f32) {
let p = kept(at);
let d = gradient(at, p, scale);
move_by(at, p, d / root(centered(at, d)));
}
@compute @workgroup_size(WG)
fn rmsprop_both(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * params.count) { return; }
let now = clock_of(params.first, i);
if (now.x == 0.0) { return; }
let at = place(params.first, i);
rmsprop_both_at(at, now.y);
rmsprop_both_at(at + LANES, now.y);
rmsprop_both_at(at + 2u * LANES, now.y);
rmsprop_both_at(at + 3u * LANES, now.y);
}
fn adagrad_at(at: u32, now: vec4f) {
let p = kept(at);
let d = gradient(at, p, now.y);
let sum = square[at] + d * d;
square[at] = sum;
value[at] = p - now.z * d / root(sum);
}
@compute @workgroup_size(WG)
fn adagrad(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= LANES * params.count) { return; }
let now = clock_of(params.first, i);
if (now.x == 0.0) { return; }
let at = place(params.first, i);
adagrad_at(at, now);
adagrad_at(at + LANES, now);
adagrad_at(at + 2u * LANES, now);
adagrad_at(at + 3u * LANES, now);
}`,
  optimTexture: `struct Shared {
at: u32,
pad0: u32, pad1: u32, pad2: u32,
beta1: f32, share1: f32,
beta2: f32, share2: f32,
eps: f32,
}
struct Params {
n: u32,
pad0: u32, pad1: u32, pad2: u32,
decay: f32,
keep: f32,
}
override WG: u32 = 128u;
override CHECKS: u32 = 1u;
override DECAYS: u32 = 1u;
@group(0) @binding(0) var<uniform> shared_params: Shared;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> clock: array<vec4f>;
@group(0) @binding(1) var<storage, read> now: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(3) var<storage, read> old_value: array<vec4f>;
@group(0) @binding(4) var<storage, read> old_average: array<vec4f>;
@group(0) @binding(5) var<storage, read> old_square: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> square: array<vec4f>;
fn out_put(i: u32, v: vec4f) { out[i] = v; }
fn now_at(i: u32) -> vec4f { return vec4f(now[i]); }
fn grad_at(i: u32) -> vec4f { return vec4f(grad[i]); }
fn old_value_at(i: u32) -> vec4f { return vec4f(old_value[i]); }
fn old_average_at(i: u32) -> vec4f { return vec4f(old_average[i]); }
fn old_square_at(i: u32) -> vec4f { return vec4f(old_square[i]); }
@compute @workgroup_size(1)
fn share() {
let step = clock[shared_params.at];
out_put(0u, vec4f(select(shared_params.eps, -1.0, step.x == 0.0), step.yzw));
out_put(1u, vec4f(shared_params.beta1, shared_params.share1, shared_params.beta2, shared_params.share2));
}
fn adam_at(i: u32, step: vec4f, s: vec4f) {
var p = old_value_at(i);
var d = step.y * grad_at(i);
if (DECAYS == 1u) {
p *= params.keep;
d += params.decay * p;
}
let m = s.x * old_average_at(i) + s.y * d;
let v = s.z * old_square_at(i) + s.w * d * d;
average[i] = m;
square[i] = v;
value[i] = p - step.z * m / (sqrt(v) * step.w + step.x);
}
@compute @workgroup_size(WG)
fn adam(@builtin(global_invocation_id) g: vec3u) {
let i = 2u * g.x;
if (CHECKS == 1u && i >= params.n) { return; }
let step = now_at(0u);
if (step.x < 0.0) { return; }
let s = now_at(1u);
adam_at(i, step, s);
adam_at(i + 1u, step, s);
}`,
  packRows: `struct Params {
n: u32, width: u32, count: u32, rows: u32,
low: u32, high: u32, fill: u32,
}
override WG: u32 = 64u;
override COLUMNS: u32 = 1u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read> x: array<vec4u>;
@group(0) @binding(2) var<storage, read> x1: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out1: array<u32>;
fn source_of(r: u32) -> vec3u {
let id = index[r % params.count];
let row = r / params.count * params.rows + u32(id);
let there = id >= 0;
let mine = select(params.low == 0u, row >= params.low && row < params.high, there);
return vec3u(select(0u, row - params.low, there), u32(there), u32(mine));
}
@compute @workgroup_size(WG)
fn rows4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
let each = params.width / COLUMNS;
if (i >= params.n * each) { return; }
let source = source_of(i / each);
if (source.z == 0u) { return; }
let start = source.x * params.width + i % each * COLUMNS;
for (var k = 0u; k < COLUMNS; k++) {
var v = vec4u(params.fill);
if (source.y == 1u) { v = x[start + k]; }
out[i * COLUMNS + k] = v;
}
}
@compute @workgroup_size(WG)
fn rows1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n * params.width) { return; }
let source = source_of(i / params.width);
if (source.z == 0u) { return; }
var v = params.fill;
if (source.y == 1u) { v = x1[source.x * params.width + i % params.width]; }
out1[i] = v;
}`,
  pooling: `struct Params {
n: u32, steps: u32, batch: u32, width: u32,
x_start: u32, x_row: u32, x_step: u32,
row: u32, out_row: u32,
last_at: u32, max_at: u32, mean_at: u32,
first: u32, end: u32, chunks: u32, pad: u32,
}
override WG: u32 = 64u;
override LAST: bool = false;
override MAX: bool = false;
override MEAN: bool = false;
override LIMITS: u32 = 0u;
const CHUNK = 512u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> limits: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read> places: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> places_out: array<vec4u>;
@group(0) @binding(5) var<storage, read> spans: array<vec2u>;
@group(0) @binding(5) var<storage, read_write> spans_out: array<vec2u>;
fn nan(v: vec4f) -> vec4<bool> {
return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}
fn length_of(row: u32) -> u32 {
if (LIMITS == 1u) { return limits[row]; }
return params.steps;
}
fn counts(row: u32, t: u32) -> bool {
if (LIMITS == 2u) { return limits[row * params.steps + t] != 0u; }
return true;
}
@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let column = i % params.width;
let row = params.row + i / params.width;
let base = params.x_start + i / params.width * params.x_row + column;
let end = length_of(row);
var total = vec4f();
var best = vec4f();
var place = vec4u();
var last = 0u;
var count = 0u;
if (MAX || MEAN || LIMITS == 2u) {
for (var first = 0u; first < end; first += CHUNK) {
var sum = vec4f();
for (var t = first; t < min(first + CHUNK, end); t++) {
if (!counts(row, t)) { continue; }
if (MAX || MEAN) {
let v = x[base + t * params.x_step];
if (MEAN) { sum += v; }
if (MAX) {
let better = (v > best) | (nan(v) & !nan(best)) | vec4<bool>(count == 0u);
best = select(best, v, better);
place = select(place, vec4u(t), better);
}
}
last = t;
count++;
}
total += sum;
}
} else {
last = end - 1u;
count = end;
}
let at = row * params.out_row + column;
if (LAST) { out[at + params.last_at] = select(vec4f(), x[base + last * params.x_step], count > 0u); }
if (MAX) {
out[at + params.max_at] = best;
places_out[row * params.width + column] = place;
}
if (MEAN) { out[at + params.mean_at] = total / f32(max(count, 1u)); }
if (column == 0u) { spans_out[row] = vec2u(last, count); }
}
@compute @workgroup_size(WG)
fn spread(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let column = i % params.width;
let local = i / params.width % params.batch;
let row = params.row + local;
let span = spans[row];
let at = row * params.out_row + column;
var each = vec4f();
var largest = vec4f();
var place = vec4u();
var last = vec4f();
if (MEAN) { each = x[at + params.mean_at] / f32(max(span.y, 1u)); }
if (MAX) {
largest = x[at + params.max_at];
place = places[row * params.width + column];
}
if (LAST) { last = x[at + params.last_at]; }
let base = params.x_start + local * params.x_row + column;
for (var t = params.first + i / params.width / params.batch; t < params.end; t += params.chunks) {
var v = each;
if (MAX) { v += select(vec4f(), largest, place == vec4u(t)); }
if (LAST) { v += select(vec4f(), last, t == span.x); }
let own = t <= span.x && span.y > 0u && counts(row, t);
out[base + (t - params.first) * params.x_step] = select(vec4f(), v, own);
}
}
@compute @workgroup_size(WG)
fn collect(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
let column = i % params.width;
let row = params.row + i / params.width;
let base = params.x_start + i / params.width * params.x_row + column;
let span = spans[row];
let some = span.y > 0u;
let at = row * params.out_row + column;
if (LAST) { out[at + params.last_at] = select(vec4f(), x[base + span.x * params.x_step], some); }
if (MAX) {
let place = places[row * params.width + column];
var v = vec4f();
for (var k = 0u; k < 4u; k++) { v[k] = x[base + place[k] * params.x_step][k]; }
out[at + params.max_at] = select(vec4f(), v, some);
}
if (MEAN) {
var total = vec4f();
for (var first = 0u; first <= span.x; first += CHUNK) {
var sum = vec4f();
for (var t = first; t < min(first + CHUNK, span.x + 1u); t++) {
if (some && counts(row, t)) { sum += x[base + t * params.x_step]; }
}
total += sum;
}
out[at + params.mean_at] = total / f32(max(span.y, 1u));
}
}`,
  pow: `alias T = f32;
alias U = T;
struct Flat { n: u32, bits: u32 }
struct Walk {
n: u32, ndim: u32, out_start: u32,
a_start: u32, b_start: u32, a_splat: u32, b_splat: u32, pad: u32,
shape: array<vec4u, 2>, a_strides: array<vec4u, 2>, b_strides: array<vec4u, 2>,
}
override OP: u32 = 0u;
override SWAP: u32 = 0u;
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> flat: Flat;
@group(0) @binding(1) var<storage, read> a: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<U>>;
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
@group(0) @binding(0) var<uniform> walk: Walk;
@group(0) @binding(1) var<storage, read> a1: array<T>;
@group(0) @binding(2) var<storage, read> b1: array<T>;
@group(0) @binding(3) var<storage, read_write> out1: array<U>;
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
@compute @workgroup_size(WG)
fn strided(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= walk.n) { return; }
let spot = places(i);
out1[walk.out_start + i] = value(vec4<T>(a1[spot.x]), vec4<T>(b1[spot.y])).x;
}
@compute @workgroup_size(WG)
fn vectors(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= walk.n) { return; }
let spot = places(4u * i);
var p = a[spot.x / 4u];
var q = b[spot.y / 4u];
if (walk.a_splat == 1u) { p = vec4<T>(p[spot.x % 4u]); }
if (walk.b_splat == 1u) { q = vec4<T>(q[spot.y % 4u]); }
out[walk.out_start / 4u + i] = value(p, q);
}
fn is_nan(v: vec4f) -> vec4<bool> { return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }
fn scaled(v: vec4f, n: vec4f) -> vec4f {
let i = vec4i(n);
let h = i / 2;
return v * bitcast<vec4f>((h + 127) << vec4u(23u)) * bitcast<vec4f>((i - h + 127) << vec4u(23u));
}
fn exp_rest(r: vec4f) -> vec4f {
return r + r * r * (0.500000002859 + r * (0.166665733611 + r * (0.041666363407 + r * (0.008363776143 + r * 0.001394216488))));
}
fn minus_ln2(x: vec4f, n: vec4f) -> vec4f { return x - n * 0.693359375 + n * 2.1219444e-4; }
fn log_rest(f: vec4f) -> vec4f {
let s = f / (2.0 + f);
let z = s * s;
return f - s * (f - z * (0.66666686244 + z * (0.399883014527 + z * 0.296012768239)));
}
struct Parts { e: vec4f, f: vec4f }
fn parts(x: vec4f) -> Parts {
let i = bitcast<vec4i>(x);
let e = (i - 0x3f3504f3) >> vec4u(23u);
return Parts(vec4f(e), bitcast<vec4f>(i - (e << vec4u(23u))) - 1.0);
}
fn log4(x: vec4f) -> vec4f {
let tiny = x < vec4f(1.17549435e-38);
let up = select(x, x * 33554432.0, tiny);
let p = parts(up);
let e = select(p.e, p.e - 25.0, tiny);
let y = e * 0.693359375 + (log_rest(p.f) - e * 2.1219444e-4);
let bits = bitcast<vec4u>(x);
let other = select(select(bits, vec4u(0x7fc00000u), x < vec4f()), vec4u(0xff800000u), up == vec4f());
return select(bitcast<vec4f>(other), y, ((bits - vec4u(1u)) < vec4u(0x7f7fffffu)) & (up != vec4f()));
}
fn power(p: vec4f, q: vec4f) -> vec4f {
let a = parts(abs(p));
let top = bitcast<vec4f>(bitcast<vec4u>(q) & vec4u(0xfffff000u));
let rest = (q - top) * a.e;
let whole = round(top * a.e);
let fraction = (top * a.e - whole + rest) * 0.69314718056 + q * log_rest(a.f);
let n = round(clamp(fraction, vec4f(-300.0), vec4f(300.0)) * 1.4426950409);
let total = clamp(whole + n, vec4f(-250.0), vec4f(250.0));
return scaled(1.0 + exp_rest(minus_ln2(fraction, n)), total);
}
fn value(p: vec4f, q: vec4f) -> vec4f {
if (OP == 1u) { return select(log4(p), vec4f(), p == vec4f()); }
let one = vec4f(1.0);
let size = bitcast<vec4u>(p) & vec4u(0x7fffffffu);
let usual = ((size - vec4u(0x00800000u)) < vec4u(0x7f000000u)) & (abs(q) < vec4f(1e6));
let edge = (size == vec4u()) | (size == vec4u(0x7f800000u));
let other = select(pow(abs(p), q), select(1.0 / abs(p), abs(p), q > vec4f()), edge);
let y = select(other, power(p, q), usual);
let integer = floor(q) == q;
let odd = integer & (floor(0.5 * q) != 0.5 * q);
let negative = p < vec4f();
let signed = select(y, -y, negative & odd);
let real = select(signed, sqrt(p), negative & !integer);
return select(select(real, one, (q == vec4f()) | (p == one)), p + q, (is_nan(p) & (q != vec4f())) | (is_nan(q) & (p != one)));
}`,
  random: `struct Params { counter: vec4u, key: vec2u, n: u32, lo: i32, a: f32, b: f32, c: f32, size: u32 }
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> words: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> integers: array<vec4i>;
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
fn log_rest(f: vec4f) -> vec4f {
let s = f / (2.0 + f);
let z = s * s;
return f - s * (f - z * (0.66666686244 + z * (0.399883014527 + z * 0.296012768239)));
}
struct Parts { e: vec4f, f: vec4f }
fn parts(x: vec4f) -> Parts {
let i = bitcast<vec4i>(x);
let e = (i - 0x3f3504f3) >> vec4u(23u);
return Parts(vec4f(e), bitcast<vec4f>(i - (e << vec4u(23u))) - 1.0);
}
fn log4(x: vec4f) -> vec4f {
let tiny = x < vec4f(1.17549435e-38);
let up = select(x, x * 33554432.0, tiny);
let p = parts(up);
let e = select(p.e, p.e - 25.0, tiny);
let y = e * 0.693359375 + (log_rest(p.f) - e * 2.1219444e-4);
let bits = bitcast<vec4u>(x);
let other = select(select(bits, vec4u(0x7fc00000u), x < vec4f()), vec4u(0xff800000u), up == vec4f());
return select(bitcast<vec4f>(other), y, ((bits - vec4u(1u)) < vec4u(0x7f7fffffu)) & (up != vec4f()));
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
fn normal_of(w: vec4u) -> vec4f {
let angle = vec2f(bitcast<vec2i>(w.xz)) * 0x1p-31f + 0x1p-32f;
let radius = sqrt(max(-2.0 * log4(vec4f(w.yyww) * 0x1p-32f + 0x1p-33f), vec4f()));
return radius * vec4f(sincospi(angle.x), sincospi(angle.y));
}
@compute @workgroup_size(WG)
fn normal(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
let w = draw(i);
store(i, params.a + params.b * normal_of(w));
}
@compute @workgroup_size(WG)
fn bernoulli(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.n) { return; }
store(i, select(vec4f(), vec4f(1.0), unit(draw(i)) < vec4f(params.a)));
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
  randomChoice: `struct Params { counter: vec4u, key: vec2u, rows: u32, cols: u32, samples: u32, first: u32, command: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> chosen: array<i32>;
@group(0) @binding(2) var<storage, read_write> times: array<f32>;
@group(0) @binding(2) var<storage, read> winners: array<i32>;
@group(0) @binding(3) var<storage, read_write> fault: array<atomic<u32>>;
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
fn report(command: u32, element: u32, value: u32, kind: u32) {
for (var tries = 0u; tries < 64u; tries++) {
let r = atomicCompareExchangeWeak(&fault[0], 0u, command);
if (r.exchanged) {
atomicStore(&fault[1], element);
atomicStore(&fault[2], value);
atomicStore(&fault[3], kind);
return;
}
if (r.old_value != 0u) { return; }
}
}
fn log_rest(f: vec4f) -> vec4f {
let s = f / (2.0 + f);
let z = s * s;
return f - s * (f - z * (0.66666686244 + z * (0.399883014527 + z * 0.296012768239)));
}
struct Parts { e: vec4f, f: vec4f }
fn parts(x: vec4f) -> Parts {
let i = bitcast<vec4i>(x);
let e = (i - 0x3f3504f3) >> vec4u(23u);
return Parts(vec4f(e), bitcast<vec4f>(i - (e << vec4u(23u))) - 1.0);
}
fn log4(x: vec4f) -> vec4f {
let tiny = x < vec4f(1.17549435e-38);
let up = select(x, x * 33554432.0, tiny);
let p = parts(up);
let e = select(p.e, p.e - 25.0, tiny);
let y = e * 0.693359375 + (log_rest(p.f) - e * 2.1219444e-4);
let bits = bitcast<vec4u>(x);
let other = select(select(bits, vec4u(0x7fc00000u), x < vec4f()), vec4u(0xff800000u), up == vec4f());
return select(bitcast<vec4f>(other), y, ((bits - vec4u(1u)) < vec4u(0x7f7fffffu)) & (up != vec4f()));
}
var<workgroup> sums: array<f32, 65>;
fn word(element: u32) -> u32 {
let four = philox4x32_10(params.counter + vec4u(element / 4u, 0u, 0u, 0u), params.key);
return four[element % 4u];
}
fn weight_at(i: u32) -> f32 {
let v = weights[i];
let bits = bitcast<u32>(v);
let size = bits & 0x7fffffffu;
if (size >= 0x7f800000u || (size != 0u && size != bits)) {
report(params.command, i, bits, 2u);
return 0.0;
}
return v;
}
@compute @workgroup_size(64)
fn choose(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = w.x + w.y * groups.x;
let row = min(i / params.samples, params.rows - 1u);
let each = (params.cols + 63u) / 64u;
let begin = min(l * each, params.cols);
let end = min(begin + each, params.cols);
var own = 0.0;
for (var c = begin; c < end; c++) { own += weight_at(row * params.cols + c); }
sums[l + 1u] = own;
workgroupBarrier();
if (l == 0u) {
var all = 0.0;
sums[0] = 0.0;
for (var k = 1u; k <= 64u; k++) {
all += sums[k];
sums[k] = all;
}
}
workgroupBarrier();
if (i >= params.rows * params.samples) { return; }
let total = sums[64];
if (l == 0u && !(total > 0.0)) {
report(params.command, row, bitcast<u32>(total), 2u);
chosen[i] = 0;
}
let u = f32(word(params.first * params.samples + i) >> 8u) * 0x1p-24f;
let goal = min(u * total, total * 0.9999999);
var at = sums[l];
if (goal < at || goal >= sums[l + 1u]) { return; }
var last = begin;
for (var c = begin; c < end; c++) {
let v = weight_at(row * params.cols + c);
if (v > 0.0) {
at += v;
last = c;
if (at > goal) { break; }
}
}
chosen[i] = i32(last);
}
@compute @workgroup_size(64)
fn races(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * 64u;
if (i >= params.rows * params.cols) { return; }
let v = weight_at(i);
let u = f32(word(params.first * params.cols + i) >> 8u) * 0x1p-24f + 0x1p-25f;
times[i] = select(3.4e38, min(-log4(vec4f(u)).x / v, 3.3e38), v > 0.0);
}
@compute @workgroup_size(64)
fn check(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * 64u;
if (i >= params.rows * params.samples) { return; }
let v = weights[i / params.samples * params.cols + u32(winners[i])];
if (!(v > 0.0)) { report(params.command, i, bitcast<u32>(v), 2u); }
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
  rnn: `alias T = f32;
override WG: u32 = 8u;
override Y: u32 = 1u;
override RELU: u32 = 0u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(7) var<storage, read> steps: array<vec4u>;
@group(0) @binding(2) var<storage, read> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> hs: array<vec4f>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd4(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f, sum: mat4x4f) -> mat4x4f {
return mat4x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]), madd(a, b3, sum[3]));
}
fn step_at(i: u32, dir: u32) -> vec4u {
if (p.packed == 1u) { return steps[dir * p.count + i]; }
let after = select(0u, p.batch, i + 1u < p.count);
if (((p.reverse >> dir) & 1u) == 0u) { return vec4u(i * p.batch, i * p.batch + after, p.batch, after); }
let at = (p.count - 1u - i) * p.batch;
return vec4u(at, at - after, p.batch, after);
}
fn back_step_at(i: u32, dir: u32) -> vec4u {
if (i < p.count) { return step_at(p.count - 1u - i, dir); }
let s = step_at(0u, dir);
return vec4u(0u, s.x, 0u, s.z);
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn keep_state(step: vec4u, dir: u32, r: u32, u0: u32, sum: mat4x4f) {
if (r >= step.z) { return; }
let at = state_after(step, dir, r) + u0;
h[at] = sum[0];
if (u0 + 1u < p.h4) { h[at + 1u] = sum[1]; }
if (u0 + 2u < p.h4) { h[at + 2u] = sum[2]; }
if (u0 + 3u < p.h4) { h[at + 3u] = sum[3]; }
}
fn forward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
let at0 = dir * p.sd + (step.x + min(row + 0u, step.z - 1u)) * h4;
let at1 = dir * p.sd + (step.x + min(row + 1u, step.z - 1u)) * h4;
let at2 = dir * p.sd + (step.x + min(row + 2u, step.z - 1u)) * h4;
let at3 = dir * p.sd + (step.x + min(row + 3u, step.z - 1u)) * h4;
let at4 = dir * p.sd + (step.x + min(row + 4u, step.z - 1u)) * h4;
let at5 = dir * p.sd + (step.x + min(row + 5u, step.z - 1u)) * h4;
let at6 = dir * p.sd + (step.x + min(row + 6u, step.z - 1u)) * h4;
let at7 = dir * p.sd + (step.x + min(row + 7u, step.z - 1u)) * h4;
let at8 = dir * p.sd + (step.x + min(row + 8u, step.z - 1u)) * h4;
let at9 = dir * p.sd + (step.x + min(row + 9u, step.z - 1u)) * h4;
let at10 = dir * p.sd + (step.x + min(row + 10u, step.z - 1u)) * h4;
let at11 = dir * p.sd + (step.x + min(row + 11u, step.z - 1u)) * h4;
let at12 = dir * p.sd + (step.x + min(row + 12u, step.z - 1u)) * h4;
let at13 = dir * p.sd + (step.x + min(row + 13u, step.z - 1u)) * h4;
let at14 = dir * p.sd + (step.x + min(row + 14u, step.z - 1u)) * h4;
let at15 = dir * p.sd + (step.x + min(row + 15u, step.z - 1u)) * h4;
let w0 = (dir * h4 + min(u0 + 0u, h4 - 1u)) * 4u * h4;
let w1 = (dir * h4 + min(u0 + 1u, h4 - 1u)) * 4u * h4;
let w2 = (dir * h4 + min(u0 + 2u, h4 - 1u)) * 4u * h4;
let w3 = (dir * h4 + min(u0 + 3u, h4 - 1u)) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let b2 = transpose(quad(w2 + k));
let b3 = transpose(quad(w3 + k));
s0 = madd4(h[at0 + k], b0, b1, b2, b3, s0);
s1 = madd4(h[at1 + k], b0, b1, b2, b3, s1);
s2 = madd4(h[at2 + k], b0, b1, b2, b3, s2);
s3 = madd4(h[at3 + k], b0, b1, b2, b3, s3);
s4 = madd4(h[at4 + k], b0, b1, b2, b3, s4);
s5 = madd4(h[at5 + k], b0, b1, b2, b3, s5);
s6 = madd4(h[at6 + k], b0, b1, b2, b3, s6);
s7 = madd4(h[at7 + k], b0, b1, b2, b3, s7);
s8 = madd4(h[at8 + k], b0, b1, b2, b3, s8);
s9 = madd4(h[at9 + k], b0, b1, b2, b3, s9);
s10 = madd4(h[at10 + k], b0, b1, b2, b3, s10);
s11 = madd4(h[at11 + k], b0, b1, b2, b3, s11);
s12 = madd4(h[at12 + k], b0, b1, b2, b3, s12);
s13 = madd4(h[at13 + k], b0, b1, b2, b3, s13);
s14 = madd4(h[at14 + k], b0, b1, b2, b3, s14);
s15 = madd4(h[at15 + k], b0, b1, b2, b3, s15);
}
keep_state(step, dir, row + 0u, u0, s0);
keep_state(step, dir, row + 1u, u0, s1);
keep_state(step, dir, row + 2u, u0, s2);
keep_state(step, dir, row + 3u, u0, s3);
keep_state(step, dir, row + 4u, u0, s4);
keep_state(step, dir, row + 5u, u0, s5);
keep_state(step, dir, row + 6u, u0, s6);
keep_state(step, dir, row + 7u, u0, s7);
keep_state(step, dir, row + 8u, u0, s8);
keep_state(step, dir, row + 9u, u0, s9);
keep_state(step, dir, row + 10u, u0, s10);
keep_state(step, dir, row + 11u, u0, s11);
keep_state(step, dir, row + 12u, u0, s12);
keep_state(step, dir, row + 13u, u0, s13);
keep_state(step, dir, row + 14u, u0, s14);
keep_state(step, dir, row + 15u, u0, s15);
for (var r = row; r < min(row + 16u, step.z); r++) {
for (var u = u0; u < min(u0 + 4u, h4); u++) {
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let to = state_after(step, dir, r) + u;
let x = vec4f(z[zr]) + h[to];
var out = select(x, vec4f(), x < vec4f());
if (RELU == 0u) { out = tanh4(x); }
h[to] = out;
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
}
fn keep(step: vec4u, dir: u32, r: u32, u0: u32, sum: mat4x4f) {
if (r >= step.w) { return; }
let at = (dir * p.batch + r) * p.h4 + u0;
dh[at] = sum[0];
if (u0 + 1u < p.h4) { dh[at + 1u] = sum[1]; }
if (u0 + 2u < p.h4) { dh[at + 2u] = sum[2]; }
if (u0 + 3u < p.h4) { dh[at + 3u] = sum[3]; }
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
if (row < step.w) {
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
let at0 = dir * p.gd + (step.y + min(row + 0u, step.w - 1u)) * p.zs;
let at1 = dir * p.gd + (step.y + min(row + 1u, step.w - 1u)) * p.zs;
let at2 = dir * p.gd + (step.y + min(row + 2u, step.w - 1u)) * p.zs;
let at3 = dir * p.gd + (step.y + min(row + 3u, step.w - 1u)) * p.zs;
let at4 = dir * p.gd + (step.y + min(row + 4u, step.w - 1u)) * p.zs;
let at5 = dir * p.gd + (step.y + min(row + 5u, step.w - 1u)) * p.zs;
let at6 = dir * p.gd + (step.y + min(row + 6u, step.w - 1u)) * p.zs;
let at7 = dir * p.gd + (step.y + min(row + 7u, step.w - 1u)) * p.zs;
let at8 = dir * p.gd + (step.y + min(row + 8u, step.w - 1u)) * p.zs;
let at9 = dir * p.gd + (step.y + min(row + 9u, step.w - 1u)) * p.zs;
let at10 = dir * p.gd + (step.y + min(row + 10u, step.w - 1u)) * p.zs;
let at11 = dir * p.gd + (step.y + min(row + 11u, step.w - 1u)) * p.zs;
let at12 = dir * p.gd + (step.y + min(row + 12u, step.w - 1u)) * p.zs;
let at13 = dir * p.gd + (step.y + min(row + 13u, step.w - 1u)) * p.zs;
let at14 = dir * p.gd + (step.y + min(row + 14u, step.w - 1u)) * p.zs;
let at15 = dir * p.gd + (step.y + min(row + 15u, step.w - 1u)) * p.zs;
let w0 = dir * 4u * h4 * h4 + min(u0 + 0u, h4 - 1u);
let w1 = dir * 4u * h4 * h4 + min(u0 + 1u, h4 - 1u);
let w2 = dir * 4u * h4 * h4 + min(u0 + 2u, h4 - 1u);
let w3 = dir * 4u * h4 * h4 + min(u0 + 3u, h4 - 1u);
for (var k = 0u; k < h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
let b1 = quad(w1 + 4u * k * h4);
let b2 = quad(w2 + 4u * k * h4);
let b3 = quad(w3 + 4u * k * h4);
s0 = madd4(dg[at0 + k], b0, b1, b2, b3, s0);
s1 = madd4(dg[at1 + k], b0, b1, b2, b3, s1);
s2 = madd4(dg[at2 + k], b0, b1, b2, b3, s2);
s3 = madd4(dg[at3 + k], b0, b1, b2, b3, s3);
s4 = madd4(dg[at4 + k], b0, b1, b2, b3, s4);
s5 = madd4(dg[at5 + k], b0, b1, b2, b3, s5);
s6 = madd4(dg[at6 + k], b0, b1, b2, b3, s6);
s7 = madd4(dg[at7 + k], b0, b1, b2, b3, s7);
s8 = madd4(dg[at8 + k], b0, b1, b2, b3, s8);
s9 = madd4(dg[at9 + k], b0, b1, b2, b3, s9);
s10 = madd4(dg[at10 + k], b0, b1, b2, b3, s10);
s11 = madd4(dg[at11 + k], b0, b1, b2, b3, s11);
s12 = madd4(dg[at12 + k], b0, b1, b2, b3, s12);
s13 = madd4(dg[at13 + k], b0, b1, b2, b3, s13);
s14 = madd4(dg[at14 + k], b0, b1, b2, b3, s14);
s15 = madd4(dg[at15 + k], b0, b1, b2, b3, s15);
}
keep(step, dir, row + 0u, u0, s0);
keep(step, dir, row + 1u, u0, s1);
keep(step, dir, row + 2u, u0, s2);
keep(step, dir, row + 3u, u0, s3);
keep(step, dir, row + 4u, u0, s4);
keep(step, dir, row + 5u, u0, s5);
keep(step, dir, row + 6u, u0, s6);
keep(step, dir, row + 7u, u0, s7);
keep(step, dir, row + 8u, u0, s8);
keep(step, dir, row + 9u, u0, s9);
keep(step, dir, row + 10u, u0, s10);
keep(step, dir, row + 11u, u0, s11);
keep(step, dir, row + 12u, u0, s12);
keep(step, dir, row + 13u, u0, s13);
keep(step, dir, row + 14u, u0, s14);
keep(step, dir, row + 15u, u0, s15);
}
for (var r = row; r < min(row + 16u, step.z); r++) {
for (var u = u0; u < min(u0 + 4u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
var dout = vec4f();
if (r < step.w || (p.given & 1u) != 0u) { dout = dh[state]; }
if (Y == 1u) { dout += vec4f(dy[(step.x + r) * p.ys + dir * p.yd + u]); }
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let to = state_after(step, dir, r) + u;
let v = hs[to];
var d = select(vec4f(), vec4f(1.0), v > vec4f());
if (RELU == 0u) { d = fma(-v, v, vec4f(1.0)); }
dg[gr] = dout * d;
}
}
}
@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = (p.h4 + 3u) / 4u;
let row = tile / units * 16u;
if (row < step.z) { forward(step, id.z, row, tile % units * 4u); }
}
@compute @workgroup_size(WG)
fn forward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = (p.h4 + 3u) / 4u;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 16u;
for (var i = p.first; i < p.end; i++) {
let step = step_at(i, group.z);
if (lane < tiles * units && row < step.z) { forward(step, group.z, row, lane % units * 4u); }
storageBarrier();
}
}
@compute @workgroup_size(WG)
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = (p.h4 + 3u) / 4u;
let row = tile / units * 16u;
if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units * 4u); }
}
@compute @workgroup_size(WG)
fn backward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = (p.h4 + 3u) / 4u;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 16u;
for (var i = p.first; i < p.end; i++) {
let step = back_step_at(i, group.z);
if (lane < tiles * units && row < max(step.z, step.w)) { backward(step, group.z, row, lane % units * 4u); }
storageBarrier();
}
}`,
  rnnPair: `alias T = f32;
override WG: u32 = 8u;
override Y: u32 = 1u;
override RELU: u32 = 0u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(8) var<storage, read> prev: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> next: array<vec4f>;
fn prev_at(i: u32) -> vec4f { return vec4f(prev[i]); }
fn next_put(i: u32, v: vec4f) { next[i] = v; }
fn dg_put(i: u32, v: vec4f) { dg[i] = v; }
fn dy_at(i: u32) -> vec4f { return vec4f(dy[i]); }
fn z_at(i: u32) -> vec4f { return vec4f(z[i]); }
fn hs_at(i: u32) -> vec4f { return vec4f(hs[i]); }
@group(0) @binding(2) var<storage, read> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> hs: array<vec4f>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd4(a: vec4f, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f, sum: mat4x4f) -> mat4x4f {
return mat4x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]), madd(a, b2, sum[2]), madd(a, b3, sum[3]));
}
fn either4(second: bool, a: mat4x4f, b: mat4x4f) -> mat4x4f {
return mat4x4f(select(a[0], b[0], second), select(a[1], b[1], second), select(a[2], b[2], second), select(a[3], b[3], second));
}
fn pick4x4(i: u32, x0: mat4x4f, x1: mat4x4f, x2: mat4x4f, x3: mat4x4f) -> mat4x4f {
return either4((i & 2u) != 0u, either4((i & 1u) != 0u, x0, x1), either4((i & 1u) != 0u, x2, x3));
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn forward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
let at0 = (dir * p.batch + min(row + 0u, step.z - 1u)) * h4;
let at1 = (dir * p.batch + min(row + 1u, step.z - 1u)) * h4;
let at2 = (dir * p.batch + min(row + 2u, step.z - 1u)) * h4;
let at3 = (dir * p.batch + min(row + 3u, step.z - 1u)) * h4;
let at4 = (dir * p.batch + min(row + 4u, step.z - 1u)) * h4;
let at5 = (dir * p.batch + min(row + 5u, step.z - 1u)) * h4;
let at6 = (dir * p.batch + min(row + 6u, step.z - 1u)) * h4;
let at7 = (dir * p.batch + min(row + 7u, step.z - 1u)) * h4;
let at8 = (dir * p.batch + min(row + 8u, step.z - 1u)) * h4;
let at9 = (dir * p.batch + min(row + 9u, step.z - 1u)) * h4;
let at10 = (dir * p.batch + min(row + 10u, step.z - 1u)) * h4;
let at11 = (dir * p.batch + min(row + 11u, step.z - 1u)) * h4;
let at12 = (dir * p.batch + min(row + 12u, step.z - 1u)) * h4;
let at13 = (dir * p.batch + min(row + 13u, step.z - 1u)) * h4;
let at14 = (dir * p.batch + min(row + 14u, step.z - 1u)) * h4;
let at15 = (dir * p.batch + min(row + 15u, step.z - 1u)) * h4;
let w0 = (dir * h4 + min(u0 + 0u, h4 - 1u)) * 4u * h4;
let w1 = (dir * h4 + min(u0 + 1u, h4 - 1u)) * 4u * h4;
let w2 = (dir * h4 + min(u0 + 2u, h4 - 1u)) * 4u * h4;
let w3 = (dir * h4 + min(u0 + 3u, h4 - 1u)) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let b2 = transpose(quad(w2 + k));
let b3 = transpose(quad(w3 + k));
s0 = madd4(prev_at(at0 + k), b0, b1, b2, b3, s0);
s1 = madd4(prev_at(at1 + k), b0, b1, b2, b3, s1);
s2 = madd4(prev_at(at2 + k), b0, b1, b2, b3, s2);
s3 = madd4(prev_at(at3 + k), b0, b1, b2, b3, s3);
s4 = madd4(prev_at(at4 + k), b0, b1, b2, b3, s4);
s5 = madd4(prev_at(at5 + k), b0, b1, b2, b3, s5);
s6 = madd4(prev_at(at6 + k), b0, b1, b2, b3, s6);
s7 = madd4(prev_at(at7 + k), b0, b1, b2, b3, s7);
s8 = madd4(prev_at(at8 + k), b0, b1, b2, b3, s8);
s9 = madd4(prev_at(at9 + k), b0, b1, b2, b3, s9);
s10 = madd4(prev_at(at10 + k), b0, b1, b2, b3, s10);
s11 = madd4(prev_at(at11 + k), b0, b1, b2, b3, s11);
s12 = madd4(prev_at(at12 + k), b0, b1, b2, b3, s12);
s13 = madd4(prev_at(at13 + k), b0, b1, b2, b3, s13);
s14 = madd4(prev_at(at14 + k), b0, b1, b2, b3, s14);
s15 = madd4(prev_at(at15 + k), b0, b1, b2, b3, s15);
}
for (var four = 0u; four < 4u; four++) {
let row4 = row + 4u * four;
let t0 = pick4x4(four, s0, s4, s8, s12);
let t1 = pick4x4(four, s1, s5, s9, s13);
let t2 = pick4x4(four, s2, s6, s10, s14);
let t3 = pick4x4(four, s3, s7, s11, s15);
for (var r = row4; r < min(row4 + 4u, step.z); r++) {
let picked = pick4x4(r - row4, t0, t1, t2, t3);
for (var u = u0; u < min(u0 + 4u, h4); u++) {
let sum = select(select(picked[0], picked[1], ((u - u0) & 1u) != 0u), select(picked[2], picked[3], ((u - u0) & 1u) != 0u), ((u - u0) & 2u) != 0u);
let own = (dir * p.batch + r) * h4 + u;
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let to = state_after(step, dir, r) + u;
let x = z_at(zr) + sum;
var out = select(x, vec4f(), x < vec4f());
if (RELU == 0u) { out = tanh4(x); }
h[to] = out;
next_put(own, out);
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
}
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
var s0 = mat4x4f();
var s1 = mat4x4f();
var s2 = mat4x4f();
var s3 = mat4x4f();
var s4 = mat4x4f();
var s5 = mat4x4f();
var s6 = mat4x4f();
var s7 = mat4x4f();
var s8 = mat4x4f();
var s9 = mat4x4f();
var s10 = mat4x4f();
var s11 = mat4x4f();
var s12 = mat4x4f();
var s13 = mat4x4f();
var s14 = mat4x4f();
var s15 = mat4x4f();
if (row < step.w) {
let at0 = (dir * p.batch + min(row + 0u, step.w - 1u)) * p.zs;
let at1 = (dir * p.batch + min(row + 1u, step.w - 1u)) * p.zs;
let at2 = (dir * p.batch + min(row + 2u, step.w - 1u)) * p.zs;
let at3 = (dir * p.batch + min(row + 3u, step.w - 1u)) * p.zs;
let at4 = (dir * p.batch + min(row + 4u, step.w - 1u)) * p.zs;
let at5 = (dir * p.batch + min(row + 5u, step.w - 1u)) * p.zs;
let at6 = (dir * p.batch + min(row + 6u, step.w - 1u)) * p.zs;
let at7 = (dir * p.batch + min(row + 7u, step.w - 1u)) * p.zs;
let at8 = (dir * p.batch + min(row + 8u, step.w - 1u)) * p.zs;
let at9 = (dir * p.batch + min(row + 9u, step.w - 1u)) * p.zs;
let at10 = (dir * p.batch + min(row + 10u, step.w - 1u)) * p.zs;
let at11 = (dir * p.batch + min(row + 11u, step.w - 1u)) * p.zs;
let at12 = (dir * p.batch + min(row + 12u, step.w - 1u)) * p.zs;
let at13 = (dir * p.batch + min(row + 13u, step.w - 1u)) * p.zs;
let at14 = (dir * p.batch + min(row + 14u, step.w - 1u)) * p.zs;
let at15 = (dir * p.batch + min(row + 15u, step.w - 1u)) * p.zs;
let w0 = dir * 4u * h4 * h4 + min(u0 + 0u, h4 - 1u);
let w1 = dir * 4u * h4 * h4 + min(u0 + 1u, h4 - 1u);
let w2 = dir * 4u * h4 * h4 + min(u0 + 2u, h4 - 1u);
let w3 = dir * 4u * h4 * h4 + min(u0 + 3u, h4 - 1u);
for (var k = 0u; k < h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
let b1 = quad(w1 + 4u * k * h4);
let b2 = quad(w2 + 4u * k * h4);
let b3 = quad(w3 + 4u * k * h4);
s0 = madd4(prev_at(at0 + k), b0, b1, b2, b3, s0);
s1 = madd4(prev_at(at1 + k), b0, b1, b2, b3, s1);
s2 = madd4(prev_at(at2 + k), b0, b1, b2, b3, s2);
s3 = madd4(prev_at(at3 + k), b0, b1, b2, b3, s3);
s4 = madd4(prev_at(at4 + k), b0, b1, b2, b3, s4);
s5 = madd4(prev_at(at5 + k), b0, b1, b2, b3, s5);
s6 = madd4(prev_at(at6 + k), b0, b1, b2, b3, s6);
s7 = madd4(prev_at(at7 + k), b0, b1, b2, b3, s7);
s8 = madd4(prev_at(at8 + k), b0, b1, b2, b3, s8);
s9 = madd4(prev_at(at9 + k), b0, b1, b2, b3, s9);
s10 = madd4(prev_at(at10 + k), b0, b1, b2, b3, s10);
s11 = madd4(prev_at(at11 + k), b0, b1, b2, b3, s11);
s12 = madd4(prev_at(at12 + k), b0, b1, b2, b3, s12);
s13 = madd4(prev_at(at13 + k), b0, b1, b2, b3, s13);
s14 = madd4(prev_at(at14 + k), b0, b1, b2, b3, s14);
s15 = madd4(prev_at(at15 + k), b0, b1, b2, b3, s15);
}
}
for (var four = 0u; four < 4u; four++) {
let row4 = row + 4u * four;
let t0 = pick4x4(four, s0, s4, s8, s12);
let t1 = pick4x4(four, s1, s5, s9, s13);
let t2 = pick4x4(four, s2, s6, s10, s14);
let t3 = pick4x4(four, s3, s7, s11, s15);
for (var r = row4; r < min(row4 + 4u, max(step.z, step.w)); r++) {
let picked = pick4x4(r - row4, t0, t1, t2, t3);
for (var u = u0; u < min(u0 + 4u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
let back = select(select(picked[0], picked[1], ((u - u0) & 1u) != 0u), select(picked[2], picked[3], ((u - u0) & 1u) != 0u), ((u - u0) & 2u) != 0u);
var dout = vec4f();
if (r < step.w) {
dout = back;
} else if ((p.given & 1u) != 0u) {
dout = dh[state];
}
if (r >= step.z) {
dh[state] = dout;
continue;
}
if (Y == 1u) { dout += dy_at((step.x + r) * p.ys + dir * p.yd + u); }
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let to = state_after(step, dir, r) + u;
let nr = (dir * p.batch + r) * p.zs + u;
let v = hs_at(to);
var d = select(vec4f(), vec4f(1.0), v > vec4f());
if (RELU == 0u) { d = fma(-v, v, vec4f(1.0)); }
let g1 = dout * d;
dg_put(gr, g1);
next_put(nr, g1);
}
}
}
}
@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = (p.h4 + 3u) / 4u;
let row = tile / units * 16u;
if (row < step.z) { forward(step, id.z, row, tile % units * 4u); }
}
@compute @workgroup_size(WG)
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = (p.h4 + 3u) / 4u;
let row = tile / units * 16u;
if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units * 4u); }
}`,
  rnnSmall: `alias T = f32;
override WG: u32 = 64u;
override Y: u32 = 1u;
override RELU: u32 = 0u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(7) var<storage, read> steps: array<vec4u>;
@group(0) @binding(2) var<storage, read> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> hs: array<vec4f>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn step_at(i: u32, dir: u32) -> vec4u {
if (p.packed == 1u) { return steps[dir * p.count + i]; }
let after = select(0u, p.batch, i + 1u < p.count);
if (((p.reverse >> dir) & 1u) == 0u) { return vec4u(i * p.batch, i * p.batch + after, p.batch, after); }
let at = (p.count - 1u - i) * p.batch;
return vec4u(at, at - after, p.batch, after);
}
fn back_step_at(i: u32, dir: u32) -> vec4u {
if (i < p.count) { return step_at(p.count - 1u - i, dir); }
let s = step_at(0u, dir);
return vec4u(0u, s.x, 0u, s.z);
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn keep_state(step: vec4u, dir: u32, r: u32, u0: u32, sum: vec4f) {
if (r >= step.z) { return; }
let at = state_after(step, dir, r) + u0;
h[at] = sum;
}
fn forward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
var s0 = vec4f();
var s1 = vec4f();
var s2 = vec4f();
var s3 = vec4f();
let at0 = dir * p.sd + (step.x + min(row + 0u, step.z - 1u)) * h4;
let at1 = dir * p.sd + (step.x + min(row + 1u, step.z - 1u)) * h4;
let at2 = dir * p.sd + (step.x + min(row + 2u, step.z - 1u)) * h4;
let at3 = dir * p.sd + (step.x + min(row + 3u, step.z - 1u)) * h4;
let w0 = (dir * h4 + min(u0 + 0u, h4 - 1u)) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
s0 = madd(h[at0 + k], b0, s0);
s1 = madd(h[at1 + k], b0, s1);
s2 = madd(h[at2 + k], b0, s2);
s3 = madd(h[at3 + k], b0, s3);
}
keep_state(step, dir, row + 0u, u0, s0);
keep_state(step, dir, row + 1u, u0, s1);
keep_state(step, dir, row + 2u, u0, s2);
keep_state(step, dir, row + 3u, u0, s3);
for (var r = row; r < min(row + 4u, step.z); r++) {
for (var u = u0; u < min(u0 + 1u, h4); u++) {
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let to = state_after(step, dir, r) + u;
let x = vec4f(z[zr]) + h[to];
var out = select(x, vec4f(), x < vec4f());
if (RELU == 0u) { out = tanh4(x); }
h[to] = out;
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
}
fn keep(step: vec4u, dir: u32, r: u32, u0: u32, sum: vec4f) {
if (r >= step.w) { return; }
let at = (dir * p.batch + r) * p.h4 + u0;
dh[at] = sum;
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32) {
let h4 = p.h4;
if (row < step.w) {
var s0 = vec4f();
var s1 = vec4f();
var s2 = vec4f();
var s3 = vec4f();
let at0 = dir * p.gd + (step.y + min(row + 0u, step.w - 1u)) * p.zs;
let at1 = dir * p.gd + (step.y + min(row + 1u, step.w - 1u)) * p.zs;
let at2 = dir * p.gd + (step.y + min(row + 2u, step.w - 1u)) * p.zs;
let at3 = dir * p.gd + (step.y + min(row + 3u, step.w - 1u)) * p.zs;
let w0 = dir * 4u * h4 * h4 + min(u0 + 0u, h4 - 1u);
for (var k = 0u; k < h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
s0 = madd(dg[at0 + k], b0, s0);
s1 = madd(dg[at1 + k], b0, s1);
s2 = madd(dg[at2 + k], b0, s2);
s3 = madd(dg[at3 + k], b0, s3);
}
keep(step, dir, row + 0u, u0, s0);
keep(step, dir, row + 1u, u0, s1);
keep(step, dir, row + 2u, u0, s2);
keep(step, dir, row + 3u, u0, s3);
}
for (var r = row; r < min(row + 4u, step.z); r++) {
for (var u = u0; u < min(u0 + 1u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
var dout = vec4f();
if (r < step.w || (p.given & 1u) != 0u) { dout = dh[state]; }
if (Y == 1u) { dout += vec4f(dy[(step.x + r) * p.ys + dir * p.yd + u]); }
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let to = state_after(step, dir, r) + u;
let v = hs[to];
var d = select(vec4f(), vec4f(1.0), v > vec4f());
if (RELU == 0u) { d = fma(-v, v, vec4f(1.0)); }
dg[gr] = dout * d;
}
}
}
@compute @workgroup_size(WG)
fn forward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = p.h4;
let row = tile / units * 4u;
if (row < step.z) { forward(step, id.z, row, tile % units); }
}
@compute @workgroup_size(WG)
fn forward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = p.h4;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 4u;
for (var i = p.first; i < p.end; i++) {
let step = step_at(i, group.z);
if (lane < tiles * units && row < step.z) { forward(step, group.z, row, lane % units); }
storageBarrier();
}
}
@compute @workgroup_size(WG)
fn backward_step(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let step = p.rows[id.z];
let tile = id.x + id.y * groups.x * WG;
let units = p.h4;
let row = tile / units * 4u;
if (row < max(step.z, step.w)) { backward(step, id.z, row, tile % units); }
}
@compute @workgroup_size(WG)
fn backward_loop(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let units = p.h4;
let tiles = WG / units;
let row = (group.x * tiles + lane / units) * 4u;
for (var i = p.first; i < p.end; i++) {
let step = back_step_at(i, group.z);
if (lane < tiles * units && row < max(step.z, step.w)) { backward(step, group.z, row, lane % units); }
storageBarrier();
}
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
}
struct Final {
n: u32,
units: u32,
batch: u32,
h4: u32,
sd: u32,
final_row: u32,
}
@group(0) @binding(0) var<uniform> q: Final;
@group(0) @binding(1) var<storage, read> hs: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> hn: array<f32>;
@group(0) @binding(3) var<storage, read> cs: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> cn: array<f32>;
fn last(i: u32) -> vec2u {
let row = i / q.units;
let unit = i % q.units;
return vec2u(row / q.batch * q.sd + (q.final_row + row % q.batch) * q.h4 + unit / 4u, unit % 4u);
}
@compute @workgroup_size(WG)
fn finish(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = id.x + id.y * groups.x * WG;
if (i >= q.n) { return; }
let at = last(i);
hn[i] = hs[at.x][at.y];
}
@compute @workgroup_size(WG)
fn finish_pair(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = id.x + id.y * groups.x * WG;
if (i >= q.n) { return; }
let at = last(i);
hn[i] = hs[at.x][at.y];
cn[i] = cs[at.x][at.y];
}
struct Bias {
columns: u32,
rows: u32,
each: u32,
chunks: u32,
start: u32,
gd: u32,
sd: u32,
}
@group(0) @binding(0) var<uniform> b: Bias;
@group(0) @binding(1) var<storage, read> dg: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;
fn dg_at(i: u32) -> vec4f { return vec4f(dg[i]); }
@compute @workgroup_size(WG)
fn bias(@builtin(global_invocation_id) id: vec3u) {
let column = id.x % b.columns;
let chunk = id.x / b.columns;
if (chunk >= b.chunks) { return; }
let first = b.start + id.z * b.gd + column;
var sum = vec4f();
for (var r = chunk * b.each; r < min((chunk + 1u) * b.each, b.rows); r++) { sum += dg_at(first + r * b.columns); }
sums[id.z * b.sd + chunk * b.columns + column] = sum;
}`,
  rnnWide: `alias T = f32;
override WG: u32 = 8u;
override Y: u32 = 1u;
override RELU: u32 = 0u;
struct Params {
h4: u32,
batch: u32,
dirs: u32,
zs: u32,
zd: u32,
gd: u32,
hidden: u32,
sd: u32,
final_row: u32,
ys: u32,
yd: u32,
given: u32,
reverse: u32,
packed: u32,
count: u32,
first: u32,
end: u32,
rows: array<vec4u, 2>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<T>>;
@group(0) @binding(8) var<storage, read> prev: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> next: array<vec4f>;
fn prev_at(i: u32) -> vec4f { return vec4f(prev[i]); }
fn next_put(i: u32, v: vec4f) { next[i] = v; }
fn dg_put(i: u32, v: vec4f) { dg[i] = v; }
fn dy_at(i: u32) -> vec4f { return vec4f(dy[i]); }
fn z_at(i: u32) -> vec4f { return vec4f(z[i]); }
fn hs_at(i: u32) -> vec4f { return vec4f(hs[i]); }
@group(0) @binding(2) var<storage, read> z: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> hs: array<vec4f>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(5) var<storage, read_write> dg: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dh: array<vec4f>;
fn tanh4(x: vec4f) -> vec4f {
let e = exp(2.0 * select(x, vec4f(20.0), x > vec4f(20.0)));
let far = fma(vec4f(-2.0), 1.0 / (1.0 + e), vec4f(1.0));
let s = x * x;
let p = fma(s, fma(s, fma(s, fma(s, vec4f(-5.70498872745e-3), vec4f(2.06390887954e-2)), vec4f(-5.37397155531e-2)),
vec4f(1.33314422036e-1)), vec4f(-3.33332819422e-1));
return select(far, fma(x * s, p, x), abs(x) < vec4f(0.625));
}
fn w_at(i: u32) -> vec4f { return vec4f(w[i]); }
fn quad(at: u32) -> mat4x4f {
return mat4x4f(w_at(at), w_at(at + p.h4), w_at(at + 2u * p.h4), w_at(at + 3u * p.h4));
}
fn madd(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}
fn madd2(a: vec4f, b0: mat4x4f, b1: mat4x4f, sum: mat2x4f) -> mat2x4f {
return mat2x4f(madd(a, b0, sum[0]), madd(a, b1, sum[1]));
}
fn either2(second: bool, a: mat2x4f, b: mat2x4f) -> mat2x4f {
return mat2x4f(select(a[0], b[0], second), select(a[1], b[1], second));
}
fn pick4x2(i: u32, x0: mat2x4f, x1: mat2x4f, x2: mat2x4f, x3: mat2x4f) -> mat2x4f {
return either2((i & 2u) != 0u, either2((i & 1u) != 0u, x0, x1), either2((i & 1u) != 0u, x2, x3));
}
fn pick8x2(i: u32, x0: mat2x4f, x1: mat2x4f, x2: mat2x4f, x3: mat2x4f, x4: mat2x4f, x5: mat2x4f, x6: mat2x4f, x7: mat2x4f) -> mat2x4f {
return either2((i & 4u) != 0u, either2((i & 2u) != 0u, either2((i & 1u) != 0u, x0, x1), either2((i & 1u) != 0u, x2, x3)), either2((i & 2u) != 0u, either2((i & 1u) != 0u, x4, x5), either2((i & 1u) != 0u, x6, x7)));
}
fn state_after(step: vec4u, dir: u32, r: u32) -> u32 {
return dir * p.sd + (r + select(p.final_row, step.y, r < step.w)) * p.h4;
}
fn forward(step: vec4u, dir: u32, row: u32, u0: u32, me: u32, live: bool) {
let h4 = p.h4;
var s0 = mat2x4f();
var s1 = mat2x4f();
var s2 = mat2x4f();
var s3 = mat2x4f();
var s4 = mat2x4f();
var s5 = mat2x4f();
var s6 = mat2x4f();
var s7 = mat2x4f();
var s8 = mat2x4f();
var s9 = mat2x4f();
var s10 = mat2x4f();
var s11 = mat2x4f();
var s12 = mat2x4f();
var s13 = mat2x4f();
var s14 = mat2x4f();
var s15 = mat2x4f();
var s16 = mat2x4f();
var s17 = mat2x4f();
var s18 = mat2x4f();
var s19 = mat2x4f();
var s20 = mat2x4f();
var s21 = mat2x4f();
var s22 = mat2x4f();
var s23 = mat2x4f();
var s24 = mat2x4f();
var s25 = mat2x4f();
var s26 = mat2x4f();
var s27 = mat2x4f();
var s28 = mat2x4f();
var s29 = mat2x4f();
var s30 = mat2x4f();
var s31 = mat2x4f();
let at0 = (dir * p.batch + min(row + 4u * me + 0u, step.z - 1u)) * h4;
let at1 = (dir * p.batch + min(row + 4u * me + 1u, step.z - 1u)) * h4;
let at2 = (dir * p.batch + min(row + 4u * me + 2u, step.z - 1u)) * h4;
let at3 = (dir * p.batch + min(row + 4u * me + 3u, step.z - 1u)) * h4;
let w0 = (dir * h4 + min(u0 + 0u, h4 - 1u)) * 4u * h4;
let w1 = (dir * h4 + min(u0 + 1u, h4 - 1u)) * 4u * h4;
for (var k = 0u; k < h4; k++) {
let b0 = transpose(quad(w0 + k));
let b1 = transpose(quad(w1 + k));
let mine = mat4x4f(prev_at(at0 + k), prev_at(at1 + k), prev_at(at2 + k), prev_at(at3 + k));
s0 = madd2(subgroupBroadcast(mine[0], 0u), b0, b1, s0);
s1 = madd2(subgroupBroadcast(mine[1], 0u), b0, b1, s1);
s2 = madd2(subgroupBroadcast(mine[2], 0u), b0, b1, s2);
s3 = madd2(subgroupBroadcast(mine[3], 0u), b0, b1, s3);
s4 = madd2(subgroupBroadcast(mine[0], 1u), b0, b1, s4);
s5 = madd2(subgroupBroadcast(mine[1], 1u), b0, b1, s5);
s6 = madd2(subgroupBroadcast(mine[2], 1u), b0, b1, s6);
s7 = madd2(subgroupBroadcast(mine[3], 1u), b0, b1, s7);
s8 = madd2(subgroupBroadcast(mine[0], 2u), b0, b1, s8);
s9 = madd2(subgroupBroadcast(mine[1], 2u), b0, b1, s9);
s10 = madd2(subgroupBroadcast(mine[2], 2u), b0, b1, s10);
s11 = madd2(subgroupBroadcast(mine[3], 2u), b0, b1, s11);
s12 = madd2(subgroupBroadcast(mine[0], 3u), b0, b1, s12);
s13 = madd2(subgroupBroadcast(mine[1], 3u), b0, b1, s13);
s14 = madd2(subgroupBroadcast(mine[2], 3u), b0, b1, s14);
s15 = madd2(subgroupBroadcast(mine[3], 3u), b0, b1, s15);
s16 = madd2(subgroupBroadcast(mine[0], 4u), b0, b1, s16);
s17 = madd2(subgroupBroadcast(mine[1], 4u), b0, b1, s17);
s18 = madd2(subgroupBroadcast(mine[2], 4u), b0, b1, s18);
s19 = madd2(subgroupBroadcast(mine[3], 4u), b0, b1, s19);
s20 = madd2(subgroupBroadcast(mine[0], 5u), b0, b1, s20);
s21 = madd2(subgroupBroadcast(mine[1], 5u), b0, b1, s21);
s22 = madd2(subgroupBroadcast(mine[2], 5u), b0, b1, s22);
s23 = madd2(subgroupBroadcast(mine[3], 5u), b0, b1, s23);
s24 = madd2(subgroupBroadcast(mine[0], 6u), b0, b1, s24);
s25 = madd2(subgroupBroadcast(mine[1], 6u), b0, b1, s25);
s26 = madd2(subgroupBroadcast(mine[2], 6u), b0, b1, s26);
s27 = madd2(subgroupBroadcast(mine[3], 6u), b0, b1, s27);
s28 = madd2(subgroupBroadcast(mine[0], 7u), b0, b1, s28);
s29 = madd2(subgroupBroadcast(mine[1], 7u), b0, b1, s29);
s30 = madd2(subgroupBroadcast(mine[2], 7u), b0, b1, s30);
s31 = madd2(subgroupBroadcast(mine[3], 7u), b0, b1, s31);
}
for (var four = 0u; four < 8u; four++) {
let row4 = row + 4u * four;
let t0 = pick8x2(four, s0, s4, s8, s12, s16, s20, s24, s28);
let t1 = pick8x2(four, s1, s5, s9, s13, s17, s21, s25, s29);
let t2 = pick8x2(four, s2, s6, s10, s14, s18, s22, s26, s30);
let t3 = pick8x2(four, s3, s7, s11, s15, s19, s23, s27, s31);
for (var r = row4; r < select(0u, min(row4 + 4u, step.z), live); r++) {
let picked = pick4x2(r - row4, t0, t1, t2, t3);
for (var u = u0; u < min(u0 + 2u, h4); u++) {
let sum = select(picked[0], picked[1], ((u - u0) & 1u) != 0u);
let own = (dir * p.batch + r) * h4 + u;
let zr = dir * p.zd + (step.x + r) * p.zs + u;
let to = state_after(step, dir, r) + u;
let x = z_at(zr) + sum;
var out = select(x, vec4f(), x < vec4f());
if (RELU == 0u) { out = tanh4(x); }
h[to] = out;
next_put(own, out);
if (Y == 1u) { y[(step.x + r) * p.ys + dir * p.yd + u] = vec4<T>(out); }
}
}
}
}
fn backward(step: vec4u, dir: u32, row: u32, u0: u32, me: u32, live: bool) {
let h4 = p.h4;
var s0 = mat2x4f();
var s1 = mat2x4f();
var s2 = mat2x4f();
var s3 = mat2x4f();
var s4 = mat2x4f();
var s5 = mat2x4f();
var s6 = mat2x4f();
var s7 = mat2x4f();
var s8 = mat2x4f();
var s9 = mat2x4f();
var s10 = mat2x4f();
var s11 = mat2x4f();
var s12 = mat2x4f();
var s13 = mat2x4f();
var s14 = mat2x4f();
var s15 = mat2x4f();
var s16 = mat2x4f();
var s17 = mat2x4f();
var s18 = mat2x4f();
var s19 = mat2x4f();
var s20 = mat2x4f();
var s21 = mat2x4f();
var s22 = mat2x4f();
var s23 = mat2x4f();
var s24 = mat2x4f();
var s25 = mat2x4f();
var s26 = mat2x4f();
var s27 = mat2x4f();
var s28 = mat2x4f();
var s29 = mat2x4f();
var s30 = mat2x4f();
var s31 = mat2x4f();
if (row < step.w) {
let at0 = (dir * p.batch + min(row + 4u * me + 0u, step.w - 1u)) * p.zs;
let at1 = (dir * p.batch + min(row + 4u * me + 1u, step.w - 1u)) * p.zs;
let at2 = (dir * p.batch + min(row + 4u * me + 2u, step.w - 1u)) * p.zs;
let at3 = (dir * p.batch + min(row + 4u * me + 3u, step.w - 1u)) * p.zs;
let w0 = dir * 4u * h4 * h4 + min(u0 + 0u, h4 - 1u);
let w1 = dir * 4u * h4 * h4 + min(u0 + 1u, h4 - 1u);
for (var k = 0u; k < h4; k++) {
let b0 = quad(w0 + 4u * k * h4);
let b1 = quad(w1 + 4u * k * h4);
let mine = mat4x4f(prev_at(at0 + k), prev_at(at1 + k), prev_at(at2 + k), prev_at(at3 + k));
s0 = madd2(subgroupBroadcast(mine[0], 0u), b0, b1, s0);
s1 = madd2(subgroupBroadcast(mine[1], 0u), b0, b1, s1);
s2 = madd2(subgroupBroadcast(mine[2], 0u), b0, b1, s2);
s3 = madd2(subgroupBroadcast(mine[3], 0u), b0, b1, s3);
s4 = madd2(subgroupBroadcast(mine[0], 1u), b0, b1, s4);
s5 = madd2(subgroupBroadcast(mine[1], 1u), b0, b1, s5);
s6 = madd2(subgroupBroadcast(mine[2], 1u), b0, b1, s6);
s7 = madd2(subgroupBroadcast(mine[3], 1u), b0, b1, s7);
s8 = madd2(subgroupBroadcast(mine[0], 2u), b0, b1, s8);
s9 = madd2(subgroupBroadcast(mine[1], 2u), b0, b1, s9);
s10 = madd2(subgroupBroadcast(mine[2], 2u), b0, b1, s10);
s11 = madd2(subgroupBroadcast(mine[3], 2u), b0, b1, s11);
s12 = madd2(subgroupBroadcast(mine[0], 3u), b0, b1, s12);
s13 = madd2(subgroupBroadcast(mine[1], 3u), b0, b1, s13);
s14 = madd2(subgroupBroadcast(mine[2], 3u), b0, b1, s14);
s15 = madd2(subgroupBroadcast(mine[3], 3u), b0, b1, s15);
s16 = madd2(subgroupBroadcast(mine[0], 4u), b0, b1, s16);
s17 = madd2(subgroupBroadcast(mine[1], 4u), b0, b1, s17);
s18 = madd2(subgroupBroadcast(mine[2], 4u), b0, b1, s18);
s19 = madd2(subgroupBroadcast(mine[3], 4u), b0, b1, s19);
s20 = madd2(subgroupBroadcast(mine[0], 5u), b0, b1, s20);
s21 = madd2(subgroupBroadcast(mine[1], 5u), b0, b1, s21);
s22 = madd2(subgroupBroadcast(mine[2], 5u), b0, b1, s22);
s23 = madd2(subgroupBroadcast(mine[3], 5u), b0, b1, s23);
s24 = madd2(subgroupBroadcast(mine[0], 6u), b0, b1, s24);
s25 = madd2(subgroupBroadcast(mine[1], 6u), b0, b1, s25);
s26 = madd2(subgroupBroadcast(mine[2], 6u), b0, b1, s26);
s27 = madd2(subgroupBroadcast(mine[3], 6u), b0, b1, s27);
s28 = madd2(subgroupBroadcast(mine[0], 7u), b0, b1, s28);
s29 = madd2(subgroupBroadcast(mine[1], 7u), b0, b1, s29);
s30 = madd2(subgroupBroadcast(mine[2], 7u), b0, b1, s30);
s31 = madd2(subgroupBroadcast(mine[3], 7u), b0, b1, s31);
}
}
for (var four = 0u; four < 8u; four++) {
let row4 = row + 4u * four;
let t0 = pick8x2(four, s0, s4, s8, s12, s16, s20, s24, s28);
let t1 = pick8x2(four, s1, s5, s9, s13, s17, s21, s25, s29);
let t2 = pick8x2(four, s2, s6, s10, s14, s18, s22, s26, s30);
let t3 = pick8x2(four, s3, s7, s11, s15, s19, s23, s27, s31);
for (var r = row4; r < select(0u, min(row4 + 4u, max(step.z, step.w)), live); r++) {
let picked = pick4x2(r - row4, t0, t1, t2, t3);
for (var u = u0; u < min(u0 + 2u, h4); u++) {
let state = (dir * p.batch + r) * h4 + u;
let back = select(picked[0], picked[1], ((u - u0) & 1u) != 0u);
var dout = vec4f();
if (r < step.w) {
dout = back;
} else if ((p.given & 1u) != 0u) {
dout = dh[state];
}
if (r >= step.z) {
dh[state] = dout;
continue;
}
if (Y == 1u) { dout += dy_at((step.x + r) * p.ys + dir * p.yd + u); }
let gr = dir * p.gd + (step.x + r) * p.zs + u;
let to = state_after(step, dir, r) + u;
let nr = (dir * p.batch + r) * p.zs + u;
let v = hs_at(to);
var d = select(vec4f(), vec4f(1.0), v > vec4f());
if (RELU == 0u) { d = fma(-v, v, vec4f(1.0)); }
let g1 = dout * d;
dg_put(gr, g1);
next_put(nr, g1);
}
}
}
}
@compute @workgroup_size(WG)
fn forward_step(
@builtin(workgroup_id) group: vec3u,
@builtin(num_workgroups) groups: vec3u,
@builtin(local_invocation_index) me: u32,
) {
let step = p.rows[group.z];
let tile = group.x + group.y * groups.x;
let units = (p.h4 + 1u) / 2u;
let across = (units + WG - 1u) / WG;
let row = tile / across * 32u;
let unit = tile % across * WG + me;
if (row < step.z) { forward(step, group.z, row, min(unit, units - 1u) * 2u, me, unit < units); }
}
@compute @workgroup_size(WG)
fn backward_step(
@builtin(workgroup_id) group: vec3u,
@builtin(num_workgroups) groups: vec3u,
@builtin(local_invocation_index) me: u32,
) {
let step = p.rows[group.z];
let tile = group.x + group.y * groups.x;
let units = (p.h4 + 1u) / 2u;
let across = (units + WG - 1u) / WG;
let row = tile / across * 32u;
let unit = tile % across * WG + me;
if (row < max(step.z, step.w)) { backward(step, group.z, row, min(unit, units - 1u) * 2u, me, unit < units); }
}`,
  scan: `alias T = f32;
struct Params { items: u32, length: u32, inner: u32, chunks: u32, x_start: u32, out_start: u32, carry_start: u32 }
override REVERSE: u32 = 0u;
override WG: u32 = 64u;
const CHUNK = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> out: array<T>;
@group(0) @binding(3) var<storage, read> carry: array<T>;
struct Place { base: u32, first: u32, end: u32, chunk: u32 }
fn place(i: u32) -> Place {
let item = i / params.inner;
let chunk = item % params.chunks;
let base = item / params.chunks * params.length * params.inner + i % params.inner;
return Place(base, chunk * CHUNK, min(chunk * CHUNK + CHUNK, params.length), chunk);
}
fn element(k: u32) -> u32 { return select(k, params.length - 1u - k, REVERSE == 1u) * params.inner; }
@compute @workgroup_size(WG)
fn totals(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.items) { return; }
let p = place(i);
var sum = T(0);
for (var k = p.first; k < p.end; k++) { sum += x[params.x_start + p.base + element(k)]; }
out[params.out_start + i] = sum;
}
@compute @workgroup_size(WG)
fn scan(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.items) { return; }
let p = place(i);
var sum = T(0);
for (var k = p.first; k < p.end; k++) {
sum += x[params.x_start + p.base + element(k)];
out[params.out_start + p.base + element(k)] = sum;
}
}
@compute @workgroup_size(WG)
fn carried(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.items) { return; }
let p = place(i);
var sum = T(0);
if (p.chunk > 0u) { sum = carry[params.carry_start + i - params.inner]; }
for (var k = p.first; k < p.end; k++) {
sum += x[params.x_start + p.base + element(k)];
out[params.out_start + p.base + element(k)] = sum;
}
}`,
  softmax: `struct Params { rows: u32, cols: u32 }
override LANES: u32 = 1u;
override WG: u32 = 64u;
override LOG: bool = false;
override SPAN: u32 = 1u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad1: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> dots: array<f32>;
@group(0) @binding(4) var<storage, read> row_stats: array<vec2f>;
@group(0) @binding(4) var<storage, read> row_dots: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;
const LOWEST = -3.4028234e38;
var<workgroup> parts: array<vec2f, 256>;
fn row_of(g: vec3u, w: vec3u, groups: vec3u) -> u32 {
let lane_row = g.x + g.y * groups.x * WG;
let group_row = w.x + w.y * groups.x;
return select(group_row, lane_row, LANES == 1u);
}
fn inside(c: u32) -> vec4<bool> {
return vec4u(4u * c) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.cols);
}
struct Running { most: f32, sums: vec4f }
fn take(r: Running, v: vec4f, keep: vec4<bool>) -> Running {
let w = select(vec4f(LOWEST), v, keep);
let most = max(r.most, max(max(w.x, w.y), max(w.z, w.w)));
return Running(most, r.sums * exp(r.most - most) + select(vec4f(), exp(w - most), keep));
}
fn add4(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn join(a: vec2f, b: vec2f) -> vec2f {
let most = max(a.x, b.x);
return vec2f(most, a.y * exp(a.x - most) + b.y * exp(b.x - most));
}
fn join_lanes(own: vec2f, lane: u32) -> vec2f {
var all = own;
if (LANES > 1u) {
parts[lane] = own;
for (var half = LANES / 2u; half > 0u; half /= 2u) {
workgroupBarrier();
if (lane < half) { parts[lane] = join(parts[lane], parts[lane + half]); }
}
all = parts[lane];
}
return all;
}
fn finish(row: u32, lane: u32, r: Running) {
let all = join_lanes(vec2f(r.most, add4(r.sums)), lane);
if (lane == 0u && row < params.rows) {
stats[row] = vec2f(all.x, select(1.0 / all.y, log(all.y), LOG));
}
}
@compute @workgroup_size(WG)
fn stats4(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let row = row_of(g, w, groups);
let lane = l % LANES;
let n = params.cols / 4u;
let first = min(row, params.rows - 1u) * n;
var r = Running(LOWEST, vec4f());
for (var c = lane; c < n; c += LANES) { r = take(r, x[first + c], vec4<bool>(true)); }
finish(row, lane, r);
}
@compute @workgroup_size(WG)
fn stats1(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let row = row_of(g, w, groups);
let lane = l % LANES;
let first = min(row, params.rows - 1u) * params.cols;
var r = Running(LOWEST, vec4f());
for (var c = lane; 4u * c < params.cols; c += LANES) {
let at = first + 4u * c;
r = take(r, vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u]), inside(c));
}
finish(row, lane, r);
}
fn finish_dot(row: u32, lane: u32, sums: vec4f) {
var all = add4(sums);
if (LANES > 1u) {
parts[lane] = vec2f(all, 0.0);
for (var half = LANES / 2u; half > 0u; half /= 2u) {
workgroupBarrier();
if (lane < half) { parts[lane] += parts[lane + half]; }
}
all = parts[lane].x;
}
if (lane == 0u && row < params.rows) { dots[row] = all; }
}
@compute @workgroup_size(WG)
fn dots4(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let row = row_of(g, w, groups);
let lane = l % LANES;
let n = params.cols / 4u;
let first = min(row, params.rows - 1u) * n;
var sums = vec4f();
for (var c = lane; c < n; c += LANES) {
if (LOG) {
sums += grad[first + c];
} else {
sums = fma(grad[first + c], x[first + c], sums);
}
}
finish_dot(row, lane, sums);
}
@compute @workgroup_size(WG)
fn dots1(@builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32, @builtin(num_workgroups) groups: vec3u) {
let row = row_of(g, w, groups);
let lane = l % LANES;
let first = min(row, params.rows - 1u) * params.cols;
var sums = vec4f();
for (var c = lane; 4u * c < params.cols; c += LANES) {
let at = first + 4u * c;
let d = vec4f(grad1[at], grad1[at + 1u], grad1[at + 2u], grad1[at + 3u]);
let keep = inside(c);
if (LOG) {
sums += select(vec4f(), d, keep);
} else {
let y = vec4f(x1[at], x1[at + 1u], x1[at + 2u], x1[at + 3u]);
sums = select(sums, fma(d, y, sums), keep);
}
}
finish_dot(row, lane, sums);
}
fn rows_of(i: u32) -> vec4u {
if (SPAN == 1u) { return vec4u(i / (params.cols / 4u)); }
return min((vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u)) / params.cols, vec4u(params.rows - 1u));
}
@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.rows * params.cols) { return; }
let r = rows_of(i);
let a = row_stats[r.x];
var most = vec4f(a.x);
var second = vec4f(a.y);
if (SPAN > 1u) {
let d = row_stats[r.w];
let of_last = r == vec4u(r.w);
most = select(most, vec4f(d.x), of_last);
second = select(second, vec4f(d.y), of_last);
}
if (SPAN > 2u) {
let b = row_stats[r.y];
let c = row_stats[r.z];
most = vec4f(most.x, b.x, c.x, most.w);
second = vec4f(second.x, b.y, c.y, second.w);
}
let v = x[i] - most;
if (LOG) {
out[i] = v - second;
} else {
out[i] = exp(v) * second;
}
}
@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (4u * i >= params.rows * params.cols) { return; }
let r = rows_of(i);
var dot = vec4f(row_dots[r.x]);
if (SPAN > 1u) { dot = select(dot, vec4f(row_dots[r.w]), r == vec4u(r.w)); }
if (SPAN > 2u) { dot = vec4f(dot.x, row_dots[r.y], row_dots[r.z], dot.w); }
if (LOG) {
out[i] = grad[i] - exp(x[i]) * dot;
} else {
out[i] = x[i] * (grad[i] - dot);
}
}`,
  sort: `struct Params { rows: u32, cols: u32, chunks: u32, shift: u32, limit: u32, pad0: u32, pad1: u32, pad2: u32 }
override WG: u32 = 64u;
override KIND: u32 = 0u;
override DESCENDING: bool = false;
override CHUNK: u32 = 32u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> keys_out: array<u32>;
@group(0) @binding(4) var<storage, read_write> order_out: array<u32>;
@group(0) @binding(5) var<storage, read_write> counts: array<u32>;
@group(0) @binding(6) var<storage, read> starts: array<u32>;
@group(0) @binding(7) var<storage, read_write> indices: array<i32>;
var<workgroup> before: array<u32, 256>;
fn key_of(bits: u32) -> u32 {
var key = bits;
switch KIND {
case 0u: {
let size = bits & 0x7fffffffu;
if (size > 0x7f800000u) {
key = 0xffffffffu;
} else if (size == 0u) {
key = 0x80000000u;
} else {
key = select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}
}
case 1u: { key = bits ^ 0x80000000u; }
case 3u: { key = min(bits, params.limit - 1u); }
default: {}
}
return select(key, ~key, DESCENDING);
}
@compute @workgroup_size(WG)
fn make_keys(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.rows * params.cols) { return; }
keys_out[i] = key_of(x[i]);
order_out[i] = i % params.cols;
}
fn one(digit: u32) -> vec4u {
return select(vec4u(), vec4u(1u << (8u * (digit & 3u))), vec4u(0u, 1u, 2u, 3u) == vec4u(digit >> 2u));
}
fn counter(packed: vec4u, digit: u32) -> u32 {
let w = select(vec4u(), packed, vec4u(0u, 1u, 2u, 3u) == vec4u(digit >> 2u));
return ((w.x | w.y | w.z | w.w) >> (8u * (digit & 3u))) & 255u;
}
@compute @workgroup_size(WG)
fn count(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.rows * params.chunks) { return; }
let row = i / params.chunks;
let chunk = i % params.chunks;
let end = min((chunk + 1u) * CHUNK, params.cols);
var packed = vec4u();
for (var c = chunk * CHUNK; c < end; c++) {
packed += one((keys[row * params.cols + c] >> params.shift) & 15u);
}
for (var d = 0u; d < 16u; d++) {
counts[(row * 16u + d) * params.chunks + chunk] = counter(packed, d);
}
}
@compute @workgroup_size(256)
fn scan(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) groups: vec3u) {
let row = w.x + w.y * groups.x;
let n = 16u * params.chunks;
let each = (n + 255u) / 256u;
let first = min(row, params.rows - 1u) * n;
let begin = min(l * each, n);
let end = min(begin + each, n);
var sum = 0u;
for (var i = begin; i < end; i++) { sum += counts[first + i]; }
before[l] = sum;
workgroupBarrier();
if (l == 0u) {
var all = 0u;
for (var i = 0u; i < 256u; i++) {
let own = before[i];
before[i] = all;
all += own;
}
}
workgroupBarrier();
if (row < params.rows) {
var at = before[l];
for (var i = begin; i < end; i++) {
let own = counts[first + i];
counts[first + i] = at;
at += own;
}
}
}
@compute @workgroup_size(WG)
fn scatter(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.rows * params.chunks) { return; }
let row = i / params.chunks;
let chunk = i % params.chunks;
let end = min((chunk + 1u) * CHUNK, params.cols);
var packed = vec4u();
for (var c = chunk * CHUNK; c < end; c++) {
let from_at = row * params.cols + c;
let key = keys[from_at];
let d = (key >> params.shift) & 15u;
let to = row * params.cols + starts[(row * 16u + d) * params.chunks + chunk] + counter(packed, d);
packed += one(d);
keys_out[to] = key;
order_out[to] = order[from_at];
}
}
@compute @workgroup_size(WG)
fn take(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.rows * params.limit) { return; }
indices[i] = i32(order[i / params.limit * params.cols + i % params.limit]);
}
@compute @workgroup_size(WG)
fn rank(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.rows * params.cols) { return; }
let row = i / params.cols;
let own = i % params.cols;
let key = key_of(x[i]);
var place = 0u;
for (var c = 0u; c < params.cols; c++) {
let other = key_of(x[row * params.cols + c]);
place += u32(other < key || (other == key && c < own));
}
if (place < params.limit) { indices[row * params.limit + place] = i32(own); }
}`,
  texture: `struct Params {
n: u32,
start: u32,
given: u32,
}
alias x_t = f32;
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<x_t>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
fn out_put(i: u32, v: vec4f) { out[i] = v; }
@compute @workgroup_size(WG)
fn fill(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= params.n) { return; }
var v = vec4f();
if (params.given == 1u) { v = vec4f(x[params.start + i]); }
out_put(i, v);
}
struct Panels {
n: u32,
columns: u32,
depth: u32,
start: u32,
stride: u32,
}
@group(0) @binding(0) var<uniform> panel: Panels;
@compute @workgroup_size(WG)
fn panels(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= panel.n) { return; }
let place = i % 64u;
let column = i / (64u * panel.depth) * 64u + place % 8u * 8u + place / 8u;
let k = i / 64u % panel.depth;
out_put(i, vec4f(x[panel.start + min(column, panel.columns - 1u) * panel.stride + k]));
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
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> slopes: array<vec4f>;
fn is_nan(v: vec4f) -> vec4<bool> { return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }
fn scaled(v: vec4f, n: vec4f) -> vec4f {
let i = vec4i(n);
let h = i / 2;
return v * bitcast<vec4f>((h + 127) << vec4u(23u)) * bitcast<vec4f>((i - h + 127) << vec4u(23u));
}
fn exp_rest(r: vec4f) -> vec4f {
return r + r * r * (0.500000002859 + r * (0.166665733611 + r * (0.041666363407 + r * (0.008363776143 + r * 0.001394216488))));
}
fn minus_ln2(x: vec4f, n: vec4f) -> vec4f { return x - n * 0.693359375 + n * 2.1219444e-4; }
fn exp4(x: vec4f) -> vec4f {
let c = clamp(x, vec4f(-104.0), vec4f(89.0));
let n = round(c * 1.4426950409);
return select(scaled(1.0 + exp_rest(minus_ln2(c, n)), n), x, is_nan(x));
}
fn log_rest(f: vec4f) -> vec4f {
let s = f / (2.0 + f);
let z = s * s;
return f - s * (f - z * (0.66666686244 + z * (0.399883014527 + z * 0.296012768239)));
}
struct Parts { e: vec4f, f: vec4f }
fn parts(x: vec4f) -> Parts {
let i = bitcast<vec4i>(x);
let e = (i - 0x3f3504f3) >> vec4u(23u);
return Parts(vec4f(e), bitcast<vec4f>(i - (e << vec4u(23u))) - 1.0);
}
fn log4(x: vec4f) -> vec4f {
let tiny = x < vec4f(1.17549435e-38);
let up = select(x, x * 33554432.0, tiny);
let p = parts(up);
let e = select(p.e, p.e - 25.0, tiny);
let y = e * 0.693359375 + (log_rest(p.f) - e * 2.1219444e-4);
let bits = bitcast<vec4u>(x);
let other = select(select(bits, vec4u(0x7fc00000u), x < vec4f()), vec4u(0xff800000u), up == vec4f());
return select(bitcast<vec4f>(other), y, ((bits - vec4u(1u)) < vec4u(0x7f7fffffu)) & (up != vec4f()));
}
fn log1p4(x: vec4f) -> vec4f {
return select(log4(1.0 + x), log_rest(x), (x > vec4f(-0.29)) & (x < vec4f(0.41)));
}
fn expm1_4(x: vec4f) -> vec4f {
let c = clamp(x, vec4f(-104.0), vec4f(80.0));
let n = round(c * 1.4426950409);
let power = scaled(vec4f(1.0), n);
let y = select(power * exp_rest(minus_ln2(c, n)) + (power - 1.0), exp4(x), x > vec4f(40.0));
return select(y, x, is_nan(x));
}
fn sigmoid4(x: vec4f) -> vec4f { return 1.0 / (1.0 + exp4(-x)); }
fn tanh4(x: vec4f) -> vec4f {
let t = expm1_4(2.0 * min(abs(x), vec4f(20.0)));
let y = t / (t + 2.0);
return select(select(y, -y, x < vec4f()), x, is_nan(x));
}
fn erfc_tail(a: vec4f) -> vec4f {
let t = 1.0 / (1.0 + 0.5 * a);
let p = 0.28209696161 + t * (0.282061779754 + t * (0.246844701484 + t * (0.178994936542 + t * (0.061305754128 +
t * (0.080690286864 + t * (-0.223757815732 + t * 0.09228596691))))));
return exp4(-a * a) * t * p;
}
fn erf4(x: vec4f) -> vec4f {
let a = abs(x);
let z = x * x;
let small = x * (1.128379165727 + z * (-0.3761262582422 + z * (0.1128358514844 + z * (-0.02685381192784 +
z * (0.005188327671441 + z * (-0.0008010193498242 + z * 0.00007853860928828))))));
let large = 1.0 - erfc_tail(a);
return select(select(small, select(large, -large, x < vec4f()), a > vec4f(0.9)), x, is_nan(x));
}
fn normal4(x: vec4f) -> vec4f {
let h = x * 0.70710678118;
return 0.5 * select(1.0 + erf4(h), erfc_tail(-h), h < vec4f(-0.9));
}
fn wave(x: vec4f, quarter: f32) -> vec4f {
let n = round(x * 0.63661977237);
let r = ((x - n * 1.5703125) - n * 0.0004837512969970703125) - n * 7.5497899548918822e-8;
let z = r * r;
let s = r + r * z * (-0.16666664575300774 + z * (0.008332733181477207 - z * 0.00019584832071816664));
let c = 1.0 - 0.5 * z + z * z * (0.04166666458215702 + z * (-0.001388828917166352 + z * 2.4545077931478385e-5));
let turn = n + quarter;
let q = turn - 4.0 * floor(turn * 0.25);
let y = select(s, c, (q == vec4f(1.0)) | (q == vec4f(3.0)));
return select(y, -y, q >= vec4f(2.0));
}
const ZERO = vec4f();
fn gelu_inner(v: vec4f) -> vec4f { return 0.7978845608 * v * (1.0 + 0.044715 * v * v); }
fn gelu_slope(v: vec4f) -> vec4f { return 0.7978845608 * (1.0 + 0.134145 * v * v); }
fn value(v: vec4f) -> vec4f {
switch OP {
case 0u: { return exp4(v); }
case 1u: { return expm1_4(v); }
case 2u: { return log4(v); }
case 3u: { return log1p4(v); }
case 4u: { return sqrt(v); }
case 5u: { return inverseSqrt(v); }
case 6u: { return v * v; }
case 7u: { return 1.0 / v; }
case 8u: { return abs(v); }
case 9u: { return -v; }
case 10u: { return select(sign(v), v, is_nan(v)); }
case 11u: { return floor(v); }
case 12u: { return ceil(v); }
case 13u: { return round(v); }
case 14u: { return wave(v, 0.0); }
case 15u: { return wave(v, 1.0); }
case 16u: { return erf4(v); }
case 17u: { return tanh4(v); }
case 18u: { return sigmoid4(v); }
case 19u: { return select(v, ZERO, v <= ZERO); }
case 20u: { return select(v, params.a * v, v < ZERO); }
case 21u: { return select(v, params.a * expm1_4(v), v < ZERO); }
case 22u: { return v * normal4(v); }
case 23u: { return v * sigmoid4(2.0 * gelu_inner(v)); }
case 24u: { return v * sigmoid4(v); }
case 25u: {
let t = params.a * v;
return select((max(t, ZERO) + log1p4(exp4(-abs(t)))) / params.a, v, (t > vec4f(params.b)) | is_nan(v));
}
default: {
let t = select(v, params.a * v + params.b, OP == 27u);
let low = select(params.a, 0.0, OP == 27u);
let high = select(params.b, 1.0, OP == 27u);
let y = select(t, vec4f(low), t < vec4f(low));
return select(y, vec4f(high), y > vec4f(high));
}
}
}
fn slope(v: vec4f, g: vec4f) -> vec4f {
switch OP {
case 0u: { return g * v; }
case 1u: { return g * (v + 1.0); }
case 2u: { return g / v; }
case 3u: { return g / (v + 1.0); }
case 4u: { return 0.5 * g / v; }
case 5u: { return -0.5 * g * v * v * v; }
case 6u: { return 2.0 * g * v; }
case 7u: { return -g * v * v; }
case 8u: { return g * sign(v); }
case 9u: { return -g; }
case 14u: { return g * wave(v, 1.0); }
case 15u: { return -g * wave(v, 0.0); }
case 16u: { return g * 1.1283791671 * exp4(-v * v); }
case 17u: { return g * (1.0 - v * v); }
case 18u: { return g * v * (1.0 - v); }
case 19u: { return select(ZERO, g, v > ZERO); }
case 20u: { return select(params.a * g, g, v > ZERO); }
case 21u: { return select(g * params.a * exp4(v), g, v > ZERO); }
case 22u: { return g * (normal4(v) + v * 0.3989422804 * exp4(-0.5 * v * v)); }
case 23u: {
let s = sigmoid4(2.0 * gelu_inner(v));
return g * s * (1.0 + 2.0 * v * (1.0 - s) * gelu_slope(v));
}
case 24u: {
let s = sigmoid4(v);
return g * s * (1.0 + v * (1.0 - s));
}
case 25u: { return select(g * sigmoid4(params.a * v), g, params.a * v > vec4f(params.b)); }
case 26u: { return select(ZERO, g, (v >= vec4f(params.a)) & (v <= vec4f(params.b))); }
case 27u: { return select(ZERO, params.a * g, (v > ZERO) & (v < vec4f(1.0))); }
default: { return ZERO; }
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
slopes[i] = slope(x[i], grad[i]);
}`,
  where: `struct Flat { n: u32, bits: u32 }
struct Walk {
n: u32, ndim: u32, out_start: u32, cond_start: u32, a_start: u32, b_start: u32, pad0: u32, pad1: u32,
shape: array<vec4u, 2>, cond_strides: array<vec4u, 2>, a_strides: array<vec4u, 2>, b_strides: array<vec4u, 2>,
}
override SWAP: u32 = 0u;
override WG: u32 = 64u;
@group(0) @binding(0) var<uniform> flat: Flat;
@group(0) @binding(1) var<storage, read> cond: array<vec4u>;
@group(0) @binding(2) var<storage, read> a: array<vec4u>;
@group(0) @binding(3) var<storage, read> b: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4u>;
@compute @workgroup_size(WG)
fn same(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= flat.n) { return; }
out[i] = select(b[i], a[i], cond[i] != vec4u());
}
@compute @workgroup_size(WG)
fn number(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= flat.n) { return; }
out[i] = select(vec4u(flat.bits), a[i], (cond[i] != vec4u()) != vec4<bool>(SWAP == 1u));
}
@group(0) @binding(0) var<uniform> walk: Walk;
@group(0) @binding(1) var<storage, read> cond1: array<u32>;
@group(0) @binding(2) var<storage, read> a1: array<u32>;
@group(0) @binding(3) var<storage, read> b1: array<u32>;
@group(0) @binding(4) var<storage, read_write> out1: array<u32>;
@compute @workgroup_size(WG)
fn strided(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
let i = g.x + g.y * groups.x * WG;
if (i >= walk.n) { return; }
var rest = i;
var spot = vec3u(walk.cond_start, walk.a_start, walk.b_start);
for (var d = walk.ndim; d > 0u; d--) {
let k = (d - 1u) / 4u;
let c = (d - 1u) % 4u;
let size = walk.shape[k][c];
spot += rest % size * vec3u(walk.cond_strides[k][c], walk.a_strides[k][c], walk.b_strides[k][c]);
rest /= size;
}
out1[walk.out_start + i] = select(b1[spot.z], a1[spot.y], cond1[spot.x] != 0u);
}`,
};

/** Every kernel, by shader file and entry point. */
export const kernels = {
  accumulate: {
    add: kernel<"source" | "out", { n: number; first: number }, "WG">("accumulate", "add", [["source", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["first", "u32", 1, 1]], ["WG"]),
  },
  attention: {
    dots: kernel<"x" | "v" | "out1", { n: number; steps: number; batch: number; width: number; x_start: number; x_row: number; x_step: number; row: number; v_row: number; tail: number; first: number; end: number; chunks: number }, "WG">("attention", "dots", [["x", 1, "r"], ["v", 2, "r"], ["out1", 5, "w"]], [["n", "u32", 0, 1], ["steps", "u32", 1, 1], ["batch", "u32", 2, 1], ["width", "u32", 3, 1], ["x_start", "u32", 4, 1], ["x_row", "u32", 5, 1], ["x_step", "u32", 6, 1], ["row", "u32", 7, 1], ["v_row", "u32", 8, 1], ["tail", "u32", 9, 1], ["first", "u32", 10, 1], ["end", "u32", 11, 1], ["chunks", "u32", 12, 1], ["pad0", "u32", 13, 1], ["pad1", "u32", 14, 1], ["pad2", "u32", 15, 1]], ["WG"]),
    sums: kernel<"x" | "weights" | "out", { n: number; steps: number; batch: number; width: number; x_start: number; x_row: number; x_step: number; row: number; v_row: number; tail: number; first: number; end: number; chunks: number }, "WG">("attention", "sums", [["x", 1, "r"], ["weights", 3, "r"], ["out", 5, "w"]], [["n", "u32", 0, 1], ["steps", "u32", 1, 1], ["batch", "u32", 2, 1], ["width", "u32", 3, 1], ["x_start", "u32", 4, 1], ["x_row", "u32", 5, 1], ["x_step", "u32", 6, 1], ["row", "u32", 7, 1], ["v_row", "u32", 8, 1], ["tail", "u32", 9, 1], ["first", "u32", 10, 1], ["end", "u32", 11, 1], ["chunks", "u32", 12, 1], ["pad0", "u32", 13, 1], ["pad1", "u32", 14, 1], ["pad2", "u32", 15, 1]], ["WG"]),
    outer: kernel<"x" | "v" | "weights" | "slopes" | "out", { n: number; steps: number; batch: number; width: number; x_start: number; x_row: number; x_step: number; row: number; v_row: number; tail: number; first: number; end: number; chunks: number }, "WG">("attention", "outer", [["x", 1, "r"], ["v", 2, "r"], ["weights", 3, "r"], ["slopes", 4, "r"], ["out", 5, "w"]], [["n", "u32", 0, 1], ["steps", "u32", 1, 1], ["batch", "u32", 2, 1], ["width", "u32", 3, 1], ["x_start", "u32", 4, 1], ["x_row", "u32", 5, 1], ["x_step", "u32", 6, 1], ["row", "u32", 7, 1], ["v_row", "u32", 8, 1], ["tail", "u32", 9, 1], ["first", "u32", 10, 1], ["end", "u32", 11, 1], ["chunks", "u32", 12, 1], ["pad0", "u32", 13, 1], ["pad1", "u32", 14, 1], ["pad2", "u32", 15, 1]], ["WG"]),
  },
  batchNorm: {
    measure: kernel<"x" | "out_stats", { channels: number; length: number; count: number; eps: number }, "CHANNELS" | "ROWS" | "WG" | "SCALE">("batchNorm", "measure", [["x", 1, "r"], ["out_stats", 6, "w"]], [["channels", "u32", 0, 1], ["length", "u32", 1, 1], ["count", "u32", 2, 1], ["eps", "f32", 3, 1]], ["CHANNELS","ROWS","WG","SCALE"]),
    forward: kernel<"x" | "weight" | "bias" | "stats" | "out", { channels: number; length: number; count: number; eps: number }, "CHANNELS" | "ROWS" | "WG" | "SCALE">("batchNorm", "forward", [["x", 1, "r"], ["weight", 3, "r"], ["bias", 4, "r"], ["stats", 5, "r"], ["out", 6, "w"]], [["channels", "u32", 0, 1], ["length", "u32", 1, 1], ["count", "u32", 2, 1], ["eps", "f32", 3, 1]], ["CHANNELS","ROWS","WG","SCALE"]),
    gradientSums: kernel<"x" | "grad" | "stats" | "out_sum0" | "out_sum1", { channels: number; length: number; count: number; eps: number }, "CHANNELS" | "ROWS" | "WG" | "SCALE">("batchNorm", "gradient_sums", [["x", 1, "r"], ["grad", 2, "r"], ["stats", 5, "r"], ["out_sum0", 6, "w"], ["out_sum1", 7, "w"]], [["channels", "u32", 0, 1], ["length", "u32", 1, 1], ["count", "u32", 2, 1], ["eps", "f32", 3, 1]], ["CHANNELS","ROWS","WG","SCALE"]),
    backward: kernel<"x" | "grad" | "weight" | "sum0" | "stats" | "out" | "sum1", { channels: number; length: number; count: number; eps: number }, "CHANNELS" | "ROWS" | "WG" | "SCALE">("batchNorm", "backward", [["x", 1, "r"], ["grad", 2, "r"], ["weight", 3, "r"], ["sum0", 4, "r"], ["stats", 5, "r"], ["out", 6, "w"], ["sum1", 8, "r"]], [["channels", "u32", 0, 1], ["length", "u32", 1, 1], ["count", "u32", 2, 1], ["eps", "f32", 3, 1]], ["CHANNELS","ROWS","WG","SCALE"]),
    update: kernel<"running_mean" | "running_var" | "batches" | "stats", { channels: number; momentum: number; unbiased: number; cumulative: number }, "CHANNELS" | "ROWS" | "WG" | "SCALE">("batchNorm", "update", [["running_mean", 1, "w"], ["running_var", 2, "w"], ["batches", 3, "w"], ["stats", 5, "r"], ["fault", 7, "r"]], [["channels", "u32", 0, 1], ["momentum", "f32", 1, 1], ["unbiased", "f32", 2, 1], ["cumulative", "u32", 3, 1]], ["CHANNELS","ROWS","WG","SCALE"]),
  },
  binary: {
    same: kernel<"a" | "b" | "out", { n: number; bits: number }, "OP" | "SWAP" | "WG">("binary", "same", [["a", 1, "r"], ["b", 2, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["OP","SWAP","WG"]),
    number: kernel<"a" | "out", { n: number; bits: number }, "OP" | "SWAP" | "WG">("binary", "number", [["a", 1, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["OP","SWAP","WG"]),
    strided: kernel<"a1" | "b1" | "out1", { n: number; ndim: number; out_start: number; a_start: number; b_start: number; a_splat: number; b_splat: number; shape: readonly number[]; a_strides: readonly number[]; b_strides: readonly number[] }, "OP" | "SWAP" | "WG">("binary", "strided", [["a1", 1, "r"], ["b1", 2, "r"], ["out1", 3, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["out_start", "u32", 2, 1], ["a_start", "u32", 3, 1], ["b_start", "u32", 4, 1], ["a_splat", "u32", 5, 1], ["b_splat", "u32", 6, 1], ["pad", "u32", 7, 1], ["shape", "u32", 8, 8], ["a_strides", "u32", 16, 8], ["b_strides", "u32", 24, 8]], ["OP","SWAP","WG"]),
    vectors: kernel<"a" | "b" | "out", { n: number; ndim: number; out_start: number; a_start: number; b_start: number; a_splat: number; b_splat: number; shape: readonly number[]; a_strides: readonly number[]; b_strides: readonly number[] }, "OP" | "SWAP" | "WG">("binary", "vectors", [["a", 1, "r"], ["b", 2, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["out_start", "u32", 2, 1], ["a_start", "u32", 3, 1], ["b_start", "u32", 4, 1], ["a_splat", "u32", 5, 1], ["b_splat", "u32", 6, 1], ["pad", "u32", 7, 1], ["shape", "u32", 8, 8], ["a_strides", "u32", 16, 8], ["b_strides", "u32", 24, 8]], ["OP","SWAP","WG"]),
  },
  cast: {
    convert: kernel<"x" | "out", { n: number }, "KIND" | "WG">("cast", "convert", [["x", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1]], ["KIND","WG"]),
    narrow: kernel<"x" | "out_half", { n: number }, "KIND" | "WG">("cast", "narrow", [["x", 1, "r"], ["out_half", 2, "w"]], [["n", "u32", 0, 1]], ["KIND","WG"]),
    widen: kernel<"x_half" | "out", { n: number }, "KIND" | "WG">("cast", "widen", [["x_half", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1]], ["KIND","WG"]),
  },
  check: {
    finite: kernel<"x", { n: number }, "WG">("check", "finite", [["x", 1, "r"], ["fault", 2, "w"]], [["n", "u32", 0, 1], ["command", "u32", 1, 1]], ["WG"]),
  },
  compare: {
    same: kernel<"a" | "b" | "out", { n: number; bits: number }, "OP" | "SWAP" | "WG">("compare", "same", [["a", 1, "r"], ["b", 2, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["OP","SWAP","WG"]),
    number: kernel<"a" | "out", { n: number; bits: number }, "OP" | "SWAP" | "WG">("compare", "number", [["a", 1, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["OP","SWAP","WG"]),
    strided: kernel<"a1" | "b1" | "out1", { n: number; ndim: number; out_start: number; a_start: number; b_start: number; a_splat: number; b_splat: number; shape: readonly number[]; a_strides: readonly number[]; b_strides: readonly number[] }, "OP" | "SWAP" | "WG">("compare", "strided", [["a1", 1, "r"], ["b1", 2, "r"], ["out1", 3, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["out_start", "u32", 2, 1], ["a_start", "u32", 3, 1], ["b_start", "u32", 4, 1], ["a_splat", "u32", 5, 1], ["b_splat", "u32", 6, 1], ["pad", "u32", 7, 1], ["shape", "u32", 8, 8], ["a_strides", "u32", 16, 8], ["b_strides", "u32", 24, 8]], ["OP","SWAP","WG"]),
    vectors: kernel<"a" | "b" | "out", { n: number; ndim: number; out_start: number; a_start: number; b_start: number; a_splat: number; b_splat: number; shape: readonly number[]; a_strides: readonly number[]; b_strides: readonly number[] }, "OP" | "SWAP" | "WG">("compare", "vectors", [["a", 1, "r"], ["b", 2, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["out_start", "u32", 2, 1], ["a_start", "u32", 3, 1], ["b_start", "u32", 4, 1], ["a_splat", "u32", 5, 1], ["b_splat", "u32", 6, 1], ["pad", "u32", 7, 1], ["shape", "u32", 8, 8], ["a_strides", "u32", 16, 8], ["b_strides", "u32", 24, 8]], ["OP","SWAP","WG"]),
  },
  copy: {
    strided: kernel<"x" | "out", { n: number; ndim: number; x_offset: number; out_offset: number; shape: readonly number[]; x_strides: readonly number[]; out_strides: readonly number[] }, "WG">("copy", "strided", [["x", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["x_offset", "u32", 2, 1], ["out_offset", "u32", 3, 1], ["shape", "u32", 4, 8], ["x_strides", "u32", 12, 8], ["out_strides", "u32", 20, 8]], ["WG"]),
  },
  counts: {
    confusion: kernel<"predicted" | "wanted" | "counts", { n: number; classes: number; ignored: number }, "WG">("counts", "confusion", [["predicted", 1, "r"], ["wanted", 2, "r"], ["counts", 3, "w"], ["fault", 4, "w"]], [["n", "u32", 0, 1], ["classes", "u32", 1, 1], ["ignored", "i32", 2, 1], ["command", "u32", 3, 1]], ["WG"]),
  },
  crossEntropy: {
    smoothRows: kernel<"x1" | "row_stats" | "class_weight" | "smooth_out", { rows: number; cols: number; first: number; ignored: number; smoothing: number }, "WG" | "LANES" | "LOGITS" | "WEIGHTED" | "SMOOTH" | "SPAN" | "REDUCTION">("crossEntropy", "smooth_rows", [["x1", 1, "r"], ["row_stats", 3, "r"], ["class_weight", 4, "r"], ["smooth_out", 5, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["ignored", "i32", 4, 1], ["smoothing", "f32", 5, 1], ["pad0", "u32", 6, 1], ["pad1", "u32", 7, 1]], ["WG","LANES","LOGITS","WEIGHTED","SMOOTH","SPAN","REDUCTION"]),
    rowTerms: kernel<"x1" | "classes" | "row_stats" | "class_weight" | "row_smooth" | "terms", { rows: number; cols: number; first: number; ignored: number; smoothing: number }, "WG" | "LANES" | "LOGITS" | "WEIGHTED" | "SMOOTH" | "SPAN" | "REDUCTION">("crossEntropy", "row_terms", [["x1", 1, "r"], ["classes", 2, "r"], ["row_stats", 3, "r"], ["class_weight", 4, "r"], ["row_smooth", 5, "r"], ["terms", 6, "w"], ["fault", 7, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["ignored", "i32", 4, 1], ["smoothing", "f32", 5, 1], ["pad0", "u32", 6, 1], ["pad1", "u32", 7, 1]], ["WG","LANES","LOGITS","WEIGHTED","SMOOTH","SPAN","REDUCTION"]),
    rowLosses: kernel<"x1" | "classes" | "row_stats" | "class_weight" | "row_smooth" | "losses", { rows: number; cols: number; first: number; ignored: number; smoothing: number }, "WG" | "LANES" | "LOGITS" | "WEIGHTED" | "SMOOTH" | "SPAN" | "REDUCTION">("crossEntropy", "row_losses", [["x1", 1, "r"], ["classes", 2, "r"], ["row_stats", 3, "r"], ["class_weight", 4, "r"], ["row_smooth", 5, "r"], ["losses", 6, "w"], ["fault", 7, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["ignored", "i32", 4, 1], ["smoothing", "f32", 5, 1], ["pad0", "u32", 6, 1], ["pad1", "u32", 7, 1]], ["WG","LANES","LOGITS","WEIGHTED","SMOOTH","SPAN","REDUCTION"]),
    total: kernel<"addends" | "sums" | "loss", { rows: number; cols: number; first: number; ignored: number; smoothing: number }, "WG" | "LANES" | "LOGITS" | "WEIGHTED" | "SMOOTH" | "SPAN" | "REDUCTION">("crossEntropy", "total", [["addends", 1, "r"], ["sums", 2, "w"], ["loss", 3, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["ignored", "i32", 4, 1], ["smoothing", "f32", 5, 1], ["pad0", "u32", 6, 1], ["pad1", "u32", 7, 1]], ["WG","LANES","LOGITS","WEIGHTED","SMOOTH","SPAN","REDUCTION"]),
    rowFactors: kernel<"grad" | "classes" | "row_stats" | "class_weight" | "row_smooth" | "totals" | "factors_out", { rows: number; cols: number; first: number; ignored: number; smoothing: number }, "WG" | "LANES" | "LOGITS" | "WEIGHTED" | "SMOOTH" | "SPAN" | "REDUCTION">("crossEntropy", "row_factors", [["grad", 1, "r"], ["classes", 2, "r"], ["row_stats", 3, "r"], ["class_weight", 4, "r"], ["row_smooth", 5, "r"], ["totals", 6, "r"], ["factors_out", 7, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["ignored", "i32", 4, 1], ["smoothing", "f32", 5, 1], ["pad0", "u32", 6, 1], ["pad1", "u32", 7, 1]], ["WG","LANES","LOGITS","WEIGHTED","SMOOTH","SPAN","REDUCTION"]),
    backward: kernel<"x" | "factors" | "class_weight" | "out", { rows: number; cols: number; first: number; ignored: number; smoothing: number }, "WG" | "LANES" | "LOGITS" | "WEIGHTED" | "SMOOTH" | "SPAN" | "REDUCTION">("crossEntropy", "backward", [["x", 1, "r"], ["factors", 2, "r"], ["class_weight", 4, "r"], ["out", 5, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["ignored", "i32", 4, 1], ["smoothing", "f32", 5, 1], ["pad0", "u32", 6, 1], ["pad1", "u32", 7, 1]], ["WG","LANES","LOGITS","WEIGHTED","SMOOTH","SPAN","REDUCTION"]),
  },
  dropout: {
    apply: kernel<"x" | "out", { counter: readonly number[]; key: readonly number[]; n: number; p: number; scale: number }, "WG" | "SPLAT">("dropout", "apply", [["x", 1, "r"], ["out", 2, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["p", "f32", 7, 1], ["scale", "f32", 8, 1], ["pad0", "u32", 9, 1], ["pad1", "u32", 10, 1], ["pad2", "u32", 11, 1]], ["WG","SPLAT"]),
    repeated: kernel<"x" | "out", { counter: readonly number[]; key: readonly number[]; p: number; scale: number; n: number; inner: number; repeats: number; chunks: number; first: number; x_start: number; out_start: number }, "WG" | "SPLAT">("dropout", "repeated", [["x", 1, "r"], ["out", 2, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["p", "f32", 6, 1], ["scale", "f32", 7, 1], ["n", "u32", 8, 1], ["inner", "u32", 9, 1], ["repeats", "u32", 10, 1], ["chunks", "u32", 11, 1], ["first", "u32", 12, 1], ["x_start", "u32", 13, 1], ["out_start", "u32", 14, 1], ["pad", "u32", 15, 1]], ["WG","SPLAT"]),
    strided: kernel<"x1" | "out1", { counter: readonly number[]; key: readonly number[]; p: number; scale: number; n: number; first: number; ndim: number; shape: readonly number[]; strides: readonly number[] }, "WG" | "SPLAT">("dropout", "strided", [["x1", 1, "r"], ["out1", 2, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["p", "f32", 6, 1], ["scale", "f32", 7, 1], ["n", "u32", 8, 1], ["first", "u32", 9, 1], ["ndim", "u32", 10, 1], ["pad", "u32", 11, 1], ["shape", "u32", 12, 8], ["strides", "u32", 20, 8]], ["WG","SPLAT"]),
    factors: kernel<"ids" | "out1", { counter: readonly number[]; key: readonly number[]; n: number; p: number; scale: number }, "WG" | "SPLAT">("dropout", "factors", [["ids", 1, "r"], ["out1", 2, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["p", "f32", 7, 1], ["scale", "f32", 8, 1], ["pad0", "u32", 9, 1], ["pad1", "u32", 10, 1], ["pad2", "u32", 11, 1]], ["WG","SPLAT"]),
  },
  embedding: {
    gather4: kernel<"ids" | "table" | "out", { n: number; width: number; first: number; low: number; high: number; rows: number; zero: number }, "WG" | "COLUMNS" | "ADD" | "CHECK" | "ZERO">("embedding", "gather4", [["ids", 1, "r"], ["table", 2, "r"], ["out", 3, "w"], ["fault", 4, "w"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["rows", "u32", 6, 1], ["zero", "u32", 7, 1]], ["WG","COLUMNS","ADD","CHECK","ZERO"]),
    gather1: kernel<"ids" | "table1" | "out1", { n: number; width: number; first: number; low: number; high: number; rows: number; zero: number }, "WG" | "COLUMNS" | "ADD" | "CHECK" | "ZERO">("embedding", "gather1", [["ids", 1, "r"], ["table1", 2, "r"], ["out1", 3, "w"], ["fault", 4, "w"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["rows", "u32", 6, 1], ["zero", "u32", 7, 1]], ["WG","COLUMNS","ADD","CHECK","ZERO"]),
    direct4: kernel<"ids4" | "grad" | "sum", { n: number; width: number; first: number; low: number; high: number; rows: number; zero: number }, "WG" | "COLUMNS" | "ADD" | "CHECK" | "ZERO">("embedding", "direct4", [["ids4", 1, "r"], ["grad", 2, "r"], ["sum", 3, "w"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["rows", "u32", 6, 1], ["zero", "u32", 7, 1]], ["WG","COLUMNS","ADD","CHECK","ZERO"]),
    direct1: kernel<"ids4" | "grad1" | "sum1", { n: number; width: number; first: number; low: number; high: number; rows: number; zero: number }, "WG" | "COLUMNS" | "ADD" | "CHECK" | "ZERO">("embedding", "direct1", [["ids4", 1, "r"], ["grad1", 2, "r"], ["sum1", 3, "w"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["rows", "u32", 6, 1], ["zero", "u32", 7, 1]], ["WG","COLUMNS","ADD","CHECK","ZERO"]),
    bounds: kernel<"keys" | "runs_out", { n: number; width: number; first: number; low: number; high: number; rows: number; zero: number }, "WG" | "COLUMNS" | "ADD" | "CHECK" | "ZERO">("embedding", "bounds", [["keys", 1, "r"], ["runs_out", 5, "w"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["rows", "u32", 6, 1], ["zero", "u32", 7, 1]], ["WG","COLUMNS","ADD","CHECK","ZERO"]),
    partials4: kernel<"keys" | "grad" | "sum" | "order" | "runs", { n: number; width: number; first: number; low: number; high: number; rows: number; zero: number }, "WG" | "COLUMNS" | "ADD" | "CHECK" | "ZERO">("embedding", "partials4", [["keys", 1, "r"], ["grad", 2, "r"], ["sum", 3, "w"], ["order", 4, "r"], ["runs", 5, "r"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["rows", "u32", 6, 1], ["zero", "u32", 7, 1]], ["WG","COLUMNS","ADD","CHECK","ZERO"]),
    partials1: kernel<"keys" | "grad1" | "sum1" | "order" | "runs", { n: number; width: number; first: number; low: number; high: number; rows: number; zero: number }, "WG" | "COLUMNS" | "ADD" | "CHECK" | "ZERO">("embedding", "partials1", [["keys", 1, "r"], ["grad1", 2, "r"], ["sum1", 3, "w"], ["order", 4, "r"], ["runs", 5, "r"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["rows", "u32", 6, 1], ["zero", "u32", 7, 1]], ["WG","COLUMNS","ADD","CHECK","ZERO"]),
    sums4: kernel<"grad" | "sum" | "order" | "runs" | "chunks", { n: number; width: number; first: number; low: number; high: number; rows: number; zero: number }, "WG" | "COLUMNS" | "ADD" | "CHECK" | "ZERO">("embedding", "sums4", [["grad", 2, "r"], ["sum", 3, "w"], ["order", 4, "r"], ["runs", 5, "r"], ["chunks", 6, "r"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["rows", "u32", 6, 1], ["zero", "u32", 7, 1]], ["WG","COLUMNS","ADD","CHECK","ZERO"]),
    sums1: kernel<"grad1" | "sum1" | "order" | "runs" | "chunks1", { n: number; width: number; first: number; low: number; high: number; rows: number; zero: number }, "WG" | "COLUMNS" | "ADD" | "CHECK" | "ZERO">("embedding", "sums1", [["grad1", 2, "r"], ["sum1", 3, "w"], ["order", 4, "r"], ["runs", 5, "r"], ["chunks1", 6, "r"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["first", "u32", 2, 1], ["command", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["rows", "u32", 6, 1], ["zero", "u32", 7, 1]], ["WG","COLUMNS","ADD","CHECK","ZERO"]),
  },
  extreme: {
    columns: kernel<"x" | "out" | "out_index", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; origin: number }, "OP" | "WG">("extreme", "columns", [["x", 1, "r"], ["out", 3, "w"], ["out_index", 4, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["origin", "u32", 6, 1]], ["OP","WG"]),
    merge: kernel<"x" | "index" | "out" | "out_index", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; origin: number }, "OP" | "WG">("extreme", "merge", [["x", 1, "r"], ["index", 2, "r"], ["out", 3, "w"], ["out_index", 4, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["origin", "u32", 6, 1]], ["OP","WG"]),
    rows: kernel<"x" | "out" | "out_index", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; origin: number }, "OP" | "WG">("extreme", "rows", [["x", 1, "r"], ["out", 3, "w"], ["out_index", 4, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["origin", "u32", 6, 1]], ["OP","WG"]),
    spread: kernel<"x" | "index" | "out", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; origin: number }, "OP" | "WG">("extreme", "spread", [["x", 1, "r"], ["index", 2, "r"], ["out", 3, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["origin", "u32", 6, 1]], ["OP","WG"]),
    pick: kernel<"x" | "index" | "out", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; origin: number }, "OP" | "WG">("extreme", "pick", [["x", 1, "r"], ["index", 2, "r"], ["out", 3, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["origin", "u32", 6, 1]], ["OP","WG"]),
  },
  fill: {
    bits: kernel<"out", { n: number; bits: number }, "WG">("fill", "bits", [["out", 1, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["WG"]),
  },
  gru: {
    forwardStep: kernel<"w" | "z" | "h" | "bias" | "y" | "sums", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS">("gru", "forward_step", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["bias", 4, "r"], ["y", 5, "w"], ["sums", 6, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS"]),
    forwardLoop: kernel<"w" | "z" | "h" | "bias" | "y" | "sums" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS">("gru", "forward_loop", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["bias", 4, "r"], ["y", 5, "w"], ["sums", 6, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS"]),
    backwardStep: kernel<"w" | "gates" | "hs" | "dy" | "dg" | "dh", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS">("gru", "backward_step", [["w", 1, "r"], ["gates", 2, "r"], ["hs", 3, "r"], ["dy", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS"]),
    backwardLoop: kernel<"w" | "gates" | "hs" | "dy" | "dg" | "dh" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS">("gru", "backward_loop", [["w", 1, "r"], ["gates", 2, "r"], ["hs", 3, "r"], ["dy", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS"]),
  },
  gruPair: {
    forwardStep: kernel<"w" | "z" | "h" | "bias" | "y" | "next" | "prev" | "z_in", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS" | "COPY">("gruPair", "forward_step", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["bias", 4, "r"], ["y", 5, "w"], ["next", 7, "w"], ["prev", 8, "r"], ["z_in", 9, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS","COPY"]),
    backwardStep: kernel<"w" | "gates" | "hs" | "dy" | "dg" | "dh" | "next" | "prev", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS" | "COPY">("gruPair", "backward_step", [["w", 1, "r"], ["gates", 2, "r"], ["hs", 3, "r"], ["dy", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["next", 7, "w"], ["prev", 8, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS","COPY"]),
  },
  gruSmall: {
    forwardStep: kernel<"w" | "z" | "h" | "bias" | "y" | "sums", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS">("gruSmall", "forward_step", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["bias", 4, "r"], ["y", 5, "w"], ["sums", 6, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS"]),
    forwardLoop: kernel<"w" | "z" | "h" | "bias" | "y" | "sums" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS">("gruSmall", "forward_loop", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["bias", 4, "r"], ["y", 5, "w"], ["sums", 6, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS"]),
    backwardStep: kernel<"w" | "gates" | "hs" | "dy" | "dg" | "dh", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS">("gruSmall", "backward_step", [["w", 1, "r"], ["gates", 2, "r"], ["hs", 3, "r"], ["dy", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS"]),
    backwardLoop: kernel<"w" | "gates" | "hs" | "dy" | "dg" | "dh" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS">("gruSmall", "backward_loop", [["w", 1, "r"], ["gates", 2, "r"], ["hs", 3, "r"], ["dy", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS"]),
  },
  gruWide: {
    forwardStep: kernel<"w" | "z" | "h" | "bias" | "y" | "next" | "prev" | "z_in", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS" | "COPY">("gruWide", "forward_step", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["bias", 4, "r"], ["y", 5, "w"], ["next", 7, "w"], ["prev", 8, "r"], ["z_in", 9, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS","COPY"]),
    backwardStep: kernel<"w" | "gates" | "hs" | "dy" | "dg" | "dh" | "next" | "prev", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "BIAS" | "COPY">("gruWide", "backward_step", [["w", 1, "r"], ["gates", 2, "r"], ["hs", 3, "r"], ["dy", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["next", 7, "w"], ["prev", 8, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","BIAS","COPY"]),
  },
  indexing: {
    gather: kernel<"index" | "x" | "out", { n: number; ndim: number; x_start: number; step: number; size: number; count: number; index_step: number; shape: readonly number[]; strides: readonly number[]; index_shape: readonly number[] }, "WG" | "CHECK">("indexing", "gather", [["index", 1, "r"], ["x", 2, "r"], ["out", 3, "w"], ["fault", 4, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["x_start", "u32", 2, 1], ["step", "u32", 3, 1], ["size", "u32", 4, 1], ["count", "u32", 5, 1], ["index_step", "u32", 6, 1], ["command", "u32", 7, 1], ["shape", "u32", 8, 8], ["strides", "u32", 16, 8], ["index_shape", "u32", 24, 8]], ["WG","CHECK"]),
    place: kernel<"index" | "x" | "out", { n: number; ndim: number; x_start: number; step: number; size: number; count: number; index_step: number; shape: readonly number[]; strides: readonly number[]; index_shape: readonly number[] }, "WG" | "CHECK">("indexing", "place", [["index", 1, "r"], ["x", 2, "r"], ["out", 3, "w"], ["fault", 4, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["x_start", "u32", 2, 1], ["step", "u32", 3, 1], ["size", "u32", 4, 1], ["count", "u32", 5, 1], ["index_step", "u32", 6, 1], ["command", "u32", 7, 1], ["shape", "u32", 8, 8], ["strides", "u32", 16, 8], ["index_shape", "u32", 24, 8]], ["WG","CHECK"]),
    places: kernel<"index" | "out", { n: number; ndim: number; x_start: number; step: number; size: number; count: number; index_step: number; shape: readonly number[]; strides: readonly number[]; index_shape: readonly number[] }, "WG" | "CHECK">("indexing", "places", [["index", 1, "r"], ["out", 3, "w"], ["fault", 4, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["x_start", "u32", 2, 1], ["step", "u32", 3, 1], ["size", "u32", 4, 1], ["count", "u32", 5, 1], ["index_step", "u32", 6, 1], ["command", "u32", 7, 1], ["shape", "u32", 8, 8], ["strides", "u32", 16, 8], ["index_shape", "u32", 24, 8]], ["WG","CHECK"]),
    scatterAdd: kernel<"index" | "source" | "sum", { n: number; ndim: number; x_start: number; step: number; size: number; count: number; index_step: number; shape: readonly number[]; strides: readonly number[]; index_shape: readonly number[] }, "WG" | "CHECK">("indexing", "scatter_add", [["index", 1, "r"], ["source", 2, "r"], ["sum", 3, "w"], ["fault", 4, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["x_start", "u32", 2, 1], ["step", "u32", 3, 1], ["size", "u32", 4, 1], ["count", "u32", 5, 1], ["index_step", "u32", 6, 1], ["command", "u32", 7, 1], ["shape", "u32", 8, 8], ["strides", "u32", 16, 8], ["index_shape", "u32", 24, 8]], ["WG","CHECK"]),
    oneHot: kernel<"index" | "out", { n: number; ndim: number; x_start: number; step: number; size: number; count: number; index_step: number; shape: readonly number[]; strides: readonly number[]; index_shape: readonly number[] }, "WG" | "CHECK">("indexing", "one_hot", [["index", 1, "r"], ["out", 3, "w"], ["fault", 4, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["x_start", "u32", 2, 1], ["step", "u32", 3, 1], ["size", "u32", 4, 1], ["count", "u32", 5, 1], ["index_step", "u32", 6, 1], ["command", "u32", 7, 1], ["shape", "u32", 8, 8], ["strides", "u32", 16, 8], ["index_shape", "u32", 24, 8]], ["WG","CHECK"]),
  },
  layerNorm: {
    stats4: kernel<"x" | "stats", { rows: number; cols: number; eps: number }, "LANES" | "WG" | "SCALE" | "SHIFT" | "PRODUCT">("layerNorm", "stats4", [["x", 1, "r"], ["stats", 6, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["eps", "f32", 2, 1]], ["LANES","WG","SCALE","SHIFT","PRODUCT"]),
    stats1: kernel<"x1" | "stats", { rows: number; cols: number; eps: number }, "LANES" | "WG" | "SCALE" | "SHIFT" | "PRODUCT">("layerNorm", "stats1", [["x1", 1, "r"], ["stats", 6, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["eps", "f32", 2, 1]], ["LANES","WG","SCALE","SHIFT","PRODUCT"]),
    dots4: kernel<"x" | "grad" | "weight" | "row_stats" | "stats", { rows: number; cols: number; eps: number }, "LANES" | "WG" | "SCALE" | "SHIFT" | "PRODUCT">("layerNorm", "dots4", [["x", 1, "r"], ["grad", 2, "r"], ["weight", 3, "r"], ["row_stats", 5, "r"], ["stats", 6, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["eps", "f32", 2, 1]], ["LANES","WG","SCALE","SHIFT","PRODUCT"]),
    dots1: kernel<"x1" | "grad1" | "weight" | "row_stats" | "stats", { rows: number; cols: number; eps: number }, "LANES" | "WG" | "SCALE" | "SHIFT" | "PRODUCT">("layerNorm", "dots1", [["x1", 1, "r"], ["grad1", 2, "r"], ["weight", 3, "r"], ["row_stats", 5, "r"], ["stats", 6, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["eps", "f32", 2, 1]], ["LANES","WG","SCALE","SHIFT","PRODUCT"]),
    forward: kernel<"x" | "weight" | "bias" | "row_stats" | "out", { rows: number; cols: number; eps: number }, "LANES" | "WG" | "SCALE" | "SHIFT" | "PRODUCT">("layerNorm", "forward", [["x", 1, "r"], ["weight", 3, "r"], ["bias", 4, "r"], ["row_stats", 5, "r"], ["out", 6, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["eps", "f32", 2, 1]], ["LANES","WG","SCALE","SHIFT","PRODUCT"]),
    backward: kernel<"x" | "grad" | "weight" | "row_dots" | "row_stats" | "out" | "product", { rows: number; cols: number; eps: number }, "LANES" | "WG" | "SCALE" | "SHIFT" | "PRODUCT">("layerNorm", "backward", [["x", 1, "r"], ["grad", 2, "r"], ["weight", 3, "r"], ["row_dots", 4, "r"], ["row_stats", 5, "r"], ["out", 6, "w"], ["product", 7, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["eps", "f32", 2, 1]], ["LANES","WG","SCALE","SHIFT","PRODUCT"]),
  },
  lossScale: {
    unscale: kernel<"blocks" | "gradients" | "scale" | "counts", { first: number; count: number }, "WG">("lossScale", "unscale", [["blocks", 1, "r"], ["gradients", 2, "w"], ["scale", 3, "w"], ["counts", 4, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1]], ["WG"]),
    decide: kernel<"scale" | "counts", { interval: number }, "WG">("lossScale", "decide", [["scale", 3, "w"], ["counts", 4, "w"], ["fault", 5, "w"]], [["interval", "u32", 0, 1]], ["WG"]),
    release: kernel<never, {  }, "WG">("lossScale", "release", [["fault", 5, "w"]], [], ["WG"]),
  },
  losses: {
    each: kernel<"x" | "t" | "weight" | "positive" | "out", { n: number; first: number; a: number; scale: number }, "WG" | "OP" | "WEIGHTED" | "POSITIVE" | "EACH" | "BY_TARGET">("losses", "each", [["x", 1, "r"], ["t", 2, "r"], ["weight", 3, "r"], ["positive", 4, "r"], ["out", 5, "w"]], [["n", "u32", 0, 1], ["first", "u32", 1, 1], ["a", "f32", 2, 1], ["scale", "f32", 3, 1]], ["WG","OP","WEIGHTED","POSITIVE","EACH","BY_TARGET"]),
    partial: kernel<"x" | "t" | "weight" | "positive" | "sums", { n: number; first: number; a: number; scale: number }, "WG" | "OP" | "WEIGHTED" | "POSITIVE" | "EACH" | "BY_TARGET">("losses", "partial", [["x", 1, "r"], ["t", 2, "r"], ["weight", 3, "r"], ["positive", 4, "r"], ["sums", 5, "w"]], [["n", "u32", 0, 1], ["first", "u32", 1, 1], ["a", "f32", 2, 1], ["scale", "f32", 3, 1]], ["WG","OP","WEIGHTED","POSITIVE","EACH","BY_TARGET"]),
    combine: kernel<"addends" | "sums", { n: number; first: number; a: number; scale: number }, "WG" | "OP" | "WEIGHTED" | "POSITIVE" | "EACH" | "BY_TARGET">("losses", "combine", [["addends", 1, "r"], ["sums", 5, "w"]], [["n", "u32", 0, 1], ["first", "u32", 1, 1], ["a", "f32", 2, 1], ["scale", "f32", 3, 1]], ["WG","OP","WEIGHTED","POSITIVE","EACH","BY_TARGET"]),
    backward: kernel<"x" | "t" | "weight" | "positive" | "out" | "grad" | "grad1", { n: number; first: number; a: number; scale: number }, "WG" | "OP" | "WEIGHTED" | "POSITIVE" | "EACH" | "BY_TARGET">("losses", "backward", [["x", 1, "r"], ["t", 2, "r"], ["weight", 3, "r"], ["positive", 4, "r"], ["out", 5, "w"], ["grad", 6, "r"], ["grad1", 7, "r"]], [["n", "u32", 0, 1], ["first", "u32", 1, 1], ["a", "f32", 2, 1], ["scale", "f32", 3, 1]], ["WG","OP","WEIGHTED","POSITIVE","EACH","BY_TARGET"]),
  },
  lstm: {
    forwardStep: kernel<"w" | "z" | "h" | "c" | "y" | "sums", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP">("lstm", "forward_step", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["c", 4, "w"], ["y", 5, "w"], ["sums", 6, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP"]),
    forwardLoop: kernel<"w" | "z" | "h" | "c" | "y" | "sums" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP">("lstm", "forward_loop", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["c", 4, "w"], ["y", 5, "w"], ["sums", 6, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP"]),
    backwardStep: kernel<"w" | "gates" | "dy" | "cs" | "dg" | "dh", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP">("lstm", "backward_step", [["w", 1, "r"], ["gates", 2, "r"], ["dy", 3, "r"], ["cs", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP"]),
    backwardLoop: kernel<"w" | "gates" | "dy" | "cs" | "dg" | "dh" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP">("lstm", "backward_loop", [["w", 1, "r"], ["gates", 2, "r"], ["dy", 3, "r"], ["cs", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP"]),
  },
  lstmPair: {
    forwardStep: kernel<"w" | "z" | "h" | "c" | "y" | "next" | "prev" | "z_in", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "COPY">("lstmPair", "forward_step", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["c", 4, "w"], ["y", 5, "w"], ["next", 7, "w"], ["prev", 8, "r"], ["z_in", 9, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","COPY"]),
    backwardStep: kernel<"w" | "gates" | "dy" | "cs" | "dg" | "dh" | "next" | "prev", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "COPY">("lstmPair", "backward_step", [["w", 1, "r"], ["gates", 2, "r"], ["dy", 3, "r"], ["cs", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["next", 7, "w"], ["prev", 8, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","COPY"]),
  },
  lstmSmall: {
    forwardStep: kernel<"w" | "z" | "h" | "c" | "y" | "sums", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP">("lstmSmall", "forward_step", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["c", 4, "w"], ["y", 5, "w"], ["sums", 6, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP"]),
    forwardLoop: kernel<"w" | "z" | "h" | "c" | "y" | "sums" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP">("lstmSmall", "forward_loop", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["c", 4, "w"], ["y", 5, "w"], ["sums", 6, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP"]),
    backwardStep: kernel<"w" | "gates" | "dy" | "cs" | "dg" | "dh", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP">("lstmSmall", "backward_step", [["w", 1, "r"], ["gates", 2, "r"], ["dy", 3, "r"], ["cs", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP"]),
    backwardLoop: kernel<"w" | "gates" | "dy" | "cs" | "dg" | "dh" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP">("lstmSmall", "backward_loop", [["w", 1, "r"], ["gates", 2, "r"], ["dy", 3, "r"], ["cs", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP"]),
  },
  lstmWide: {
    forwardStep: kernel<"w" | "z" | "h" | "c" | "y" | "next" | "prev" | "z_in", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "COPY">("lstmWide", "forward_step", [["w", 1, "r"], ["z", 2, "w"], ["h", 3, "w"], ["c", 4, "w"], ["y", 5, "w"], ["next", 7, "w"], ["prev", 8, "r"], ["z_in", 9, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","COPY"]),
    backwardStep: kernel<"w" | "gates" | "dy" | "cs" | "dg" | "dh" | "next" | "prev", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "HARD" | "KEEP" | "COPY">("lstmWide", "backward_step", [["w", 1, "r"], ["gates", 2, "r"], ["dy", 3, "r"], ["cs", 4, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["next", 7, "w"], ["prev", 8, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","HARD","KEEP","COPY"]),
  },
  matmul16: {
    multiply: kernel<"a" | "b" | "biases" | "c", { m: number; n: number; k0: number; k1: number; a_row: number; a_k: number; b_k: number; b_col: number; c_row: number; a_start: number; b_start: number; c_start: number; bias_start: number; z0: number; inner: number; a_outer: number; a_inner: number; b_outer: number; b_inner: number; c_outer: number; c_inner: number; bias: number; rows_on_x: number }, "TA" | "TB" | "TAIL" | "ADD" | "ACT" | "WG">("matmul16", "multiply", [["a", 1, "r"], ["b", 2, "r"], ["biases", 3, "r"], ["c", 4, "w"]], [["m", "u32", 0, 1], ["n", "u32", 1, 1], ["k0", "u32", 2, 1], ["k1", "u32", 3, 1], ["a_row", "u32", 4, 1], ["a_k", "u32", 5, 1], ["b_k", "u32", 6, 1], ["b_col", "u32", 7, 1], ["c_row", "u32", 8, 1], ["a_start", "u32", 9, 1], ["b_start", "u32", 10, 1], ["c_start", "u32", 11, 1], ["bias_start", "u32", 12, 1], ["z0", "u32", 13, 1], ["inner", "u32", 14, 1], ["a_outer", "u32", 15, 1], ["a_inner", "u32", 16, 1], ["b_outer", "u32", 17, 1], ["b_inner", "u32", 18, 1], ["c_outer", "u32", 19, 1], ["c_inner", "u32", 20, 1], ["bias", "u32", 21, 1], ["rows_on_x", "u32", 22, 1], ["pad0", "u32", 23, 1]], ["TA","TB","TAIL","ADD","ACT","WG"]),
  },
  matmul4: {
    multiply: kernel<"a" | "b" | "biases" | "c", { m: number; n: number; k0: number; k1: number; a_row: number; a_k: number; b_k: number; b_col: number; c_row: number; a_start: number; b_start: number; c_start: number; bias_start: number; z0: number; inner: number; a_outer: number; a_inner: number; b_outer: number; b_inner: number; c_outer: number; c_inner: number; bias: number; rows_on_x: number }, "TA" | "TB" | "TAIL" | "ADD" | "ACT" | "WG">("matmul4", "multiply", [["a", 1, "r"], ["b", 2, "r"], ["biases", 3, "r"], ["c", 4, "w"]], [["m", "u32", 0, 1], ["n", "u32", 1, 1], ["k0", "u32", 2, 1], ["k1", "u32", 3, 1], ["a_row", "u32", 4, 1], ["a_k", "u32", 5, 1], ["b_k", "u32", 6, 1], ["b_col", "u32", 7, 1], ["c_row", "u32", 8, 1], ["a_start", "u32", 9, 1], ["b_start", "u32", 10, 1], ["c_start", "u32", 11, 1], ["bias_start", "u32", 12, 1], ["z0", "u32", 13, 1], ["inner", "u32", 14, 1], ["a_outer", "u32", 15, 1], ["a_inner", "u32", 16, 1], ["b_outer", "u32", 17, 1], ["b_inner", "u32", 18, 1], ["c_outer", "u32", 19, 1], ["c_inner", "u32", 20, 1], ["bias", "u32", 21, 1], ["rows_on_x", "u32", 22, 1], ["pad0", "u32", 23, 1]], ["TA","TB","TAIL","ADD","ACT","WG"]),
  },
  matmul8: {
    multiply: kernel<"a" | "b" | "biases" | "c", { m: number; n: number; k0: number; k1: number; a_row: number; a_k: number; b_k: number; b_col: number; c_row: number; a_start: number; b_start: number; c_start: number; bias_start: number; z0: number; inner: number; a_outer: number; a_inner: number; b_outer: number; b_inner: number; c_outer: number; c_inner: number; bias: number; rows_on_x: number }, "TA" | "TB" | "TAIL" | "ADD" | "ACT" | "WG">("matmul8", "multiply", [["a", 1, "r"], ["b", 2, "r"], ["biases", 3, "r"], ["c", 4, "w"]], [["m", "u32", 0, 1], ["n", "u32", 1, 1], ["k0", "u32", 2, 1], ["k1", "u32", 3, 1], ["a_row", "u32", 4, 1], ["a_k", "u32", 5, 1], ["b_k", "u32", 6, 1], ["b_col", "u32", 7, 1], ["c_row", "u32", 8, 1], ["a_start", "u32", 9, 1], ["b_start", "u32", 10, 1], ["c_start", "u32", 11, 1], ["bias_start", "u32", 12, 1], ["z0", "u32", 13, 1], ["inner", "u32", 14, 1], ["a_outer", "u32", 15, 1], ["a_inner", "u32", 16, 1], ["b_outer", "u32", 17, 1], ["b_inner", "u32", 18, 1], ["c_outer", "u32", 19, 1], ["c_inner", "u32", 20, 1], ["bias", "u32", 21, 1], ["rows_on_x", "u32", 22, 1], ["pad0", "u32", 23, 1]], ["TA","TB","TAIL","ADD","ACT","WG"]),
  },
  matmulPack: {
    pack: kernel<"x" | "out", { rows: number; cols: number; count: number; x_start: number; x_row: number; x_col: number; inner: number; x_outer: number; x_inner: number }, "WG">("matmulPack", "pack", [["x", 1, "r"], ["out", 2, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["count", "u32", 2, 1], ["x_start", "u32", 3, 1], ["x_row", "u32", 4, 1], ["x_col", "u32", 5, 1], ["inner", "u32", 6, 1], ["x_outer", "u32", 7, 1], ["x_inner", "u32", 8, 1]], ["WG"]),
  },
  matmulStaged: {
    multiply: kernel<"a" | "b" | "biases" | "c", { m: number; n: number; k0: number; k1: number; a_row: number; a_k: number; b_k: number; b_col: number; c_row: number; a_start: number; b_start: number; c_start: number; bias_start: number; z0: number; inner: number; a_outer: number; a_inner: number; b_outer: number; b_inner: number; c_outer: number; c_inner: number; bias: number; rows_on_x: number }, "ADD" | "ACT">("matmulStaged", "multiply", [["a", 1, "r"], ["b", 2, "r"], ["biases", 3, "r"], ["c", 4, "w"]], [["m", "u32", 0, 1], ["n", "u32", 1, 1], ["k0", "u32", 2, 1], ["k1", "u32", 3, 1], ["a_row", "u32", 4, 1], ["a_k", "u32", 5, 1], ["b_k", "u32", 6, 1], ["b_col", "u32", 7, 1], ["c_row", "u32", 8, 1], ["a_start", "u32", 9, 1], ["b_start", "u32", 10, 1], ["c_start", "u32", 11, 1], ["bias_start", "u32", 12, 1], ["z0", "u32", 13, 1], ["inner", "u32", 14, 1], ["a_outer", "u32", 15, 1], ["a_inner", "u32", 16, 1], ["b_outer", "u32", 17, 1], ["b_inner", "u32", 18, 1], ["c_outer", "u32", 19, 1], ["c_inner", "u32", 20, 1], ["bias", "u32", 21, 1], ["rows_on_x", "u32", 22, 1], ["pad0", "u32", 23, 1]], ["ADD","ACT"]),
  },
  matmulWide: {
    multiply: kernel<"a" | "b" | "biases" | "c" | "out", { m: number; n: number; k0: number; k1: number; a_row: number; a_k: number; b_k: number; b_col: number; c_row: number; a_start: number; b_start: number; c_start: number; bias_start: number; z0: number; inner: number; a_outer: number; a_inner: number; b_outer: number; b_inner: number; c_outer: number; c_inner: number; bias: number; rows_on_x: number }, "TA" | "TB" | "TAIL" | "ADD" | "ACT" | "PANELS" | "OUT" | "WG">("matmulWide", "multiply", [["a", 1, "r"], ["b", 2, "r"], ["biases", 3, "r"], ["c", 4, "w"], ["out", 5, "w"]], [["m", "u32", 0, 1], ["n", "u32", 1, 1], ["k0", "u32", 2, 1], ["k1", "u32", 3, 1], ["a_row", "u32", 4, 1], ["a_k", "u32", 5, 1], ["b_k", "u32", 6, 1], ["b_col", "u32", 7, 1], ["c_row", "u32", 8, 1], ["a_start", "u32", 9, 1], ["b_start", "u32", 10, 1], ["c_start", "u32", 11, 1], ["bias_start", "u32", 12, 1], ["z0", "u32", 13, 1], ["inner", "u32", 14, 1], ["a_outer", "u32", 15, 1], ["a_inner", "u32", 16, 1], ["b_outer", "u32", 17, 1], ["b_inner", "u32", 18, 1], ["c_outer", "u32", 19, 1], ["c_inner", "u32", 20, 1], ["bias", "u32", 21, 1], ["rows_on_x", "u32", 22, 1], ["pad0", "u32", 23, 1]], ["TA","TB","TAIL","ADD","ACT","PANELS","OUT","WG"]),
  },
  normGradient: {
    squares: kernel<"blocks" | "grad" | "out", { first: number; count: number }, "WG">("normGradient", "squares", [["blocks", 1, "r"], ["grad", 2, "r"], ["out", 3, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1]], ["WG"]),
    root: kernel<"out" | "sums", { count: number }, "WG">("normGradient", "root", [["out", 3, "w"], ["sums", 4, "r"]], [["count", "u32", 0, 1]], ["WG"]),
    scale: kernel<"blocks" | "norm" | "gradients", { first: number; count: number; limit: number }, "WG">("normGradient", "scale", [["blocks", 1, "r"], ["norm", 5, "r"], ["gradients", 6, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["limit", "f32", 2, 1]], ["WG"]),
    clampValues: kernel<"blocks" | "gradients", { first: number; count: number; limit: number }, "WG">("normGradient", "clamp_values", [["blocks", 1, "r"], ["gradients", 6, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["limit", "f32", 2, 1]], ["WG"]),
  },
  optim: {
    sgd: kernel<"blocks" | "owners" | "clock" | "grad" | "value", { first: number; count: number; nesterov: number; momentum: number; fresh: number; share: number; direct: number; rate: number; decay: number; keep: number }, "WG">("optim", "sgd", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["grad", 4, "r"], ["value", 5, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["nesterov", "u32", 2, 1], ["momentum", "f32", 3, 1], ["fresh", "f32", 4, 1], ["share", "f32", 5, 1], ["direct", "f32", 6, 1], ["rate", "f32", 7, 1], ["decay", "f32", 8, 1], ["keep", "f32", 9, 1]], ["WG"]),
    sgdMomentum: kernel<"blocks" | "owners" | "clock" | "grad" | "value" | "average", { first: number; count: number; nesterov: number; momentum: number; fresh: number; share: number; direct: number; rate: number; decay: number; keep: number }, "WG">("optim", "sgd_momentum", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["grad", 4, "r"], ["value", 5, "w"], ["average", 6, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["nesterov", "u32", 2, 1], ["momentum", "f32", 3, 1], ["fresh", "f32", 4, 1], ["share", "f32", 5, 1], ["direct", "f32", 6, 1], ["rate", "f32", 7, 1], ["decay", "f32", 8, 1], ["keep", "f32", 9, 1]], ["WG"]),
    adam: kernel<"blocks" | "owners" | "clock" | "grad" | "value" | "average" | "square", { first: number; count: number; beta1: number; share1: number; beta2: number; share2: number; eps: number; decay: number; keep: number }, "WG">("optim", "adam", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["grad", 4, "r"], ["value", 5, "w"], ["average", 6, "w"], ["square", 7, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["beta1", "f32", 2, 1], ["share1", "f32", 3, 1], ["beta2", "f32", 4, 1], ["share2", "f32", 5, 1], ["eps", "f32", 6, 1], ["decay", "f32", 7, 1], ["keep", "f32", 8, 1]], ["WG"]),
    amsgrad: kernel<"blocks" | "owners" | "clock" | "grad" | "value" | "average" | "square" | "largest", { first: number; count: number; beta1: number; share1: number; beta2: number; share2: number; eps: number; decay: number; keep: number }, "WG">("optim", "amsgrad", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["grad", 4, "r"], ["value", 5, "w"], ["average", 6, "w"], ["square", 7, "w"], ["largest", 8, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["beta1", "f32", 2, 1], ["share1", "f32", 3, 1], ["beta2", "f32", 4, 1], ["share2", "f32", 5, 1], ["eps", "f32", 6, 1], ["decay", "f32", 7, 1], ["keep", "f32", 8, 1]], ["WG"]),
  },
  optimAverage: {
    asgd: kernel<"blocks" | "owners" | "clock" | "grad" | "value" | "average", { first: number; count: number; lambd: number; decay: number }, "WG">("optimAverage", "asgd", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["grad", 4, "r"], ["value", 5, "w"], ["average", 6, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["lambd", "f32", 2, 1], ["decay", "f32", 3, 1]], ["WG"]),
    update: kernel<"blocks" | "owners" | "clock" | "average" | "current", { first: number; count: number }, "WG">("optimAverage", "update", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["average", 6, "w"], ["current", 7, "r"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1]], ["WG"]),
    swap: kernel<"blocks" | "value" | "average", { first: number; count: number }, "WG">("optimAverage", "swap", [["blocks", 1, "r"], ["value", 5, "w"], ["average", 6, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1]], ["WG"]),
  },
  optimClock: {
    tick: kernel<"rows" | "clocks" | "skip" | "factors", { first: number; count: number; kind: number; scaling: number; sign: number; lr: number; log1: number; log2: number; decay: number; alpha: number; start: number }, "WG">("optimClock", "tick", [["rows", 1, "r"], ["clocks", 2, "w"], ["fault", 3, "r"], ["skip", 4, "r"], ["factors", 5, "r"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["kind", "u32", 2, 1], ["scaling", "u32", 3, 1], ["sign", "f32", 4, 1], ["lr", "f32", 5, 1], ["log1", "f32", 6, 1], ["log2", "f32", 7, 1], ["decay", "f32", 8, 1], ["alpha", "f32", 9, 1], ["start", "f32", 10, 1]], ["WG"]),
    clip: kernel<"factors" | "sums" | "ranges" | "out", { count: number; all: number; scaled: number; limit: number }, "WG">("optimClock", "clip", [["factors", 5, "r"], ["sums", 6, "r"], ["ranges", 7, "r"], ["out", 8, "w"]], [["count", "u32", 0, 1], ["all", "u32", 1, 1], ["scaled", "u32", 2, 1], ["limit", "f32", 3, 1]], ["WG"]),
  },
  optimSparse: {
    rows4: kernel<"clock" | "grad" | "value" | "average" | "square", { rows: number; width: number; start: number; clock_at: number; share1: number; share2: number; eps: number }, "WG">("optimSparse", "rows4", [["clock", 1, "r"], ["grad", 2, "r"], ["value", 3, "w"], ["average", 4, "w"], ["square", 5, "w"]], [["rows", "u32", 0, 1], ["width", "u32", 1, 1], ["start", "u32", 2, 1], ["clock_at", "u32", 3, 1], ["share1", "f32", 4, 1], ["share2", "f32", 5, 1], ["eps", "f32", 6, 1]], ["WG"]),
    rows1: kernel<"clock" | "grad1" | "value1" | "average1" | "square1", { rows: number; width: number; start: number; clock_at: number; share1: number; share2: number; eps: number }, "WG">("optimSparse", "rows1", [["clock", 1, "r"], ["grad1", 2, "r"], ["value1", 3, "w"], ["average1", 4, "w"], ["square1", 5, "w"]], [["rows", "u32", 0, 1], ["width", "u32", 1, 1], ["start", "u32", 2, 1], ["clock_at", "u32", 3, 1], ["share1", "f32", 4, 1], ["share2", "f32", 5, 1], ["eps", "f32", 6, 1]], ["WG"]),
  },
  optimSquares: {
    rmsprop: kernel<"blocks" | "owners" | "clock" | "grad" | "value" | "square", { first: number; count: number; inside: number; alpha: number; share: number; eps: number; decay: number; keep: number; momentum: number; inner: number; rate: number }, "WG">("optimSquares", "rmsprop", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["grad", 4, "r"], ["value", 5, "w"], ["square", 6, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["inside", "u32", 2, 1], ["alpha", "f32", 3, 1], ["share", "f32", 4, 1], ["eps", "f32", 5, 1], ["decay", "f32", 6, 1], ["keep", "f32", 7, 1], ["momentum", "f32", 8, 1], ["inner", "f32", 9, 1], ["rate", "f32", 10, 1]], ["WG"]),
    rmspropCentered: kernel<"blocks" | "owners" | "clock" | "grad" | "value" | "square" | "mean", { first: number; count: number; inside: number; alpha: number; share: number; eps: number; decay: number; keep: number; momentum: number; inner: number; rate: number }, "WG">("optimSquares", "rmsprop_centered", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["grad", 4, "r"], ["value", 5, "w"], ["square", 6, "w"], ["mean", 7, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["inside", "u32", 2, 1], ["alpha", "f32", 3, 1], ["share", "f32", 4, 1], ["eps", "f32", 5, 1], ["decay", "f32", 6, 1], ["keep", "f32", 7, 1], ["momentum", "f32", 8, 1], ["inner", "f32", 9, 1], ["rate", "f32", 10, 1]], ["WG"]),
    rmspropMomentum: kernel<"blocks" | "owners" | "clock" | "grad" | "value" | "square" | "moved", { first: number; count: number; inside: number; alpha: number; share: number; eps: number; decay: number; keep: number; momentum: number; inner: number; rate: number }, "WG">("optimSquares", "rmsprop_momentum", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["grad", 4, "r"], ["value", 5, "w"], ["square", 6, "w"], ["moved", 8, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["inside", "u32", 2, 1], ["alpha", "f32", 3, 1], ["share", "f32", 4, 1], ["eps", "f32", 5, 1], ["decay", "f32", 6, 1], ["keep", "f32", 7, 1], ["momentum", "f32", 8, 1], ["inner", "f32", 9, 1], ["rate", "f32", 10, 1]], ["WG"]),
    rmspropBoth: kernel<"blocks" | "owners" | "clock" | "grad" | "value" | "square" | "mean" | "moved", { first: number; count: number; inside: number; alpha: number; share: number; eps: number; decay: number; keep: number; momentum: number; inner: number; rate: number }, "WG">("optimSquares", "rmsprop_both", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["grad", 4, "r"], ["value", 5, "w"], ["square", 6, "w"], ["mean", 7, "w"], ["moved", 8, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["inside", "u32", 2, 1], ["alpha", "f32", 3, 1], ["share", "f32", 4, 1], ["eps", "f32", 5, 1], ["decay", "f32", 6, 1], ["keep", "f32", 7, 1], ["momentum", "f32", 8, 1], ["inner", "f32", 9, 1], ["rate", "f32", 10, 1]], ["WG"]),
    adagrad: kernel<"blocks" | "owners" | "clock" | "grad" | "value" | "square", { first: number; count: number; inside: number; alpha: number; share: number; eps: number; decay: number; keep: number; momentum: number; inner: number; rate: number }, "WG">("optimSquares", "adagrad", [["blocks", 1, "r"], ["owners", 2, "r"], ["clock", 3, "r"], ["grad", 4, "r"], ["value", 5, "w"], ["square", 6, "w"]], [["first", "u32", 0, 1], ["count", "u32", 1, 1], ["inside", "u32", 2, 1], ["alpha", "f32", 3, 1], ["share", "f32", 4, 1], ["eps", "f32", 5, 1], ["decay", "f32", 6, 1], ["keep", "f32", 7, 1], ["momentum", "f32", 8, 1], ["inner", "f32", 9, 1], ["rate", "f32", 10, 1]], ["WG"]),
  },
  optimTexture: {
    share: kernel<"clock" | "out", { at: number; beta1: number; share1: number; beta2: number; share2: number; eps: number }, "WG" | "CHECKS" | "DECAYS">("optimTexture", "share", [["clock", 1, "r"], ["out", 2, "w"]], [["at", "u32", 0, 1], ["pad0", "u32", 1, 1], ["pad1", "u32", 2, 1], ["pad2", "u32", 3, 1], ["beta1", "f32", 4, 1], ["share1", "f32", 5, 1], ["beta2", "f32", 6, 1], ["share2", "f32", 7, 1], ["eps", "f32", 8, 1]], ["WG","CHECKS","DECAYS"]),
    adam: kernel<"now" | "grad" | "old_value" | "old_average" | "old_square" | "value" | "average" | "square", { n: number; decay: number; keep: number }, "WG" | "CHECKS" | "DECAYS">("optimTexture", "adam", [["now", 1, "r"], ["grad", 2, "r"], ["old_value", 3, "r"], ["old_average", 4, "r"], ["old_square", 5, "r"], ["value", 6, "w"], ["average", 7, "w"], ["square", 8, "w"]], [["n", "u32", 0, 1], ["pad0", "u32", 1, 1], ["pad1", "u32", 2, 1], ["pad2", "u32", 3, 1], ["decay", "f32", 4, 1], ["keep", "f32", 5, 1]], ["WG","CHECKS","DECAYS"]),
  },
  packRows: {
    rows4: kernel<"index" | "x" | "out", { n: number; width: number; count: number; rows: number; low: number; high: number; fill: number }, "WG" | "COLUMNS">("packRows", "rows4", [["index", 1, "r"], ["x", 2, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["count", "u32", 2, 1], ["rows", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["fill", "u32", 6, 1]], ["WG","COLUMNS"]),
    rows1: kernel<"index" | "x1" | "out1", { n: number; width: number; count: number; rows: number; low: number; high: number; fill: number }, "WG" | "COLUMNS">("packRows", "rows1", [["index", 1, "r"], ["x1", 2, "r"], ["out1", 3, "w"]], [["n", "u32", 0, 1], ["width", "u32", 1, 1], ["count", "u32", 2, 1], ["rows", "u32", 3, 1], ["low", "u32", 4, 1], ["high", "u32", 5, 1], ["fill", "u32", 6, 1]], ["WG","COLUMNS"]),
  },
  pooling: {
    forward: kernel<"x" | "limits" | "out" | "places_out" | "spans_out", { n: number; steps: number; batch: number; width: number; x_start: number; x_row: number; x_step: number; row: number; out_row: number; last_at: number; max_at: number; mean_at: number; first: number; end: number; chunks: number }, "WG" | "LAST" | "MAX" | "MEAN" | "LIMITS">("pooling", "forward", [["x", 1, "r"], ["limits", 2, "r"], ["out", 3, "w"], ["places_out", 4, "w"], ["spans_out", 5, "w"]], [["n", "u32", 0, 1], ["steps", "u32", 1, 1], ["batch", "u32", 2, 1], ["width", "u32", 3, 1], ["x_start", "u32", 4, 1], ["x_row", "u32", 5, 1], ["x_step", "u32", 6, 1], ["row", "u32", 7, 1], ["out_row", "u32", 8, 1], ["last_at", "u32", 9, 1], ["max_at", "u32", 10, 1], ["mean_at", "u32", 11, 1], ["first", "u32", 12, 1], ["end", "u32", 13, 1], ["chunks", "u32", 14, 1], ["pad", "u32", 15, 1]], ["WG","LAST","MAX","MEAN","LIMITS"]),
    spread: kernel<"x" | "limits" | "out" | "places" | "spans", { n: number; steps: number; batch: number; width: number; x_start: number; x_row: number; x_step: number; row: number; out_row: number; last_at: number; max_at: number; mean_at: number; first: number; end: number; chunks: number }, "WG" | "LAST" | "MAX" | "MEAN" | "LIMITS">("pooling", "spread", [["x", 1, "r"], ["limits", 2, "r"], ["out", 3, "w"], ["places", 4, "r"], ["spans", 5, "r"]], [["n", "u32", 0, 1], ["steps", "u32", 1, 1], ["batch", "u32", 2, 1], ["width", "u32", 3, 1], ["x_start", "u32", 4, 1], ["x_row", "u32", 5, 1], ["x_step", "u32", 6, 1], ["row", "u32", 7, 1], ["out_row", "u32", 8, 1], ["last_at", "u32", 9, 1], ["max_at", "u32", 10, 1], ["mean_at", "u32", 11, 1], ["first", "u32", 12, 1], ["end", "u32", 13, 1], ["chunks", "u32", 14, 1], ["pad", "u32", 15, 1]], ["WG","LAST","MAX","MEAN","LIMITS"]),
    collect: kernel<"x" | "limits" | "out" | "places" | "spans", { n: number; steps: number; batch: number; width: number; x_start: number; x_row: number; x_step: number; row: number; out_row: number; last_at: number; max_at: number; mean_at: number; first: number; end: number; chunks: number }, "WG" | "LAST" | "MAX" | "MEAN" | "LIMITS">("pooling", "collect", [["x", 1, "r"], ["limits", 2, "r"], ["out", 3, "w"], ["places", 4, "r"], ["spans", 5, "r"]], [["n", "u32", 0, 1], ["steps", "u32", 1, 1], ["batch", "u32", 2, 1], ["width", "u32", 3, 1], ["x_start", "u32", 4, 1], ["x_row", "u32", 5, 1], ["x_step", "u32", 6, 1], ["row", "u32", 7, 1], ["out_row", "u32", 8, 1], ["last_at", "u32", 9, 1], ["max_at", "u32", 10, 1], ["mean_at", "u32", 11, 1], ["first", "u32", 12, 1], ["end", "u32", 13, 1], ["chunks", "u32", 14, 1], ["pad", "u32", 15, 1]], ["WG","LAST","MAX","MEAN","LIMITS"]),
  },
  pow: {
    same: kernel<"a" | "b" | "out", { n: number; bits: number }, "OP" | "SWAP" | "WG">("pow", "same", [["a", 1, "r"], ["b", 2, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["OP","SWAP","WG"]),
    number: kernel<"a" | "out", { n: number; bits: number }, "OP" | "SWAP" | "WG">("pow", "number", [["a", 1, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["OP","SWAP","WG"]),
    strided: kernel<"a1" | "b1" | "out1", { n: number; ndim: number; out_start: number; a_start: number; b_start: number; a_splat: number; b_splat: number; shape: readonly number[]; a_strides: readonly number[]; b_strides: readonly number[] }, "OP" | "SWAP" | "WG">("pow", "strided", [["a1", 1, "r"], ["b1", 2, "r"], ["out1", 3, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["out_start", "u32", 2, 1], ["a_start", "u32", 3, 1], ["b_start", "u32", 4, 1], ["a_splat", "u32", 5, 1], ["b_splat", "u32", 6, 1], ["pad", "u32", 7, 1], ["shape", "u32", 8, 8], ["a_strides", "u32", 16, 8], ["b_strides", "u32", 24, 8]], ["OP","SWAP","WG"]),
    vectors: kernel<"a" | "b" | "out", { n: number; ndim: number; out_start: number; a_start: number; b_start: number; a_splat: number; b_splat: number; shape: readonly number[]; a_strides: readonly number[]; b_strides: readonly number[] }, "OP" | "SWAP" | "WG">("pow", "vectors", [["a", 1, "r"], ["b", 2, "r"], ["out", 3, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["out_start", "u32", 2, 1], ["a_start", "u32", 3, 1], ["b_start", "u32", 4, 1], ["a_splat", "u32", 5, 1], ["b_splat", "u32", 6, 1], ["pad", "u32", 7, 1], ["shape", "u32", 8, 8], ["a_strides", "u32", 16, 8], ["b_strides", "u32", 24, 8]], ["OP","SWAP","WG"]),
  },
  random: {
    bits: kernel<"words", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "bits", [["words", 1, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
    floats: kernel<"out", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "floats", [["out", 1, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
    normal: kernel<"out", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "normal", [["out", 1, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
    bernoulli: kernel<"out", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "bernoulli", [["out", 1, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
    randint: kernel<"integers", { counter: readonly number[]; key: readonly number[]; n: number; lo: number; a: number; b: number; c: number; size: number }, "WG">("random", "randint", [["integers", 1, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["n", "u32", 6, 1], ["lo", "i32", 7, 1], ["a", "f32", 8, 1], ["b", "f32", 9, 1], ["c", "f32", 10, 1], ["size", "u32", 11, 1]], ["WG"]),
  },
  randomChoice: {
    choose: kernel<"weights" | "chosen", { counter: readonly number[]; key: readonly number[]; rows: number; cols: number; samples: number; first: number }, never>("randomChoice", "choose", [["weights", 1, "r"], ["chosen", 2, "w"], ["fault", 3, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["rows", "u32", 6, 1], ["cols", "u32", 7, 1], ["samples", "u32", 8, 1], ["first", "u32", 9, 1], ["command", "u32", 10, 1], ["pad0", "u32", 11, 1]], []),
    races: kernel<"weights" | "times", { counter: readonly number[]; key: readonly number[]; rows: number; cols: number; samples: number; first: number }, never>("randomChoice", "races", [["weights", 1, "r"], ["times", 2, "w"], ["fault", 3, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["rows", "u32", 6, 1], ["cols", "u32", 7, 1], ["samples", "u32", 8, 1], ["first", "u32", 9, 1], ["command", "u32", 10, 1], ["pad0", "u32", 11, 1]], []),
    check: kernel<"weights" | "winners", { counter: readonly number[]; key: readonly number[]; rows: number; cols: number; samples: number; first: number }, never>("randomChoice", "check", [["weights", 1, "r"], ["winners", 2, "r"], ["fault", 3, "w"]], [["counter", "u32", 0, 4], ["key", "u32", 4, 2], ["rows", "u32", 6, 1], ["cols", "u32", 7, 1], ["samples", "u32", 8, 1], ["first", "u32", 9, 1], ["command", "u32", 10, 1], ["pad0", "u32", 11, 1]], []),
  },
  reduce: {
    columns: kernel<"x" | "out", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; divisor: number }, "OP" | "MAP" | "FINISH">("reduce", "columns", [["x", 1, "r"], ["out", 2, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["divisor", "f32", 6, 1]], ["OP","MAP","FINISH"]),
    rows: kernel<"x" | "out", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; divisor: number }, "OP" | "MAP" | "FINISH">("reduce", "rows", [["x", 1, "r"], ["out", 2, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["divisor", "f32", 6, 1]], ["OP","MAP","FINISH"]),
  },
  rnn: {
    forwardStep: kernel<"w" | "z" | "h" | "y", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnn", "forward_step", [["w", 1, "r"], ["z", 2, "r"], ["h", 3, "w"], ["y", 5, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
    forwardLoop: kernel<"w" | "z" | "h" | "y" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnn", "forward_loop", [["w", 1, "r"], ["z", 2, "r"], ["h", 3, "w"], ["y", 5, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
    backwardStep: kernel<"w" | "hs" | "dy" | "dg" | "dh", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnn", "backward_step", [["w", 1, "r"], ["hs", 2, "r"], ["dy", 3, "r"], ["dg", 5, "w"], ["dh", 6, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
    backwardLoop: kernel<"w" | "hs" | "dy" | "dg" | "dh" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnn", "backward_loop", [["w", 1, "r"], ["hs", 2, "r"], ["dy", 3, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
  },
  rnnPair: {
    forwardStep: kernel<"w" | "z" | "h" | "y" | "next" | "prev", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnnPair", "forward_step", [["w", 1, "r"], ["z", 2, "r"], ["h", 3, "w"], ["y", 5, "w"], ["next", 7, "w"], ["prev", 8, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
    backwardStep: kernel<"w" | "hs" | "dy" | "dg" | "dh" | "next" | "prev", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnnPair", "backward_step", [["w", 1, "r"], ["hs", 2, "r"], ["dy", 3, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["next", 7, "w"], ["prev", 8, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
  },
  rnnSmall: {
    forwardStep: kernel<"w" | "z" | "h" | "y", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnnSmall", "forward_step", [["w", 1, "r"], ["z", 2, "r"], ["h", 3, "w"], ["y", 5, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
    forwardLoop: kernel<"w" | "z" | "h" | "y" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnnSmall", "forward_loop", [["w", 1, "r"], ["z", 2, "r"], ["h", 3, "w"], ["y", 5, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
    backwardStep: kernel<"w" | "hs" | "dy" | "dg" | "dh", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnnSmall", "backward_step", [["w", 1, "r"], ["hs", 2, "r"], ["dy", 3, "r"], ["dg", 5, "w"], ["dh", 6, "w"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
    backwardLoop: kernel<"w" | "hs" | "dy" | "dg" | "dh" | "steps", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnnSmall", "backward_loop", [["w", 1, "r"], ["hs", 2, "r"], ["dy", 3, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
  },
  rnnState: {
    start: kernel<"h0" | "h" | "steps", { h4: number; batch: number; dirs: number; sd: number; given: number; reverse: number; packed: number; count: number }, "WG">("rnnState", "start", [["h0", 1, "r"], ["h", 2, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["sd", "u32", 3, 1], ["given", "u32", 4, 1], ["reverse", "u32", 5, 1], ["packed", "u32", 6, 1], ["count", "u32", 7, 1]], ["WG"]),
    startPair: kernel<"h0" | "h" | "c0" | "c" | "steps", { h4: number; batch: number; dirs: number; sd: number; given: number; reverse: number; packed: number; count: number }, "WG">("rnnState", "start_pair", [["h0", 1, "r"], ["h", 2, "w"], ["c0", 3, "r"], ["c", 4, "w"], ["steps", 7, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["sd", "u32", 3, 1], ["given", "u32", 4, 1], ["reverse", "u32", 5, 1], ["packed", "u32", 6, 1], ["count", "u32", 7, 1]], ["WG"]),
    finish: kernel<"hs" | "hn", { n: number; units: number; batch: number; h4: number; sd: number; final_row: number }, "WG">("rnnState", "finish", [["hs", 1, "r"], ["hn", 2, "w"]], [["n", "u32", 0, 1], ["units", "u32", 1, 1], ["batch", "u32", 2, 1], ["h4", "u32", 3, 1], ["sd", "u32", 4, 1], ["final_row", "u32", 5, 1]], ["WG"]),
    finishPair: kernel<"hs" | "hn" | "cs" | "cn", { n: number; units: number; batch: number; h4: number; sd: number; final_row: number }, "WG">("rnnState", "finish_pair", [["hs", 1, "r"], ["hn", 2, "w"], ["cs", 3, "r"], ["cn", 4, "w"]], [["n", "u32", 0, 1], ["units", "u32", 1, 1], ["batch", "u32", 2, 1], ["h4", "u32", 3, 1], ["sd", "u32", 4, 1], ["final_row", "u32", 5, 1]], ["WG"]),
    bias: kernel<"dg" | "sums", { columns: number; rows: number; each: number; chunks: number; start: number; gd: number; sd: number }, "WG">("rnnState", "bias", [["dg", 1, "r"], ["sums", 2, "w"]], [["columns", "u32", 0, 1], ["rows", "u32", 1, 1], ["each", "u32", 2, 1], ["chunks", "u32", 3, 1], ["start", "u32", 4, 1], ["gd", "u32", 5, 1], ["sd", "u32", 6, 1]], ["WG"]),
  },
  rnnWide: {
    forwardStep: kernel<"w" | "z" | "h" | "y" | "next" | "prev", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnnWide", "forward_step", [["w", 1, "r"], ["z", 2, "r"], ["h", 3, "w"], ["y", 5, "w"], ["next", 7, "w"], ["prev", 8, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
    backwardStep: kernel<"w" | "hs" | "dy" | "dg" | "dh" | "next" | "prev", { h4: number; batch: number; dirs: number; zs: number; zd: number; gd: number; hidden: number; sd: number; final_row: number; ys: number; yd: number; given: number; reverse: number; packed: number; count: number; first: number; end: number; rows: readonly number[] }, "WG" | "Y" | "RELU">("rnnWide", "backward_step", [["w", 1, "r"], ["hs", 2, "r"], ["dy", 3, "r"], ["dg", 5, "w"], ["dh", 6, "w"], ["next", 7, "w"], ["prev", 8, "r"]], [["h4", "u32", 0, 1], ["batch", "u32", 1, 1], ["dirs", "u32", 2, 1], ["zs", "u32", 3, 1], ["zd", "u32", 4, 1], ["gd", "u32", 5, 1], ["hidden", "u32", 6, 1], ["sd", "u32", 7, 1], ["final_row", "u32", 8, 1], ["ys", "u32", 9, 1], ["yd", "u32", 10, 1], ["given", "u32", 11, 1], ["reverse", "u32", 12, 1], ["packed", "u32", 13, 1], ["count", "u32", 14, 1], ["first", "u32", 15, 1], ["end", "u32", 16, 1], ["rows", "u32", 20, 8]], ["WG","Y","RELU"]),
  },
  scan: {
    totals: kernel<"x" | "out", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; carry_start: number }, "REVERSE" | "WG">("scan", "totals", [["x", 1, "r"], ["out", 2, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["carry_start", "u32", 6, 1]], ["REVERSE","WG"]),
    scan: kernel<"x" | "out", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; carry_start: number }, "REVERSE" | "WG">("scan", "scan", [["x", 1, "r"], ["out", 2, "w"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["carry_start", "u32", 6, 1]], ["REVERSE","WG"]),
    carried: kernel<"x" | "out" | "carry", { items: number; length: number; inner: number; chunks: number; x_start: number; out_start: number; carry_start: number }, "REVERSE" | "WG">("scan", "carried", [["x", 1, "r"], ["out", 2, "w"], ["carry", 3, "r"]], [["items", "u32", 0, 1], ["length", "u32", 1, 1], ["inner", "u32", 2, 1], ["chunks", "u32", 3, 1], ["x_start", "u32", 4, 1], ["out_start", "u32", 5, 1], ["carry_start", "u32", 6, 1]], ["REVERSE","WG"]),
  },
  softmax: {
    stats4: kernel<"x" | "stats", { rows: number; cols: number }, "LANES" | "WG" | "LOG" | "SPAN">("softmax", "stats4", [["x", 1, "r"], ["stats", 3, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1]], ["LANES","WG","LOG","SPAN"]),
    stats1: kernel<"x1" | "stats", { rows: number; cols: number }, "LANES" | "WG" | "LOG" | "SPAN">("softmax", "stats1", [["x1", 1, "r"], ["stats", 3, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1]], ["LANES","WG","LOG","SPAN"]),
    dots4: kernel<"x" | "grad" | "dots", { rows: number; cols: number }, "LANES" | "WG" | "LOG" | "SPAN">("softmax", "dots4", [["x", 1, "r"], ["grad", 2, "r"], ["dots", 3, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1]], ["LANES","WG","LOG","SPAN"]),
    dots1: kernel<"x1" | "grad1" | "dots", { rows: number; cols: number }, "LANES" | "WG" | "LOG" | "SPAN">("softmax", "dots1", [["x1", 1, "r"], ["grad1", 2, "r"], ["dots", 3, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1]], ["LANES","WG","LOG","SPAN"]),
    forward: kernel<"x" | "row_stats" | "out", { rows: number; cols: number }, "LANES" | "WG" | "LOG" | "SPAN">("softmax", "forward", [["x", 1, "r"], ["row_stats", 4, "r"], ["out", 5, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1]], ["LANES","WG","LOG","SPAN"]),
    backward: kernel<"x" | "grad" | "row_dots" | "out", { rows: number; cols: number }, "LANES" | "WG" | "LOG" | "SPAN">("softmax", "backward", [["x", 1, "r"], ["grad", 2, "r"], ["row_dots", 4, "r"], ["out", 5, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1]], ["LANES","WG","LOG","SPAN"]),
  },
  sort: {
    makeKeys: kernel<"x" | "keys_out" | "order_out", { rows: number; cols: number; chunks: number; shift: number; limit: number }, "WG" | "KIND" | "DESCENDING" | "CHUNK">("sort", "make_keys", [["x", 1, "r"], ["keys_out", 3, "w"], ["order_out", 4, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["chunks", "u32", 2, 1], ["shift", "u32", 3, 1], ["limit", "u32", 4, 1], ["pad0", "u32", 5, 1], ["pad1", "u32", 6, 1], ["pad2", "u32", 7, 1]], ["WG","KIND","DESCENDING","CHUNK"]),
    count: kernel<"keys" | "counts", { rows: number; cols: number; chunks: number; shift: number; limit: number }, "WG" | "KIND" | "DESCENDING" | "CHUNK">("sort", "count", [["keys", 1, "r"], ["counts", 5, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["chunks", "u32", 2, 1], ["shift", "u32", 3, 1], ["limit", "u32", 4, 1], ["pad0", "u32", 5, 1], ["pad1", "u32", 6, 1], ["pad2", "u32", 7, 1]], ["WG","KIND","DESCENDING","CHUNK"]),
    scan: kernel<"counts", { rows: number; cols: number; chunks: number; shift: number; limit: number }, "WG" | "KIND" | "DESCENDING" | "CHUNK">("sort", "scan", [["counts", 5, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["chunks", "u32", 2, 1], ["shift", "u32", 3, 1], ["limit", "u32", 4, 1], ["pad0", "u32", 5, 1], ["pad1", "u32", 6, 1], ["pad2", "u32", 7, 1]], ["WG","KIND","DESCENDING","CHUNK"]),
    scatter: kernel<"keys" | "order" | "keys_out" | "order_out" | "starts", { rows: number; cols: number; chunks: number; shift: number; limit: number }, "WG" | "KIND" | "DESCENDING" | "CHUNK">("sort", "scatter", [["keys", 1, "r"], ["order", 2, "r"], ["keys_out", 3, "w"], ["order_out", 4, "w"], ["starts", 6, "r"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["chunks", "u32", 2, 1], ["shift", "u32", 3, 1], ["limit", "u32", 4, 1], ["pad0", "u32", 5, 1], ["pad1", "u32", 6, 1], ["pad2", "u32", 7, 1]], ["WG","KIND","DESCENDING","CHUNK"]),
    take: kernel<"order" | "indices", { rows: number; cols: number; chunks: number; shift: number; limit: number }, "WG" | "KIND" | "DESCENDING" | "CHUNK">("sort", "take", [["order", 2, "r"], ["indices", 7, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["chunks", "u32", 2, 1], ["shift", "u32", 3, 1], ["limit", "u32", 4, 1], ["pad0", "u32", 5, 1], ["pad1", "u32", 6, 1], ["pad2", "u32", 7, 1]], ["WG","KIND","DESCENDING","CHUNK"]),
    rank: kernel<"x" | "indices", { rows: number; cols: number; chunks: number; shift: number; limit: number }, "WG" | "KIND" | "DESCENDING" | "CHUNK">("sort", "rank", [["x", 1, "r"], ["indices", 7, "w"]], [["rows", "u32", 0, 1], ["cols", "u32", 1, 1], ["chunks", "u32", 2, 1], ["shift", "u32", 3, 1], ["limit", "u32", 4, 1], ["pad0", "u32", 5, 1], ["pad1", "u32", 6, 1], ["pad2", "u32", 7, 1]], ["WG","KIND","DESCENDING","CHUNK"]),
  },
  texture: {
    fill: kernel<"x" | "out", { n: number; start: number; given: number }, "WG">("texture", "fill", [["x", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["start", "u32", 1, 1], ["given", "u32", 2, 1]], ["WG"]),
    panels: kernel<"x" | "out", { n: number; columns: number; depth: number; start: number; stride: number }, "WG">("texture", "panels", [["x", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["columns", "u32", 1, 1], ["depth", "u32", 2, 1], ["start", "u32", 3, 1], ["stride", "u32", 4, 1]], ["WG"]),
  },
  triangle: {
    keep: kernel<"x" | "out", { n: number; rows: number; cols: number; diagonal: number; upper: number }, "WG">("triangle", "keep", [["x", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["rows", "u32", 1, 1], ["cols", "u32", 2, 1], ["diagonal", "i32", 3, 1], ["upper", "u32", 4, 1]], ["WG"]),
  },
  unary: {
    forward: kernel<"x" | "out", { n: number; a: number; b: number }, "OP" | "WG">("unary", "forward", [["x", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["a", "f32", 1, 1], ["b", "f32", 2, 1]], ["OP","WG"]),
    backward: kernel<"x" | "grad" | "slopes", { n: number; a: number; b: number }, "OP" | "WG">("unary", "backward", [["x", 1, "r"], ["grad", 2, "r"], ["slopes", 3, "w"]], [["n", "u32", 0, 1], ["a", "f32", 1, 1], ["b", "f32", 2, 1]], ["OP","WG"]),
  },
  where: {
    same: kernel<"cond" | "a" | "b" | "out", { n: number; bits: number }, "SWAP" | "WG">("where", "same", [["cond", 1, "r"], ["a", 2, "r"], ["b", 3, "r"], ["out", 4, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["SWAP","WG"]),
    number: kernel<"cond" | "a" | "out", { n: number; bits: number }, "SWAP" | "WG">("where", "number", [["cond", 1, "r"], ["a", 2, "r"], ["out", 4, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["SWAP","WG"]),
    strided: kernel<"cond1" | "a1" | "b1" | "out1", { n: number; ndim: number; out_start: number; cond_start: number; a_start: number; b_start: number; shape: readonly number[]; cond_strides: readonly number[]; a_strides: readonly number[]; b_strides: readonly number[] }, "SWAP" | "WG">("where", "strided", [["cond1", 1, "r"], ["a1", 2, "r"], ["b1", 3, "r"], ["out1", 4, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["out_start", "u32", 2, 1], ["cond_start", "u32", 3, 1], ["a_start", "u32", 4, 1], ["b_start", "u32", 5, 1], ["pad0", "u32", 6, 1], ["pad1", "u32", 7, 1], ["shape", "u32", 8, 8], ["cond_strides", "u32", 16, 8], ["a_strides", "u32", 24, 8], ["b_strides", "u32", 32, 8]], ["SWAP","WG"]),
  },
} as const;
