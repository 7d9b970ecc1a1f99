// Ten thousand damaged files per format, other ones than the usual tests have.
import assert from "node:assert/strict";
import { FORMATS, fuzz } from "../support/fuzz.ts";

for (const name of Object.keys(FORMATS)) {
  Deno.test(`10,000 damaged files are refused or read: ${name}`, async () => {
    const { read, refused, slowest, most } = await fuzz(name, 10_000, 1_000_000);
    console.log(
      `${name}: ${read} read, ${refused} refused, ${slowest.toFixed(0)} ms, ${(most / 2 ** 20).toFixed(1)} MB`,
    );
    assert.equal(read + refused, 10_000);
  });
}
