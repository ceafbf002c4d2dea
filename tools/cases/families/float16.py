"""float16 models: what an exporter with half() writes, and ops with inputs of a type of their own."""

import numpy as np
from build import model, node, seeded, value
from case import Case
from onnx import TensorProto

HALF = np.float16
# of the largest output: a few roundings of float16 (unit 2^-11) in layers that follow one another
SOME = 4e-3


def half(*args):
    return seeded(*args).astype(HALF)


def image(shape):
    return value("x", list(shape), "f16")


def one(name, nodes, initializers=None, shape=(1, 4, 6, 6), **options):
    graph = model(nodes, [image(shape)], [value("y", None, "f16")], initializers or {}, **options)
    return Case(name, graph, {"x": half(7, *shape)})


def bias(seed, count):
    return half(seed, count)


def layers():
    w = half(1, 6, 4, 3, 3)
    yield one("conv-bias-relu", [node("Conv", "x w b", "c", pads=[1, 1, 1, 1]), node("Relu", "c", "y")], {"w": w, "b": bias(2, 6)})
    norm = {"s": half(3, 6), "t": half(4, 6), "m": half(5, 6), "v": np.abs(half(6, 6)) + HALF(0.5)}
    yield one("conv-batchnorm", [node("Conv", "x w", "c"), node("BatchNormalization", "c s t m v", "n"), node("Relu", "n", "y")], {"w": w, **norm})
    yield one("depthwise-clip", [node("Conv", "x w", "c", group=4, pads=[1, 1, 1, 1]), node("Clip", "c lo hi", "y")],
              {"w": half(8, 4, 1, 3, 3), "lo": HALF(0), "hi": HALF(6)})
    yield one("transposed", [node("ConvTranspose", "x w", "y", strides=[2, 2])], {"w": half(9, 4, 3, 2, 2)})
    yield one("gemm", [node("Gemm", "x w b", "y", transB=1)], {"w": half(10, 5, 8), "b": bias(11, 5)}, shape=(3, 8))
    yield one("matmul-add", [node("MatMul", "x w", "p"), node("Add", "p b", "y")], {"w": half(12, 8, 5), "b": bias(13, 5)}, shape=(2, 3, 8))
    yield one("ghost-module", [
        node("Conv", "x w", "c"), node("Relu", "c", "p"), node("Conv", "p k", "d", group=4, pads=[1, 1, 1, 1]),
        node("Relu", "d", "q"), node("Concat", "p q", "y", axis=1),
    ], {"w": half(14, 4, 4, 1, 1), "k": half(15, 4, 1, 3, 3)})
    yield one("squeeze-excite", [
        node("GlobalAveragePool", "x", "g"), node("Conv", "g a", "h"), node("Relu", "h", "r"), node("Conv", "r e", "s"),
        node("HardSigmoid", "s", "t"), node("Mul", "x t", "y"),
    ], {"a": half(16, 2, 4, 1, 1), "e": half(17, 4, 2, 1, 1)})


def activations():
    for op, attributes in [("Sigmoid", {}), ("Tanh", {}), ("LeakyRelu", {"alpha": 0.1}), ("Elu", {}), ("HardSwish", {}), ("Erf", {}), ("Softplus", {})]:
        yield one(op.lower(), [node(op, "x", "y", **attributes)], opset=14)
    yield one("silu", [node("Sigmoid", "x", "s"), node("Mul", "x s", "y")])
    yield one("prelu", [node("PRelu", "x a", "y")], {"a": half(20, 4, 1, 1)})
    yield one("softmax", [node("Softmax", "x", "y", axis=1)])
    yield one("sum-over-65504-later", [node("Mul", "x k", "m"), node("Mul", "m i", "y")], {"k": HALF(1000), "i": HALF(0.001)})


def typed_inputs():
    """Inputs whose type is the op's own, or follows x."""
    up, down = np.array([1, 1, 2, 2], np.float32), np.array([1, 1, 0.5, 0.5], np.float32)
    yield one("resize-linear", [node("Resize", ["x", "", "s"], "y", mode="linear")], {"s": up})
    yield one("resize-cubic-down", [node("Resize", ["x", "", "s"], "y", mode="cubic")], {"s": down})
    yield one("upsample", [node("Upsample", "x s", "y", mode="nearest")], {"s": up}, opset=9)
    yield one("pad-value", [node("Pad", "x p v", "y")], {"p": np.array([0, 0, 1, 2, 0, 0, 0, 1], np.int64), "v": HALF(1.5)})
    yield one("clip-opset6", [node("Clip", "x", "y", min=-0.5, max=0.75)], opset=6)
    yield one("layer-norm", [node("LayerNormalization", "x s b", "y", axis=-1)], {"s": half(21, 6), "b": bias(22, 6)}, opset=17)
    yield one("instance-norm", [node("InstanceNormalization", "x s b", "y")], {"s": half(23, 4), "b": bias(24, 4)})
    yield one("average-pool", [node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1])])
    yield one("max-pool", [node("MaxPool", "x", "y", kernel_shape=[2, 2], strides=[2, 2])])
    yield one("reduce-mean", [node("ReduceMean", "x", "y", axes=[2, 3], keepdims=0)])
    yield one("where-greater", [node("Greater", "x k", "g"), node("Where", "g x k", "y")], {"k": HALF(0.25)})
    yield one("transpose-reshape", [node("Transpose", "x", "t", perm=[0, 2, 3, 1]), node("Reshape", "t n", "y")], {"n": np.array([6, 24], np.int64)})


def mixed():
    """Casts between the widths, as autocast writes them."""
    w = half(30, 4, 4, 1, 1)
    casts = [
        node("Cast", "x", "h", to=TensorProto.FLOAT16), node("Conv", "h w", "c"),
        node("Cast", "c", "y", to=TensorProto.FLOAT),
    ]
    yield Case("autocast", model(casts, [value("x", [1, 4, 5, 5])], [value("y", None)], {"w": w}), {"x": seeded(31, 1, 4, 5, 5)}, relative=SOME)
    yield one("argmax", [node("ArgMax", "x", "i", axis=1, keepdims=1), node("Cast", "i", "y", to=TensorProto.FLOAT16)])


def cases():
    for made in (layers, activations, typed_inputs, mixed):
        for case in made():
            case.relative = SOME
            yield case
    for dtype, kind in [(np.int32, "i32"), (np.uint8, "u8"), (np.int8, "i8")]:
        scales = np.array([1, 1, 2, 3], np.float32)
        graph = model([node("Resize", ["x", "", "s"], "y", mode="nearest")], [value("x", [1, 2, 2, 3], kind)], [value("y", None, kind)], {"s": scales})
        refused = {"wgsl": f"resize of {kind} has no WGSL kernel", **({"c": "resize computes in f32"} if kind == "i32" else {})}
        x = np.arange(12, dtype=dtype).reshape(1, 2, 2, 3)
        yield Case(f"resize-{np.dtype(dtype).name}", graph, {"x": x}, refused=refused)
