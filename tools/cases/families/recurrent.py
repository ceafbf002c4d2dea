"""LSTM, GRU and RNN: directions, states, functions, layouts."""

import numpy as np
from build import model, node, seeded, value
from case import Case
from onnx import helper

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


def dynamic(name, zero, scales):
    """x of whole numbers up to 255, states of 0: what ONNX Runtime rounds to 8 bits on the way, it keeps."""
    size, hidden, steps = 5, 4, 1
    random = np.random.default_rng(9)
    kind = np.uint8 if zero else np.int8
    # sums of pairs stay within int16, at which ONNX Runtime saturates them on some processors
    of = lambda *shape: random.integers(zero - 60, zero + 60, shape).astype(kind)
    scale = lambda seed: (np.full((1, 4 * hidden), 1e-5) if scales else np.full(1, 1e-5)).astype(np.float32) * (1 + seed)
    point = lambda: np.full((1, 4 * hidden) if scales else (1,), zero, kind)
    constants = {"w": of(1, size, 4 * hidden), "r": of(1, hidden, 4 * hidden), "ws": scale(1), "wz": point(), "rs": scale(2), "rz": point(), "b": 0.1 * seeded(3, 1, 8 * hidden)}
    x = random.integers(0, 256, (steps, 2, size)).astype(np.float32)
    x[0, 0, :2] = 0, 255
    inputs = ["x", "w", "r", "b", "", "", "", "", "ws", "wz", "rs", "rz"]
    lstm = node("DynamicQuantizeLSTM", inputs, ["y", "h"], domain="com.microsoft", direction="forward", hidden_size=hidden)
    made = model([lstm], [value("x", x.shape)], [value("y", None), value("h", None)], constants, imports=[helper.make_opsetid("com.microsoft", 1)])
    return Case(f"dynamic-{name}", made, {"x": x})


def cases():
    yield dynamic("int8", 0, scales=False)
    yield dynamic("uint8", 128, scales=False)
    yield dynamic("by-gate", 0, scales=True)
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
