"""Stages of G-GhostNet: half of the first block's channels goes through blocks, half through one cheap convolution; and what looks like one."""

import numpy as np
from build import model, node, seeded, value
from case import Case

SHAPE = [1, 6, 6, 5]
HEAD, TAIL = 6, 4


def ints(**named):
    return {name: np.array([one]) for name, one in named.items()}


def stage(name, mix=True, split=False, blocks=2, kernel=3, cheap_kernel=1, cheap=True, swapped=False, from_head=False):
    whole = HEAD + TAIL
    constants = {"wf": seeded(1, whole, 6, 1, 1), "bf": seeded(2, whole), **ints(zero=0, middle=HEAD, end=whole, axis=1)}
    nodes = [node("Conv", "x wf bf", "first"), node("Relu", "first", "x0")]
    if split:
        constants["sizes"] = np.array([HEAD, TAIL])
        nodes.append(node("Split", "x0 sizes", "head tail", axis=1))
    else:
        nodes += [node("Slice", "x0 zero middle axis", "head"), node("Slice", "x0 middle end axis", "tail")]
    features, e = ["x0"], "head"
    for i in range(blocks):
        constants |= {f"w{i}": seeded(10 + i, HEAD, HEAD // 2, kernel, kernel) / 4, f"b{i}": seeded(20 + i, HEAD)}
        pads = [kernel // 2] * 4
        nodes += [node("Conv", [e, f"w{i}", f"b{i}"], f"c{i}", group=2, pads=pads), node("Add", [f"c{i}", e], f"s{i}"), node("Relu", f"s{i}", f"e{i}")]
        e = f"e{i}"
        features.append(e)
    c = "tail"
    if cheap:
        source, channels = ("x0", whole) if from_head else ("tail", TAIL)
        constants["wc"] = seeded(3, TAIL, channels, cheap_kernel, cheap_kernel)
        nodes.append(node("Conv", [source, "wc"], "cheap", pads=[cheap_kernel // 2] * 4))
        c = "cheap"
    if mix:
        constants |= {"wm": seeded(4, TAIL, whole + HEAD * blocks, 1, 1) / 4, "wn": seeded(5, TAIL, TAIL, 1, 1)}
        nodes += [node("Concat", features, "all", axis=1), node("GlobalAveragePool", "all", "mean")]
        nodes += [node("Conv", "mean wm", "m"), node("Relu", "m", "mr"), node("Conv", "mr wn", "merged"), node("Add", [c, "merged"], "mixed")]
        c = "mixed"
    nodes.append(node("Relu", c, "cr"))
    nodes.append(node("Concat", ["cr", e] if swapped else [e, "cr"], "y", axis=1))
    return Case(name, model(nodes, [value("x", SHAPE)], [value("y", None)], constants), {"x": seeded(6, *SHAPE)})


def cases():
    yield stage("mixed")
    yield stage("plain", mix=False)
    yield stage("split", split=True)
    yield stage("one-block-swapped", blocks=1, swapped=True)
    yield stage("not-without-cheap", cheap=False)
    yield stage("not-without-cheap-or-mix", cheap=False, mix=False)
    yield stage("not-cheap-3x3", cheap_kernel=3)
    yield stage("not-blocks-1x1", kernel=1)
    yield stage("not-from-all", from_head=True)
