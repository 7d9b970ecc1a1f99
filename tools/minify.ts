/**
 * What the browser bundle leaves out: white space of the WGSL, and the test samples of the operations.
 * The files in the repository stay readable; this runs while bundling.
 * @module
 */

/** The same shader without the white space that WGSL can do without. Short names would not help: gzip knows the long ones. */
export function minifyWgsl(text: string): string {
  return text
    .replace(/\n+/g, " ")
    .replace(/ *([{}()[\]<>=+*\/,;:&|^%!?]) */g, "$1")
    .replace(/ +- +(?!-)/g, "-")
    .replace(/ +/g, " ");
}

/**
 * Replaces the WGSL texts of `kernels.gen.ts` by shorter ones, and those that only Deno's adapters run (they broadcast
 * among lanes, see src/gpu/subgroups.ts) by nothing.
 */
export function minifyKernels(source: string): string {
  return source.replace(
    /^( {2}\w+: `)([\s\S]*?)(`,)$/gm,
    (_, head: string, text: string, tail: string) =>
      head + (text.includes("subgroupBroadcast") ? "" : minifyWgsl(text)) + tail,
  );
}

/** Replaces the values of `samples` and `refusals` in op definitions by empty lists. */
export function dropSamples(source: string): string {
  for (let at = 0;;) {
    const match = /(?<![.\w])(samples|refusals): /g;
    match.lastIndex = at;
    const found = match.exec(source);
    if (!found) return source;
    const start = found.index + found[0].length, end = endOfValue(source, start);
    // A type, as in an interface, ends with a semicolon.
    if (source[end] !== ";") source = source.slice(0, start) + "[]" + source.slice(end);
    at = start;
  }
}

/** Where the expression that begins at `at` ends: at a comma, a closing bracket or a semicolon of its own level. */
function endOfValue(source: string, at: number): number {
  let depth = 0;
  for (let i = at; i < source.length; i++) {
    const c = source[i];
    if (c === '"' || c === "'" || c === "`") {
      for (i++; source[i] !== c; i++) if (source[i] === "\\") i++;
    } else if (c === "/" && source[i + 1] === "/") i = source.indexOf("\n", i);
    else if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) {
      if (depth-- === 0) return i;
    } else if ((c === "," || c === ";") && depth === 0) return i;
  }
  return source.length;
}
