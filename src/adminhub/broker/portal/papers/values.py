"""A document as values, before it is a PDF or a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from adminhub.look.spreadsheets import safe_cell


@dataclass(frozen=True, slots=True)
class Table:
    """Heads, how wide each column is against the others, and rows of text."""

    heads: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """A heading, paragraphs, perhaps a table; `lines` are to be written on by hand."""

    title: str
    paragraphs: tuple[str, ...] = ()
    table: Table | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole document."""

    title: str
    about: str
    made: str
    parts: list[Part]


def as_csv(table: Table) -> bytes:
    """The table for a spreadsheet: with a byte-order mark, and no cell that a spreadsheet would take for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.heads)
    writer.writerows([safe_cell(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")
