/**
 * This library's side of bench/optim.ts; see serve.ts for the questions it answers.
 * @module
 */
import * as w from "../../mod.ts";
import { type About, type Reading, serve, type Subject } from "./serve.ts";
import { fill, type Job } from "./workloads.ts";

await serve(async ({ workload, sources }: Job): Promise<[Subject, About]> => {
  await w.init();
  const values = sources.filter(({ name }) => name.startsWith("p"));
  const parameters = values.map((source) => new w.nn.Parameter({ shape: source.shape, data: fill(source) }));
  sources.filter(({ name }) => name.startsWith("g")).forEach((source, i) => {
    w.tidy(() => void (parameters[i].grad = w.tensor(fill(source))));
  });
  const { optimizer: kind, options } = workload as unknown as { optimizer: "Adam"; options: object };
  const optimizer = new w.optim[kind](parameters, options);
  return [{
    step: () => optimizer.step(),
    wait: () => w.sync(),
    async read(): Promise<Reading> {
      return { arrays: { first: await parameters[0].data(), last: await parameters.at(-1)!.data() } };
    },
  }, { impl: "wgrad" }];
});
