"""Ops whose meaning at edges is a choice: PyTorch's forward and gradients at ties, zeros, signs and broadcasts."""

import torch
from torch import Tensor
from torch.nn import functional as F

from .golden_file import GoldenFile, gradients, snake_options, weighted_sum
from .layers import GRID


def op_case(file: GoldenFile, name: str, op: str, function, options: dict, inputs, outputs=("output",), no_grad=()) -> None:
    """`inputs()` draws the tensors in call order; float inputs get gradients unless named in `no_grad`."""
    names: dict[str, list[str]] = {}

    def build(dtype: torch.dtype) -> dict[str, Tensor]:
        given = {k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs().items()}
        for key, value in given.items():
            if value.is_floating_point() and key not in no_grad:
                value.requires_grad_()
        result = function(*given.values(), **snake_options(options))
        found = dict(zip(outputs, result if isinstance(result, tuple) else (result,)))
        names.update(inputs=list(given), outputs=list(found))
        if not any(t.requires_grad for t in found.values()):
            return given | found
        loss, weights = weighted_sum(found, dtype)
        return given | found | weights | gradients(loss, given)

    file.case(name, build, op=op, options=options)
    file.cases[-1].update(names)


def given(**values: object):
    """Inputs with fixed values."""
    return lambda: {k: v if isinstance(v, Tensor) else torch.tensor(v) for k, v in values.items()}


def drawn(**shapes: tuple[int, ...]):
    """Inputs drawn from a normal distribution."""
    return lambda: {k: torch.randn(shape) for k, shape in shapes.items()}


def unary(file: GoldenFile) -> None:
    keras = lambda input: torch.clamp(0.2 * input + 0.5, 0, 1)
    functions = {
        "gelu": F.gelu,
        "silu": F.silu,
        "elu": F.elu,
        "softplus": F.softplus,
        "erf": torch.erf,
        "hardSigmoid": F.hardsigmoid,
        "relu": F.relu,
        "leakyRelu": F.leaky_relu,
        "abs": torch.abs,
        "sign": torch.sign,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "floor": torch.floor,
        "ceil": torch.ceil,
    }
    for name, function in functions.items():
        op_case(file, name, name, function, {}, given(input=GRID))
    away = [-100.0, -3.0, -2.6, -2.4, -1.0, 0.0, 0.3, 2.4, 2.6, 100.0]  # the Keras corners at +-2.5 have no agreed gradient
    op_case(file, "hardSigmoid_keras", "hardSigmoidKeras", keras, {}, given(input=away))
    op_case(file, "elu_alpha", "elu", F.elu, {"alpha": 0.7}, given(input=GRID))
    op_case(file, "leakyRelu_slope", "leakyRelu", F.leaky_relu, {"negativeSlope": 0.3}, given(input=GRID))
    halves = [-3.5, -2.5, -1.5, -0.5, -0.2, 0.0, 0.2, 0.5, 1.5, 2.5, 3.5, 0.49999997, 4194303.5, 8388609.0]
    op_case(file, "round_half_even", "round", torch.round, {}, given(input=halves))
    tiny = [-1e-7, -1e-4, -0.3, 0.0, 1e-10, 1e-7, 1e-4, 0.3, 5.0]
    op_case(file, "expm1", "expm1", torch.expm1, {}, given(input=tiny))
    op_case(file, "log1p", "log1p", torch.log1p, {}, given(input=tiny))
    corners = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]
    op_case(file, "clamp_corners", "clamp", torch.clamp, {"min": -1.0, "max": 1.0}, given(input=corners))
    op_case(file, "clamp_min", "clamp", torch.clamp, {"min": 0.5}, given(input=corners))


def binary(file: GoldenFile) -> None:
    signs = given(input=[7.5, -7.5, 7.5, -7.5, 6.0, -6.0, 0.0, 0.3, -0.3, 5.0], other=[2.0, 2.0, -2.0, -2.0, 3.0, 3.0, 2.5, 1.0, 1.0, -7.0])
    ints = given(input=[7, -7, 7, -7, 6, -6, 0, 5], other=[3, 3, -3, -3, 3, 3, 4, -7])
    op_case(file, "remainder", "remainder", torch.remainder, {}, signs)
    op_case(file, "remainder_i32", "remainder", torch.remainder, {}, ints)
    op_case(file, "fmod", "fmod", torch.fmod, {}, signs)
    op_case(file, "fmod_i32", "fmod", torch.fmod, {}, ints)
    ties = given(input=[1.0, 2.0, 3.0, 0.0, -1.0], other=[1.0, 3.0, 2.0, 0.0, -1.0])
    op_case(file, "maximum_ties", "maximum", torch.maximum, {}, ties)
    op_case(file, "minimum_ties", "minimum", torch.minimum, {}, ties)
    bases = given(input=[-2.0, -0.5, 0.0, 0.5, 1.0, 3.0])
    for exponent in (0.0, 1.0, 2.0, 3.0, -1.0, 0.5):
        whole = exponent == int(exponent) and exponent >= 0
        values = bases if whole else given(input=[0.25, 0.5, 1.0, 3.0])
        op_case(file, f"pow_{exponent:g}", "pow", torch.pow, {"exponent": exponent}, values)
    powers = given(input=[0.5, 2.0, 3.0, 1.0, 0.0], other=[2.0, -1.5, 0.0, 7.0, 2.0])
    op_case(file, "pow_tensor", "pow", torch.pow, {}, powers)
    for name, function in {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div}.items():
        spread = lambda: {"input": torch.randn(2, 1, 3), "other": torch.rand(4, 1) + 0.5}
        op_case(file, f"{name}_broadcast", name, function, {}, spread)
    pick = lambda: {"condition": torch.rand(2, 3) < 0.5, "input": torch.randn(3), "other": torch.randn(2, 1)}
    op_case(file, "where_broadcast", "where", torch.where, {}, pick)
    fill = lambda: {"input": torch.randn(2, 3), "mask": torch.rand(3) < 0.5}
    op_case(file, "maskedFill", "maskedFill", torch.masked_fill, {"value": -1.5}, fill)


