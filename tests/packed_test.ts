// Packed sequences: the rows in PyTorch's order, the way back, scopes, and recurrent layers that give each sequence the
// bits it would get alone, however it is batched.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import { type Any, checkError, type ErrorClass, type Facts } from "./support/training.ts";

const device = await w.init();
const { packPaddedSequence, packSequence, padPackedSequence, padSequence, PackedLayout, PackedSequence } = nn.utils.rnn;
const { unpackSequence, unpadSequence } = nn.utils.rnn;

const ids = (rows: number[][]) => w.tensor(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0].length] });
const list = async (t: w.Tensor<Any>) => await t.toArray();
const bits = async (...tensors: w.Tensor[]) => {
  const all = w.tidy(() => w.cat(tensors.map((t) => t.detach().reshape([-1]))));
  return new Uint32Array((await all.data()).slice().buffer);
};

// Sequences 1 2 3, 4, 5 6 7 8: as [batch, time], padded with 0.
const padded = [[1, 2, 3, 0, 0], [4, 0, 0, 0, 0], [5, 6, 7, 8, 0]], lengths = [3, 1, 4];

Deno.test("packPaddedSequence() sorts by falling length and joins the steps, as PyTorch does", async () => {
  const packed = packPaddedSequence(ids(padded), lengths, { batchFirst: true, enforceSorted: false });
  assert.deepEqual(await list(packed.data), [5, 1, 4, 6, 2, 7, 3, 8]);
  assert.deepEqual(packed.batchSizes, [3, 2, 2, 1]);
  assert.deepEqual([...packed.sortedIndices!], [2, 0, 1]);
  assert.deepEqual([...packed.unsortedIndices!], [1, 2, 0]);
  assert.deepEqual(packed.lengths, lengths);
  assert.equal(String(packed), "PackedSequence [8] i32 of 3 sequences");
  const timeMajor = packPaddedSequence(ids(padded).transpose(0, 1), Int32Array.from(lengths), { enforceSorted: false });
  assert.deepEqual(await list(timeMajor.data), [5, 1, 4, 6, 2, 7, 3, 8]);
  const sorted = packPaddedSequence(ids([padded[2], padded[0]]), [4, 3], { batchFirst: true });
  assert.deepEqual(await list(sorted.data), [5, 1, 6, 2, 7, 3, 8]);
  assert.equal(sorted.sortedIndices, null, "nothing to sort");
});

Deno.test("padPackedSequence() gives the batch back in its order, with any padding and total length", async () => {
  const packed = packPaddedSequence(ids(padded), lengths, { batchFirst: true, enforceSorted: false });
  const [back, found] = padPackedSequence(packed, { batchFirst: true });
  assert.deepEqual([await list(back), found], [padded.map((row) => row.slice(0, 4)), lengths]);
  const [long] = padPackedSequence(packed, { paddingValue: -7, totalLength: 5 });
  assert.deepEqual(await list(long.transpose(0, 1)), padded.map((row) => row.map((v) => v || -7)));
  const floats = packPaddedSequence(w.tensor(padded), lengths, { batchFirst: true, enforceSorted: false });
  const [infinite] = padPackedSequence(floats, { batchFirst: true, paddingValue: -Infinity });
  assert.deepEqual(await list(infinite), padded.map((row) => row.slice(0, 4).map((v) => v || -Infinity)));
});

Deno.test("packSequence() and unpackSequence(), padSequence() and unpadSequence() take lists and give them back", async () => {
  const sequences = [[1, 2, 3], [4], [5, 6, 7, 8]].map((s) => w.tensor(Int32Array.from(s)));
  const packed = packSequence(sequences, { enforceSorted: false });
  assert.deepEqual(await list(packed.data), [5, 1, 4, 6, 2, 7, 3, 8]);
  const wanted = [[1, 2, 3], [4], [5, 6, 7, 8]];
  assert.deepEqual(await Promise.all(unpackSequence(packed).map(list)), wanted);
  const right = padSequence(sequences, { batchFirst: true });
  assert.deepEqual(await list(right), padded.map((row) => row.slice(0, 4)));
  assert.deepEqual(await Promise.all(unpadSequence(right, lengths, { batchFirst: true }).map(list)), wanted);
  const left = padSequence(sequences, { paddingSide: "left", paddingValue: 9 });
  assert.deepEqual(await list(left.transpose(0, 1)), [[9, 1, 2, 3], [9, 9, 9, 4], [5, 6, 7, 8]]);
});

