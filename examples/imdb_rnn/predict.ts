/**
 * Says what a trained network thinks of texts: those given as arguments, or the lines of the standard input.
 *
 * ```sh
 * deno run -A --preload=tools/preload.ts examples/imdb_rnn/predict.ts --model runs/imdb_rnn/model.safetensors "This film is great"
 * ```
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import * as w from "../../mod.ts";
import { loadModel, probabilityOf, type Trained } from "./model_file.ts";
import tokenize from "./tokenize.ts";

/**
 * How sure a network is that a text is positive.
 * @returns 0 to 1; below a half is negative
 * @throws {w.ValueError} for a text without words
 */
export async function predictSentiment(
  { model, vocab }: Pick<Trained, "model" | "vocab">,
  text: string,
): Promise<number> {
  const [tokens] = tokenize([text]);
  if (!tokens.some((token) => token.trim() !== "")) {
    throw new w.ValueError("Cannot predict the sentiment of a text without words", { value: text });
  }
  return await probabilityOf(model, vocab.numericalize(tokens));
}

/** Prints a line for each text. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { model: { type: "string", default: "runs/imdb_rnn/model.safetensors" } },
    allowPositionals: true,
  });
  await w.init();
  const trained = await loadModel(values.model);
  for await (const text of positionals.length ? positionals : createInterface({ input: process.stdin })) {
    if (text.trim() === "" && !positionals.length) continue; // an empty line between texts
    const probability = await predictSentiment(trained, text);
    console.log(`${probability.toFixed(3)}  ${probability > 0.5 ? "positive" : "negative"}  ${text}`);
  }
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof w.WgradError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
