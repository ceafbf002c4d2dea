"""QuantizeLinear and DequantizeLinear around float ops: integers of ONNX Runtime, which rounds once."""

import numpy as np
from build import model, node, seeded, value
from case import Case
from onnx import TensorProto, helper


class Net:
    """A chain of nodes; `x` is the value that the next one reads."""

    def __init__(self, seed, shape=(1, 4, 6, 6), dtype=np.int8):
        self.random = np.random.default_rng(seed)
        self.shape, self.dtype = shape, dtype
        self.nodes, self.constants, self.inputs = [], {}, {}
        self.count = 0

    def fresh(self, what):
        self.count += 1
        return f"{what}{self.count}"

    def constant(self, data):
        name = self.fresh("k")
        self.constants[name] = np.asarray(data)
        return name

    def op(self, kind, *inputs, **attributes):
        name = self.fresh("t")
        self.nodes.append(node(kind, inputs, name, **attributes))
        return name

    def input(self, scale, zero=3):
        name = self.fresh("x")
        self.inputs[name] = (self.random.uniform(-120, 120, self.shape) * scale).astype(np.float32)
        return self.qdq(name, scale, zero)

    def parameters(self, scale, zero):
        shift = 128 if self.dtype == np.uint8 else 0
        return [self.constant(np.float32(scale)), self.constant(self.dtype(zero + shift))]

    def q(self, x, scale, zero=3):
        return self.op("QuantizeLinear", x, *self.parameters(scale, zero))

    def qdq(self, x, scale, zero=3):
        both = self.parameters(scale, zero)
        return self.op("DequantizeLinear", self.op("QuantizeLinear", x, *both), *both)

    def weight(self, *shape, axis=0, per_channel=True):
        levels = self.random.integers(-127, 128, shape).astype(np.int8)
        count = shape[axis] if per_channel else 1
        scales = self.random.uniform(0.002, 0.01, count).astype(np.float32)
        if not per_channel:
            return self.op("DequantizeLinear", self.constant(levels), self.constant(scales[0]), self.constant(np.int8(0))), scales
        return self.op("DequantizeLinear", self.constant(levels), self.constant(scales), self.constant(np.zeros(count, np.int8)), axis=axis), scales

    def bias(self, levels, scales):
        scales = np.asarray(scales, np.float32)
        return self.op("DequantizeLinear", self.constant(np.asarray(levels, np.int32)), self.constant(scales), self.constant(np.zeros(len(scales), np.int32)), axis=0)

    def case(self, name, output, opset=13, **options):
        inputs = [value(key, list(x.shape)) for key, x in self.inputs.items()]
        known = {key: kind for key, kind in [(np.int8, "i8"), (np.uint8, "u8")]}
        graph = model(self.nodes, inputs, [value(output, None, options.pop("kind", known[self.dtype]))], self.constants, opset=opset)
        return Case(name, graph, self.inputs, **{"exact": True, **options})


def weighted():
    for dtype in (np.int8, np.uint8):
        for per_channel in (True, False):
            n = Net(1 + per_channel, dtype=dtype)
            w, s = n.weight(5, 4, 3, 3, per_channel=per_channel)
            scales = 0.021 * np.broadcast_to(s, 5)
            c = n.op("Conv", n.input(0.021), w, n.bias(n.random.integers(-2000, 2000, 5), scales), pads=[1, 0, 1, 2], strides=[2, 1])
            kind = "channel" if per_channel else "tensor"
            yield n.case(f"conv-{np.dtype(dtype).name}-{kind}", n.q(n.op("Relu", c), 0.037, -128))
    n = Net(3)
    w, _ = n.weight(4, 1, 3, 3)
    yield n.case("depthwise-no-bias", n.q(n.op("Conv", n.input(0.017), w, group=4, pads=[1, 1, 1, 1]), 0.043))
    n = Net(4, shape=(3, 8))
    w, s = n.weight(5, 8)
    yield n.case("gemm", n.q(n.op("Gemm", n.input(0.019), w, n.bias(n.random.integers(-900, 900, 5), 0.019 * s), transB=1), 0.029))
    n = Net(5, shape=(3, 8))
    w, _ = n.weight(8, 5, axis=1)
    yield n.case("matmul", n.q(n.op("MatMul", n.input(0.019), w), 0.029))
    n = Net(6, shape=(2, 3, 8))
    w, _ = n.weight(8, 5, axis=1)
    yield n.case("matmul-rank-3", n.q(n.op("MatMul", n.input(0.019), w), 0.029))


