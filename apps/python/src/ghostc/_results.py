"""What the functions return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._tables import Row, Shown, count, small


@dataclass(frozen=True)
class Quantization:
    """q stands for scale * (q - zero_point); one number, or one for each channel along `axis`."""

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]


@dataclass(frozen=True)
class TensorInfo:
    """An input or output of compiled C."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    quantization: Quantization | None = None

    @classmethod
    def _of(cls, json: Mapping[str, Any]) -> TensorInfo:
        quant = json.get("quant")
        scales = Quantization(tuple(quant["scale"]), tuple(int(z) for z in quant["zeroPoint"])) if quant else None
        return cls(json["name"], json["dtype"], tuple(json["shape"]), scales)

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype}[{','.join(map(str, self.shape))}]"


@dataclass(frozen=True, repr=False)
class LayerSensitivity:
    """SQNR of the outputs in dB where only this layer is in int8."""

    layer: str
    op: str
    sqnr: float | None


@dataclass(frozen=True, repr=False)
class QuantizeStep:
    """What `auto` tried, the signal to noise with it on samples that it did not see, in dB, and whether it was kept."""

    step: str
    sqnr: float | None
    kept: bool


@dataclass(frozen=True, repr=False)
class QuantizeResult(Shown):
    """An int8 model."""

    model: Path
    weight_bytes: int
    warnings: tuple[str, ...]
    sqnr: float | None = None
    kept: tuple[LayerSensitivity, ...] = ()
    layers: tuple[LayerSensitivity, ...] = ()
    steps: tuple[QuantizeStep, ...] = ()
    """What `auto` tried, in order."""
    left_out: tuple[str, ...] = ()
    """What `auto` left out because of `effort`."""
    _temporary: Any = field(default=None, compare=False)

    def _title(self) -> str:
        quality = "" if self.sqnr is None else f", SQNR of the outputs {self.sqnr:.1f} dB"
        return f"int8 model {self.model}: {count(self.weight_bytes)} bytes of weights{quality}"

    def _head(self) -> Row:
        return ("tried", "", "SQNR") if self.steps else ("only this layer in int8", "op", "SQNR")

    def _rows(self) -> Sequence[Row]:
        if self.steps:
            kept = {True: "kept", False: "no gain"}
            return [(one.step, kept[one.kept], "exact" if one.sqnr is None else f"{one.sqnr:.1f} dB") for one in self.steps]
        return [(one.layer, one.op, "exact" if one.sqnr is None else f"{one.sqnr:.1f} dB") for one in self.layers]

    def _notes(self) -> Sequence[str]:
        return [*(f"kept out of int8: {one.layer}" for one in self.kept), *(f"warning: {one}" for one in self.warnings)]


@dataclass(frozen=True, repr=False)
class CompileResult(Shown):
    """Files of a compiled model; for C also what its caller sets aside."""

    target: str
    device: str | None
    out: Path
    files: tuple[Path, ...]
    model: str
    """What was compiled: the file, or the specification; of a module of PyTorch, its ONNX."""
    name: str | None = None
    arena_bytes: int | None = None
    arena_gap_bytes: int | None = None
    weight_bytes: int | None = None
    inputs: tuple[TensorInfo, ...] = ()
    outputs: tuple[TensorInfo, ...] = ()
    quantized: QuantizeResult | None = None
    _program: Mapping[str, Any] = field(default_factory=dict, compare=False)
    _temporary: Any = field(default=None, compare=False)

    def _title(self) -> str:
        return f"{self.target}{f' for {self.device}' if self.device else ''} in {self.out}"

    def _head(self) -> Row:
        return ("", "")

    def _rows(self) -> Sequence[Row]:
        sizes = [(path.name, f"{count(path.stat().st_size)} bytes") for path in self.files if path.exists()]
        if self.arena_bytes is None:
            return sizes
        gap = "no plan takes less" if self.arena_gap_bytes == 0 else f"{count(self.arena_gap_bytes)} above the proven bound"
        return [
            *sizes,
            ("arena", f"{count(self.arena_bytes)} bytes, {gap}"),
            ("weights", f"{count(self.weight_bytes)} bytes"),
            *(("input", str(one)) for one in self.inputs),
            *(("output", str(one)) for one in self.outputs),
        ]


@dataclass(frozen=True)
class TargetResult:
    """How far a target is from the reference, at its worst element, and what is allowed there."""

    target: str
    status: str
    max_rel: float | None
    off: float | None
    allowed: float | None
    seconds: float
    message: str | None = None
    note: str | None = None


@dataclass(frozen=True, repr=False)
class VerifyResult(Shown):
    """Whether targets compute what the reference does. True where all pass."""

    model: str
    reference: str
    targets: tuple[TargetResult, ...]

    @property
    def passed(self) -> bool:
        return all(one.status in ("pass", "unclear") for one in self.targets)

    def __bool__(self) -> bool:
        return self.passed

    def _title(self) -> str:
        return f"{'verified' if self.passed else 'NOT verified'} against {self.reference}"

    def _head(self) -> Row:
        return ("target", "status", "max rel", "worst", "allowed there", "time")

    def _rows(self) -> Sequence[Row]:
        return [
            (one.target, one.status, small(one.max_rel), small(one.off), small(one.allowed), f"{one.seconds:.2f} s")
            for one in self.targets
        ]

    def _notes(self) -> Sequence[str]:
        return [f"{one.target}: {text}" for one in self.targets for text in (one.message, one.note) if text]


