// Elementary functions element by element: near their zeros, at extremes, and for what is not a number.
import assert from "node:assert/strict";
import { init } from "../src/gpu/default.ts";
import * as activations from "../src/ops/activations.ts";
import { add, maximum, minimum, remainder } from "../src/ops/binary.ts";
import { clamp } from "../src/ops/clamp.ts";
import * as math from "../src/ops/math.ts";
import { pow } from "../src/ops/pow.ts";
import { amax, amin, argmax, max } from "../src/ops/extremes.ts";
import { sum } from "../src/ops/sum.ts";
import { tidy } from "../src/tensor/scope.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import { tensorOf } from "./support/samples.ts";

const device = await init();
const { erf64 } = math;

function values(fn: (x: Tensor) => Tensor, xs: readonly number[]): Promise<Float32Array> {
  return tidy(() => [fn(tensorOf(device, [xs.length], xs) as unknown as Tensor).data()])[0];
}

/** `n` numbers from a to b, evenly spaced in their logarithm, of both signs when `both`. */
function spaced(a: number, b: number, both = true, n = 400): number[] {
  const list = Array.from({ length: n }, (_, i) => Math.fround(a * (b / a) ** (i / (n - 1))));
  return both ? [...list, ...list.map((x) => -x)] : list;
}

const sigmoid64 = (x: number) => x > 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
/** 1 - erf for positive x, without cancellation. */
function erfc64(x: number): number {
  if (x < 2) return 1 - erf64(x);
  let f = 0;
  for (let k = 100; k > 0; k--) f = k / 2 / (x + f);
  return Math.exp(-x * x) / ((x + f) * Math.sqrt(Math.PI));
}
const normal64 = (x: number) => x < 0 ? erfc64(-x / Math.SQRT2) / 2 : 1 - erfc64(x / Math.SQRT2) / 2;

/** Function, float64 function, arguments, largest relative error. */
const CASES: [string, (x: Tensor) => Tensor, (x: number) => number, number[], number][] = [
  ["exp", math.exp, Math.exp, spaced(1e-6, 87), 3e-7],
  ["expm1", math.expm1, Math.expm1, spaced(1e-30, 87), 4e-7],
  ["log", math.log, Math.log, [
    ...spaced(1e-37, 1e37, false),
    ...spaced(1e-6, 0.3).map((x) => Math.fround(1 + x)).filter((x) => x !== 1),
  ], 3e-7],
  ["log1p", math.log1p, Math.log1p, [...spaced(1e-30, 0.99), ...spaced(1, 1e30, false)], 4e-7],
  ["sqrt", math.sqrt, Math.sqrt, spaced(1e-30, 1e30, false), 2e-7],
  ["rsqrt", math.rsqrt, (x) => 1 / Math.sqrt(x), spaced(1e-30, 1e30, false), 3e-7],
  ["tanh", activations.tanh, Math.tanh, spaced(1e-30, 1e30), 5e-7],
  ["sigmoid", activations.sigmoid, sigmoid64, spaced(1e-30, 85), 5e-7],
  ["silu", activations.silu, (x) => x * sigmoid64(x), spaced(1e-30, 80), 5e-7],
  ["softplus", (x) => activations.softplus(x), (x) => x > 20 ? x : Math.log1p(Math.exp(x)), spaced(1e-6, 80), 6e-7],
  ["elu", (x) => activations.elu(x), (x) => x > 0 ? x : Math.expm1(x), spaced(1e-30, 80), 4e-7],
  ["erf", math.erf, erf64, spaced(1e-30, 1e30), 4e-7],
  ["gelu", (x) => activations.gelu(x), (x) => x * normal64(x), spaced(1e-30, 6), 3e-6],
  [
    "gelu with tanh",
    (x) => activations.gelu(x, { approximate: "tanh" }),
    (x) => x * sigmoid64(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)),
    spaced(1e-30, 6),
    6e-6,
  ],
  ["sin", math.sin, Math.sin, spaced(1e-30, 3), 4e-7],
  ["pow 2.5", (x) => pow(x, 2.5), (x) => x ** 2.5, spaced(1e-10, 1e10, false), 1e-6],
  ["pow -7", (x) => pow(x, -7), (x) => x ** -7, spaced(1e-4, 1e4), 1e-6],
  ["2 to the", (x) => pow(2, x), (x) => 2 ** x, spaced(1e-6, 120), 1e-6],
];

