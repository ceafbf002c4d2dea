"""Windows of many taps, as in spectrograms and filter banks, and the reflected borders before them."""

from build import model, node, seeded, value
from case import Case


def net(name, op, shape, weight=None, **attributes):
    constants = {"w": seeded(3, *weight)} if weight else {}
    made = model([node(op, "x w" if weight else "x", "y", **attributes)], [value("x", list(shape))], [value("y", None)], constants)
    return Case(name, made, {"x": seeded(len(name), *shape)})


def padded(name, mode, shape, pads):
    made = model([node("Pad", "x p", "y", mode=mode)], [value("x", list(shape))], [value("y", None)], {"p": pads}, opset=19)
    return Case(name, made, {"x": seeded(len(name), *shape)})


def cases():
    yield net("conv-stride", "Conv", (1, 3, 200), (5, 3, 70), strides=[13], pads=[35, 40])
    yield net("conv-outside", "Conv", (1, 2, 64), (6, 2, 128), strides=[5], pads=[200, 70])
    yield net("conv-dilated", "Conv", (2, 4, 3, 31), (4, 2, 3, 33), group=2, dilations=[1, 2], pads=[1, 40, 1, 19])
    yield net("depthwise-stride", "Conv", (1, 3, 300), (3, 1, 129), group=3, strides=[7])
    yield net("depthwise-dilated", "Conv", (1, 3, 5, 90), (3, 1, 3, 33), group=3, strides=[2, 3], dilations=[2, 2], pads=[1, 35, 3, 35])
    yield net("depthwise-square", "Conv", (2, 3, 17, 23), (3, 1, 9, 9), group=3, pads=[4, 4, 4, 4])
    yield net("max-pool", "MaxPool", (1, 3, 20, 41), kernel_shape=[3, 30], strides=[2, 3], pads=[1, 15, 1, 14])
    for mode in ("reflect", "edge", "wrap"):
        yield padded(f"{mode}-lines", mode, (1, 2, 5, 7), [0, 0, 3, 6, 0, 0, 2, 4])
    yield padded("reflect-before", "reflect", (2, 9), [0, 8, 0, 0])
    yield padded("reflect-after", "reflect", (2, 9), [0, 0, 0, 8])
