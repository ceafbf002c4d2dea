"""Ops that ONNX Runtime's optimiser writes."""

import numpy as np
from build import model, node, seeded, value
from case import Case
from onnx import helper

MS = "com.microsoft"


def fused(name, op, shapes, inputs=("x",), outputs="y", refused=None, **attributes):
    data = {n: seeded(i + 1, *shape) for i, (n, shape) in enumerate(shapes.items())}
    given = {n: data[n] for n in inputs}
    constants = {n: d for n, d in data.items() if n not in inputs}
    names = [n if n != "-" else "" for n in outputs.split()]
    made = model([node(op, list(shapes), names, domain=MS, **attributes)], [value(n, d.shape) for n, d in given.items()],
                 [value(n, None) for n in names if n], constants, imports=[helper.make_opsetid(MS, 1)])
    return Case(name, made, given, refused={"read": refused} if refused else {})


def cases():
    conv = {"x": (1, 3, 6, 5), "w": (4, 3, 3, 3), "b": (4,)}
    yield fused("conv-relu", "FusedConv", conv, activation="Relu", pads=[1, 1, 1, 1])
    yield fused("conv-leaky-relu", "FusedConv", conv, activation="LeakyRelu", activation_params=[0.2], strides=[2, 2])
    yield fused("conv-clip", "FusedConv", conv, activation="Clip", activation_params=[-0.5, 1.0])
    yield fused("conv-sum-relu", "FusedConv", {**conv, "z": (1, 4, 6, 5)}, inputs=("x", "z"), activation="Relu", pads=[1, 1, 1, 1])
    yield fused("gemm-relu", "FusedGemm", {"x": (2, 5), "w": (4, 5), "b": (4,)}, activation="Relu", transB=1)
    yield fused("matmul-turned", "FusedMatMul", {"x": (2, 5, 3), "w": (2, 4, 5)}, inputs=("x", "w"), alpha=0.125, transA=1, transB=1)
    for name, a, b, how in (("a", (5, 2, 3, 4), (2, 3, 4, 6), {"transBatchA": 1}), ("b", (2, 5, 4), (4, 2, 6), {"transBatchB": 1}),
                            ("both", (4, 2, 5), (6, 2, 4), {"transBatchA": 1, "transA": 1, "transBatchB": 1, "transB": 1})):
        yield fused(f"matmul-batch-turned-{name}", "FusedMatMul", {"x": a, "w": b}, inputs=("x", "w"), **how)
    yield fused("gelu", "Gelu", {"x": (2, 9)})
    yield fused("bias-gelu", "BiasGelu", {"x": (2, 9), "b": (9,)})
    yield fused("fast-gelu", "FastGelu", {"x": (2, 9), "b": (9,)})
    yield fused("quick-gelu", "QuickGelu", {"x": (2, 9)}, alpha=1.5)
    norm = {"x": (2, 3, 8), "s": (2, 3, 8), "g": (8,), "b": (8,), "c": (8,)}
    yield fused("skip-layer-norm", "SkipLayerNormalization", norm, inputs=("x", "s"), outputs="y - - t", epsilon=1e-5)
    yield from integer_products()


def integer_products():
    """Products of integers that come out as floats; int8 weights of seven bits: ONNX Runtime adds two products in 16."""
    random = np.random.default_rng(7)
    a, b = random.integers(0, 256, (2, 3, 40)).astype(np.uint8), random.integers(-63, 64, (40, 5)).astype(np.int8)
    x, scale, column = seeded(3, 2, 3, 40), np.float32(0.02), np.linspace(0.01, 0.05, 5, dtype=np.float32)
    zero, zeros, bias = np.int8(0), np.array([1, -2, 0, 3, 5], np.int8), seeded(4, 5)
    own, out = {"imports": [helper.make_opsetid(MS, 1)]}, [value("y", None)]
    for name, names, constants in (
        ("", "a b s t z w c", {"t": scale, "z": np.uint8(7), "w": zero, "c": bias}),
        ("-columns", "a b s t z w", {"t": column, "z": np.uint8(120), "w": zeros}),
        ("-plain", "a b s t", {"t": scale}),
    ):
        made = model([node("MatMulIntegerToFloat", names, "y", domain=MS)], [value("a", a.shape, "u8")], out, {"b": b, "s": np.float32(0.1), **constants}, **own)
        yield Case(f"matmul-integer-to-float{name}", made, {"a": a})
    for name, names, constants in (("", "x b t w c", {"t": scale, "w": zero, "c": bias}), ("-columns", "x b t w", {"t": column, "w": zeros}), ("-plain", "x b t", {"t": scale})):
        made = model([node("DynamicQuantizeMatMul", names, "y", domain=MS)], [value("x", x.shape)], out, {"b": b, **constants}, **own)
        yield Case(f"dynamic-quantize-matmul{name}", made, {"x": x})
