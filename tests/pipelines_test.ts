/**
 * Specialised shader texts: element types and textures are set in the text as it is in the repository and in the
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

/** Functions whose buffer may be bound as a texture. */
const TEXTURES =
  /^fn (?:(\w+)_at\(i: u32\) -> vec4f \{ return vec4f\(\1\[i\]\); \}|(\w+)_put\(i: u32, v: vec4f\) \{ \2\[i\] = v; \})/gm;

Deno.test("element types and textures are set in plain and in shortened shaders", () => {
  let types = 0, halves = 0, textures = 0;
  for (const [name, plain] of Object.entries(sources)) {
    for (const text of [plain, minifyWgsl(plain)]) {
      withSource(text, (module) => {
        if (/^alias T = /m.test(plain)) {
          assert.match(source(module, "i32"), /alias T = i32;/, name);
          assert.match(source(module, "f16"), /^enable f16;\n[^]*alias T = f16;/, name);
          types++;
        }
        for (const [, buffer] of plain.matchAll(/^alias (\w+)_t = f32/gm)) {
          const half = source(module, "f32", [buffer]);
          assert.match(half, new RegExp(`^enable f16;\n[^]*alias ${buffer}_t = f16;`), name);
          assert.equal(half.match(/_t = f16;/g)!.length, 1, `${name}: only ${buffer}`);
          halves++;
        }
        for (const [, read, write] of plain.matchAll(TEXTURES)) {
          const buffer = read ?? write, text = source(module, "f32", [], [buffer]);
          assert.match(text, read ? /textureLoad\(/ : /textureStore\(/, name);
          assert.match(text, new RegExp(`var ${buffer}: texture_`), name);
          assert.doesNotMatch(text, new RegExp(`\\b${buffer}\\[`), `${name}: ${buffer} is touched elsewhere`);
          textures++;
        }
      });
    }
  }
  assert.ok(types >= 20 && halves >= 32 && textures >= 40, `${types} types, ${halves} halves, ${textures} textures`);
});

Deno.test("a type that a shader does not name is refused, and so is a texture in place of what cannot be one", () => {
  assert.throws(() => source("fill", "f16"), DeviceError);
  assert.throws(() => source("fill", "f32", ["out"]), DeviceError);
  assert.throws(() => source("matmul16", "f32", [], ["c"]), DeviceError);
  assert.throws(() => source("nothing", "f32"), DeviceError);
});