Deno.test("layouts of random lengths: rows name each step once, in the order of time and falling length", () => {
  const draw = new w.Generator(3, "layouts");
  for (let round = 0; round < 50; round++) {
    const lengths = Array.from(draw.words(1 + round % 9), (v) => 1 + v % 7), layout = new PackedLayout(lengths);
    const order = layout.sortedIndices ?? lengths.map((_, i) => i);
    assert.deepEqual(
      [...layout.batchSizes],
      Array.from({ length: Math.max(...lengths) }, (_, t) => {
        return lengths.filter((n) => n > t).length;
      }),
    );
    for (let i = 1; i < order.length; i++) {
      const [a, b] = [lengths[order[i - 1]], lengths[order[i]]];
      assert.ok(a > b || a === b && order[i - 1] < order[i], "equal lengths keep their order");
    }
    assert.deepEqual(layout.unsortedIndices === null, lengths.every((n, i) => i === 0 || n <= lengths[i - 1]));
    layout.unsortedIndices?.forEach((place, i) => assert.equal(order[place], i));
    assert.equal(layout.rows, lengths.reduce((a, b) => a + b));
  }
});

Deno.test("rows that exceed a binding are moved in pieces with the same result", async () => {
  const x = w.randn([70, 3, 32]), lengths = [70, 1, 66];
  const run = () => {
    const packed = packPaddedSequence(x, lengths, { enforceSorted: false });
    return bits(packed.data, padPackedSequence(packed, { totalLength: 90, paddingValue: 3 })[0]);
  };
  const wanted = await run();
  const limits = device.limits as { maxStorageBufferBindingSize: number }, limit = limits.maxStorageBufferBindingSize;
  limits.maxStorageBufferBindingSize = 64 * 32 * 4;
  try {
    assert.deepEqual(await run(), wanted);
  } finally {
    limits.maxStorageBufferBindingSize = limit;
  }
});

Deno.test("token-local modules run on the data; gradients come back through packing", async () => {
  const embedding = new nn.Embedding(9, 4), linear = new nn.Linear(4, 2);
  const packed = packPaddedSequence(ids(padded), lengths, { batchFirst: true, enforceSorted: false });
  const out = packed.map((x) => linear.forward(embedding.forward(x).tanh()));
  const [y] = padPackedSequence(out, { batchFirst: true, totalLength: 5 });
  const direct = linear.forward(embedding.forward(ids(padded)).tanh());
  const cutOff = w.where(ids(padded).gt(0).unsqueeze(2), direct, 0);
  assert.deepEqual(await list(y), await list(cutOff));
  y.square().sum().backward();
  const found = await bits(embedding.weight.grad!);
  embedding.weight.grad = null;
  cutOff.square().sum().backward();
  const wanted = await embedding.weight.grad!.data();
  new Float32Array(found.buffer).forEach((v, i) => assert.ok(Math.abs(v - wanted[i]) < 1e-6));
});

Deno.test("scopes hand packed sequences on; tables that were disposed come back", async () => {
  const packed = w.tidy(() => packPaddedSequence(ids(padded), lengths, { batchFirst: true, enforceSorted: false }));
  const wanted = [5, 1, 4, 6, 2, 7, 3, 8];
  assert.deepEqual(await list(packed.data), wanted);
  const { bytes } = w.memory();
  for (let i = 0; i < 3; i++) w.tidy(() => void padPackedSequence(packed.map((x) => x.add(1)), { totalLength: 9 }));
  const after = w.memory().bytes - bytes;
  w.tidy(() => void padPackedSequence(packed, { totalLength: 9 }));
  assert.equal(w.memory().bytes - bytes, after, "a table is made once");
  const double = packed.map((x) => x.mul(2));
  packed.dispose();
  assert.ok(packed.data.disposed && !double.data.disposed);
  assert.deepEqual(await list(padPackedSequence(double, { batchFirst: true })[0]), [[2, 4, 6, 0], [8, 0, 0, 0], [
    10,
    12,
    14,
    16,
  ]]);
  const state = new nn.State<nn.utils.rnn.PackedSequence>();
  w.tidy(() => state.set(packPaddedSequence(w.tensor(padded), lengths, { batchFirst: true, enforceSorted: false })));
  assert.deepEqual(await list(state.value!.data), wanted);
  state.clear();
  double.dispose();
  assert.ok(double.tensors().every((t) => t.disposed));
});

