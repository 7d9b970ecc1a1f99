// Files of data sets: CSV, JSON lines, folders, archives, and the named sets in the layouts in which they are published.
import assert from "node:assert/strict";
import { data, text } from "../mod.ts";
import { FormatError, ValueError } from "../src/errors.ts";
import { collect } from "../src/io/output.ts";
import { Pickler } from "../src/io/pickler.ts";
import { ZipWriter } from "../src/io/zip_write.ts";
import { realData } from "./support/real_data.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => await Array.fromAsync(items);
const formatError = (pattern: RegExp, position?: number) => (error: Error) => {
  assert.ok(error instanceof FormatError, `${error}`);
  assert.match(error.message, pattern);
  if (position !== undefined) assert.equal(error.offset ?? error.position, position);
  return true;
};

/** The same bytes in pieces of a few. */
const inPieces = (whole: Uint8Array, size: number): ReadableStream<Uint8Array> =>
  ReadableStream.from((function* () {
    for (let at = 0; at < whole.length; at += size) yield whole.slice(at, at + size);
  })());

async function gzip(whole: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([whole as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A tar archive. */
function tar(files: Record<string, string | Uint8Array>, kind = "0"): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  const add = (name: string, content: Uint8Array, kind: string) => {
    const header = new Uint8Array(512), put = (at: number, text: string) => header.set(bytes(text), at);
    put(0, name.slice(-100));
    put(100, "0000644\0");
    put(124, `${content.length.toString(8).padStart(11, "0")}\0`);
    put(156, kind);
    put(257, "ustar\x0000");
    put(148, `${(header.reduce((a, b) => a + b, 0) + 8 * 32).toString(8).padStart(6, "0")}\0 `);
    blocks.push(header, content, new Uint8Array((512 - content.length % 512) % 512));
  };
  for (const [name, content] of Object.entries(files)) {
    if (name.length > 100) add("././@LongLink", bytes(`${name}\0`), "L");
    add(name, typeof content === "string" ? bytes(content) : content, name.endsWith("/") ? "5" : kind);
  }
  blocks.push(new Uint8Array(1024));
  const whole = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) whole.set(block, (at += block.length) - block.length);
  return whole;
}

/** Serves files by name while `use` runs. */
async function served(files: Record<string, Uint8Array>, use: (url: string, cache: string) => Promise<void>) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const file = files[new URL(request.url).pathname.slice(1)];
    return file ? new Response(file as Uint8Array<ArrayBuffer>) : new Response("none", { status: 404 });
  });
  const cache = await Deno.makeTempDir();
  try {
    await use(`http://127.0.0.1:${(server.addr as Deno.NetAddr).port}`, cache);
  } finally {
    await server.shutdown();
    await Deno.remove(cache, { recursive: true });
  }
}

const CSV = 'id,text,target\r\n1,"one, ""two""\r\nthree",0.5\r\n\r\n2,"",1\r\n3,"ünï\nd",0';

