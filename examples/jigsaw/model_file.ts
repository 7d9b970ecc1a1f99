/**
 * A trained network in one file, without the table of word vectors, and with a sum of the vocabulary whose ids it knows.
 * @module
 */

import * as w from "../../mod.ts";
import { JigsawModel, type Table } from "./model.ts";

const FORMAT = "jigsaw 1";

/** Writes a network. @throws {w.StateError} when the disk refuses */
export async function saveModel(path: string, model: JigsawModel, vocabulary: string): Promise<void> {
  const { "embedding.weight": _, ...state } = model.stateDict();
  const sizes = {
    units: model.lstm1.hiddenSize,
    auxiliary: model.linear_aux_out.outFeatures,
    width: model.lstm1.inputSize,
  };
  await w.io.safetensors.save(path, state, {
    metadata: { format: FORMAT, vocabulary, sizes: JSON.stringify(sizes) },
  });
}

/**
 * Reads a network for the table and the vocabulary at hand.
 * @throws {w.FormatError} for a file that is damaged or no such model
 * @throws {w.ValueError} for a model of another vocabulary, or of vectors of another width
 */
export async function loadModel(path: string, table: Table, vocabulary: string): Promise<JigsawModel> {
  const { metadata } = await w.io.safetensors.open(path);
  if (metadata.format !== FORMAT) {
    throw new w.FormatError(
      `Cannot read ${path}: its format is ${metadata.format ?? "not given"}; wanted a model that ` +
        "examples/jigsaw/train.ts wrote",
      { file: path },
    );
  }
  const { units, auxiliary, width } = JSON.parse(metadata.sizes) as { units: number; auxiliary: number; width: number };
  if (metadata.vocabulary !== vocabulary) {
    throw new w.ValueError(
      `Cannot use ${path}: it is a model of another vocabulary, whose ids mean other words; use the comments, --limit, ` +
        "--max-words and --contractions that it was trained with",
      { value: path },
    );
  }
  if (width !== table.shape[1]) {
    throw new w.ValueError(
      `Cannot use ${path}: it reads word vectors of ${width}, those at hand have ${table.shape[1]}; use the files of ` +
        "vectors that it was trained with",
      { value: path },
    );
  }
  const model = new JigsawModel(table, { units, auxiliary });
  model.loadStateDict(await w.io.safetensors.load(path), { strict: false });
  return model;
}
