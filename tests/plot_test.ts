import { strict as assert } from "node:assert";
import { ValueError } from "../src/errors.ts";
import { History, smooth } from "../src/train/history.ts";
import { plot } from "../src/train/plot.ts";
import { formatTable, formatTime } from "../src/train/table.ts";

/** A run of two epochs of three steps. */
function run(): History {
  const history = new History(["accuracy", "perplexity"]);
  history.steps.loss.push(3, 2.5, 2, 1.5, 1.2, 1);
  history.steps.lr.push(.1, .2, .3, .3, .2, .1);
  history.steps.momentum.push(.9, .9, .9, .9, .9, .9);
  history.epochs.push(
    {
      epoch: 0,
      trainLoss: 2.486364,
      validLoss: 2.1,
      metrics: { accuracy: .25, perplexity: 8.166170 },
      seconds: 61.9,
    },
    { epoch: 1, trainLoss: 1.847591, validLoss: 1.3, metrics: { accuracy: 1, perplexity: 3.669297 }, seconds: 3725 },
  );
  return history;
}

/** A little XML reader: throws where tags do not match, and returns how often each element occurs. */
function elements(svg: string): Map<string, number> {
  const open: string[] = [], count = new Map<string, number>();
  for (const [, close, name, rest] of svg.matchAll(/<(\/?)([a-z]+)([^<>]*)>/g)) {
    if (close) assert.equal(open.pop(), name);
    else {
      count.set(name, (count.get(name) ?? 0) + 1);
      if (!rest.endsWith("/")) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  return count;
}

Deno.test("a history's table has fastai's columns and look", () => {
  assert.equal(
    run().toString(),
    [
      "epoch     train_loss  valid_loss  accuracy  perplexity  time",
      "0         2.486364    2.100000    0.250000  8.166170    01:01",
      "1         1.847591    1.300000    1.000000  3.669297    1:02:05",
    ].join("\n"),
  );
  assert.equal(formatTable(["epoch", "loss"], [[10, null], [11, .5]]), "epoch     loss\n10\n11        0.500000");
  assert.deepEqual([0, 59.99, 60, 3600].map(formatTime), ["00:00", "00:59", "01:00", "1:00:00"]);
});

Deno.test("a history survives JSON, NaN included", () => {
  const history = run();
  history.steps.momentum[0] = NaN;
  const copy = History.fromJSON(JSON.parse(JSON.stringify(history)));
  assert.deepEqual(copy, history);
  assert.throws(() => History.fromJSON(JSON.parse("{}")), ValueError);
  assert.throws(() => new History().last, ValueError);
});

Deno.test("smooth() is the debiased moving average", () => {
  assert.deepEqual(smooth([5, 5, 5]).map((value) => value.toFixed(9)), Array(3).fill("5.000000000"));
  const [, second] = smooth([1, 2]);
  assert.ok(Math.abs(second - (.98 * .02 * 1 + .02 * 2) / (1 - .98 ** 2)) < 1e-12);
});

Deno.test("plot() of a history draws one panel for the losses and one per metric", async () => {
  const svg = await run().plot({ title: "Two epochs, 1 < 2 & 3" });
  const count = elements(svg);
  assert.equal(count.get("svg"), 1);
  assert.equal(count.get("g"), 3);
  assert.equal(count.get("path"), 3 + 1 + 1);
  assert.equal(count.get("circle"), 3 * 2);
  for (const part of ["Two epochs, 1 &lt; 2 &amp; 3", ">Loss<", ">Accuracy<", ">validation<", ">epoch<"]) {
    assert.ok(svg.includes(part), part);
  }
  assert.ok(!svg.includes("NaN") && !svg.includes("undefined"));
  assert.equal(svg, await run().plot({ title: "Two epochs, 1 < 2 & 3" }));
});

Deno.test("plot() puts points where the axes say, on linear and logarithmic axes", async () => {
  const points = [[1, 1], [10, 10], [100, 100]] as const;
  const path = async (logX: boolean, logY: boolean) => {
    const svg = await plot([{ title: "t", series: [{ name: "s", points }], logX, logY }]);
    const numbers = svg.match(/<path d="M([^"]*)"/)![1].split(/[L,]/).map(Number);
    return { x: [numbers[0], numbers[2], numbers[4]], y: [numbers[1], numbers[3], numbers[5]] };
  };
  const log = await path(true, true), linear = await path(false, false);
  assert.ok(Math.abs(log.x[1] - (log.x[0] + log.x[2]) / 2) < .11);
  assert.ok(Math.abs(log.y[1] - (log.y[0] + log.y[2]) / 2) < .11);
  assert.ok(Math.abs(linear.x[1] - (linear.x[0] + (linear.x[2] - linear.x[0]) * 9 / 99)) < .11);
  assert.ok(log.y[0] > log.y[2], "large values are at the top");
});

Deno.test("plot() leaves gaps for NaN and copes with one point, none, and equal values", async () => {
  const series = (...y: number[]) => [{ name: "s", points: y.map((value, i) => [i, value] as const) }];
  const gap = await plot([{ title: "gap", series: series(1, 2, NaN, 3, 4) }]);
  assert.equal(gap.match(/<path d="([^"]*)"/)![1].match(/M/g)!.length, 2);
  for (const values of [[], [1], [2, 2, 2], [0, -1], [NaN]]) {
    for (const logY of [false, true]) {
      const svg = await plot([{ title: "t", series: series(...values), logY }]);
      assert.ok(!/NaN|Infinity|undefined/.test(svg), `${values} ${logY}`);
      elements(svg);
    }
  }
  await assert.rejects(plot([]), ValueError);
});
