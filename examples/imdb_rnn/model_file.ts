/**
 * A trained network in one file: weights, sizes and steps, and the vocabulary that its ids stand for, so that nobody
 * can ask it about words that it numbers otherwise.
 * @module
 */

import * as w from "../../mod.ts";
import { RNN, type SentimentModel, SentimentRNN, type Sizes, type Steps } from "./models.ts";

/** What a network is made of: its sizes, and its steps where it is not the document's own. */
export interface Network extends Sizes {
  /** Steps of a `SentimentRNN`; null for the document's `RNN`. */
  steps: Steps | null;
}

/** Makes a network, with weights drawn from the program's `init` stream. */
export function createModel({ steps, ...sizes }: Network): SentimentModel {
  return steps ? new SentimentRNN({ ...sizes, ...steps }) : new RNN(sizes);
}

/** A network with all that belongs to it. */
export interface Trained {
  model: SentimentModel;
  network: Network;
  vocab: w.text.Vocab;
}

const FORMAT = "imdb_rnn 1";

/** Writes a network to a safetensors file. @throws {w.StateError} when the disk refuses */
export async function saveModel(path: string, { model, network, vocab }: Trained): Promise<void> {
  const { tokens } = vocab;
  await w.io.safetensors.save(path, model.stateDict(), {
    metadata: {
      format: FORMAT,
      network: JSON.stringify(network),
      vocabulary: JSON.stringify(tokens),
      sha256: await hashOf(tokens),
    },
  });
}

/**
 * Reads a network.
 * @param vocab the vocabulary of the reviews at hand, where there are any: the file has to have the same
 * @throws {w.FormatError} for a file that is damaged or no such model
 * @throws {w.ValueError} for a model of another vocabulary
 */
export async function loadModel(path: string, vocab?: w.text.Vocab): Promise<Trained> {
  const { tensors, metadata } = await w.io.safetensors.open(path);
  const damaged = (what: string): w.FormatError =>
    new w.FormatError(`Cannot read ${path}: ${what}; wanted a model that examples/imdb_rnn/train.ts wrote`, {
      file: path,
    });
  if (metadata.format !== FORMAT) throw damaged(`its format is ${metadata.format ?? "not given"}`);
  const tokens = json<string[]>(metadata.vocabulary), network = json<Network>(metadata.network);
  const rows = tensors.get("embedding.weight")?.shape[0];
  if (!Array.isArray(tokens) || !network || metadata.sha256 !== await hashOf(tokens)) {
    throw damaged("its vocabulary is damaged");
  }
  if (tokens.length !== rows || network.words !== rows) {
    throw damaged(`it has ${tokens.length} words and ${rows ?? "no"} word vectors`);
  }
  if (vocab && await hashOf(vocab.tokens) !== metadata.sha256) {
    const i = tokens.findIndex((token, i) => token !== vocab.tokens[i]);
    throw new w.ValueError(
      `Cannot use ${path}: it is a model of another vocabulary, of ${tokens.length} words in place of ${vocab.size}; ` +
        `word ${i < 0 ? tokens.length : i} is ${show(tokens[i])} in place of ${
          show(vocab.tokens[i < 0 ? tokens.length : i])
        }; ` +
        "use the reviews, --limit and --seed that it was trained with",
      { value: path },
    );
  }
  const model = createModel(network);
  model.loadStateDict(await w.io.safetensors.load(path));
  return { model, network, vocab: new w.text.Vocab(tokens, { unknown: "<unk>", pad: "<pad>" }) };
}

/** How sure a network is that the review with these ids is positive. */
export async function probabilityOf(model: SentimentModel, ids: Int32Array): Promise<number> {
  const { training } = model;
  model.eval();
  using probability = w.tidy(() =>
    w.noGrad(() => {
      const column = w.tensor(ids, { shape: [ids.length, 1], dtype: "i32" });
      return model.forward([column, Int32Array.of(ids.length)]).sigmoid();
    })
  );
  model.train(training);
  return await probability.item();
}

/** SHA-256 of all weights by name: equal sums mean equal weights, bit for bit. */
export async function weightsHash(model: w.nn.Module): Promise<string> {
  const state = Object.entries(model.stateDict());
  const values = await Promise.all(state.map(([, tensor]) => tensor.data()));
  return await w.data.contentKey(
    state.map(([name]) => name),
    values.map((v) => new Uint8Array(v.buffer, v.byteOffset, v.byteLength)),
  );
}

/** SHA-256 of the words in their order. */
function hashOf(tokens: readonly string[]): Promise<string> {
  return w.data.contentKey(tokens);
}

function json<T>(text: string | undefined): T | null {
  try {
    return JSON.parse(text ?? "null") as T;
  } catch {
    return null;
  }
}

function show(word: string | undefined): string {
  return word === undefined ? "nothing" : JSON.stringify(word);
}
