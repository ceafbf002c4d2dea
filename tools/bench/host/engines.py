"""Races one engine with one model: `python engines.py ENGINE MODEL INPUT SHAPES TYPES OUTPUT [NAME=VALUE...]`, on one thread.

INPUT holds the elements of the inputs, one after another, of TYPES, in the order of SHAPES (as in 1x3x224x224,1x8). An engine
whose model takes images in the other order gets them so. An input that has a VALUE is that everywhere, and not in INPUT. Writes
the first output to OUTPUT as float32 and prints `ready` with the milliseconds from where it takes the model to there; then answers each line N on standard input with the least
processor time of N runs, in milliseconds.
"""

import os
import sys
import time

import numpy as np

engine, model, given, shapes, elements, output, *bound = sys.argv[1:]
bound = {name: float(value) for name, _, value in (one.rpartition("=") for one in bound)}
data = open(given, "rb").read()
xs, at = [], 0
for shape, element in zip(shapes.split(","), elements.split(",")):
    sizes = [int(size) for size in shape.split("x") if size]
    count = int(np.prod(sizes))
    xs.append(np.frombuffer(data, element, count, at).reshape(sizes))
    at += xs[-1].nbytes
x = xs[0]


def fitted(shape, dtype, x=x):
    """An input as the model takes it."""
    static = x.ndim == len(shape) and all(not isinstance(size, int) or size < 1 or size == x.shape[i] for i, size in enumerate(shape))
    if static:
        return np.ascontiguousarray(x.astype(dtype))
    wanted = tuple(size if isinstance(size, int) and size > 0 else 1 for size in shape)
    turned = x.transpose(0, 2, 3, 1) if x.ndim == 4 and wanted != x.shape else x
    return np.ascontiguousarray(turned.reshape(wanted).astype(dtype))


def onnxruntime():
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = {"float": "float32", "double": "float64"}
    rest, feeds = iter(xs), {}
    for node in session.get_inputs():
        word = node.type[len("tensor(") : -1]
        dtype = names.get(word, word)
        if node.name in bound:
            feeds[node.name] = np.full([size if isinstance(size, int) else 1 for size in node.shape], bound[node.name], dtype)
        else:
            feeds[node.name] = fitted(node.shape, dtype, next(rest))
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
    nodes, result = network.get_input_details(), network.get_output_details()[0]
    for node, value in zip(nodes, xs):
        if -1 in node["shape_signature"]:
            network.resize_tensor_input(node["index"], value.shape)
    network.allocate_tensors()
    for node, value in zip(network.get_input_details(), xs):
        network.set_tensor(node["index"], fitted(node["shape"].tolist(), node["dtype"], value))

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


def ncnn():
    import ncnn

    network = ncnn.Net()
    network.opt.num_threads = 1
    network.opt.use_fp16_packed = network.opt.use_fp16_storage = network.opt.use_fp16_arithmetic = False
    network.load_param(f"{model}.param")
    network.load_model(f"{model}.bin")
    values = x[0].astype(np.float32)  # kept: a Mat does not own what it is made from

    def run():
        extractor = network.create_extractor()
        extractor.input(network.input_names()[0], ncnn.Mat(values))
        return np.array(extractor.extract(network.output_names()[0])[1])

    return run


begin = time.perf_counter_ns()
run = globals()[engine]()
first = np.asarray(run())
loaded = (time.perf_counter_ns() - begin) / 1e6
first.astype(np.float32).tofile(output)
print(f"ready {loaded:.3f}", flush=True)
for line in sys.stdin:
    least = float("inf")
    for _ in range(int(line)):
        start = time.process_time_ns()
        run()
        least = min(least, time.process_time_ns() - start)
    print(least / 1e6, flush=True)
sys.stdout.flush()
os._exit(0)  # some engines do not end their threads
