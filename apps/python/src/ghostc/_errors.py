"""The exception that everything raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class GhostcError(Exception):
    """
    What ghostc refuses, or what failed.

    `code` is stable (`onnx/op`, `tool/missing`, ...), `message` says what was expected and what was found; `file`, `node`, `op`, `line`
    say where, as far as it is known; `notes` say what helps.
    """

    def __init__(
        self, code: str, message: str, *, place: Mapping[str, Any] | None = None, notes: tuple[str, ...] = ()
    ) -> None:
        self.code = code
        self.message = message
        self.notes = notes
        known = place or {}
        self.file: str | None = known.get("file")
        self.node: str | None = known.get("node")
        self.op: str | None = known.get("op")
        self.pass_name: str | None = known.get("pass")
        self.line: int | None = known.get("line")
        self.column: int | None = known.get("column")
        super().__init__(self._text())

    def _text(self) -> str:
        place = self.place
        return "\n".join(
            [f"[{self.code}] {self.message}", *([f"  at {place}"] if place else []), *(f"  note: {n}" for n in self.notes)]
        )

    @property
    def place(self) -> str:
        """File, pass and node in words; empty where nothing is known."""
        file = self.file or ""
        if self.line is not None:
            file += f":{self.line}" + (f":{self.column}" if self.column is not None else "")
        node = f"{self.node} ({self.op})" if self.node and self.op else self.node or self.op or ""
        return " > ".join(part for part in (file, self.pass_name and f"pass {self.pass_name}", node) if part)

    @classmethod
    def from_json(cls, error: Mapping[str, Any]) -> GhostcError:
        notes = tuple(error.get("notes", ()))
        if error["code"] == "compile/symbolic":
            notes = (*notes, "in Python: bind={'NAME': SIZE}")
        return cls(str(error["code"]), str(error["message"]), place=error, notes=notes)
