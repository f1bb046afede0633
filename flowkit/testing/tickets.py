"""The rows of a ticket file, each accounted for: whole ones as a mapping of cells, broken ones with what is wrong.

Knows CSV; knows neither mappings nor cases. Nothing a file holds makes it raise.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flowkit.errors import FlowKitError, Problem

Cells = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `line` is where it begins in the file; `cells` hold text as typed, None where a cell is empty."""

    line: int
    cells: Cells
    problem: Problem | None = None


class TicketsError(FlowKitError):
    """A ticket file of which not even the rows can be told: no text, no header, or no such file."""


def read_rows(path: Path) -> list[Row]:
    """All rows below the header; empty lines are none. Raises TicketsError."""
    return list(_rows(_text(path), path.name))


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TicketsError(f"{path}: {error.strerror or error}") from None
    # Excel in China saves CSV as GB18030.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TicketsError(f"{path}: neither UTF-8 nor GB18030 text")


def _rows(text: str, file: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield Row(line, {}, Problem("", "unreadable-row", f"这一行读不出来: {error}"))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            _check_header(header, file)
        else:
            yield _row(line, header, cells)
    if header is None:
        raise TicketsError(f"{file}: no header row")


def _check_header(header: list[str], file: str) -> None:
    twice = next((name for i, name in enumerate(header) if name and name in header[:i]), None)
    if twice is not None:
        raise TicketsError(f'{file}:1: the column "{twice}" stands twice')


def _row(line: int, header: list[str], cells: list[str]) -> Row:
    named: Cells = {name: cell.strip() or None for name, cell in zip(header, cells, strict=False) if name}
    if len(cells) != len(header):
        words = f"这一行有 {len(cells)} 格, 表头有 {len(header)} 格"
        return Row(line, named, Problem("", "ragged-row", words))
    return Row(line, named)
