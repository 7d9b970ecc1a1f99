/**
 * Keeps the report of a run on the disk while it goes on.
 * @module
 */

import type { Folder } from "../platform/folder.ts";
import { generatorState } from "../tensor/random.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import { splitPath } from "./log_file.ts";
import { report, type ReportOptions } from "./report.ts";

/**
 * Writes `report.html` after every epoch, as a whole: whoever opens it sees a finished report.
 *
 * ```ts
 * const confusion = new w.train.MetricObserver(w.train.metrics.confusionMatrix());
 * const writer = new w.train.ReportWriter("runs/first/report.html", () => ({
 *   title: "First run",
 *   config: { lr: 1e-3, batchSize: 64 },
 *   confusion: confusion.value,
 * }));
 * const learner = new w.train.Learner({ ...options, callbacks: [confusion, writer] });
 * ```
 */
export class ReportWriter implements Callback {
  /** After everything that the report shows. */
  readonly order = 95;
  /** It only looks on. */
  readonly passive = true;
  readonly #folder: Folder;
  readonly #name: string;
  readonly #options: (learner: AnyLearner) => ReportOptions | Promise<ReportOptions>;

  /**
   * @param path of the file; its folder is made
   * @param options what the report holds beside the history, asked for whenever it is written
   * @throws {ValueError} when the path names no file
   */
  constructor(
    path: string | URL,
    options: ReportOptions | ((learner: AnyLearner) => ReportOptions | Promise<ReportOptions>) = {},
  ) {
    const { folder, name } = splitPath("write a report", path);
    this.#folder = folder;
    this.#name = name;
    this.#options = typeof options === "function" ? options : () => options;
  }

  /** Writes the report. @throws {StateError} when the disk refuses */
  async afterEpoch(learner: AnyLearner): Promise<void> {
    const options = await this.#options(learner);
    const adapter = learner.model.parameters()[0]?.device.info.description;
    const environment = { adapter, seed: generatorState().seed, ...options.environment };
    const html = await report(learner.history, { ...options, environment });
    await this.#folder.write(this.#name, [new TextEncoder().encode(html)]);
  }
}