for (const [name, fn, want, xs, most] of CASES) {
  Deno.test(`${name} is off by at most ${most} of its value from ${Math.min(...xs)} to ${Math.max(...xs)}`, async () => {
    const got = await values(fn, xs);
    let worst = 0, at = 0;
    xs.forEach((x, i) => {
      const exact = want(x);
      if (Math.abs(exact) < 1.2e-38) return; // denormal: adapters may flush to zero
      const error = Math.abs(got[i] - exact) / Math.abs(exact);
      if (!(error <= worst)) [worst, at] = [error, i];
    });
    assert.ok(worst <= most, `${name}(${xs[at]}) is ${got[at]}, wanted ${want(xs[at])}: off by ${worst}`);
  });
}

Deno.test("sin and cos stay within 2e-7 up to 10,000", async () => {
  const xs = Array.from({ length: 4000 }, (_, i) => Math.fround((i - 2000) * 5.0017));
  const [sin, cos] = await Promise.all([values(math.sin, xs), values(math.cos, xs)]);
  xs.forEach((x, i) => {
    assert.ok(Math.abs(sin[i] - Math.sin(x)) < 2e-7, `sin(${x}) is ${sin[i]}`);
    assert.ok(Math.abs(cos[i] - Math.cos(x)) < 2e-7, `cos(${x}) is ${cos[i]}`);
  });
});

Deno.test("no saturating function makes a NaN of huge arguments", async () => {
  const xs = [-Infinity, -1e30, -1000, 1000, 1e30, Infinity];
  const saturating: [(x: Tensor) => Tensor, number[]][] = [
    [activations.tanh, [-1, -1, -1, 1, 1, 1]],
    [activations.sigmoid, [0, 0, 0, 1, 1, 1]],
    [math.erf, [-1, -1, -1, 1, 1, 1]],
    [math.exp, [0, 0, 0, Infinity, Infinity, Infinity]],
    [math.expm1, [-1, -1, -1, Infinity, Infinity, Infinity]],
    [activations.relu, [0, 0, 0, 1000, Math.fround(1e30), Infinity]],
    [(x) => activations.softplus(x), [0, 0, 0, 1000, Math.fround(1e30), Infinity]],
    [(x) => activations.elu(x), [-1, -1, -1, 1000, Math.fround(1e30), Infinity]],
    [(x) => activations.hardSigmoid(x), [0, 0, 0, 1, 1, 1]],
  ];
  const got = await Promise.all(saturating.map(([fn]) => values(fn, xs)));
  saturating.forEach(([, want], i) => assert.deepEqual([...got[i]], want, `function ${i}`));
});

