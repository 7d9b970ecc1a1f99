/**
 * Finds operators whose exchange should make a test fail: in kernels those that compute values (not indices of buffers or
 * guards of loops), in backward rules those between tensors. Places come in the order of the text; a seed chooses.
 * @module
 */

/** One change of one place. */
export interface Mutation {
  /** Path from the root of the project. */
  readonly file: string;
  /** First character. */
  readonly at: number;
  /** What stands there. */
  readonly old: string;
  /** What takes its place. */
  readonly now: string;
  /** Function of a kernel, or operation of a backward rule. */
  readonly owner: string;
}

interface Token {
  text: string;
  at: number;
  /** Number of the token that closes or opens this bracket. */
  mate: number;
}

/** Types with parameters are one token: `vec4<T>`; comparisons have spaces around them. */
const WGSL =
  /\/\/[^\n]*|0[xX][\da-fA-F.]+(?:[pP][+-]?\d+)?[uif]?|\d[\d.]*(?:[eE][+-]?\d+)?[uif]?|[A-Za-z_]\w*(?:<[^\s;=()]*(?:, [^\s;=()]+)*>)?|&&|\|\||->|<<|>>|[-+*/=!<>]=|\+\+|--|\S/g;
const SCRIPT =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\])*"|\d[\d._]*(?:e[+-]?\d+)?|[A-Za-z_$][\w$]*|=>|\.\.\.|\?\.|\?\?|&&|\|\||\*\*|[-+*/=!<>]==?|\+\+|--|\S/g;

function tokenize(text: string, pattern: RegExp): Token[] {
  const tokens: Token[] = [], open: number[] = [];
  for (const { 0: word, index } of text.matchAll(pattern)) {
    if (word.startsWith("//") || word.startsWith("/*")) continue;
    const token = { text: word, at: index, mate: -1 };
    if ("([{".includes(word)) open.push(tokens.length);
    else if (")]}".includes(word)) {
      token.mate = open.pop() ?? -1;
      if (token.mate >= 0) tokens[token.mate].mate = tokens.length;
    }
    tokens.push(token);
  }
  return tokens;
}

type Kind = "float" | "integer" | "other";

const FLIPS: Readonly<Record<string, string>> = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "/=": "*=",
  "<": ">",
  ">": "<",
  "<=": ">=",
  ">=": "<=",
};
const INTEGER_FLIPS: Readonly<Record<string, string>> = {
  ...FLIPS,
  "%": "/",
  "^": "&",
  "&": "|",
  "|": "&",
  "==": "!=",
};
const NAME = /^[A-Za-z_]/;

/** Kind of a type as it is written. */
function kindOf(type: string): Kind {
  if (/\b(f32|vec[234]f|mat\dx\df|T|U)\b/.test(type)) return "float";
  return /\b([ui]32|vec[234][ui])\b/.test(type) ? "integer" : "other";
}

/** A shader with the kinds of its names. */
class Shader {
  readonly tokens: Token[];
  readonly #names = new Map<string, Kind>();
  readonly #fields = new Map<string, Kind>();

  constructor(text: string) {
    this.tokens = tokenize(text, WGSL);
    const { tokens } = this;
    for (let i = 0; i < tokens.length; i++) {
      const word = tokens[i].text;
      if (word === "struct") {
        const body = i + 2;
        for (let k = body + 1; k < tokens[body].mate; k++) {
          if (tokens[k].text === ":") this.#fields.set(tokens[k - 1].text, kindOf(tokens[k + 1].text));
        }
        i = tokens[body].mate;
      } else if (word === "fn" && tokens[tokens[i + 2].mate + 1].text === "->") {
        this.#names.set(tokens[i + 1].text, kindOf(tokens[tokens[i + 2].mate + 2].text));
      } else if (NAME.test(word) && tokens[i + 1]?.text === ":" && word !== "default") {
        this.#names.set(word, kindOf(tokens[i + 2].text)); // globals, parameters, declared types
      }
    }
    for (let i = 0; i < tokens.length; i++) {
      if (!/^(let|var|const)$/.test(tokens[i].text) || tokens[i + 2]?.text !== "=") continue;
      const known = this.#names.get(tokens[i + 1].text), kind = this.kind(i + 3);
      // One name of two kinds in different functions: not sure.
      this.#names.set(tokens[i + 1].text, known && known !== kind ? "other" : kind);
    }
  }

  /** Kind of the operand that begins at token i: WGSL never mixes kinds, so it is that of the whole sum or product. */
  kind(i: number): Kind {
    const { tokens } = this, word = tokens[i].text;
    if (word === "-" || word === "~") return this.kind(i + 1);
    if (word === "(") return this.kind(i + 1);
    if (/^\d/.test(word)) {
      if (/^0x/i.test(word)) return /p/i.test(word) ? "float" : "integer";
      return /[.ef]/.test(word) ? "float" : /[ui]$/.test(word) ? "integer" : "other";
    }
    if (!NAME.test(word)) return "other";
    let kind: Kind;
    if (tokens[i + 1]?.text === "(") {
      const made = kindOf(word.replace(/^bitcast/, ""));
      kind = made !== "other" ? made : this.#names.get(word) ?? this.kind(i + 2);
      i = tokens[i + 1].mate;
    } else kind = this.#names.get(word) ?? "other";
    for (;;) {
      if (tokens[i + 1]?.text === "[") i = tokens[i + 1].mate;
      else if (tokens[i + 1]?.text === ".") {
        i += 2;
        if (!/^[xyzwrgba]{1,4}$/.test(tokens[i].text) || this.#fields.has(tokens[i].text) && kind === "other") {
          kind = this.#fields.get(tokens[i].text) ?? "other";
        }
      } else return kind;
    }
  }

