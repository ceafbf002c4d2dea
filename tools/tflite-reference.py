"""Runs TFLite's reference kernels on every model of a folder: `python tools/tflite-reference.py FOLDER`.

For each NAME.tflite, NAME.in holds the bytes of one or more sets of inputs (little-endian, in the model's order). The outputs
go to NAME.out, set after set, or the reason why there are none to NAME.err. Needs the package ai-edge-litert.
"""

import pathlib
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def run(model: pathlib.Path) -> bytes:
    interpreter = Interpreter(
        model_path=str(model), num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    data = model.with_suffix(".in").read_bytes()
    results, at = [], 0
    while at < len(data):
        for detail in inputs:
            dtype = np.dtype(detail["dtype"])
            count = int(np.prod(detail["shape"]))
            value = np.frombuffer(data, dtype, count, at).reshape(detail["shape"])
            at += count * dtype.itemsize
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
        results += [interpreter.get_tensor(detail["index"]).tobytes() for detail in outputs]
    return b"".join(results)


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.tflite")):
    try:
        path.with_suffix(".out").write_bytes(run(path))
    except (RuntimeError, ValueError) as error:
        path.with_suffix(".err").write_text(str(error))
