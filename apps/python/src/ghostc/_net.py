"""Compiled C of this machine, run in this process."""

from __future__ import annotations

import ctypes
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ._errors import GhostcError
from ._models import Array, to_numpy
from ._results import CompileResult, TensorInfo

Outputs: TypeAlias = Any
"""An array where there is one output, else a tuple of arrays."""

_types = {
    "f32": np.float32, "f64": np.float64, "f16": np.float16, "i8": np.int8, "u8": np.uint8, "i16": np.int16,
    "u16": np.uint16, "i32": np.int32, "u32": np.uint32, "i64": np.int64, "u64": np.uint64, "bool": np.bool_,
}  # fmt: skip

# Cache lines: more than any alignment that the arena asks for.
_ALIGN = 64


class Net:
    """A network as a function on arrays: `net(x)`. Calls from several threads take turns."""

    def __init__(self, compiled: CompileResult, *, flags: Sequence[str] | None = None) -> None:
        self.compiled = compiled
        self._folder = tempfile.TemporaryDirectory(prefix="ghostc-net-")
        library = ctypes.CDLL(str(_build(compiled, Path(self._folder.name), flags)))
        self._run = getattr(library, str(compiled._program["run"]))
        self._run.restype = ctypes.c_int
        self._arena = _aligned(compiled.arena_bytes or 0)
        self._lock = threading.Lock()

    @property
    def inputs(self) -> tuple[TensorInfo, ...]:
        return self.compiled.inputs

    @property
    def outputs(self) -> tuple[TensorInfo, ...]:
        return self.compiled.outputs

    def __call__(self, *args: Any, **named: Any) -> Outputs:
        """
        Inputs by position or name. Where the network takes one item and there are N, it runs N times. Floats for a quantised input
        are quantised.
        """
        given = [_fitted(value, info) for value, info in zip(self._ordered(args, named), self.inputs)]
        counts = {len(items) for items in given}
        if len(counts) > 1:
            raise GhostcError("python/input", f"expected inputs of one batch size, found {sorted(counts)}")
        rows = [self._once([items[i] for items in given]) for i in range(counts.pop() if counts else 1)]
        outputs = tuple(rows[0][k] if len(rows) == 1 else np.concatenate([row[k] for row in rows]) for k in range(len(self.outputs)))
        return outputs[0] if len(outputs) == 1 else outputs

    def _ordered(self, args: Sequence[Any], named: Mapping[str, Any]) -> list[Any]:
        names = [info.name for info in self.inputs]
        unknown = [name for name in named if name not in names[len(args) :]]
        values = [*args, *(named[name] for name in names[len(args) :] if name in named)]
        if unknown or len(values) != len(names):
            raise GhostcError("python/input", f"expected {', '.join(map(str, self.inputs))}, found {len(args) + len(named)} inputs")
        return values

    def _once(self, inputs: Sequence[Array]) -> list[Array]:
        outputs: list[Array] = [np.empty(info.shape, _dtype(info)) for info in self.outputs]
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (self._arena, *inputs, *outputs)]
        with self._lock:
            status = self._run(*pointers)
        if status != 0:
            raise GhostcError("python/run", f"{self.compiled.name}_run returned {status}")
        return outputs

    def __repr__(self) -> str:
        types = [", ".join(map(str, tensors)) for tensors in (self.inputs, self.outputs)]
        return f"<ghostc.Net {self.compiled.name}: {types[0]} -> {types[1]}>"


def _aligned(size: int) -> Array:
    memory = np.zeros(size + _ALIGN, np.uint8)
    start = -memory.ctypes.data % _ALIGN
    return memory[start : start + size]


def _fitted(value: Any, info: TensorInfo) -> Array:
    """[N, ...] items of the input, each as the C takes it."""
    if info.dtype not in _types:
        raise GhostcError("python/input", f"{info}: NumPy has no such type")
    array = to_numpy(value)
    shape = tuple(info.shape)
    many = shape and shape[0] == 1 and array.ndim == len(shape) and array.shape[1:] == shape[1:]
    if array.shape != shape and not many:
        raise GhostcError("python/input", f"expected {info}, found [{','.join(map(str, array.shape))}]")
    items = array.reshape((-1 if many else 1, *shape))
    return np.ascontiguousarray(_typed(items, info))


def _dtype(info: TensorInfo) -> np.dtype[Any]:
    return np.dtype(_types[info.dtype])


def _typed(array: Array, info: TensorInfo) -> Array:
    dtype = _dtype(info)
    if array.dtype == dtype:
        return array
    if info.quantization and array.dtype.kind == "f" and dtype.kind in "iu":
        limits = np.iinfo(dtype)
        steps = np.rint(array / np.float32(info.quantization.scale[0])) + info.quantization.zero_point[0]
        result: Array = np.clip(steps, limits.min, limits.max).astype(dtype)
        return result
    if np.can_cast(array.dtype, dtype, "same_kind"):
        return array.astype(dtype)
    raise GhostcError("python/input", f"expected {info}, found {array.dtype}")


def _build(compiled: CompileResult, folder: Path, flags: Sequence[str] | None) -> Path:
    suffix = ".dll" if os.name == "nt" else ".so"
    library = folder / f"{compiled.name}{suffix}"
    sources = [str(path.resolve()) for path in compiled.files if path.suffix in (".c", ".S")]
    compiler = _compiler()
    native = ["-march=native"] if platform.machine() in ("x86_64", "AMD64") else []
    options = [*(native if flags is None else flags), "-std=c99", "-shared", "-fPIC"]
    command = [*compiler, "-O3", *options, f"-I{compiled.out}", *sources, "-o", str(library), "-lm"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=compiled.out)
    if result.returncode == 0:
        return library
    raise GhostcError("tool/failed", f"{shlex.join(compiler)} left with code {result.returncode}", notes=(result.stderr.strip()[-2000:],))


def _compiler() -> list[str]:
    named = os.environ.get("CC")
    if named:
        return shlex.split(named)
    found = next((name for name in ("gcc", "clang", "cc") if shutil.which(name)), None)
    if found:
        return [found]
    raise GhostcError("tool/missing", "ghostc.load needs a C compiler (gcc, clang or cc)", notes=("CC names another",))
