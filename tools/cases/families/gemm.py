"""Gemm: operands either way, every shape of the addend."""

import numpy as np
from build import model, node, seeded, value
from case import Case


def gemm(name, a, b, c=None, constant_b=True, **attributes):
    constants, inputs, given = {}, [value("a", list(a))], {"a": seeded(1, *a)}
    if constant_b:
        constants["b"] = seeded(2, *b)
    else:
        inputs.append(value("b", list(b)))
        given["b"] = seeded(2, *b)
    if c is not None:
        constants["c"] = seeded(3, *c)
    made = model([node("Gemm", "a b c" if c is not None else "a b", "y", **attributes)], inputs, [value("y", None)], constants)
    return Case(name, made, given)


def cases():
    yield gemm("column-addend", (3, 5), (5, 4), (3, 1))
    yield gemm("row-addend", (3, 5), (4, 5), (1, 4), transB=1, beta=0.5)
    yield gemm("scalar-addend", (3, 5), (5, 4), (), alpha=-1.5, beta=2.0)
    yield gemm("matrix-addend", (3, 5), (5, 4), (3, 4))
    yield gemm("both-turned", (5, 3), (4, 5), (4,), transA=1, transB=1, alpha=0.25)
    yield gemm("two-inputs", (5, 3), (5, 4), (3, 1), constant_b=False, transA=1)
    yield gemm("beta-zero", (3, 5), (5, 4), (4,), beta=0.0)
    yield gemm("alpha-zero", (3, 5), (5, 4), (4,), alpha=0.0)
    yield gemm("square-column", (4, 5), (5, 4), (4, 1))
