"""Sine, cosine and arc tangent: positional encodings, spectra, angles."""

import numpy as np
from build import model, node, value
from case import Case

FUNCTIONS = {"Sin": np.sin, "Cos": np.cos, "Atan": np.arctan}
X = np.concatenate([np.linspace(-40, 40, 161), [np.pi / 4, -np.pi / 2, 1e-6, -0.0, 3000.5, -4097.25]])
EDGES = {"Sin": [np.nan, np.inf], "Cos": [np.nan, -np.inf], "Atan": [np.nan, np.inf, -np.inf, 1e30]}


def cases():
    for op, function in FUNCTIONS.items():
        for dtype, kind in (("f32", np.float32), ("f16", np.float16), ("f64", np.float64)):
            with np.errstate(over="ignore"):
                data = np.concatenate([X, EDGES[op]]).astype(kind)
            graph = model([node(op, "x", "y")], [value("x", data.shape, dtype)], [value("y", None, dtype)])
            with np.errstate(invalid="ignore"):
                expected = function(data.astype(np.float64)).astype(kind)
            refused = {"wgsl": "f64"} if dtype == "f64" else {}
            if (op, dtype) == ("Atan", "f64"):
                refused["onnx"] = "Could not find an implementation for Atan"
            yield Case(f"{op.lower()}-{dtype}", graph, {"x": data}, outputs=[expected], refused=refused)
