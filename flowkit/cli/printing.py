"""How the command line writes: UTF-8 whatever the locale, columns that fit Chinese, nothing that steers a terminal."""

from __future__ import annotations

import json
import os
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import click

Progress = Callable[[int, int], None]


def open_streams() -> None:
    """Give a process that was started without its streams empty ones: a line that nobody reads hurts no command."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as the process


_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks of direction: with them a text can show the rest of its line in another order than it has."""


def speak_utf8() -> None:
    """Make both streams UTF-8; text that is none (bytes of a file name) is shown escaped instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def say(text: str = "", *, to_errors: bool = False) -> None:
    """Print one text. What a customer typed may hold control characters: they are shown, not obeyed."""
    click.echo(visible(text), err=to_errors)


def visible(text: str) -> str:
    """The text with control characters escaped, but for line ends and tabs; also those that turn around what follows."""
    return "".join(_escaped(c) if c not in "\n\t" and _obeyed(c) else c for c in text)


def _obeyed(character: str) -> bool:
    return unicodedata.category(character) == "Cc" or character in _TURNING


def _escaped(character: str) -> str:
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}"


def say_json(value: Any) -> None:
    """Print a value as JSON that people can read too. Decimals come as text, so that no digit is lost; moments as ISO 8601."""
    click.echo(json.dumps(as_json(value), ensure_ascii=False, indent=2))


def as_json(value: Any) -> Any:
    """Views, moments and decimals in the shapes of JSON."""
    if hasattr(value, "as_json"):
        return value.as_json()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): as_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(v) for v in value]
    if isinstance(value, (datetime, date, time_of_day)):
        return value.isoformat()
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def cells(text: str) -> int:
    """How many cells of a terminal the text takes: two for a wide character, none for one that joins another."""
    return sum(_cells(c) for c in text)


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def columns(rows: Iterable[Sequence[str]], gap: str = "  ") -> list[str]:
    """Rows as lines whose columns stand under each other; the last column is not filled up."""
    shown = [[visible(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(*shown, strict=True)]
    return [
        gap.join(cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]


def moment(value: datetime | None, zone: ZoneInfo) -> str:
    """A moment as the app's people read it: their zone, to the minute."""
    return "" if value is None else value.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def value_text(value: Any, zone: ZoneInfo) -> str:
    """One value of a case on one line."""
    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, bool):
        return "是" if value else "否"
    if value is None or isinstance(value, (str, int, Decimal, date, time_of_day, timedelta)):
        return "" if value is None else str(value)
    return json.dumps(as_json(value), ensure_ascii=False)


@contextmanager
def counting(label: str, stream: TextIO | None = None) -> Iterator[Progress]:
    """A line on the terminal that counts up while something takes long; silent where nobody looks.

    Yields `step(done, total)`, cheap enough to be called for each of many thousand things.
    """
    out = stream or sys.stderr
    looked_at = out.isatty()
    shown = 0.0

    def step(done: int, total: int) -> None:
        nonlocal shown
        if looked_at and time.monotonic() - shown >= 0.1:
            shown = time.monotonic()
            out.write(f"\r{label} {done}/{total}" if total else f"\r{label} {done}")
            out.flush()

    try:
        yield step
    finally:
        if shown:
            out.write("\r\x1b[K")
            out.flush()
