"""Networks over lines [N,C,L]: as images of height 1, but written with one number for each axis."""

from __future__ import annotations

import numpy as np
from build import model, node, seeded, value
from case import Case

def net(name, nodes, shapes, constants=None, opset=17, outputs=(("y", None),), **options) -> Case:
    inputs = {key: seeded(i + 7, *shape) for i, (key, shape) in enumerate(shapes.items())}
    declared = [value(key, shape) for key, shape in shapes.items()]
    results = [value(out, shape) for out, shape in outputs]
    return Case(name, model(nodes, declared, results, constants, opset), inputs, **options)


def norm(seed: int, channels: int, prefix: str = "") -> dict[str, np.ndarray]:
    s, b, m, v = (seeded(seed + i, channels) for i in range(4))
    return {f"{prefix}s": s, f"{prefix}b": b, f"{prefix}m": m, f"{prefix}v": np.abs(v) + 0.1}


def conv(name, x, w, **attributes) -> Case:
    return net(name, [node("Conv", "x w b", "y", **attributes)], {"x": x}, {"w": seeded(1, *w), "b": seeded(2, w[0])})


def convolutions():
    yield conv("conv-stride-dilation", (2, 3, 17), (4, 3, 3), strides=[2], dilations=[2], pads=[3, 1])
    yield conv("conv-grouped", (1, 6, 9), (4, 3, 2), group=2)
    yield conv("conv-depthwise", (1, 5, 12), (5, 1, 5), group=5, pads=[2, 2])
    yield conv("conv-multiplier-2", (1, 3, 10), (6, 1, 3), group=3, pads=[1, 1])
    yield conv("conv-same-upper", (1, 2, 11), (3, 2, 4), auto_pad="SAME_UPPER", strides=[2])
    yield conv("conv-same-lower", (1, 2, 11), (3, 2, 4), auto_pad="SAME_LOWER", strides=[2])
    yield conv("conv-pointwise", (2, 7, 5), (9, 7, 1))
    yield conv("conv-length-1", (1, 4, 1), (3, 4, 3), pads=[1, 1])
    for name, attributes, x, w in [
        ("transpose-stride-2", dict(strides=[2], pads=[1, 1], output_padding=[1]), (1, 4, 7), (4, 3, 3)),
        ("transpose-k2s2", dict(strides=[2]), (2, 4, 5), (4, 3, 2)),
        ("transpose-grouped", dict(strides=[3], group=2), (1, 4, 5), (4, 2, 4)),
        ("transpose-dilated", dict(dilations=[2], pads=[1, 0]), (1, 2, 6), (2, 3, 3)),
    ]:
        yield net(name, [node("ConvTranspose", "x w", "y", **attributes)], {"x": x}, {"w": seeded(3, *w)})
    weights = [node("Conv", "x w", "y", pads=[1, 1])]
    refused = {"wgsl": "expects constant weights", "c": "expects constant float32 weights"}
    yield net("conv-computed-weight", weights, {"x": (1, 2, 8), "w": (3, 2, 3)}, refused=refused)
    shared = [node("Conv", "x w", "a"), node("Conv", "a w", "y")]
    yield net("conv-shared-weight", shared, {"x": (1, 3, 9)}, {"w": seeded(4, 3, 3, 3)})
    length = [node("Conv", "x w", "a", pads=[1, 1]), node("Relu", "a", "y")]
    symbolic = model(length, [value("x", (1, 2, "length"))], [value("y", None)], {"w": seeded(5, 3, 2, 3)})
    yield Case("conv-symbolic-length", symbolic, {"x": seeded(6, 1, 2, 13)}, bind={"length": 13})


