/**
 * Turns `shaders/*.wgsl` into `src/gpu/kernels.gen.ts`: the WGSL text itself (no run-time imports of `.wgsl`) and one
 * typed kernel per entry point, reflected from the shader. It also copies `shaders/lib/*.wgsl` between their markers.
 *
 *     deno run -A tools/gen.ts          write
 *     deno run -A tools/gen.ts --check  fail when something committed differs from what would be written
 */
// @ts-types="npm:wgsl_reflect@1.6.0"
import { type MemberInfo, type TypeInfo, WgslReflect } from "npm:wgsl_reflect@1.6.0/wgsl_reflect.module.js";

const root = new URL("../", import.meta.url);
const shaders = new URL("shaders/", root);
const output = new URL("src/gpu/kernels.gen.ts", root);
const check = Deno.args.includes("--check");
let stale = false;

/** `matmul_nn_8x8` to `matmulNn8x8`. */
function camel(name: string): string {
  return name.replace(/_+(\w)/g, (_, c: string) => c.toUpperCase());
}

async function write(url: URL, text: string): Promise<void> {
  const old = await Deno.readTextFile(url).catch(() => "");
  if (old === text) return;
  if (check) {
    console.error(
      `gen: ${url.pathname.slice(root.pathname.length)} is not what gen would write; run \`deno task gen\``,
    );
    stale = true;
  } else await Deno.writeTextFile(url, text);
}

/** Replaces what stands between `// lib:name begin` and `// lib:name end` by the library file. */
async function insertLibraries(text: string): Promise<string> {
  for (const [, name] of text.matchAll(/^\/\/ lib:(\w+) begin$/gm)) {
    const library = (await Deno.readTextFile(new URL(`lib/${name}.wgsl`, shaders))).trimEnd();
    const block = new RegExp(`^// lib:${name} begin$[\\s\\S]*?^// lib:${name} end$`, "m");
    if (!block.test(text)) throw new Error(`gen: // lib:${name} begin has no end`);
    text = text.replace(block, () => `// lib:${name} begin\n${library}\n// lib:${name} end`);
  }
  return text;
}

/** Comments and indentation are for people; the bundle carries neither. */
function compact(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").split("\n").map((l) => l.replace(/\/\/.*$/, "").trim()).filter(Boolean)
    .join("\n");
}

interface Field {
  name: string;
  type: "u32" | "i32" | "f32";
  word: number;
  length: number;
}

const SCALAR = /^(?:vec[234]<?)?(u32|i32|f32|u|i|f)>?$/;

function typeName(type: TypeInfo): string {
  const format = (type as { format?: TypeInfo }).format;
  return format && !type.name.includes("<") ? `${type.name}<${format.name}>` : type.name;
}

function fields(module: string, members: MemberInfo[]): Field[] {
  return members.map((m) => {
    const array = (m.type as { count?: number; format?: TypeInfo }).count;
    const element = array === undefined ? m.type : (m.type as unknown as { format: TypeInfo }).format;
    const scalar = SCALAR.exec(typeName(element))?.[1];
    if (!scalar) throw new Error(`gen: ${module}: parameter ${m.name} has type ${typeName(m.type)}`);
    const type = { u: "u32", i: "i32", f: "f32" }[scalar] ?? scalar;
    return { name: m.name, type: type as Field["type"], word: m.offset / 4, length: m.size / 4 };
  });
}

const names = [...Deno.readDirSync(shaders)].map((e) => e.name).filter((n) => n.endsWith(".wgsl")).sort();
const texts: string[] = [], tree: string[] = [];
for (const file of names) {
  const url = new URL(file, shaders);
  const text = await insertLibraries(await Deno.readTextFile(url));
  await write(url, text);
  const module = camel(file.slice(0, -5));
  let reflected: WgslReflect;
  try {
    reflected = new WgslReflect(text.replace(/\bblock\b/g, "block_")); // a name that the reflector takes for a keyword
  } catch (error) {
    console.error(`gen: ${file}: ${(error as Error).message}`);
    stale = true;
    continue;
  }
  const constants = reflected.overrides.map((o) => o.name);
  const entries: string[] = [];
  for (const entry of reflected.entry.compute) {
    const storage = entry.resources.filter((r) => r.resourceType === 1).sort((a, b) => a.binding - b.binding);
    const uniform = entry.resources.find((r) => r.resourceType === 0);
    if (uniform && uniform.binding !== 0) {
      throw new Error(`gen: ${file}: parameters of ${entry.name} must be at binding 0`);
    }
    const uniformType = uniform?.type as (TypeInfo & { members?: MemberInfo[] }) | undefined;
    if (uniformType && uniformType.size > 256) {
      throw new Error(`gen: ${file}: parameters of ${entry.name} exceed 256 bytes`);
    }
    const params = uniformType ? fields(file, uniformType.members!) : [];
    const given = params.filter((p) => p.name !== "command" && !p.name.startsWith("pad"));
    const bufferType = storage.filter((r) => r.name !== "fault").map((r) => JSON.stringify(r.name)).join(" | ") ||
      "never";
    const paramType = given.map((p) => `${p.name}: ${p.length === 1 ? "number" : "readonly number[]"}`).join("; ");
    const constantType = constants.map((c) => JSON.stringify(c)).join(" | ") || "never";
    const rows = storage.map((r) => `[${JSON.stringify(r.name)}, ${r.binding}, "${r.access === "read" ? "r" : "w"}"]`);
    const paramRows = params.map((p) => `["${p.name}", "${p.type}", ${p.word}, ${p.length}]`);
    entries.push(
      `    ${
        camel(entry.name)
      }: kernel<${bufferType}, { ${paramType} }, ${constantType}>("${module}", "${entry.name}", ` +
        `[${rows.join(", ")}], [${paramRows.join(", ")}], ${JSON.stringify(constants)}),`,
    );
  }
  texts.push(`  ${module}: \`${compact(text).replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\`,`);
  tree.push(`  ${module}: {\n${entries.join("\n")}\n  },`);
}

await write(
  output,
  `// deno-fmt-ignore-file
// Written by tools/gen.ts from shaders/*.wgsl; do not edit.
// deno-lint-ignore-file
import { kernel } from "./kernel.ts";

/** WGSL text by module name. */
export const sources: { readonly [module: string]: string } = {
${texts.join("\n")}
};

/** Every kernel, by shader file and entry point. */
export const kernels = {
${tree.join("\n")}
} as const;
`,
);
if (stale) Deno.exit(1);
