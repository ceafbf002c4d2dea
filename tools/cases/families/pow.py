"""Pow of integers, and of mixed types."""

import numpy as np
from build import model, node, value
from case import Case

WGSL = {"wgsl": "has no WGSL kernel"}
BEYOND = {"wgsl": "a value beyond 2^24"}


def cases():
    for dtype, name in ((np.int32, "i32"), (np.int64, "i64")):
        x = np.array([1, -1, 2, -3, 0, 100000], dtype)
        for exponent in (-1, 0, 2, 3, 5):
            label = str(exponent).replace("-", "minus-")
            made = model([node("Pow", "x e", "y")], [value("x", [6], name)], [value("y", None, name)], {"e": np.array(exponent, dtype)}, opset=13)
            yield Case(f"{name}-to-{label}", made, {"x": x}, exact=True, refused=BEYOND if exponent in (2, 3) else WGSL)
    both = model([node("Pow", "x e", "y")], [value("x", [5], "i32"), value("e", [5], "i64")], [value("y", None, "i32")], opset=15)
    yield Case("i32-to-i64", both, {"x": np.array([2, -2, 3, 0, 7], np.int32), "e": np.array([10, 3, -1, 0, 2], np.int64)}, exact=True, refused=WGSL)
    floats = model([node("Pow", "x e", "y")], [value("x", [4])], [value("y", None)], {"e": np.array(3, np.int64)}, opset=15)
    yield Case("f32-to-i64", floats, {"x": np.array([0.5, -2, 3, 0], np.float32)})
