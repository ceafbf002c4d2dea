"""Images at positions of a grid: every mode, padding and place of the corners."""

import numpy as np
from build import model, node, seeded, value
from case import Case


def one(name, x, grid, opset=16, computed=False, refused=None, outputs=None, **attributes) -> Case:
    nodes = [node("GridSample", ["x", "h" if computed else "g"], "y", **attributes)]
    if computed:
        nodes.insert(0, node("Tanh", "g", "h"))
    inputs = [value("x", x.shape), value("g", grid.shape)]
    options = {"refused": refused, "outputs": outputs} if refused else {}
    return Case(name, model(nodes, inputs, [value("y", None)], opset=opset), {"x": x, "g": grid}, **options)


def grid(seed, *shape, reach=1.0):
    return (seeded(seed, *shape, 2) * reach).astype(np.float32)


def cases():
    names = {16: ("nearest", "bilinear", "bicubic"), 20: ("linear", "cubic")}
    for opset, modes in names.items():
        for mode in modes:
            for padding in ("zeros", "border", "reflection"):
                for corners in (0, 1):
                    if opset == 20 and (corners or padding == "border"):
                        continue
                    attributes = {"mode": mode, "padding_mode": padding, "align_corners": corners}
                    yield one(f"{mode}-{padding}-{corners}", seeded(1, 2, 3, 5, 7), grid(2, 2, 4, 6, reach=0.9), opset, **attributes)
    for padding in ("zeros", "border", "reflection"):
        yield one(f"far-{padding}", seeded(3, 1, 2, 4, 3), grid(4, 1, 5, 5, reach=9), padding_mode=padding)
        yield one(f"far-nearest-{padding}", seeded(3, 1, 2, 4, 3), grid(5, 1, 5, 5, reach=9), padding_mode=padding, mode="nearest")
    centres = np.stack(np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 4)), -1)[None].astype(np.float32)
    yield one("centres", seeded(6, 1, 2, 4, 5), centres, align_corners=1)
    yield one("default", seeded(7, 1, 2, 4, 5), centres)
    yield one("of-a-layer", seeded(8, 1, 2, 6, 6), grid(9, 1, 3, 4), computed=True, align_corners=1)
    yield one("one-pixel", seeded(10, 1, 2, 1, 1), grid(11, 1, 3, 2), padding_mode="border")
    yield one("volume", seeded(12, 1, 1, 2, 2, 2), np.zeros((1, 2, 2, 2, 3), np.float32), 20, refused={"read": "volumes"}, outputs=[np.zeros((1, 1, 2, 2, 2), np.float32)])
    for corners in (0, 1):
        theta = seeded(13, 2, 2, 3)
        affine = node("AffineGrid", "t s", "g", align_corners=corners)
        sample = node("GridSample", "x g", "y", align_corners=corners)
        inputs = [value("x", (2, 3, 5, 6)), value("t", theta.shape)]
        made = model([affine, sample], inputs, [value("g", None), value("y", None)], {"s": np.array([2, 3, 4, 7])}, 20)
        yield Case(f"affine-{corners}", made, {"x": seeded(14, 2, 3, 5, 6), "t": theta})
