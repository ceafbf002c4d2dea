"""Models with sizes that are given when they are read; the ONNX target keeps them symbolic, whatever the op."""

import numpy as np
from build import model, node, seeded, value
from case import Case
from onnx import helper

ints = lambda *values: np.array(values, np.int64)
Y = value("y", None)


def case(name, nodes, shape, size, bind, constants=None, opset=17, more=(), inputs=None, **options):
    graph = model(nodes, [value("x", shape), *more], [Y], constants, opset)
    return Case(name, graph, {"x": seeded(len(name), *size), **(inputs or {})}, bind=bind, **options)


def cases():
    yield from names()
    yield from networks()
    yield from single_ops()
    yield from shape_arithmetic()


def names():
    add = [node("Add", "x w", "y")]
    one = {"w": seeded(1, 1, 3)}
    for name, dim in [("spaces", "batch size"), ("dots", "N.1"), ("underscores", "unk__12"), ("equals-sign", "a=b"),
                      ("formula", "floor(N/2) + 1"), ("digits", "12"), ("unicode", "größe"), ("slash", "in/0:dim")]:
        yield case(f"name-{name}", add, [dim, 3], [2, 3], {dim: 2}, one)
    # two dimensions without a name are two, though the file says the same of both
    nodes = [node("MatMul", "x w", "t"), node("Relu", "t", "y")]
    for name, given in [("unnamed", None), ("minus-one", -1), ("question-mark", "?")]:
        graph = model(nodes, [value("x", [given, 4]), value("w", [4, given])], [Y])
        yield Case(f"two-{name}", graph, {"x": seeded(2, 3, 4), "w": seeded(3, 4, 5)}, bind={"x_0": 3, "w_1": 5})
    graph = model(add, [value("x", [-1, 3])], [value("y", [-1, 3])], one)
    # ONNX Runtime only warns of outputs that are declared wrongly
    for name, shape in (("rank", [2, "length", 1]), ("size", [2, 4])):
        wrong = model(add, [value("x", ["n", 3])], [value("y", shape)], one)
        yield Case(f"output-wrong-{name}", wrong, {"x": seeded(2, 2, 3)}, bind={"n": 2})
    yield Case("output-minus-one", graph, {"x": seeded(2, 2, 3)}, bind={"x_0": 2})
    # a name that is made for an unnamed dimension is nobody else's
    graph = model([node("Concat", "x w", "y", axis=1)], [value("x", ["w_0", 3]), value("w", [None, 2])], [Y])
    yield Case("made-name-taken", graph, {"x": seeded(2, 2, 3), "w": seeded(3, 2, 2)}, bind={"w_0": 2, "w_0_1": 2})
    clean = model([node("Concat", "x w", "y", axis=1)], [value("x", ["a b", 3]), value("w", ["a_b", 2])], [Y])
    yield Case("names-alike", clean, {"x": seeded(2, 2, 3), "w": seeded(3, 2, 2)}, bind={"a b": 2, "a_b": 2})
    yield case("unknown-name", add, ["N", 3], [2, 3], {"M": 2}, one, refused={t: "there is no dimension M; the inputs have N" for t in ("interpreter", "wgsl", "c")})


def conv(x, y, w, **more):
    return node("Conv", f"{x} {w}", y, pads=[1, 1, 1, 1], **more)