type Layer = nn.RNN | nn.GRU | nn.LSTM;
const KINDS = [nn.RNN, nn.GRU, nn.LSTM] as const;

/** Output and states as a list. */
function flat(result: readonly [w.Tensor, w.Tensor | readonly w.Tensor[]]): w.Tensor[] {
  const [output, states] = result;
  return [output, ...(Array.isArray(states) ? states : [states])];
}

/** Initial states for a layer: one tensor or two. */
function statesOf(layer: Layer, batch: number): Any {
  const shape = [layer.numLayers * (layer.bidirectional ? 2 : 1), batch, layer.hiddenSize];
  return layer instanceof nn.LSTM ? [w.randn(shape), w.randn(shape)] : w.randn(shape);
}

const cut = (states: Any, b: number) =>
  Array.isArray(states) ? states.map((s) => s.slice(1, b, b + 1)) : states.slice(1, b, b + 1);

for (const Kind of KINDS) {
  Deno.test(`${Kind.name}: a packed batch gives each sequence the bits it has alone`, async () => {
    for (const lengths of [[2, 6, 1, 3], [1, 1, 1, 1], [1, 4, 4, 2], [6, 5, 5, 1]]) {
      const layer = new Kind(3, 5, { numLayers: 2, bidirectional: true });
      const x = w.randn([6, 4, 3]), states = statesOf(layer, 4);
      const packed = packPaddedSequence(x, lengths, { enforceSorted: false });
      const [output, ...final] = flat((layer as nn.RNN).forward(packed, states) as Any);
      const parts = unpackSequence(output as Any);
      for (const [b, n] of lengths.entries()) {
        const alone = flat((layer as nn.RNN).forward(x.slice(0, 0, n).slice(1, b, b + 1), cut(states, b)));
        assert.deepEqual(
          await bits(parts[b], ...final.map((s) => s.slice(1, b, b + 1))),
          await bits(...alone),
          `lengths ${lengths}, sequence ${b}`,
        );
      }
    }
  });

  Deno.test(`${Kind.name}: lengths on a padded batch give the bits of packing, zeros behind the ends`, async () => {
    for (const batchFirst of [false, true]) {
      const layer = new Kind(3, 5, { numLayers: 2, bidirectional: true, batchFirst });
      const lengths = [2, 5, 1, 3], states = statesOf(layer, 4);
      const values = w.randn(batchFirst ? [4, 6, 3] : [6, 4, 3]);
      // What stands behind a sequence's end is never read.
      const ends = w.tensor(Int32Array.from(lengths)).reshape(batchFirst ? [4, 1, 1] : [1, 4, 1]);
      const steps = w.arange(6).reshape(batchFirst ? [1, 6, 1] : [6, 1, 1]);
      const x = w.where(steps.lt(ends), values, NaN).detach().requiresGrad_(), other = x.detach().requiresGrad_();
      const own = flat((layer as nn.RNN).forward(x, states, { lengths }));
      const packed = packPaddedSequence(other, lengths, { batchFirst, enforceSorted: false });
      const [output, ...final] = flat((layer as nn.RNN).forward(packed, states) as Any);
      const [y] = padPackedSequence(output as Any, { batchFirst, totalLength: 6 });
      assert.deepEqual(await bits(...own), await bits(y, ...final));
      const rows = await (batchFirst ? own[0] : own[0].transpose(0, 1)).data();
      rows.forEach((v, i) => assert.equal(v === 0, Math.floor(i / 10) % 6 >= lengths[Math.floor(i / 60)]));
      own.map((t) => t.sum()).reduce((a, b) => a.add(b)).backward();
      [y, ...final].map((t) => t.sum()).reduce((a, b) => a.add(b)).backward();
      assert.deepEqual(await bits(x.grad!), await bits(other.grad!));
    }
  });

  Deno.test(`${Kind.name}: lengths that leave nothing out, one sequence, one step`, async () => {
    const layer = new Kind(3, 5, { bidirectional: true }) as nn.RNN, x = w.randn([6, 4, 3]);
    const whole = flat(layer.forward(x));
    assert.deepEqual(await bits(...flat(layer.forward(x, null, { lengths: [6, 6, 6, 6] }))), await bits(...whole));
    const packed = packPaddedSequence(x, [6, 6, 6, 6]), [y, ...final] = flat(layer.forward(packed) as Any);
    assert.deepEqual(await bits(padPackedSequence(y as Any)[0], ...final), await bits(...whole));
    const one = x.slice(1, 0, 1), short = flat(layer.forward(one.slice(0, 0, 2)));
    const [padded, ...ends] = flat(layer.forward(one, null, { lengths: [2] }));
    assert.deepEqual(await bits(padded.slice(0, 0, 2), ...ends), await bits(...short));
    const [alone, ...last] = flat(layer.forward(one.squeeze(1), null, { lengths: [2] }));
    assert.deepEqual([alone.shape, last[0].shape], [[6, 10], [2, 5]]);
    assert.deepEqual(await bits(alone, ...last), await bits(padded, ...ends));
    const step = packPaddedSequence(x.slice(0, 0, 1), [1, 1, 1, 1]);
    assert.deepEqual(
      await bits(...flat(layer.forward(x.slice(0, 0, 1)))),
      await bits(...flat(layer.forward(step) as Any).map((t, i) => i === 0 ? (t as Any).data : t)),
    );
  });
}

