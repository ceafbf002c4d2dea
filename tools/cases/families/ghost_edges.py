"""Ghost modules at the edges: any primary width, ratios, slices that keep little or begin late, shared weights."""

from __future__ import annotations

import numpy as np
from build import model, node, seeded, value
from case import Case

CHANNELS = 5


def ghost(name, init, multiplier=1, keep=None, start=0, step=1, kernel=1, size=3, relu=True, line=False, **options):
    """`keep` channels of the concat from `start`; all without a slice if absent."""
    total = init * (1 + multiplier)
    axes = 1 if line else 2
    act = lambda x, y: [node("Relu", x, y)] if relu else [node("Identity", x, y)]
    half = lambda k: [(k - 1) // 2] * axes + [k // 2] * axes
    nodes = [
        node("Conv", "x w b", "p0", pads=half(kernel), strides=[options.get("stride", 1)] * axes),
        *act("p0", "p"),
        node("Conv", "p d", "q0", pads=half(size), group=init),
        *act("q0", "q"),
        node("Concat", "p q", "j" if keep else "y", axis=1),
    ]
    constants = {
        "w": seeded(1, init, CHANNELS, *[kernel] * axes),
        "b": seeded(2, init),
        "d": seeded(3, init * multiplier, 1, *[size] * axes),
    }
    if keep:
        nodes.append(node("Slice", "j from to axis step", "y"))
        bounds = {"from": start, "to": min(start + keep * step, total), "axis": 1, "step": step}
        constants |= {key: np.array([bound]) for key, bound in bounds.items()}
    shape = (1, CHANNELS, 9) if line else (1, CHANNELS, 6, 7)
    return Case(name, model(nodes, [value("x", shape)], [value("y", None)], constants), {"x": seeded(4, *shape)})


def shared():
    """Both parts of two modules have the same weights."""
    nodes = []
    for i, x in enumerate(["x", "y0"]):
        nodes += [
            node("Conv", f"{x} w", f"a{i}"),
            node("Relu", f"a{i}", f"p{i}"),
            node("Conv", f"p{i} d", f"c{i}", pads=[1, 1, 1, 1], group=4),
            node("Relu", f"c{i}", f"q{i}"),
            node("Concat", f"p{i} q{i}", f"y{i}", axis=1),
        ]
    constants = {"w": seeded(1, 4, 8, 1, 1), "d": seeded(2, 4, 1, 3, 3)}
    return Case("shared-weights", model(nodes, [value("x", (1, 8, 5, 5))], [value("y1", None)], constants), {"x": seeded(3, 1, 8, 5, 5)})


def computed():
    """The primary weight is an input: no constants to cut."""
    nodes = [
        node("Conv", "x w", "p"),
        node("Conv", "p d", "q", pads=[1, 1, 1, 1], group=4),
        node("Concat", "p q", "j", axis=1),
        node("Slice", "j f t a", "y"),
    ]
    constants = {"d": seeded(2, 4, 1, 3, 3), "f": np.array([0]), "t": np.array([7]), "a": np.array([1])}
    declared = [value("x", (1, 3, 5, 5)), value("w", (4, 3, 1, 1))]
    inputs = {"x": seeded(3, 1, 3, 5, 5), "w": seeded(4, 4, 3, 1, 1)}
    refused = {"wgsl": "expects constant weights", "c": "expects constant float32 weights"}
    one = model(nodes, declared, [value("y", None)], constants)
    return Case("computed-primary-weight", one, inputs, refused=refused)


def cases():
    yield ghost("primary-wider", 8, keep=14)
    yield ghost("primary-keeps-one-cheap", 6, keep=7)
    yield ghost("primary-alone", 6, keep=6)
    yield ghost("fewer-than-primary", 6, keep=4)
    yield ghost("one-channel", 1, keep=1)
    yield ghost("one-and-one", 1)
    yield ghost("ratio-3", 4, multiplier=2)
    yield ghost("ratio-3-odd", 4, multiplier=2, keep=11)
    yield ghost("ratio-3-few-cheap", 5, multiplier=2, keep=8)
    yield ghost("ratio-4", 3, multiplier=3, keep=10, relu=False)
    yield ghost("slice-from-1", 4, keep=6, start=1)
    yield ghost("slice-of-cheap", 4, keep=4, start=4)
    yield ghost("slice-every-second", 4, keep=4, step=2)
    yield ghost("rounded-3x3-stride-2", 8, keep=13, kernel=3, stride=2)
    yield ghost("cheap-5x5", 6, keep=11, size=5)
    yield ghost("cheap-1x1", 6, keep=11, size=1)
    yield ghost("even-cheap", 4, size=2)
    yield ghost("line", 6, keep=11, line=True)
    yield ghost("line-ratio-3", 4, multiplier=2, keep=9, kernel=3, line=True, stride=2)
    yield ghost("line-no-relu", 8, keep=14, relu=False, line=True)
    yield shared()
    yield computed()
