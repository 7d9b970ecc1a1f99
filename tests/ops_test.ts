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
for (const op of registry.values()) {
  Deno.test(`${op.name} agrees by the kernels for the other kind of adapter too`, async () => {
    info.software = !info.software;
    try {
      await checkOp(device, op);
    } finally {
      info.software = !info.software;
    }
  });
}
