"""NaN goes through what compares."""

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
