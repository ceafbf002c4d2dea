"""Axes, pads, sizes, repeats, counts and indices as exporters give them: initializers, Constant nodes, arithmetic."""

import numpy as np
from build import model, node, seeded, value
from case import Case
from onnx import helper

ints = lambda *values: np.array(values, np.int64)
X, Y = value("x", [2, 3, 4]), value("y", None)
TOP, BOTTOM = 2**63 - 1, -(2**63)


def case(name, nodes, constants=None, opset=17, dtype="f32", **options):
    graph = model(nodes, [X], [value("y", None, dtype)], constants, opset)
    return Case(name, graph, {"x": seeded(len(name), 2, 3, 4)}, **options)


def minus(result: str, *values: int):
    """A Constant node of the negated values, negated again: arithmetic that folds to them."""
    return [node("Constant", "", f"{result}_c", value_ints=[-one for one in values]), node("Neg", f"{result}_c", result)]


def arithmetic():
    """Up to 2^24 a float32 holds the results, of divisions and remainders of either sign too; 16 bits wrap."""
    a, b = np.array([7, -7, 16777210, -3, 0, 4000, 9]), np.array([-2, 3, 5, -3, 4, 4000, 0])
    for kind, name in ((np.int64, "i64"), (np.int32, "i32")):
        for op in ("Add", "Sub", "Mul", "Div", "Mod"):
            x, y = (a, b) if op in ("Add", "Sub") else (a[:-1], b[:-1])
            if op == "Mul":
                x = x.clip(-4000, 4000)
            # a result of 2^24 - 1, which it still is, and one beyond
            made = model([node(op, "a b", "y")], [value("a", x.shape, name), value("b", x.shape, name)], [value("y", None, name)])
            yield Case(f"{op.lower()}-{name}", made, {"a": x.astype(kind), "b": y.astype(kind)}, exact=True)
    far = {"a": ints(16777215, 3), "b": ints(1, 2)}
    made = model([node("Add", "a b", "s"), node("Sub", "s b", "y")], [value("a", [2], "i64"), value("b", [2], "i64")], [value("y", None, "i64")])
    yield Case("sum-beyond-float32-and-back", made, far, refused={"wgsl": "beyond 2^24"})
    halves = np.array([300, -300, 181], np.int16)
    made = model([node("Mul", "a a", "y")], [value("a", [3], "i16")], [value("y", None, "i16")])
    yield Case("mul-i16-wraps", made, {"a": halves}, outputs=[halves * halves])
    made = model([node("Relu", "a", "y")], [value("a", [3], "i64")], [value("y", None, "i64")], opset=18)
    yield Case("relu-i64", made, {"a": ints(3, 0, -2)}, refused={"wgsl": "has no WGSL kernel"})


