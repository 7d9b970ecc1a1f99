// spaCy's tokenizer and fastai's rules, token for token: against what the originals make of sentences of ours, the documents'
// own examples, and (where the data is) the cases of spaCy's tests and real reviews.
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import * as w from "../mod.ts";
import { realData, realLines, realRows } from "./support/real_data.ts";
import { digests, golden } from "./support/tokens.ts";

const { text } = w;
const spacy = new text.SpacyTokenizer("en");
const fastai2 = new text.FastaiTokenizer(), fastai07 = new text.FastaiTokenizer({ version: "0.7" });

Deno.test("SpacyTokenizer gives spaCy's tokens and spaces", () => {
  for (const [source, tokens, spaces] of golden.spacy) {
    const found = spacy.tokenizeWithOffsets(source);
    assert.deepEqual(found.map(({ text }) => text), tokens, JSON.stringify(source));
    assert.equal(found.map(({ space }) => Number(space)).join(""), spaces, JSON.stringify(source));
  }
});

Deno.test("the documents' examples of spaCy's tokenizer", () => {
  const examples = {
    "It's a 1920s film... I can't wait!": "It|'s|a|1920s|film|...|I|ca|n't|wait|!",
    "great movie.<br /><br />The end": "great|movie.<br|/><br|/>The|end",
    "story before(the locked room": "story|before(the|locked|room",
    "the locals' warnings": "the|locals|'|warnings",
    'a lawyer ("solicitor" in Britspeak)': 'a|lawyer|(|"|solicitor|"|in|Britspeak|)',
    "endangered tot--you find": "endangered|tot|--|you|find",
    "8/10": "8/10",
    "don't, won't, isn't, cannot, gonna": "do|n't|,|wo|n't|,|is|n't|,|can|not|,|gon|na",
    "I'm, you're, we've, he'd, she'll": "I|'m|,|you|'re|,|we|'ve|,|he|'d|,|she|'ll",
    "U.S.A. is big. Mr. Smith went to Washington D.C.": "U.S.A.|is|big|.|Mr.|Smith|went|to|Washington|D.C.",
    "10pm 5km $5.00 3.5 1,000 50%": "10|pm|5|km|$|5.00|3.5|1,000|50|%",
    "http://www.example.com/foo?x=1 and foo@bar.com": "http://www.example.com/foo?x=1|and|foo@bar.com",
    ":) :-( <3 ;)": ":)|:-(|<3|;)",
    "Well, its ill shed were": "Well|,|its|ill|shed|were",
    "end of line\nnew line\n\npara  two spaces": "end|of|line|\n|new|line|\n\n|para| |two|spaces",
    "hello\tworld": "hello|\t|world",
    "rock'n'roll 'cause 'em": "rock'n'roll|'cause|'em",
    "x,y a,b 1,2": "x|,|y|a|,|b|1,2",
    "A/B and/or w/o": "A|/|B|and/or|w/o",
    "word—word word–word": "word|—|word|word|–|word",
    "(nail-bitingly)": "(|nail|-|bitingly|)",
    "It's.": "It|'s|.",
    "etc...and": "etc|...|and",
    "e.g. i.e. a.m. p.m.": "e.g.|i.e.|a.m.|p.m.",
    "THE END.": "THE|END|.",
    "I.B.M.": "I.B.M.",
    "lower.Upper": "lower|.|Upper",
    "dragon*con": "dragon*con",
    "#hashtag @user": "#|hashtag|@user",
    "really works.the main": "really|works.the|main",
    "black. . .": "black|.|.|.",
    "I love ghost … period-style ghost stories.": "I|love|ghost|…|period|-|style|ghost|stories|.",
  };
  for (const [source, tokens] of Object.entries(examples)) assert.equal(spacy.tokenize(source).join("|"), tokens);
});

Deno.test("tokens, places and spaces rebuild any text; lone surrogates are letters", () => {
  for (const source of ["", " ", "  a", "a ", "a  ", "\ud83d", "a\udc00b \ud83d\ud83d!", "\ufeffx", ...strange()]) {
    const tokens = spacy.tokenizeWithOffsets(source);
    for (const { text, start, end } of tokens) assert.equal(source.slice(start, end), text);
    assert.equal(spacy.detokenize(tokens), source);
  }
});

