import { strict as assert } from "node:assert";
import { History, smooth } from "../src/train/history.ts";
import { ShapeError, ValueError } from "../src/errors.ts";
import { curvePanel, historyPanels, lrFinderPanel } from "../src/train/panels.ts";
import { plot } from "../src/train/plot.ts";
import { confusionText, plotConfusion } from "../src/train/plot_matrix.ts";
import { plotText } from "../src/train/plot_text.ts";
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

Deno.test("plots escape all text, follow the page's colours and say what they show", async () => {
  const evil = `<script>alert("1")</script>`, safe = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;";
  const panel = {
    title: evil,
    xLabel: evil,
    yLabel: evil,
    marks: [{ x: 1, label: evil }],
    series: [{ name: evil, color: `red" onload="x`, points: [[0, 1], [2, 3]] as const }],
  };
  const svg = await plot([panel], { title: evil });
  const matrix = plotConfusion([[1, 2], [3, 4]], { labels: [evil, "b"], title: evil });
  for (const text of [svg, matrix]) {
    assert.ok(!text.includes("<script") && !text.includes(`" onload="`), text);
    assert.ok(text.includes(safe));
    elements(text);
    assert.match(text, /@media\(prefers-color-scheme:dark\)/);
    assert.match(text, /<title>.*<\/title>\n<desc>.+<\/desc>/);
  }
  assert.match(svg, /from 1 to 3, 2 points; .* at 1\.<\/desc>/);
  assert.ok(!(await plot([panel], { theme: "light" })).includes("<style>"));
  assert.ok(!(await plot([panel], { theme: "dark" })).includes("@media"));
  await assert.rejects(plot([panel], { theme: "blue" as "dark" }), ValueError);
  await assert.rejects(plot([panel], { columns: 0 }), ValueError);
});

Deno.test("plot() puts panels into rows, and draws nothing outside of a given range", async () => {
  const panels = [curvePanel("a", [1, 2, 9, 2, 1]), curvePanel("b", [1, 2])];
  assert.match(await plot(panels, { columns: 1, width: 300, height: 200 }), /viewBox="0 0 300 400"/);
  const cut = await plot([{ ...panels[0], yRange: [0, 3] }]);
  assert.equal(cut.match(/<path [^>]*d="([^"]*)"/)![1].match(/M/g)!.length, 2);
});

Deno.test("a confusion matrix shows counts, and the part of the row as colour", () => {
  const svg = plotConfusion([[3, 1], [0, 0]], { labels: ["cat", "dog"] });
  assert.match(svg, /fill-opacity="0.750"><title>cat as cat: 3, 75.0 %<\/title>/);
  assert.match(svg, /fill-opacity="0.000"><title>dog as dog: 0, 0.0 %<\/title>/);
  assert.equal(elements(svg).get("rect"), 1 + 2 * 4);
  assert.equal(
    confusionText([[3, 1], [0, 12]], ["cat", "dog"]),
    [
      "target \\ predicted  cat  dog    right",
      "cat                   3    1   75.0 %",
      "dog                   0   12  100.0 %",
    ].join("\n"),
  );
  const many = Array.from({ length: 50 }, (_, r) => Array.from({ length: 50 }, (_, c) => r === c ? 1234567 : 0));
  assert.ok(!plotConfusion(many).includes(">1.2M<"), "no counts in cells that are too small");
  assert.ok(plotConfusion([[1234567]]).includes(">1.2M<"));
  for (const [matrix, labels] of [[[], undefined], [[[1, 2]], undefined], [[[1]], ["a", "b"]]] as const) {
    assert.throws(() => plotConfusion(matrix, { labels }), ShapeError);
    assert.throws(() => confusionText(matrix, labels), ShapeError);
  }
});

Deno.test("the learning-rate finder's panel marks suggestions and is not flattened by a loss that explodes", async () => {
  const lrs = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1], losses = [3, 2.9, 2, 1, 500];
  const panel = lrFinderPanel({ lrs, losses, suggestions: { valley: 9e-4, steep: null } });
  assert.deepEqual(panel.marks, [{ x: 9e-4, y: 2, label: "valley 9e-4" }]);
  assert.deepEqual(panel.yRange, [1, 3.8]);
  assert.ok((await plot([panel])).includes("valley 9e-4"));
  assert.throws(() => lrFinderPanel({ lrs, losses: [1] }), ValueError);
  assert.equal(lrFinderPanel({ lrs: [1], losses: [NaN] }).yRange, undefined);
});

Deno.test("plotText() draws lines in braille dots with axes, legend and marks", () => {
  const text = plotText([{
    title: "Up",
    xLabel: "step",
    series: [{ name: "a", points: [[0, 0], [10, 1]] }, { name: "b", points: [[0, 1], [10, 1]] }],
    marks: [{ x: 5, label: "half" }],
  }], { width: 24, height: 3 });
  assert.equal(
    text,
    [
      "Up   ⠒ a   o b   ┊ half",
      "  1 ┤ooooooooooooooooooo",
      "0.5 ┤      ⣀⣀⠤⠔⠒⠉⠉",
      "  0 ┤⣀⠤⠤⠒⠊⠉   ┊",
      "    └───────────────────",
      "     0      step      10",
    ].join("\n"),
  );
});

Deno.test("plotText() copes with one point, none, logarithmic axes and hostile names", () => {
  for (const values of [[], [1], [2, 2], [NaN, -1, 0]]) {
    for (const logY of [false, true]) {
      const text = plotText([{ ...curvePanel("t", values), logY }], { color: true });
      assert.ok(!/NaN|Infinity|undefined/.test(text), text);
    }
  }
  // deno-lint-ignore no-control-regex -- the escape of a terminal's commands
  assert.ok(!/\u001b/.test(plotText([curvePanel("\x1b[2J", [1, 2])])));
  assert.throws(() => plotText([]), ValueError);
  assert.throws(() => plotText([curvePanel("t", [1])], { width: 5 }), ValueError);
  assert.equal(run().plotText().split("\n").length, 3 * 15 + 2);
  const titles = historyPanels(run(), { schedule: true }).map(({ title }) => title);
  assert.deepEqual(titles, ["Loss", "Accuracy", "Perplexity", "Learning rate", "Momentum"]);
});
