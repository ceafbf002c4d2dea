"""Loop and Scan with a number of rounds that is known."""

import numpy as np
from build import model, node, seeded, value
from case import Case
from onnx import helper, numpy_helper

I64 = np.int64


def body(nodes, inputs, outputs, constants=None):
    initializers = [numpy_helper.from_array(np.asarray(data), name) for name, data in (constants or {}).items()]
    return helper.make_graph(nodes, "body", inputs, outputs, initializers)


def loop(name, nodes, constants, carried, given="n go x", outputs="y", stacked=(), own=None, results=None, **options):
    """`carried`: (name in, name out) of what a round hands on; inputs of the body are k, more, and those."""
    inner = body(
        nodes,
        [value("k", (), "i64"), value("more", (), "bool"), *[value(a, None) for a, _ in carried]],
        [value("on", (), "bool"), *[value(b, None) for _, b in carried], *[value(s, None) for s in stacked]],
        own,
    )
    made = model([node("Loop", given.split(" "), outputs, body=inner)], [value("x", (2, 3))], [value(o, None) for o in outputs.split()], constants)
    return Case(name, made, {"x": seeded(1, 2, 3)}, results, **options)


COUNT, TRUE = {"n": np.array(3, I64), "go": np.array(True)}, node("Identity", "more", "on")


def loops():
    add = [TRUE, node("Cast", "k", "kf", to=1), node("Mul", "h w", "hw"), node("Add", "hw kf", "next")]
    yield loop("trip-count", add, COUNT, [("h", "next")], own={"w": seeded(2, 3)})
    stack = [TRUE, node("Mul", "h h", "next"), node("Sub", "next x", "row")]
    yield loop("stacked", stack, COUNT, [("h", "next")], outputs="y rows", stacked=["row"])
    until = [node("Less", "k last", "on"), node("Add", "h x", "next")]
    yield loop("condition-of-count", until, {"go": np.array(True), "last": np.array(3, I64)}, [("h", "next")], given=" go x")
    # the count of a while in PyTorch
    endless = {"n": np.array(2**63 - 1, I64), "go": np.array(True), "last": np.array(3, I64)}
    yield loop("while-of-torch", until, endless, [("h", "next")])
    yield loop("never", [TRUE, node("Neg", "h", "next")], {"n": np.array(5, I64), "go": np.array(False)}, [("h", "next")])
    exchanged = [TRUE, node("Identity", "a", "a1"), node("Identity", "b", "b1"), node("Sub", "a b", "row")]
    yield loop("exchanged", exchanged, COUNT | {"z": seeded(3, 2, 3)}, [("a", "b1"), ("b", "a1")], given="n go x z", outputs="p q rows", stacked=["row"])
    data = [node("ReduceSum", "h", "s", keepdims=0), node("Less", "s c", "on"), node("Add", "h h", "next")]
    yield loop("condition-of-data", data, COUNT | {"c": np.float32(4)}, [("h", "next")], refused={"read": "computed at run time"})
    inner = body([node("Identity", "more2", "on2"), node("Add", "g x", "g2")], [value("j", (), "i64"), value("more2", (), "bool"), value("g", None)], [value("on2", (), "bool"), value("g2", None)])
    yield loop("nested", [TRUE, node("Loop", ["n", "", "h"], "next", body=inner)], COUNT, [("h", "next")])
    many = [TRUE, node("Add", "h h", "next")]
    forever = {"n": np.array(2**40, I64), "go": np.array(True)}
    nothing = [np.zeros((2, 3), np.float32)]
    yield loop("too-many", [TRUE, node("Add", "h h", "next")], forever, [("h", "next")], results=nothing, refused={"read": "unfold to more than"})


def scans():
    inner = body([node("Add", "h e", "next"), node("Mul", "next e", "row")], [value("h", (3,)), value("e", (3,))], [value("next", (3,)), value("row", (3,))])
    for name, shape, attributes in (
        ("forward", (4, 3), {}), ("backward", (4, 3), {"scan_input_directions": [1]}), ("rows-backward", (4, 3), {"scan_output_directions": [1]}),
        ("axes", (3, 4), {"scan_input_axes": [-1], "scan_output_axes": [1]}), ("last-axis", (3, 4), {"scan_input_axes": [1], "scan_output_axes": [-1]}),
    ):
        scan = node("Scan", "h0 x", "y rows", body=inner, num_scan_inputs=1, **attributes)
        made = model([scan], [value("x", shape)], [value("y", None), value("rows", None)], {"h0": seeded(4, 3)})
        yield Case(f"scan-{name}", made, {"x": seeded(5, *shape)})


def cases():
    yield from loops()
    yield from scans()
