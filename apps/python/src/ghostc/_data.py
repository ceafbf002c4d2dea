"""Calibration and labelled data as files that the command reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ._errors import GhostcError
from ._models import Array, as_tuple, to_numpy


@dataclass(frozen=True)
class Preprocessing:
    """How stored pictures and arrays become inputs: x = (stored * scale - mean) / std. Arrays of floats are taken as they are."""

    mean: float | Sequence[float] | None = None
    std: float | Sequence[float] | None = None
    scale: float | None = None
    resize: int | tuple[int, int] | None = None
    crop: int | tuple[int, int] | None = None
    order: str | None = None
    layout: str | None = None
    shape: Sequence[int] | None = None
    dtype: str | None = None

    def flags(self) -> list[str]:
        known = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return [part for name, value in known if value is not None for part in (f"--{name}", _text(name, value))]


def _text(name: str, value: Any) -> str:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return str(value)
    return ("," if name in ("mean", "std") else "x").join(map(str, value))


def write_calibration(data: Iterable[Any], folder: Path, inputs: Sequence[str], limit: int | None) -> Path:
    """
    Items as they come, each of one input or a batch of them. Of a tuple the first belongs to the only input, as loaders of PyTorch
    give images and labels; a model with several inputs gets a tuple of as many, or a mapping by their names.
    """
    if not isinstance(data, Iterable):
        raise GhostcError("python/calibration", f"expected an iterable of arrays or tensors, found {type(data).__name__}")
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for item in islice(data, limit):
        arrays = _arrays(item, inputs)
        if len(inputs) == 1:
            np.save(folder / f"{count:06}.npy", arrays[0])
        else:
            _write_set(folder / f"test_data_set_{count}", arrays)
        count += 1
    if count == 0:
        raise GhostcError("python/calibration", "expected calibration data, found none")
    return folder


def _arrays(item: Any, inputs: Sequence[str]) -> list[Array]:
    if isinstance(item, Mapping):
        missing = [name for name in inputs if name not in item]
        if missing:
            raise GhostcError("python/calibration", f"expected {', '.join(inputs)}, found {', '.join(map(str, item))}")
        return [to_numpy(item[name]) for name in inputs]
    values = as_tuple(item)
    if len(values) < len(inputs):
        raise GhostcError("python/calibration", f"expected {len(inputs)} inputs, found an item of {len(values)}")
    return [to_numpy(value) for value in values[: len(inputs)]]


def _write_set(folder: Path, arrays: Sequence[Array]) -> None:
    folder.mkdir(exist_ok=True)
    for i, array in enumerate(arrays):
        np.save(folder / f"input_{i}.npy", array)


def labelled(data: Any, labels: Any, folder: Path) -> list[str]:
    """The flags for labelled data: a path, arrays (x, y), or batches of them."""
    if isinstance(data, (str, os.PathLike)):
        given = [] if labels is None else ["--labels", os.fspath(labels)]
        return ["--data", os.fspath(data), *given]
    if labels is None and isinstance(data, tuple) and len(data) == 2:
        data, labels = data
    if labels is not None:
        return _archive(to_numpy(data), to_numpy(labels), folder)
    batches = [as_tuple(batch) for batch in data]
    if not batches or any(len(batch) < 2 for batch in batches):
        raise GhostcError("python/data", "expected batches (x, y), or arrays with labels")
    x = [to_numpy(batch[0]) for batch in batches]
    y = [np.atleast_1d(to_numpy(batch[1])) for batch in batches]
    if len(x[0]) == len(y[0]) and x[0].ndim > 1:
        return _archive(np.concatenate(x), np.concatenate(y), folder)
    return _archive(np.stack(x), np.concatenate(y), folder)


def _archive(x: Array, y: Array, folder: Path) -> list[str]:
    path = folder / "labelled.npz"
    np.savez(path, x=x, y=y)
    return ["--data", str(path)]