/** Units by chance, halves of pairs among them. */
function* strange(): Generator<string> {
  const units = [0x20, 0x20, 0x0a, 0x2e, 0x27, 0x29, 0x3a, 0x41, 0x61, 0x35, 0x2d, 0xa0, 0x1c, 0xd83d, 0xde00, 0x2026];
  let state = 1;
  const draw = (below: number) => (state = Math.imul(state, 1664525) + 1013904223 >>> 0) % 65537 % below;
  for (let i = 0; i < 500; i++) {
    yield String.fromCharCode(...Array.from({ length: draw(12) }, () => units[draw(units.length)]));
  }
}

Deno.test("a piece of text is split alike whether it is remembered or not", () => {
  const small = new text.SpacyTokenizer("en", { cacheSize: 3 });
  for (let round = 0; round < 2; round++) {
    for (const [source, tokens] of golden.spacy) assert.deepEqual(small.tokenize(source), tokens);
  }
});

Deno.test("special cases can be added; they are found behind affixes and between spaces", () => {
  const own = new text.SpacyTokenizer("en", { specialCases: { "<unk>": ["<unk>"], gimme: ["gim", "me"] } });
  assert.deepEqual(own.tokenize("(<unk>) <unk>, gimme!"), ["(", "<unk>", ")", "<unk>", ",", "gim", "me", "!"]);
  own.addSpecialCase("New York", ["New York"]);
  assert.deepEqual(own.tokenize("in New York."), ["in", "New York", "."]);
  assert.deepEqual(own.tokenizeWithOffsets("in New York.")[1], { text: "New York", start: 3, end: 11, space: false });
  assert.throws(() => own.addSpecialCase("ab", ["a"]), w.ValueError);
  assert.throws(() => own.addSpecialCase("", []), w.ValueError);
  assert.throws(() => new text.SpacyTokenizer("de"), /Cannot make a SpacyTokenizer for "de"/);
});

Deno.test("fastai 2: every rule, the tokens, and the text rules of 0.7", () => {
  for (const { text: source, steps, tokens, fixup, prepared07, tokens07 } of golden.fastai) {
    let before = source;
    steps.forEach((step, i) => {
      const after = text.fastaiRules.RULES[i](before);
      assert.equal(after, step === 0 ? before : step, `rule ${i} of ${JSON.stringify(before)}`);
      before = after;
    });
    assert.equal(fastai2.prepare(source), before);
    assert.deepEqual(fastai2.tokenize(source), tokens);
    assert.equal(text.fastaiRules07.fixup(source), fixup);
    assert.equal(text.fastaiRules07.RULES.slice(1).reduce((t, rule) => rule(t), fixup), prepared07);
    assert.deepEqual(fastai07.tokenize(source), tokens07);
  }
});

Deno.test("the documents' examples of fastai 0.7", () => {
  const start = "\n|xbos|xfld|1|";
  const examples = {
    "THIS is sooooo GOOD!!!!!! I AM OK": "t_up|this|is|s|tk_rep|5|o|t_up|good|tk_rep|6|!|i|am|ok",
    "the the the the end. ho! ho! ho! ho! ho!": "tk_wrep|4|the|end|.|tk_wrep|4|ho|!|ho|!",
    "8/10 #1<br /><br />Great.": "8|/|10|#|1|\n\n|great|.",
    "a aaaa aaaaa ====": "a|tk_rep|4|a|tk_rep|5|a|tk_rep|4|=",
    "it's NOT on TV in the USA, I'VE": "it|'s|t_up|not|on|tv|in|the|t_up|usa|,|i|'ve",
    "a dragon*con": "a|dragon*con",
  };
  for (const [source, tokens] of Object.entries(examples)) {
    assert.equal(fastai07.tokenize(text.markFields([source], "0.7")).join("|"), start + tokens);
  }
});

