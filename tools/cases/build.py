"""Short names for making models."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TYPES = {
    "f32": TensorProto.FLOAT, "f16": TensorProto.FLOAT16, "f64": TensorProto.DOUBLE,
    "i8": TensorProto.INT8, "u8": TensorProto.UINT8, "i16": TensorProto.INT16, "u16": TensorProto.UINT16,
    "i32": TensorProto.INT32, "u32": TensorProto.UINT32, "i64": TensorProto.INT64, "u64": TensorProto.UINT64,
    "bool": TensorProto.BOOL, "i4": TensorProto.INT4, "u4": TensorProto.UINT4,
}


def value(name: str, shape, dtype: str = "f32") -> onnx.ValueInfoProto:
    """A graph input or output; `shape` holds sizes, names, or None for unknown ones, and may be None itself."""
    return helper.make_tensor_value_info(name, TYPES[dtype], shape)


def node(op: str, inputs, outputs, domain: str = "", **attributes) -> onnx.NodeProto:
    split = lambda names: names.split() if isinstance(names, str) else list(names)
    return helper.make_node(op, split(inputs), split(outputs), domain=domain, **attributes)


def model(nodes, inputs, outputs, constants: dict[str, np.ndarray] | None = None, opset: int = 17, **more) -> onnx.ModelProto:
    """`more` goes to `make_model`: functions, extra opset imports, ..."""
    initializers = [numpy_helper.from_array(np.asarray(data), name) for name, data in (constants or {}).items()]
    graph = helper.make_graph(nodes, "case", inputs, outputs, initializers)
    imports = [helper.make_opsetid("", opset), *more.pop("imports", [])]
    return helper.make_model(graph, opset_imports=imports, ir_version=min(10, 8 if opset < 19 else 10), **more)


def seeded(seed: int, *shape: int) -> np.ndarray:
    """Standard normal float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
