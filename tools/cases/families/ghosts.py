"""Ghost modules with every activation, in the spellings of exporters; squeeze-and-excite with other pairs; shortcuts."""

from __future__ import annotations

import numpy as np
from build import model, node, seeded, value
from case import Case

INIT, CHANNELS = 4, 3
SHAPE = (1, CHANNELS, 7, 7)


class Writer:
    """Nodes one after another; `x` is the last value."""

    def __init__(self):
        self.nodes, self.constants, self.count = [], {}, 0

    def op(self, kind, *inputs, **attributes):
        self.count += 1
        names = [self.number(one) if isinstance(one, (int, float, np.ndarray)) else one for one in inputs]
        self.nodes.append(node(kind, names, f"v{self.count}", **attributes))
        return f"v{self.count}"

    def number(self, data):
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(data, np.float32)
        return name


def gelu(w, x, half_first=False):
    erf = w.op("Add", w.op("Erf", w.op("Mul", x, 0.70710677) if half_first else w.op("Div", x, 1.4142135)), 1.0)
    return w.op("Mul", w.op("Mul", x, 0.5), erf) if half_first else w.op("Mul", w.op("Mul", x, erf), 0.5)


def gelu_tanh(w, x, power=True):
    cube = w.op("Pow", x, 3.0) if power else w.op("Mul", w.op("Mul", x, x), x)
    inner = w.op("Mul", w.op("Add", x, w.op("Mul", cube, 0.044715)), 0.7978846)
    return w.op("Mul", w.op("Mul", x, 0.5), w.op("Add", w.op("Tanh", inner), 1.0))


def mish(w, x, softplus=True):
    sum = w.op("Softplus", x) if softplus else w.op("Log", w.op("Add", w.op("Exp", x), 1.0))
    return w.op("Mul", x, w.op("Tanh", sum))


def hard_swish(w, x, quotient=True):
    gate = w.op("Clip", w.op("Add", x, 3.0), 0.0, 6.0)
    return w.op("Div", w.op("Mul", x, gate), 6.0) if quotient else w.op("Mul", w.op("Mul", x, 0.16666667), gate)


def keras_prelu(w, x):
    below = w.op("Neg", w.op("Relu", w.op("Neg", x)))
    return w.op("Add", w.op("Relu", x), w.op("Mul", SLOPES, below))


SLOPES = np.linspace(-0.2, 0.4, INIT).reshape(INIT, 1, 1)
SPELLINGS = {
    "gelu-erf": gelu,
    "gelu-half-first": lambda w, x: gelu(w, x, half_first=True),
    "gelu-tanh-power": gelu_tanh,
    "gelu-tanh-products": lambda w, x: gelu_tanh(w, x, power=False),
    "gelu-node": lambda w, x: w.op("Gelu", x),
    "mish-softplus": mish,
    "mish-logarithm": lambda w, x: mish(w, x, softplus=False),
    "silu": lambda w, x: w.op("Mul", x, w.op("Sigmoid", x)),
    "silu-quotient": lambda w, x: w.op("Div", x, w.op("Add", w.op("Exp", w.op("Neg", x)), 1.0)),
    "hard-swish-quotient": hard_swish,
    "hard-swish-product": lambda w, x: hard_swish(w, x, quotient=False),
    "relu6-min-max": lambda w, x: w.op("Min", w.op("Max", x, 0.0), 6.0),
    "leaky-maximum": lambda w, x: w.op("Max", x, w.op("Mul", x, 0.1)),
    "leaky-where": lambda w, x: w.op("Where", w.op("Greater", x, 0.0), x, w.op("Mul", x, 0.1)),
    "prelu-one": lambda w, x: w.op("PRelu", x, np.full((1, 1, 1), 0.25)),
    "prelu-channels": lambda w, x: w.op("PRelu", x, SLOPES),
    "prelu-keras": keras_prelu,
    "elu": lambda w, x: w.op("Elu", x, alpha=0.7),
    "softplus": lambda w, x: w.op("Softplus", x),
    "none": lambda w, x: x,
}
PAIRS = {"silu-relu6": ("silu", "relu6-min-max"), "gelu-none": ("gelu-erf", "none"), "none-mish": ("none", "mish-softplus")}


def ghost(name, primary, cheap, size=5, stride=1):
    w = Writer()
    half = [size // 2] * 4
    p = primary(w, w.op("Conv", "x", "w", "b", strides=[stride, stride]))
    c = cheap(w, w.op("Conv", p, "d", "e", pads=half, group=INIT))
    w.nodes.append(node("Concat", [p, c], "y", axis=1))
    constants = {"w": 2 * seeded(1, INIT, CHANNELS, 1, 1), "b": seeded(2, INIT), "d": seeded(3, INIT, 1, size, size) / 2, "e": seeded(4, INIT)}
    opset = 20 if name == "gelu-node" else 17
    one = model(w.nodes, [value("x", SHAPE)], [value("y", None)], constants | w.constants, opset=opset)
    # x sigmoid(x) is written for x / (1 + e^-x)
    own = {"onnx": "ONNX Runtime's Sigmoid is off by 2e-8"} if name == "silu-quotient" else {}
    return Case(name, one, {"x": seeded(5, *SHAPE)}, own=own)


def squeeze(name, reduce, gate):
    w = Writer()
    reduced = reduce(w, w.op("Conv", w.op("GlobalAveragePool", "x"), "a", "b"))
    w.nodes.append(node("Mul", ["x", gate(w, w.op("Conv", reduced, "c", "d"))], "y"))
    constants = {"a": 3 * seeded(1, INIT, CHANNELS, 1, 1), "b": seeded(2, INIT), "c": seeded(3, CHANNELS, INIT, 1, 1), "d": seeded(4, CHANNELS)}
    one = model(w.nodes, [value("x", SHAPE)], [value("y", None)], constants | w.constants)
    return Case(name, one, {"x": seeded(5, *SHAPE)})


def shortcut(name, group):
    """A layer over a value, and the value itself: the sum may not lie where the layer still reads."""
    weight = seeded(1, INIT, INIT // group, 1, 1) if group == 1 else seeded(1, INIT, 1, 3, 3)
    pads = [0] * 4 if group == 1 else [1] * 4
    nodes = [
        node("Conv", "x w", "a"),
        node("Conv", "a k", "b", group=group, pads=pads),
        node("Add", "a b", "c"),
        node("Relu", "c", "y"),
    ]
    constants = {"w": seeded(2, INIT, CHANNELS, 1, 1), "k": weight}
    return Case(name, model(nodes, [value("x", SHAPE)], [value("y", None)], constants), {"x": seeded(5, *SHAPE)})


def cases():
    yield shortcut("shortcut-pointwise", 1)
    yield shortcut("shortcut-depthwise", INIT)
    for name, act in SPELLINGS.items():
        yield ghost(name, act, act)
    for name, (primary, cheap) in PAIRS.items():
        yield ghost(name, SPELLINGS[primary], SPELLINGS[cheap], size=3)
    yield ghost("stride-2", SPELLINGS["silu"], SPELLINGS["silu"], stride=2)
    sigmoid = lambda w, x: w.op("Sigmoid", x)
    yield squeeze("squeeze-silu-sigmoid", SPELLINGS["silu"], sigmoid)
    yield squeeze("squeeze-gelu-hard-swish", SPELLINGS["gelu-erf"], SPELLINGS["hard-swish-quotient"])
    yield squeeze("squeeze-relu-tanh", lambda w, x: w.op("Relu", x), lambda w, x: w.op("Tanh", x))
