/**
 * The first thing to run: trains the best of the seven models for 15 epochs, shows how it goes, and lets it count on.
 *
 * ```sh
 * deno task demo
 * ```
 * @module
 */

import { parseArgs } from "node:util";
import * as w from "../../mod.ts";
import { generate } from "./generate.ts";
import { text, tokens, vocab } from "./numbers.ts";
import { train } from "./train.ts";

/** SHA-256 of all parameters, one after another: equal hashes mean equal weights, bit for bit. */
export async function weightsHash(model: w.nn.Module): Promise<string> {
  const values = await Promise.all(model.parameters().map((parameter) => parameter.data()));
  const bytes = new Uint8Array(values.reduce((sum, list) => sum + list.byteLength, 0));
  let at = 0;
  for (const list of values) {
    bytes.set(new Uint8Array(list.buffer, list.byteOffset, list.byteLength), at);
    at += list.byteLength;
  }
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { epochs: { type: "string", default: "15" }, seed: { type: "string", default: "0" } },
  });
  const epochs = Number(values.epochs), seed = Number(values.seed);
  const device = await w.init();
  console.log(`A language model that learns to count in English, on ${device.info.description}`);
  console.log(`${tokens.length} words, ${vocab.length} different ones: ${text.slice(0, 66)} ...\n`);

  const start = performance.now();
  const { model, history } = await train({ model: 7, epochs, seed, callbacks: [new w.train.ProgressBar()] });
  const seconds = (performance.now() - start) / 1000;

  const folder = "runs/human_numbers";
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/demo.json`, JSON.stringify(history));
  await Deno.writeTextFile(
    `${folder}/demo.svg`,
    await history.plot({ title: `Human numbers, LMModel7, seed ${seed}` }),
  );

  const prompt = "nine thousand nine hundred ninety one . nine thousand";
  const words = await generate(model, { prompt, words: 24 });
  console.log(`\naccuracy   ${history.last.metrics.accuracy.toFixed(4)} after ${seconds.toFixed(1)} s`);
  console.log(`plot       ${folder}/demo.svg`);
  console.log(`weights    sha256 ${await weightsHash(model)}`);
  console.log(`continued  ${prompt} | ${words.join(" ")}`);
}
