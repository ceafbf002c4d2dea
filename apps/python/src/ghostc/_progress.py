"""What the command says of its progress, in a bar of tqdm."""

from __future__ import annotations

import re
import sys
from types import TracebackType
from typing import Any

_COUNTED = re.compile(r"^(?P<what>.*?):? *(?P<done>\d+) of (?P<total>\d+)$")


class Progress:
    """A bar while something runs: counted where the text ends in `3 of 200`, else only words."""

    def __init__(self, what: str, *, shown: bool) -> None:
        self._what = what
        self._shown = shown
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def show(self, text: str) -> None:
        if not self._shown:
            return
        match = _COUNTED.match(text)
        what = match["what"] if match else text
        total = int(match["total"]) if match else None
        bar = self._open(total)
        bar.set_description_str(f"{self._what}: {what}", refresh=False)
        if match:
            bar.n = int(match["done"])
        bar.refresh()

    def _open(self, total: int | None) -> Any:
        if self._bar is not None and total in (None, self._bar.total):
            return self._bar
        from tqdm.auto import tqdm

        self._close()
        self._bar = tqdm(total=total, leave=False, file=sys.stderr, bar_format=None if total else "{desc}")
        return self._bar

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
