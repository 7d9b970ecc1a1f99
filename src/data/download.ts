/**
 * Files from the network, into a folder that keeps them: what is there is not fetched again, a broken connection goes on
 * where it broke off (if the server can, and its file is still the same), a checksum decides, and a file gets its name
 * only when all of it is there.
 * @module
 */

import { StateError, ValueError } from "../errors.ts";
import { env } from "../platform/env.ts";
import { type Folder, openFolder } from "../platform/folder.ts";
import { createHash } from "../platform/hash.ts";
import { contentKey } from "./sha256.ts";
import { concatenated, nameOf } from "./source.ts";

/** Options of {@link download}. */
export interface DownloadOptions {
  /** Path of the file. Default: one in `cacheDir`, which the address decides. */
  to?: string | URL;
  /**
   * Folder of downloads. Default: the environment's `WGRAD_CACHE`, or `wgrad` in the user's cache folder; in a browser
   * `wgrad` in the private file system of the page's origin.
   */
  cacheDir?: string | URL;
  /** SHA-256 of the file, in hexadecimal: a file with another one is not taken. */
  sha256?: string;
  /** MD5 of the file, for those whose SHA-256 nobody states. */
  md5?: string;
  /** Bytes of the file. */
  size?: number;
  /** Other addresses of the same file, tried in order when one fails. */
  mirror?: string | readonly string[];
  /** How often a broken transfer is taken up again, per address; default 4. */
  retries?: number;
  /** Milliseconds before the first new attempt, doubled each time up to 30 s; default 500. */
  retryDelay?: number;
  /** Milliseconds without a byte after which a transfer counts as broken; default 60,000. */
  stallTimeout?: number;
  /** Called with the bytes that are there and those of the file (undefined where the server does not say). */
  onProgress?: (received: number, total?: number) => void;
  /** Ends the download; what is there stays for the next one. */
  signal?: AbortSignal;
}

/** What {@link download} gives. */
export interface Downloaded {
  /** Path of the file; in a browser in the private file system. */
  readonly path: string;
  /** What readers take: the path, or in a browser the file itself. */
  readonly source: string | Blob;
  /** Bytes. */
  readonly size: number;
  /** Whether it was there already. */
  readonly cached: boolean;
  /** Bytes of an earlier attempt that were not fetched again. */
  readonly resumed: number;
}

/** Why a transfer failed, and whether another attempt may help. */
class Broken extends Error {
  constructor(message: string, readonly kind: "again" | "afresh" | "never", cause?: unknown) {
    super(message, { cause });
  }
}

interface Meta {
  url: string;
  etag: string | null;
  modified: string | null;
  total: number | null;
}

const FLUSH = 1 << 22;

/**
 * Fetches a file, unless it is there.
 *
 * ```ts
 * const { path } = await w.data.download("https://example.org/words.tgz", { sha256: "9f86d081...", retries: 8 });
 * ```
 *
 * @throws {ValueError} for a checksum that is none
 * @throws {StateError} naming each address and why it failed: its status, a connection that broke too often, another
 * checksum (both are told), a page in place of the file
 */
