// Imports point down only, and files of one level do not import each other in circles. Type-only imports are free.
import assert from "node:assert/strict";

const root = new URL("../", import.meta.url);
const LEVELS = ["platform", "gpu", "tensor", "autograd", "ops", "nn", "optim", "io", "text", "data", "train"];

async function* files(folder: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* files(url);
    else if (entry.name.endsWith(".ts")) yield url;
  }
}

/** Relative modules that a file loads at run time. */
function imports(text: string, from: URL): string[] {
  const found: string[] = [];
  for (const [, clause, path] of text.matchAll(/^(?:import|export)\s+([^;]*?)from\s+"(\.[^"]+)";/gm)) {
    const names = /\{([^}]*)\}/.exec(clause)?.[1].split(",").map((n) => n.trim()).filter(Boolean);
    const typeOnly = clause.startsWith("type ") ||
      (names?.length && names.every((n) => n.startsWith("type ")) && !/^\w+\s*,/.test(clause));
    if (!typeOnly) found.push(new URL(path, from).pathname.slice(root.pathname.length));
  }
  for (const [, path] of text.matchAll(/\bimport\(\s*"(\.[^"]+)"\s*\)/g)) {
    found.push(new URL(path, from).pathname.slice(root.pathname.length));
  }
  return found;
}

const graph = new Map<string, string[]>();
for await (const url of files(new URL("src/", root))) {
  graph.set(url.pathname.slice(root.pathname.length), imports(await Deno.readTextFile(url), url));
}
const level = (file: string) => file === "src/errors.ts" ? -1 : LEVELS.indexOf(file.split("/")[1]);

Deno.test("every source file belongs to a level", () => {
  assert.ok(graph.size > 30);
  for (const file of graph.keys()) assert.ok(file === "src/errors.ts" || level(file) >= 0, file);
});

Deno.test("imports point down only", () => {
  const wrong = [...graph].flatMap(([file, list]) =>
    list.filter((to) => level(to) > level(file)).map((to) => `${file} imports ${to}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("imports make no circles", () => {
  const done = new Set<string>(), circles: string[] = [];
  const walk = (file: string, path: string[]) => {
    if (path.includes(file)) return void circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    if (done.has(file)) return;
    for (const to of graph.get(file) ?? []) walk(to, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  assert.deepEqual(circles, []);
});

Deno.test("the core has no run-time dependency: packages are reached by dynamic import only", async () => {
  const wrong: string[] = [];
  for (const file of graph.keys()) {
    const text = await Deno.readTextFile(new URL(file, root));
    for (const [line] of text.matchAll(/^(?:import|export)\s[^;]*?from\s+"(?!\.)[^"]+";/gm)) {
      if (!/^import\s+type\s/.test(line)) wrong.push(`${file}: ${line}`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("examples import mod.ts and their own folder only", async () => {
  const wrong: string[] = [];
  for await (const url of files(new URL("examples/", root))) {
    for (const to of imports(await Deno.readTextFile(url), url)) {
      const own = url.pathname.slice(root.pathname.length).split("/").slice(0, 2).join("/");
      if (to !== "mod.ts" && !to.startsWith(own)) {
        wrong.push(`${url.pathname.slice(root.pathname.length)} imports ${to}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});
