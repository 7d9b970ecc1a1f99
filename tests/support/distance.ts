/**
 * How far computed numbers are from wanted ones.
 * @module
 */
import assert from "node:assert/strict";

/** Relative L2 distance of `got` from `want`; Infinity where one of both is not finite and the other differs. */
export function distance(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Infinity;
  let difference = 0, size = 0;
  for (let i = 0; i < got.length; i++) {
    if (!Number.isFinite(want[i]) || !Number.isFinite(got[i])) {
      if (!Object.is(got[i], want[i])) return Infinity;
      continue;
    }
    difference += (got[i] - want[i]) ** 2;
    size += want[i] ** 2;
  }
  // Against zeros an absolute distance: 1e-6 counts like 1e-4 of one.
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-2);
}

/** Throws when `got` is further from `want` than `most`; `what` says which numbers they are. */
export function close(what: string, got: ArrayLike<number>, want: ArrayLike<number>, most: number): void {
  const d = distance(got, want);
  assert.ok(d <= most, `${what} is off by ${d}\n got ${some(got)}\nwant ${some(want)}`);
}

function some(values: ArrayLike<number>): string {
  return Array.from({ length: Math.min(8, values.length) }, (_, i) => values[i].toPrecision(7)).join(" ") +
    (values.length > 8 ? " ..." : "");
}
