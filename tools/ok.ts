/**
 * Everything about the source that can be checked without running it: format, lint, types, generated files, documentation,
 * bundle size. All checks run, then the failed ones are named.
 *
 *     deno task ok
 * @module
 */

const deno = (...args: string[]) => [Deno.execPath(), ...args];

const CHECKS: Record<string, readonly string[]> = {
  "format (deno fmt)": deno("fmt", "--check"),
  "lint (deno lint)": deno("lint", "--quiet"),
  "types and lock file (deno check)": deno("check", "--frozen", "--quiet"),
  "kernels (deno task gen)": deno("run", "-A", "tools/gen.ts", "--check"),
  "shaders of matmul": deno("run", "-A", "tools/matmul_shaders.ts", "--check"),
  "shaders of recurrent layers": deno("run", "-A", "tools/recurrent_shaders.ts", "--check"),
  "documentation (every public name has its comment)": deno("doc", "--lint", "--quiet", "mod.ts"),
  "bundle (deno task build)": deno("run", "-A", "tools/build.ts"),
};

if (import.meta.main) {
  const failed: string[] = [];
  for (const [name, [program, ...args]] of Object.entries(CHECKS)) {
    const start = performance.now();
    const { success } = await new Deno.Command(program, { args, cwd: new URL("../", import.meta.url) }).spawn().status;
    console.log(`${success ? "ok    " : "FAILED"} ${name} ${((performance.now() - start) / 1000).toFixed(1)} s`);
    if (!success) failed.push(name);
  }
  const passed = Object.keys(CHECKS).length - failed.length;
  console.log(`${failed.length ? "FAILED" : "ok"} | ${passed} passed | ${failed.length} failed`);
  Deno.exitCode = failed.length ? 1 : 0;
}