Deno.test("CSV: quotes, line ends in fields, blank lines, any cut into pieces, any source", async () => {
  const wanted = [
    { id: "1", text: 'one, "two"\r\nthree', target: "0.5", line: 2 },
    { id: "2", text: "", target: "1", line: 5 },
    { id: "3", text: "ünï\nd", target: "0", line: 6 },
  ];
  const packed = await gzip(bytes(CSV));
  for (let size = 1; size < 40; size++) {
    const reader = data.readCsv(inPieces(bytes(`\ufeff${CSV}`), size));
    assert.deepEqual(await all(reader), wanted, `${size} bytes at a time`);
    assert.deepEqual([reader.header, reader.rows, reader.badRows], [["id", "text", "target"], 3, 0]);
    assert.deepEqual(await all(data.readCsv(inPieces(packed, size))), wanted);
  }
  const path = await Deno.makeTempFile({ suffix: ".csv.gz" });
  Deno.writeFileSync(path, packed);
  for (const source of [bytes(CSV), bytes(CSV).buffer, new Blob([CSV]), path, new URL(`file://${path}`)]) {
    assert.deepEqual(await all(data.readCsv(source)), wanted);
  }
  await served({ "train.csv": packed }, async (url) => {
    const seen: unknown[] = [], onProgress = (...done: unknown[]) => void seen.push(done);
    assert.deepEqual(await all(data.readCsv(`${url}/train.csv`, { onProgress })), wanted);
    assert.deepEqual(seen.at(-1), [packed.length, packed.length]);
    await assert.rejects(
      all(data.readCsv(`${url}/nothing.csv`)),
      /Cannot fetch .*nothing\.csv: the server answered 404/,
    );
  });
  await Deno.remove(path);
  const some = await all(data.readCsv(bytes(CSV), { columns: ["target", "id"] }));
  assert.deepEqual(some[0], { target: "0.5", id: "1", line: 2 });
  assert.deepEqual(
    await all(data.readCsv(bytes("0\ta\n1\t\n"), { header: false, delimiter: "\t", columns: ["n", "t"] })),
    [
      { n: "0", t: "a", line: 1 },
      { n: "1", t: "", line: 2 },
    ],
  );
  assert.deepEqual(await all(data.readCsv(bytes("line\n7\n\n"), { lineAs: "at" })), [
    { line: "7", at: 2 },
    { line: "", at: 3 }, // a file of one column has no blank lines, but empty fields
  ]);
});

Deno.test("CSV: rows that do not fit are told with their lines, or counted", async () => {
  const rows = 'id,text\n1,"a\nb"\n2\n3,c,d\n4,"e"f\n5,"g"\n6,h\n';
  const read = (text: string, options = {}) => all(data.readCsv(bytes(text), { name: "x.csv", ...options }));
  await assert.rejects(
    read(rows),
    formatError(/^Cannot read line 4 of x\.csv: it has 1 fields where 2 are wanted: "2"; \{ onBadRow: "skip" \}/, 4),
  );
  const reader = data.readCsv(bytes(rows), { onBadRow: "skip" });
  assert.deepEqual((await all(reader)).map(({ id }) => id), ["1", "6"]);
  assert.deepEqual(reader.bad.map(({ line, lastLine }) => [line, lastLine]), [[4, 4], [5, 5], [6, 7]]);
  assert.match(reader.bad[2].reason, /behind the quote that ends a field there is more/);
  assert.equal(reader.badRows, 3);
  const told: number[] = [];
  await read(rows, { onBadRow: ({ line }: { line: number }) => told.push(line) });
  assert.deepEqual(told, [4, 5, 6]);
  await assert.rejects(
    read('id,text\n1,"a\n2,b\n'),
    formatError(/lines 2 to 4 .*a quote is not closed before the file/, 2),
  );
  const open = `id,text\n1,"${"a".repeat(300)}`;
  await assert.rejects(read(open, { maxRow: 99 }), formatError(/line 2 of x\.csv: it has more than 99 characters/, 2));
  await assert.rejects(
    read("id,comment\n1,a\n", { columns: ["id", "comment_text"] }),
    formatError(/^Cannot read x\.csv: it has no column "comment_text", but "id", "comment"; wanted/),
  );
  await assert.rejects(read("id;text\n", { columns: ["text"] }), formatError(/is the delimiter another one/));
  await assert.rejects(read("a,a\n1,2\n"), formatError(/column "a" is there twice/));
  await assert.rejects(read("line\n1\n"), formatError(/lineAs/));
  await assert.rejects(read(""), formatError(/^Cannot read x\.csv: it is empty/, 0));
  assert.deepEqual(await read("id,text\n"), []);
  assert.throws(() => data.readCsv("x", { delimiter: "::" }), ValueError);
  assert.throws(() => data.readCsv("x", { columns: [] }), ValueError);
});

