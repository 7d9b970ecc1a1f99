/**
 * A static file server for a folder: TypeScript as `application/typescript` (what a remote import in Deno asks for), any
 * origin allowed. Tests use it, and it serves the browser pages.
 *
 *     deno run -A tools/serve.ts [folder] [--port=8000]
 * @module
 */

/** A running server. */
export interface StaticServer {
  /** Address without a slash at the end. */
  readonly origin: string;
  /** Stops it. */
  close(): Promise<void>;
}

const TYPES: Record<string, string> = {
  ts: "application/typescript; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  json: "application/json; charset=utf-8",
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  wasm: "application/wasm",
  wgsl: "text/plain; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  csv: "text/csv; charset=utf-8",
};

/** MIME type of a path, by its extension. */
export function contentType(path: string): string {
  return TYPES[path.split(".").at(-1)!.toLowerCase()] ?? "application/octet-stream";
}

/**
 * Serves the files of a folder on 127.0.0.1.
 * @param folder path or file URL; nothing outside it is served
 * @param options `port` 0 takes a free one (default); `files` are answered before the folder is asked, by path; `log` is
 * given every path asked for
 */
export function serve(
  folder: string | URL,
  options: { port?: number; files?: Record<string, string>; log?: (path: string) => void } = {},
): StaticServer {
  const root = Deno.realPathSync(folder).replace(/\/$/, "");
  const server = Deno.serve({ hostname: "127.0.0.1", port: options.port ?? 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    options.log?.(pathname);
    const respond = (body: BodyInit | null, status: number, path = ".txt") =>
      new Response(request.method === "HEAD" ? null : body, {
        status,
        headers: { "content-type": contentType(path), "access-control-allow-origin": "*", "cache-control": "no-store" },
      });
    if (request.method !== "GET" && request.method !== "HEAD") return respond("method not allowed", 405);
    const file = options.files?.[pathname];
    if (file !== undefined) return respond(file, 200, pathname);
    try {
      let path = await Deno.realPath(root + decodeURIComponent(pathname));
      if (path !== root && !path.startsWith(`${root}/`)) return respond("not found", 404);
      if ((await Deno.stat(path)).isDirectory) path += "/index.html";
      return respond(await Deno.readFile(path), 200, path);
    } catch {
      return respond("not found", 404);
    }
  });
  return { origin: `http://127.0.0.1:${server.addr.port}`, close: () => server.shutdown() };
}

if (import.meta.main) {
  const folder = Deno.args.find((arg) => !arg.startsWith("--")) ?? ".";
  const port = Number(Deno.args.find((arg) => arg.startsWith("--port="))?.slice(7) ?? 8000);
  console.log(`serving ${folder} at ${serve(folder, { port }).origin}`);
}
