"""Models of every kind as files that the command reads."""

from __future__ import annotations

import inspect as python_inspect
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from ._errors import GhostcError
from ._results import CompileResult, QuantizeResult

Array: TypeAlias = npt.NDArray[Any]

Model: TypeAlias = Any
"""A `torch.nn.Module`, a `torch.export.ExportedProgram`, an ONNX model (`ModelProto` or bytes), a path, a specification such as
`ghostnet:1.0`, or a result of `compile` or `quantize`."""


class Serializable(Protocol):
    def SerializeToString(self) -> bytes: ...


@dataclass(frozen=True)
class Source:
    """A model as the command takes it."""

    path: str
    inputs: tuple[Array, ...] = ()
    """The example inputs, where there are."""
    outputs: tuple[Array, ...] = ()
    """What PyTorch makes of them, where the model is one of its."""


def source_of(model: Model, args: Any, folder: Path) -> Source:
    """The model as a path; one of PyTorch is exported into the folder."""
    inputs = tuple(to_numpy(one) for one in as_tuple(args))
    if isinstance(model, CompileResult):
        return Source(model.model, inputs)
    if isinstance(model, QuantizeResult):
        return Source(str(model.model), inputs)
    if isinstance(model, (str, os.PathLike)):
        return Source(os.fspath(model), inputs)
    content = _onnx_bytes(model)
    if content is not None:
        path = folder / "model.onnx"
        path.write_bytes(content)
        return Source(str(path), inputs)
    if _is_torch(model):
        return _exported(model, args, folder)
    raise GhostcError(
        "python/model",
        f"expected a torch.nn.Module, an ExportedProgram, an ONNX model or a path, found {type(model).__name__}",
    )


def _onnx_bytes(model: Model) -> bytes | None:
    if isinstance(model, (bytes, bytearray)):
        return bytes(model)
    serialize = getattr(model, "SerializeToString", None)
    return bytes(serialize()) if callable(serialize) else None


def _is_torch(model: Model) -> bool:
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    return isinstance(model, torch.nn.Module) or isinstance(model, torch.export.ExportedProgram)


def _exported(model: Any, args: Any, folder: Path) -> Source:
    import torch

    program = isinstance(model, torch.export.ExportedProgram)
    if args is None and program and model.example_inputs is not None:
        args = model.example_inputs[0]
    if args is None:
        raise GhostcError("python/args", "a model of PyTorch expects args: example inputs, as it is called with")
    tensors = tuple(torch.as_tensor(one) for one in as_tuple(args))
    path = folder / "model.onnx"
    module = model.module() if program else model
    with torch.no_grad(), _evaluating(None if program else model):
        outputs = _leaves(module(*tensors))
        try:
            _export(model, tensors, {"path": path, "outputs": len(outputs), "names": _names(module, len(tensors))})
        except GhostcError:
            raise
        except Exception as error:  # whatever the exporter throws
            raise GhostcError("python/export", f"torch.onnx.export: {str(error).strip() or type(error).__name__}") from error
    return Source(str(path), tuple(map(to_numpy, tensors)), tuple(map(to_numpy, outputs)))


def _export(model: Any, tensors: tuple[Any, ...], wanted: Mapping[str, Any]) -> None:
    """Through torch.export where onnxscript is installed, which it needs; else through TorchScript."""
    import torch

    outputs: int = wanted["outputs"]
    names = {
        "input_names": wanted["names"],
        "output_names": ["output"] if outputs == 1 else [f"output_{i}" for i in range(outputs)],
    }
    dynamo = _has("onnxscript")
    if not dynamo and isinstance(model, torch.export.ExportedProgram):
        raise GhostcError(
            "python/export",
            "an ExportedProgram needs the packages onnx and onnxscript",
            notes=("install with: pip install 'ghostc[torch]'",),
        )
    more: dict[str, Any] = {"dynamo": True, "external_data": False, "verbose": False} if dynamo else {"dynamo": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, tensors, str(wanted["path"]), **names, **more)


def _has(package: str) -> bool:
    from importlib.util import find_spec

    return find_spec(package) is not None


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """Batch norms and dropout as in use; each part's mode comes back."""
    modes = {} if module is None else {part: part.training for part in module.modules()}
    if module is not None:
        module.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


def _names(module: Any, count: int) -> list[str]:
    """Those of `forward`'s parameters."""
    kinds = (python_inspect.Parameter.POSITIONAL_ONLY, python_inspect.Parameter.POSITIONAL_OR_KEYWORD)
    known = [name for name, one in python_inspect.signature(module.forward).parameters.items() if one.kind in kinds]
    return known[:count] if len(known) >= count else [f"input_{i}" for i in range(count)]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    if isinstance(value, (list, tuple)):
        return [leaf for one in value for leaf in _leaves(one)]
    return [value]


def as_tuple(args: Any) -> tuple[Any, ...]:
    if args is None:
        return ()
    return tuple(args) if isinstance(args, (tuple, list)) else (args,)


def to_numpy(value: Any) -> Array:
    """An array or tensor as an array, doubles as float32."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
        value = value.numpy()
    array = np.ascontiguousarray(value)
    if array.dtype.kind not in "fiub":
        raise GhostcError("python/array", f"expected an array of numbers, found {array.dtype}")
    return array.astype(np.float32) if array.dtype == np.float64 else array


def save_sets(folder: Path, sets: Sequence[tuple[Sequence[Array], Sequence[Array]]]) -> Path:
    """Inputs and outputs by position, an archive a set."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, (inputs, outputs) in enumerate(sets):
        arrays = {f"input_{k}": array for k, array in enumerate(inputs)}
        arrays.update({f"output_{k}": array for k, array in enumerate(outputs)})
        np.savez(folder / f"set_{i:06}.npz", **arrays)  # type: ignore[arg-type]
    return folder
