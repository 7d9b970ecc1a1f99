/**
 * The metric of the Jigsaw competition on unintended bias: AUC over all comments, and AUCs that compare comments which
 * mention an identity with the others, joined by power means.
 * @module
 */

import { ShapeError } from "../../errors.ts";
import { show } from "../../tensor/shape.ts";
import type { AnyTensor, Tensor } from "../../tensor/tensor.ts";
import type { Metric } from "../metrics.ts";
import { scoresOf } from "./auc.ts";
import { column, Gathered } from "./gathered.ts";
import { isTrue, type Labels, rocAucScore } from "./ranking.ts";

/** The nine identities that the competition's metric looks at. */
export const jigsawIdentities: readonly string[] = [
  ...["male", "female", "homosexual_gay_or_lesbian", "christian", "jewish", "muslim", "black", "white"],
  "psychiatric_or_mental_illness",
];

/** Options of the metric. */
export interface BiasOptions {
  /** Exponent of the power means; default -5. */
  power?: number;
  /** Part of the AUC over all comments in the result; default 0.25. */
  overallWeight?: number;
  /** Leave AUCs that are undefined out of the means; default false: one of them makes the result NaN. */
  skipUndefined?: boolean;
}

/** AUCs of one identity; NaN where one of the two sides has no comment. */
export interface SubgroupScores {
  /** The identity. */
  readonly name: string;
  /** Comments that mention it. */
  readonly size: number;
  /** AUC over the comments that mention it. */
  readonly subgroupAuc: number;
  /** Background positive, subgroup negative: harmless comments that mention it against toxic ones that do not. */
  readonly bpsnAuc: number;
  /** Background negative, subgroup positive: toxic comments that mention it against harmless ones that do not. */
  readonly bnspAuc: number;
}

/** What {@link biasScores} returns. */
export interface BiasScores {
  /** The competition's number. */
  readonly final: number;
  /** AUC over all comments. */
  readonly overallAuc: number;
  /** AUCs per identity, in the order given. */
  readonly subgroups: readonly SubgroupScores[];
}

/**
 * `0.25 AUC + 0.75 mean(M(subgroup AUCs), M(BPSN AUCs), M(BNSP AUCs))`, with the power mean
 * `M(m) = (mean of m ** -5) ** (-1 / 5)`, which is near the smallest. AUCs count ties one half.
 * @param labels toxic where true or at least 0.5
 * @param scores higher for toxic comments
 * @param identities per identity, which comments mention it: true or at least 0.5 (NaN, not asked, is no)
 */
export function biasScores(
  labels: Labels,
  scores: ArrayLike<number>,
  identities: Readonly<Record<string, Labels>>,
  options: BiasOptions = {},
): BiasScores {
  const { power = -5, overallWeight = 0.25, skipUndefined = false } = options;
  const subgroups = Object.entries(identities).map(([name, mentions]): SubgroupScores => {
    if (mentions.length !== labels.length) {
      throw new ShapeError(
        `Cannot compute biasScores: identity ${name} has ${mentions.length} values for ${labels.length} labels`,
        { op: "biasScores", shapes: [[mentions.length], [labels.length]] },
      );
    }
    const within = (i: number) => isTrue(mentions[i]), toxic = (i: number) => isTrue(labels[i]);
    let size = 0;
    for (let i = 0; i < mentions.length; i++) size += Number(within(i));
    return {
      name,
      size,
      subgroupAuc: rocAucScore(labels, scores, within),
      bpsnAuc: rocAucScore(labels, scores, (i) => within(i) !== toxic(i)),
      bnspAuc: rocAucScore(labels, scores, (i) => within(i) === toxic(i)),
    };
  });
  const overallAuc = rocAucScore(labels, scores);
  const means = (["subgroupAuc", "bpsnAuc", "bnspAuc"] as const).map((key) => {
    const values = subgroups.map((group) => group[key]);
    return powerMean(skipUndefined ? values.filter((value) => !Number.isNaN(value)) : values, power);
  });
  const bias = means.reduce((a, b) => a + b, 0) / means.length;
  return { final: overallWeight * overallAuc + (1 - overallWeight) * bias, overallAuc, subgroups };
}

/** `(mean of values ** p) ** (1 / p)`; NaN without values. */
export function powerMean(values: readonly number[], p: number): number {
  return (values.reduce((sum, value) => sum + value ** p, 0) / values.length) ** (1 / p);
}

/** Options of {@link biasAuc}. */
export interface BiasAucOptions extends BiasOptions {
  /** Names of the identities, one per column of `select`'s identities; default {@link jigsawIdentities}. */
  identities?: readonly string[];
  /**
   * Finds labels [n] and identities [n, names] in the targets of a batch; by default the targets are `[n, 1 + names]` with
   * the label in front.
   */
  select?: (target: unknown) => { label: AnyTensor; identities: AnyTensor };
  /** Name of the column. */
  name?: string;
}

/** {@link biasScores} of an epoch, for a learner; {@link biasReport} gives all of its numbers. */
export function biasAuc(options: BiasAucOptions = {}): Metric {
  const report = biasReport(options);
  return {
    name: options.name ?? "bias_auc",
    start: () => {
      const state = report.start();
      return { ...state, value: async () => (await state.value()).final };
    },
  };
}

/** {@link biasScores} of an epoch with the AUCs of every identity. */
export function biasReport(options: BiasAucOptions = {}): Metric<BiasScores> {
  const { identities: names = jigsawIdentities, select = front } = options;
  return {
    name: options.name ?? "bias",
    start: () => {
      const rows = new Gathered(), width = names.length + 2;
      return {
        add: ({ prediction, target }) =>
          rows.add(() => {
            const { label, identities } = select(target), n = label.numel;
            if (identities.numel !== n * names.length) {
              throw new ShapeError(
                `Cannot compute biasAuc: identities ${show(identities.shape)} are not [${n}, ${names.length}], one ` +
                  "column per name",
                { op: "biasAuc", shapes: [label.shape, identities.shape] },
              );
            }
            const scores: Tensor = scoresOf(prediction, label);
            return [label.reshape([n]), scores.reshape([n]), identities.reshape([n, names.length])];
          }),
        value: async () => {
          const data = await rows.data();
          const mentions = Object.fromEntries(names.map((name, i) => [name, column(data, width, i + 2)]));
          return biasScores(column(data, width, 0), column(data, width, 1), mentions, options);
        },
        dispose: () => rows.reset(),
      };
    },
  };
}

function front(target: unknown): { label: AnyTensor; identities: AnyTensor } {
  const all = target as AnyTensor;
  return { label: all.at("...", 0), identities: all.at("...", "1:") };
}