Deno.test("CSV: what is written is read again, whole or not at all", async () => {
  const folder = await Deno.makeTempDir(), path = `${folder}/out/submission.csv`;
  const rows = [{ id: "1", prediction: 0.0625 }, { id: 'a,"b"\nc', prediction: 1 }, { id: "", prediction: null }];
  assert.equal(await data.writeCsv(path, rows), 3);
  assert.equal(await Deno.readTextFile(path), 'id,prediction\n1,0.0625\n"a,""b""\nc",1\n,\n');
  assert.deepEqual((await all(data.readCsv(path))).map(({ id }) => id), ["1", 'a,"b"\nc', ""]);
  const bad = [{ id: "1", prediction: NaN }];
  await assert.rejects(data.writeCsv(path, bad), /Cannot write row 0: it would have NaN in column prediction/);
  await assert.rejects(
    data.writeCsv(path, [{ id: 1 }], { columns: ["id", "p"] }),
    /row 0: it would have no "p", but id/,
  );
  await assert.rejects(data.writeCsv(path, [[1, 2], [3]]), /row 1: it would have 1 fields where 2 are wanted/);
  assert.match(await Deno.readTextFile(path), /^id,prediction\n1/);
  const written: Uint8Array[] = [],
    sink = new WritableStream<Uint8Array>({ write: (piece) => void written.push(piece) });
  await data.writeCsv(sink, [["a b", ""], [true, 2n]], { header: false, delimiter: "\t", newline: "\r\n" });
  assert.equal(new TextDecoder().decode(written[0]), "a b\t\r\ntrue\t2\r\n");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("JSON lines: U+2028 ends none, a line that is no JSON is told", async () => {
  const good = '{"text":"a\u2028b"}\r\n\n{"text":""}';
  for (const size of [1, 2, 3, 50]) {
    assert.deepEqual(await all(data.readJsonLines(inPieces(bytes(good), size))), [{ text: "a\u2028b" }, { text: "" }]);
  }
  const bad = '{"text":"a"}\n{"text":\n{"words":"b"}\n3\n{"text":"c"}\n',
    options = { required: ["text"], name: "x.jsonl" };
  await assert.rejects(
    all(data.readJsonLines(bytes(bad), options)),
    formatError(/^Cannot read line 2 of x\.jsonl: it is no JSON \(.*\); \{ onBadLine: "skip" \}/, 2),
  );
  const reader = data.readJsonLines<{ text: string }>(bytes(bad), { ...options, onBadLine: "skip" });
  assert.deepEqual(await all(reader), [{ text: "a" }, { text: "c" }]);
  assert.deepEqual([reader.badLines, reader.line, reader.bad.map(({ line }) => line)], [3, 5, [2, 3, 4]]);
  assert.match(reader.bad[1].reason, /it has no "text", but words/);
});

Deno.test("bytes that are no UTF-8 are told with their place, or become U+FFFD", async () => {
  const broken = [[0x80], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf5, 0x80], [0xc0, 0xaf], [
    0xf0,
    0x9f,
    0x98,
    0x41,
  ]];
  for (const sequence of broken) {
    const whole = new Uint8Array([...bytes("id\nä"), ...sequence, ...bytes("\n")]);
    for (const size of [1, 2, 3, 100]) {
      const read = (options = {}) => all(data.readCsv(inPieces(whole, size), { name: "x.csv", ...options }));
      await assert.rejects(read(), formatError(/^Cannot read x\.csv: byte 5 \(0x..\) is no UTF-8; .*replace/, 5));
      const [{ id }] = await read({ invalid: "replace" });
      assert.equal(id, new TextDecoder().decode(whole.subarray(3)).trimEnd());
    }
  }
  const cut = bytes("id\n😀").subarray(0, 6);
  await assert.rejects(all(data.readLines(cut)), formatError(/byte 3 \(0xf0\)/, 3));
  const archive = tar({ "train/pos/0_9.txt": "fine", "train/pos/1_9.txt": new Uint8Array([65, 66, 0xff]) });
  await assert.rejects(
    data.readTextFolder(archive, { folder: "train" }),
    formatError(/train\/pos\/1_9\.txt in the archive: byte 2 \(0xff\)/, 2),
  );
  assert.equal((await data.readTextFolder(archive, { folder: "train", invalid: "replace" })).texts[1], "AB\ufffd");
});

Deno.test("gzip: several members are one file; what is cut off or damaged is told with the byte", async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i * 7919 % 10007}`), whole = bytes(lines.join("\n"));
  const packed = await gzip(whole), twice = new Uint8Array([...packed, ...await gzip(bytes("\nlast"))]);
  assert.deepEqual(await all(data.readLines(twice)), [...lines, "last"]);
  for (const length of [5, 1000, packed.length - 9, packed.length - 1]) {
    await assert.rejects(
      all(data.readLines(packed.subarray(0, length), { name: "x.gz" })),
      formatError(
        new RegExp(`^Cannot read x\\.gz: its gzip data ends early, at byte ${length}; wanted the whole`),
        length,
      ),
    );
  }
  const damaged = packed.slice();
  damaged[packed.length - 6] ^= 1; // the checksum
  await assert.rejects(all(data.readLines(damaged)), formatError(/its gzip data is damaged .*at or before byte \d+/));
});

Deno.test("what browsers have in place of Node's gunzip and checksums gives the same", async () => {
  const twin = {
    ...await import("../src/platform/gunzip.browser.ts"),
    ...await import("../src/platform/hash.browser.ts"),
  };
  const own = await import("../src/platform/hash.ts");
  const whole = bytes("some text ".repeat(5000)), packed = await gzip(whole);
  const unpack = async (part: Uint8Array) => {
    let text = "";
    for await (const piece of twin.gunzip(inPieces(part, 10))) text += new TextDecoder().decode(piece);
    return text;
  };
  assert.equal(await unpack(packed), new TextDecoder().decode(whole));
  await assert.rejects(unpack(packed.subarray(0, 40)));
  const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("gone")) });
  await assert.rejects((async () => await all(twin.gunzip(broken)))(), /gone/);
  for await (const piece of twin.gunzip(inPieces(packed, 10))) { // left early
    assert.ok(piece.length);
    break;
  }
  for (const name of ["sha256", "md5"] as const) {
    const [a, b] = [await twin.createHash(name), await own.createHash(name)];
    for (const hash of [a, b]) {
      for (let at = 0; at < whole.length; at += 7001) hash.update(whole.subarray(at, at + 7001));
    }
    assert.equal(a.hex(), b.hex());
  }
});

Deno.test("tar: long names, folders, what is cut off, what leads out of it", async () => {
  const long = `${"deep/".repeat(30)}name.txt`, content = "x".repeat(1500);
  const archive = tar({ "./a.txt": "A", "dir/": "", [long]: content, "empty.txt": "" });
  for (const source of [archive, inPieces(await gzip(archive), 100)]) {
    const found: [string, string][] = [];
    for await (const entry of data.readTar(source)) found.push([entry.name, await entry.text()]);
    assert.deepEqual(found, [["a.txt", "A"], [long, content], ["empty.txt", ""]]);
  }
  const sizes: [number, number][] = [];
  for await (const entry of data.readTar(archive)) { // read piece by piece, or not at all
    if (entry.size > 1) {
      sizes.push([
        entry.size,
        (await all(entry.pieces())).reduce((sum, piece) => sum + piece.length, 0),
      ]);
    }
  }
  assert.deepEqual(sizes, [[1500, 1500]]);
  const read = async (source: Uint8Array) => {
    for await (const entry of data.readTar(source, { name: "x.tar" })) await entry.bytes();
  };
  for (const length of [100, 513, 1024, 2600, archive.length - 1024]) {
    await assert.rejects(
      read(archive.subarray(0, length)),
      formatError(/ends early.*, at byte \d+ of the unpacked/, length),
    );
  }
  await assert.rejects(read(archive.subarray(0, 0)), formatError(/x\.tar: it is empty/, 0));
  await assert.rejects(read(bytes("no archive".repeat(100))), formatError(/it is no tar archive/, 0));
  for (const name of ["../x.txt", "/etc/passwd", "a/../../b", "C:\\x", "a\\..\\..\\b"]) {
    await assert.rejects(read(tar({ [name]: "x" })), formatError(/leads out of the archive/, 0), name);
  }
  await assert.rejects(read(tar({ link: "" }, "2")), formatError(/"link" is a link or a device/, 0));
  const damaged = archive.slice();
  damaged[1024] ^= 1;
  await assert.rejects(read(damaged), formatError(/a header is damaged, at byte 1024/, 1024));
});

const REVIEWS = {
  "aclImdb/README": "read me",
  "aclImdb/train/unsup/0_0.txt": "unknown",
  "aclImdb/train/pos/10_9.txt": "ten",
  "aclImdb/train/pos/2_7.txt": "two",
  "aclImdb/train/neg/1_2.txt": "one",
  "aclImdb/train/urls_pos.txt": "http",
  "aclImdb/test/pos/0_10.txt": "",
  "aclImdb/test/neg/0_1.txt": "bad",
};

Deno.test("text folders: from a disk or an archive, in an order that hangs on nothing else", async () => {
  const folder = await Deno.makeTempDir();
  for (const [name, content] of Object.entries(REVIEWS)) {
    Deno.mkdirSync(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(`${folder}/${name}`, content);
  }
  const wanted = {
    texts: ["one", "two", "ten", "unknown"],
    labels: Uint8Array.of(0, 1, 1, 2),
    names: ["neg", "pos", "unsup"],
  };
  for (const source of [folder, `${folder}/aclImdb`, await gzip(tar(REVIEWS))]) {
    const { files, ...found } = await data.readTextFolder(source, { folder: "train" });
    assert.deepEqual([found, files[1]], [wanted, "pos/2_7.txt"]);
    const pair = { texts: ["two", "ten", "one"], labels: Uint8Array.of(1, 1, 0), names: ["neg", "pos"] };
    assert.deepEqual(await data.imdb({ path: source }), pair);
    assert.deepEqual((await data.imdb({ path: source }, { classes: ["neg", "pos"] })).texts, ["one", "two", "ten"]);
    assert.deepEqual(await data.imdb({ path: source }, { split: "unsup" }), {
      texts: ["unknown"],
      labels: Uint8Array.of(2),
      names: ["neg", "pos", "unsup"],
    });
    const tests = { folder: "test", empty: "error" } as const;
    await assert.rejects(data.readTextFolder(source, tests), formatError(/0_10\.txt in .*: it is empty/, 0));
    assert.deepEqual((await data.imdb({ path: source }, { split: "test" })).texts, ["", "bad"]);
    await assert.rejects(
      data.readTextFolder(source, { folder: "train", classes: ["pos", "good"] }),
      (error) =>
        error instanceof ValueError && /no files of class "good"; there is neg, pos, unsup/.test(error.message),
    );
    await assert.rejects(data.readTextFolder(source, { folder: "valid" }), formatError(/valid\/CLASS\/NAME\.txt/));
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("IMDb: from a mirror, and from JSON lines", async () => {
  const archive = await gzip(tar(REVIEWS));
  await served({ "aclImdb_v1.tar.gz": archive }, async (url, cacheDir) => {
    const mirror = { url: `${url}/aclImdb_v1.tar.gz`, cacheDir };
    await assert.rejects(data.imdb(mirror), /its md5 is [0-9a-f]{32}, not 7c2ac02c03563afcf9b574c7e56c153a/);
    assert.deepEqual((await data.imdb({ ...mirror, verify: false })).texts, ["two", "ten", "one"]);
  });
  const row = (id: string, label: unknown) => JSON.stringify({ id, text: id, label }),
    folder = await Deno.makeTempDir();
  Deno.writeTextFileSync(
    `${folder}/train.jsonl`,
    [row("train/neg/0_1", 0), row("b/10_9", "pos"), row("b/2_9", 1)].join("\n"),
  );
  const found = await data.imdb({ path: folder });
  assert.deepEqual([found.texts, [...found.labels]], [["b/2_9", "b/10_9", "train/neg/0_1"], [1, 1, 0]]);
  Deno.writeTextFileSync(`${folder}/train.jsonl`, [row("a", 0), row("b", 2)].join("\n"));
  await assert.rejects(
    data.imdb({ path: folder }),
    formatError(/line 2 of train\.jsonl: its label is 2; wanted a text, and 0 or "neg", 1 or "pos"/, 2),
  );
  await Deno.remove(folder, { recursive: true });
});

/** A zip archive of one file. */
async function zip(name: string, content: string): Promise<Uint8Array<ArrayBuffer>> {
  return await collect(async (write) => {
    const archive = new ZipWriter(write);
    await archive.add(name, bytes(content), { deflate: true });
    await archive.close();
  });
}

Deno.test("human numbers and WikiText: archives as they are published", async () => {
  const numbers = await gzip(tar({ "human_numbers/train.txt": "one \ntwo \n", "human_numbers/valid.txt": "three \n" }));
  const wiki = await zip("wikitext-2/wiki.valid.tokens", " \n = A = \n");
  await served({ "human_numbers.tgz": numbers, "wikitext-2-v1.zip": wiki }, async (url, cacheDir) => {
    const found = await data.humanNumbers({ url: `${url}/human_numbers.tgz`, cacheDir });
    assert.deepEqual(found, { train: ["one", "two"], valid: ["three"] });
    const mirror = { url: `${url}/wikitext-2-v1.zip`, cacheDir, verify: false };
    assert.deepEqual(await all(data.wikitext(mirror, { split: "valid" })), [" ", " = A = "]);
    await assert.rejects(
      all(data.wikitext(mirror, { split: "test" })),
      /has no wiki\.test\.tokens or test\.txt, but wikitext-2\/wiki\.valid\.tokens/,
    );
  });
  const tgz = new File([await gzip(tar({ "wikitext-2/wiki.train.tokens": " = B = \n" }))], "wikitext-2.tgz");
  assert.deepEqual(await all(data.wikitext({ path: tgz })), [" = B = "]);
  const empty = new File([tar({ "train.txt": "", "valid.txt": "" })], "x.tar");
  await assert.rejects(data.humanNumbers({ path: empty }), formatError(/train\.txt in x\.tar: it is empty/, 0));
});

Deno.test("Jigsaw: both competitions, empty fields, numbers that are none", async () => {
  const header = "id,target,comment_text,severe_toxicity,obscene,identity_attack,insult,threat,male\n";
  const train = new File([`${header}59848,0.25,"so, ""cool""\n!",0,0.5,0,1,0,\n59849,1,,0,0,0,0,0,0.5\n`], "train.csv");
  const found = await data.jigsaw({ path: train }, { missing: "nan" });
  assert.deepEqual(found.columns, ["target", "severe_toxicity", "obscene", "identity_attack", "insult", "threat"]);
  assert.deepEqual([found.ids, found.texts, found.empty], [["59848", "59849"], ['so, "cool"\n!', "nan"], 1]);
  assert.deepEqual([...found.values], [0.25, 0, 0.5, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual([...(await data.jigsaw({ path: train }, { columns: ["male"], limit: 1 })).values], [NaN]);
  const test = new File(["id,comment_text\n7097320,a\n"], "test.csv");
  assert.deepEqual((await data.jigsaw({ path: test }, { split: "test" })).texts, ["a"]);
  await assert.rejects(data.jigsaw({ path: test }), formatError(/no column "target", .* but "id", "comment_text"/));
  const wrong = new File([`${header}1,much,a,0,0,0,0,0,0\n`], "train.csv");
  await assert.rejects(
    data.jigsaw({ path: wrong }),
    formatError(/line 2 of train\.csv: target is "much"; wanted a num/, 2),
  );
  await assert.rejects(
    data.jigsaw({}),
    /Kaggle asks for an account; fetch train\.csv from https:.*bias.*pass \{ path \}/,
  );
  const toxic =
    "id,comment_text,toxic,severe_toxic,obscene,threat,insult,identity_hate\n0000997932d777bf,b,1,0,1,0,1,0\n";
  const zipped = new File([await zip("train.csv", toxic)], "train.csv.zip");
  assert.deepEqual([...(await data.jigsaw({ path: zipped }, { set: "toxic" })).values], [1, 0, 1, 0, 1, 0]);
});

Deno.test("torchMoji: pickles as they are published, labels of three kinds, labels that are none", async () => {
  const pickled = (labels: unknown[], more: Record<string, unknown> = {}): Blob => {
    const info = labels.map((label) => new Map([["label", label]])), texts = labels.map((_, i) => `text ${i}`);
    const all = { texts, info, train_ind: [1], val_ind: [0], test_ind: [2], ...more };
    return new File([new Pickler().dump(new Map(Object.entries(all)))], "raw.pickle");
  };
  const one = await data.torchMojiSet("SS-Twitter", {
    path: pickled([0, 1, 1], { texts: ["a", "\u00e2\u0080\u00a6", "é"] }),
  });
  assert.deepEqual([one.texts, [...one.labels], one.width], [["a", "…", "é"], [0, 1, 1], 1]); // bytes of Python 2
  assert.deepEqual([...one.train, ...one.valid, ...one.test], [1, 0, 2]);
  const hot = [[0, 0, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1]];
  assert.deepEqual([...(await data.torchMojiSet("PsychExp", { path: pickled(hot) })).labels], [2, 0, 6]);
  const several = await data.torchMojiSet("SE0714", { path: pickled([[true, false, true], [0, 0, 0], [1, 1, 1]]) });
  assert.deepEqual([[...several.labels], several.width], [[1, 0, 1, 0, 0, 0, 1, 1, 1], 3]);
  const refused = (labels: unknown[], more: Record<string, unknown>, pattern: RegExp) =>
    assert.rejects(data.torchMojiSet("SCv1", { path: pickled(labels, more) }), formatError(pattern));
  await refused([0, 2, 1], {}, /raw\.pickle: the label of text 1 is 2; wanted one of 2 classes/);
  await refused([0, [1, 1], 1], {}, /the label of text 1 is \[1,1\]/);
  await refused([0, 1, 1], { val_ind: [3] }, /val_ind has 3; wanted positions of its 3 texts/);
  await refused([0, 1, 1], { texts: ["a"] }, /it has 3 labels; wanted 1, one per text/);
  await refused([0, 1, 1], { info: 3 }, /it has no list "info"; wanted a dictionary/);
  const lines = new File(['{"text":"a","label":1,"split":"val"}\n{"text":"b","label":0,"split":"dev"}'], "SCv1.jsonl");
  await assert.rejects(
    data.torchMojiSet("SCv1", { path: lines }),
    formatError(/split of line 2 is "dev"; wanted train/, 2),
  );
  await assert.rejects(data.torchMojiSet("SCv3" as "SCv1"), /Cannot load torchMoji's set "SCv3": there are Olympic, /);
});

const folders = [
  "imdb/train.jsonl.gz",
  "human-numbers/train.txt",
  "wikitext-2/wt2.valid.txt.gz",
  "deepmoji/SCv1.jsonl.gz",
];
const root = realData(folders[0]) && new URL("../", realData(folders[0])!);

Deno.test({
  name: "the real sets have the counts that their authors state",
  ignore: !folders.every(realData),
  async fn() {
    const { train, valid } = await data.humanNumbers({ path: new URL("human-numbers", root) });
    assert.deepEqual([train.length, valid.length], [7999, 1999]);
    const joined = [...train, ...valid].join(" . ");
    assert.equal(joined.length, 365_478);
    let tokens = 0;
    const wiki = data.wikitext({ path: new URL("wikitext-2/wt2.valid.txt.gz", root) }, { split: "valid" });
    for await (const line of wiki) tokens += line.split(" ").filter(Boolean).length + 1;
    assert.equal(tokens, 217_646);
    for (const [name, sizes] of Object.entries(SIZES)) {
      const set = await data.torchMojiSet(name as data.TorchMojiName, { path: new URL("deepmoji", root) });
      assert.deepEqual([set.train.length, set.valid.length, set.test.length], sizes, name);
      assert.equal(set.labels.length, set.texts.length * set.width);
    }
    const reviews = await data.imdb({ path: new URL("imdb", root) }, { split: "train" });
    assert.deepEqual([reviews.texts.length, reviews.labels.indexOf(0)], [25_000, 12_500]);
    assert.match(reviews.texts[0], /^Bromwell High is a cartoon comedy\./); // pos/0_9.txt
    const comments = await data.jigsaw({ path: new URL("jigsaw/challenge_sample.jsonl.gz", root) }, { set: "toxic" });
    assert.equal(comments.values.length, 6 * comments.ids.length);
  },
});

const SIZES = {
  ...{ Olympic: [200, 50, 762], PsychExp: [900, 100, 6480], SCv1: [800, 100, 1095], SE0714: [200, 50, 1000] },
  ...{ "SS-Twitter": [800, 100, 1213], "SS-Youtube": [800, 100, 1242], "kaggle-insults": [4450, 495, 1237] },
};

Deno.test("a document of a million tokens is a document, in every reader and as tokens", async () => {
  const document = "word, ".repeat(500_000), line = JSON.stringify({ text: document });
  const [{ text: read }] = await all(data.readJsonLines<{ text: string }>(bytes(line)));
  const [{ t }] = await all(data.readCsv(bytes(`id,t\n1,"${document}"\n`)));
  assert.ok(read === document && t === document);
  const tokenizer = new text.SpacyTokenizer();
  const corpus = await data.tokenizeCorpus(
    [document, "", "word"],
    (texts) => texts.map((one) => tokenizer.tokenize(one)),
  );
  assert.deepEqual([corpus.ragged.get(0).length, corpus.ragged.get(1).length, corpus.length], [1_000_000, 0, 3]);
});

Deno.test("a loader takes items one after another: same batches ahead or not, and goes on at a saved place", async () => {
  let open = 0;
  const items = data.iterableDataset(async function* () {
    open++;
    try {
      for await (const { v } of data.readCsv(bytes(`v\n${Array.from({ length: 10 }, (_, i) => i).join("\n")}\n`))) {
        yield Number(v);
      }
    } finally {
      open--;
    }
  });
  const collate = (values: readonly number[]): number[] => [...values]; // no tensors, so no device
  const loader = (options = {}) => new data.DataLoader(items, { batchSize: 4, collate, ...options });
  const epoch = async (of: AsyncIterable<number[]>, most = Infinity): Promise<number[][]> => {
    const batches: number[][] = [];
    for await (const batch of of) {
      batches.push(batch);
      if (batches.length >= most) break;
    }
    return batches;
  };
  const wanted = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]];
  for (const prefetch of [0, 1, 5]) {
    const of = loader({ prefetch });
    assert.deepEqual([await epoch(of), await epoch(of)], [wanted, wanted]);
    assert.deepEqual(await epoch(loader({ prefetch, dropLast: true })), wanted.slice(0, 2));
    const first = loader({ prefetch, seed: 1 }), second = loader({ prefetch, seed: 1 });
    assert.deepEqual(await epoch(first, 1), wanted.slice(0, 1));
    second.loadStateDict(first.stateDict());
    assert.deepEqual([await epoch(second), second.stateDict().epoch], [wanted.slice(1), 1]);
  }
  assert.equal(open, 0); // what was left early is closed
  assert.throws(() => loader().length, /iterable and has no length/);
  assert.throws(() => loader({ shuffle: true }), ValueError);
  const once = (async function* () {
    yield 1;
  })();
  const spent = new data.DataLoader(once, { collate });
  assert.deepEqual(await epoch(spent), [[1]]);
  await assert.rejects(
    epoch(spent),
    /Cannot load batches of epoch 1: the data set gave no items; a generator/,
  );
});
