/**
 * Embedding: rows of a table by id, with a gradient that adds the same way whatever the batch looks like.
 * @module
 */
import { IndexError, ShapeError } from "../errors.ts";
import { contiguousStrides, show } from "../tensor/shape.ts";
import { alias, type AnyTensor, type Tensor } from "../tensor/tensor.ts";
import { apply, defineOp, type Op, wantDType } from "./define.ts";
import { HostTensor } from "./host.ts";
import { checkIds } from "./ids.ts";
import { ready } from "./launch.ts";
import { gatherRows, scatterRows } from "./table.ts";

interface EmbeddingAttrs {
  /** Row that gets no gradient, or -1. */
  padding: number;
  /** Read that row as zeros: only in the gradient of the gradient. */
  zero?: boolean;
}

function checkInputs(op: string, ids: AnyTensor, weight: Tensor): void {
  wantDType(op, [ids], "i32");
  wantDType(op, [weight], "f32");
  if (weight.ndim !== 2) {
    throw new ShapeError(`Cannot ${op} with a table ${show(weight.shape)}: wanted [rows, features]`, {
      op,
      shapes: [ids.shape, weight.shape],
    });
  }
  checkIds(op, ids, weight.shape[0], "rows");
}

const embeddingOp: Op<EmbeddingAttrs> = defineOp<EmbeddingAttrs>({
  name: "embedding",
  autocast: "results", // the rows that were asked for, not the table
  forward({ save }, [ids, weight], { padding, zero }) {
    checkInputs("embedding", ids, weight);
    save(ids);
    const shape = [...ids.shape, weight.shape[1]];
    return alias(
      gatherRows(ready(weight), ready(ids), zero ? padding : -1, "embedding") as Tensor,
      shape,
      contiguousStrides(shape),
    );
  },
  backward({ saved: [ids], shapes }, [g], { padding }) {
    return [null, apply(embeddingGradOp, [ids, g!], { padding, rows: shapes[1][0] })];
  },
  reference([ids, weight], { padding, zero }) {
    const d = weight.shape[1], out = new HostTensor([...ids.shape, d]);
    ids.values.forEach((id, i) => {
      if (!zero || id !== padding) out.values.set(weight.values.subarray(id * d, (id + 1) * d), i * d);
    });
    return out;
  },
  samples: [
    ...[1, 3, 7, 65, 257].map((n) => ({
      inputs: [{ shape: [n], dtype: "i32" as const, range: [0, 4] as const }, { shape: [5, 3] }],
      attrs: { padding: -1 },
    })),
    { inputs: [{ shape: [3, 5], dtype: "i32", range: [3, 6] }, { shape: [7, 8] }], attrs: { padding: 2 } },
    { inputs: [{ shape: [], dtype: "i32", range: [0, 6] }, { shape: [7, 4] }], attrs: { padding: -1 } },
    { inputs: [{ shape: [6], dtype: "i32", range: [0, 6] }, { shape: [7, 20] }], attrs: { padding: 3, zero: true } },
  ],
  refusals: [
    {
      inputs: [{ shape: [3], dtype: "i32", range: [0, 1] }, { shape: [5] }],
      attrs: { padding: -1 },
      error: "ShapeError",
    },
    { inputs: [{ shape: [3] }, { shape: [5, 2] }], attrs: { padding: -1 }, error: "DTypeError" },
    {
      inputs: [{ shape: [2], dtype: "i32", values: [0, 5] }, { shape: [5, 2] }],
      attrs: { padding: -1 },
      error: "IndexError",
    },
    {
      inputs: [{ shape: [2], dtype: "i32", values: [0, -1] }, { shape: [5, 2] }],
      attrs: { padding: -1 },
      error: "IndexError",
    },
  ],
});

// The transpose of looking up: rows of g summed by id.
const embeddingGradOp: Op<EmbeddingAttrs & { rows: number }> = defineOp<EmbeddingAttrs & { rows: number }>({
  name: "embeddingGrad",
  forward({ save }, [ids, g], { padding, rows }) {
    save(ids);
    const d = g.shape[g.ndim - 1];
    return scatterRows(alias(ready(g), [ids.numel, d], [d, 1]), ready(ids), rows, padding, "embedding backward");
  },
  backward: (
    { saved: [ids] },
    [g],
    { padding },
  ) => [null, apply(embeddingOp, [ids, g!], { padding, zero: padding >= 0 })],
  reference([ids, g], { padding, rows }) {
    const d = g.shape[g.ndim - 1], out = new HostTensor([rows, d]);
    ids.values.forEach((id, i) => {
      if (id !== padding) { for (let c = 0; c < d; c++) out.values[id * d + c] += g.values[i * d + c]; }
    });
    return out;
  },
  samples: [
    ...[1, 3, 7, 65, 257].map((n) => ({
      inputs: [{ shape: [n], dtype: "i32" as const, range: [0, 4] as const }, { shape: [n, 3] }],
      attrs: { padding: -1, rows: 5 },
    })),
    ...[4, 8, 20].map((d) => ({
      inputs: [{ shape: [31, 9], dtype: "i32" as const, range: [0, 1] as const }, { shape: [31, 9, d] }],
      attrs: { padding: 1, rows: 3 },
    })),
    ...[3, 20].map((d) => ({ // many rows: ids are sorted; row 0 takes some hundred positions
      inputs: [
        {
          shape: [700],
          dtype: "i32" as const,
          values: Array.from({ length: 700 }, (_, i) => Math.max(0, (i * 7919) % 2900 - 900)),
        },
        { shape: [700, d], grad: false },
      ],
      attrs: { padding: -1, rows: 2000 },
    })),
  ],
});

/**
 * Rows of `weight` by id.
 * @param ids i32, any shape [...]
 * @param weight table [rows, features]
 * @param options `paddingIdx`: a row that gets no gradient; negative numbers count from the end
 * @returns [..., features]
 * @throws {IndexError} for an id outside the table: at once when the ids were uploaded, else at the next read
 */
export function embedding(
  ids: Tensor<"i32">,
  weight: Tensor,
  { paddingIdx }: { paddingIdx?: number | null } = {},
): Tensor {
  const rows = weight.shape[0] ?? 0;
  if (paddingIdx != null && !(Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows)) {
    throw new IndexError(
      `Cannot embedding with paddingIdx ${paddingIdx}: the table ${show(weight.shape)} has rows 0 to ${rows - 1}`,
      {
        op: "embedding",
        shapes: [weight.shape],
        value: paddingIdx,
      },
    );
  }
  const padding = paddingIdx == null ? -1 : paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  return apply(embeddingOp, [ids as unknown as Tensor, weight], { padding });
}