Deno.test("NaN stays NaN", async () => {
  const functions: ((x: Tensor) => Tensor)[] = [
    ...[
      math.exp,
      math.expm1,
      math.log,
      math.log1p,
      math.sqrt,
      math.rsqrt,
      math.square,
      math.reciprocal,
      math.abs,
      math.neg,
      math.sign,
    ],
    ...[
      math.floor,
      math.ceil,
      math.round,
      math.sin,
      math.cos,
      math.erf,
      activations.relu,
      activations.sigmoid,
      activations.tanh,
    ],
    ...[
      activations.silu,
      (x: Tensor) => activations.leakyRelu(x),
      (x: Tensor) => activations.elu(x),
      (x: Tensor) => activations.gelu(x),
    ],
    (x) => activations.gelu(x, { approximate: "tanh" }),
    (x) => activations.softplus(x),
    (x) => activations.hardSigmoid(x),
    (x) => clamp(x, { min: -1, max: 1 }),
    (x) => add(x, 1),
    (x) => pow(x, 2),
    (x) => remainder(x, 2),
    ...[maximum, minimum].flatMap((fn) => [(x: Tensor) => fn(x, 1), (x: Tensor) => fn(1, x)]),
    (x) => sum(x),
    (x) => amax(x),
    (x) => amin(x),
    (x) => max(x, { dim: 0 }).values,
  ];
  const got = await Promise.all(functions.map((fn) => values(fn, [NaN])));
  got.forEach(([v], i) => assert.ok(Number.isNaN(v), `function ${i} of NaN is ${v}`));
  const reduced = await Promise.all(
    [(x: Tensor) => amax(x), (x: Tensor) => amin(x), (x: Tensor) => sum(x)].map((fn) => values(fn, [1, 2, NaN, 3])),
  );
  reduced.forEach(([v], i) => assert.ok(Number.isNaN(v), `reduction ${i} of a NaN is ${v}`));
  const t = tensorOf(device, [4], [1, 5, NaN, 7]) as unknown as Tensor;
  assert.equal(await argmax(t).item(), 2);
});

Deno.test("remainder() has the divisor's sign and stays below it, also where the quotient is all but whole", async () => {
  const divisors = spaced(0.1, 10, true, 50),
    pairs = divisors.flatMap((q) =>
      [1, 3, 49, 1000, 65_537].flatMap((n) => [-1, 0, 1].map((ulps) => [Math.fround(q * n * (1 + ulps * 2 ** -24)), q]))
    );
  pairs.push([150.54397583007812, 3.072326183319092]);
  const [a, b] = [0, 1].map((k) => tensorOf(device, [pairs.length], pairs.map((pair) => pair[k])) as unknown as Tensor);
  const found = await remainder(a, b).data();
  pairs.forEach(([p, q], i) => {
    const r = found[i], whole = (p - r) / q, what = `remainder(${p}, ${q}) is ${r}`;
    assert.ok(r === 0 || r < 0 === q < 0 && Math.abs(r) < Math.abs(q), what);
    assert.ok(Math.abs(whole - Math.round(whole)) <= Math.abs(p / q) * 2 ** -22, what);
  });
});

Deno.test("logarithms of denormal numbers are right, or those of zero where the adapter flushes", async () => {
  const xs = [1e-40, 7e-39, 2e-45];
  (await values(math.log, xs)).forEach((got, i) => {
    const want = Math.log(Math.fround(xs[i]));
    assert.ok(got === -Infinity || Math.abs(got - want) < 1e-4, `log(${xs[i]}) is ${got}, wanted ${want}`);
  });
});

Deno.test("logarithms and roots outside their range are what IEEE says", async () => {
  assert.deepEqual([...await values(math.log, [0, -1, Infinity])], [-Infinity, NaN, Infinity]);
  assert.deepEqual([...await values(math.log1p, [-1, -2, Infinity])], [-Infinity, NaN, Infinity]);
  assert.deepEqual([...await values(math.sqrt, [0, -1, Infinity])], [0, NaN, Infinity]);
  assert.deepEqual([...await values(math.reciprocal, [0, Infinity])], [Infinity, 0]);
  assert.deepEqual([...await values((x) => pow(x, 0.5), [-1, 0, Infinity])], [NaN, 0, Infinity]);
  assert.deepEqual([...await values((x) => pow(x, 3), [-2, -Infinity, 0])], [-8, -Infinity, 0]);
  assert.deepEqual([...await values((x) => pow(x, 0), [NaN, 0, Infinity])], [1, 1, 1]);
  assert.deepEqual([...await values((x) => pow(x, -1), [0, -4])], [Infinity, -0.25]);
});
