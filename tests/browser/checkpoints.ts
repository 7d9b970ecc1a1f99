/**
 * Checkpoints in a page's private file system and a loader with workers, as a page uses them.
 * @module
 */
import * as w from "../../mod.ts";

/** What the page found. */
export interface Found {
  /** Values that came back. */
  readonly values: number[];
  /** Whether a second write replaced the first. */
  readonly replaced: number;
  /** Error of a file that was cut off. */
  readonly cut: string;
  /** Error of a file that is not there. */
  readonly missing: string;
  /** Names in the folder at the end. */
  readonly names: string[];
  /** Labels of the batches that workers made. */
  readonly labels: number[];
}

interface Handle {
  getDirectoryHandle(name: string): Promise<Handle>;
  getFileHandle(
    name: string,
  ): Promise<
    { createWritable(options: object): Promise<{ truncate(n: number): Promise<void>; close(): Promise<void> }> }
  >;
  keys(): AsyncIterable<string>;
}

const message = (promise: Promise<unknown>) => promise.then(() => "no error", (error: Error) => error.message);

/** Saves, loads, damages. */
export async function checkpoints(transform: string): Promise<Found> {
  const device = await w.init();
  const t = w.tensor([1, -0, 2.5]);
  const path = "runs/page/state.safetensors";
  await w.train.saveCheckpoint(path, { t, n: 1 });
  const first = await w.train.loadCheckpoint(path) as { t: w.Tensor };
  const values = [...await first.t.data()];
  await w.train.saveCheckpoint(path, { t, n: 2 });
  const { n: replaced } = await w.train.loadCheckpoint(path) as { n: number };
  const root = await (navigator as unknown as { storage: { getDirectory(): Promise<Handle> } }).storage.getDirectory();
  const folder = await (await root.getDirectoryHandle("runs")).getDirectoryHandle("page");
  const file = await (await folder.getFileHandle("state.safetensors")).createWritable({ keepExistingData: true });
  await file.truncate(100);
  await file.close();
  const cut = await message(w.train.loadCheckpoint(path));
  const missing = await message(w.train.loadCheckpoint("runs/page/none.safetensors"));
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  const items = Array.from({ length: 10 }, (_, i) => [Float32Array.of(i), i] as const);
  const loader = new w.data.DataLoader(items, {
    batchSize: 4,
    transform,
    workers: 2,
    collate: w.data.stackFields("f32", "i32"),
  });
  const labels: number[] = [];
  for await (const [, y] of loader) labels.push(...await y.data());
  device.close();
  return { values, replaced, cut, missing, names, labels };
}
