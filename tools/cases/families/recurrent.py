"""LSTM, GRU and RNN: directions, states, functions, layouts."""

import numpy as np
from build import model, node, seeded, value
from case import Case

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def recurrent(name, op, direction="forward", batch=2, bias=True, states=False, outputs="y h", steps=5, layout=0, lengths=None, refused=None, hidden=6, **attributes):
    size, directions = 7, 2 if direction == "bidirectional" else 1
    gates = GATES[op]
    constants = {
        "w": 0.4 * seeded(1, directions, gates * hidden, size), "r": 0.4 * seeded(2, directions, gates * hidden, hidden),
        **({"b": 0.3 * seeded(3, directions, 2 * gates * hidden)} if bias else {}),
        **({"lens": np.array(lengths, np.int32)} if lengths else {}),
    }
    inputs = ["x", "w", "r", "b" if bias else "", "lens" if lengths else ""]
    shape = [batch, steps, size] if layout else [steps, batch, size]
    data = {"x": seeded(4, *shape)}
    if states:
        inputs += ["h0", "c0"][: 2 if op == "LSTM" else 1]
        for i, state in enumerate(inputs[5:]):
            data[state] = 0.5 * seeded(5 + i, directions, batch, hidden)
    while not inputs[-1]:
        inputs.pop()
    made = model(
        [node(op, inputs, [f"{n}" if n != "-" else "" for n in outputs.split()], direction=direction, hidden_size=hidden, **({"layout": 1} if layout else {}), **attributes)],
        [value(n, d.shape) for n, d in data.items()], [value(n, None) for n in outputs.split() if n != "-"], constants,
    )
    return Case(name, made, data, refused={"read": refused} if refused else {})


def cases():
    for direction in ("forward", "reverse", "bidirectional"):
        for op in GATES:
            states = "y h c" if op == "LSTM" else "y h"
            yield recurrent(f"{op.lower()}-{direction}", op, direction, states=True, outputs=states)
    yield recurrent("lstm-last-state-only", "LSTM", outputs="- h")
    yield recurrent("lstm-last-memory-only", "LSTM", outputs="- - c", bias=False)
    yield recurrent("lstm-wide", "LSTM", "bidirectional", hidden=70, steps=3, batch=1, outputs="y")
    yield recurrent("lstm-lengths-of-all", "LSTM", lengths=[5, 5], outputs="y")
    yield recurrent("lstm-lengths-differ", "LSTM", lengths=[5, 3], outputs="y", refused="sequence_lens")
    yield recurrent("lstm-hard-sigmoid", "LSTM", activations=["HardSigmoid", "Tanh", "Relu"], outputs="y")
    yield recurrent("gru-linear-before-reset", "GRU", "bidirectional", states=True, linear_before_reset=1)
    yield recurrent("gru-relu", "GRU", activations=["Sigmoid", "Relu"], outputs="y")
    yield recurrent("gru-clip", "GRU", clip=0.5, outputs="y", refused="clip")
    yield recurrent("rnn-relu", "RNN", "reverse", activations=["Relu"], outputs="y")
