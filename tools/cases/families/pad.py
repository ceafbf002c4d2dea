"""Pad: cuts, folds, axes."""

import numpy as np
from build import model, node, seeded, value
from case import Case


def pad(name, shape, pads, axes=None, opset=18, constant=None, x=None, **attributes):
    x = seeded(len(name), *shape) if x is None else x
    dtype = {"float32": "f32", "float16": "f16", "int8": "i8", "float64": "f64"}[str(x.dtype)]
    constants = {"pads": np.array(pads, np.int64)}
    if constant is not None:
        constants["value"] = np.array(constant, x.dtype)
    if axes is not None:
        constants["axes"] = np.array(axes, np.int64)
    inputs = ["x", "pads", "value" if constant is not None else "", "axes" if axes is not None else ""]
    while not inputs[-1]:
        inputs.pop()
    made = model([node("Pad", inputs, "y", **attributes)], [value("x", list(shape), dtype)], [value("y", None, dtype)], constants, opset=opset)
    refused = {"wgsl": "f64"} if dtype == "f64" else {}
    return Case(name, made, {"x": x}, exact=True, refused=refused)


def cases():
    yield pad("cut-all-sides", (1, 2, 5, 6), [0, 0, -1, -2, 0, 0, -1, -1])
    yield pad("cut-and-constant", (1, 2, 5, 6), [0, 1, -1, 2, 0, -1, 2, -3], constant=0.5)
    yield pad("edge-cut", (1, 2, 5, 6), [0, 0, -1, 2, 0, 0, 2, -1], mode="edge")
    yield pad("reflect-cut", (1, 2, 5, 6), [0, 0, 2, -1, 0, 0, -1, 2], mode="reflect")
    yield pad("reflect-axes", (2, 3, 5), [2, 1], axes=[-1], mode="reflect")
    yield pad("wrap", (2, 3, 5), [0, 1, 2, 0, 2, 4], opset=19, mode="wrap")
    yield pad("axes-constant", (2, 3, 5), [1, 2, 3, 0], axes=[2, 0], constant=-1.25)
    yield pad("half-value", (1, 2, 3, 4), [0, 0, 1, 1, 0, 0, 1, 1], constant=0.5, x=seeded(1, 1, 2, 3, 4).astype(np.float16))
    yield pad("infinite-double", (2, 3), [1, 0, 0, 1], constant=-np.inf, x=seeded(1, 2, 3).astype(np.float64))
    yield pad("bytes", (2, 3), [1, 0, 0, 1], constant=-7, x=np.arange(6, dtype=np.int8).reshape(2, 3))
    for i, (sides, counted) in enumerate((([2, 2, 2, 2], 0), ([1, 1, 1, 1], 0), ([1, 0, 0, 1], 1))):
        made = model(
            [node("Pad", "x p", "q"), node("AveragePool", "q", "y", kernel_shape=[2, 2], count_include_pad=counted)],
            [value("x", [1, 2, 5, 5])], [value("y", None)],
            {"p": np.array([0, 0, *sides[:2], 0, 0, *sides[2:]], np.int64)},
        )
        yield Case(f"into-average-{i}", made, {"x": seeded(i, 1, 2, 5, 5)})
