// Every op that a file of src/ops defines against its float64 reference; see support/ops.ts. One test per op.
import { init } from "../src/gpu/default.ts";
import { registry } from "../src/ops/define.ts";
import { checkOp } from "./support/ops.ts";

for (const { name } of Deno.readDirSync(new URL("../src/ops/", import.meta.url))) await import(`../src/ops/${name}`);
const device = await init();

for (const op of registry.values()) {
  Deno.test(`${op.name} agrees with its float64 reference: values, gradients, second derivatives, refusals`, async () => {
    await checkOp(device, op);
  });
}

// Some ops choose other kernels on a GPU than on a processor: both kinds must give the same results on any adapter.
const info = device.info as { software: boolean };
Deno.test("the kernels for the other kind of adapter agree too", async (t) => {
  const before = info.software;
  info.software = !before;
  try {
    for (const op of registry.values()) await t.step(op.name, () => checkOp(device, op));
  } finally {
    info.software = before;
  }
});
