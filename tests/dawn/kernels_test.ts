/**
 * Chromium's compiler (Tint) accepts every kernel in every variant, on a device with no more than WebGPU's guaranteed
 * limits. Variants are read off the shader: each value that an override constant is compared with, each element type that
 * Deno's compiler (naga) accepts. Dawn's null backend has all of Tint and no driver behind it: SwiftShader would take
 * minutes for the largest kernels, and what it has to say the op tests find out by running them.
 */
import { kernels, sources } from "../../src/gpu/kernels.gen.ts";
import type { Kernel } from "../../src/gpu/kernel.ts";
import { type ElementType, source } from "../../src/gpu/pipelines.ts";
import { open } from "./dawn.ts";
import { denoGpu } from "./preload.ts";
import { strict as assert } from "node:assert";

type Constants = Record<string, number>;

/** Constants that are sizes: sets of values they are used with. The others select code and are found in it. */
const SIZES: Record<string, Constants[]> = {
  LANES: [{}, { LANES: 8, WG: 8 }, { LANES: 64, WG: 64 }, { LANES: 256, WG: 256 }],
  CHANNELS: [{}, { CHANNELS: 8, ROWS: 1, WG: 8 }, { CHANNELS: 8, ROWS: 32, WG: 256 }, {
    CHANNELS: 1,
    ROWS: 256,
    WG: 256,
  }],
  COLUMNS: [1, 2, 3, 4, 5].map((COLUMNS) => ({ COLUMNS })),
};

/** Modules whose `alias T` is set to f16. */
const HALVES = ["copy", "matmulPack"];

/** Every combination of constants to compile a module with, or one constant at a time where that would be too many. */
function variants(text: string): Constants[] {
  const choices: Constants[][] = [];
  for (const [, name, type] of text.matchAll(/^override (\w+): (\w+)/gm)) {
    if (SIZES[name]) choices.push(SIZES[name]);
    else if (type === "bool") choices.push([{ [name]: 0 }, { [name]: 1 }]);
    else choices.push(valuesOf(name, text).map((value) => ({ [name]: value })));
  }
  const used = choices.filter((list) => list.length > 0);
  if (used.reduce((product, list) => product * list.length, 1) > 64) return [{}, ...used.flat()];
  return used.reduce<Constants[]>((sets, list) => sets.flatMap((set) => list.map((more) => ({ ...set, ...more }))), [
    {},
  ]);
}

/** Numbers that a constant is compared with, and one more for the `default` case; none for a constant that is a size. */
function valuesOf(name: string, text: string): number[] {
  const values = new Set<number>();
  for (const [, value] of text.matchAll(new RegExp(`\\b${name} *[!=<>]=? *(\\d+)u?\\b`, "g"))) {
    values.add(Number(value));
  }
  for (const [, body] of text.matchAll(new RegExp(`switch \\(?${name}\\)? *\\{([\\s\\S]*?)\\n\\}`, "g"))) {
    for (const [, value] of body.matchAll(/case (\d+)u?/g)) values.add(Number(value));
  }
  if (values.size) values.add(0).add(Math.max(...values) + 1);
  return [...values].sort((a, b) => a - b);
}

/** Functions whose buffer may be bound as a texture. */
const TEXTURES =
  /^fn (?:(\w+)_at\(i: u32\) -> vec4f \{ return vec4f\(\1\[i\]\); \}|(\w+)_put\(i: u32, v: vec4f\) \{ \2\[i\] = v; \})/gm;

/** Messages of kind error that a compiler has for a shader. */
async function errors(device: GPUDevice, code: string): Promise<string[]> {
  device.pushErrorScope("validation");
  const info = await device.createShaderModule({ code }).getCompilationInfo();
  const error = await device.popErrorScope();
  const list = [...info.messages].filter(({ type }) => type === "error").map((m) => `line ${m.lineNum}: ${m.message}`);
  return list.length || !error ? list : [error.message];
}

async function device(gpu: GPU): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter();
  assert(adapter, "no adapter");
  const requiredFeatures = [...adapter.features].filter((name) => name === "shader-f16") as GPUFeatureName[];
  return await adapter.requestDevice({ requiredFeatures }); // default limits
}

Deno.test("the Dawn suite runs on Dawn", () => {
  assert.notEqual(navigator.gpu, denoGpu);
});

Deno.test("Tint rejects what only Deno's compiler accepts", async () => {
  const tint = await device(await open(["backend=null"]));
  const returnBeforeBarrier = `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
    @compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) {
      if (y[i] > 0.0) { return; }
      workgroupBarrier();
    }`;
  assert.match((await errors(tint, returnBeforeBarrier)).join(), /uniform control flow/);
  tint.destroy();
});

Deno.test("Tint accepts every kernel in every variant at default limits", async (t) => {
  const tint = await device(await open(["backend=null"])), naga = await device(denoGpu);
  let count = 0;
  for (const [module, entries] of Object.entries(kernels) as [string, Record<string, Kernel>][]) {
    if (sources[module].includes("subgroup")) continue; // for Deno's adapters, see src/gpu/subgroups.ts
    await t.step(module, async () => {
      const types: [ElementType, string[]?, string[]?][] = [["f32"]];
      if (/^alias T = /m.test(sources[module])) {
        for (const type of ["i32", "u32"] as const) {
          if ((await errors(naga, source(module, type))).length === 0) types.push([type]);
        }
      }
      if (HALVES.includes(module)) types.push(["f16"]);
      const half = [...sources[module].matchAll(/^alias (\w+)_t = f32/gm)].map(([, name]) => name);
      if (half.length) types.push(["f32", half], ["f32", half.slice(0, 1)], ["f32", half.slice(1)]);
      const textures = [...sources[module].matchAll(TEXTURES)].map(([, read, write]) => read ?? write);
      if (textures.length) types.push(["f32", [], textures], ["f32", [], textures.slice(0, 1)]);
      for (const [type, half, textures] of types) {
        const code = source(module, type, half, textures), what = `f16 for ${half ?? "none"}, textures ${textures}`;
        assert.deepEqual(await errors(tint, code), [], `${module} (${type}, ${what})`);
        const shader = tint.createShaderModule({ code });
        await Promise.all(
          Object.values(entries).flatMap((kernel) =>
            variants(code).map(async (constants) => {
              const own = Object.fromEntries(
                Object.entries(constants).filter(([name]) => kernel.constants.includes(name)),
              );
              count++;
              await tint.createComputePipelineAsync({
                layout: "auto",
                compute: { module: shader, entryPoint: kernel.entry, constants: own },
              }).catch((cause) => {
                throw new Error(`${kernel.name} (${type}, ${JSON.stringify(own)}): ${cause.message}`, { cause });
              });
            })
          ),
        );
      }
    });
  }
  tint.destroy();
  naga.destroy();
  assert(count >= 2 * Object.keys(kernels).length, `only ${count} variants were found`);
  console.log(
    `${count} variants of ${Object.values(kernels).flatMap((entries) => Object.keys(entries)).length} kernels`,
  );
});