Deno.test("the documents' examples of fastai 2", () => {
  const prepared = {
    "I'M SHOUTING!!! Sooooo good": "xxbos xxup i'm xxup shouting xxrep 3 ! s xxrep 5 o good",
    "FOUR HOURS DAMN!!! I am proud": "xxbos xxup four xxup hours xxup damn xxrep 3 ! i am proud",
    "A B C USA U.S. iPhone McDonald": "xxbos a b c xxup usa xxup u.s. iphone mcdonald",
    "amp; quot;x quot; #39;s nbsp; \\n <unk>": "xxbos & 'x ' 's \n xxunk",
    "OK!!!!!!!! 'TIS": "xxbos xxup ok xxrep 8 ! 'tis",
  };
  for (const [source, result] of Object.entries(prepared)) assert.equal(fastai2.prepare(source), result);
  const tokens = {
    "This is really really really BAD... 8/10 #1": "xxbos|xxmaj|this|is|xxwrep|3|really|xxup|bad|…|8|/|10|#|1",
    "I'M SHOUTING!!! Sooooo good": "xxbos|xxup|i|'m|xxup|shouting|xxrep|3|!|s|xxrep|5|o|good",
    "A B C USA U.S. iPhone McDonald": "xxbos|a|b|c|xxup|usa|xxup|u.s|.|iphone|mcdonald",
    "&copy;   Fast.ai": "xxbos|©|xxmaj|fast.ai",
    "<br /><br />Great film.\n\nLoved it": "xxbos|xxmaj|great|film|.|\n\n|xxmaj|loved|it",
    "amp; quot;x quot; #39;s nbsp; \\n <unk>": "xxbos|&|'|x|'|'s|\n▁|xxunk",
    "This isn't a problem": "xxbos|xxmaj|this|is|n't|a|problem",
  };
  for (const [source, result] of Object.entries(tokens)) assert.equal(fastai2.tokenize(source).join("|"), result);
  assert.match(fastai2.prepare("www.fast.ai/INDEX"), /xxrep 3 w \.fast\.ai \/ xxup index$/);
  const rules = text.fastaiRules;
  assert.equal(rules.specAddSpaces("#fastai"), " # fastai");
  assert.equal(rules.replaceRep("aaaa"), " xxrep 4 a ");
  assert.equal(rules.replaceWrep("ah ah ah"), " xxwrep 3 ah ");
  assert.equal(rules.replaceWrep("ah ah ah ah."), " xxwrep 4 ah .");
  assert.equal(rules.replaceWrep("ah ah ahi"), "ah ah ahi");
  assert.equal(rules.fixHtml("Sarah amp; Duck..."), "Sarah & Duck …");
});

Deno.test("rules, rules for tokens and the splitting can be replaced", () => {
  const { RULES, lowercaseWith, replaceSpace } = text.fastaiRules;
  const own = new text.FastaiTokenizer({
    rules: [...RULES.slice(0, -1), lowercaseWith({ bos: false, eos: true })],
    postRules: [replaceSpace, (token) => token.toUpperCase()],
    tokenizer: new text.WhitespaceTokenizer(),
  });
  assert.deepEqual(own.tokenize(" Good film "), ["XXMAJ", "GOOD", "FILM", "XXEOS"]);
  assert.equal(own.decode(["a", "b"]), "a b");
  assert.equal(text.markFields(["a", "b", "c"]), "xxfld 1 a xxfld 2 b xxfld 3 c");
  assert.equal(text.markFields(["a", "b", "c"], "0.7"), "\nxbos xfld 1 a xfld 1 b xfld 2 c");
  // deno-lint-ignore no-explicit-any
  assert.throws(() => new text.FastaiTokenizer({ version: "1" as any }), w.ValueError);
});

Deno.test("htmlUnescape is Python's html.unescape", () => {
  for (const [source, result] of golden.html) assert.equal(text.htmlUnescape(source), result, JSON.stringify(source));
});

