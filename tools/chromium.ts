/**
 * The browser that the browser suite drives and whose SwiftShader the Dawn suite runs on: found where it is usually
 * installed, else installed with the system's package manager.
 * @module
 */
import { browserDrivers, cachedDriver, cacheDirectory, type Driver } from "./drivers.ts";
import { fetchSwiftShader, swiftShaderDirectory } from "./fetch_driver.ts";

/** Flags of a headless Chromium that has WebGPU on SwiftShader, on a machine without GPU or display. */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--no-sandbox",
  "--headless",
  "--disable-background-networking",
  "--no-first-run",
];

const NAMES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/**
 * Path of a Chromium that starts; `WGRAD_CHROMIUM` names another one. Where there is none it is installed by apt-get.
 * @throws {Error} with the command to run, where that is not possible
 */
export async function ensureChromium(): Promise<string> {
  const given = Deno.env.get("WGRAD_CHROMIUM");
  for (const path of given ? [given] : NAMES) if (await starts(path)) return path;
  if (given) throw new Error(`Cannot start WGRAD_CHROMIUM=${given}: it is no Chromium`);
  const command = "apt-get update && apt-get install -y --no-install-recommends chromium";
  if (Deno.build.os === "linux" && await installs()) {
    for (const path of NAMES) if (await starts(path)) return path;
  }
  throw new Error(`Cannot find Chromium: install it, or name one in WGRAD_CHROMIUM\n\n    sudo sh -c '${command}'\n`);
}

/**
 * SwiftShader for Dawn: the one of an installed browser, else the one of the cache or of npm, which need no root.
 * @returns null off Linux, where Dawn uses the system's own adapter
 * @throws {Error} where none can be fetched
 */
export async function ensureSwiftShader(): Promise<Driver | null> {
  if (Deno.build.os !== "linux") return null;
  const cache = cacheDirectory();
  return browserDrivers()[0] ?? cachedDriver(swiftShaderDirectory(cache)) ??
    await fetchSwiftShader(cache, (line) => console.error(`wgrad: ${line}`));
}

/** True when the program is there and says it is Chromium or Chrome (Ubuntu's package is a note about snap). */
async function starts(path: string): Promise<boolean> {
  try {
    const { success, stdout } = await new Deno.Command(path, { args: ["--version"], stdin: "null", stderr: "null" })
      .output();
    return success && /Chrom(e|ium)/.test(new TextDecoder().decode(stdout));
  } catch {
    return false;
  }
}

/** Installs Debian's Chromium as root, or by a sudo that asks nothing. */
async function installs(): Promise<boolean> {
  console.error("wgrad: installing Chromium with apt-get (about 100 MB)");
  const sudo = Deno.uid() === 0 ? [] : ["sudo", "-n"];
  for (const args of [["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]]) {
    const [program, ...rest] = [...sudo, "apt-get", "-o", "Acquire::Retries=3", ...args];
    try {
      const env = { DEBIAN_FRONTEND: "noninteractive" };
      const { success } = await new Deno.Command(program, { args: rest, env, stdin: "null", stdout: "null" }).output();
      if (!success && args[0] === "install") return false; // one bad source does not stop an update
    } catch {
      return false;
    }
  }
  return true;
}
