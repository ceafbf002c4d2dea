"""What `npm run fuzz:onnx` found, each as the smallest model."""

from __future__ import annotations

import numpy as np
from build import model, node, seeded, value
from case import Case

I64 = np.int64
NAN, INF = np.float32(np.nan), np.float32(np.inf)


def one(name, operation, x, constants=None, opset=17, dtype="f32", outputs=1, **options) -> Case:
    """A model of one node with the input x."""
    names = ["y", "z", "w"][:outputs]
    types = options.pop("types", [None] * outputs)
    made = [value(key, None, kind or dtype) for key, kind in zip(names, types)]
    data = np.asarray(x)
    return Case(name, model([operation], [value("x", data.shape, dtype)], made, constants, opset), {"x": data}, **options)


def axes():
    empty = {"a": np.array([], I64)}
    yield one("squeeze-no-axes", node("Squeeze", "x a", "y"), seeded(1, 1, 3, 1), empty)
    twice = [node("ReduceMax", "c", "s", keepdims=0), node("Unsqueeze", "s a", "u"), node("Add", "x u", "y")]
    constants = {"c": seeded(2, 3), "a": np.array([0, -1], I64)}
    yield Case("unsqueeze-scalar-twice", model(twice, [value("x", (2, 2))], [value("y", None)], constants), {"x": seeded(3, 2, 2)})
    nothing = np.zeros((0, 2), np.float32)
    for name, at in (("first", [0]), ("last", [-1]), ("both", [0, -1])):
        yield one(f"unsqueeze-empty-{name}", node("Unsqueeze", "x a", "y"), nothing, {"a": np.array(at, I64)})
    yield one("squeeze-empty", node("Squeeze", "x a", "y"), nothing[None], {"a": np.array([0], I64)})
    backwards = {"s": np.array([-2], I64), "e": np.array([-(2**31)], I64), "a": np.array([1], I64), "t": np.array([-2], I64)}
    for size in [1, 2, 4]:
        yield one(f"slice-before-first-{size}", node("Slice", "x s e a t", "y"), seeded(4, 2, size), backwards)
    gather = node("Gather", "x i", "y", axis=-1)
    yield one("gather-negative", gather, seeded(5, 2, 5), {"i": np.array([[-1, 0], [-5, 2]], I64)})
    yield one("constant-ints", node("Concat", "x c", "y", axis=0), seeded(6, 2), {"c": seeded(7, 3)})


def truth():
    """ONNX Runtime has no Where of truth values, which Trilu of them is."""
    x = np.array([[1, 0, 1], [1, 1, 1]], bool)
    yield one("trilu-bool", node("Trilu", "x", "y", upper=0), x, opset=14, dtype="bool")


def types():
    half = seeded(1, 2, 3).astype(np.float16)
    pads = {"p": np.array([1, 0, 0, 2], I64), "v": np.float16(1.5)}
    yield one("pad-float16", node("Pad", "x p v", "y"), half, pads, dtype="f16")
    yield one("pad-float16-opset-7", node("Pad", "x", "y", pads=[2, 0, 0, 0], value=-1.5), half, opset=7, dtype="f16")
    numbers = np.array([0.5, NAN, -0.0, 0, INF, -INF], np.float32)
    yield one("cast-nan-to-bool", node("Cast", "x", "y", to=9), numbers, types=["bool"])
    wide = np.array([1899268167, 1921267894, -1985495590, 1377147657], np.int32)
    factor = {"c": np.int32(1448704967)}
    beyond = {"wgsl": "i32"}
    yield one("mul-int32-wraps", node("Mul", "x c", "y"), wide, factor, dtype="i32", exact=True, refused={"wgsl": "which a float32 cannot hold"})
    slopes = {"c": np.array([-3, 7, 1671004949, 5], np.int32)}
    yield one("prelu-int32-wraps", node("PRelu", "x c", "y"), wide, slopes, dtype="i32", refused=beyond)
    for dtype, name in [(np.int32, "i32"), (np.int64, "i64")]:
        x = np.arange(-7, 8).reshape(3, 5).astype(dtype)
        w = {"w": (np.arange(20).reshape(5, 4) - 9).astype(dtype)}
        yield one(f"matmul-{name}", node("MatMul", "x w", "y"), x, w, dtype=name, refused={"wgsl": name})
    for x, name in [(np.array([249, 128, 0, 24], np.uint8), "u8"), (np.array([-100, 100, 0, 1], np.int8), "i8")]:
        yield one(f"shrink-{name}", node("Shrink", "x", "y", lambd=0.5, bias=0.3), x, dtype=name)
    unsigned = {"low": np.uint64(0)}
    yield one("clip-uint64", node("Clip", "x low", "y"), np.array([6, 0, 9], np.uint64), unsigned, dtype="u64", refused={"wgsl": "u64"})
    double = seeded(5, 1, 2, 6).astype(np.float64)
    params = {"s": np.ones(2), "b": np.zeros(2), "m": np.zeros(2), "v": np.full(2, 1e-6)}
    norm = node("BatchNormalization", "x s b m v", "y")
    yield one("batch-norm-epsilon-float64", norm, double, params, dtype="f64", refused={"wgsl": "f64", "c": "f64"})
    yield one("mean-float64", node("ReduceMean", "x", "y", axes=[2]), double, dtype="f64", refused={"wgsl": "f64"})