def transposed():
    for name, shape, attributes in (
        ("2x2-stride-2", (4, 5, 2, 2), {"strides": [2, 2]}),
        ("3x3-stride-2-padded", (4, 3, 3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 0]}),
        ("grouped", (4, 2, 4, 3), {"strides": [2, 1], "pads": [1, 1, 0, 1], "group": 2}),
        ("dilated", (4, 2, 2, 2), {"dilations": [2, 3], "strides": [1, 2]}),
    ):
        n = Net(60 + len(name))
        w, s = n.weight(*shape, axis=1, per_channel=attributes.get("group", 1) == 1)
        bias = n.bias(n.random.integers(-900, 900, shape[1] * attributes.get("group", 1)), np.broadcast_to(0.019 * s, shape[1] * attributes.get("group", 1)))
        yield n.case(f"conv-transpose-{name}", n.q(n.op("ConvTranspose", n.input(0.019), w, bias, **attributes), 0.037))


def reductions():
    for name, attributes in (("kept", {"keepdims": 1}), ("dropped", {"keepdims": 0})):
        for kind, scale in (("ReduceMean", 0.0107), ("ReduceMax", 0.0213)):
            n = Net(70)
            yield n.case(f"{kind.lower()}-{name}", n.q(n.op(kind, n.input(0.0213), axes=[2, 3], **attributes), scale))
    for dtype in (np.int8, np.uint8):
        n = Net(71, dtype=dtype)
        slopes = n.op("DequantizeLinear", n.constant(n.random.integers(-128, 128, (4, 1, 1)).astype(np.int8)), n.constant(np.float32(0.007)), n.constant(np.int8(-11)))
        yield n.case(f"prelu-{np.dtype(dtype).name}", n.q(n.op("PRelu", n.input(0.0213), slopes), 0.0187, -20))


def saturated():
    n = Net(10, shape=(1, 4, 5, 5))
    w, s = n.weight(4, 1, 3, 3)
    scales = 0.03 * s
    n.constants["dead"] = s.copy()
    levels = [1598, -(2**31), 2**31 - 1, 328]
    tiny = s.copy()
    tiny[1] = tiny[2] = 1.4e-10
    for key, data in n.constants.items():
        if data.shape == (4,) and data.dtype == np.float32:
            n.constants[key] = tiny
    del n.constants["dead"]
    c = n.op("Conv", n.input(0.03), w, n.bias(levels, np.float32(0.03) * tiny), group=4, pads=[1, 1, 1, 1])
    yield n.case("dead-depthwise", n.q(c, 0.05))
    n = Net(11)
    w, s = n.weight(3, 4, 1, 1)
    c = n.op("Conv", n.input(0.03), w, n.bias([2**31 - 1, -(2**31), 17], 0.03 * s))
    yield n.case("saturated-conv", n.q(c, 0.05))
    n = Net(12, shape=(2, 8))
    w, s = n.weight(3, 8)
    n.constants["b"] = np.array([1e9, -1e9, 0.5], np.float32)
    yield n.case("float-bias-beyond-int32", n.q(n.op("Gemm", n.input(0.03), w, "b", transB=1), 0.05))


def pairs():
    for kind, seed in (("Add", 20), ("Sub", 21), ("Mul", 22)):
        n = Net(seed)
        yield n.case(kind.lower(), n.q(n.op(kind, n.input(0.0213), n.input(0.0351, -7)), 0.0483 if kind != "Mul" else 0.091))
    n = Net(23)
    a, b = n.input(0.0213), n.input(0.0213)
    yield n.case("concat-equal", n.q(n.op("Concat", a, b, axis=1), 0.0213))
    n = Net(24)
    a, b = n.input(0.0213), n.input(0.0351, -7)
    yield n.case("concat-mixed", n.q(n.op("Concat", a, b, axis=1), 0.0351, -7))
    n = Net(25)
    w, _ = n.weight(3, 8, 1, 1)
    yield n.case("concat-equal-into-conv", n.q(n.op("Conv", n.op("Concat", n.input(0.0213), n.input(0.0213), axis=1), w), 0.041))
    n = Net(26)
    w, _ = n.weight(3, 8, 1, 1)
    # no scale holds both parts: the convolution stays in float
    mixed = n.op("Conv", n.op("Concat", n.input(0.0213), n.input(0.0351, -7), axis=1), w)
    yield n.case("concat-mixed-into-conv", n.q(mixed, 0.041))


