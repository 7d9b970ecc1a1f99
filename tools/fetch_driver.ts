/**
 * Fetches a software Vulkan driver into the cache, without root: Mesa's llvmpipe by the distribution's own package
 * archive, or SwiftShader out of an npm package. What is needed for the driver is kept, the rest of the download is not.
 * @module
 */
import { createHash } from "node:crypto";
import { brotliDecompressSync } from "node:zlib";
import { commit, type Driver, list, osRelease } from "./drivers.ts";

/** Prints one line for the user. */
export type Log = (line: string) => void;

/** Folder of Mesa for this distribution and processor: a home directory may be shared by several machines. */
export function mesaDirectory(cache: string): string {
  const { ID = "linux", VERSION_ID = "rolling" } = osRelease();
  return `${cache}/mesa-${ID}-${VERSION_ID}-${Deno.build.arch}`.replaceAll(/[^\w./-]/g, "_");
}

/**
 * Fetches Mesa's software Vulkan from the distribution's own package archive and unpacks it, without root: lists and
 * packages go to the cache, nothing is installed.
 * @throws {Error} where there is no apt, no network, or apt believes it is installed already
 */
export async function fetchMesa(cache: string, log: Log): Promise<Driver> {
  await output("apt-get", ["--version"], cache); // throws where the distribution has no apt
  const work = await workFolder(cache);
  try {
    for (const path of ["apt/lists/partial", "apt/archives/partial", "debs", "root", "driver/lib"]) {
      await Deno.mkdir(`${work}/${path}`, { recursive: true });
    }
    const settings = {
      "Dir::State": `${work}/apt`,
      "Dir::State::lists": `${work}/apt/lists`,
      "Dir::State::status": "/var/lib/dpkg/status", // what is installed is not fetched again
      "Dir::Cache": `${work}/apt`,
      "Debug::NoLocking": "1",
      "APT::Sandbox::User": "", // as root, apt would hand the download to a user who cannot write here
      "Acquire::Retries": "2",
      "Acquire::http::Timeout": "20",
      "Acquire::https::Timeout": "20",
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
    log(`fetching Mesa's software Vulkan with apt-get download (about 60 MB, no root) into ${cache}`);
    await output("apt-get", [...options, "update", "-qq"], work).catch(() => {}); // one bad source of several is no reason
    const plan = await output("apt-get", [
      ...[...options, "install", "--simulate", "--no-install-recommends"],
      ...["mesa-vulkan-drivers", "libvulkan1"],
    ], work);
    // "Inst name (version ...)" is new, "Inst name [old] (new ...)" an upgrade of something that works as it is.
    // Interpreters are in the closure of package dependencies, but no Mesa library links to them.
    const packages = [...plan.matchAll(/^Inst (\S+) \(/gm)].map((match) => match[1])
      .filter((name) => !/^(lib)?(python|perl)/.test(name));
    if (!packages.length) throw new Error("apt-get has nothing to fetch");
    await output("apt-get", [...options, "download", "-qq", ...packages], `${work}/debs`);
    for (const deb of list(`${work}/debs`)) await output("dpkg-deb", ["--extract", deb, `${work}/root`], work);

    const found = await filesBelow(`${work}/root`);
    const manifest = found.find((path) => /\/icd\.d\/lvp_icd[^/]*\.json$/.test(path));
    if (!manifest) throw new Error("mesa-vulkan-drivers has no lvp_icd.json");
    const icd = JSON.parse(await Deno.readTextFile(manifest));
    const driver = found.find((path) => path.endsWith(`/${icd.ICD.library_path.split("/").at(-1)}`));
    if (!driver) throw new Error(`mesa-vulkan-drivers has no ${icd.ICD.library_path}`);
    const roots = [driver, ...found.filter((path) => path.endsWith("/libvulkan.so.1"))];
    const search = [
      ...new Set(found.filter((path) => /\.so[.\d]*$/.test(path)).map((path) => path.replace(/\/[^/]*$/, ""))),
    ];
    const needed = new Map(roots.map((path) => [path.split("/").at(-1)!, path]));
    for (const path of roots) {
      const tree = await output("ldd", [path], work, { LD_LIBRARY_PATH: search.join(":") });
      const missing = [...tree.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]);
      if (missing.length) throw new Error(`${missing.join(", ")} could not be found`);
      for (const [, name, target] of tree.matchAll(/^\s*(\S+) => (\S+)/gm)) {
        if (target.startsWith(`${work}/root/`)) needed.set(name, target);
      }
    }
    for (const [name, path] of needed) await Deno.copyFile(path, `${work}/driver/lib/${name}`);
    icd.ICD.library_path = `./lib/${driver.split("/").at(-1)}`;
    await Deno.writeTextFile(`${work}/driver/icd.json`, JSON.stringify(icd));
    return await commit(`${work}/driver`, mesaDirectory(cache), `Mesa from ${osRelease().PRETTY_NAME ?? "apt"}`);
  } finally {
    await Deno.remove(work, { recursive: true }).catch(() => {});
  }
}

const SWIFTSHADER = {
  package: "@sparticuz/chromium",
  version: "153.0.0",
  file: "bin/swiftshader.tar.br",
  sha256: "b680e40a33235ecc6ad4c6897a168b70ce5164f0d62d2a64d675320d51614631",
};

/** Folder of SwiftShader in the cache. */
export function swiftShaderDirectory(cache: string): string {
  return `${cache}/swiftshader-${SWIFTSHADER.version}-${Deno.build.arch}`;
}

/**
 * Takes SwiftShader out of an npm package that carries it for machines without a package manager. It needs glibc only.
 * @throws {Error} off x86-64, without network, or when the file is not the one that was checked
 */
export async function fetchSwiftShader(cache: string, log: Log): Promise<Driver> {
  if (Deno.build.arch !== "x86_64") throw new Error(`npm has no SwiftShader for ${Deno.build.arch}`);
  const work = await workFolder(cache);
  try {
    const { package: name, version, file, sha256 } = SWIFTSHADER;
    log(`fetching SwiftShader with npm:${name}@${version} (70 MB, of which 2 are kept) into ${cache}`);
    await output(Deno.execPath(), ["cache", "--no-config", "--no-lock", `npm:${name}@${version}`], work, {
      DENO_DIR: `${work}/deno`, // so that the other 68 MB go with the work folder
    });
    const path = (await filesBelow(`${work}/deno/npm`)).find((path) => path.endsWith(`${name}/${version}/${file}`));
    if (!path) throw new Error(`npm:${name}@${version} has no ${file}`);
    const bytes = await Deno.readFile(path);
    if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
      throw new Error(`${file} is not the file known here`);
    }
    await Deno.mkdir(`${work}/driver/lib`, { recursive: true });
    for (const [member, data] of untar(brotliDecompressSync(bytes))) {
      if (/^(libvk_swiftshader\.so|libvulkan\.so\.1)$/.test(member)) {
        await Deno.writeFile(`${work}/driver/lib/${member}`, data, { mode: 0o755 });
      }
    }
    const icd = {
      file_format_version: "1.0.0",
      ICD: { library_path: "./lib/libvk_swiftshader.so", api_version: "1.0.5" },
    };
    await Deno.writeTextFile(`${work}/driver/icd.json`, JSON.stringify(icd));
    return await commit(`${work}/driver`, swiftShaderDirectory(cache), `SwiftShader from npm:${name}`);
  } finally {
    await Deno.remove(work, { recursive: true }).catch(() => {});
  }
}