@dataclass(frozen=True)
class GraphSummary:
    """What a graph is made of; None where sizes are symbolic."""

    nodes: int
    parameters: int
    macs: int | None
    ghost_modules: int
    arena_bytes: int | None
    ops: Mapping[str, int]

    @classmethod
    def _of(cls, json: Mapping[str, Any]) -> GraphSummary:
        return cls(
            json["nodes"], json["params"], json["macs"], json["ghostModules"], json["peakArenaBytes"], dict(json["ops"])
        )


@dataclass(frozen=True, repr=False)
class InspectResult(Shown):
    """A model as it came and after optimisation."""

    model: str
    inputs: Mapping[str, str]
    dimensions: tuple[str, ...]
    before: GraphSummary
    after: GraphSummary

    def _title(self) -> str:
        return f"{self.model}: " + ", ".join(f"{name} {kind}" for name, kind in self.inputs.items())

    def _head(self) -> Row:
        return ("", "before", "after")

    def _rows(self) -> Sequence[Row]:
        a, b = self.before, self.after
        ops = sorted({*a.ops, *b.ops})
        return [
            ("nodes", count(a.nodes), count(b.nodes)),
            ("parameters", count(a.parameters), count(b.parameters)),
            ("MACs", count(a.macs), count(b.macs)),
            ("Ghost modules", count(a.ghost_modules), count(b.ghost_modules)),
            ("arena bytes", count(a.arena_bytes), count(b.arena_bytes)),
            *((op, count(a.ops.get(op, 0)), count(b.ops.get(op, 0))) for op in ops),
        ]


@dataclass(frozen=True)
class FitVariant:
    """A variant of a model on a board; None where the board's compiler is not installed."""

    variant: str
    fits: bool | None
    arena_bytes: int
    io_bytes: int
    weight_bytes: int
    ram_bytes: int | None
    flash_bytes: int | None
    seconds: float | None
    problems: tuple[str, ...]

    @classmethod
    def _of(cls, json: Mapping[str, Any]) -> FitVariant:
        return cls(
            json["variant"], json["fits"], json["arenaBytes"], json["ioBytes"], json["weightBytes"],
            json["ramBytes"], json["flashBytes"], json["time"].get("seconds"), tuple(json["problems"]),
        )  # fmt: skip


@dataclass(frozen=True, repr=False)
class FitResult(Shown):
    """Whether a model fits a board, and what would help. True where it fits."""

    model: str
    board: str
    report: FitVariant
    remedies: tuple[FitVariant, ...]

    @property
    def fits(self) -> bool | None:
        return self.report.fits

    def __bool__(self) -> bool:
        return bool(self.fits)

    def _title(self) -> str:
        words = {True: "fits", False: "does not fit", None: "may fit (code and stack are not known)"}
        return f"{self.model} {words[self.fits]} {self.board}"

    def _head(self) -> Row:
        return ("", "fits", "arena", "inputs, outputs", "weights", "RAM", "flash", "time")

    def _rows(self) -> Sequence[Row]:
        words = {True: "yes", False: "no", None: "?"}
        return [
            (
                one.variant, words[one.fits], count(one.arena_bytes), count(one.io_bytes), count(one.weight_bytes),
                count(one.ram_bytes), count(one.flash_bytes), "-" if one.seconds is None else f"{one.seconds:.3g} s",
            )
            for one in (self.report, *self.remedies)
        ]  # fmt: skip

    def _notes(self) -> Sequence[str]:
        return self.report.problems


@dataclass(frozen=True)
class LayerProfile:
    op: str
    name: str
    shape: tuple[int, ...]
    macs: int
    cost: float
    live_bytes: int | None


@dataclass(frozen=True, repr=False)
class ProfileResult(Shown):
    """What each layer of the C costs: instructions on the emulated boards, nanoseconds on this machine."""

    model: str
    device: str
    unit: str
    total: float
    arena_bytes: int
    weight_bytes: int
    stack_bytes: int | None
    layers: tuple[LayerProfile, ...]

    def _title(self) -> str:
        return f"{count(self.total)} {self.unit} on {self.device}"

    def _head(self) -> Row:
        return ("op", "layer", "output", self.unit, "share", "per MAC")

    def _rows(self) -> Sequence[Row]:
        return [
            (
                one.op, one.name, "x".join(map(str, one.shape)), count(one.cost),
                f"{100 * one.cost / (self.total or 1):.1f} %", f"{one.cost / one.macs:.2f}" if one.macs else "",
            )
            for one in self.layers
        ]  # fmt: skip


@dataclass(frozen=True)
class Declined:
    node: str
    op: str
    reason: str


@dataclass(frozen=True, repr=False)
class ExplainResult(Shown):
    """Where a rule fires, and why it does not elsewhere."""

    rule: str
    fired: tuple[str, ...]
    declined: tuple[Declined, ...]

    def _title(self) -> str:
        return f"{self.rule} fired {len(self.fired)} times and declined {len(self.declined)} times"

    def _head(self) -> Row:
        return ("", "node", "reason")

    def _rows(self) -> Sequence[Row]:
        return [*(("fired", node, "") for node in self.fired), *(("declined", d.node, d.reason) for d in self.declined)]