  /** First token of the operand that ends at token i. */
  start(i: number): number {
    const { tokens } = this;
    for (;;) {
      if (tokens[i].text === ")" || tokens[i].text === "]") {
        i = tokens[i].mate;
        if (!NAME.test(tokens[i - 1].text) || tokens[i - 1].text === "return") return i;
        i--;
      }
      if (tokens[i - 1].text !== ".") return i;
      i -= 2;
    }
  }
}

/** Words and signs behind which a minus is a sign, not a difference. */
const BEFORE_SIGN = /^([(,=?:{]|return|[-+*/]=?|[<>]=?|&&|\|\|)$/;

/**
 * Places in the functions of a shader. With `integers` those between integers too, for kernels that compute nothing else;
 * then what computes an index of all lanes, the guard of an early return and the ends of loops is left out, as it may
 * change without any consequence.
 */
export function kernelMutations(file: string, text: string, integers: boolean): Mutation[] {
  const shader = new Shader(text), { tokens } = shader, found: Mutation[] = [];
  const copied = [...text.matchAll(/^\/\/ lib:\w+ begin$[\s\S]*?^\/\/ lib:\w+ end$/gm)].map((m) =>
    [m.index, m.index + m[0].length] as const
  );
  for (let f = 0; f < tokens.length; f++) {
    if (tokens[f].text !== "fn") continue;
    const owner = tokens[f + 1].text;
    let body = tokens[f + 2].mate;
    while (tokens[body].text !== "{") body++;
    const end = tokens[body].mate;
    const add = (i: number, now: string) => found.push({ file, at: tokens[i].at, old: tokens[i].text, now, owner });
    let skipTo = 0;
    for (let i = body + 1; i < end; i++) {
      const { text: word, mate, at } = tokens[i];
      if (copied.some(([a, b]) => at >= a && at < b)) break; // the library's file has them
      if (word === "if" && /^return|^continue|^break/.test(tokens[tokens[i + 1].mate + 2]?.text ?? "")) {
        skipTo = tokens[i + 1].mate;
      } else if (word === "for") skipTo = tokens[i + 1].mate;
      else if (word === "[" && !integers) skipTo = Math.max(skipTo, mate);
      else if (integers && (word === "min" || word === "max")) skipTo = Math.max(skipTo, tokens[i + 1].mate);
      else if (integers && word === "let" && forAllLanes(tokens, i)) skipTo = i + statement(tokens, i).length;
      if (i < skipTo || !tokens[i + 1] || negligible(word, tokens[i + 1].text)) continue;
      if (word === "-" && BEFORE_SIGN.test(tokens[i - 1].text)) {
        if (shader.kind(i + 1) === "float" && !/^\d/.test(tokens[i + 1].text)) add(i, " ");
      } else if (word in INTEGER_FLIPS && !BEFORE_SIGN.test(tokens[i - 1].text)) {
        const left = shader.kind(shader.start(i - 1)), right = shader.kind(i + 1);
        const kind = left === "other" ? right : left;
        if (kind === "float" && word in FLIPS) add(i, FLIPS[word]);
        if (kind === "integer" && integers) add(i, INTEGER_FLIPS[word]);
      } else if (tokens[i + 1].text === "(" && shader.kind(i + 2) === "float") {
        if (word === "min" || word === "max") add(i, word === "min" ? "max" : "min");
        if (word === "fma" && tokens[i + 2].text !== "-") add(i + 1, "(-");
      }
    }
  }
  return found;
}

/** True where the number of a lane is computed: its second factor is 0 in all but huge launches. */
function forAllLanes(tokens: readonly Token[], i: number): boolean {
  return statement(tokens, i).some((word) => word === "WG" || word === "groups");
}

/** True for operators whose exchange moves a result by less than tests can see: adding 1e-6, multiplying by 0.9999999. */
function negligible(operator: string, operand: string): boolean {
  const hex = /^0x1p-(\d+)f?$/.exec(operand), value = hex ? 2 ** -Number(hex[1]) : parseFloat(operand);
  if (operator === "+" || operator === "-") return value < 1e-4 && value > 0;
  return (operator === "*" || operator === "/") && Math.abs(value - 1) < 1e-3;
}

/** Words from token i to the end of its statement. */
function statement(tokens: readonly Token[], i: number): string[] {
  const words: string[] = [];
  for (; tokens[i] && tokens[i].text !== ";"; i++) words.push(tokens[i].text);
  return words;
}

const CALLS: Readonly<Record<string, string>> = {
  add: "sub",
  sub: "add",
  mul: "add",
  div: "mul",
  minimum: "maximum",
  maximum: "minimum",
  gt: "lt",
  lt: "gt",
  le: "ge",
  ge: "le",
  eq: "ne",
  sin: "cos",
  cos: "sin",
};
/** Operations whose last two operands cannot be exchanged. */
const ORDERED = ["sub", "div", "where", "raw", "gemm", "matmul"];
/** Operations in whose arguments numbers are computed. */
const NUMERIC = [...Object.keys(CALLS), "exp", "repeatDims", "where"];

/** Places in the backward rules of a file of operations: `backward`, `gradient`, and both sides of `binary.ts`. */
export function ruleMutations(file: string, text: string): Mutation[] {
  const tokens = tokenize(text, SCRIPT), found: Mutation[] = [];
  for (let i = 1; i < tokens.length - 1; i++) {
    const rule = file.endsWith("/binary.ts") ? /^(backward|gradient|a|b)$/ : /^(backward|gradient)$/;
    if (!rule.test(tokens[i].text)) continue;
    let from = i + 1, to = 0;
    if (tokens[from].text === "(") { // a method or function, unless it is only called or declared
      from = tokens[from].mate + 1;
      // Past the type of the result, whose brackets are closed again.
      for (; tokens[from] && !/^[{;,)]$/.test(tokens[from].text); from++) {
        if (tokens[from].text !== "{" && tokens[from].mate > from) from = tokens[from].mate;
      }
      if (tokens[from]?.text !== "{" || !/^(function|,|\{)$/.test(tokens[i - 1].text)) continue;
      to = tokens[from].mate;
    } else if (tokens[from].text === ":" && tokens[from + 1].text === "(") { // a property with an arrow function
      for (to = from + 1; !/^[,}\])]$/.test(tokens[to].text); to++) if (tokens[to].mate > to) to = tokens[to].mate;
      if (!tokens.slice(from, to).some((t) => t.text === "=>")) continue;
    } else continue;
    found.push(...inRule(file, text, tokens, from, to, operationOf(tokens, i)));
    i = to;
  }
  return found;
}

