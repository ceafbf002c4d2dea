"""The functions: each runs the command on a model, and returns what it found."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from ._command import run_json
from ._data import Preprocessing, labelled, write_calibration
from ._evaluation import Accuracy, EvaluateResult
from ._models import Model, Source, as_tuple, save_sets, source_of, to_numpy
from ._net import Net
from ._results import (
    CompileResult,
    Declined,
    ExplainResult,
    FitResult,
    FitVariant,
    GraphSummary,
    InspectResult,
    LayerProfile,
    LayerSensitivity,
    QuantizeStep,
    ProfileResult,
    QuantizeResult,
    TargetResult,
    TensorInfo,
    VerifyResult,
)

Bind = Mapping[str, int]


def compile(
    model: Model,
    args: Any = None,
    *,
    target: str = "c",
    device: str | None = None,
    calibration: Iterable[Any] | str | os.PathLike[str] | None = None,
    preprocessing: Preprocessing | None = None,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    bind: Bind | None = None,
    max_ram: int | str | None = None,
    options: Sequence[str] = (),
    progress: bool | None = None,
) -> CompileResult:
    """
    Compiles a model to C, WGSL or ONNX. With `calibration` it is made int8 first. `out` is the folder of the files, a temporary one if
    absent; `options` are further flags of `ghostc compile`, as `("--layout", "zephyr")`.
    """
    temporary = tempfile.TemporaryDirectory(prefix="ghostc-")
    folder = Path(out) if out is not None else Path(temporary.name) / "out"
    scratch = Path(temporary.name)
    source = source_of(model, args, scratch)
    called = name or _name_of(model, quantized=calibration is not None)
    quantized = None
    if calibration is not None:
        path = folder / "int8.onnx"
        quantized = quantize(
            source.path, calibration=calibration, preprocessing=preprocessing, out=path, bind=bind, progress=progress
        )
        source = Source(str(path), source.inputs)
    flags = [
        *("--target", target, "--out", str(folder)),
        *_flag("--device", device),
        *_flag("--name", called),
        *_flag("--max-ram", max_ram),
        *_bind(bind if quantized is None else None),
        *options,
    ]
    found = run_json(["compile", source.path, *flags], progress=_shown(progress))
    memory, program = found.get("memory") or {}, found.get("program") or {}
    return CompileResult(
        target=target,
        device=program.get("device"),
        out=folder,
        files=tuple(Path(one["path"]) for one in found["files"]),
        model=source.path,
        name=program.get("name"),
        arena_bytes=memory.get("arenaBytes"),
        arena_gap_bytes=memory.get("arenaGapBytes"),
        weight_bytes=memory.get("weightBytes"),
        inputs=tuple(map(TensorInfo._of, program.get("inputs", ()))),
        outputs=tuple(map(TensorInfo._of, program.get("outputs", ()))),
        quantized=quantized,
        _program=program,
        _temporary=temporary,
    )


def _name_of(model: Model, *, quantized: bool) -> str | None:
    """Of files and identifiers: the module's class, the file's stem; None where the command finds it itself."""
    if isinstance(model, CompileResult):
        return model.name
    if isinstance(model, (str, os.PathLike)):
        return re.sub(r"\W", "_", Path(model).stem) if quantized else None
    kind = type(model).__name__
    return "model" if kind in ("ModelProto", "bytes", "bytearray", "ExportedProgram", "QuantizeResult") else kind.lower()


def load(
    model: Model,
    args: Any = None,
    *,
    calibration: Iterable[Any] | str | os.PathLike[str] | None = None,
    preprocessing: Preprocessing | None = None,
    bind: Bind | None = None,
    flags: Sequence[str] | None = None,
    progress: bool | None = None,
) -> Net:
    """
    Compiles a model to C for this machine, builds that with its C compiler (`CC`, or gcc or clang), and gives it as a function on
    arrays. `flags` take the place of `-march=native`.
    """
    if isinstance(model, CompileResult) and model.target == "c" and model.device == "host":
        return Net(model, flags=flags)
    compiled = compile(
        model, args, device="host", calibration=calibration, preprocessing=preprocessing, bind=bind,
        options=("--weights", "c"), progress=progress,
    )  # fmt: skip
    return Net(compiled, flags=flags)


def verify(
    model: Model,
    args: Any = None,
    *,
    targets: Sequence[str] | None = None,
    outputs: Any = None,
    bind: Bind | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    progress: bool | None = None,
) -> VerifyResult:
    """
    Runs a model on targets (`c`, `c@cortex-m4`, `interpreter`, ...) and compares their outputs with the reference: PyTorch on `args` for
    its modules, `outputs` if given, otherwise the interpreter on `args` or on seeded inputs. For a result of `compile`, the
    target is what it was compiled for.
    """
    with _scratch() as folder:
        source = source_of(model, args, folder)
        expected = tuple(map(to_numpy, as_tuple(outputs))) or source.outputs
        data: list[str] = []
        if source.inputs:
            data = ["--data", str(save_sets(folder / "data", [(source.inputs, expected)]))]
            data += ["--exact-data"] if expected else []
        flags = ["--targets", ",".join(targets or _target_of(model)), *data, *_bind(bind)]
        flags += [*_flag("--rtol", rtol), *_flag("--atol", atol)]
        found = run_json(["verify", source.path, *flags], progress=_shown(progress), exit_codes=(0, 1))
    reference = found["reference"]
    if expected and data:
        reference = "PyTorch" if outputs is None else "the given outputs"
    return VerifyResult(found["model"], reference, tuple(map(_target_result, found["targets"])))


def _target_of(model: Model) -> tuple[str, ...]:
    if isinstance(model, CompileResult) and model.target == "c" and model.device not in (None, "host"):
        return (f"c@{model.device}",)
    return ("c",)


def _target_result(json: Mapping[str, Any]) -> TargetResult:
    return TargetResult(
        json["target"], json["status"], json.get("maxRel"), json.get("off"), json.get("allowed"),
        json["seconds"], json.get("message"), json.get("note"),
    )  # fmt: skip


def inspect(model: Model, args: Any = None, *, bind: Bind | None = None, progress: bool | None = None) -> InspectResult:
    """What a model is made of, before and after optimisation."""
    with _scratch() as folder:
        source = source_of(model, args, folder)
        found = run_json(["inspect", source.path, *_bind(bind)], progress=_shown(progress))
    return InspectResult(
        found["model"],
        {one["name"]: one["type"] for one in found["inputs"]},
        tuple(found["dimensions"]),
        GraphSummary._of(found["before"]),
        GraphSummary._of(found["after"]),
    )


def fit(
    model: Model, args: Any = None, *, board: str, bind: Bind | None = None, progress: bool | None = None
) -> FitResult:
    """Whether a model fits a board (`nrf52840`, `stm32f746`, ...), and what would help."""
    with _scratch() as folder:
        source = source_of(model, args, folder)
        flags = ["--board", board, *_bind(bind)]
        found = run_json(["fit", source.path, *flags], progress=_shown(progress), exit_codes=(0, 1))
    return FitResult(
        found["model"], found["board"]["name"], FitVariant._of(found["report"]), tuple(map(FitVariant._of, found["remedies"]))
    )


def quantize(
    model: Model,
    args: Any = None,
    *,
    calibration: Iterable[Any] | str | os.PathLike[str],
    preprocessing: Preprocessing | None = None,
    out: str | os.PathLike[str] | None = None,
    method: str = "minmax",
    equalize: bool = False,
    fit: Literal["biases", "weights"] | None = None,
    auto: bool = False,
    effort: float | None = None,
    int16_macs: float | None = None,
    io: str = "float",
    limit: int | None = None,
    report: bool = False,
    bind: Bind | None = None,
    options: Sequence[str] = (),
    progress: bool | None = None,
) -> QuantizeResult:
    """
    Makes a float model an int8 one, in QDQ ONNX. `calibration` is any iterable of arrays or tensors, of items or batches, such as a
    `DataLoader`; or a path to pictures or arrays. `report` measures each layer by itself. `auto` tries what can help
    within `effort` seconds of a usual processor; `int16_macs` is the percentage of the work that 16-bit activations may take.
    """
    temporary = tempfile.TemporaryDirectory(prefix="ghostc-")
    scratch = Path(temporary.name)
    source = source_of(model, args, scratch)
    path = Path(out) if out is not None else scratch / "int8.onnx"
    data = _calibration_path(calibration, source, {"folder": scratch / "calibration", "bind": bind, "limit": limit})
    flags = [
        *("--calibration", data, "--out", str(path), "--method", method, "--io", io),
        *(["--equalize"] if equalize else []),
        *_flag("--fit", fit),
        *(["--auto"] if auto else []),
        *_flag("--effort", effort),
        *_flag("--int16-macs", int16_macs),
        *(["--per-layer-report"] if report else []),
        *_flag("--limit", limit),
        *(preprocessing.flags() if preprocessing else []),
        *_bind(bind),
        *options,
    ]
    found = run_json(["quantize", source.path, *flags], progress=_shown(progress))
    return QuantizeResult(
        model=path,
        weight_bytes=found["weightBytes"],
        warnings=tuple(found["warnings"]),
        sqnr=found.get("sqnr"),
        kept=tuple(map(_sensitivity, found.get("kept", ()))),
        layers=tuple(map(_sensitivity, found.get("layers", ()))),
        steps=tuple(QuantizeStep(one["step"], one["sqnr"], one["kept"]) for one in found.get("steps", ())),
        left_out=tuple(found.get("leftOut", ())),
        _temporary=temporary,
    )


def _sensitivity(json: Mapping[str, Any]) -> LayerSensitivity:
    return LayerSensitivity(json["layer"], json["op"], json["sqnr"])


def _calibration_path(calibration: Any, source: Source, how: Mapping[str, Any]) -> str:
    if isinstance(calibration, (str, os.PathLike)):
        return os.fspath(calibration)
    names = list(inspect(source.path, bind=how["bind"], progress=False).inputs)
    return str(write_calibration(calibration, how["folder"], names, how["limit"]))


def evaluate(
    model: Model,
    args: Any = None,
    *,
    data: Any,
    labels: Any = None,
    targets: Sequence[str] = ("c",),
    against: Sequence[Model] = (),
    preprocessing: Preprocessing | None = None,
    classes: str | os.PathLike[str] | None = None,
    limit: int | None = None,
    sample: int | None = None,
    report: str | os.PathLike[str] | None = None,
    bind: Bind | None = None,
    options: Sequence[str] = (),
    progress: bool | None = None,
) -> EvaluateResult:
    """
    Accuracy of a classifier: top-1, top-5, classes, confusion, with intervals; more models (`against`) and targets on the same items,
    each compared with the first. `data` is arrays with `labels`, batches (x, y), or a path as for `ghostc evaluate --data`.
    """
    with _scratch() as folder:
        sources = []
        for i, one in enumerate((model, *against)):
            (folder / str(i)).mkdir()
            sources.append(source_of(one, args, folder / str(i)).path)
        flags = [
            *labelled(data, labels, folder),
            *("--targets", ",".join(targets)),
            *(["--against", *sources[1:]] if len(sources) > 1 else []),
            *_flag("--classes", classes),
            *_flag("--limit", limit),
            *_flag("--sample", sample),
            *_flag("--report", report),
            *(preprocessing.flags() if preprocessing else []),
            *_bind(bind),
            *options,
        ]
        found = run_json(["evaluate", sources[0], *flags], progress=_shown(progress))
    return EvaluateResult(found["items"], tuple(found["classes"]), tuple(map(Accuracy._of, found["results"])))


def profile(
    model: Model,
    args: Any = None,
    *,
    device: str = "cortex-m4",
    bind: Bind | None = None,
    max_ram: int | str | None = None,
    report: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> ProfileResult:
    """What each layer of the C costs, in an emulated board or on this machine (`host`)."""
    with _scratch() as folder:
        source = source_of(model, args, folder)
        flags = ["--device", device, *_flag("--max-ram", max_ram), *_flag("--report", report), *_bind(bind)]
        found = run_json(["profile", source.path, *flags], progress=_shown(progress))
    layers = tuple(
        LayerProfile(one["op"], one["name"], tuple(one["shape"]), one["macs"], one["cost"], one["liveBytes"])
        for one in found["layers"]
    )
    return ProfileResult(
        found["model"], found["device"], found["unit"], found["total"], found["arenaBytes"], found["weightBytes"],
        found.get("stackBytes"), layers,
    )  # fmt: skip


def explain(
    model: Model, args: Any = None, *, rule: str, bind: Bind | None = None, progress: bool | None = None
) -> ExplainResult:
    """Where a rule of the optimiser (`raise-ghost-module`, ...) fires on a model, and why it does not elsewhere."""
    with _scratch() as folder:
        source = source_of(model, args, folder)
        found = run_json(["explain", source.path, "--rule", rule, *_bind(bind)], progress=_shown(progress))
    declined = tuple(Declined(one["node"], one["op"], one["reason"]) for one in found["declined"])
    return ExplainResult(found["rule"], tuple(one["node"] for one in found["fired"]), declined)


def _flag(name: str, value: Any) -> list[str]:
    return [] if value is None else [name, os.fspath(value) if isinstance(value, os.PathLike) else str(value)]


def _bind(sizes: Bind | None) -> list[str]:
    return [part for name, size in (sizes or {}).items() for part in ("--bind", f"{name}={size}")]


def _shown(progress: bool | None) -> bool:
    """In a terminal or a notebook, where nothing else is said."""
    return (sys.stderr.isatty() or "ipykernel" in sys.modules) if progress is None else progress


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ghostc-") as folder:
        yield Path(folder)
