"""Batch norms of any rank, by themselves and beside the linear layers that take them in."""

from __future__ import annotations

import numpy as np
from build import model, node, seeded, value
from case import Case


def norm(seed: int, channels: int) -> dict[str, np.ndarray]:
    s, b, m, v = (seeded(seed + i, channels) for i in range(4))
    return {"s": s, "b": b, "m": m, "v": np.abs(v) + 0.1}


def net(name, nodes, x, constants, opset=17, **options) -> Case:
    return Case(name, model(nodes, [value("x", x)], [value("y", None)], constants, opset), {"x": seeded(3, *x)}, **options)


BN = "s b m v"


def unfused():
    for x in [(3, 5), (2, 5, 7), (1, 5, 3, 4), (2, 5, 2, 3, 2)]:
        nodes = [node("BatchNormalization", f"x {BN}", "y", epsilon=0.01)]
        yield net(f"rank-{len(x)}", nodes, x, norm(1, 5))
    nodes = [node("BatchNormalization", f"x {BN}", "n"), node("Relu", "n", "y")]
    for x in [(3, 5), (2, 5, 7), (1, 5, 2, 2, 3)]:
        yield net(f"relu-rank-{len(x)}", nodes, x, norm(9, 5))
    for opset in [8, 9, 14, 15]:
        nodes = [node("BatchNormalization", f"x {BN}", "y")]
        yield net(f"opset-{opset}", nodes, (2, 4, 3), norm(2, 4), opset)
    sizes = [("x", (2, 3, 4)), ("s", (3,)), ("b", (3,)), ("m", (3,)), ("v", (3,))]
    for rank in [2, 3, 4]:
        shape = (2, 3, 4, 2)[:rank]
        declared = [value(key, shape if key == "x" else size) for key, size in sizes]
        nodes = [node("BatchNormalization", f"x {BN}", "y")]
        inputs = {"x": seeded(5, *shape)} | norm(6, 3)
        yield Case(f"computed-rank-{rank}", model(nodes, declared, [value("y", None)]), inputs)
    twice = [node("BatchNormalization", f"x {BN}", "n"), node("BatchNormalization", f"n {BN}", "y")]
    yield net("twice", twice, (2, 4, 3), norm(7, 4))


def folded():
    bn = node("BatchNormalization", f"h {BN}", "y")
    w = {"w": seeded(1, 6, 8), "c": seeded(2, 6)}
    yield net("gemm", [node("Gemm", "x w c", "h", transB=1), bn], (3, 8), w | norm(3, 6))
    scaled = [node("Gemm", "x w c", "h", transB=1, alpha=0.5, beta=2.0), bn]
    yield net("gemm-alpha", scaled, (3, 8), w | norm(3, 6))
    yield net("matmul", [node("MatMul", "x w", "h"), bn], (3, 8), {"w": seeded(1, 8, 6)} | norm(3, 6))
    added = [node("MatMul", "x w", "p"), node("Add", "p c", "h"), bn]
    yield net("matmul-add", added, (3, 8), {"w": seeded(1, 8, 6), "c": seeded(2, 6)} | norm(3, 6))
    front = [node("BatchNormalization", f"x {BN}", "n"), node("Gemm", "n w c", "y", transB=1)]
    yield net("before-gemm", front, (3, 8), w | norm(4, 8))
    flat = [
        node("Relu", "x", "r"),
        node("BatchNormalization", f"r {BN}", "n"),
        node("Flatten", "n", "f"),
        node("Gemm", "f w", "y", transB=1),
    ]
    yield net("before-flatten-gemm", flat, (2, 3, 2, 2), {"w": seeded(5, 4, 12)} | norm(6, 3))
    yield net("before-flatten-gemm-line", flat, (2, 3, 4), {"w": seeded(5, 4, 12)} | norm(6, 3))
    wide = [node("Conv", "x w", "c"), node("Flatten", "c", "h"), bn]
    yield net("conv-flatten-space", wide, (2, 2, 3, 3), {"w": seeded(5, 3, 2, 2, 2)} | norm(6, 12))
    point = [node("Conv", "x w", "c"), node("Flatten", "c", "h"), bn]
    yield net("conv-flatten-point", point, (2, 2, 3, 3), {"w": seeded(5, 4, 2, 3, 3)} | norm(6, 4))
    squeezed = [node("Conv", "x w", "c"), node("Squeeze", "c a", "h"), bn]
    yield net("conv-squeeze", squeezed, (2, 2, 3), {"w": seeded(5, 4, 2, 3), "a": np.array([2])} | norm(6, 4))
    face = [
        node("Conv", "x cw", "a", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("PRelu", "a slope", "p"),
        node("BatchNormalization", "p s0 b0 m0 v0", "n"),
        node("Dropout", "n", "d"),
        node("Flatten", "d", "f"),
        node("Gemm", "f w c", "g", transB=1),
        node("BatchNormalization", f"g {BN}", "y"),
    ]
    constants = {"cw": seeded(1, 4, 3, 3, 3), "slope": seeded(2, 4, 1, 1), "w": seeded(3, 6, 36), "c": seeded(4, 6)}
    first = {f"{key}0": data for key, data in norm(20, 4).items()}
    yield net("face-embedding", face, (1, 3, 6, 6), constants | first | norm(30, 6))
    deep = [node("Conv", "x w", "c", pads=[1, 1, 0, 0, 1, 0]), node("BatchNormalization", f"c {BN}", "n"), node("Relu", "n", "y")]
    yield net("conv-3d", deep, (1, 2, 3, 4, 4), {"w": seeded(5, 4, 2, 3, 2, 2)} | norm(6, 4))
    rows = [node("MatMul", "x w", "h"), bn]
    yield net("matmul-rank-3", rows, (2, 5, 4), {"w": seeded(5, 4, 3)} | norm(6, 5))
    turned = [
        node("MatMul", "x w", "p"),
        node("Transpose", "p", "t", perm=[0, 2, 1]),
        node("BatchNormalization", f"t {BN}", "n"),
        node("Transpose", "n", "y", perm=[0, 2, 1]),
    ]
    yield net("matmul-transposed", turned, (2, 5, 4), {"w": seeded(5, 4, 3)} | norm(6, 3))
    flat = [
        node("MatMul", "x w", "p"),
        node("Reshape", "p flat", "r"),
        node("BatchNormalization", f"r {BN}", "n"),
        node("Reshape", "n back", "y"),
    ]
    sizes = {"flat": np.array([10, 3]), "back": np.array([2, 5, 3])}
    yield net("matmul-flattened", flat, (2, 5, 4), {"w": seeded(5, 4, 3)} | sizes | norm(6, 3))


def training():
    nodes = [node("BatchNormalization", f"x {BN}", "y rm rv", training_mode=1, momentum=0.8)]
    results = [value("y", None), value("rm", None), value("rv", None)]
    one = model(nodes, [value("x", (4, 3, 5))], results, norm(2, 3), 15)
    yield Case("training-mode", one, {"x": seeded(8, 4, 3, 5)})
    # the variance is beyond float16
    constants = {key: data.astype(np.float16) for key, data in norm(4, 3).items()}
    results = [value(name, None, "f16") for name in ("y", "rm", "rv")]
    wide = model(nodes, [value("x", [4, 3, 5], "f16")], results, constants)
    yield Case("training-float16", wide, {"x": (400 * seeded(9, 4, 3, 5)).astype(np.float16)})


def cases():
    yield from unfused()
    yield from folded()
    yield from training()
