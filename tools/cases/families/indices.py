"""Ops that mask, place and count by positions; sums of products by labels."""

import numpy as np
from build import model, node, seeded, value
from case import Case

I64 = np.int64


def one(name, operation, data, constants=None, opset=18, dtype=None, out="f32", **options) -> Case:
    """A model of one node with the inputs `data`."""
    kinds = {np.dtype(np.float32): "f32", np.dtype(I64): "i64", np.dtype(np.int32): "i32", np.dtype(bool): "bool", np.dtype(np.float16): "f16", np.dtype(np.float64): "f64"}
    inputs = [value(key, array.shape, kinds[array.dtype]) for key, array in data.items()]
    return Case(name, model([operation], inputs, [value("y", None, out)], constants, opset), data, **options)


def trilu():
    for name, attributes, k in (("upper", {}, 0), ("lower", {"upper": 0}, 0), ("upper-2", {}, 2), ("lower-before", {"upper": 0}, -2), ("none", {}, 9)):
        x = seeded(1, 2, 4, 5)
        x[0, 3, 0] = np.inf
        yield one(f"trilu-{name}", node("Trilu", "x k", "y", **attributes), {"x": x}, {"k": np.array(k, I64)})
    yield one("trilu-int64", node("Trilu", "x", "y"), {"x": np.arange(12).reshape(3, 4)}, out="i64")
    yield one("eye-like", node("EyeLike", "x", "y", k=-1, dtype=7), {"x": seeded(2, 3, 5)}, out="i64")


def cumulative():
    x = seeded(3, 2, 5, 3)
    for exclusive in (0, 1):
        for reverse in (0, 1):
            for axis in (1, -1):
                operation = node("CumSum", "x a", "y", exclusive=exclusive, reverse=reverse)
                yield one(f"cumsum-{exclusive}{reverse}-axis-{axis % 3}", operation, {"x": x}, {"a": np.array(axis, np.int32)})
    y = seeded(4, 7)
    y[3] = np.inf
    yield one("cumsum-infinity", node("CumSum", "x a", "y"), {"x": y}, {"a": np.array([0], I64)})
    yield one("cumsum-of-one", node("CumSum", "x a", "y", exclusive=1), {"x": seeded(5, 1, 3)}, {"a": np.array(0, I64)})
    yield one("cumsum-int64", node("CumSum", "x a", "y"), {"x": np.arange(10)}, {"a": np.array(0, I64)}, out="i64")


def reverse_sequence():
    x = seeded(9, 4, 3, 2)
    for name, lengths in (("all", [4, 4, 4]), ("same", [3, 3, 3]), ("own", [1, 4, 2]), ("none", [1, 0, 1])):
        yield one(f"reverse-sequence-{name}", node("ReverseSequence", "x n", "y"), {"x": x}, {"n": np.array(lengths, I64)})
    batch_first = node("ReverseSequence", "x n", "y", time_axis=1, batch_axis=0)
    yield one("reverse-sequence-batch-first", batch_first, {"x": x}, {"n": np.array([3, 1, 2, 3], I64)})


def one_hot():
    values = {"d": np.array(4, I64), "v": np.array([-1, 2], np.float32)}
    indices = np.array([[0, 3, -1], [-4, 4, -5]])
    for axis in (-1, 0, 1):
        yield one(f"one-hot-axis-{axis % 3}", node("OneHot", "x d v", "y", axis=axis), {"x": indices}, values)
    yield one("one-hot-int32", node("OneHot", "x d v", "y"), {"x": np.array([2, 1], np.int32)}, {"d": np.array([3.0], np.float32), "v": np.array([0, 7], np.int32)}, out="i32", outputs=[np.array([[0, 0, 7], [0, 7, 0]], np.int32)])
    yield one("one-hot-float", node("OneHot", "x d v", "y"), {"x": np.array([2.7, -1.2, 0], np.float32)}, values | {"d": np.array(4, np.float32)})