Deno.test("white space is Python's, characters are code points", () => {
  const white = new text.WhitespaceTokenizer(), exact = new text.WhitespaceTokenizer({ separator: " " });
  assert.deepEqual(white.tokenize(" a\x1cb\u0085c\u00a0\ufeffd \n"), ["a", "b", "c", "\ufeffd"]);
  assert.deepEqual(white.tokenizeWithOffsets(" ab  c"), [{ text: "ab", start: 1, end: 3 }, {
    text: "c",
    start: 5,
    end: 6,
  }]);
  assert.deepEqual(exact.tokenize("a  b "), ["a", "", "b", ""]);
  assert.deepEqual(exact.tokenizeWithOffsets("a  b").map(({ start }) => start), [0, 2, 3]);
  assert.throws(() => new text.WhitespaceTokenizer({ separator: "" }), w.ValueError);
  const characters = new text.CharacterTokenizer();
  assert.deepEqual(characters.tokenize("a😀\ud83d"), ["a", "😀", "\ud83d"]);
  assert.deepEqual(characters.tokenizeWithOffsets("a😀b")[1], { text: "😀", start: 1, end: 3 });
});

Deno.test("a document of a million tokens, and long ones without a space, take time in proportion", () => {
  const size = 200_000; // what is quadratic takes ten seconds and more
  const pieces = [
    "It's a film. ",
    "(",
    "'",
    ".",
    "a.",
    "a@b.",
    "1-",
    "😀",
    ": ) ",
    "&amp",
    "the ",
    " \n",
    "A",
    "x:)",
    "<",
  ];
  for (const piece of pieces) {
    const source = piece.repeat(size / piece.length), begin = performance.now();
    assert.equal(spacy.detokenize(spacy.tokenizeWithOffsets(source)), source);
    fastai2.tokenize(source), fastai07.tokenize(source);
    assert.ok(performance.now() - begin < 5000, `${piece}: a hundred times what it takes`);
  }
  assert.equal(spacy.tokenize("wonderful, ".repeat(500_000)).length, 1_000_000);
});

const cases = "tokenizer-spacy-en/cases.jsonl", texts = "tokenizer-spacy-en/real_texts.jsonl.gz";

Deno.test({
  name: "spaCy's own test cases and real texts",
  ignore: !realData(cases),
  fn() {
    const rows = [cases, texts].flatMap((
      path,
    ) => [...realRows<{ text: string; tokens: string[]; ws: number[] }>(path)]);
    assert.equal(rows.length, 511 + 144);
    for (const { text: source, tokens, ws } of rows) {
      const found = spacy.tokenizeWithOffsets(source);
      assert.deepEqual(found.map(({ text }) => text), tokens, JSON.stringify(source));
      assert.deepEqual(found.map(({ space }) => Number(space)), ws, JSON.stringify(source));
    }
    const lengths = JSON.parse(Deno.readTextFileSync(realData("tokenizer-spacy-en/asserted_lengths.json")!));
    for (const { text: source, length } of lengths) assert.equal(spacy.tokenize(source).length, length, source);
  },
});

Deno.test({
  name: "the special cases are those of spaCy",
  ignore: !realData("tokenizer-spacy-en/special_cases.json.gz"),
  fn() {
    const raw = gunzipSync(Deno.readFileSync(realData("tokenizer-spacy-en/special_cases.json.gz")!));
    const table: Record<string, { orth: string }[]> = JSON.parse(new TextDecoder().decode(raw));
    assert.equal(Object.keys(table).length, 1347);
    for (const [source, pieces] of Object.entries(table)) {
      assert.deepEqual(spacy.tokenize(source), pieces.map(({ orth }) => orth), JSON.stringify(source));
    }
  },
});

Deno.test({
  name: "real reviews become the tokens of spaCy, fastai 2 and fastai 0.7",
  ignore: !realData(golden.reviews.file),
  fn() {
    const { file, block } = golden.reviews;
    const reviews = [...realLines(file, block)].map((line) => JSON.parse(line).text as string);
    for (const [key, tokenizer] of [["spacy", spacy], ["fastai2", fastai2], ["fastai07", fastai07]] as const) {
      assert.deepEqual(digests(reviews, tokenizer, block), golden.reviews[key].slice(0, 1), key);
    }
  },
});
