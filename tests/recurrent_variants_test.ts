// Every variant of the recurrent kernels gives the same bits, and plans cover every step within an invocation's bounds.
import assert from "node:assert/strict";
import { relativeL2 } from "./golden/golden.ts";
import * as w from "../mod.ts";
import { GATES, iterationsPerStep, MAX_ITERATIONS, planRecurrent } from "../src/ops/recurrent_plan.ts";
import { recurrent, type RecurrentOptions } from "../src/ops/recurrent.ts";

const device = await w.init();

/** Runs as on the other kind of adapter: from buffers in place of textures, or the reverse. */
async function onOtherKind<T>(run: () => Promise<T>): Promise<T> {
  const info = device.info as { software: boolean };
  info.software = !info.software;
  try {
    return await run();
  } finally {
    info.software = !info.software;
  }
}

type Kind = "rnn" | "gru" | "lstm";

/** Input, weights and states of one layer, each a leaf. */
function leaves(
  kind: Kind,
  [steps, batch, inputs, units]: readonly number[],
  { reverse, batchSizes }: RecurrentOptions,
) {
  w.manualSeed(steps * 1000 + units);
  const dirs = reverse!.length, rows = GATES[kind] * units;
  const leaf = (...shape: number[]) => w.rand(shape).mul(2).sub(1).div(Math.sqrt(units)).detach().requiresGrad_();
  const x = batchSizes ? leaf(batchSizes.reduce((a, b) => a + b), inputs) : leaf(steps, batch, inputs);
  const weights = reverse!.map(() => ({
    weightIh: leaf(rows, inputs),
    weightHh: leaf(rows, units),
    biasIh: leaf(rows),
    biasHh: leaf(rows),
  }));
  const states = Array.from({ length: kind === "lstm" ? 2 : 1 }, () => leaf(dirs, batch, units));
  const all = [x, ...weights.flatMap((d) => [d.weightIh, d.weightHh, d.biasIh, d.biasHh]), ...states];
  return { x, weights, states, all };
}

/** Outputs, final states and every gradient of one layer. */
async function resultsOf(kind: Kind, size: readonly number[], options: RecurrentOptions): Promise<Float32Array[]> {
  const { x, weights, states, all } = leaves(kind, size, options);
  const found = w.tidy(() => {
    const outputs = recurrent(kind, x, weights, states, options);
    outputs.map((o) => o.mul(o).sum()).reduce((a, b) => a.add(b)).backward();
    return [...outputs, ...all.map((t) => t.grad!)].map((t) => t.detach());
  });
  return await Promise.all(found.map((t) => t.data()));
}

/** The same as bits. */
async function bitsOf(kind: Kind, size: readonly number[], options: RecurrentOptions): Promise<Uint32Array[]> {
  return (await resultsOf(kind, size, options)).map((t) => new Uint32Array(t.slice().buffer));
}

