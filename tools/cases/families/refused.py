"""What ONNX says and ONNX Runtime does not run: exports of PyTorch's padding="same" with a dilation, and LRN of an even size."""

from math import ceil

import numpy as np
from build import model, node, seeded, value
from case import Case, run


def same(name, size, kernel, strides, dilations, lower=False):
    """Expected: the same convolution with the pads written out. An odd one is before the image for SAME_LOWER."""
    need = [max(0, (ceil(n / s) - 1) * s + (k - 1) * d + 1 - n) for n, k, s, d in zip(size, kernel, strides, dilations)]
    small = [n // 2 for n in need]
    large = [n - m for n, m in zip(need, small)]
    pads = [*large, *small] if lower else [*small, *large]
    constants = {"w": seeded(2, 4, 3, *kernel), "b": seeded(3, 4)}

    def conv(**padding):
        operation = node("Conv", "x w b", "y", strides=strides, dilations=dilations, **padding)
        return model([operation], [value("x", [1, 3, *size])], [value("y", None)], constants)

    inputs = {"x": seeded(1, 1, 3, *size)}
    made = conv(auto_pad="SAME_LOWER" if lower else "SAME_UPPER")
    return Case(name, made, inputs, outputs=run(conv(pads=pads), inputs))


def local_response(size: int, alpha: float, beta: float, bias: float) -> Case:
    """The longer side of an even window is after the channel."""
    x = seeded(5, 2, 5, 3, 4)
    squares = np.zeros_like(x)
    before, after = (size - 1) // 2, size // 2
    for c in range(5):
        squares[:, c] = (x[:, max(0, c - before) : c + after + 1] ** 2).sum(1)
    expected = x / (bias + alpha / size * squares) ** beta
    operation = node("LRN", "x", "y", size=size, alpha=alpha, beta=beta, bias=bias)
    made = model([operation], [value("x", x.shape)], [value("y", None)])
    return Case(f"lrn-{size}", made, {"x": x}, outputs=[expected.astype(np.float32)])


def cases():
    for lower in (False, True):
        end = "-lower" if lower else ""
        yield same(f"same-dilated{end}", (9, 8), (2, 4), [1, 1], [3, 1], lower)
        yield same(f"same-dilated-strides{end}", (10, 11), (3, 2), [2, 3], [3, 2], lower)
        yield same(f"same-dilated-line{end}", (14,), (4,), [2], [3], lower)
    yield local_response(4, alpha=0.3, beta=0.75, bias=2.0)
    yield local_response(2, alpha=1.0, beta=0.5, bias=1.0)