/** A fresh folder to work in; what earlier, interrupted runs left is removed after an hour. */
async function workFolder(cache: string): Promise<string> {
  for (const path of list(cache)) {
    if (!path.includes("/partial-")) continue;
    const { mtime } = await Deno.stat(path).catch(() => ({ mtime: null }));
    if (mtime && Date.now() - mtime.getTime() > 3_600_000) {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  }
  return await Deno.makeTempDir({ dir: cache, prefix: "partial-" });
}

/** Regular files of a tar archive, name and content. */
function* untar(tar: Uint8Array): Generator<[name: string, data: Uint8Array]> {
  const text = (from: number, length: number) =>
    new TextDecoder().decode(tar.subarray(from, from + length)).replace(/\0.*/s, "");
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8);
    if (tar[at + 156] === 0x30) yield [text(at, 100).replace(/^\.\//, ""), tar.slice(at + 512, at + 512 + size)];
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** Runs a program and returns what it printed. */
async function output(program: string, args: string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  const command = new Deno.Command(program, {
    args,
    cwd,
    env: { LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive", ...env },
    stdin: "null",
  });
  const { success, stdout, stderr } = await command.output().catch((error) => {
    throw new Error(error instanceof Deno.errors.NotFound ? `there is no ${program}` : error.message);
  });
  if (!success) {
    throw new Error(`${program} failed: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`);
  }
  return new TextDecoder().decode(stdout);
}

async function filesBelow(directory: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) files.push(...await filesBelow(path));
    else files.push(path);
  }
  return files;
}
