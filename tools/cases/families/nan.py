"""NaN goes through what compares, and wins where elements are compared with one another."""

import numpy as np
from build import model, node, value
from case import Case

TYPES = {np.float32: "f32", np.float16: "f16", np.float64: "f64"}
OPS = ("Relu", "HardSigmoid", "HardSwish", "LeakyRelu", "Clip", "Max", "Min", "Sign")


def cases():
    for kind, name in TYPES.items():
        x = np.array([1, np.nan, -1, np.nan, 2, -3, 0.25, 4], kind)
        for op in OPS:
            if kind == np.float64 and op.startswith("Hard"):
                continue
            constants = {"Clip": {"a": np.array(0, kind), "b": np.array(1, kind)}}.get(op)
            if op in ("Max", "Min"):
                constants = {"a": np.array([np.nan, 0, 0, 0, 0, 0, 0, 1], kind)}
            inputs = " ".join(["x", *(constants or {})])
            made = model([node(op, inputs, "y")], [value("x", [8], name)], [value("y", None, name)], constants, opset=17)
            refused = {"wgsl": "f64"} if name == "f64" else {}
            yield Case(f"{op.lower()}-{name}", made, {"x": x}, refused=refused)
    image = np.arange(32, dtype=np.float32).reshape(1, 1, 4, 8) / 8
    image[0, 0, 1, 2] = np.nan
    made = model([node("AveragePool", "x", "y", kernel_shape=[2, 2], strides=[2, 2])], [value("x", [1, 1, 4, 8])], [value("y", None)])
    yield Case("averagepool-f32", made, {"x": image})
    yield from extremes()
    yield from powers_and_softmax()
    yield from infinite()
    yield from scattered()


DROPS = "ONNX Runtime's maxima keep or drop NaN by its place in a vector"
NAN = np.nan


def extremes():
    """Of maxima and minima ONNX Runtime's own answer is no measure: NumPy's is, NaN wins."""
    for kind, name in TYPES.items():
        lines = np.array([[1, NAN, 3, -1], [NAN, 1, 2, 3], [4, 3, 2, NAN], [5, -6, np.inf, 0], [NAN] * 4], kind)
        for op, best in (("ReduceMax", np.max), ("ReduceMin", np.min)):
            for axis in (0, 1):
                nodes = [node(op, "x", "y", axes=[axis], keepdims=0)]
                yield own(f"{op.lower()}-{axis}-{name}", nodes, lines, name, best(lines, axis=axis))
        image = (np.arange(2 * 6 * 5) % 17 - 8).reshape(1, 2, 6, 5).astype(kind)
        image[0, 0, 0, 0] = image[0, 0, 3, 4] = image[0, 1, 5, 2] = NAN
        yield own(f"globalmaxpool-{name}", [node("GlobalMaxPool", "x", "y")], image, name, image.max((2, 3), keepdims=True))
        pooled = node("MaxPool", "x", "y", kernel_shape=[3, 2], strides=[1, 1])
        windows = np.lib.stride_tricks.sliding_window_view(image, (3, 2), axis=(2, 3))
        yield own(f"maxpool-{name}", [pooled], image, name, windows.max((4, 5)))
    line = np.array([[[NAN, 1, 2, 3, NAN, 5, 6, 7]]], np.float32)
    made = [node("MaxPool", "x", "y", kernel_shape=[2], strides=[2])]
    yield own("maxpool-line", made, line, "f32", line.reshape(1, 1, 4, 2).max(3))
    whole = np.array([[1, NAN, np.inf, -1], [1, 2, 3, np.inf], [-np.inf] * 4], np.float32)
    expected = np.array([[NAN], [np.inf], [-np.inf]], np.float32)
    yield own("reducelogsumexp", [node("ReduceLogSumExp", "x", "y", axes=[1])], whole, "f32", expected)


def own(name, nodes, x, dtype, expected):
    made = model(nodes, [value("x", list(x.shape), dtype)], [value("y", None, dtype)], opset=13)
    refused = {"wgsl": "f64"} if dtype == "f64" else {}
    return Case(name, made, {"x": x}, outputs=[expected.astype(x.dtype)], own={"onnx": DROPS}, refused=refused)


