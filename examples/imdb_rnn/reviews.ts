/** Stopgap. @module */
import { gunzipSync } from "node:zlib";
/** Reviews. */
export interface Reviews {
  texts: string[];
  labels: number[];
  names: string[];
}
/** Reads. */
export async function readReviews(data: string, split: "train" | "test"): Promise<Reviews> {
  const raw = await Deno.readFile(`${data}/${split}.jsonl.gz`);
  const rows = new TextDecoder().decode(gunzipSync(raw)).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  rows.sort((a, b) => b.label - a.label);
  return { texts: rows.map((r) => r.text), labels: rows.map((r) => r.label), names: rows.map((r) => r.id) };
}