def half():
    x = (400 * seeded(1, 1, 4, 3, 2)).astype(np.float16)
    yield one("lrn-float16", node("LRN", "x", "y", size=3, alpha=0.5), x, dtype="f16")
    yield one("lp-pool-float16", node("LpPool", "x", "y", kernel_shape=[2, 2], p=2), x, dtype="f16")
    yield one("reduce-l2-float16", node("ReduceL2", "x", "y", axes=[2], keepdims=1), x, dtype="f16")
    scales = {"s": np.float16([1, 2, 3, 4]), "b": np.float16([0, 1, 0, -1])}
    yield one("instance-norm-float16", node("InstanceNormalization", "x s b", "y"), x, scales, dtype="f16")


def masks():
    for opset, kind in [(7, "f32"), (10, "bool"), (12, "bool")]:
        drop = node("Dropout", "x", "y z")
        yield one(f"dropout-mask-opset-{opset}", drop, seeded(1, 2, 3), opset=opset, outputs=2, types=["f32", kind])
    dynamic = node("DynamicQuantizeLinear", "x", "y z w")
    flat = np.zeros((1, 2, 4), np.float32)
    yield one("dynamic-quantize-zeros", dynamic, flat, outputs=3, types=["u8", "f32", "u8"])
    train = node("BatchNormalization", "x s b m v", "y z w", training_mode=1)
    params = {"s": seeded(1, 1), "b": seeded(2, 1), "m": seeded(3, 1), "v": np.abs(seeded(4, 1))}
    yield one("batch-norm-training-vector", train, seeded(5, 5), params, outputs=3)
    edge = (np.arange(-32, 33) / 10).astype(np.float32)
    yield one("hard-swish-near-3", node("HardSwish", "x", "y"), edge)
    yield one("log-of-negative", node("Log", "x", "y"), np.array([-2, -0.0, 0, 1, NAN, INF], np.float32))


def doubles():
    x = seeded(1, 2, 3).astype(np.float64)
    for op in ["Softplus", "Elu", "Mish"]:
        yield one(f"{op.lower()}-float64", node(op, "x", "y"), x, opset=18, dtype="f64", refused={"wgsl": "f64"})

    twice = {"c": np.float64(2)}
    for op in ["Sigmoid", "Tanh"]:
        nodes = [node("Mul", "x c", "m"), node(op, "m", "y")]
        graph = model(nodes, [value("x", (2, 3), "f64")], [value("y", None, "f64")], twice)
        yield Case(f"product-{op.lower()}-float64", graph, {"x": x}, refused={"wgsl": "f64"})
    limited = [node("Max", "x c", "m"), node("Clip", ["m", "", "d"], "y")]
    bounds = {"c": np.int32(-2), "d": np.int32(1)}
    graph = model(limited, [value("x", (6,), "i32")], [value("y", None, "i32")], bounds)
    yield Case("maximum-clip-int32", graph, {"x": np.array([3, -5, 0, 1, 2, -2], np.int32)})


def integers():
    quant = [node("QuantizeLinear", "x s z", "q")]
    constants = {"s": np.float32(0.25), "z": np.int8(3)}
    padded = [*quant, node("Pad", "q p", "y")]
    pads = constants | {"p": np.array([1, 0, 0, 2], I64)}
    yield Case("pad-quantised", model(padded, [value("x", (2, 3))], [value("y", None, "i8")], pads), {"x": seeded(1, 2, 3)})
    picked = [*quant, node("Gather", "q i", "y", axis=-1)]
    indices = constants | {"i": np.array([1, -1], I64)}
    yield Case("gather-quantised", model(picked, [value("x", (2, 3))], [value("y", None, "i8")], indices), {"x": seeded(2, 2, 3)})


def cases():
    yield from edges()
    for part in [axes, truth, types, half, masks, doubles, integers]:
        yield from part()


def edges():
    for name, repeats in (("first", [0, 1, 1]), ("last", [1, 2, 0]), ("between", [0, 2, 0])):
        made = model([node("Tile", "x r", "y")], [value("x", [2, 2, 1])], [value("y", None)], {"r": np.array(repeats)}, opset=14)
        yield Case(f"tile-nothing-{name}", made, {"x": seeded(3, 2, 2, 1)})
    made = model([node("HardSigmoid", "x", "y", alpha=10.0, beta=2.0)], [value("x", [4], "f64")], [value("y", None, "f64")], opset=18)
    yield Case("hardsigmoid-f64", made, {"x": np.array([np.nan, 0.05, -3, 4])}, refused={"wgsl": "f64"})
    # ONNX Runtime divides 0 by 0; ONNX's function adds 1e-9
    for name, shape, axes in (("one", (1, 1, 1, 1), [0, 2, 3]), ("row", (1, 2, 1, 3), [2, -4])):
        made = model([node("MeanVarianceNormalization", "x", "y", axes=axes)], [value("x", list(shape))], [value("y", None)], opset=13)
        x = np.full(shape, -1.5, np.float32)
        yield Case(f"mvn-equal-{name}", made, {"x": x}, outputs=[np.zeros(shape, np.float32)])
    # beside an infinity of weight 0 is NaN, the last element is itself
    x = seeded(7, 1, 1, 5, 4)
    x[0, 0, 1, 1], x[0, 0, 4, 3], x[0, 0, 2, 0] = np.inf, -np.inf, np.nan
    for name, scales in (("x2", [1, 1, 2, 2]), ("x3", [1, 1, 3, 1.5]), ("down", [1, 1, 0.7, 0.4])):
        resize = node("Resize", ["x", "", "s"], "y", mode="linear")
        made = model([resize], [value("x", [1, 1, 5, 4])], [value("y", None)], {"s": np.array(scales, np.float32)}, opset=13)
        yield Case(f"linear-infinity-{name}", made, {"x": x})
