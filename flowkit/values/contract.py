"""What every value type keeps to: read what was typed, store as JSON, load again; and how a misfit is told.

Knows no single type and nothing of fields. Texts of `ValueProblem` are for the people who fill in forms: Chinese.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, Protocol
from zoneinfo import ZoneInfo

LARGEST = Decimal(10) ** 18
"""Numbers must be smaller than this, in either direction."""

# Control characters but for line ends and tabs, and halves of a pair, which no UTF-8 file can hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Settings:
    """What reading needs to know of the app: its zone (times typed without one) and its coordinate system, if any."""

    timezone: ZoneInfo
    coordinates: str | None = None


class ValueProblem(Exception):  # noqa: N818  (the reason behind an errors.Problem, never seen alone)
    """What was typed is no value of the type. `code` is stable (`type`, `range`, `too-long`, `characters`, ...)."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


class ValueType(Protocol):
    """One type of the language. Stateless; safe to share between threads."""

    @property
    def name(self) -> str:
        """The name that authors write, such as `money`."""

    @property
    def kind(self) -> str:
        """What expressions take it for: text number boolean date time datetime duration location list record any."""

    def read(self, raw: object, settings: Settings) -> Any:
        """The value of text as typed or of plain JSON or Python data; None if absent. Raises `ValueProblem`."""

    def store(self, value: Any) -> Any:
        """The value as plain JSON data."""

    def load(self, stored: Any) -> Any:
        """The value again, equal to the one that was stored."""


def absent(raw: object) -> bool:
    """Nothing was typed: None, or text of nothing but white space."""
    return raw is None or (isinstance(raw, str) and (not raw or raw.isspace()))


def shown(raw: object) -> str:
    """What was found, in a few harmless characters for a message."""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, str):
        text = "".join(c if c.isprintable() else "\N{WHITE SQUARE}" for c in raw[:30])
        return f"“{text}{'…' if len(raw) > 30 else ''}”"
    if isinstance(raw, (int, float)):
        return f"“{raw}”" if -1e20 < raw < 1e20 else "一个超出范围的数"
    if isinstance(raw, Decimal):
        return f"“{raw:.30}”" if raw.is_finite() and -20 < raw.adjusted() < 20 else "一个超出范围的数"
    if isinstance(raw, (date, time, timedelta)):
        return f"“{raw}”"
    if isinstance(raw, Mapping):
        return "一组数据"
    if isinstance(raw, (list, tuple, set, frozenset)):
        return "一个列表"
    return "空" if raw is None else "无法识别的内容"


def misfit(expected: str, raw: object, code: str = "type") -> ValueProblem:
    """The usual answer: what was expected and what was found."""
    return ValueProblem(code, f"应为{expected},收到{shown(raw)}")


def typed(raw: object, expected: str, longest: int) -> str:
    """The text of a scalar as it was typed, unchanged; refuses anything else, control characters and over-long text."""
    if isinstance(raw, str):
        text = raw
    elif isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < LARGEST:
        text = str(raw)
    elif isinstance(raw, Decimal) and raw.is_finite() and -30 < raw.adjusted() < 30:
        text = f"{raw:f}"
    elif isinstance(raw, float) and isfinite(raw) and abs(raw) < LARGEST:
        text = repr(raw)
    elif isinstance(raw, (date, time)):
        text = raw.isoformat(" ") if isinstance(raw, datetime) else raw.isoformat()
    else:
        raise misfit(expected, raw)
    if len(text) > longest:
        raise ValueProblem("too-long", f"最多 {longest} 个字,收到 {len(text)} 个字")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        raise ValueProblem("characters", f"含有不允许的控制字符 U+{ord(forbidden[0]):04X}")
    return text


def folded(text: str) -> str:
    """Full-width digits, letters and punctuation as half-width, and the dashes people type as "-"; trimmed."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join("-" if c in "‐‑‒–—―−" else c for c in text)
    return text.strip()
