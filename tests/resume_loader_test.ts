// Loaders know their place: a state taken after any batch replays the rest of the epoch and the epochs behind it, with
// any number of workers and batches made ahead.
import { strict as assert } from "node:assert";
import * as w from "../mod.ts";

await w.init();
const { DataLoader, stackFields } = w.data;
const TRANSFORM = new URL("./support/transform.ts", import.meta.url);
const items = Array.from({ length: 23 }, (_, i) => [Float32Array.of(i, -i), i] as const);
const collate = stackFields("f32", "i32");
type Loader = w.data.DataLoader<unknown, [w.Tensor, w.Tensor<"i32">]>;

function make(options: { workers?: number; prefetch?: number; seed?: number; sampler?: w.data.Sampler } = {}): Loader {
  const shuffle = !options.sampler;
  return new DataLoader(items, { batchSize: 4, shuffle, seed: 5, transform: TRANSFORM, collate, ...options }) as Loader;
}

/** Values of the batches of one loop, at most `most` of them. */
async function take(loader: Loader, most = Infinity): Promise<string[]> {
  const seen: string[] = [];
  for await (const [x, y] of loader) {
    seen.push((await Promise.all([x.data(), y.data()])).join(" "));
    if (seen.length === most) break;
  }
  return seen;
}

Deno.test("batches do not depend on workers and batches made ahead", async () => {
  const epochs = async (loader: Loader) => [await take(loader), await take(loader)];
  const wanted = await epochs(make());
  assert.equal(wanted[0].length, 6);
  assert.notDeepEqual(wanted[0], wanted[1]);
  for (const options of [{ prefetch: 3 }, { workers: 1 }, { workers: 2, prefetch: 5 }]) {
    assert.deepEqual(await epochs(make(options)), wanted, JSON.stringify(options));
  }
  assert.notDeepEqual(await take(make({ seed: 6 })), wanted[0]);
});

Deno.test("a loaded state goes on behind the batches handed out, whatever was made ahead", async () => {
  const whole = make();
  const wanted = [...await take(whole), ...await take(whole), ...await take(whole)];
  const depths = [{}, { prefetch: 4 }, { workers: 2, prefetch: 3 }];
  for (const [k, cut] of [0, 1, 4, 6, 7, 11].entries()) {
    const first = make(depths[k % 3]);
    const seen = [...await take(first, Math.min(cut, 6) || 1).then((s) => s.slice(0, cut))];
    if (cut > 6) seen.push(...await take(first, cut - 6));
    // A loop that is left after the last batch has not ended the epoch: its state is "all handed out".
    const state = cut === 0 ? make().stateDict() : first.stateDict();
    const second = make(depths[(k + 1) % 3]);
    second.loadStateDict(JSON.parse(JSON.stringify(state)));
    for (let i = 0; seen.length < wanted.length && i < 5; i++) seen.push(...await take(second));
    assert.deepEqual(seen, wanted, `cut after ${cut}`);
  }
});

Deno.test("a loop that is left early begins a new epoch, unless a state is loaded", async () => {
  const loader = make(), whole = make();
  const [first, second] = [await take(whole), await take(whole)];
  assert.deepEqual(await take(loader, 2), first.slice(0, 2));
  const state = loader.stateDict();
  assert.deepEqual([state.epoch, state.batch], [0, 2]);
  assert.deepEqual(await take(loader), second);
  loader.loadStateDict(state);
  assert.deepEqual(await take(loader), first.slice(2));
  assert.deepEqual(await take(loader), second);
});

Deno.test("a sampler gives the order and its state is replayed", async () => {
  class Walk implements w.data.Sampler {
    readonly length = 9;
    steps = 0;
    indices(epoch: number, random: w.Generator): number[] {
      this.steps += 1;
      const [start] = random.words(1);
      return Array.from({ length: 9 }, (_, i) => (start + i * this.steps + epoch) % items.length);
    }
    stateDict(): w.StateTree {
      return this.steps;
    }
    loadStateDict(tree: w.StateTree): void {
      this.steps = tree as number;
    }
  }
  const whole = make({ sampler: new Walk() });
  assert.equal(whole.length, 3);
  const wanted = [await take(whole), await take(whole)];
  const first = make({ sampler: new Walk(), prefetch: 2 }), second = make({ sampler: new Walk() });
  assert.deepEqual(await take(first, 2), wanted[0].slice(0, 2));
  second.loadStateDict(first.stateDict());
  assert.deepEqual([await take(second), await take(second)], [wanted[0].slice(2), wanted[1]]);
});