def sized_like(skip, up, out):
    """torch's F.interpolate(up, size=skip.shape[2:]) of opset 11 and later."""
    return [
        node("Shape", skip, f"{out}_s"), node("Slice", f"{out}_s two four zero", f"{out}_hw"),
        node("Shape", up, f"{out}_u"), node("Slice", f"{out}_u zero two zero", f"{out}_nc"),
        node("Concat", f"{out}_nc {out}_hw", f"{out}_size", axis=0),
        node("Resize", [up, "", "", f"{out}_size"], out, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    ]


SIZES = {"zero": ints(0), "two": ints(2), "four": ints(4)}


def networks():
    """As torch.onnx writes them with dynamic axes."""
    weights = {"w1": seeded(1, 4, 3, 3, 3), "w2": seeded(2, 6, 4, 3, 3), "w3": seeded(3, 4, 10, 3, 3)}
    unet = [
        conv("x", "c1", "w1"), node("Relu", "c1", "r1"), node("MaxPool", "r1", "p", kernel_shape=[2, 2], strides=[2, 2]),
        conv("p", "c2", "w2"), node("Relu", "c2", "r2"), *sized_like("r1", "r2", "up"),
        node("Concat", "up r1", "cat", axis=1), conv("cat", "c3", "w3"), node("Sigmoid", "c3", "y"),
    ]
    yield case("unet-upsample-to-skip", unet, ["batch", 3, "height", "width"], [2, 3, 7, 9], {"batch": 2, "height": 7, "width": 9}, {**weights, **SIZES})
    # F.pad of the upsampled by what the skip is larger: pads are differences of sizes
    pads = [
        conv("x", "c1", "w1"), node("MaxPool", "c1", "p", kernel_shape=[2, 2], strides=[2, 2]), conv("p", "c2", "w2"),
        node("Resize", ["c2", "", "scales"], "up", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        node("Shape", "c1", "s1"), node("Shape", "up", "s2"), node("Sub", "s1 s2", "d"), node("Slice", "d two four zero", "after"),
        node("Concat", "none after", "pads", axis=0), node("Pad", "up pads", "padded"), node("Concat", "padded c1", "cat", axis=1), conv("cat", "y", "w3"),
    ]
    constants = {**weights, **SIZES, "scales": np.array([1, 1, 2, 2], np.float32), "none": ints(0, 0, 0, 0, 0, 0)}
    yield case("unet-pad-to-skip", pads, ["batch", 3, "height", "width"], [1, 3, 7, 8], {"batch": 1, "height": 7, "width": 8}, constants)
    view = [
        conv("x", "c", "w1"), node("Shape", "c", "s"), node("Gather", "s i", "n", axis=0), node("Unsqueeze", "n zero", "n1"),
        node("Concat", "n1 rest", "target", axis=0), node("Reshape", "c target", "y"),
    ]
    yield case("view-batch", view, ["N", 3, 5, 4], [2, 3, 5, 4], {"N": 2}, {"w1": weights["w1"], "i": np.int64(0), "zero": ints(0), "rest": ints(-1)})
    sizes = [n for k, name in enumerate("nchw") for n in (node("Gather", f"s i{k}", name), node("Unsqueeze", f"{name} zero", f"{name}1"))]
    shuffle = [
        conv("x", "conv", "k"), node("Shape", "conv", "s"), *sizes, node("Div", "c1 groups", "per"),
        node("Concat", "n1 groups per h1 w1", "split", axis=0), node("Reshape", "conv split", "parts"),
        node("Transpose", "parts", "swapped", perm=[0, 2, 1, 3, 4]), node("Concat", "n1 rest h1 w1", "joined", axis=0), node("Reshape", "swapped joined", "y"),
    ]
    constants = {"k": weights["w1"], "zero": ints(0), "groups": ints(2), "rest": ints(-1), **{f"i{k}": np.int64(k) for k in range(4)}}
    yield case("channel-shuffle", shuffle, ["N", 3, "H", "W"], [2, 3, 4, 5], {"N": 2, "H": 4, "W": 5}, constants)
    for name, axis, shape, size, bind in [("channels", 1, ["N", 4, "H", 5], [2, 4, 3, 5], {"N": 2, "H": 3}), ("rows", 2, ["N", 3, "H", 5], [1, 3, 6, 5], {"N": 1, "H": 6})]:
        chunk = [node("Split", "x", "a b", axis=axis), node("Sigmoid", "b", "g"), node("Mul", "a g", "y")]
        yield case(f"chunk-{name}", chunk, shape, size, bind, opset=13)
    attention = [
        node("Shape", "x", "s"), node("Gather", "s i0", "n"), node("Gather", "s i1", "t"), node("Unsqueeze", "n zero", "n1"), node("Unsqueeze", "t zero", "t1"),
        node("Concat", "n1 t1 heads width", "split", axis=0), node("Reshape", "x split", "h"), node("Transpose", "h", "q", perm=[0, 2, 1, 3]),
        node("Transpose", "h", "k", perm=[0, 2, 3, 1]), node("MatMul", "q k", "scores"), node("Softmax", "scores", "p", axis=-1), node("MatMul", "p q", "o"),
        node("Transpose", "o", "ot", perm=[0, 2, 1, 3]), node("Concat", "n1 t1 all", "joined", axis=0), node("Reshape", "ot joined", "y"),
    ]
    constants = {"i0": np.int64(0), "i1": np.int64(1), "zero": ints(0), "heads": ints(2), "width": ints(4), "all": ints(8)}
    yield case("attention-batch-and-time", attention, ["batch", "time", 8], [2, 3, 8], {"batch": 2, "time": 3}, constants)


def single_ops():
    image, size, sizes = ["N", 4, "H", "W"], [1, 4, 6, 6], {"N": 1, "H": 6, "W": 6}
    yield case("flatten-two", [node("Flatten", "x", "y", axis=2)], image, size, sizes)
    yield case("unsqueeze-two", [node("Unsqueeze", "x a", "t"), node("Squeeze", "t a", "y")], image, size, sizes, {"a": ints(1)})
    yield case("unsqueeze-two-opset11", [node("Unsqueeze", "x", "t", axes=[1]), node("Squeeze", "t", "y", axes=[1])], image, size, sizes, opset=11)
    yield case("slice-rows", [node("Slice", "x a b c", "y")], image, size, sizes, {"a": ints(1), "b": ints(-1), "c": ints(2)})
    yield case("slice-rows-opset9", [node("Slice", "x", "y", starts=[1, 0], ends=[-1, 2], axes=[2, 3])], image, size, sizes, opset=9)
    yield case("flip-columns", [node("Slice", "x a b c a", "y")], image, size, sizes, {"a": ints(-1), "b": ints(-(2**63)), "c": ints(3)})
    yield case("pad-opset10", [node("Pad", "x", "y", pads=[0, 0, 1, 1, 0, 0, 1, 1], mode="edge")], image, size, sizes, opset=10)
    yield case("tile", [node("Tile", "x r", "y")], image, size, sizes, {"r": ints(2, 1, 1, 3)})
    yield case("depth-to-space", [node("DepthToSpace", "x", "y", blocksize=2)], image, size, sizes)
    yield case("space-to-depth", [node("SpaceToDepth", "x", "y", blocksize=2)], image, size, sizes)
    yield case("conv-transpose", [node("ConvTranspose", "x w", "y", strides=[2, 2])], image, size, sizes, {"w": seeded(1, 4, 2, 2, 2)})
    yield case("pool-ceil", [node("MaxPool", "x", "y", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], image, size, sizes)
    yield case("pool-same", [node("AveragePool", "x", "y", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")], image, size, sizes)
    scales = {"s": np.array([1, 1, 2, 2], np.float32)}
    yield case("upsample-opset9", [node("Upsample", "x s", "y", mode="nearest")], image, size, sizes, scales, opset=9)
    yield case("upsample-opset7", [node("Upsample", "x", "y", mode="nearest", scales=[1.0, 1.0, 2.0, 3.0])], image, size, sizes, opset=7)
    yield case("resize-opset10", [node("Resize", "x s", "y", mode="linear")], image, size, sizes, scales, opset=10)
    half = {"s": np.array([1, 1, 0.5, 1.5], np.float32)}
    yield case("resize-fraction", [node("Resize", ["x", "", "s"], "y", mode="linear")], image, size, sizes, half)
    yield case("split-three-opset18", [node("Split", "x", "a b c", axis=2, num_outputs=3), node("Concat", "c b a", "y", axis=2)], image, size, sizes, opset=18)
    yield case("split-opset11", [node("Split", "x", "a b", axis=2), node("Concat", "b a", "y", axis=2)], image, size, sizes, opset=11)
    yield case("softmax-opset11", [node("Softmax", "x", "y", axis=3)], image, size, sizes, opset=11)
    yield case("expand-to-input", [node("Shape", "x", "s"), node("Expand", "w s", "t"), node("Mul", "t x", "y")], image, size, sizes, {"w": seeded(2, 4, 1, 1)})
    filled = [node("Shape", "x", "s"), node("ConstantOfShape", "s", "o", value=helper.make_tensor("v", 1, [1], [0.5])), node("Mul", "x o", "y")]
    yield case("constant-of-shape", filled, image, size, sizes)
    ranged = [node("Shape", "x", "s"), node("Gather", "s i", "h"), node("Range", "zero h one", "r"), node("Cast", "r", "f", to=1),
              node("ReduceMean", "x", "m", axes=[0, 1, 3], keepdims=0), node("Mul", "m f", "y")]
    yield case("range-of-size", ranged, image, size, sizes, {"i": np.int64(2), "zero": np.int64(0), "one": np.int64(1)})
    skip = value("z", ["N", 4, "H2", "W2"])
    yield case("add-names-that-differ", [node("Add", "x z", "y")], image, size, {**sizes, "H2": 6, "W2": 1}, more=[skip], inputs={"z": seeded(9, 1, 4, 6, 1)})
    yield case("concat-names-that-differ", [node("Concat", "x z", "t", axis=1), node("Relu", "t", "y")], image, size, {**sizes, "H2": 6, "W2": 6}, more=[skip],
               inputs={"z": seeded(9, 1, 4, 6, 6)})
    yield case("vector-matmul", [node("MatMul", "x w", "y")], ["N", "T", 3], [2, 4, 3], {"N": 2, "T": 4}, {"w": seeded(3, 3)})


def shape_arithmetic():
    """Mean as sum over H * W; a target of products, quotients and of another input's sizes."""
    mean = [node("Shape", "x", "s"), node("Gather", "s i", "hw"), node("ReduceProd", "hw", "p", keepdims=0), node("Cast", "p", "f", to=1),
            node("ReduceSum", "x axes", "sum"), node("Div", "sum f", "y")]
    shape, size, sizes = ["N", 3, "H", "W"], [2, 3, 4, 5], {"N": 2, "H": 4, "W": 5}
    yield case("mean-by-sizes", mean, shape, size, sizes, {"i": ints(2, 3), "axes": ints(2, 3)})
    flat = [node("Shape", "x", "s"), node("Gather", "s a", "n"), node("Gather", "s b", "h"), node("Gather", "s c", "w"), node("Mul", "h w", "hw"),
            node("Concat", "n three hw", "t", axis=0), node("Reshape", "x t", "r"), node("Transpose", "r", "y", perm=[0, 2, 1])]
    constants = {"a": ints(0), "b": ints(2), "c": ints(3), "three": ints(3)}
    yield case("product-of-sizes", flat, shape, size, sizes, constants)
    scaled = [node("Shape", "x", "s"), node("Slice", "s two four zero", "hw"), node("Cast", "hw", "f", to=1), node("Mul", "f k", "g"), node("Floor", "g", "fl"),
              node("Cast", "fl", "big", to=7), node("Slice", "s zero two zero", "nc"), node("Concat", "nc big", "size", axis=0),
              node("Resize", ["x", "", "", "size"], "y", mode="linear")]
    yield case("scale-by-floats", scaled, shape, size, sizes, {**SIZES, "k": np.array([1.5, 1.5], np.float32)})
    where = [node("Shape", "x", "s"), node("Equal", "wish minus", "c"),
             node("Where", "c s wish", "t"), node("Expand", "x t", "y")]
    yield case("expand-minus-one", where, ["N", 1, 3], [2, 1, 3], {"N": 2}, {"wish": ints(-1, 4, -1), "minus": ints(-1)})
