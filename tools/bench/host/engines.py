"""Races one engine with one model: `python engines.py ENGINE MODEL INPUT SHAPE TYPE OUTPUT`, on one thread.

INPUT holds the elements of the input, of TYPE, in the order of SHAPE (as in 1x3x224x224). An engine whose model takes images in
the other order gets them so. Writes the first output to OUTPUT as float32 and prints a line `ready`; then answers each line N on standard input
with the least processor time of N runs, in milliseconds.
"""

import os
import sys
import time

import numpy as np

engine, model, given, shape, element, output = sys.argv[1:]
x = np.fromfile(given, element).reshape([int(size) for size in shape.split("x")])


def fitted(shape, dtype):
    """The input as the model takes it."""
    wanted = tuple(size if isinstance(size, int) and size > 0 else 1 for size in shape)
    turned = x.transpose(0, 2, 3, 1) if x.ndim == 4 and wanted != x.shape else x
    return np.ascontiguousarray(turned.reshape(wanted).astype(dtype))


def onnxruntime():
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (node,) = session.get_inputs()
    feeds = {node.name: fitted(node.shape, np.int8 if node.type == "tensor(int8)" else np.float32)}
    return lambda: session.run(None, feeds)[0]


def openvino():
    import openvino as ov

    network = ov.Core().read_model(model)
    if network.inputs[0].partial_shape.is_dynamic:
        network.reshape(x.shape)
    options = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = ov.Core().compile_model(network, "CPU", options)
    request = compiled.create_infer_request()
    node = compiled.inputs[0]
    request.set_input_tensor(ov.Tensor(fitted(node.shape, node.element_type.to_dtype())))

    def run():
        request.infer()
        return request.get_output_tensor(0).data

    return run


def litert():
    from ai_edge_litert.interpreter import Interpreter

    network = Interpreter(model_path=model, num_threads=1)
    network.allocate_tensors()
    node, result = network.get_input_details()[0], network.get_output_details()[0]
    network.set_tensor(node["index"], fitted(node["shape"].tolist(), node["dtype"]))

    def run():
        network.invoke()
        return network.get_tensor(result["index"])

    return run


def mnn():
    import MNN

    network = MNN.Interpreter(model)
    session = network.createSession({"backend": "CPU", "numThread": 1, "precision": "high"})
    node = network.getSessionInput(session)
    values = fitted(node.getShape(), np.float32)
    kind = MNN.Halide_Type_Float, values, MNN.Tensor_DimensionType_Caffe
    node.copyFrom(MNN.Tensor(values.shape, *kind))
    result = network.getSessionOutput(session)

    def run():
        network.runSession(session)
        return np.array(result.getNumpyData())

    return run


run = globals()[engine]()
np.asarray(run()).astype(np.float32).tofile(output)
print("ready", flush=True)
for line in sys.stdin:
    least = float("inf")
    for _ in range(int(line)):
        start = time.process_time_ns()
        run()
        least = min(least, time.process_time_ns() - start)
    print(least / 1e6, flush=True)
sys.stdout.flush()
os._exit(0)  # some engines do not end their threads