def reductions(file: GoldenFile) -> None:
    ties = given(input=[[1.0, 3.0, 3.0, -1.0], [2.0, 2.0, 2.0, 2.0], [0.0, -1.0, 5.0, 5.0]])
    pair = ("output", "indices")
    op_case(file, "argmax_ties", "argmax", torch.argmax, {"dim": 1}, ties)
    op_case(file, "argmin_ties", "argmin", torch.argmin, {"dim": 1}, ties)
    op_case(file, "argmax_all", "argmax", torch.argmax, {}, ties)
    # one dim: value and index, the gradient goes to that one element; amax and the full max share it between ties
    op_case(file, "max_dim_ties", "max", torch.max, {"dim": 1}, ties, pair)
    op_case(file, "min_dim_ties", "min", torch.min, {"dim": 1, "keepdim": True}, ties, pair)
    op_case(file, "max_all_ties", "max", torch.max, {}, ties)
    op_case(file, "amax_ties", "amax", torch.amax, {"dim": [1]}, ties)
    op_case(file, "amin_ties", "amin", torch.amin, {"dim": [0, 1]}, ties)
    zeros = given(input=[[2.0, -3.0, 0.5], [2.0, 0.0, 4.0], [0.0, 5.0, 0.0]])
    op_case(file, "prod_zeros", "prod", torch.prod, {"dim": 1}, zeros)
    op_case(file, "prod_all_zero", "prod", torch.prod, {}, zeros)
    op_case(file, "prod_all", "prod", torch.prod, {}, drawn(input=(2, 3)))
    for correction in (1, 0):
        for name, function in {"std": torch.std, "var": torch.var}.items():
            options = {"correction": correction}
            op_case(file, f"{name}_correction{correction}", name, function, {"dim": [1], **options}, drawn(input=(3, 5)))
            keep = {"dim": [0, 2], "keepdim": True, **options}
            op_case(file, f"{name}_two_dims_correction{correction}", name, function, keep, drawn(input=(2, 3, 4)))
            op_case(file, f"{name}_all_correction{correction}", name, function, options, drawn(input=(3, 4)))
    rows = given(input=[[3.0, -4.0, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, -2.0]])
    for p in (2, 1, 3):
        op_case(file, f"norm_p{p}", "norm", torch.norm, {"p": p, "dim": 1}, rows)
        op_case(file, f"norm_p{p}_all", "norm", torch.norm, {"p": p}, drawn(input=(3, 4)))
    op_case(file, "logsumexp", "logsumexp", torch.logsumexp, {"dim": 1}, drawn(input=(3, 4)))
    op_case(file, "logsumexp_keepdim", "logsumexp", torch.logsumexp, {"dim": 0, "keepdim": True}, drawn(input=(3, 4)))
    op_case(file, "logsumexp_large", "logsumexp", torch.logsumexp, {"dim": 1}, given(input=[[100.0, 99.0, 0.0], [-100.0, -100.0, -100.0]]))
    op_case(file, "mean_two_dims", "mean", torch.mean, {"dim": [0, 2]}, drawn(input=(2, 3, 4)))
    op_case(file, "sum_keepdim", "sum", torch.sum, {"dim": [-1], "keepdim": True}, drawn(input=(2, 3, 4)))
    for dim in (0, 1, 2):
        for name, function in {"softmax": torch.softmax, "logSoftmax": torch.log_softmax}.items():
            op_case(file, f"{name}_dim{dim}", name, function, {"dim": dim}, drawn(input=(2, 3, 4)))
    wide = given(input=[[100.0, 0.0, -100.0], [1e4, 1e4, 9990.0]])
    op_case(file, "softmax_large", "softmax", torch.softmax, {"dim": 1}, wide)
    op_case(file, "logSoftmax_large", "logSoftmax", torch.log_softmax, {"dim": 1}, wide)


