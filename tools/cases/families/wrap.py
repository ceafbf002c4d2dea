"""Sums and products of integers wrap: a double would round away the bits that stay."""

import numpy as np
from build import model, node, value
from case import Case

WGSL = {"wgsl": "has no WGSL kernel"}
FLOATS = {"wgsl": "which float32 cannot hold"}
DOUBLES = "ONNX Runtime adds and multiplies integers of a reduction as doubles, and saturates"


def wide(seed, dtype, *shape):
    info = np.iinfo(dtype)
    return np.random.default_rng(seed).integers(info.min, info.max, shape, dtype, endpoint=True)


def cases():
    for dtype, name in ((np.int32, "i32"), (np.int64, "i64")):
        x = wide(1, dtype, 3, 5)
        with np.errstate(over="ignore"):
            sums = {
                "ReduceProd": np.prod(x, axis=1, dtype=dtype, keepdims=True),
                "ReduceSum": np.sum(x, axis=1, dtype=dtype, keepdims=True),
                "ReduceSumSquare": np.sum(x * x, axis=1, dtype=dtype, keepdims=True),
            }
        for op, expected in sums.items():
            axes = {"axes": np.array([1])} if op == "ReduceSum" else None
            attributes = {} if axes else {"axes": [1]}
            made = model([node(op, "x axes" if axes else "x", "y", **attributes)], [value("x", [3, 5], name)], [value("y", None, name)], axes, opset=13)
            yield Case(f"{op.lower()}-{name}", made, {"x": x}, outputs=[expected], exact=True, refused=WGSL, own={"onnx": DOUBLES})
    a, b = wide(2, np.int32, 2, 3, 4), wide(3, np.int32, 4, 5)
    with np.errstate(over="ignore"):
        product = np.matmul(a, b)
    made = model([node("MatMul", "a b", "y")], [value("a", [2, 3, 4], "i32"), value("b", [4, 5], "i32")], [value("y", None, "i32")])
    yield Case("matmul-i32", made, {"a": a, "b": b}, outputs=[product], exact=True, refused=WGSL)
    a, b = wide(4, np.int64, 2, 3, 4), wide(5, np.int64, 4, 5)
    with np.errstate(over="ignore"):
        product = np.matmul(a, b)
    made = model([node("MatMul", "a b", "y")], [value("a", [2, 3, 4], "i64"), value("b", [4, 5], "i64")], [value("y", None, "i64")])
    yield Case("matmul-i64", made, {"a": a, "b": b}, outputs=[product], exact=True, refused=WGSL)
    yield from scattered()


def scattered():
    at = np.array([[3], [0], [3]], np.int64)
    for dtype, name in ((np.int32, "i32"), (np.int64, "i64")):
        x, updates = wide(6, dtype, 4, 2), wide(7, dtype, 3, 2)
        for reduction, combine in (("none", np.add), ("add", np.add), ("mul", np.multiply), ("max", np.maximum), ("min", np.minimum)):
            tuples = at[:2] if reduction == "none" else at
            expected = x.copy()
            with np.errstate(over="ignore"):
                for (to,), update in zip(tuples, updates):
                    expected[to] = update if reduction == "none" else combine(expected[to], update)
            values = [value("x", [4, 2], name), value("u", [len(tuples), 2], name)]
            made = model([node("ScatterND", "x at u", "y", reduction=reduction)], values, [value("y", None, name)], {"at": tuples}, opset=18)
            yield Case(f"scatternd-{reduction}-{name}", made, {"x": x, "u": updates[: len(tuples)]}, outputs=[expected], exact=True, refused=FLOATS)