def powers_and_softmax():
    base = np.array([-0.0, -0.0, -0.0, 0.0, -np.inf, -np.inf, -np.inf, NAN, NAN, NAN, -2, -2], np.float32)
    power = np.array([-1, 3, -2, -1, 0.5, 3, -3, 1, 0, 2.5, 3, 2.5], np.float32)
    values = [value("a", [12]), value("b", [12])]
    made = model([node("Pow", "a b", "y")], values, [value("y", None)])
    yield Case("pow-edges", made, {"a": base, "b": power})
    x = np.array([[1, NAN, 3], [NAN, 1, 2], [1, 2, NAN], [1, 2, 3], [NAN] * 3], np.float32)
    for axis in (0, 1):
        made = model([node("Softmax", "x", "y", axis=axis)], [value("x", [5, 3])], [value("y", None)])
        yield Case(f"softmax-{axis}", made, {"x": x})


def infinite():
    """C's pow has limits where JavaScript has NaN; a row whose largest element is an infinity is NaN."""
    base = [1, 1, 1, -1, -1, -1, 0.5, -0.5, 2, -2, 0, -0.0, np.inf, -np.inf, NAN, 2, 0.5, 2, NAN, -3]
    power = [np.inf, -np.inf, NAN, np.inf, -np.inf, NAN, np.inf, -np.inf, -np.inf, np.inf, np.inf, -np.inf, -np.inf, np.inf, 0, NAN, -np.inf, np.inf, np.inf, 0]
    for kind, name in TYPES.items():
        a, b = np.array(base, kind), np.array(power, kind)
        refused = {"wgsl": "f64"} if name == "f64" else {}
        values = [value("a", [20], name), value("b", [20], name)]
        yield Case(f"pow-limits-{name}", model([node("Pow", "a b", "y")], values, [value("y", None, name)]), {"a": a, "b": b}, refused=refused)
        for limit, what in ((np.inf, "infinity"), (NAN, "nan")):
            made = model([node("Pow", "a b", "y")], values[:1], [value("y", None, name)], {"b": np.array(limit, kind)})
            yield Case(f"pow-to-{what}-{name}", made, {"a": a}, refused=refused)
        made = model([node("Pow", "a b", "y")], values[1:], [value("y", None, name)], {"a": np.array(1, kind)})
        yield Case(f"pow-of-one-{name}", made, {"b": b}, refused=refused)
        rows = np.array([[1, np.inf, 3], [-np.inf] * 3, [-np.inf, 1, 2], [np.inf, np.inf, 0], [np.inf, -np.inf, NAN], [1, 2, 3]], kind)
        for op in ("Softmax", "LogSoftmax"):
            for axis in (0, 1):
                made = model([node(op, "x", "y", axis=axis)], [value("x", [6, 3], name)], [value("y", None, name)])
                own = [log_softmax(rows, axis)] if op == "LogSoftmax" and name == "f64" else None
                yield Case(f"{op.lower()}-infinite-{axis}-{name}", made, {"x": rows}, outputs=own, refused=refused)
    x = np.array([NAN, np.inf, -np.inf, 0, -0.0, 1, -1, NAN, 90, -90, 20, -20], np.float32)
    nodes = [node(op, "x", op) for op in FUNCTIONS]
    yield Case("functions-f32", model(nodes, [value("x", [12])], [value(op, None) for op in FUNCTIONS], opset=20), {"x": x})


FUNCTIONS = ("Exp", "Sigmoid", "Softplus", "Tanh", "Erf", "Elu", "Celu", "Selu", "Log", "Sqrt", "Reciprocal", "Floor", "Sign")


def log_softmax(x, axis):
    """NaN in all of a row whose largest element is an infinity, as of float32; ONNX Runtime has -infinity in some of float64."""
    with np.errstate(invalid="ignore"):
        shifted = x - x.max(axis, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def scattered():
    """As in PyTorch NaN wins; ONNX Runtime keeps an old one and drops a new one."""
    at = np.array([[0], [2], [3], [5]], np.int64)
    for kind, name in TYPES.items():
        x = np.array([1, NAN, NAN, 2, NAN, -1], kind)
        updates = np.array([NAN, 3, 5, -np.inf], kind)
        for reduction, best in (("max", np.maximum), ("min", np.minimum)):
            expected = x.copy()
            expected[at[:, 0]] = best(x[at[:, 0]], updates)
            values = [value("x", [6], name), value("u", [4], name)]
            made = model([node("ScatterND", "x at u", "y", reduction=reduction)], values, [value("y", None, name)], {"at": at}, opset=18)
            refused = {"wgsl": "f64"} if name == "f64" else {}
            yield Case(f"scatternd-{reduction}-{name}", made, {"x": x, "u": updates}, outputs=[expected], own={"onnx": DROPS}, refused=refused)