export async function download(url: string | URL, options: DownloadOptions = {}): Promise<Downloaded> {
  const { mirror = [], retries = 4, retryDelay = 500, signal } = options;
  for (const [name, digits] of [["sha256", 64], ["md5", 32]] as const) {
    const sum = options[name];
    if (sum === undefined || (sum.length === digits && /^[0-9a-f]+$/i.test(sum))) continue;
    throw new ValueError(`Cannot download with ${name} ${JSON.stringify(sum)}: wanted ${digits} hexadecimal digits`, {
      op: "download",
      value: sum,
    });
  }
  const to = options.to === undefined ? await cachePath(url, options.cacheDir) : options.to;
  const path = to instanceof URL ? decodeURIComponent(to.pathname) : to;
  const [, where, name] = /^(.*[/\\])?([^/\\]*)$/s.exec(path)!,
    folder = openFolder(where || "."),
    part = `${name}.part`;
  const there = (await folder.list()).find((entry) => entry.name === name);
  if (there && !await differs(folder, name, there.bytes, options)) {
    options.onProgress?.(there.bytes, there.bytes);
    return { path, source: await sourceOf(folder, path, name), size: there.bytes, cached: true, resumed: 0 };
  }
  const failures: string[] = [];
  for (const address of [String(url), ...typeof mirror === "string" ? [mirror] : mirror]) {
    let afresh = false;
    for (let attempt = 0; attempt <= retries; attempt++) {
      try {
        const { size, resumed } = await transfer(address, folder, part, options);
        const wrong = await differs(folder, part, size, options);
        if (wrong) throw new Broken(wrong, resumed && !afresh ? "afresh" : "never");
        await folder.rename(part, name);
        await folder.remove(`${part}.json`);
        return { path, source: await sourceOf(folder, path, name), size, cached: false, resumed };
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        const { kind, message } = error;
        if (kind !== "again") await forget(folder, part);
        if (kind === "never" || attempt === retries) {
          failures.push(`${address}: ${message}${attempt ? `, after ${attempt + 1} attempts` : ""}`);
          break;
        }
        afresh ||= kind === "afresh";
        if (kind === "again") await pause(Math.min(retryDelay * 2 ** attempt, 30_000), signal);
      }
    }
  }
  throw new StateError(
    `Cannot download ${name}: ${
      failures.join("; ")
    }. Wanted the file: check the address, pass { mirror }, or fetch it ` +
      `by other means and put it at ${path}`,
    { op: "download", value: failures },
  );
}

/** Where a file of the network is kept. */
async function cachePath(url: string | URL, cacheDir?: string | URL): Promise<string> {
  const home = env("HOME") ?? env("USERPROFILE"), base = env("XDG_CACHE_HOME") ?? env("LOCALAPPDATA");
  const root = cacheDir instanceof URL ? decodeURIComponent(cacheDir.pathname) : cacheDir ?? env("WGRAD_CACHE") ??
    (base ? `${base}/wgrad` : home ? `${home}/.cache/wgrad` : "wgrad");
  const name = decodeURIComponent(nameOf(url)).replace(/[^\w.-]+/g, "_").replace(/^\.+/, "") || "file";
  return `${root.replace(/\/+$/, "")}/${(await contentKey(String(url))).slice(0, 12)}/${name}`;
}

/** What readers take: in a browser the file itself, since there are no paths. */
async function sourceOf(folder: Folder, path: string, name: string): Promise<string | Blob> {
  return (await folder.open(name)).blob ?? path;
}

/** Why a file is not the wanted one, or "". */
async function differs(folder: Folder, name: string, bytes: number, options: DownloadOptions): Promise<string> {
  if (options.size !== undefined && bytes !== options.size) return `it has ${bytes} bytes, not ${options.size}`;
  for (const kind of ["sha256", "md5"] as const) {
    const wanted = options[kind]?.toLowerCase();
    if (!wanted) continue;
    const hash = await createHash(kind), file = await folder.open(name);
    for (let at = 0; at < file.size; at += FLUSH) hash.update(await file.read(at, FLUSH));
    const found = hash.hex();
    if (found !== wanted) return `its ${kind} is ${found}, not ${wanted}`;
  }
  return "";
}

async function forget(folder: Folder, part: string): Promise<void> {
  await folder.remove(part);
  await folder.remove(`${part}.json`);
}

/** What an earlier attempt left, if it is of the same address or a checksum can tell. */
async function begun(
  url: string,
  folder: Folder,
  part: string,
  options: DownloadOptions,
): Promise<[number, Meta | null]> {
  const have = (await folder.list()).find((entry) => entry.name === part)?.bytes ?? 0;
  if (!have) return [0, null];
  try {
    const file = await folder.open(`${part}.json`), text = new TextDecoder().decode(await file.read(0, file.size));
    const meta = JSON.parse(text) as Meta, same = meta.url === url;
    if (same && (meta.etag || meta.modified)) return [have, meta];
    if (options.sha256 || options.md5) return [have, { ...meta, etag: null, modified: null }];
  } catch { /* without what the server said there is no going on */ }
  return [0, null];
}

