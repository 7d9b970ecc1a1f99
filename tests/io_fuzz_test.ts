// A thousand damaged files per format: a FormatError or a result, in bounded time and memory. More of them in soak.
import assert from "node:assert/strict";
import { FORMATS, fuzz } from "./support/fuzz.ts";

for (const name of Object.keys(FORMATS)) {
  Deno.test(`1,000 damaged files are refused or read: ${name}`, async () => {
    const { read, refused } = await fuzz(name, 1000);
    assert.equal(read + refused, 1000);
    assert.ok(refused > 100, `${refused} refused`);
  });
}
