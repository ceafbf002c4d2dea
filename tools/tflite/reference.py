"""Runs TFLite's reference kernels on every model of a folder: `python tools/tflite/reference.py FOLDER`.

For each NAME.tflite, NAME.in holds the bytes of one or more sets of inputs (little-endian, in the model's order). The outputs
go to NAME.out, set after set, or the reason why there are none to NAME.err. NAME.dequantized.tflite runs with the integer
weights of its float operators turned into floats. NAME.layers.tflite does too, and leaves each operator K as a model of its
own: NAME.layers.K.model, with .in and .out as they are in the whole model; NAME.hybrid.layers.tflite keeps the integer weights
there. Needs the package ai-edge-litert.
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
    return pack(model)


def pack(model) -> bytes:
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def read_inputs(interpreter: Interpreter, data: bytes, at: int) -> int:
    for detail in interpreter.get_input_details():
        dtype = np.dtype(detail["dtype"])
        count = int(np.prod(detail["shape"]))
        value = np.frombuffer(data, dtype, count, at).reshape(detail["shape"])
        at += count * dtype.itemsize
        interpreter.set_tensor(detail["index"], value)
    return at


def outputs_of(interpreter: Interpreter) -> bytes:
    return b"".join(interpreter.get_tensor(detail["index"]).tobytes() for detail in interpreter.get_output_details())


def write_layers(path: pathlib.Path, content: bytes, interpreter: Interpreter) -> None:
    """Every operator as a model of its own, with what it reads and writes in the whole one."""
    whole = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs[0]
    for k, operator in enumerate(whole.operators):
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        graph = model.subgraphs[0]
        constant = lambda i: model.buffers[graph.tensors[i].buffer].data is not None
        reads = [i for i in operator.inputs if i >= 0 and not constant(i)]
        graph.operators, graph.inputs, graph.outputs = [graph.operators[k]], reads, list(operator.outputs)
        stem = path.with_suffix("")
        stem.with_name(f"{stem.name}.{k}.model").write_bytes(pack(model))
        for name, indices in (("in", reads), ("out", operator.outputs)):
            data = b"".join(interpreter.get_tensor(i).tobytes() for i in indices)
            stem.with_name(f"{stem.name}.{k}.{name}").write_bytes(data)


def kernels_for(content: bytes) -> OpResolverType:
    """The reference kernels, but for one that leaves out the last channel of its window; TensorFlow and TFLite's others have it."""
    codes = {code.builtinCode for code in schema.ModelT.InitFromPackedBuf(content, 0).operatorCodes}
    wrong = schema.BuiltinOperator.LOCAL_RESPONSE_NORMALIZATION in codes
    return OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if wrong else OpResolverType.BUILTIN_REF


def run(path: pathlib.Path) -> bytes:
    content = path.read_bytes()
    layers = path.name.endswith(".layers.tflite")
    if (layers and not path.name.endswith(".hybrid.layers.tflite")) or path.name.endswith(".dequantized.tflite"):
        content = dequantize_weights(content)
    interpreter = Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=kernels_for(content),
        experimental_preserve_all_tensors=layers,
    )
    interpreter.allocate_tensors()
    data = path.with_suffix(".in").read_bytes()
    results, at = [], 0
    while at < len(data) or not results:
        at = read_inputs(interpreter, data, at)
        interpreter.invoke()
        results.append(outputs_of(interpreter))
    if layers:
        write_layers(path, content, interpreter)
    return b"".join(results)


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.tflite")):
    try:
        path.with_suffix(".out").write_bytes(run(path))
    except (RuntimeError, ValueError) as error:
        path.with_suffix(".err").write_text(str(error))
