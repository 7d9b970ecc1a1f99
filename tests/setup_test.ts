// Set-up without network: which drivers count as complete, what is said where there is no adapter, and that nothing skips
// to green. `tests/setup/bare_machine.sh` covers the downloads.
import { cachedDriver, cacheDirectory, commit } from "../tools/drivers.ts";
import { ensureAdapter, installCommand, isOpenGL } from "../tools/setup.ts";
import assert from "node:assert/strict";

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);
const linux = Deno.build.os === "linux";
/** Hides every Vulkan driver from a child, and forbids it to fetch one. */
const bare = { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent", WGRAD_NO_SETUP: "1", NO_COLOR: "1" };

async function deno(args: string[], env: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env, cwd: root }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** A folder for the test, removed after it. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "wgrad-setup-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A folder that looks like a fetched driver with one library of `bytes` bytes. */
async function driverFolder(path: string, bytes: number): Promise<string> {
  await Deno.mkdir(`${path}/lib`, { recursive: true });
  await Deno.writeFile(`${path}/lib/libexample.so.1`, new Uint8Array(bytes));
  await Deno.writeTextFile(`${path}/icd.json`, "{}");
  return path;
}

Deno.test("ensureAdapter() is silent where there is an adapter", async () => {
  const lines: string[] = [];
  assert((await ensureAdapter((line) => lines.push(line))).length > 0);
  assert.deepEqual(lines, []);
});

Deno.test("the install command names the distribution's packages, with sudo only for users", () => {
  if (!linux) return;
  const debian = "apt-get install -y --no-install-recommends mesa-vulkan-drivers libvulkan1";
  assert.equal(installCommand({ ID: "debian" }, true), `apt-get update && ${debian}`);
  assert.equal(installCommand({ ID: "ubuntu", ID_LIKE: "debian" }, false), `sudo apt-get update && sudo ${debian}`);
  assert.match(installCommand({ ID: "fedora" }, false), /^sudo dnf install/);
  assert.match(installCommand({ ID: "rocky", ID_LIKE: "rhel centos fedora" }, false), /^sudo dnf install/);
  assert.match(installCommand({ ID: "manjaro", ID_LIKE: "arch" }, true), /^pacman -S/);
});

Deno.test("an OpenGL adapter is told from a Vulkan one by its features", () => {
  assert(isOpenGL(["timestamp-query", "texture-compression-etc2", "clip-distances"])); // llvmpipe by OpenGL in Deno
  assert(!isOpenGL(["timestamp-query", "shader-f16", "bgra8unorm-storage"])); // llvmpipe by Vulkan
  assert(!isOpenGL(["timestamp-query", "bgra8unorm-storage", "float32-blendable"])); // SwiftShader: no f16
});

Deno.test("a driver that is incomplete or damaged does not count as fetched", () =>
  inFolder(async (folder) => {
    const path = await driverFolder(`${folder}/driver`, 10);
    assert.equal(cachedDriver(path), null, "no table of contents yet");
    const driver = await commit(path, `${folder}/final`, "example");
    assert.deepEqual(driver.manifests, [`${folder}/final/icd.json`]);
    assert.deepEqual(driver.libraries, [`${folder}/final/lib/libexample.so.1`]);
    await Deno.truncate(`${folder}/final/lib/libexample.so.1`, 5);
    assert.equal(cachedDriver(`${folder}/final`), null, "a truncated library");
    await Deno.remove(`${folder}/final/lib/libexample.so.1`);
    assert.equal(cachedDriver(`${folder}/final`), null, "a missing library");
    assert.equal(cachedDriver(`${folder}/absent`), null);
  }));

Deno.test("commit() replaces a damaged driver and keeps a good one", () =>
  inFolder(async (folder) => {
    const final = `${folder}/final`;
    await commit(await driverFolder(`${folder}/a`, 10), final, "first");
    assert.equal((await commit(await driverFolder(`${folder}/b`, 20), final, "second")).name, "first");
    await Deno.truncate(`${final}/lib/libexample.so.1`, 5);
    assert.equal((await commit(await driverFolder(`${folder}/c`, 30), final, "third")).name, "third");
    assert.equal((await Deno.stat(`${final}/lib/libexample.so.1`)).size, 30);
  }));

Deno.test("the cache is below XDG_CACHE_HOME, and elsewhere when that cannot be written", () =>
  inFolder(async (folder) => {
    if (!linux) return;
    const script = `import { cacheDirectory } from "${
      import.meta.resolve("../tools/drivers.ts")
    }"; console.log(cacheDirectory());`;
    await Deno.writeTextFile(`${folder}/ask.ts`, script);
    await Deno.writeTextFile(`${folder}/file`, "in the way");
    const ask = async (XDG_CACHE_HOME: string) =>
      (await deno(["run", "-A", "--no-check", `${folder}/ask.ts`], { XDG_CACHE_HOME, TMPDIR: folder })).out.trim();
    assert.equal(await ask(`${folder}/cache`), `${folder}/cache/wgrad`);
    assert.equal(await ask(`${folder}/file`), `${folder}/wgrad-cache-${Deno.uid()}`);
    assert(cacheDirectory().length > 0);
  }));

Deno.test("without an adapter a program ends before its first line, with the command to run", async () => {
  if (!linux) return;
  const { code, out, err } = await deno(["eval", "--preload=tools/preload.ts", "console.log('started')"], bare);
  assert.equal(code, 1);
  assert.equal(out, "");
  assert(err.includes("WGRAD_NO_SETUP is set") && err.includes(installCommand()), err);
});

Deno.test("without an adapter a suite fails: no test is skipped to green", () =>
  inFolder(async (folder) => {
    if (!linux) return;
    await Deno.writeTextFile(`${folder}/green_test.ts`, `Deno.test("passes", () => {});`);
    for (const suite of ["main", "browser", "soak"]) {
      const { code, out, err } = await deno([
        "run",
        "-A",
        "tools/test.ts",
        `--suite=${suite}`,
        `${folder}/green_test.ts`,
      ], bare);
      assert.equal(code, 1, suite);
      assert(err.includes(installCommand()), err);
      assert(!out.includes("1 passed"), out);
    }
  }));

Deno.test("the test command keeps the exit code and ends with the suites that were not run", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/green_test.ts`, `Deno.test("passes", () => {});`);
    await Deno.writeTextFile(`${folder}/red_test.ts`, `Deno.test("fails", () => { throw new Error("no"); });`);
    for (const [file, expected] of [["green", 0], ["red", 1]] as const) {
      const { code, out } = await deno(["run", "-A", "tools/test.ts", `${folder}/${file}_test.ts`], { NO_COLOR: "1" });
      assert.equal(code, expected, out);
      assert.match(out.trim().split("\n").at(-1)!, /^Not run here: .*test:dawn.*test:browser.*soak/);
    }
  }));

Deno.test("OpenGL is not used even when it is asked for", async () => {
  if (!linux) return;
  const program = "console.log(Deno.env.get('DENO_WEBGPU_BACKEND'))";
  const { code, out, err } = await deno(["eval", "--preload=tools/preload.ts", program], { DENO_WEBGPU_BACKEND: "gl" });
  assert.equal(code, 0, err);
  assert.equal(out.trim(), "vulkan");
  assert.match(err, /not using DENO_WEBGPU_BACKEND=gl/);
});
