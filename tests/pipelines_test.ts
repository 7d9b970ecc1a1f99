/**
 * Specialised shader texts: element types and uniform windows are set in the text as it is in the repository and in the
 * shortened one of the bundle.
 * @module
 */
import assert from "node:assert/strict";
import { DeviceError } from "../src/errors.ts";
import { sources } from "../src/gpu/kernels.gen.ts";
import { source } from "../src/gpu/pipelines.ts";
import { minifyWgsl } from "../tools/minify.ts";

/** A text under a name of its own while `fn` runs. */
function withSource(text: string, fn: (module: string) => void): void {
  const all = sources as Record<string, string>;
  all.underTest = text;
  try {
    fn("underTest");
  } finally {
    delete all.underTest;
  }
}

Deno.test("element types and windows are set in plain and in shortened shaders", () => {
  let types = 0, halves = 0, windows = 0;
  for (const [name, plain] of Object.entries(sources)) {
    for (const text of [plain, minifyWgsl(plain)]) {
      withSource(text, (module) => {
        if (/^alias T = /m.test(plain)) {
          assert.match(source(module, "i32"), /alias T = i32;/, name);
          assert.match(source(module, "f16"), /^enable f16;\n[^]*alias T = f16;/, name);
          types++;
        }
        for (const [, buffer] of plain.matchAll(/^alias (\w+)_t = f32/gm)) {
          const half = source(module, "f32", [], [buffer]);
          assert.match(half, new RegExp(`^enable f16;\n[^]*alias ${buffer}_t = f16;`), name);
          assert.equal(half.match(/_t = f16;/g)!.length, 1, `${name}: only ${buffer}`);
          halves++;
        }
        for (
          const [, buffer] of plain.matchAll(/^@.* var<storage, read> (\w+): array<(?:vec4<\w+_t>|vec4<T>|vec4f)>/gm)
        ) {
          assert.match(
            source(module, "f32", [buffer]),
            new RegExp(`var<uniform> ${buffer}: array<vec4\\S+, 4096>`),
            name,
          );
          windows++;
        }
      });
    }
  }
  assert.ok(types >= 20 && halves >= 32 && windows >= 20, `${types} types, ${halves} halves, ${windows} windows`);
});

Deno.test("a type that a shader does not name is refused, and so is a window over what cannot be one", () => {
  assert.throws(() => source("fill", "f16"), DeviceError);
  assert.throws(() => source("fill", "f32", [], ["out"]), DeviceError);
  assert.throws(() => source("matmul16", "f32", ["c"]), DeviceError);
  assert.throws(() => source("nothing", "f32"), DeviceError);
});