def scatter():
    x, u = seeded(6, 3, 4, 2), seeded(7, 2, 3, 2)
    indices = np.array([0, 3, -1, 2, -4, 1, 1, 0, 2, 2, 3, 0]).reshape(2, 3, 2)
    yield one("scatter-elements", node("ScatterElements", "x i u", "y", axis=1), {"x": x, "i": indices, "u": u}, opset=18)
    yield one("scatter-opset-9", node("Scatter", "x i u", "y", axis=-2), {"x": x, "i": indices, "u": u}, opset=10)
    rows = np.array([[0, 2, 2], [1, 0, -1]], np.int32)
    for reduction in ("add", "mul", "max", "min"):
        yield one(f"scatter-elements-{reduction}", node("ScatterElements", "x i u", "y", axis=0, reduction=reduction), {"x": seeded(8, 3, 3), "i": rows, "u": seeded(9, 2, 3)}, opset=18)
    yield one("scatter-elements-line", node("ScatterElements", "x i u", "y"), {"x": seeded(10, 5), "i": np.array([4, -5]), "u": seeded(11, 2)}, opset=18)


def sizes():
    mask = np.array([[1, 0, 1], [0, 0, 1]], bool)
    nodes = [node("NonZero", "m", "p"), node("Transpose", "p", "t", perm=[1, 0]), node("GatherND", "x t", "y")]
    made = model(nodes, [value("x", (2, 3))], [value("y", None)], {"m": mask})
    yield Case("nonzero-constant", made, {"x": seeded(12, 2, 3)})
    yield one("nonzero-computed", node("NonZero", "x", "y"), {"x": seeded(13, 2, 3)}, out="i64", refused={"read": "depends on the elements"})
    infinite = np.array([np.inf, -np.inf, np.nan, 0], np.float32)
    for name, attributes in (("both", {}), ("above", {"detect_negative": 0}), ("below", {"detect_positive": 0}), ("none", {"detect_negative": 0, "detect_positive": 0})):
        yield one(f"isinf-{name}", node("IsInf", "x", "y", **attributes), {"x": infinite}, out="bool", opset=18)


EQUATIONS = {
    "matmul": ("ij,jk->ik", (3, 4), (4, 5)), "attention": ("bhid,bhjd->bhij", (2, 3, 4, 5), (2, 3, 6, 5)), "heads": ("bnij,bjnd->bind", (2, 3, 4, 4), (2, 4, 3, 5)),
    "outer": ("i,j->ij", (3,), (4,)), "dot": ("i,i->", (5,), (5,)), "implicit": ("kj,ik", (3, 4), (5, 3)), "no-sum": ("bc,bchw->bhcw", (2, 3), (2, 3, 4, 2)),
    "dots": ("...ij,...jk->...ik", (2, 1, 3, 4), (1, 5, 4, 2)), "dots-implicit": ("a...b,b...", (2, 3, 4), (4, 3)), "alone": ("ijk,lj->li", (2, 3, 4), (5, 3)),
    "relative": ("bhwqc,wkc->bhwqk", (1, 2, 3, 4, 5), (3, 6, 5)),
}


def einsum():
    for name, (equation, *shapes) in EQUATIONS.items():
        data = {key: seeded(20 + i, *shape) for i, (key, shape) in enumerate(zip("ab", shapes))}
        yield one(f"einsum-{name}", node("Einsum", list(data), "y", equation=equation), data)
    for name, equation in (("transpose", "ijk->kij"), ("sum", "ijk->j"), ("all", "ijk->"), ("implicit-diagonal-sum", "iji")):
        shape = (3, 4, 3)
        yield one(f"einsum-{name}", node("Einsum", "a", "y", equation=equation), {"a": seeded(30, *shape)})
    yield one("einsum-diagonal", node("Einsum", "a", "y", equation="b i i -> b i"), {"a": seeded(31, 2, 3, 3)})
    three = {"a": seeded(32, 2, 3), "b": seeded(33, 3, 4), "c": seeded(34, 4, 2)}
    yield one("einsum-three", node("Einsum", "a b c", "y", equation="ij,jk,kl->il"), three)
    wrong = {"a": seeded(35, 2, 3), "b": seeded(36, 4, 5)}
    yield one("einsum-sizes-differ", node("Einsum", "a b", "y", equation="ij,jk->ik"), wrong, outputs=[np.zeros(1, np.float32)], refused={"read": "stands for 3 and 4"})


def cases():
    for part in (trilu, cumulative, one_hot, reverse_sequence, scatter, sizes, einsum):
        yield from part()
