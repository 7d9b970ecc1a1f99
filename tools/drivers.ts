/**
 * Vulkan drivers on Linux: where one may already lie, the cache of fetched ones, and how to load one into this process.
 * It decides nothing (`setup.ts` does) and downloads nothing (`fetch_driver.ts` does).
 *
 * A cached driver is a folder `icd.json`, `driver.json`, `lib/`. It is made under another name and renamed when it is
 * complete, so an interrupted download leaves nothing that looks like a driver.
 * @module
 */

/** A Vulkan driver: its manifests for the Vulkan loader, and libraries to load before the loader looks for them. */
export interface Driver {
  /** What to call it in a message. */
  readonly name: string;
  /** Driver manifests, as in `VK_DRIVER_FILES`. */
  readonly manifests: readonly string[];
  /** Absolute paths of shared libraries the system does not have. */
  readonly libraries: readonly string[];
}

/** Fields of `/etc/os-release`; empty where there is none. */
export function osRelease(path = "/etc/os-release"): Record<string, string> {
  const fields: Record<string, string> = {};
  try {
    for (const [, key, value] of Deno.readTextFileSync(path).matchAll(/^(\w+)="?(.*?)"?$/gm)) fields[key] = value;
  } catch { /* not a Linux that says its name */ }
  return fields;
}

/** Where drivers are kept: `$XDG_CACHE_HOME/wgrad`, else `~/.cache/wgrad`, else a folder in the temporary directory. */
export function cacheDirectory(): string {
  const base = Deno.env.get("XDG_CACHE_HOME") || (Deno.env.get("HOME") && `${Deno.env.get("HOME")}/.cache`);
  const home = base && `${base}/wgrad`;
  for (const path of [home, `${Deno.env.get("TMPDIR") || "/tmp"}/wgrad-cache-${Deno.uid()}`]) {
    if (!path) continue;
    try {
      Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
      if (path !== home && Deno.statSync(path).uid !== Deno.uid()) continue; // never load what another user put in /tmp
      const probe = Deno.makeTempFileSync({ dir: path, prefix: ".writable-" });
      Deno.removeSync(probe);
      return path;
    } catch { /* read-only home, a file in the way: try the next place */ }
  }
  throw new Error("Cannot keep a driver: neither ~/.cache nor the temporary directory can be written");
}

/** Drivers in places the Vulkan loader does not look, or that lack only the loader itself. */
export function localDrivers(): Driver[] {
  const prefixes = [
    "/usr",
    "/usr/local",
    "/run/opengl-driver",
    "/home/linuxbrew/.linuxbrew",
    Deno.env.get("CONDA_PREFIX"),
  ];
  const drivers: Driver[] = [];
  for (const prefix of prefixes) {
    if (!prefix) continue;
    const manifests = list(`${prefix}/share/vulkan/icd.d`).filter((path) => path.endsWith(".json"));
    const loader = list(`${prefix}/lib`).find((path) => path.endsWith("/libvulkan.so.1"));
    if (manifests.length) {
      drivers.push({ name: `${prefix}/share/vulkan`, manifests, libraries: loader ? [loader] : [] });
    }
  }
  return drivers;
}

/** SwiftShader as Chromium and Chrome bring it along: works everywhere, several times slower than Mesa's llvmpipe. */
export function browserDrivers(): Driver[] {
  const home = Deno.env.get("HOME") ?? "/nonexistent";
  const places = [
    "/usr/lib/chromium",
    "/usr/lib64/chromium-browser",
    "/usr/lib/chromium-browser",
    "/opt/google/chrome",
  ];
  for (const version of list(`${home}/.cache/ms-playwright`)) {
    places.push(`${version}/chrome-linux`, `${version}/chrome-linux64`);
  }
  return places.filter((place) => isFile(`${place}/vk_swiftshader_icd.json`)).map((place) => ({
    name: `SwiftShader of ${place}`,
    manifests: [`${place}/vk_swiftshader_icd.json`],
    libraries: list(place).filter((path) => path.endsWith("/libvulkan.so.1")),
  }));
}

/** The driver in a cache folder, or null when the folder is absent, incomplete, or was damaged since. */
export function cachedDriver(directory: string): Driver | null {
  try {
    const { name, files } = JSON.parse(Deno.readTextFileSync(`${directory}/driver.json`)) as {
      name: string;
      files: Record<string, number>;
    };
    const libraries = Object.entries(files).map(([file, bytes]) => {
      if (Deno.statSync(`${directory}/lib/${file}`).size !== bytes) throw new Error("truncated");
      return `${directory}/lib/${file}`;
    });
    return isFile(`${directory}/icd.json`) ? { name, manifests: [`${directory}/icd.json`], libraries } : null;
  } catch {
    return null;
  }
}

/**
 * Makes a driver visible to this process and to its children. The loader is opened by name, and glibc answers with a
 * library of that name that is in the process already, so opening the files is enough: no restart, no LD_LIBRARY_PATH.
 * Children do get LD_LIBRARY_PATH, which the dynamic linker reads only when a process starts.
 * @throws {Error} when a library cannot be loaded
 */
export function loadDriver(driver: Driver): void {
  const hasLoader = opens("libvulkan.so.1");
  const libraries = driver.libraries.filter((path) => !(hasLoader && path.endsWith("/libvulkan.so.1")));
  let waiting = libraries;
  for (let before = Infinity; waiting.length && waiting.length < before;) {
    before = waiting.length;
    waiting = waiting.filter((path) => !opens(path)); // a library opens once those it links to are in the process
  }
  if (waiting.length) Deno.dlopen(waiting[0], {}); // throws with the dynamic linker's own words
  Deno.env.set("VK_DRIVER_FILES", driver.manifests.join(":"));
  Deno.env.delete("VK_ICD_FILENAMES"); // the older name of the same variable
  const folders = new Set(libraries.map((path) => path.replace(/\/[^/]*$/, "")));
  for (const folder of (Deno.env.get("LD_LIBRARY_PATH") ?? "").split(":")) if (folder) folders.add(folder);
  if (folders.size) Deno.env.set("LD_LIBRARY_PATH", [...folders].join(":"));
}

/** Writes the table of contents last and renames: only a complete folder ever has the final name. */
export async function commit(from: string, to: string, name: string): Promise<Driver> {
  const files: Record<string, number> = {};
  for (const path of list(`${from}/lib`)) files[path.split("/").at(-1)!] = Deno.statSync(path).size;
  await Deno.writeTextFile(`${from}/driver.json`, JSON.stringify({ name, files }, null, 2));
  if (!cachedDriver(to)) await Deno.remove(to, { recursive: true }).catch(() => {});
  await Deno.rename(from, to).catch(() => {}); // another process was faster: take its copy
  const driver = cachedDriver(to);
  if (!driver) throw new Error(`Cannot keep a driver in ${to}`);
  return driver;
}

function opens(path: string): boolean {
  try {
    Deno.dlopen(path, {}); // never closed: it has to stay for the life of the process
    return true;
  } catch {
    return false;
  }
}

/** Paths in a folder, sorted; empty when there is none. */
export function list(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map((entry) => `${directory}/${entry.name}`).sort();
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
