"""ConvTranspose: where the output ends."""

from build import model, node, seeded, value
from case import Case


def transposed(name, size, kernel, group=1, bias=True, **attributes):
    rank = len(size)
    constants = {"w": seeded(2, 4, 3, *kernel)}
    if bias:
        constants["b"] = seeded(3, 3 * group)
    inputs = "x w b" if bias else "x w"
    made = model(
        [node("ConvTranspose", inputs, "y", group=group, **attributes)],
        [value("x", [1, 4, *size])], [value("y", None)], constants, opset=attributes.pop("opset", 11),
    )
    return Case(name, made, {"x": seeded(rank, 1, 4, *size)})


def cases():
    yield transposed("shape-larger", (3, 4), (2, 2), strides=[3, 3], output_shape=[10, 12])
    yield transposed("shape-smaller-odd", (3, 4), (3, 3), strides=[2, 2], output_shape=[6, 7])
    yield transposed("shape-upper", (3, 4), (3, 3), strides=[2, 2], output_shape=[6, 8], auto_pad="SAME_UPPER")
    yield transposed("same-narrow-kernel", (3, 4), (1, 2), strides=[2, 3], auto_pad="SAME_UPPER")
    yield transposed("same-lower-dilated", (4, 3), (3, 2), strides=[1, 2], dilations=[2, 1], auto_pad="SAME_LOWER")
    yield transposed("output-padding-groups", (3, 4), (3, 3), group=2, strides=[2, 2], pads=[1, 0, 1, 2], output_padding=[1, 1])
    yield transposed("line", (5,), (4,), strides=[3], pads=[1, 2], output_padding=[2], bias=False)
    yield transposed("volume", (2, 3, 2), (2, 3, 1), strides=[2, 1, 2], pads=[0, 1, 0, 0, 1, 0])
    yield transposed("dilated-stride-3", (4, 3), (3, 2), strides=[3, 2], dilations=[2, 3], pads=[2, 1, 0, 1])
    yield transposed("wide-rows", (2, 70), (4, 4), strides=[2, 2], pads=[1, 1, 1, 1])
    yield transposed("kernel-below-stride", (3, 3), (1, 2), strides=[2, 3], group=4, bias=False)
    yield normalised()


def normalised():
    """The head of a segmentation network of any size: 2x2 at stride 2, batch norm, ReLU."""
    constants = {"k": seeded(4, 6, 5, 2, 2), **{name: seeded(i, 5) for i, name in enumerate("stm", 5)}, "v": abs(seeded(8, 5)) + 0.5}
    made = model(
        [node("ConvTranspose", "x k", "up", strides=[2, 2]), node("BatchNormalization", "up s t m v", "n"), node("Relu", "n", "y")],
        [value("x", [2, 6, "h", "w"])], [value("y", None)], constants,
    )
    return Case("batch-norm-relu-any-size", made, {"x": seeded(9, 2, 6, 3, 5)}, bind={"h": 3, "w": 5})