def indexing(file: GoldenFile) -> None:
    op_case(file, "cumsum_dim0", "cumsum", torch.cumsum, {"dim": 0}, drawn(input=(4, 3)))
    op_case(file, "cumsum_dim1", "cumsum", torch.cumsum, {"dim": 1}, drawn(input=(2, 5, 2)))
    pair = ("output", "indices")
    op_case(file, "topk", "topk", torch.topk, {"k": 3}, drawn(input=(3, 7)), pair)
    op_case(file, "topk_smallest", "topk", torch.topk, {"k": 2, "largest": False}, drawn(input=(2, 5)), pair)
    ties = given(input=[[2.0, 1.0, 2.0, 1.0, 3.0], [0.0, 0.0, 0.0, -1.0, 0.0]])
    sort = lambda input, **options: tuple(torch.sort(input, stable=True, **options))
    op_case(file, "sort_stable", "sort", sort, {"dim": 1}, ties, pair)
    op_case(file, "sort_stable_descending", "sort", sort, {"dim": 1, "descending": True}, ties, pair)

    index = [[0, 2, 2], [1, 0, 1]]
    spread = lambda: {"input": torch.randn(3, 4), "index": torch.tensor(index), "src": torch.randn(2, 3)}
    scatter = lambda input, index, src, dim: torch.scatter_add(input, dim, index, src)
    for dim in (0, 1):
        op_case(file, f"scatterAdd_dim{dim}", "scatterAdd", scatter, {"dim": dim}, spread)
    pick = lambda: {"input": torch.randn(3, 4), "index": torch.tensor(index)}
    gather = lambda input, index, dim: torch.gather(input, dim, index)
    for dim in (0, 1):
        op_case(file, f"gather_dim{dim}", "gather", gather, {"dim": dim}, pick)
    rows = lambda: {"input": torch.randn(3, 4, 2), "index": torch.tensor([2, 0, 2])}
    select = lambda input, index, dim: torch.index_select(input, dim, index)
    for dim in (0, 1):
        op_case(file, f"indexSelect_dim{dim}", "indexSelect", select, {"dim": dim}, rows)
    one_hot = lambda input, num_classes: F.one_hot(input, num_classes)
    op_case(file, "oneHot", "oneHot", one_hot, {"numClasses": 4}, given(input=[[3, 0], [1, 3]]))
    op_case(file, "pad", "pad", F.pad, {"pad": [1, 2], "value": 0.5}, drawn(input=(2, 3)))
    op_case(file, "pad_two_dims", "pad", F.pad, {"pad": [0, 1, 2, 0]}, drawn(input=(2, 3, 2)))
    for diagonal in (-1, 0, 2):
        for name, function in {"tril": torch.tril, "triu": torch.triu}.items():
            op_case(file, f"{name}_{diagonal}", name, function, {"diagonal": diagonal}, drawn(input=(2, 3, 4)))


def products(file: GoldenFile) -> None:
    einsum = lambda *operands, equation: torch.einsum(equation, *operands)
    patterns = {
        "ij,jk->ik": [(2, 3), (3, 4)],
        "bij,bjk->bik": [(2, 3, 4), (2, 4, 2)],
        "bqhd,bkhd->bhqk": [(2, 3, 2, 4), (2, 5, 2, 4)],
        "bi,oij,bj->bo": [(2, 3), (4, 3, 2), (2, 2)],
        "i,j->ij": [(3,), (4,)],
        "ij->ji": [(2, 3)],
        "ijk->j": [(2, 3, 4)],
        "ij,ij->": [(2, 3), (2, 3)],
        "ij,kj->ki": [(2, 3), (4, 3)],
    }
    for equation, shapes in patterns.items():
        operands = drawn(**{f"operand{i}": shape for i, shape in enumerate(shapes)})
        op_case(file, f"einsum_{equation}", "einsum", einsum, {"equation": equation}, operands)
    matmuls = {
        "batched": ((3, 2, 4), (3, 4, 5)),
        "broadcast": ((3, 1, 2, 4), (5, 4, 3)),
        "broadcast_left": ((2, 4), (3, 4, 2)),
        "broadcast_one": ((1, 2, 4), (3, 4, 2)),
        "vectors": ((4,), (4,)),
        "matrix_vector": ((3, 4), (4,)),
        "vector_batch": ((4,), (3, 4, 2)),
        "batch_vector": ((2, 3, 4), (4,)),
    }
    for name, (left, right) in matmuls.items():
        op_case(file, f"matmul_{name}", "matmul", torch.matmul, {}, drawn(input=left, other=right))


def make() -> GoldenFile:
    file = GoldenFile("ops")
    unary(file)
    binary(file)
    reductions(file)
    indexing(file)
    products(file)
    return file
