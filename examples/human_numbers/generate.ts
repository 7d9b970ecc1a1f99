/**
 * Continues a text with a trained model. Alone it trains a model first:
 *
 * ```sh
 * deno run -A --preload=tools/preload.ts examples/human_numbers/generate.ts --prompt "forty two ." --temperature 0.5
 * ```
 * @module
 */

import { parseArgs } from "node:util";
import * as w from "../../mod.ts";
import type { Ids, LanguageModel } from "./models.ts";
import { LMModel1, LMModel4 } from "./models.ts";
import { idOf, vocab } from "./numbers.ts";
import { train } from "./train.ts";

/** How words are chosen. */
export interface GenerateOptions {
  /** Words to begin with, separated by spaces; all from the vocabulary. At least three for models 1 to 3. */
  prompt: string;
  /** Words to add; default 30. */
  words?: number;
  /** 0 always takes the likeliest word; 1 draws from the model's own distribution, higher values from a flatter one. Default 0. */
  temperature?: number;
  /** Draw among the k likeliest words only; default: all. */
  topK?: number;
  /** Seed of the draws; default 0. */
  seed?: number;
}

/**
 * The words that follow the prompt.
 * @throws {w.ValueError} for a word that is not in the vocabulary, or an option out of range
 */
export async function generate(model: LanguageModel, options: GenerateOptions): Promise<string[]> {
  const { prompt, words = 30, temperature = 0, topK = vocab.length, seed = 0 } = options;
  check("temperature", temperature, temperature >= 0 && temperature < Infinity, "a finite number, zero or above");
  check("words", words, Number.isSafeInteger(words) && words > 0, "a positive integer");
  check("topK", topK, Number.isSafeInteger(topK) && topK > 0 && topK <= vocab.length, `from 1 to ${vocab.length}`);
  const start = Int32Array.from(prompt.trim().split(/\s+/), wordId);
  const window = model instanceof LMModel1 && !(model instanceof LMModel4); // sees three words, not a stream
  check("prompt", prompt, !window || start.length >= 3, "at least three words");

  const generator = new w.random.Generator(seed, "generate");
  const training = model.training;
  model.eval();
  model.reset();
  const chosen: Ids[] = [];
  try {
    let x: Ids = w.tensor(start, { shape: [1, start.length] });
    for (let i = 0; i < words; i++) {
      const [next, following] = w.tidy(() =>
        w.noGrad(() => {
          if (window) model.reset();
          const output = model.forward(window ? x.at(":", "-3:") : x);
          const logits = (Array.isArray(output) ? output[0] : output).reshape([-1, vocab.length]).at("-1:"); // [1, words]
          const next = choose(logits, temperature, topK, generator); // [1, 1]
          return [next, window ? w.cat([x, next], 1) : next.clone()];
        })
      );
      x.dispose();
      x = following;
      chosen.push(next);
    }
    x.dispose();
    const ids = w.tidy(() => w.cat(chosen, 1));
    const text = Array.from(await ids.data(), (id) => vocab[id]);
    ids.dispose();
    return text;
  } finally {
    for (const id of chosen) id.dispose();
    model.reset();
    model.train(training);
  }
}

/** Draws a word id `[1, 1]` from logits `[1, words]`. */
function choose(logits: w.Tensor, temperature: number, k: number, generator: w.random.Generator): Ids {
  if (temperature === 0) return logits.argmax({ dim: -1, keepdim: true });
  const { values, indices } = logits.topk(k);
  const drawn = w.multinomial(values.div(temperature).softmax(-1), 1, { generator }); // place among the k
  return indices.gather(1, drawn);
}

function wordId(word: string): number {
  const id = idOf.get(word);
  check("prompt", word, id !== undefined, `a word of the vocabulary: ${vocab.join(" ")}`);
  return id!;
}

function check(name: string, value: unknown, ok: boolean, wanted: string): void {
  if (!ok) {
    throw new w.ValueError(`Cannot generate with ${name} = ${value}: wanted ${wanted}`, { op: "generate", value });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      prompt: { type: "string", default: "nine thousand nine hundred ninety . nine" },
      words: { type: "string", default: "30" },
      temperature: { type: "string", default: "0" },
      "top-k": { type: "string" },
      model: { type: "string", default: "7" },
      epochs: { type: "string" },
      seed: { type: "string", default: "0" },
    },
  });
  const seed = Number(values.seed);
  const { model } = await train({
    model: Number(values.model),
    epochs: values.epochs === undefined ? undefined : Number(values.epochs),
    seed,
    callbacks: [new w.train.ProgressBar()],
  });
  const words = await generate(model, {
    prompt: values.prompt,
    words: Number(values.words),
    temperature: Number(values.temperature),
    topK: values["top-k"] === undefined ? undefined : Number(values["top-k"]),
    seed,
  });
  console.log(`\n${values.prompt} ${words.join(" ")}`);
}
