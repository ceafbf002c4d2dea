"""NaN goes through what compares, and wins where elements are compared with one another."""

import numpy as np
from build import model, node, value
from case import Case

TYPES = {np.float32: "f32", np.float16: "f16", np.float64: "f64"}
OPS = ("Relu", "HardSigmoid", "HardSwish", "LeakyRelu", "Clip", "Max", "Min")


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
