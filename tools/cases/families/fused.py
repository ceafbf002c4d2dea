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
    yield fused("gelu", "Gelu", {"x": (2, 9)})
    yield fused("bias-gelu", "BiasGelu", {"x": (2, 9), "b": (9,)})
    yield fused("fast-gelu", "FastGelu", {"x": (2, 9), "b": (9,)})
    yield fused("quick-gelu", "QuickGelu", {"x": (2, 9)}, alpha=1.5)
    norm = {"x": (2, 3, 8), "s": (2, 3, 8), "g": (8,), "b": (8,), "c": (8,)}
    yield fused("skip-layer-norm", "SkipLayerNormalization", norm, inputs=("x", "s"), outputs="y - - t", epsilon=1e-5)