/** One attempt: the rest of the file, or all of it. */
async function transfer(
  url: string,
  folder: Folder,
  part: string,
  options: DownloadOptions,
): Promise<{ size: number; resumed: number }> {
  let [have, meta] = await begun(url, folder, part, options);
  const headers: Record<string, string> = { "accept-encoding": "identity" }; // browsers leave this one out
  if (have) headers.range = `bytes=${have}-`;
  const validator = meta?.etag ?? meta?.modified;
  if (have && validator) headers["if-range"] = validator;
  const { stallTimeout = 60_000, signal, onProgress } = options, stalled = new AbortController();
  const stop = () => stalled.abort(signal!.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stop);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(new Error(`no byte came for ${stallTimeout} ms`)), stallTimeout);
  };
  try {
    alive();
    const response = await fetch(url, { headers, signal: stalled.signal }).catch((cause) => {
      signal?.throwIfAborted();
      throw new Broken(`no connection (${cause.message})`, "again", cause);
    });
    const again = response.status === 206, whole = !response.headers.has("content-encoding");
    await accept(response, url, have);
    const etag = response.headers.get("etag"), strong = etag && !etag.startsWith("W/") ? etag : null;
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
    if (again && (Number(range?.[1]) !== have || (meta?.etag && strong && strong !== meta.etag))) {
      await response.body?.cancel();
      throw new Broken("the server sent another part than the one asked for", "afresh");
    }
    if (!again && have) await forget(folder, part), have = 0;
    const resumed = have, length = response.headers.get("content-length");
    const total = again ? Number(range![2]) : whole && length !== null ? Number(length) : null;
    if (options.size !== undefined && total !== null && total !== options.size) {
      await response.body?.cancel();
      throw new Broken(`the server's file has ${total} bytes, not ${options.size}`, "never");
    }
    meta = { url, etag: strong, modified: whole ? response.headers.get("last-modified") : null, total };
    if (!again) await folder.write(`${part}.json`, [new TextEncoder().encode(JSON.stringify(meta))]);
    onProgress?.(have, total ?? undefined);
    const reader = response.body!.getReader();
    let waiting: Uint8Array[] = [], bytes = 0;
    const flush = async () => {
      for (const piece of waiting.length ? [concatenated(waiting)] : []) await folder.append(part, piece);
      waiting = [];
      bytes = 0;
    };
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        alive();
        waiting.push(value);
        have += value.length;
        if ((bytes += value.length) >= FLUSH) await flush();
        onProgress?.(have, total ?? undefined);
      }
    } catch (cause) {
      await flush();
      signal?.throwIfAborted();
      const why = (stalled.signal.reason ?? cause as Error).message;
      throw new Broken(`the connection broke at byte ${have}${total === null ? "" : ` of ${total}`} (${why})`, "again");
    }
    if (!have) waiting.push(new Uint8Array(0));
    await flush();
    if (total !== null && have !== total) {
      throw new Broken(`the connection ended at byte ${have} of ${total}`, have < total ? "again" : "afresh");
    }
    return { size: have, resumed };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** Refuses answers that are not the file. */
async function accept(response: Response, url: string, have: number): Promise<void> {
  const { status, statusText } = response, kind = response.headers.get("content-type") ?? "";
  const page = /\bhtml\b/.test(kind) && !/\.x?html?$|\/$/.test(new URL(url).pathname);
  if ((status === 200 && !page) || (status === 206 && have)) return;
  if (status === 416 && have) {
    await response.body?.cancel();
    throw new Broken("the server has no such part", "afresh");
  }
  const text = page || /\btext\b|json/.test(kind) ? (await response.text().catch(() => "")).slice(0, 4000) : "";
  if (!response.bodyUsed) await response.body?.cancel();
  const said = text.replace(/<(script|style).*?<\/\1>|<[^>]*>/gs, " ").replace(/\s+/g, " ").trim().slice(0, 120);
  const state = `the server answered ${status}${statusText ? ` ${statusText}` : ""}${page ? " with a page" : ""}` +
    (said ? ` (${said})` : "");
  throw new Broken(state, status >= 500 || status === 429 || status === 408 ? "again" : "never");
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
