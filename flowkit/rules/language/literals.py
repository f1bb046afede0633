"""How a constant written in an expression becomes a value: texts, numbers, dates and durations, with limits."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flowkit.rules.language.mistakes import ExpressionError
from flowkit.values.durations import BusinessDuration, parse_duration

MAX_DIGITS = 28
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


def read_number(typed: str, at: int) -> int | Decimal:
    """An exact number of at most 28 digits, without exponent or other base."""
    end = at + len(typed)
    if not _NUMBER.fullmatch(typed):
        raise ExpressionError(f'"{typed[:40]}" is no number', at, "write digits, with one dot at most", end=end)
    if len(typed) > MAX_DIGITS:
        raise ExpressionError(f"a number has at most {MAX_DIGITS} digits", at, end=end)
    return Decimal(typed) if "." in typed else int(typed)


def read_text(typed: str, at: int) -> str:
    r"""A text between quotation marks; `\n \t \\ \' \" \u6c34` are escapes, any other backslash stands for itself."""
    if typed[0] == "r":
        return typed[2:-1]
    body = typed[2:-1] if typed[0] == "s" else typed[1:-1]

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) == 5:
            if 0xD800 <= int(code[1:], 16) <= 0xDFFF:
                raise ExpressionError(f"\\{code} is half a character", at, end=at + len(typed))
            return chr(int(code[1:], 16))
        return _ESCAPED.get(code, match[0])

    return _ESCAPE.sub(one, body)


def read_duration(typed: str, at: int) -> timedelta | BusinessDuration:
    """`2h`, `1.5d`, `2 business hours`."""
    if typed[0] == "t":
        raise ExpressionError("a duration stands without quotation marks", at, "write 30m, 2h or 2 business days")
    try:
        return parse_duration(re.sub(" +", " ", typed))
    except (ValueError, OverflowError) as error:
        help = str(error) if "working day" in str(error) else "write 30m, 2h, 1d"
        raise ExpressionError(f'"{typed[:40]}" is no duration', at, help, end=at + len(typed)) from None


def read_date(typed: str, at: int) -> date | datetime:
    """`d'2027-02-06'`, or with a time and a zone `d'2027-02-06T09:00+08:00'`."""
    body = typed[2:-1]
    found = date_of(body)
    if found is None:
        found = moment_of(body)
    if found is None:
        said = f'"{body[:40]}" is no date'
        raise ExpressionError(said, at, "write d'2027-02-06' or d'2027-02-06T09:00+08:00'", end=at + len(typed))
    return found


def date_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def time_of(text: str) -> time | None:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return None
    return found if len(text) in (5, 8) and found.tzinfo is None else None


def moment_of(text: str) -> datetime | None:
    """A moment, only if its zone is written too: a text alone does not know the app's."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def duration_of(text: str) -> timedelta | BusinessDuration | None:
    try:
        return parse_duration(text)
    except (ValueError, OverflowError):
        return None


def constant_of(text: str, kind: str) -> Any:
    """What a text constant means where a value of `kind` is compared with it; None when it means nothing there."""
    reader = {"date": date_of, "time": time_of, "datetime": moment_of, "duration": duration_of}.get(kind)
    return reader(text) if reader else None