Deno.test("dropout between layers on packed data is that of the masks over its rows", async () => {
  const layer = new nn.GRU(3, 4, { numLayers: 2, dropout: 0.5 }), x = w.randn([5, 3, 3]), lengths = [2, 5, 3];
  const packed = packPaddedSequence(x, lengths, { enforceSorted: false });
  w.manualSeed(4);
  const [y] = layer.forward(packed);
  w.manualSeed(4);
  const [z] = layer.forward(x, null, { lengths });
  assert.deepEqual(await bits(padPackedSequence(y)[0]), await bits(z));
  layer.eval();
  assert.notDeepEqual(await bits(layer.forward(packed)[0].data), await bits(y.data));
});

Deno.test("a projected LSTM: shapes, carried state, packed and by lengths", async () => {
  const layer = new nn.LSTM(3, 5, { projSize: 2, numLayers: 2, bidirectional: true });
  assert.deepEqual(layer.stateDict().weight_hr_l1_reverse.shape, [2, 5]);
  assert.deepEqual(layer.stateDict().weight_hh_l0.shape, [20, 2]);
  assert.deepEqual(layer.stateDict().weight_ih_l1.shape, [20, 4]);
  assert.equal(layer.toString(), "LSTM(3, 5, projSize: 2, numLayers: 2, bidirectional: true)");
  const x = w.randn([6, 4, 3]), lengths = [2, 6, 1, 3];
  const [y, [h, c]] = layer.forward(x, null, { lengths });
  assert.deepEqual([y.shape, h.shape, c.shape], [[6, 4, 4], [4, 4, 2], [4, 4, 5]]);
  const again = layer.forward(x, [h, c], { lengths });
  const packed = layer.forward(packPaddedSequence(x, lengths, { enforceSorted: false }), [h, c]);
  assert.deepEqual(
    await bits(again[0], ...again[1]),
    await bits(padPackedSequence(packed[0])[0], ...packed[1]),
  );
  const single = new nn.LSTM(3, 5, { projSize: 2 }), [whole] = single.forward(x);
  const [first, state] = single.forward(x.slice(0, 0, 3)), [second] = single.forward(x.slice(0, 3, 6), state);
  const halves = await w.cat([first, second], 0).data();
  (await whole.data()).forEach((v, i) => assert.ok(Math.abs(v - halves[i]) < 1e-6));
});