def pools():
    for name, op, attributes in [
        ("max-pool", "MaxPool", dict(kernel_shape=[3], strides=[2], pads=[1, 1])),
        ("max-pool-ceil-dilated", "MaxPool", dict(kernel_shape=[2], strides=[3], dilations=[2], ceil_mode=1)),
        ("average-pool", "AveragePool", dict(kernel_shape=[3], strides=[2], pads=[1, 1])),
        ("average-pool-counted", "AveragePool", dict(kernel_shape=[4], pads=[2, 1], count_include_pad=1)),
        ("average-pool-whole", "AveragePool", dict(kernel_shape=[10])),
        ("global-average-pool", "GlobalAveragePool", {}),
        ("global-max-pool", "GlobalMaxPool", {}),
        ("lp-pool", "LpPool", dict(kernel_shape=[3], p=2)),
    ]:
        yield net(name, [node(op, "x", "y", **attributes)], {"x": (2, 3, 10)})
    mean = [node("ReduceMean", "x", "m", axes=[2], keepdims=0)]
    yield net("mean-of-length", mean, {"x": (2, 3, 10)}, outputs=[("m", None)])
    indices = model(
        [node("MaxPool", "x", "y i", kernel_shape=[2], strides=[2])],
        [value("x", (1, 2, 8))],
        [value("y", None), value("i", None, "i64")],
    )
    yield Case("max-pool-indices", indices, {"x": seeded(9, 1, 2, 8)})


def block(i: int, x: str, y: str, **attributes):
    return [
        node("Conv", f"{x} w{i}", f"c{i}", **attributes),
        node("BatchNormalization", f"c{i} s{i} b{i} m{i} v{i}", f"n{i}"),
        node("Relu", f"n{i}", y),
    ]


def blocks(*shapes) -> dict[str, np.ndarray]:
    constants = {}
    for i, shape in enumerate(shapes):
        constants |= {f"w{i}": seeded(20 + i, *shape)}
        constants |= {key + str(i): data for key, data in norm(40 + 4 * i, shape[0]).items()}
    return constants


