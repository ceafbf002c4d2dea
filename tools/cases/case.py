"""One small model with the values that are right for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper


@dataclass
class Case:
    """`inputs` by name. Expected outputs are ONNX Runtime's without optimisation, unless `outputs` gives them in order."""

    name: str
    model: onnx.ModelProto
    inputs: dict[str, np.ndarray]
    outputs: list[np.ndarray] | None = None
    # sizes of symbolic dimensions, for everything but the ONNX target
    bind: dict[str, int] = field(default_factory=dict)
    # runtime (`interpreter`, `onnx`, `wgsl`, `c`, or `read` for all) -> part of the message of its refusal
    refused: dict[str, str] = field(default_factory=dict)
    # every output is held to the bit, and C runs on Cortex-M4 too
    exact: bool = False
    # a whole network: the tolerance is this fraction of the largest output instead of a bound by element
    relative: float | None = None
    # runtime -> why it has an answer of its own, which is not held
    own: dict[str, str] = field(default_factory=dict)
    # quantised: an element on a tie of a rounding may be a step off
    ties: bool = False


def run(model: onnx.ModelProto, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def write(case: Case, folder: Path) -> None:
    """Writes `model.onnx`, `test_data_set_0/*.pb`, and `case.json` where something is unusual."""
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(case.model.SerializeToString(deterministic=True))
    outputs = case.outputs if case.outputs is not None else run(case.model, case.inputs)
    names = [one.name for one in case.model.graph.input if one.name in case.inputs]
    write_tensors(data, "input", [(name, case.inputs[name]) for name in names])
    write_tensors(data, "output", [(one.name, value) for one, value in zip(case.model.graph.output, outputs)])
    options = {key: getattr(case, key) for key in ("bind", "refused", "own", "exact", "relative", "ties") if getattr(case, key)}
    (folder / "case.json").unlink(missing_ok=True)
    if options:
        (folder / "case.json").write_text(json.dumps(options, indent=2, sort_keys=True) + "\n")


def write_tensors(folder: Path, kind: str, tensors: list[tuple[str, np.ndarray]]) -> None:
    for i, (name, value) in enumerate(tensors):
        proto = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name)
        (folder / f"{kind}_{i}.pb").write_bytes(proto.SerializeToString(deterministic=True))
