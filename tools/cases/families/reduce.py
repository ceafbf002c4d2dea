"""Reductions of integers, and of no axes."""

import numpy as np
from build import model, node, seeded, value
from case import Case

NUMBERS = np.array([[1, -2, 3, -4], [0, 0, 5, 5], [7, 7, 7, -9], [0, 0, 0, 0]])
FORMULAS = ("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMean", "ReduceProd", "ReduceSumSquare", "ReduceMax", "ReduceMin")


def cases():
    for dtype, name in ((np.int32, "i32"), (np.int64, "i64")):
        for op in FORMULAS:
            made = model([node(op, "x", "y", axes=[1])], [value("x", [4, 4], name)], [value("y", None, name)], opset=13)
            refused = {"wgsl": "has no WGSL kernel"}
            yield Case(f"{op[6:].lower()}-{name}", made, {"x": NUMBERS.astype(dtype)}, exact=True, refused=refused)
    for op in ("ReduceL2", "ReduceLogSumExp", "ReduceSumSquare"):
        made = model([node(op, "x", "y", noop_with_empty_axes=1)], [value("x", [2, 3])], [value("y", None)], opset=18)
        yield Case(f"noop-{op[6:].lower()}", made, {"x": seeded(5, 2, 3)})
