/**
 * Bundles `mod.ts` for browsers into `dist/wgrad.js` (one minified ES module) and prints its size; fails above the limit.
 *
 *     deno run -A tools/build.ts           write
 *     deno run -A tools/build.ts --check   only measure
 * @module
 */
import * as esbuild from "npm:esbuild@0.28.2";
import { gzipSync } from "node:zlib";
import { dropSamples, minifyKernels } from "./minify.ts";

const root = new URL("../", import.meta.url);

/** Largest size of the bundle of everything in `mod.ts`, minified and compressed; see docs/decisions/0004-bundle-size.md. */
export const LIMIT_BYTES = 320 * 1024;

/** The same for a page that takes only layers and optimisers (`build_page.ts`): what else there is must stay outside. */
const PAGE_LIMIT_BYTES = 160 * 1024;

/**
 * What a browser needs to be different: `src/platform/x.ts` becomes `x.browser.ts` where that exists, and
 * `npm:name@1.2.3` the bare `name`, left for the page's import map (only optional parts import any, when they are used).
 */
export const browserPlugin: esbuild.Plugin = {
  name: "browser",
  setup(build: esbuild.PluginBuild): void {
    build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const url = new URL(path, `file://${resolveDir}/`);
      if (!url.pathname.includes("/src/platform/")) return undefined;
      const twin = decodeURIComponent(url.pathname.replace(/\.ts$/, ".browser.ts"));
      try {
        if (Deno.statSync(twin).isFile) return { path: twin };
      } catch { /* the file serves both */ }
      return undefined;
    });
    build.onResolve({ filter: /^npm:/ }, ({ path }) => ({
      path: path.replace(/^npm:\/?(@[^/]+\/[^@/]+|[^@/]+)(@[^/]*)?/, "$1"),
      external: true,
    }));
  },
};

/** Leaves white space of kernels and test samples of operations out of a minified bundle. */
const shorten: esbuild.Plugin = {
  name: "shorten",
  setup(build: esbuild.PluginBuild): void {
    build.onLoad({ filter: /\/src\/gpu\/kernels\.gen\.ts$/ }, async ({ path }) => ({
      contents: minifyKernels(await Deno.readTextFile(path)),
      loader: "ts",
    }));
    build.onLoad({ filter: /\/src\/ops\/\w+\.ts$/ }, async ({ path }) => ({
      contents: dropSamples(await Deno.readTextFile(path)),
      loader: "ts",
    }));
  },
};

/** Sizes of a bundle in bytes. */
export interface Sizes {
  /** Source files together, as written. */
  readonly raw: number;
  /** The bundle. */
  readonly minified: number;
  /** The bundle as a server sends it. */
  readonly gzip: number;
  /** Minified bytes by folder, largest first. */
  readonly parts: readonly (readonly [folder: string, bytes: number])[];
}

/** Options of {@link bundle}. */
export interface BundleOptions {
  /** Shortens names and drops white space. Default true. */
  readonly minify?: boolean;
  /** Leaves the framework out: imports of the root's `mod.ts` become imports of this address. */
  readonly library?: string;
}

/**
 * Bundles an entry file for browsers. Call {@link stop} when no more bundles are wanted.
 * @throws {Error} naming the import that a browser cannot have
 */
export async function bundle(entry: URL, options: BundleOptions = {}): Promise<{ text: string; sizes: Sizes }> {
  const { minify = true, library } = options;
  const apart: esbuild.Plugin = {
    name: "library",
    setup(build: esbuild.PluginBuild): void {
      build.onResolve({ filter: /\/mod\.ts$/ }, ({ path, resolveDir }) => {
        const isLibrary = new URL(path, `file://${resolveDir}/`).href === new URL("mod.ts", root).href;
        return isLibrary ? { path: library, external: true } : undefined;
      });
    },
  };
  const { outputFiles, metafile } = await esbuild.build({
    entryPoints: [decodeURIComponent(entry.pathname)],
    absWorkingDir: decodeURIComponent(root.pathname),
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    minify,
    write: false,
    metafile: true,
    legalComments: "none",
    logLevel: "silent",
    plugins: [...(library ? [apart] : []), browserPlugin, ...(minify ? [shorten] : [])],
  });
  const [{ contents, text }] = outputFiles;
  const raw = Object.values(metafile.inputs).reduce((sum, { bytes }) => sum + bytes, 0);
  const parts: Record<string, number> = {};
  for (const [path, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0].inputs)) {
    const part = path.endsWith("/kernels.gen.ts") ? "kernels" : path.replace(/\/[^/]*$/, "");
    parts[part] = (parts[part] ?? 0) + bytesInOutput;
  }
  return {
    text,
    sizes: {
      raw,
      minified: contents.length,
      gzip: gzipSync(contents, { level: 9 }).length,
      parts: Object.entries(parts).sort((a, b) => b[1] - a[1]),
    },
  };
}

/** Ends the bundler's process. */
export function stop(): void {
  esbuild.stop();
}

if (import.meta.main) {
  const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;
  try {
    const { text, sizes } = await bundle(new URL("mod.ts", root));
    if (!Deno.args.includes("--check")) {
      await Deno.mkdir(new URL("dist/", root), { recursive: true });
      await Deno.writeTextFile(new URL("dist/wgrad.js", root), text);
    }
    const page = (await bundle(new URL("tools/build_page.ts", root))).sizes;
    for (
      const [name, { raw, minified, gzip, parts }, limit] of [
        ["bundle", sizes, LIMIT_BYTES],
        ["page with layers and optimisers", page, PAGE_LIMIT_BYTES],
      ] as const
    ) {
      console.log(
        `${name}: source ${kilobytes(raw)}, minified ${kilobytes(minified)}, gzip ${kilobytes(gzip)} of ${
          kilobytes(limit)
        }`,
      );
      if (gzip <= limit) continue;
      console.error(`Cannot accept the ${name}: it is ${kilobytes(gzip - limit)} over the limit; minified parts:`);
      for (const [part, bytes] of parts) console.error(`  ${part} ${kilobytes(bytes)}`);
      Deno.exitCode = 1;
    }
  } catch (error) {
    console.error(`Cannot bundle mod.ts: ${(error as Error).message}`);
    Deno.exitCode = 1;
  } finally {
    stop();
  }
}
