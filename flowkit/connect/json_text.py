"""JSON as it crosses our border: read with caps on depth and numbers, written without losing a digit.

Knows bytes and plain data; what the data means is judged elsewhere. What goes wrong is told in words for people.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, NoReturn

from flowkit.values.durations import write_duration

DEEPEST = 50
"""How many lists and objects may stand inside each other."""

_CHARSETS = ("utf-8", "gbk", "gb2312", "gb18030")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]+)", re.IGNORECASE)
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKET = re.compile(r"[][{}]")
_LONGEST_NUMBER = 100
_WIDEST_NUMBER = 400


class JsonProblem(Exception):  # noqa: N818  (the reason behind a failure or a refusal, never seen alone)
    """The bytes are no JSON that can be worked with; the text says why, without quoting them."""


def charset_of(content_type: str) -> str:
    """The encoding a Content-Type names, where it is one that JSON comes in; else UTF-8."""
    named = _CHARSET.search(content_type[:200])
    charset = named[1].lower() if named else "utf-8"
    return ("gb18030" if charset.startswith("gb") else charset) if charset in _CHARSETS else "utf-8"


def read_json(body: bytes, charset: str = "utf-8") -> Any:
    """The data, decimals exact. Raises `JsonProblem` for what is no JSON, too deep, or holds a number out of all range."""
    try:
        text = body.decode("utf-8-sig" if charset == "utf-8" else charset)
    except UnicodeDecodeError:
        raise JsonProblem(f"不是 {charset.upper()} 文本") from None
    if not text.strip():
        raise JsonProblem("没有内容")
    _refuse_depth(text)
    try:
        return json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise JsonProblem(f"第 {error.lineno} 行第 {error.colno} 列起不是 JSON") from None
    except RecursionError:
        raise JsonProblem("层次过深") from None


def _refuse_depth(text: str) -> None:
    """Counted before parsing: the parser of the standard library recurses."""
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > DEEPEST:
            raise JsonProblem(f"层次过深(超过 {DEEPEST} 层)")


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise JsonProblem("含有过长的数字")
    return int(text)


def _decimal(text: str) -> Decimal:
    # A short text such as 1e999999999 becomes a number that takes forever to work with.
    number = Decimal(text) if len(text) <= _LONGEST_NUMBER else Decimal("Infinity")
    if not number.is_finite() or abs(number.adjusted()) > _WIDEST_NUMBER:
        raise JsonProblem("含有超出范围的数字")
    return number


def _no_number(text: str) -> NoReturn:
    raise JsonProblem(f"{text} 不是数字")


def write_json(value: Any) -> str:
    """A value as JSON in ASCII: decimals with all their digits, moments as ISO 8601, durations as `2h`, records as keys."""
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(k))}:{write_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(write_json(v) for v in value) + "]"
    return json.dumps(write_text(value))


def write_text(value: Any) -> str:
    """One value as the text that stands in an address, a header or a JSON text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return write_duration(value)
    return str(getattr(value, "key", value))
