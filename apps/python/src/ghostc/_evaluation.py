"""What `evaluate` returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._tables import Row, Shown, count, percent


@dataclass(frozen=True)
class Share:
    """A share of items with its Wilson interval at 95 %."""

    count: int
    of: int
    share: float
    interval: tuple[float, float]

    @classmethod
    def _of(cls, json: Mapping[str, Any]) -> Share:
        low, high = json["interval"]
        return cls(json["count"], json["of"], json["share"], (low, high))


@dataclass(frozen=True)
class PairedDifference:
    """Against the first candidate on the same items: Newcombe's interval (method 10), McNemar's exact test."""

    difference: float
    interval: tuple[float, float]
    p: float
    agreement: float
    only_first: int
    only_this: int


@dataclass(frozen=True)
class Accuracy:
    """A model on a target."""

    model: str
    target: str
    top1: Share
    top5: Share | None
    balanced: float
    recalls: Mapping[str, Share]
    precisions: Mapping[str, float | None]
    confusion: Mapping[tuple[str, str], int]
    """How often items of the first class were called by the second."""
    paired: PairedDifference | None

    @classmethod
    def _of(cls, json: Mapping[str, Any]) -> Accuracy:
        paired = json.get("paired")
        return cls(
            model=json["model"],
            target=json["target"],
            top1=Share._of(json["top1"]),
            top5=Share._of(json["top5"]) if json["top5"] else None,
            balanced=json["balanced"],
            recalls={one["class"]: Share._of(one["recall"]) for one in json["classes"]},
            precisions={one["class"]: one["precision"] for one in json["classes"]},
            confusion={(one["class"], one["predicted"]): one["count"] for one in json["confusion"]},
            paired=PairedDifference(
                paired["difference"], (paired["interval"][0], paired["interval"][1]), paired["p"],
                paired["agreement"], paired["onlyFirst"], paired["onlySecond"],
            ) if paired else None,
        )  # fmt: skip


@dataclass(frozen=True, repr=False)
class EvaluateResult(Shown):
    """Accuracy of models on targets; each but the first is compared with the first."""

    items: int
    classes: tuple[str, ...]
    results: tuple[Accuracy, ...]

    def _title(self) -> str:
        return f"accuracy on {count(self.items)} items of {count(len(self.classes))} classes"

    def _head(self) -> Row:
        return ("model", "target", "items", "top-1", "95 % interval", "top-5", "against the first", "95 % interval")

    def _rows(self) -> Sequence[Row]:
        return [
            (
                Path(one.model).name, one.target, count(one.top1.of), percent(one.top1.share),
                " to ".join(map(percent, one.top1.interval)), percent(one.top5.share) if one.top5 else "",
                f"{100 * one.paired.difference:+.2f}" if one.paired else "",
                " to ".join(f"{100 * end:+.2f}" for end in one.paired.interval) if one.paired else "",
            )
            for one in self.results
        ]  # fmt: skip
