/**
 * Published weights under the names and in the layouts of the layers here, which are PyTorch's: language models of
 * ULMFiT in the forms of three versions of fastai, torchMoji, and DeepMoji as Keras wrote it.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { show } from "../tensor/shape.ts";
import { rename, under } from "./names.ts";
import { StoredTensor } from "./stored_tensor.ts";

/** Tensors by name. */
export type Weights = ReadonlyMap<string, StoredTensor>;

function get(weights: Weights, name: string): StoredTensor {
  const found = weights.get(name);
  if (found) return found;
  throw new ValueError(
    `Cannot convert weights: "${name}" is missing; they are ${[...weights.keys()].slice(0, 30).join(", ")}`,
    {
      op: "convert",
      value: name,
    },
  );
}

/** Renames each tensor as its new key says. */
function named(weights: Map<string, StoredTensor>): Map<string, StoredTensor> {
  return new Map([...weights].map(([name, tensor]) => [name, tensor.named(name)]));
}

/**
 * An AWD-LSTM language model (or its encoder alone) of fastai 0.7 (`fwd_wt103.h5`), 1 or 2 (`lstm_fwd.pth`), under the
 * names of fastai 1 and 2: `0.encoder.weight`, `0.encoder_dp.emb.weight`, `0.rnns.0.weight_hh_l0_raw`,
 * `0.rnns.0.module.weight_ih_l0`, `1.decoder.weight`. Copies of dropped weights (`weight_hh_l0` beside a
 * `weight_hh_l0_raw`) are left out. All keep their order.
 */
export function awdLstm(weights: Weights): Map<string, StoredTensor> {
  const renamed = rename(weights, [
    [/\bencoder_with_dropout\.embed\./, "encoder_dp.emb."],
    [/\bmodule\.(weight_hh_l\d+(?:_reverse)?_raw)$/, "$1"],
  ]);
  const raw = new Set([...renamed.keys()].filter((name) => name.endsWith("_raw")).map((name) => name.slice(0, -4)));
  return named(rename(renamed, (name) => raw.has(name.replace(/\bmodule\./, "")) ? null : name));
}

/** Options of {@link torchMoji} and {@link deepMoji}. */
export interface MojiOptions {
  /** Leaves the output layer out, for another number of classes. Default true keeps it. */
  readonly head?: boolean;
  /** Rows to put behind those of the embedding, for words that were added to the vocabulary: n * 256 numbers. */
  readonly extraRows?: Float32Array<ArrayBuffer>;
}

/**
 * The weights of torchMoji (`pytorch_model.bin`), which have the names of its model already.
 * @throws {ValueError} where the embedding is missing
 * @throws {ShapeError} for rows of another width
 */
export function torchMoji(weights: Weights, { head = true, extraRows }: MojiOptions = {}): Map<string, StoredTensor> {
  const kept = rename(weights, (name) => !head && name.includes("output_layer") ? null : name);
  if (!extraRows) return named(kept);
  const embedding = get(weights, "embed.weight"), [rows, width] = embedding.shape;
  if (extraRows.length % width) {
    throw new ShapeError(`Cannot extend ${show(embedding.shape)} by ${extraRows.length} numbers: wanted whole rows`, {
      op: "torchMoji",
      shapes: [embedding.shape],
    });
  }
  const all = new Float32Array(rows * width + extraRows.length);
  all.set(embedding.data);
  all.set(extraRows, rows * width);
  kept.set("embed.weight", StoredTensor.of(all, [all.length / width, width], "f32"));
  return named(kept);
}

/**
 * The weights of DeepMoji (`deepmoji_weights.hdf5`, read by `w.io.hdf5.loadKeras`) under torchMoji's names: kernels
 * are transposed, and Keras' one bias per direction stands beside one of zeros.
 * @throws {ValueError} naming what is missing
 */
export function deepMoji(weights: Weights, options: MojiOptions = {}): Map<string, StoredTensor> {
  const converted = new Map([["embed.weight", find(weights, "embedding", "embeddings")]]);
  for (const layer of [0, 1]) {
    for (const [direction, suffix] of [["forward", ""], ["backward", "_reverse"]]) {
      const part = (what: string) => find(weights, `bi_lstm_${layer}`, what, direction);
      for (const [name, tensor] of kerasLstm(part("kernel"), part("recurrent_kernel"), part("bias"))) {
        converted.set(`lstm_${layer}.${name}_l0${suffix}`, tensor);
      }
    }
  }
  const attention = find(weights, "attlayer", "attlayer_W");
  converted.set("attention_layer.attention_vector", attention.named("", [attention.numel]));
  if (options.head ?? true) {
    converted.set("output_layer.0.weight", find(weights, "softmax", "kernel").permute());
    converted.set("output_layer.0.bias", find(weights, "softmax", "bias"));
  }
  return torchMoji(converted, options);
}