def networks():
    residual = [
        *block(0, "x", "a", pads=[1, 1]),
        *block(1, "a", "d", pads=[1, 1], group=6),
        node("Add", "d a", "r"),
        node("Relu", "r", "y"),
    ]
    yield net("residual-block", residual, {"x": (1, 3, 16)}, blocks((6, 3, 3), (6, 1, 3)))
    ghost = [
        *block(0, "x", "p"),
        *block(1, "p", "q", pads=[1, 1], group=8),
        node("Concat", "p q", "j", axis=1),
        node("Slice", "j from to axis", "y"),
    ]
    bounds = {"from": np.array([0]), "to": np.array([15]), "axis": np.array([1])}
    yield net("ghost-module", ghost, {"x": (1, 4, 20)}, blocks((8, 4, 1), (8, 1, 3)) | bounds)
    excite = [
        node("GlobalAveragePool", "x", "g"),
        node("Conv", "g w0 b0", "c0"),
        node("Relu", "c0", "r"),
        node("Conv", "r w1 b1", "c1"),
        node("Sigmoid", "c1", "s"),
        node("Mul", "x s", "y"),
    ]
    weights = {"w0": seeded(1, 2, 8, 1), "b0": seeded(2, 2), "w1": seeded(3, 8, 2, 1), "b1": seeded(4, 8)}
    yield net("squeeze-excite", excite, {"x": (1, 8, 11)}, weights)
    unet = [
        *block(0, "x", "a", pads=[1, 1]),
        node("MaxPool", "a", "d", kernel_shape=[2], strides=[2]),
        *block(1, "d", "e", pads=[1, 1]),
        node("ConvTranspose", "e t", "u", strides=[2]),
        node("Concat", "u a", "j", axis=1),
        node("Conv", "j f", "y", pads=[1, 1]),
    ]
    extra = {"t": seeded(60, 6, 4, 2), "f": seeded(61, 2, 8, 3)}
    yield net("u-net", unet, {"x": (1, 2, 16)}, blocks((4, 2, 3), (6, 4, 3)) | extra)
    nearest = dict(mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric")
    for name, modes in [("nearest", nearest), ("linear", dict(mode="linear"))]:
        nodes = [node("Conv", "x w", "a"), node("Resize", ["a", "", "k"], "y", **modes)]
        constants = {"w": seeded(1, 3, 2, 1), "k": np.array([1, 1, 2], np.float32)}
        yield net(f"upsample-{name}", nodes, {"x": (1, 2, 6)}, constants)
    head = [
        *block(0, "x", "a", pads=[1, 1], strides=[2]),
        node("GlobalAveragePool", "a", "g"),
        node("Flatten", "g", "f"),
        node("Gemm", "f w b", "y", transB=1),
    ]
    yield net("classifier", head, {"x": (2, 3, 15)}, blocks((8, 3, 3)) | {"w": seeded(5, 4, 8), "b": seeded(6, 4)})
    padded = [node("Pad", "x p", "a"), node("Conv", "a w", "y")]
    yield net("causal-padding", padded, {"x": (1, 3, 9)}, {"p": np.array([0, 0, 2, 0, 0, 0]), "w": seeded(1, 4, 3, 3)})
    unsqueezed = [
        node("Unsqueeze", "x a", "u"),
        node("Conv", "u w b", "c", pads=[0, 1, 0, 1]),
        node("Squeeze", "c a", "q"),
        node("Relu", "q", "y"),
    ]
    weights = {"a": np.array([2]), "w": seeded(1, 4, 3, 1, 3), "b": seeded(2, 4)}
    yield net("image-of-height-1", unsqueezed, {"x": (1, 3, 9)}, weights)
    gated = [
        node("Conv", "x w", "c", pads=[1, 1]),
        node("Split", "c", "a g", axis=1),
        node("Tanh", "a", "t"),
        node("Sigmoid", "g", "s"),
        node("Mul", "t s", "y"),
    ]
    yield net("gated-activation", gated, {"x": (1, 3, 9)}, {"w": seeded(1, 8, 3, 3)}, opset=13)
    shuffled = [
        node("Reshape", "x split", "a"),
        node("Transpose", "a", "t", perm=[0, 2, 1, 3]),
        node("Reshape", "t join", "j"),
        node("Conv", "j w", "y", group=2),
    ]
    shapes = {"split": np.array([1, 2, 3, 8]), "join": np.array([1, 6, 8])}
    yield net("channel-shuffle", shuffled, {"x": (1, 6, 8)}, {"w": seeded(1, 4, 3, 3)} | shapes)


def quantized():
    def levels(seed: int, *shape: int) -> np.ndarray:
        return np.random.default_rng(seed).integers(-127, 128, shape).astype(np.int8)

    def qdq(x: str, y: str, scale: float, zero: int, constants) -> list:
        constants |= {f"{y}_s": np.float32(scale), f"{y}_z": np.int8(zero)}
        return [
            node("QuantizeLinear", f"{x} {y}_s {y}_z", f"{y}_q"),
            node("DequantizeLinear", f"{y}_q {y}_s {y}_z", y),
        ]

    def weight(name: str, seed: int, shape, constants) -> list:
        constants |= {
            f"{name}_q": levels(seed, *shape),
            f"{name}_s": np.linspace(0.002, 0.006, shape[0]).astype(np.float32),
            f"{name}_z": np.zeros(shape[0], np.int8),
        }
        return [node("DequantizeLinear", f"{name}_q {name}_s {name}_z", name, axis=0)]

    c = {}
    nodes = [
        *qdq("x", "a", 0.03, 3, c),
        *weight("w", 1, (6, 3, 3), c),
        node("Conv", "a w", "b", strides=[2], pads=[1, 1]),
        *qdq("b", "d", 0.05, -7, c),
        node("MaxPool", "d", "e", kernel_shape=[2]),
        *qdq("e", "f", 0.05, -7, c),
        *weight("v", 2, (6, 1, 3), c),
        node("Conv", "f v", "g", group=6, pads=[1, 1]),
        *qdq("g", "h", 0.04, 0, c),
        node("Concat", "h f", "i", axis=1),
        *qdq("i", "j", 0.05, -7, c),
        node("GlobalAveragePool", "j", "k"),
        *qdq("k", "y", 0.04, 0, c),
    ]
    yield net("qdq-network", nodes, {"x": (1, 3, 20)}, c)
    integers = {
        "xs": np.float32(0.04), "xz": np.uint8(120), "w": levels(3, 4, 3, 3),
        "ws": np.float32(0.005), "wz": np.int8(0), "ys": np.float32(0.06), "yz": np.uint8(131),
        "b": np.array([100, -2000, 37, 512], np.int32),
    }
    qlinear = [
        node("QuantizeLinear", "x xs xz", "q"),
        node("QLinearConv", "q xs xz w ws wz ys yz b", "c", pads=[1, 1]),
        node("DequantizeLinear", "c ys yz", "y"),
    ]
    yield net("qlinear-conv", qlinear, {"x": (1, 3, 12)}, integers)


def cases():
    yield from convolutions()
    yield from pools()
    yield from networks()
    yield from quantized()
