/**
 * Einstein summation, made of diagonal, sum, permute, reshape and batched matmul.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { contiguousStrides, show } from "../tensor/shape.ts";
import { alias, empty, type Tensor } from "../tensor/tensor.ts";
import { mul } from "./binary.ts";
import { fillBits } from "./creation.ts";
import { apply, defineOp, type Op } from "./define.ts";
import { forEachIndex, hostStrided, HostTensor } from "./host.ts";
import { writeStrided } from "./launch.ts";
import { matmul } from "./matmul.ts";
import { permute, reshape } from "./movement.ts";
import { sum } from "./sum.ts";

/** Which dims merge into one: the diagonal over `a` and `b` stands at `a`, `b` disappears. */
interface DiagonalAttrs {
  a: number;
  b: number;
}

function diagonalStrides(strides: readonly number[], { a, b }: DiagonalAttrs): number[] {
  return strides.map((s, i) => i === a ? s + strides[b] : s).filter((_, i) => i !== b);
}

const diagonalOp: Op<DiagonalAttrs> = defineOp<DiagonalAttrs>({
  name: "diagonal",
  forward: (_, [x], attrs) => alias(x, x.shape.filter((_, i) => i !== attrs.b), diagonalStrides(x.strides, attrs)),
  backward: ({ shapes }, [g], attrs) => [apply(diagonalScatterOp, [g!], { ...attrs, shape: shapes[0] })],
  reference: ([x], attrs) =>
    hostStrided(x, x.shape.filter((_, i) => i !== attrs.b), diagonalStrides(contiguousStrides(x.shape), attrs), 0),
  samples: [{ inputs: [{ shape: [3, 2, 3] }], attrs: { a: 0, b: 2 } }],
});

const diagonalScatterOp: Op<DiagonalAttrs & { shape: readonly number[] }> = defineOp<
  DiagonalAttrs & { shape: readonly number[] }
>({
  name: "diagonalScatter",
  forward({ device }, [x], { shape, ...attrs }) {
    const out = empty(device, shape, "f32");
    fillBits(out, 0);
    writeStrided(x, out, diagonalStrides(out.strides, attrs));
    return out;
  },
  backward: (_, [g], { a, b }) => [apply(diagonalOp, [g!], { a, b })],
  reference([x], { shape, ...attrs }) {
    const out = new HostTensor(shape), strides = diagonalStrides(contiguousStrides(shape), attrs);
    forEachIndex(x.shape, (index, i) => out.values[index.reduce((n, v, d) => n + v * strides[d], 0)] = x.values[i]);
    return out;
  },
  samples: [{ inputs: [{ shape: [3, 2] }], attrs: { a: 0, b: 2, shape: [3, 2, 3] } }],
});

interface Labelled {
  t: Tensor;
  labels: string[];
}

/**
 * Sums products over named dims: `einsum("bij,bjk->bik", a, b)`. Without `->` the result has the labels that appear
 * once, in alphabetical order. A label repeated inside one operand takes its diagonal.
 * @throws {ValueError} for an equation that cannot be read
 * @throws {ShapeError} when the operands do not fit the equation
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const [left, right] = equation.replace(/\s+/g, "").split("->");
  const inputs = left.split(",");
  if (!/^[a-zA-Z,]*$/.test(left) || (right !== undefined && !/^[a-zA-Z]*$/.test(right))) {
    throw new ValueError(`Cannot einsum ${JSON.stringify(equation)}: wanted letters, commas and one "->"`, {
      op: "einsum",
      value: equation,
    });
  }
  if (inputs.length !== operands.length) {
    throw new ShapeError(
      `Cannot einsum ${JSON.stringify(equation)}: it names ${inputs.length} operands, ${operands.length} were given`,
      { op: "einsum" },
    );
  }
  const size = new Map<string, number>();
  inputs.forEach((labels, i) => {
    const { shape } = operands[i];
    if (labels.length !== shape.length) {
      throw new ShapeError(
        `Cannot einsum ${JSON.stringify(equation)}: operand ${i} ${
          show(shape)
        } has ${shape.length} dims, ${labels} names ${labels.length}`,
        {
          op: "einsum",
          shapes: operands.map((t) => t.shape),
        },
      );
    }
    [...labels].forEach((label, d) => {
      const known = size.get(label) ?? shape[d];
      if (known !== shape[d]) {
        throw new ShapeError(
          `Cannot einsum ${JSON.stringify(equation)}: ${label} is ${known} in one place and ${
            shape[d]
          } in operand ${i} ${show(shape)}`,
          { op: "einsum", shapes: operands.map((t) => t.shape) },
        );
      }
      size.set(label, known);
    });
  });
  const once = [...new Set(left.replaceAll(",", ""))].filter((l) => left.split(l).length === 2).sort();
  const output = right === undefined ? once : [...right];
  if (new Set(output).size !== output.length || output.some((l) => !size.has(l))) {
    throw new ValueError(
      `Cannot einsum ${JSON.stringify(equation)}: every label of the result must appear once there and in an operand`,
      { op: "einsum", value: equation },
    );
  }
  let list = operands.map((t, i): Labelled => diagonals({ t, labels: [...inputs[i]] }));
  list = list.map((item, i) =>
    sumOut(item, (l) => output.includes(l) || list.some((other, j) => j !== i && other.labels.includes(l)))
  );
  while (list.length > 1) {
    const [a, b, ...rest] = list;
    list = [contract(a, b, size, (l) => output.includes(l) || rest.some((other) => other.labels.includes(l))), ...rest];
  }
  const { t, labels } = sumOut(list[0], (l) => output.includes(l));
  const order = output.map((l) => labels.indexOf(l));
  return order.every((d, i) => d === i) ? t : permute(t, order);
}

function diagonals({ t, labels }: Labelled): Labelled {
  for (let a = 0; a < labels.length; a++) {
    for (let b = labels.lastIndexOf(labels[a]); b > a; b = labels.lastIndexOf(labels[a])) {
      t = apply(diagonalOp, [t], { a, b });
      labels = labels.filter((_, i) => i !== b);
    }
  }
  return { t, labels };
}

function sumOut({ t, labels }: Labelled, wanted: (label: string) => boolean): Labelled {
  const dim = labels.flatMap((l, i) => wanted(l) ? [] : [i]);
  return dim.length === 0 ? { t, labels } : { t: sum(t, { dim }), labels: labels.filter(wanted) };
}

/** One pair as a batched matmul: [batch, rows, inner] x [batch, inner, columns]. */
function contract(
  a: Labelled,
  b: Labelled,
  size: ReadonlyMap<string, number>,
  wanted: (label: string) => boolean,
): Labelled {
  const both = a.labels.filter((l) => b.labels.includes(l));
  const batch = both.filter(wanted), inner = both.filter((l) => !wanted(l));
  const rows = a.labels.filter((l) => !both.includes(l)), columns = b.labels.filter((l) => !both.includes(l));
  const count = (labels: readonly string[]) => labels.reduce((n, l) => n * size.get(l)!, 1);
  const lay = ({ t, labels }: Labelled, order: readonly string[], shape: readonly number[]) =>
    reshape(permute(t, order.map((l) => labels.indexOf(l))), shape);
  const x = lay(a, [...batch, ...rows, ...inner], [count(batch), count(rows), count(inner)]);
  const y = lay(b, [...batch, ...inner, ...columns], [count(batch), count(inner), count(columns)]);
  const labels = [...batch, ...rows, ...columns];
  const product = inner.length === 0 && columns.length === 0 ? mul(x, y) : matmul(x, y);
  return { t: reshape(product, labels.map((l) => size.get(l)!)), labels };
}
