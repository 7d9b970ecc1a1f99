/**
 * Real data sets, which are not part of the repository: `../shared/data` beside it, or the folder that `WGRAD_DATA` names.
 * Tests that want one are ignored where it is missing.
 */
import { gunzipSync } from "node:zlib";

const root = new URL("../../", import.meta.url);
const named = Deno.env.get("WGRAD_DATA");
const folder = named
  ? new URL(`${named.replace(/\/$/, "")}/`, `file://${Deno.cwd()}/`)
  : new URL("../shared/data/", root);

/** Address of a file of the real data, or undefined where it is not there. */
export function realData(path: string): URL | undefined {
  const url = new URL(path, folder);
  try {
    return Deno.statSync(url).isFile ? url : undefined;
  } catch {
    return undefined;
  }
}

/** The lines of a file of the real data, which may be compressed; at most `most` of them. */
export function* realLines(path: string, most: number = Infinity): Generator<string> {
  const url = realData(path);
  if (!url) throw new Error(`${path} is not there: the test should have been ignored`);
  const raw = Deno.readFileSync(url), bytes = path.endsWith(".gz") ? gunzipSync(raw) : raw;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let start = 0, count = 0; start < bytes.length && count < most; count++) {
    const end = bytes.indexOf(10, start) < 0 ? bytes.length : bytes.indexOf(10, start);
    yield decoder.decode(bytes.subarray(start, end));
    start = end + 1;
  }
}

/** {@link realLines} of JSON. */
export function* realRows<T>(path: string, most: number = Infinity): Generator<T> {
  for (const line of realLines(path, most)) yield JSON.parse(line) as T;
}