def moved():
    """Movement with and without a QuantizeLinear of its own, in one scale and between two."""
    kinds = [
        ("max-pool", lambda n, x: n.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])),
        ("pad", lambda n, x: n.op("Pad", x, n.constant(np.array([0, 0, 1, 1, 0, 0, 0, 1], np.int64)))),
        ("reshape", lambda n, x: n.op("Reshape", x, n.constant(np.array([1, 4, 4, 9], np.int64)))),
        ("transpose", lambda n, x: n.op("Transpose", x, perm=[0, 1, 3, 2])),
        ("slice", lambda n, x: n.op("Slice", x, n.constant(np.array([1])), n.constant(np.array([5])), n.constant(np.array([2])))),
        ("resize", lambda n, x: n.op("Resize", x, "", n.constant(np.array([1, 1, 2, 2], np.float32)), mode="nearest")),
    ]
    for i, (name, move) in enumerate(kinds):
        n = Net(30 + i)
        yield n.case(f"{name}-rescaled", n.q(move(n, n.input(0.0213)), 0.0351, -7))
        n = Net(40 + i)
        w, _ = n.weight(3, 4, 1, 1)
        yield n.case(f"{name}-into-conv", n.q(n.op("Conv", move(n, n.input(0.0213)), w), 0.041))


def pools_and_functions():
    for name, op, attributes, scale in [
        ("average-pool", "AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, 0.0141),
        ("average-pool-padding-counted", "AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}, 0.0141),
        ("global-average-pool", "GlobalAveragePool", {}, 0.0037),
        ("sigmoid", "Sigmoid", {}, 0.0041),
        ("leaky-relu", "LeakyRelu", {"alpha": 0.125}, 0.25),
        ("relu", "Relu", {}, 0.0317),
    ]:
        n = Net(len(name), shape=(1, 4, 5, 5))
        # powers of two: the table of leaky-relu is full of ties, which go to even
        x = n.input(0.25 if name == "leaky-relu" else 0.0213)
        yield n.case(name, n.q(n.op(op, x, **attributes), scale))
    n = Net(60)
    yield n.case("softmax", n.q(n.op("Softmax", n.input(0.0413), axis=1), 1 / 256, -128))
    n = Net(61)
    yield n.case("relu6", n.q(n.op("Clip", n.input(0.0613), n.constant(np.float32(0)), n.constant(np.float32(6))), 0.0237, -128))


def rescaling():
    n = Net(70)
    yield n.case("chain-of-four", n.q(n.qdq(n.qdq(n.input(0.0213), 0.0531, 9), 0.0317, -9), 0.0411))
    n = Net(71, dtype=np.uint8)
    yield n.case("chain-uint8", n.q(n.qdq(n.input(0.0213), 0.0531, 9), 0.0317, -9))
    n = Net(72, shape=(1, 1, 4, 100))
    n.inputs["x"] = (np.arange(-200, 200, dtype=np.float32) * 0.25).reshape(n.shape)
    yield n.case("ties-to-even", n.q("x", 0.5))
    n = Net(73, shape=(1, 1, 4, 100), dtype=np.uint8)
    n.inputs["x"] = (np.arange(-200, 200, dtype=np.float32) * 0.25).reshape(n.shape)
    yield n.case("ties-to-even-uint8", n.q("x", 0.5))


def narrow():
    n = Net(80, shape=(1, 3, 6, 6))
    x = n.input(0.03)
    levels = helper.make_tensor("w4", TensorProto.INT4, [4, 3, 3, 3], [int(v) for v in n.random.integers(-8, 8, 108)])
    w = n.op("DequantizeLinear", "w4", n.constant(n.random.uniform(0.05, 0.2, 4).astype(np.float32)), axis=0)
    case = n.case("int4-weights", n.q(n.op("Conv", x, w, pads=[1, 1, 1, 1]), 0.053), opset=21, exact=False)
    case.model.graph.initializer.append(levels)
    yield case


def ghosts():
    """Ghost modules: parts of one scale, of their own, through SiLU, joined with another value."""
    for seed, name, scales, act in ((21, "equal", (0.04, 0.04, 0.04), "Relu"), (22, "mixed", (0.0413, 0.0507, 0.0631), "Relu"), (23, "silu", (0.0413, 0.0507, 0.0631), "Sigmoid"), (24, "joined", (0.0413, 0.0507, 0.0631), "Relu")):
        n = Net(seed)
        first, cheap, last = scales
        (pw, _), (cw, _) = n.weight(3, 4, 1, 1), n.weight(3, 1, 3, 3)

        def activated(x, scale):
            if act == "Relu":
                return n.qdq(n.op("Relu", x), scale, -128)
            whole = n.qdq(x, scale)
            return n.qdq(n.op("Mul", whole, n.qdq(n.op("Sigmoid", whole), 1 / 256, -128)), scale)

        p = activated(n.op("Conv", n.input(0.02), pw), first)
        c = activated(n.op("Conv", p, cw, group=3, pads=[1, 1, 1, 1]), cheap)
        parts = [n.input(0.03), p, c] if name == "joined" else [p, c]
        yield n.case(f"ghost-module-{name}", n.q(n.op("Concat", *parts, axis=1), last))


def cases():
    for made in (ghosts, weighted, transposed, reductions, saturated, pairs, moved, pools_and_functions, rescaling, narrow):
        yield from made()
