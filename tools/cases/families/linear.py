"""A start: what the machinery itself is tried on."""

from build import model, node, seeded, value
from case import Case


def cases():
    weight = seeded(1, 4, 3, 3, 3)
    yield Case(
        "conv-relu",
        model(
            [node("Conv", "x w", "c", pads=[1, 0, 2, 1], strides=[1, 2]), node("Relu", "c", "y")],
            [value("x", [2, 3, 5, 7])],
            [value("y", None)],
            {"w": weight},
        ),
        {"x": seeded(2, 2, 3, 5, 7)},
    )