def deep_sums():
    """More products of 8 bits than float32 adds exactly. int8 weights of seven bits: ONNX Runtime adds two products in 16."""
    random = np.random.default_rng(5)
    u8 = lambda *shape: random.integers(0, 256, shape).astype(np.uint8)
    s7 = lambda *shape: random.integers(-63, 64, shape).astype(np.int8)
    out = [value("y", None, "i32")]
    for name, depth, group, kernel, weight in (("", 64, 1, 3, u8), ("-groups", 40, 2, 3, s7), ("-pointwise", 600, 1, 1, u8), ("-depthwise", 1, 3, 3, s7)):
        x, w = u8(1, depth * group, 6, 6), weight(2 * group, depth, kernel, kernel)
        constants = {"w": w, "xz": np.uint8(7), "wz": np.array(3, w.dtype)}
        conv = node("ConvInteger", "x w xz wz", "y", group=group, pads=[kernel // 2] * 4, strides=[1, 2])
        yield Case(f"conv-integer-deep{name}", model([conv], [value("x", x.shape, "u8")], out, constants), {"x": x}, exact=True)
    for name, axes, how in (("line", [9], {"strides": [2]}), ("volume", [4, 3, 5], {"pads": [1, 0, 1, 0, 1, 1]})):
        x, w = u8(1, 4, *axes), s7(6, 2, *[3 if size > 3 else 2 for size in axes])
        made = model([node("ConvInteger", "x w xz wz", "y", group=2, **how)], [value("x", x.shape, "u8")], out, {"w": w, "xz": np.uint8(7), "wz": np.int8(3)})
        yield Case(f"conv-integer-{name}", made, {"x": x}, exact=True)
    a, b = u8(2, 3, 600), s7(600, 5)
    made = model([node("MatMulInteger", "x w xz wz", "y")], [value("x", a.shape, "u8")], out, {"w": b, "xz": np.uint8(9), "wz": s7(5)})
    yield Case("matmul-integer-deep", made, {"x": a}, exact=True)


def cases():
    yield from arithmetic()
    yield from deep_sums()
    yield case("unsqueeze-from-end", [*minus("a", -1, 0), node("Unsqueeze", "x a", "y")])
    yield case("squeeze-from-end", [node("Unsqueeze", "x one", "t"), *minus("a", -3), node("Squeeze", "t a", "y")], {"one": ints(1)})
    yield case("reduce-axes-from-end", [*minus("a", -1, -3), node("ReduceSum", "x a", "y", keepdims=0)])
    yield case("reduce-axes-opset18", [*minus("a", -2), node("ReduceMax", "x a", "y")], opset=18)
    yield case("pads-with-axes", [*minus("p", 1, 0, 2, 1), node("Pad", ["x", "p", "", "axes"], "y")], {"axes": ints(-1, 0)}, opset=18)
    yield case("split-sizes", [*minus("s", 1, 3), node("Split", "x s", "a b", axis=-1), node("Concat", "b a", "y", axis=-1)])
    yield case("reshape-copy-and-rest", [*minus("s", 0, -1, 2), node("Reshape", "x s", "y")])
    yield case("expand", [*minus("s", 2, 1, 1, 4), node("Expand", "x s", "y")])
    yield case("tile", [*minus("r", 1, 2, 3), node("Tile", "x r", "y")])
    yield case("gather-from-end", [*minus("i", -1, 0, -3), node("Gather", "x i", "y", axis=1)])
    yield case("top-k", [*minus("k", 2), node("TopK", "x k", "y i", axis=-1)])
    yield case("resize-sizes", [*minus("s", 2, 3, 8), node("Resize", ["x", "", "", "s"], "y", mode="nearest")])
    yield case("range", [node("Constant", "", "a", value_int=7), node("Constant", "", "b", value_int=-3), node("Constant", "", "d", value_int=-3),
                         node("Range", "a b d", "r"), node("Cast", "r", "f", to=1), node("Mul", "x f", "y")])
    # 2^40 * 2^20 / 2^60 = 1, through numbers that a double has and one that it has not
    yield case("beyond-doubles-and-back", [node("Constant", "", "a", value_ints=[2**40 + 1]), node("Constant", "", "b", value_ints=[2**20 + 1]), node("Mul", "a b", "p"),
                                           node("Sub", "p q", "r"), node("Unsqueeze", "x r", "y")], {"q": ints((2**40 + 1) * (2**20 + 1) - 2)})
    yield case("shape-start-end", [node("Shape", "x", "s", start=BOTTOM, end=TOP), node("Reshape", "x s", "y")])
    yield case("fill-of-int64-max", [node("ConstantOfShape", "s", "f", value=helper.make_tensor("v", 7, [1], [TOP])), node("Cast", "x", "i", to=7), node("Max", "i f", "y")],
               {"s": ints(2, 3, 4)}, dtype="i64", refused={"wgsl": "cannot hold"})
    clip = model([node("Clip", "x low high", "y")], [value("x", [4], "i64")], [value("y", None, "i64")], {"low": np.int64(0), "high": np.int64(TOP)})
    yield Case("clamp-at-zero", clip, {"x": ints(-5, 0, TOP, BOTTOM)}, refused={"wgsl": ""})
    for name, nodes, constants in [
        ("expand-to-int64-max", [node("Expand", "x s", "y")], {"s": ints(TOP, 2, 3, 4)}),
        ("reshape-to-int64-max", [node("Reshape", "x s", "y")], {"s": ints(TOP)}),
        ("split-of-int64-max", [node("Split", "x s", "y z")], {"s": ints(TOP, 1)}),
        ("top-int64-max", [node("TopK", "x s", "y z")], {"s": ints(TOP)}),
        ("resize-to-int64-max", [node("Resize", ["x", "", "", "s"], "y")], {"s": ints(2, 3, TOP)}),
        ("squeeze-int64-min", [node("Squeeze", "x s", "y")], {"s": ints(BOTTOM)}),
    ]:
        yield case(name, nodes, constants, outputs=[seeded(1, 2)], refused={"read": "below 2^53"})
