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
var from = params.x_offset;
var to = params.out_offset;
for (var d = params.ndim; d > 0u; d--) {
let k = d - 1u;
let size = params.shape[k / 4u][k % 4u];
let index = rest % size;
rest /= size;
from += index * params.x_strides[k / 4u][k % 4u];
to += index * params.out_strides[k / 4u][k % 4u];
}
out[to] = x[from];
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
};

/** Every kernel, by shader file and entry point. */
export const kernels = {
  accumulate: {
    add: kernel<"source" | "out", { n: number; first: number }, "WG">("accumulate", "add", [["source", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["first", "u32", 1, 1]], ["WG"]),
  },
  copy: {
    strided: kernel<"x" | "out", { n: number; ndim: number; x_offset: number; out_offset: number; shape: readonly number[]; x_strides: readonly number[]; out_strides: readonly number[] }, "WG">("copy", "strided", [["x", 1, "r"], ["out", 2, "w"]], [["n", "u32", 0, 1], ["ndim", "u32", 1, 1], ["x_offset", "u32", 2, 1], ["out_offset", "u32", 3, 1], ["shape", "u32", 4, 8], ["x_strides", "u32", 12, 8], ["out_strides", "u32", 20, 8]], ["WG"]),
  },
  fill: {
    bits: kernel<"out", { n: number; bits: number }, "WG">("fill", "bits", [["out", 1, "w"]], [["n", "u32", 0, 1], ["bits", "u32", 1, 1]], ["WG"]),
  },
} as const;
