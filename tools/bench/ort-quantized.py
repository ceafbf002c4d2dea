"""Writes small models quantised by ONNX Runtime's own tool: `python tools/bench/ort-quantized.py FOLDER`.

A convolutional network with what Ghost modules are made of and a perceptron, seeded, in the formats of
onnxruntime.quantization: QDQ and QOperator, per channel and per tensor, int8, uint8 and int16 activations, dynamic. Made
with onnx 1.23.2 and onnxruntime 1.32.0.
"""

import pathlib
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

random = np.random.default_rng(0)


def weight(name, *shape):
    return numpy_helper.from_array((0.3 * random.standard_normal(shape)).astype(np.float32), name)


def model(nodes, shapes, initializers):
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in zip("xy", shapes))
    graph = helper.make_graph(nodes, "net", [x], [y], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs.split(), [output], **attributes)


net = model(
    [
        node("Conv", "x w1 b1", "c1", pads=[1, 1, 1, 1]),
        node("Relu", "c1", "r1"),
        node("Conv", "r1 w2 b2", "c2", pads=[1, 1, 1, 1], group=8),
        node("Clip", "c2 low high", "r2"),
        node("Concat", "r1 r2", "cc", axis=1),
        node("Conv", "cc w3 b3", "c3"),
        node("Add", "c3 r1", "sum"),
        node("MaxPool", "sum", "pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("HardSigmoid", "pool", "gate", alpha=0.2, beta=0.5),
        node("Mul", "pool gate", "gated"),
        node("AveragePool", "gated", "mean", kernel_shape=[2, 2], strides=[2, 2]),
        node("LeakyRelu", "mean", "leaky", alpha=0.1),
        node("GlobalAveragePool", "leaky", "global"),
        node("Flatten", "global", "flat"),
        node("Gemm", "flat wg bg", "y", transB=1),
    ],
    [[1, 3, 12, 12], [1, 5]],
    [
        *(weight("w1", 8, 3, 3, 3), weight("b1", 8), weight("w2", 8, 1, 3, 3), weight("b2", 8)),
        *(weight("w3", 8, 16, 1, 1), weight("b3", 8), weight("wg", 5, 8), weight("bg", 5)),
        *(numpy_helper.from_array(np.float32(v), n) for n, v in (("low", 0), ("high", 6))),
    ],
)
mlp = model(
    [
        node("MatMul", "x w1", "m1"),
        node("Add", "m1 b1", "a1"),
        node("Sigmoid", "a1", "s1"),
        node("MatMul", "s1 w2", "m2"),
        node("Softmax", "m2", "y", axis=-1),
    ],
    [[2, 10], [2, 4]],
    [weight("w1", 10, 16), weight("b1", 16), weight("w2", 16, 4)],
)


class Inputs(CalibrationDataReader):
    def __init__(self, shape):
        draw = lambda i: np.random.default_rng(i).standard_normal(shape).astype(np.float32)
        self.inputs = iter([{"x": draw(i)} for i in range(10)])

    def get_next(self):
        return next(self.inputs, None)


U8, S8, S16 = QuantType.QUInt8, QuantType.QInt8, QuantType.QInt16
QDQ, QOP = QuantFormat.QDQ, QuantFormat.QOperator
variants = {
    "qdq_channel_u8": dict(quant_format=QDQ, per_channel=True, activation_type=U8, weight_type=S8),
    "qdq_tensor_s8": dict(quant_format=QDQ, activation_type=S8, weight_type=S8),
    "qdq_channel_s8_symmetric": dict(
        quant_format=QDQ, per_channel=True, activation_type=S8, weight_type=S8, extra_options={"ActivationSymmetric": True}
    ),
    "qdq_u8_weights": dict(quant_format=QDQ, activation_type=U8, weight_type=U8),
    "qdq_s16": dict(quant_format=QDQ, activation_type=S16, weight_type=S8, extra_options={"ActivationSymmetric": True}),
    "qop_channel_u8": dict(quant_format=QOP, per_channel=True, activation_type=U8, weight_type=S8),
    "qop_tensor_s8": dict(quant_format=QOP, activation_type=S8, weight_type=S8),
    "qop_u8_weights": dict(quant_format=QOP, activation_type=U8, weight_type=U8),
}

folder = pathlib.Path(sys.argv[1])
with tempfile.TemporaryDirectory() as scratch:
    for name, source, shape in (("net", net, (1, 3, 12, 12)), ("mlp", mlp, (2, 10))):
        path = f"{scratch}/{name}.onnx"
        onnx.save(source, path)
        quant_pre_process(path, path, skip_symbolic_shape=True)
        for variant, options in variants.items():
            quantize_static(path, folder / f"{name}_{variant}.onnx", Inputs(shape), **options)
        quantize_dynamic(path, folder / f"{name}_dynamic.onnx")
