"""Models of every kind as files that the command reads."""

from __future__ import annotations

import inspect as python_inspect
import logging
import os
import re
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
    if _is_torch(model):
        return _exported(model, args, folder)
    return Source(_path_of(model, folder), tuple(to_numpy(one) for one in as_tuple(args)))


def _path_of(model: Model, folder: Path) -> str:
    if isinstance(model, (CompileResult, QuantizeResult)):
        return str(model.model)
    if isinstance(model, (str, os.PathLike)):
        return os.fspath(model)
    content = _onnx_bytes(model)
    if content is not None:
        path = folder / "model.onnx"
        path.write_bytes(content)
        return str(path)
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

    if isinstance(model, torch.jit.ScriptModule):
        raise GhostcError("python/model", "torch.export takes no ScriptModule; expected the module that it was made from")
    program = isinstance(model, torch.export.ExportedProgram)
    module = model.module() if program else model
    call = _call_of(model, args)
    path = folder / "model.onnx"
    with torch.no_grad(), _evaluating(None if program else model):
        try:
            outputs = _leaves(module(*call.args, **call.kwargs))
        except Exception as error:  # whatever the module throws
            given = ", ".join(f"{one.dtype}{list(one.shape)}" for one in call.tensors)
            raise GhostcError("python/args", f"{type(model).__name__} does not run on ({given}): {_text_of(error)}") from error
        _export(model, call, {"path": path, "outputs": len(outputs), "names": _names(module, len(call.tensors))})
    return Source(str(path), tuple(map(exact_array, call.tensors)), tuple(map(exact_array, outputs)))


@dataclass(frozen=True)
class Call:
    """What a model of PyTorch is called with."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    @property
    def tensors(self) -> tuple[Any, ...]:
        return (*self.args, *self.kwargs.values())


def _call_of(model: Any, args: Any) -> Call:
    """The example inputs as tensors: those of `args`, by position or, in a mapping, by name; else those that a program was exported with."""
    if args is None:
        example = getattr(model, "example_inputs", None)
        if example is None:
            raise GhostcError("python/args", "a model of PyTorch expects args: example inputs, as it is called with")
        return Call(*example)
    tensors = [_tensor(one, model) for one in (args.values() if isinstance(args, Mapping) else as_tuple(args))]
    if not isinstance(args, Mapping):
        return Call(tuple(tensors), {})
    named = dict(zip(args, tensors))
    if not hasattr(model, "forward"):
        return Call((), named)
    try:
        bound = python_inspect.signature(model.forward).bind(**named)
    except TypeError as error:
        raise GhostcError("python/args", f"forward of {type(model).__name__}: {error}") from error
    return Call(bound.args, bound.kwargs)


def _tensor(value: Any, model: Any) -> Any:
    """Arrays of doubles take the type that the model's weights have: NumPy makes doubles where nothing is said."""
    import torch

    if isinstance(value, torch.Tensor):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise GhostcError("python/args", f"expected tensors or arrays of numbers, found {type(value).__name__}")
    tensor = torch.as_tensor(array)
    weights = (one.dtype for one in getattr(model, "parameters", tuple)() if torch.is_floating_point(one))
    return tensor.to(next(weights, torch.float32)) if tensor.dtype == torch.float64 else tensor


def _export(model: Any, call: Call, wanted: Mapping[str, Any]) -> None:
    import torch

    if not _has("onnxscript"):
        raise GhostcError("python/export", "torch.onnx.export needs onnxscript", notes=("install with: pip install onnxscript",))
    outputs: int = wanted["outputs"]
    names = {
        "input_names": wanted["names"],
        "output_names": ["output"] if outputs == 1 else [f"output_{i}" for i in range(outputs)],
    }
    # PyTorch's own optimiser leaves float32 weights beside bfloat16 inputs.
    optimize = all(one.dtype != torch.bfloat16 for one in call.tensors)
    try:
        with _quiet():
            torch.onnx.export(
                model, call.args, str(wanted["path"]), kwargs=dict(call.kwargs) or None,
                dynamo=True, external_data=False, verbose=False, optimize=optimize, **names,
            )  # fmt: skip
    except Exception as error:  # whatever the exporter throws
        raise GhostcError("python/export", f"torch.onnx.export: {_text_of(error)}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without PyTorch's words on what it deprecates, and on torchvision where that is not there."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _text_of(error: Exception) -> str:
    """Without the colours of terminals."""
    return re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip() or type(error).__name__


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
    array = exact_array(value)
    return array.astype(np.float32) if array.dtype == np.float64 else array


def exact_array(value: Any) -> Array:
    """An array or tensor as an array with the same numbers; NumPy has no bfloat16."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
        value = value.numpy()
    array = np.ascontiguousarray(value)
    if array.dtype.kind not in "fiub":
        raise GhostcError("python/array", f"expected an array of numbers, found {array.dtype}")
    return array


def save_sets(folder: Path, sets: Sequence[tuple[Sequence[Array], Sequence[Array]]]) -> Path:
    """Inputs and outputs by position, an archive a set."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, (inputs, outputs) in enumerate(sets):
        arrays = {f"input_{k}": array for k, array in enumerate(inputs)}
        arrays.update({f"output_{k}": array for k, array in enumerate(outputs)})
        np.savez(folder / f"set_{i:06}.npz", **arrays)  # type: ignore[arg-type]
    return folder
