// Downloads from a server of our own that breaks connections, forgets ranges, changes its file and answers with pages.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { data } from "../mod.ts";
import { StateError, ValueError } from "../src/errors.ts";

const FILE = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
const sum = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest("hex");
const SHA256 = sum("sha256", FILE), MD5 = sum("md5", FILE);

interface Behaviour {
  /** Bytes after which each of the first connections breaks; -1 stalls. */
  breaks?: number[];
  ranges?: boolean;
  etag?: string | null;
  file?: Uint8Array;
  status?: number;
  html?: string;
  /** Statuses of the first answers. */
  first?: number[];
  length?: boolean;
}

interface Served {
  url: string;
  /** The `range` of each request, "" without one. */
  asked: string[];
  behaviour: Behaviour;
}

/** Serves while `use` runs, with a folder for what it loads. */
async function serving(behaviour: Behaviour, use: (server: Served, folder: string) => Promise<void>): Promise<void> {
  const asked: string[] = [], served: Served = { url: "", asked, behaviour };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { breaks = [], ranges = true, etag = '"one"', file = FILE, status, html, first = [], length = true } =
      served.behaviour;
    const range = request.headers.get("range"), number = asked.push(range ?? "") - 1;
    if (html !== undefined) return new Response(html, { status, headers: { "content-type": "text/html" } });
    if (first[number]) return new Response("busy", { status: first[number] });
    const headers = new Headers({ "content-type": "application/octet-stream" });
    if (etag) headers.set("etag", etag);
    const condition = request.headers.get("if-range");
    const from = range && ranges && (!condition || condition === etag) ? Number(/\d+/.exec(range)![0]) : 0;
    if (from >= file.length) {
      return new Response(null, { status: 416, headers: { "content-range": `bytes */${file.length}` } });
    }
    if (from) headers.set("content-range", `bytes ${from}-${file.length - 1}/${file.length}`);
    if (length) headers.set("content-length", String(file.length - from));
    const stop = breaks[number];
    let at = from;
    const body = new ReadableStream({
      async pull(controller) {
        if (stop === -1 && at > from) return await new Promise(() => {}); // no more comes, but nothing ends
        if (stop !== undefined && stop >= 0 && at - from >= stop) {
          await new Promise((resolve) => setTimeout(resolve, 30)); // what was sent arrives first
          return controller.error("the server breaks the connection, as it was told"); // Deno prints this
        }
        if (at === file.length) return controller.close();
        const end = Math.min(file.length, at + 50_000);
        controller.enqueue(file.subarray(at, at = end));
      },
    }, { highWaterMark: 0 });
    return new Response(body, { status: from ? 206 : 200, headers });
  });
  const folder = await Deno.makeTempDir();
  try {
    served.url = `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/words.bin`;
    await use(served, folder);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const retry = { retryDelay: 1 };

Deno.test("a file is fetched once, checked, and kept", () =>
  serving({}, async ({ url, asked }, folder) => {
    const seen: [number, number?][] = [], to = `${folder}/a/words.bin`;
    const onProgress = (received: number, total?: number) => void seen.push([received, total]);
    const first = await data.download(url, { to, sha256: SHA256, md5: MD5, size: FILE.length, onProgress });
    assert.deepEqual(first, { path: to, source: to, size: FILE.length, cached: false, resumed: 0 });
    assert.deepEqual(Deno.readFileSync(to), FILE);
    assert.deepEqual([seen[0], seen.at(-1)], [[0, FILE.length], [FILE.length, FILE.length]]);
    assert.ok(seen.every(([received], i) => i === 0 || received >= seen[i - 1][0]));
    assert.equal((await data.download(url, { to, sha256: SHA256 })).cached, true);
    assert.deepEqual([asked.length, names(`${folder}/a`)], [1, ["words.bin"]]);
    Deno.writeFileSync(to, FILE.subarray(1)); // damaged on the disk
    assert.equal((await data.download(url, { to, sha256: SHA256 })).cached, false);
    assert.deepEqual(Deno.readFileSync(to), FILE);
    const kept = await data.download(url, { cacheDir: folder });
    assert.match(kept.path, /\/[0-9a-f]{12}\/words\.bin$/);
    assert.equal((await data.download(url, { cacheDir: folder })).cached, true);
    assert.equal(asked.length, 3);
  }));

Deno.test("a broken connection goes on where it broke off", () =>
  serving({ breaks: [100_000, 50_000] }, async ({ url, asked }, folder) => {
    const to = `${folder}/words.bin`, { resumed, size } = await data.download(url, { to, sha256: SHA256, ...retry });
    assert.deepEqual(Deno.readFileSync(to), FILE);
    const starts = asked.map((range) => Number(/\d+/.exec(range)?.[0] ?? 0));
    assert.deepEqual([starts, size, resumed], [[0, 100_000, 150_000], FILE.length, 150_000]);
    assert.deepEqual(names(folder), ["words.bin"]);
  }));

Deno.test("what another run left is taken up, unless the file has changed", () =>
  serving({ breaks: [100_000] }, async (server, folder) => {
    const to = `${folder}/words.bin`, { url, asked } = server;
    await assert.rejects(data.download(url, { to, retries: 0 }), (error: Error) => {
      assert.ok(error instanceof StateError);
      assert.match(error.message, /^Cannot download words\.bin: http.*the connection broke at byte 100000 of 300000 /);
      assert.match(error.message, /pass \{ mirror \}, or fetch it by other means and put it at .*words\.bin$/);
      return true;
    });
    assert.deepEqual(names(folder), ["words.bin.part", "words.bin.part.json"]);
    const other = FILE.map((byte) => byte ^ 1);
    server.behaviour = { etag: '"two"', file: other };
    assert.equal((await data.download(url, { to })).resumed, 0);
    assert.deepEqual(Deno.readFileSync(to), other);
    assert.deepEqual(asked, ["", "bytes=100000-"]); // asked with If-Range, answered with the whole file

    Deno.removeSync(to); // a server without an ETag: only a checksum can tell, so without one all is fetched
    server.behaviour = { etag: null, breaks: [NaN, NaN, 100_000] };
    await assert.rejects(data.download(url, { to, retries: 0 }));
    assert.equal((await data.download(url, { to })).resumed, 0);
    assert.equal(asked.at(-1), "");
    Deno.removeSync(to);
    server.behaviour = { etag: null, breaks: [...asked.map(() => NaN), 100_000] };
    await assert.rejects(data.download(url, { to, retries: 0 }));
    assert.equal((await data.download(url, { to, sha256: SHA256 })).resumed, 100_000);
    assert.deepEqual(Deno.readFileSync(to), FILE);
  }));

Deno.test("a server without ranges sends all again", () =>
  serving({ breaks: [100_000], ranges: false }, async ({ url, asked }, folder) => {
    const to = `${folder}/words.bin`, { resumed } = await data.download(url, { to, sha256: SHA256, ...retry });
    assert.deepEqual([resumed, asked], [0, ["", "bytes=100000-"]]);
    assert.deepEqual(Deno.readFileSync(to), FILE);
  }));

Deno.test("without a length the end of the stream is the end", () =>
  serving({ length: false, breaks: [100_000] }, async ({ url }, folder) => {
    const { size } = await data.download(url, { to: `${folder}/words.bin`, sha256: SHA256, ...retry });
    assert.equal(size, FILE.length);
  }));

Deno.test("a wrong checksum or size is told, and no file appears", () =>
  serving({}, async ({ url, asked }, folder) => {
    const to = `${folder}/words.bin`, wrong = "0".repeat(64);
    await assert.rejects(
      data.download(url, { to, sha256: wrong, ...retry }),
      new RegExp(`its sha256 is ${SHA256}, not ${wrong}`),
    );
    await assert.rejects(data.download(url, { to, md5: "f".repeat(32) }), new RegExp(`its md5 is ${MD5}, not f{32}`));
    await assert.rejects(data.download(url, { to, size: 5 }), /the server's file has 300000 bytes, not 5/);
    assert.deepEqual([names(folder), asked.length], [[], 3]);
    await assert.rejects(
      data.download(url, { to, sha256: "12" }),
      (error) => error instanceof ValueError && /wanted 64 hexadecimal digits/.test(error.message),
    );
  }));

Deno.test("a page in place of the file is refused, a mirror is asked", () =>
  serving({ html: "<html><style>p { }</style><h1>Not  found</h1></html>", status: 404 }, async (broken, folder) => {
    const to = `${folder}/words.bin`;
    await assert.rejects(
      data.download(broken.url, { to, ...retry }),
      /the server answered 404 .*with a page \(Not found\)/,
    );
    assert.equal(broken.asked.length, 1); // asking again would not help
    broken.behaviour = { html: "<p>Please log in</p>", status: 200 };
    await assert.rejects(data.download(broken.url, { to, ...retry }), /answered 200 OK with a page \(Please log in\)/);
    assert.deepEqual(names(folder), []);
    await serving({}, async (mirror) => {
      const { size } = await data.download(broken.url, { to, mirror: mirror.url, sha256: SHA256, ...retry });
      assert.equal(size, FILE.length);
    });
  }));

Deno.test("a busy server is asked again, a stalled or unwanted transfer ends", () =>
  serving({ first: [503, 429] }, async (server, folder) => {
    const to = `${folder}/words.bin`;
    await data.download(server.url, { to, sha256: SHA256, ...retry });
    assert.equal(server.asked.length, 3);
    Deno.removeSync(to);
    const stop = new AbortController(), reason = new Error("enough");
    await assert.rejects(
      data.download(server.url, { to, signal: stop.signal, onProgress: (done) => done > 90_000 && stop.abort(reason) }),
      reason,
    );
    assert.equal((await data.download(server.url, { to, sha256: SHA256 })).cached, false);
    Deno.removeSync(to);
    server.behaviour = { breaks: [...server.asked.map(() => NaN), -1] };
    const { resumed } = await data.download(server.url, { to, sha256: SHA256, stallTimeout: 200, ...retry });
    assert.equal(resumed, 50_000);
    await assert.rejects(
      data.download("http://127.0.0.1:1/x.bin", { to: `${folder}/x.bin`, retries: 1, ...retry }),
      /x\.bin: no connection .*, after 2 attempts/,
    );
  }));
