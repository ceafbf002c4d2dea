"""Bounds of slices over the whole int64 range, as exporters write them: inputs, Constant nodes, attributes, arithmetic."""

import numpy as np
from build import model, node, seeded, value
from case import Case

TOP, BOTTOM = 2**63 - 1, -(2**63)
ints = lambda *values: np.array(values, np.int64)
i32 = lambda *values: np.array(values, np.int32)


def sliced(name, shape, starts, ends, axes, steps=None, opset=13, make=ints):
    constants = {"starts": make(*starts), "ends": make(*ends), "axes": make(*axes)}
    if steps:
        constants["steps"] = make(*steps)
    nodes = [node("Slice", ["x", *constants], "y"), ]
    return Case(name, model(nodes, [value("x", shape)], [value("y", None)], constants, opset), {"x": seeded(1, *shape)})


def cases():
    yield sliced("from-one", [2, 5], [1], [TOP], [1])
    yield sliced("from-lowest", [2, 5], [BOTTOM], [3], [1])
    yield sliced("lowest-to-highest", [2, 5], [BOTTOM], [TOP], [-1])
    yield sliced("step-highest", [2, 5], [1], [TOP], [1], [TOP])
    yield sliced("flip-two-axes", [2, 3, 4], [-1, -1], [BOTTOM, BOTTOM], [1, 2], [-1, -1])
    yield sliced("back-from-highest", [3, 6], [TOP], [BOTTOM], [1], [-2])
    yield sliced("step-lowest", [3, 6], [TOP], [BOTTOM], [1], [BOTTOM + 1])
    yield sliced("below-highest", [3, 6], [-4], [TOP - 1], [1], opset=10)
    yield sliced("int32-limits", [3, 6], [1, -5], [2**31 - 1, 2**31 - 1], [0, 1], [1, 2], opset=11, make=i32)
    yield sliced("opset22", [2, 5], [1], [TOP], [1], opset=22)
    yield parts("parts-of-two-axes", [[0, 2, 1], [-3, TOP, 1], [2, 4, 1], [0, 1, 0], [1, 2, 0]])
    yield parts("parts-of-batch", [[1, 2, 0], [0, 1, 0]], opset=11)
    yield parts("parts-overlap", [[0, 4, 1], [3, TOP, 1], [0, 3, 1]])
    yield attributes("attributes-opset9", [1, BOTTOM], [TOP, -1], [0, 1])
    yield from_arithmetic()
    yield from_concat()
    yield of_shape()
    yield data_beyond_doubles()
    yield gather_lowest()
    x = [value("x", [2, 5])]
    huge = {"pads": ints(0, 0, 0, TOP)}
    yield Case("pad-of-int64-max", model([node("Pad", "x pads", "y")], x, [value("y", None)], huge), {"x": seeded(1, 2, 5)},
               outputs=[seeded(1, 2, 5)], refused={"read": "below 2^53"})
    huge = {"repeats": ints(1, TOP)}
    yield Case("tile-by-int64-max", model([node("Tile", "x repeats", "y")], x, [value("y", None)], huge), {"x": seeded(1, 2, 5)},
               outputs=[seeded(1, 2, 5)], refused={"read": "below 2^53"})
    yield Case("axis-int64-min", model([node("Softmax", "x", "y", axis=BOTTOM)], x, [value("y", None)]), {"x": seeded(1, 2, 5)},
               outputs=[seeded(1, 2, 5)], refused={"read": "below 2^53"})


def parts(name, ranges, opset=13):
    """Several parts of a computed value, from start to end along an axis each."""
    nodes, constants, outputs = [node("Neg", "x", "n")], {}, []
    for i, bounds in enumerate(ranges):
        constants |= {f"c{i}{j}": ints(bound) for j, bound in enumerate(bounds)}
        nodes.append(node("Slice", ["n", f"c{i}0", f"c{i}1", f"c{i}2"], f"y{i}"))
        outputs.append(value(f"y{i}", None))
    return Case(name, model(nodes, [value("x", [2, 7, 3])], outputs, constants, opset), {"x": seeded(1, 2, 7, 3)})


def attributes(name, starts, ends, axes):
    nodes = [node("Slice", "x", "y", starts=starts, ends=ends, axes=axes)]
    return Case(name, model(nodes, [value("x", [3, 6])], [value("y", None)], opset=9), {"x": seeded(2, 3, 6)})


def from_arithmetic():
    """ends = INT64_MAX * 1 + 0 through Constant nodes and Identity, starts = -INT64_MAX."""
    nodes = [
        node("Constant", "", "top", value_ints=[TOP]),
        node("Constant", "", "one", value_int=1),
        node("Mul", "top one", "a"),
        node("Identity", "a", "ends"),
        node("Neg", "ends", "starts"),
        node("Constant", "", "axes", value_ints=[1]),
        node("Slice", "x starts ends axes", "y"),
    ]
    return Case("from-arithmetic", model(nodes, [value("x", [2, 5])], [value("y", None)]), {"x": seeded(3, 2, 5)})


def from_concat():
    """TensorFlow's strided_slice: one bound from a shape, one INT64_MAX."""
    nodes = [
        node("Shape", "x", "shape"),
        node("Gather", "shape zero", "n"),
        node("Div", "n two", "half"),
        node("Concat", "half top", "ends", axis=0),
        node("Slice", "x starts ends axes", "y"),
    ]
    constants = {"zero": ints(0), "two": ints(2), "top": ints(TOP), "starts": ints(0, 1), "axes": ints(0, 1)}
    return Case("from-concat", model(nodes, [value("x", ["N", 5])], [value("y", None)], constants), {"x": seeded(4, 6, 5)}, bind={"N": 6})


def of_shape():
    """Shape[1:INT64_MAX] reversed, as a target."""
    nodes = [
        node("Shape", "x", "shape"),
        node("Slice", "shape last lowest zero back", "target"),
        node("Reshape", "x target", "y"),
    ]
    constants = {"last": ints(-1), "lowest": ints(BOTTOM), "zero": ints(0), "back": ints(-1)}
    return Case("of-shape", model(nodes, [value("x", [2, 3, 4])], [value("y", None)], constants), {"x": seeded(5, 2, 3, 4)})


def data_beyond_doubles():
    """Constants that are data stay exact on their way: 2^53 + 1 and the limits."""
    nodes = [node("Concat", "a b", "c", axis=0), node("Gather", "c i", "y", axis=0)]
    constants = {"a": ints(2**53 + 1, TOP), "b": ints(BOTTOM, -(2**53) - 1), "i": ints(3, 0, 1, 2)}
    graph = model([*nodes, node("Cast", "x", "z", to=7)], [value("x", [2])], [value("y", None, "i64"), value("z", None, "i64")], constants)
    return Case("data-beyond-doubles", graph, {"x": np.array([1, 2], np.float32)}, refused={"wgsl": "cannot hold"})


def gather_lowest():
    """Indices from the end."""
    nodes = [node("Gather", "x i", "y", axis=1)]
    return Case("gather-from-end", model(nodes, [value("x", [2, 5])], [value("y", None)], {"i": ints(-1, -5, 2)}), {"x": seeded(6, 2, 5)})
