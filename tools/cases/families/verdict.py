"""What verify must judge right: a network whose every attribute shows, and outputs that are hard to judge."""

import numpy as np
from build import model, node, seeded, value
from case import Case


def reader_network():
    """No two sizes, strides, pads are equal, so that each mistake of a reader shows in an output."""
    constants = {
        "w": seeded(1, 8, 3, 3, 2), "b": seeded(2, 8),
        "s": 1 + 0.1 * seeded(3, 8), "t": seeded(4, 8), "m": seeded(5, 8), "v": np.abs(seeded(6, 8)) + np.float32(0.01),
        "d": seeded(7, 8, 1, 2, 3), "up": np.array([1, 1, 1.5, 2], np.float32), "slope": seeded(8, 8, 1, 1),
        "g": seeded(9, 10, 8), "c": seeded(10, 10),
        "pads": np.array([0, 0, 1, 2, 0, 0, 0, 1], np.int64), "fill": np.float32(0.5),
    }
    nodes = [
        node("Pad", "x pads fill", "p", mode="constant"),
        node("Conv", "p w b", "y1", group=2, pads=[1, 2, 0, 1], strides=[2, 1], dilations=[1, 2]),
        node("BatchNormalization", "y1 s t m v", "y2", epsilon=1e-2),
        node("PRelu", "y2 slope", "a"),
        node("AveragePool", "a", "y3", kernel_shape=[3, 2], strides=[1, 2], pads=[1, 0, 0, 1], count_include_pad=1),
        node("MaxPool", "a", "y4", kernel_shape=[2, 3], strides=[2, 2], pads=[0, 1, 1, 0], ceil_mode=1),
        node("Conv", "a d", "e", group=8, pads=[0, 1, 1, 1]),
        node("LeakyRelu", "e", "f", alpha=0.2),
        node("Resize", ["f", "", "up"], "y5", mode="linear", coordinate_transformation_mode="half_pixel"),
        node("Resize", ["f", "", "up"], "y6", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        node("Transpose", "f", "y7", perm=[0, 2, 3, 1]),
        node("Softmax", "f", "y8", axis=1),
        node("GlobalAveragePool", "f", "h"),
        node("Flatten", "h", "i", axis=1),
        node("Gemm", "i g c", "y9", transB=1, alpha=0.5, beta=2.0),
        node("Elu", "y9", "y10", alpha=0.7),
        node("HardSigmoid", "y9", "y11", alpha=0.3, beta=0.4),
        node("Clip", ["y9", "low", "high"], "y12"),
        node("ReduceMean", "f", "y13", axes=[2], keepdims=0),
        node("Concat", "y9 y10", "y14", axis=1),
    ]
    constants.update(low=np.float32(-0.5), high=np.float32(0.75))
    outputs = [value(f"y{i}", None) for i in range(1, 15)]
    return model(nodes, [value("x", [1, 6, 11, 9])], outputs, constants, opset=17)


def quantized(name, scales, x, ties=False):
    """Q DQ convolution Q DQ in the given scales."""
    sx, sw, sy = (np.float32(s) for s in scales)
    w = np.random.default_rng(3).integers(-7, 8, (4, 3, 3, 3)).astype(np.int8)
    nodes = [
        node("QuantizeLinear", "x sx zx", "xq"), node("DequantizeLinear", "xq sx zx", "xd"),
        node("DequantizeLinear", "w sw zw", "wd"), node("Conv", "xd wd", "c", pads=[1, 1, 1, 1]),
        node("QuantizeLinear", "c sy zx", "q"), node("DequantizeLinear", "q sy zx", "y"),
    ]
    zero = np.int8(0)
    constants = {"sx": sx, "sw": sw, "sy": sy, "zx": zero, "zw": zero, "w": w}
    return Case(name, model(nodes, [value("x", [1, 3, 6, 5])], [value("y", None)], constants), {"x": x}, ties=ties)


def cases():
    yield Case("reader-network", reader_network(), {"x": seeded(20, 1, 6, 11, 9)})
    x = seeded(21, 1, 3, 6, 5)
    yield Case("zero-relu", model([node("Abs", "x", "a"), node("Neg", "a", "n"), node("Relu", "n", "y")],
               [value("x", [1, 3, 6, 5])], [value("y", None)]), {"x": x})
    yield Case("zero-product", model([node("Mul", "x z", "y")], [value("x", [1, 3, 6, 5])], [value("y", None)],
               {"z": np.zeros((1,), np.float32)}), {"x": x})
    # scales that are powers of two: sums fall on ties
    ties = np.round(x * 8).astype(np.float32) / 8
    yield quantized("ties-of-powers-of-two", (0.125, 0.25, 0.0625), ties, ties=True)
    yield quantized("odd-scales", (0.031, 0.0173, 0.0457), x)
    # what a double cannot hold
    big = np.array([2**53 + 1, -(2**62) - 3, 2**63 - 1, -(2**63), 7], np.int64)
    yield Case("int64-beyond-double", model([node("Identity", "x", "i"), node("Neg", "x", "y"), node("Abs", "i", "z")],
               [value("x", [5], "i64")], [value("i", None, "i64"), value("y", None, "i64"), value("z", None, "i64")]),
               {"x": big}, refused={"wgsl": "i64"})
    # batch norms that are not folded: a large mean that cancels
    norm = {"s": seeded(30, 3), "t": seeded(31, 3), "m": 100 + seeded(32, 3), "v": np.abs(seeded(33, 3)) + 1}
    yield Case("large-mean", model([node("BatchNormalization", "x s t m v", "y")], [value("x", [1, 3, 6, 5])],
               [value("y", None)], norm), {"x": 100 + x})
    deep = [node("Conv", f"{'x' if i == 0 else f'r{i-1}'} w{i}", f"c{i}", pads=[1, 1, 1, 1]) for i in range(10)]
    relu = [node("Relu", f"c{i}", f"r{i}" if i < 9 else "y") for i in range(10)]
    weights = {f"w{i}": seeded(40 + i, 8, 3 if i == 0 else 8, 3, 3) / np.float32(6) for i in range(10)}
    yield Case("deep-ten", model([n for pair in zip(deep, relu) for n in pair], [value("x", [1, 3, 6, 5])],
               [value("y", None)], weights), {"x": x}, relative=1e-5)
    yield Case("sigmoid-softmax", model([node("Sigmoid", "x", "s"), node("Exp", "s", "e"), node("Softmax", "e", "y", axis=1)],
               [value("x", [1, 30])], [value("y", None)]), {"x": 20 * seeded(50, 1, 30)})
    yield Case("all-nan-and-infinite", model([node("Div", "x z", "d"), node("Relu", "d", "y")], [value("x", [6])],
               [value("y", None)], {"z": np.zeros((1,), np.float32)}),
               {"x": np.array([1, -1, 0, 2, -0.0, 3], np.float32)})
