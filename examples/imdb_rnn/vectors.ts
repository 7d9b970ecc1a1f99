/** Stopgap. @module */
import { gunzipSync } from "node:zlib";
import * as w from "../../mod.ts";

/** Table. */
export async function pretrained(
  path: string,
  vocab: w.text.Vocab,
): Promise<{ shape: [number, number]; data: Float32Array; found: number }> {
  const raw = await Deno.readFile(path);
  const text = new TextDecoder().decode(path.endsWith(".gz") ? gunzipSync(raw) : raw);
  let data: Float32Array = new Float32Array(0), width = 0, found = 0;
  for (const line of text.split("\n")) {
    const parts = line.split(" ");
    if (parts.length < 3) continue;
    if (!width) {
      width = parts.length - 1;
      const all = w.randn([vocab.size, width]);
      data = await all.data() as Float32Array;
    }
    const id = vocab.find(parts[0]);
    if (id < 2) continue;
    found++;
    data.set(parts.slice(1).map(Number), id * width);
  }
  data.fill(0, 0, 2 * width);
  return { shape: [vocab.size, width], data, found };
}
