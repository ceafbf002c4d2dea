"""Runs TFLite's reference kernels on every model of a folder: `python tools/tflite/reference.py FOLDER`.

For each NAME.tflite, NAME.in holds the bytes of one or more sets of inputs (little-endian, in the model's order). The outputs
go to NAME.out, set after set, or the reason why there are none to NAME.err. NAME.dequantized.tflite runs with the integer
weights of its float operators turned into floats. Needs the package ai-edge-litert.
"""

import pathlib
import sys

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def dequantize_weights(content: bytes) -> bytes:
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    for operator in graph.operators:
        if graph.tensors[operator.inputs[0]].type != schema.TensorType.FLOAT32 or len(operator.inputs) < 2:
            continue
        weight = graph.tensors[operator.inputs[1]]
        if weight.type != schema.TensorType.INT8:
            continue
        data = np.asarray(model.buffers[weight.buffer].data, np.uint8).view(np.int8).reshape(weight.shape)
        axes = [1] * data.ndim
        axes[weight.quantization.quantizedDimension] = -1
        scale = np.asarray(weight.quantization.scale, np.float64)
        real = data * (scale.reshape(axes) if scale.size > 1 else scale[0])
        model.buffers[weight.buffer].data = np.frombuffer(real.astype(np.float32).tobytes(), np.uint8)
        weight.type, weight.quantization = schema.TensorType.FLOAT32, None
    builder = flatbuffers.Builder(len(content) * 4)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(path: pathlib.Path) -> bytes:
    content = path.read_bytes()
    if path.name.endswith(".dequantized.tflite"):
        content = dequantize_weights(content)
    interpreter = Interpreter(
        model_content=content, num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    data = path.with_suffix(".in").read_bytes()
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
