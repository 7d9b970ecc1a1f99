// The whole framework is importable from a URL: by a Deno that has never seen it, has no configuration file, and gets every
// file from a static server. Its adapter is the one of this process (environment variables).
import { serve } from "../tools/serve.ts";
import assert from "node:assert/strict";

Deno.test("import of mod.ts from a URL trains a step, with an empty cache and no configuration", async () => {
  const asked: string[] = [];
  const server = serve(new URL("../", import.meta.url), { log: (path) => asked.push(path) });
  const folder = await Deno.makeTempDir({ prefix: "wgrad-url-" });
  try {
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `const w = await import("${server.origin}/mod.ts");
       await w.init();
       w.manualSeed(0);
       const x = w.tensor([[1, 2], [3, 4], [5, 6]]), y = w.tensor([[5], [11], [17]]);
       const model = new w.nn.Linear(2, 1);
       const optimizer = new w.optim.SGD(model.parameters(), { lr: 0.01 });
       for (let step = 0; step < 2; step++) {
         const loss = w.nn.functional.mseLoss(model.forward(x), y);
         optimizer.zeroGrad();
         loss.backward();
         optimizer.step();
         console.log("loss", await loss.item());
       }
       w.getDevice().close();`,
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", "--no-lock", "main.ts"],
      cwd: folder,
      env: {
        DENO_DIR: `${folder}/cache`,
        DENO_NO_UPDATE_CHECK: "1",
        NO_COLOR: "1",
        NPM_CONFIG_REGISTRY: "http://127.0.0.1:9/", // nothing listens there: third-party code must not be needed
      },
    }).output();
    const said = new TextDecoder().decode(stdout), complained = new TextDecoder().decode(stderr);
    assert.equal(code, 0, complained);
    const losses = [...said.matchAll(/^loss (.*)$/gm)].map((match) => Number(match[1]));
    assert.equal(losses.length, 2, said + complained);
    assert(losses[0] > 0 && losses[1] < losses[0], `a step lowers the loss: ${losses}`);
    assert(asked.includes("/mod.ts") && asked.includes("/src/gpu/device.ts"));
    const config = asked.filter((path) => !/^\/(mod\.ts|src\/[\w/.]+\.ts)$/.test(path));
    assert.deepEqual(config, [], "only TypeScript below mod.ts and src/ is asked for");
  } finally {
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the static server sends types, allows any origin, and stays in its folder", async () => {
  const server = serve(new URL("../", import.meta.url), { files: { "/page.html": "<p>hello" } });
  try {
    const module = await fetch(`${server.origin}/mod.ts`);
    assert.match(module.headers.get("content-type")!, /^application\/typescript/);
    assert.equal(module.headers.get("access-control-allow-origin"), "*");
    assert.match(await module.text(), /export/);
    const page = await fetch(`${server.origin}/page.html`);
    assert.match(page.headers.get("content-type")!, /^text\/html/);
    assert.equal(await page.text(), "<p>hello");
    for (const path of ["/missing.ts", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/.."]) {
      const response = await fetch(server.origin + path);
      await response.body?.cancel();
      assert.equal(response.status, 404, path);
    }
  } finally {
    await server.close();
  }
});