Deno.test("steps over packed batches of the same lengths allocate nothing new", async () => {
  const embedding = new nn.Embedding(9, 4), lstm = new nn.LSTM(4, 5, { bidirectional: true });
  const parameters = [...embedding.parameters(), ...lstm.parameters()],
    optimizer = new w.optim.SGD(parameters, { lr: .1 });
  const step = () =>
    w.tidy(() => {
      const packed = packPaddedSequence(ids(padded), lengths, { batchFirst: true, enforceSorted: false });
      const [output, [h]] = lstm.forward(packed.map((x) => embedding.forward(x)));
      const [y] = padPackedSequence(output, { batchFirst: true });
      optimizer.zeroGrad();
      y.square().mean().add(h.mean()).backward();
      optimizer.step();
    });
  for (let i = 0; i < 3; i++) step();
  await device.sync();
  const { bytes, buffers, heldBytes, bindGroupsCreated } = w.memory();
  for (let i = 0; i < 20; i++) step();
  await device.sync();
  const after = w.memory();
  assert.deepEqual(
    [after.bytes, after.buffers, after.heldBytes, after.bindGroupsCreated],
    [bytes, buffers, heldBytes, bindGroupsCreated],
  );
});

const layer = new nn.LSTM(3, 4, { numLayers: 2, bidirectional: true });
const x = w.zeros([5, 2, 3]), good = packPaddedSequence(x, [5, 2]), state = w.zeros([4, 2, 4]);
const { ValueError, ShapeError, DTypeError } = w;
const refusals: readonly (readonly [run: () => unknown, error: ErrorClass, facts: Facts, message: RegExp])[] = [
  ...([
    [[5, 0], 0, /lengths\[1\] is 0, wanted an integer from 1 to 5/],
    [[5, -1], -1, /lengths\[1\] is -1, wanted an integer from 1 to 5/],
    [[6, 5], 6, /lengths\[0\] is 6, wanted an integer from 1 to 5/],
    [[2.5, 1], 2.5, /lengths\[0\] is 2\.5, wanted an integer from 1 to 5/],
    [[NaN, 1], NaN, /lengths\[0\] is NaN, wanted an integer from 1 to 5/],
  ] as const).flatMap(([lengths, value, message]) => {
    const position = lengths.indexOf(value as never);
    const facts = position < 0 ? {} : { value, position };
    return [
      [() => packPaddedSequence(x, lengths), ValueError, { op: "packPaddedSequence", ...facts }, message],
      [() => layer.forward(x, null, { lengths }), ValueError, { op: "LSTM", ...facts }, message],
      [() => unpadSequence(x, lengths), ValueError, { op: "unpadSequence", ...facts }, message],
    ] as const;
  }),
  [() => packPaddedSequence(x, [5]), ValueError, { op: "packPaddedSequence" }, /1 lengths were given, wanted 2/],
  [() => layer.forward(x, null, { lengths: [5, 4, 3] }), ValueError, { op: "LSTM" }, /3 lengths .* wanted 2/],
  [
    () => layer.forward(x, null, { lengths: w.tensor([5, 4]) as Any }),
    ValueError,
    { op: "LSTM" },
    /is a Tensor.*on the host/,
  ],
  [
    () => packPaddedSequence(x, 5 as Any),
    ValueError,
    { op: "packPaddedSequence" },
    /lengths is 5, wanted an array of 2/,
  ],
  [
    () => packPaddedSequence(x, [2, 5]),
    ValueError,
    { op: "packPaddedSequence", value: [2, 5], position: 1 },
    /lengths\[1\] is 5 behind 2.*enforceSorted: false/,
  ],
  [
    () => packPaddedSequence(w.zeros([5]), [5]),
    ShapeError,
    { op: "packPaddedSequence", shapes: [[5]] },
    /wanted \[time, batch, \.\.\.\]/,
  ],
  [() => packSequence([w.zeros([2, 3]), w.zeros([4, 3])]), ValueError, { op: "packSequence" }, /enforceSorted: false/],
  [() => packSequence([]), ValueError, { op: "packSequence" }, /at least one tensor/],
  [
    () => packSequence([w.zeros([4, 3]), w.zeros([2, 2])]),
    ShapeError,
    { op: "packSequence" },
    /\[4, 3\] f32 and \[2, 2\] f32/,
  ],
  [() => padSequence([w.zeros([4]), ids([[1, 2]]).squeeze(0) as Any]), ShapeError, { op: "padSequence" }, /i32/],
  [
    () => padSequence([w.zeros([4])], { paddingSide: "top" as Any }),
    ValueError,
    { op: "padSequence" },
    /"right" or "left"/,
  ],
  [() => padPackedSequence(good, { totalLength: 4 }), ValueError, { op: "padPackedSequence", value: 4 }, /at least 5/],
  [() => padPackedSequence(x as Any), ValueError, { op: "padPackedSequence" }, /wanted a PackedSequence/],
  [() => unpackSequence([x] as Any), ValueError, { op: "unpackSequence" }, /wanted a PackedSequence/],
  [
    () => good.with(w.zeros([6, 3])),
    ShapeError,
    { op: "PackedSequence", shapes: [[6, 3]] },
    /lengths \[5, 2\] make 7 rows/,
  ],
  [() => new PackedSequence(x, [1, 2] as Any), ValueError, { op: "PackedSequence" }, /PackedLayout/],
  [() => new PackedLayout([]), ValueError, { op: "PackedLayout" }, /0 lengths were given, wanted 1/],
  [
    () => (layer.forward as Any)(good, null, { lengths: [5, 2] }),
    ValueError,
    { op: "LSTM" },
    /packed x with lengths: a PackedSequence has its own/,
  ],
  [
    () => layer.forward(good.with(w.zeros([7, 4]))),
    ShapeError,
    { op: "LSTM", shapes: [[7, 4]] },
    /data \[7, 4\]: wanted \[7, 3\]/,
  ],
  [() => layer.forward(good.with(w.zeros([7]))), ShapeError, { op: "LSTM", shapes: [[7]] }, /wanted \[7, 3\]/],
  [
    () => layer.forward(good, [state, w.zeros([4, 3, 4])]),
    ShapeError,
    { op: "LSTM" },
    /c0 \[4, 3, 4\]: wanted \[4, 2, 4\]/,
  ],
  [
    () => layer.forward(good, [w.zeros([2, 2, 4]), state]),
    ShapeError,
    { op: "LSTM" },
    /h0 \[2, 2, 4\]: wanted \[4, 2, 4\]/,
  ],
  [() => layer.forward(good, [state] as Any), ValueError, { op: "LSTM" }, /wanted h0 and c0/],
  [
    () => packPaddedSequence(good as Any, [5]),
    DTypeError,
    { op: "packPaddedSequence" },
    /a PackedSequence: wanted a tensor/,
  ],
  [() => packSequence([good] as Any), DTypeError, { op: "packSequence" }, /a PackedSequence: wanted a tensor/],
  [
    () => new nn.GRUCell(3, 4).forward(good as Any),
    DTypeError,
    { op: "GRUCell" },
    /GRUCell on a PackedSequence: wanted a tensor/,
  ],
  [() => new nn.Linear(3, 4).forward(good as Any), DTypeError, { op: "linear" }, /a PackedSequence: wanted a tensor/],
  [() => layer.forward([x] as Any), DTypeError, { op: "LSTM" }, /LSTM on a Array: wanted a tensor or a PackedSequence/],
  [() => layer.forward(good.with(ids([[1, 2, 3, 4, 5, 6, 7]]).reshape([7, 1]).expand([7, 3])) as Any), DTypeError, {
    op: "lstm",
  }, /i32/],
  [
    () => new nn.LSTM(3, 4, { projSize: 2 }).forward(x, [w.zeros([1, 2, 4]), w.zeros([1, 2, 4])]),
    ShapeError,
    { op: "LSTM" },
    /h0 \[1, 2, 4\]: wanted \[1, 2, 2\]/,
  ],
  [
    () => new nn.LSTM(3, 4, { projSize: 4 }),
    ValueError,
    { op: "LSTM", value: 4 },
    /projSize is 4, wanted less than hiddenSize 4/,
  ],
  [() => new nn.LSTM(3, 4, { projSize: -1 }), ValueError, { op: "LSTM", value: -1 }, /projSize is -1/],
];

Deno.test("packing, and layers that are given packed input, refuse what does not fit and name it", () => {
  for (const [run, error, facts, message] of refusals) {
    assert.throws(run, (e) => checkError(e, String(run), error, facts, message), `${run} did not throw`);
  }
});
