"""Resize where positions, sizes and ends meet."""

import numpy as np
from build import model, node, seeded, value
from case import Case


def resize(name, shape, scales=None, sizes=None, opset=13, x=None, **attributes):
    x = seeded(len(name), *shape) if x is None else x
    dtype = {"float32": "f32", "float16": "f16", "uint8": "u8", "int8": "i8"}[str(x.dtype)]
    constants = {}
    if scales is not None:
        constants["scales"] = np.array(scales, np.float32)
    if sizes is not None:
        constants["sizes"] = np.array(sizes, np.int64)
    roi = attributes.pop("roi", None)
    if opset in (11, 12) and roi is None:
        roi = []
    if roi is not None:
        constants["roi"] = np.array(roi, np.float32)
    given = ["x", "roi" if roi is not None else "", "scales" if scales is not None else "", "sizes" if sizes is not None else ""]
    inputs = ["x", "scales"] if opset < 11 else given
    while not inputs[-1]:
        inputs.pop()
    nodes = [node("Resize", inputs, "y", **attributes)]
    exact = attributes.get("mode") == "nearest" or dtype in ("u8", "i8")
    made = model(nodes, [value("x", list(shape), dtype)], [value("y", None, dtype)], constants, opset=opset)
    refused = {"wgsl": "has no WGSL kernel"} if dtype == "i8" else {}
    return Case(name, made, {"x": x}, exact=exact, refused=refused)


def bytes_of(dtype, *shape):
    return np.random.default_rng(3).integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape).astype(dtype)


def cases():
    for opset in (10, 11, 19):
        yield resize(f"opset{opset}-down-and-up", (1, 2, 6, 5), [1, 1, 0.6, 1.7], opset=opset, mode="nearest")
    for mode in ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil"):
        yield resize(f"nearest-{mode}-tie", (1, 1, 6, 9), sizes=[1, 1, 4, 6], mode="nearest", nearest_mode=mode)
    yield resize("tie-past-a-half", (1, 1, 6, 1), sizes=[1, 1, 1, 1], opset=18, mode="nearest",
                 nearest_mode="round_prefer_ceil", coordinate_transformation_mode="tf_crop_and_resize",
                 roi=[0, 0, -0.1, 0, 1, 1, 0.7, 1])
    yield resize("half-pixel-for-nn", (1, 2, 5, 4), [1, 1, 1.6, 0.7], opset=11, mode="nearest",
                 coordinate_transformation_mode="tf_half_pixel_for_nn")
    yield resize("crop-extrapolated", (1, 2, 5, 4), sizes=[1, 2, 7, 6], mode="linear", extrapolation_value=0.5,
                 coordinate_transformation_mode="tf_crop_and_resize", roi=[0, 0, -0.3, 0.1, 1, 1, 1.2, 1.4])
    yield resize("symmetric-fraction", (1, 2, 5, 7), [1, 1, 1.3, 0.6], opset=19, mode="linear",
                 coordinate_transformation_mode="half_pixel_symmetric")
    yield resize("antialias-down", (1, 2, 9, 7), [1, 1, 0.4, 0.6], opset=18, mode="linear", antialias=1)
    yield resize("antialias-cubic-outside", (1, 2, 9, 7), [1, 1, 0.4, 1.5], opset=18, mode="cubic", antialias=1, exclude_outside=1)
    yield resize("cubic-catmull", (1, 2, 5, 6), [1, 1, 1.7, 0.8], mode="cubic", cubic_coeff_a=-0.5)
    yield resize("not-larger", (1, 2, 5, 8), sizes=[7, 7], opset=18, mode="linear", axes=[2, 3],
                 keep_aspect_ratio_policy="not_larger")
    yield resize("not-smaller-nearest", (1, 2, 5, 8), sizes=[7, 7], opset=19, mode="nearest", axes=[2, 3],
                 keep_aspect_ratio_policy="not_smaller")
    yield resize("line-linear", (1, 3, 10), [1, 1, 1.3], mode="linear")
    yield resize("volume-linear", (1, 2, 3, 4, 5), [1, 1, 1.5, 2, 0.6], mode="linear")
    yield resize("all-sizes-stay", (1, 2, 3, 4), [1, 1, 1.2, 1.2], mode="linear")
    yield resize("bytes-linear-exact", (1, 2, 4, 4), [1, 1, 2, 2], mode="linear", x=bytes_of(np.uint8, 1, 2, 4, 4))
    yield resize("bytes-nearest", (1, 2, 5, 4), [1, 1, 0.7, 1.9], mode="nearest", x=bytes_of(np.int8, 1, 2, 5, 4))
