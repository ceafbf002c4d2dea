"""How results are shown: a table as text, and as HTML in notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Row = Sequence[str]


class Shown:
    """A result with a title and tables."""

    def _title(self) -> str:
        raise NotImplementedError

    def _head(self) -> Row:
        raise NotImplementedError

    def _rows(self) -> Sequence[Row]:
        raise NotImplementedError

    def _notes(self) -> Sequence[str]:
        return ()

    def __repr__(self) -> str:
        return "\n".join([self._title(), *_text_table(self._head(), self._rows()), *self._notes()])

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{escape(name)}</th>" for name in self._head())
        rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self._rows())
        notes = "".join(f"<p>{escape(note)}</p>" for note in self._notes())
        return f"<p><b>{escape(self._title())}</b></p><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{notes}"


MOST_ROWS = 60


def _text_table(head: Row, rows: Sequence[Row]) -> list[str]:
    shown = rows[:MOST_ROWS]
    widths = [max(len(row[i]) for row in [head, *shown]) for i in range(len(head))]
    lines = ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [head, *shown]]
    more = len(rows) - len(shown)
    return lines + ([f"  and {more} more rows"] if more > 0 else [])


def count(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def small(value: float | None) -> str:
    return "-" if value is None else "0" if value == 0 else f"{value:.1e}"