/** The name of the operation around token i: the nearest `name: "..."`, `xyzOp("..."` or function before it. */
function operationOf(tokens: readonly Token[], i: number): string {
  for (let k = i; k > 1; k--) {
    const [a, b, c] = [tokens[k - 2].text, tokens[k - 1].text, tokens[k].text];
    const named = a === "name" && b === ":" || /Op$/.test(a) && b === "(";
    if (named && /^"\w+"$/.test(c)) return c.slice(1, -1);
    if (b === "function") return a === "}" || a === "*/" || NAME.test(c) ? c : "";
  }
  return "";
}

function inRule(
  file: string,
  text: string,
  tokens: readonly Token[],
  from: number,
  to: number,
  owner: string,
): Mutation[] {
  const found: Mutation[] = [];
  const replace = (a: number, b: number, now: string) =>
    found.push({
      file,
      at: tokens[a].at,
      old: text.slice(tokens[a].at, tokens[b].at + tokens[b].text.length),
      now,
      owner,
    });
  const inside: number[] = []; // ends of the calls around
  for (let i = from + 1; i < to; i++) {
    const { text: word, mate } = tokens[i];
    while (inside.length && inside.at(-1)! < i) inside.pop();
    const call = NAME.test(word) && tokens[i + 1].text === "(" ? i + 1 : 0;
    if (call && NUMERIC.includes(word)) inside.push(tokens[call].mate);
    if (call && word in CALLS) replace(i, i, CALLS[word]);
    if (call && ORDERED.includes(word)) {
      const args = argumentsOf(tokens, call);
      if (args.length >= 2) {
        const [[a, b], [c, d]] = args.slice(-2),
          piece = (x: number, y: number) => text.slice(tokens[x].at, tokens[y].at + tokens[y].text.length);
        if (!piece(c, d).startsWith("{")) replace(a, d, `${piece(c, d)}, ${piece(a, b)}`);
      }
    }
    if (call && word === "transpose") replace(i, i, "");
    if (word === "!" && tokens[i - 1].text === ":" && NAME.test(tokens[i + 1].text)) replace(i, i, "");
    if (/^(true|false)$/.test(word) && /^[,(]$/.test(tokens[i - 1].text)) {
      replace(i, i, word === "true" ? "false" : "true");
    }
    if (word === "-" && /^[,(]$/.test(tokens[i - 1].text) && inside.length) replace(i, i, "");
    else if (/^[-+*/]$/.test(word) && inside.length && mate < 0) replace(i, i, FLIPS[word]);
  }
  return found;
}

/** First and last token of each argument. */
function argumentsOf(tokens: readonly Token[], open: number): [number, number][] {
  const args: [number, number][] = [], end = tokens[open].mate;
  let first = open + 1;
  for (let i = open + 1; i <= end; i++) {
    if (tokens[i].mate > i) i = tokens[i].mate;
    if (i !== end && tokens[i].text !== ",") continue;
    if (i > first) args.push([first, i - 1]);
    first = i + 1;
  }
  return args;
}
