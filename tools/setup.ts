/**
 * Makes sure that this process has a Vulkan adapter, whatever the machine: it does nothing where there is one, and on a
 * bare Linux machine it fetches a software driver into the user's cache, without root, once. Demo, tests and benchmarks
 * call it before their first `requestAdapter`; `docs/decisions/0001-setup.md` says why it works as it does.
 *
 *     WGRAD_NO_SETUP=1   fetch and load nothing, only look
 * @module
 */
import {
  browserDrivers,
  cachedDriver,
  cacheDirectory,
  type Driver,
  loadDriver,
  localDrivers,
  osRelease,
} from "./drivers.ts";
import { fetchMesa, fetchSwiftShader, type Log, mesaDirectory, swiftShaderDirectory } from "./fetch_driver.ts";

/** What a probe found. */
export interface Found {
  /** Name of adapter and driver. */
  readonly description: string;
  /** Deno's silent fallback where no Vulkan driver works: no f16, 16 seconds for a first matmul. Refused. */
  readonly openGL: boolean;
}

/** There is no adapter, and no route to one worked. The message ends with the command that installs one. */
export class NoAdapterError extends Error {
  override readonly name = "NoAdapterError";
}

/**
 * Looks for a Vulkan adapter, and where Linux has none loads or fetches a driver.
 * @param log takes one line per download, and one saying what was chosen; nothing where the machine has an adapter
 * @returns description of the adapter
 * @throws {NoAdapterError} with the exact command to run
 */
export async function ensureAdapter(log: Log = toConsole): Promise<string> {
  prepareEnvironment(log);
  const present = await probe();
  if (present && !present.openGL) return present.description;
  const reasons = [present ? `${present.description} is OpenGL, not Vulkan` : "WebGPU finds no Vulkan adapter"];
  if (Deno.build.os === "linux") {
    if (Deno.env.get("WGRAD_NO_SETUP")) reasons.push("WGRAD_NO_SETUP is set, so none was fetched");
    else {
      const found = await tryRoutes(log, reasons);
      if (found) return found;
    }
  }
  throw new NoAdapterError(
    `Cannot find a GPU adapter: ${
      reasons.join("; ")
    }\nTo install Mesa's software Vulkan (it works without a GPU), run\n\n` +
      `    ${installCommand()}\n`,
  );
}

const toConsole: Log = (line) => console.error(`wgrad: ${line}`);

/** As {@link ensureAdapter} for a command line: prints why and exits with 1 when there is no adapter. */
export async function ensureAdapterOrExit(): Promise<string> {
  try {
    return await ensureAdapter();
  } catch (error) {
    console.error(error instanceof NoAdapterError ? `wgrad: ${error.message}` : error);
    Deno.exit(1);
  }
}

/**
 * Asks WebGPU for an adapter in an isolate of its own. An isolate keeps the first view it had of the installed drivers,
 * so a failed question in this one could not be asked again.
 */
export function probe(): Promise<Found | null> {
  const code = `const adapter = await navigator.gpu?.requestAdapter();
    postMessage(adapter ? { description: adapter.info.description, features: [...adapter.features] } : null);
    self.close();`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<{ description: string; features: string[] } | null>) =>
      resolve(data && { description: data.description, openGL: isOpenGL(data.features) });
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(null);
    };
  });
}

/** True for the features of an OpenGL adapter: every Vulkan, Metal and Direct3D driver has at least one of these. */
export function isOpenGL(features: readonly string[]): boolean {
  return !features.includes("shader-f16") && !features.includes("bgra8unorm-storage");
}

/** The command that installs a driver on this distribution. */
export function installCommand(
  release: Record<string, string> = osRelease(),
  root: boolean = Deno.uid() === 0,
): string {
  if (Deno.build.os !== "linux") return "deno upgrade   # and update the graphics driver";
  const family = `${release.ID ?? ""} ${release.ID_LIKE ?? ""}`;
  const sudo = root ? "" : "sudo ";
  if (/fedora|rhel|centos/.test(family)) return `${sudo}dnf install -y mesa-vulkan-drivers vulkan-loader`;
  if (/arch/.test(family)) return `${sudo}pacman -S --noconfirm vulkan-swrast vulkan-icd-loader`;
  if (/suse/.test(family)) return `${sudo}zypper install -y libvulkan_lvp libvulkan1`;
  if (/alpine/.test(family)) return `${sudo}apk add mesa-vulkan-swrast vulkan-loader`;
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends mesa-vulkan-drivers libvulkan1`;
}

/** Tries drivers in the order of what they cost the user, then of how fast they are. */
async function tryRoutes(log: Log, reasons: string[]): Promise<string | null> {
  const cache = cacheDirectory();
  const attempt = async (get: () => Driver | null | Promise<Driver | null>): Promise<string | null> => {
    try {
      const driver = await get();
      if (!driver) return null;
      loadDriver(driver);
      const found = await probe();
      if (found && !found.openGL) {
        log(`using the software adapter ${found.description}: ${driver.name}`);
        return found.description;
      }
      reasons.push(`${driver.name} gives no adapter`);
    } catch (error) {
      reasons.push((error as Error).message);
    }
    return null;
  };
  for (const driver of localDrivers()) {
    const found = await attempt(() => driver);
    if (found) return found;
  }
  const [browser = null] = browserDrivers();
  return await attempt(() => cachedDriver(mesaDirectory(cache))) ??
    await attempt(() => cachedDriver(swiftShaderDirectory(cache))) ??
    await attempt(() => fetchMesa(cache, log)) ??
    await attempt(() => browser) ??
    await attempt(() => fetchSwiftShader(cache, log));
}

/** Sets the environment that Deno and Mesa read when the first adapter is asked for. */
export function prepareEnvironment(log: Log = toConsole): void {
  if (Deno.build.os !== "linux") return;
  const backend = Deno.env.get("DENO_WEBGPU_BACKEND");
  if (backend && !backend.includes("vulkan")) {
    log(`not using DENO_WEBGPU_BACKEND=${backend}: only Vulkan is supported here`);
  }
  // With OpenGL among the backends, Deno now and then aborts when several isolates have used the GPU.
  Deno.env.set("DENO_WEBGPU_BACKEND", "vulkan");
  const runtime = Deno.env.get("XDG_RUNTIME_DIR");
  if (runtime && isDirectory(runtime)) return;
  const path = `${Deno.env.get("TMPDIR") || "/tmp"}/wgrad-runtime-${Deno.uid()}`;
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    Deno.env.set("XDG_RUNTIME_DIR", path); // Mesa prints an error line without it
  } catch { /* the line is harmless */ }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
