"""LayerNormalization: axes, with and without shift, computed parameters, and as older exporters spell it."""

import numpy as np
from build import model, node, seeded, value
from case import Case


def layer_norm(name, shape, axis=-1, shift=True, offset=0.0, outputs="y", scale=None, **attributes):
    sizes = scale or shape[axis:]
    constants = {"s": 1 + 0.3 * seeded(1, *sizes), **({"b": 0.5 * seeded(2, *sizes)} if shift else {})}
    made = model(
        [node("LayerNormalization", ["x", "s", *(["b"] if shift else [])], outputs.split(), axis=axis, **attributes)],
        [value("x", shape)], [value(n, None) for n in outputs.split()], constants, opset=17,
    )
    return Case(name, made, {"x": offset + seeded(3, *shape)})


def spelled(name, power):
    """As exporters write it before opset 17."""
    shape = [2, 5, 12]
    square = node("Pow", "c two", "q") if power else node("Mul", "c c", "q")
    nodes = [
        node("ReduceMean", "x", "m", axes=[-1]), node("Sub", "x m", "c"), square, node("ReduceMean", "q", "v", axes=[-1]),
        node("Add", "v e", "w"), node("Sqrt", "w", "d"), node("Div", "c d", "n"), node("Mul", "n s", "t"), node("Add", "t b", "y"),
    ]
    constants = {
        "s": 1 + 0.3 * seeded(1, 12), "b": 0.5 * seeded(2, 12), "e": np.float32(1e-5), **({"two": np.float32(2)} if power else {}),
    }
    made = model(nodes, [value("x", shape)], [value("y", None)], constants, opset=13)
    return Case(name, made, {"x": seeded(3, *shape)})


def cases():
    yield layer_norm("last", [2, 5, 12])
    yield layer_norm("no-shift", [3, 70], shift=False, epsilon=1e-3)
    yield layer_norm("two-axes", [2, 3, 4, 5], axis=-2)
    yield layer_norm("first-axis", [2, 3, 4], axis=0)
    yield layer_norm("far-from-zero", [2, 4, 130], offset=20.0)
    yield layer_norm("one-scale", [2, 5, 12], scale=[1])
    yield layer_norm("all-outputs", [2, 5, 12], outputs="y m d")
    made = model(
        [node("Relu", "s", "r"), node("LayerNormalization", "x r", "y")],
        [value("x", [2, 5, 12]), value("s", [12])], [value("y", None)], {}, opset=17,
    )
    yield Case("computed-scale", made, {"x": seeded(1, 2, 5, 12), "s": seeded(2, 12)})
    yield spelled("by-power", True)
    yield spelled("by-product", False)
