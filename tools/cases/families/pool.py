"""Pools: ceil_mode, windows narrower than their step, pads."""

from build import model, node, seeded, value
from case import Case


def pool(name, op, shape, opset=17, **attributes):
    made = model([node(op, "x", "y", **attributes)], [value("x", list(shape))], [value("y", None)], opset=opset)
    return Case(name, made, {"x": seeded(len(name), *shape)})


def cases():
    for op in ("MaxPool", "AveragePool"):
        short = op[:3].lower()
        yield pool(f"{short}-ceil-narrow", op, (1, 2, 11, 4), kernel_shape=[4, 1], strides=[2, 2], ceil_mode=1)
        yield pool(f"{short}-ceil-pads", op, (1, 2, 7, 6), kernel_shape=[3, 3], strides=[2, 3], pads=[1, 1, 1, 1], ceil_mode=1)
        yield pool(f"{short}-ceil-step-3", op, (1, 2, 8, 8), kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1, opset=11)
        yield pool(f"{short}-ceil-volume", op, (1, 2, 4, 5, 6), kernel_shape=[2, 2, 3], strides=[2, 3, 2], ceil_mode=1)
        yield pool(f"{short}-ceil-line", op, (1, 2, 9), kernel_shape=[2], strides=[3], ceil_mode=1)
        yield pool(f"{short}-same-lower", op, (1, 2, 7, 6), kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_LOWER")
    yield pool("max-dilated-ceil", "MaxPool", (1, 2, 9, 8), kernel_shape=[3, 2], strides=[2, 2], dilations=[2, 3], ceil_mode=1)
    yield pool("ave-counted-pads", "AveragePool", (1, 2, 7, 6), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 2], count_include_pad=1)
    yield pool("ave-counted-ceil", "AveragePool", (1, 2, 6, 6), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1, ceil_mode=1, opset=19)
    yield from dilated_same()


def dilated_same():
    """ONNX Runtime takes the pads of SAME from the kernel without its dilation; the output is smaller than the input."""
    for auto in ("SAME_UPPER", "SAME_LOWER"):
        short = auto[5:].lower()
        yield pool(f"max-dilated-{short}", "MaxPool", (1, 2, 7, 6), kernel_shape=[2, 3], dilations=[2, 1], auto_pad=auto)
        yield pool(f"max-dilated-{short}-line", "MaxPool", (1, 2, 7), kernel_shape=[2], dilations=[2], strides=[1], auto_pad=auto)
        yield pool(f"max-dilated-{short}-step", "MaxPool", (2, 3, 3, 5), opset=22, kernel_shape=[2, 2], dilations=[1, 2], strides=[3, 1], auto_pad=auto, ceil_mode=1)
    yield pool("ave-dilated-same", "AveragePool", (1, 2, 7, 6), opset=19, kernel_shape=[2, 2], dilations=[2, 2], auto_pad="SAME_UPPER")
    yield pool("max-dilated-same-volume", "MaxPool", (1, 2, 4, 5, 6), kernel_shape=[2, 2, 2], dilations=[1, 2, 1], auto_pad="SAME_UPPER")
