/**
 * Text and data in whatever runs this: tokens, ids, splits, vectors, tables and archives of texts of our own, as one value
 * that can be compared.
 */
import * as w from "../../mod.ts";

const TEXTS = [
  "It's a 1920s film... I can't WAIT!! <br /><br />See http://www.example.com/foo?x=1 :-)",
  "Sooooo good, so so so so good — “naïve” café, 8/10. Don't @me #film ♥ 💖",
  "Ünïcode: İstanbul ΣΊΣΥΦΟΣ; 日本語 текст \u0301\u200b e\u0301",
  "",
];

const VECTORS = "the 0.1 -2e-3 3\nfilm 1 2 3.5\ngood .5 -.25 1e-2\n";

const TABLE = 'id,text,label\n1,"a ""quoted"", text\nin two lines",0\n2,plain,1\n';

async function packed(text: string | Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A tar archive of one small file. */
function tar(name: string, text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(2048), encoder = new TextEncoder(), body = encoder.encode(text);
  const put = (at: number, value: string) => bytes.set(encoder.encode(value), at);
  put(0, name);
  put(100, "0000644\0");
  put(124, body.length.toString(8).padStart(11, "0") + "\0");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\x0000");
  put(148, bytes.subarray(0, 512).reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ");
  bytes.set(body, 512);
  return bytes;
}

/** Everything. */
export async function text(): Promise<Record<string, unknown>> {
  await w.init();
  const { SpacyTokenizer, FastaiTokenizer, KerasTokenizer, TorchMojiTokenizer } = w.text;
  const keras = new KerasTokenizer();
  keras.fitOnTexts(TEXTS);
  const model = w.text.trainBpe(Array.from({ length: 20 }, (_, i) => `the cat number ${i} sat on the mat`), {
    vocabSize: 40,
  });
  const subwords = w.text.SentencePieceTokenizer.fromBytes(w.text.serializeSentencePieceModel(model));
  const vectors = await w.text.readVectors(await packed(VECTORS), { name: "vectors" });
  const table = await w.text.buildEmbeddingMatrix(["film", "none", "good"], [vectors]);
  const layer = w.nn.HostEmbedding.fromPretrained(table);
  const rows = layer.forward(w.tensor([2, 0, 1, 2], { dtype: "i32" }));
  const lines: unknown[] = [];
  for await (const row of w.data.readJsonLines<unknown>(new Blob(['{"a": 1}\n{"a": "é"}\n']), {})) lines.push(row);
  const entries: string[] = [];
  for await (const entry of w.data.readTar(await packed(tar("folder/one.txt", "hello")), {})) {
    entries.push(`${entry.name}: ${new TextDecoder().decode(await entry.bytes())}`);
  }
  const refused: string[] = [];
  for (
    const cut of [
      w.text.readVectors(new Blob(["a 1 2\nb 1\n"]), { name: "v" }),
      w.text.readVectors((await packed(VECTORS)).subarray(0, 30), { name: "v" }),
    ]
  ) {
    refused.push(await cut.then(() => "taken", (error) => String((error as Error).name)));
  }
  const spacy = new SpacyTokenizer(), split = w.data.torchtextSplit(100, { random: 1234 });
  return {
    spacy: TEXTS.map((one) => spacy.tokenizeWithOffsets(one)),
    fastai: TEXTS.map((one) => new FastaiTokenizer().tokenize(one)),
    fastai07: TEXTS.map((one) => new FastaiTokenizer({ version: "0.7" }).tokenize(one)),
    keras: keras.textsToSequences(TEXTS).map((ids) => [...ids]),
    torchMoji: TEXTS.map((one) => new TorchMojiTokenizer().tokenize(one)),
    cleaned: TEXTS.map((one) => w.text.cleanPunctuation(w.text.expandContractions(one))),
    html: w.text.htmlUnescape("&lt;b&gt; &eacute; &#x1F496; &amp;amp;"),
    subwords: [subwords.encode("the cat sat"), subwords.tokenize("a new mat")],
    split: split.map((part) => [...part.slice(0, 8)]),
    normal: new w.data.RandomState(42).normal(0, 1),
    vectors: [...vectors.matrix],
    rows: [...await rows.data()],
    csv: TABLE.length,
    lines,
    entries,
    refused,
  };
}