/** The weight of a layer by the last part of its name; with or without `:0`, whatever scopes stand between. */
function find(weights: Weights, layer: string, what: string, scope = ""): StoredTensor {
  const own = under(weights, `${layer}/`);
  const name = [...own.keys()].find((key) => {
    const parts = key.replace(/:\d+$/, "").split("/");
    return parts.at(-1) === what && (!scope || parts.some((part) => part.startsWith(`${scope}_`)));
  });
  return get(weights, name === undefined ? `${layer}/${scope ? `${scope}_*/` : ""}${what}` : `${layer}/${name}`);
}

/**
 * Weights of a Keras LSTM as `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`: both have the gates in the order i, f, g, o.
 * @param kernel [in, 4H] @param recurrent [H, 4H] @param bias [4H], or null for a layer without
 */
export function kerasLstm(
  kernel: StoredTensor,
  recurrent: StoredTensor,
  bias: StoredTensor | null,
): Map<string, StoredTensor> {
  checkKernels("kerasLstm", kernel, recurrent, 4);
  const converted = new Map([["weight_ih", kernel.permute()], ["weight_hh", recurrent.permute()]]);
  if (bias) {
    checkBias("kerasLstm", bias, [kernel.shape[1]]);
    converted.set("bias_ih", bias);
    converted.set("bias_hh", StoredTensor.of(new Float32Array(bias.numel), bias.shape, "f32"));
  }
  return named(converted);
}

/**
 * Weights of a Keras GRU (`reset_after=True`, the default since Keras 2.3 on TensorFlow 2) as `weight_ih`, `weight_hh`,
 * `bias_ih`, `bias_hh`: the gates, z, r, h there, are r, z, n here.
 * @param kernel [in, 3H] @param recurrent [H, 3H] @param bias [2, 3H], or null for a layer without
 * @throws {ShapeError} for the one bias of `reset_after=False`, which is another function
 */
export function kerasGru(
  kernel: StoredTensor,
  recurrent: StoredTensor,
  bias: StoredTensor | null,
): Map<string, StoredTensor> {
  checkKernels("kerasGru", kernel, recurrent, 3);
  const converted = new Map([
    ["weight_ih", swapGates(kernel.permute())],
    ["weight_hh", swapGates(recurrent.permute())],
  ]);
  if (bias) {
    checkBias("kerasGru", bias, [2, kernel.shape[1]]);
    const width = kernel.shape[1];
    ["bias_ih", "bias_hh"].forEach((name, i) => {
      const half = bias.data.slice(i * width, (i + 1) * width) as Float32Array<ArrayBuffer>;
      converted.set(name, swapGates(StoredTensor.of(half, [width], "f32")));
    });
  }
  return named(converted);
}

/** Rows z, r, h as r, z, n. */
function swapGates(rows: StoredTensor): StoredTensor {
  const data = Float32Array.from(rows.data), gate = data.length / 3;
  data.copyWithin(0, gate, 2 * gate);
  data.set(rows.data.subarray(0, gate), gate);
  return StoredTensor.of(data, rows.shape, "f32");
}

function checkKernels(op: string, kernel: StoredTensor, recurrent: StoredTensor, gates: number): void {
  const [hidden, width] = recurrent.shape;
  if (kernel.ndim === 2 && recurrent.ndim === 2 && width === gates * hidden && kernel.shape[1] === width) return;
  throw new ShapeError(
    `Cannot convert kernels ${show(kernel.shape)} and ${
      show(recurrent.shape)
    }: wanted [in, ${gates}H] and [H, ${gates}H]`,
    { op, shapes: [kernel.shape, recurrent.shape] },
  );
}

function checkBias(op: string, bias: StoredTensor, wanted: readonly number[]): void {
  if (show(bias.shape) === show(wanted)) return;
  throw new ShapeError(`Cannot convert bias ${show(bias.shape)}: wanted ${show(wanted)}`, { op, shapes: [bias.shape] });
}
