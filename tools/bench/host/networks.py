"""Writes MobileNetV2 1.0 and ResNet-18 at 224 with seeded weights and their batch norms: `python networks.py FOLDER`."""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    def __init__(self):
        self.random = np.random.default_rng(1)
        self.nodes, self.weights = [], []

    def weight(self, values):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def node(self, op, *inputs, **attributes):
        name = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name, **attributes))
        return name

    def conv(self, x, channels, *, size=1, stride=1, group=1, act=None):
        """`channels`: of the input and of the output. `act`: the largest output, infinite for relu."""
        given, made = channels
        per_group = given // group
        spread = np.sqrt(2 / (per_group * size * size))
        w = self.weight(self.random.normal(0, spread, (made, per_group, size, size)))
        y = self.node("Conv", x, w, kernel_shape=[size, size], strides=[stride, stride], pads=[size // 2] * 4, group=group)
        near_one, near_zero = (lambda: self.random.uniform(0.8, 1.2, made)), (lambda: self.random.normal(0, 0.1, made))
        norm = [self.weight(draw()) for draw in (near_one, near_zero, near_zero, near_one)]
        y = self.node("BatchNormalization", y, *norm, epsilon=1e-5)
        if act is None:
            return y
        return self.node("Relu", y) if np.isinf(act) else self.node("Clip", y, self.weight(0), self.weight(act))

    def save(self, x, channels, path):
        mean = self.node("Flatten", self.node("GlobalAveragePool", x))
        w = self.weight(self.random.normal(0, 0.02, (1000, channels)))
        y = self.node("Gemm", mean, w, self.weight(np.zeros(1000)), transB=1)
        ends = ("input", [1, 3, 224, 224]), (y, [1, 1000])
        given, made = ([helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name, shape in ends)
        graph = helper.make_graph(self.nodes, path.stem, given, made, self.weights)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def mobilenet_v2(path):
    net = Network()
    x, channels = net.conv("input", (3, 32), size=3, stride=2, act=6), 32
    blocks = (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)
    for factor, made, count, first in blocks:
        for i in range(count):
            stride, wide = (first if i == 0 else 1), channels * factor
            y = net.conv(x, (channels, wide), act=6) if factor > 1 else x
            y = net.conv(y, (wide, wide), size=3, stride=stride, group=wide, act=6)
            y = net.conv(y, (wide, made))
            x = net.node("Add", x, y) if stride == 1 and channels == made else y
            channels = made
    net.save(net.conv(x, (channels, 1280), act=6), 1280, path)


def resnet18(path):
    net = Network()
    x, channels = net.conv("input", (3, 64), size=7, stride=2, act=np.inf), 64
    x = net.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    for made in (64, 128, 256, 512):
        for i in range(2):
            stride = 2 if made > 64 and i == 0 else 1
            y = net.conv(x, (channels, made), size=3, stride=stride, act=np.inf)
            y = net.conv(y, (made, made), size=3)
            x = net.node("Relu", net.node("Add", y, x if channels == made else net.conv(x, (channels, made), stride=2)))
            channels = made
    net.save(x, 512, path)


folder = pathlib.Path(sys.argv[1])
mobilenet_v2(folder / "mobilenet_v2.onnx")
resnet18(folder / "resnet18.onnx")