Deno.test("a state of other batches is refused and changes nothing", () => {
  const loader = make(), state = make().stateDict(), before = loader.stateDict();
  for (
    const [change, said] of [
      [{ batchSize: 8 }, /batchSize 8 where 4 is wanted/],
      [{ items: 24, shuffle: false }, /items 24 where 23 is wanted, shuffle false where true is wanted/],
      [{ version: 2 }, /version 2/],
      [{ batch: 7 }, /batch 7/],
      [{ epoch: -1 }, /epoch -1/],
    ] as const
  ) {
    assert.throws(() => loader.loadStateDict({ ...state, ...change }), (error: unknown) => {
      assert.ok(error instanceof w.ValueError);
      assert.match(error.message, said);
      return true;
    });
  }
  assert.throws(() => loader.loadStateDict(null), w.ValueError);
  assert.deepEqual(loader.stateDict(), before);
});

Deno.test("an error in a transform is that of its batch, here and in a worker; batches before it are whole", async () => {
  const bad = items.map(([x, y]) => [x, y === 9 ? -1 : y] as const);
  for (const options of [{}, { workers: 2, prefetch: 4 }]) {
    const loader = new DataLoader(bad, { batchSize: 4, transform: TRANSFORM, collate, ...options });
    const before = w.memory().bytes;
    let batches = 0;
    await assert.rejects(
      async () => {
        for await (const _ of loader) batches++;
      },
      (error: unknown) => {
        assert.ok(error instanceof w.StateError);
        assert.match(error.message, /^Cannot make batch 2 of epoch 0: .*transform\.ts failed: label -1 of batch 2$/);
        assert.equal((error.cause as Error).name, "RangeError");
        return true;
      },
    );
    assert.equal(batches, 2);
    assert.equal(w.memory().bytes, before, "what was made ahead is released");
  }
  const missing = new DataLoader(items, { transform: "file:///nowhere.ts", collate, workers: 1 });
  await assert.rejects(take(missing as Loader), /Cannot make batch 0 of epoch 0: file:\/\/\/nowhere\.ts failed/);
});

Deno.test("loaders name options that make no sense", () => {
  assert.throws(() => make({ workers: -1 }), /workers = -1/);
  assert.throws(() => make({ prefetch: 0.5 }), /prefetch = 0.5/);
  assert.throws(() => new DataLoader(items, { workers: 1, collate }), /workers without a transform/);
  const sampler = { length: 1, indices: () => [0] };
  assert.throws(() => new DataLoader(items, { shuffle: true, sampler, collate }), /shuffle and a sampler/);
});

Deno.test("generators go on where they stood; the named ones all together", () => {
  w.manualSeed(9);
  const g = w.random.generator("resume");
  g.words(3);
  const saved = w.random.generatorState(), wanted = [...g.words(5)], other = [...w.random.generator("later").words(2)];
  w.manualSeed(1);
  w.random.generator("unsaved").words(1);
  w.random.loadGeneratorState(JSON.parse(JSON.stringify(saved)));
  assert.deepEqual([...w.random.generator("resume").words(5)], wanted);
  assert.deepEqual([...w.random.generator("later").words(2)], other, "a stream that is not named starts with the seed");
  const own = new w.Generator(2 ** 53 - 1, "own");
  own.calls = 2 ** 40;
  const twin = new w.Generator(0, "own");
  twin.loadStateDict(own.stateDict());
  assert.deepEqual(twin.next(), own.next());
  assert.throws(() => new w.Generator(0, "else").loadStateDict(own.stateDict()), /generator \d+: it is of stream/);
  for (const wrong of [null, 3, {}, { seed: 1, streams: { a: { seed: 1, stream: 2, calls: 3 } } }]) {
    const before = w.random.generatorState();
    assert.throws(() => w.random.loadGeneratorState(wrong as w.StateTree), w.ValueError);
    assert.deepEqual(w.random.generatorState(), before);
  }
});
