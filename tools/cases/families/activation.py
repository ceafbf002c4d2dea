"""Activations with ops of their own, in every type that they are computed in."""

import numpy as np
from build import model, node, value
from case import Case
from families.qdq import Net

X = np.linspace(-9, 9, 37).reshape(1, 37)
OPS = {"Celu": {"alpha": 0.7}, "Mish": {}}


def reference(op, x):
    with np.errstate(over="ignore"):
        return np.where(x < 0, 0.7 * np.expm1(x / 0.7), x) if op == "Celu" else x * np.tanh(np.logaddexp(0, x))


def cases():
    for op, attrs in OPS.items():
        for dtype, kind in (("f32", np.float32), ("f16", np.float16), ("f64", np.float64)):
            if op == "Celu" and dtype != "f32":
                continue  # ONNX defines it of float32 only
            data = X.astype(kind)
            graph = model([node(op, "x", "y", **attrs)], [value("x", data.shape, dtype)], [value("y", None, dtype)], opset=18)
            refused = {"wgsl": "f64"} if dtype == "f64" else {}
            yield Case(f"{op.lower()}-{dtype}", graph, {"x": data}, outputs=[reference(op, data.astype(np.float64)).astype(kind)], refused=refused)
        n = Net(7, shape=(1, 37))
        yield n.case(f"{op.lower()}-int8", n.q(n.op(op, n.input(0.06), **attrs), 0.05), opset=18, exact=False, ties=True)