/** Ten shapes for each cell: the corners, and what a small generator picks. Workgroups are few: each is compiled anew. */
function shapesFor(seed: number): { size: readonly number[]; reverse: boolean[]; batchSizes?: number[] }[] {
  const draw = (n: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n; // any generator will do
  const shapes: { size: readonly number[]; reverse: boolean[]; batchSizes?: number[] }[] = [
    { size: [4, 6, 3, 7], reverse: [true] },
    { size: [3, 21, 4, 17], reverse: [false, true] },
    { size: [4, 21, 4, 17], reverse: [false, true], batchSizes: [21, 20, 3, 1] },
    { size: [1, 5, 3, 7], reverse: [false, true] },
    { size: [5, 1, 2, 1], reverse: [false] },
    { size: [1, 9, 3, 7], reverse: [false, true], batchSizes: [9] },
    { size: [2, 5, 1, 65], reverse: [true] },
  ];
  while (shapes.length < 10) {
    const steps = 2 + draw(5), batch = 5 + draw(20), batchSizes = [batch];
    while (batchSizes.length < steps) batchSizes.push(1 + draw(batchSizes[batchSizes.length - 1]));
    shapes.push({
      size: [steps, batch, 1 + draw(6), 1 + draw(20)],
      reverse: [[false], [true], [false, true]][draw(3)],
      ...(draw(2) ? { batchSizes } : {}),
    });
  }
  return shapes;
}

for (const kind of ["rnn", "gru", "lstm"] as const) {
  Deno.test(`${kind}: steps, loops, pairs of small buffers and row tiles give the same bits`, async () => {
    const shapes = shapesFor(kind.length);
    for (const { size, ...given } of shapes) {
      const wanted = await bitsOf(kind, size, { ...given, algorithm: "step", tile: 16 });
      const others: RecurrentOptions[] = [
        { algorithm: "loop", tile: 16 },
        { algorithm: "step", tile: 4 },
        { algorithm: "loop", tile: 4 },
        { algorithm: "pair", tile: 16 },
        ...(device.info.subgroups ? [{ algorithm: "pair" as const, tile: 32 as const }] : []),
        {},
      ];
      for (const other of others) {
        const found = await bitsOf(kind, size, { ...given, ...other });
        assert.deepEqual(found, wanted, `${kind} ${size} ${JSON.stringify(other)}`);
      }
    }
    for (const { size, ...given } of shapes.slice(0, 3)) {
      const wanted = await bitsOf(kind, size, { ...given, algorithm: "step", tile: 16 });
      for (const algorithm of ["step", "pair"] as const) {
        const found = await onOtherKind(() => bitsOf(kind, size, { ...given, algorithm, tile: 16 }));
        assert.deepEqual(found, wanted, `${kind} ${size} ${algorithm} on the other kind of adapter`);
      }
    }
    // The other form of the cell, whose values ops_test.ts checks in small tiles.
    const form: RecurrentOptions = kind === "rnn" ? { nonlinearity: "relu" } : { recurrentActivation: "hardSigmoid" };
    const [{ size, reverse }] = shapes, wanted = await bitsOf(kind, size, { reverse, ...form, tile: 4 });
    for (
      const other of [{ algorithm: "step", tile: 16 }, { algorithm: "pair", tile: 16 }, { algorithm: "pair" }] as const
    ) {
      assert.deepEqual(
        await bitsOf(kind, size, { reverse, ...form, ...other }),
        wanted,
        `${kind} ${JSON.stringify(form)}`,
      );
    }
  });
}

for (const kind of ["rnn", "gru", "lstm"] as const) {
  Deno.test(`${kind}: packed rows give each sequence what it gives alone`, async () => {
    const batchSizes = [4, 3, 2, 2], starts = [0, 4, 7, 9], size = [4, 4, 3, 7], reverse = [false, true];
    const { x, weights, states } = leaves(kind, size, { reverse, batchSizes });
    const packed = w.tidy(() => recurrent(kind, x, weights, states, { reverse, batchSizes }));
    for (let r = 0; r < 4; r++) {
      const rows = batchSizes.flatMap((n, t) => r < n ? [starts[t] + r] : []);
      const alone = w.tidy(() => {
        const own = w.stack(rows.map((i) => x.select(0, i)), 0).unsqueeze(1);
        return recurrent(kind, own, weights, states.map((s) => s.slice(1, r, r + 1)), { reverse });
      });
      const ofPacked = w.tidy(() => [
        w.stack(rows.map((i) => packed[0].select(0, i)), 0).unsqueeze(1),
        ...packed.slice(1).map((s) => s.slice(1, r, r + 1)),
      ]);
      for (let i = 0; i < alone.length; i++) assert.deepEqual(await ofPacked[i].data(), await alone[i].data());
    }
  });

  Deno.test(`${kind}: pieces of time with carried state give what one piece gives`, async () => {
    for (const { size, ...given } of shapesFor(kind.length).slice(0, 3)) {
      const wanted = await resultsOf(kind, size, given),
        most = Math.floor(0.6 * size[0] * size[1] * size[3] * GATES[kind]);
      const found = await resultsOf(kind, size, { ...given, most });
      wanted.forEach((t, i) => assert.ok(relativeL2(found[i], t) < 1e-6, `${kind} ${size} result ${i}`));
      assert.deepEqual(found[0], wanted[0], "the output has the same bits");
    }
  });
}

Deno.test("plans cover every step once and keep every invocation under the bound on loop iterations", () => {
  for (const kind of ["rnn", "gru", "lstm"] as const) {
    for (
      const [steps, batch, units] of [[10_000, 1, 7], [10_000, 64, 64], [3, 4096, 64], [2, 5, 2048], [1, 1, 1]]
    ) {
      for (const tile of [16, 4] as const) {
        for (const algorithm of ["step", ...(units <= 64 ? ["loop"] : [])] as ("step" | "loop")[]) {
          const plan = planRecurrent({ kind, steps, batch, units, reverse: [false, true] }, { tile, algorithm });
          for (const pass of ["forward", "backward"] as const) {
            const each = iterationsPerStep(kind, pass, plan.sizes.padded, tile);
            let next = 0;
            for (const { algorithm, params: p, workgroups } of plan[pass]) {
              const count = algorithm === "loop" ? p.end - p.first : 1;
              if (algorithm === "loop") assert.equal(p.first, next);
              next += count;
              assert.ok(count * (each + 1) < MAX_ITERATIONS);
              assert.ok(workgroups.every((n) => n >= 1 && n <= 65535));
            }
            assert.equal(next, pass === "forward" ? steps : steps + 1);
          }
        }
      }
    }
  }
});

Deno.test("an algorithm that a shape does not suit is refused, naming both", () => {
  const shape = { kind: "lstm" as const, steps: 2, batch: 9, units: 2000, reverse: [false] };
  assert.throws(() => planRecurrent(shape, { algorithm: "loop" }), /2000 units.*500 lanes.*256/);
  assert.throws(() => planRecurrent(shape, { algorithm: "pair", tile: 4 }), /"pair" and tile 4: wanted tile 16 or 32/);
  assert.deepEqual(planRecurrent(shape).algorithm, { forward: "pair", backward: "pair" });
  assert.deepEqual(planRecurrent(shape, { processor: false }).algorithm, { forward: "step", backward: "step" });
});
