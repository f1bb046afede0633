"""Whether what was found is what a scenario expected, as generously as a person would judge: "10" is 10.

Knows values and YAML nodes; knows no case. Expected values are compared in the sort of the value that was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.values.durations import format_duration, parse_duration
from flowkit.values.types import VALUE_TYPES, Settings, ValueProblem

YES = frozenset({"true", "yes", "是", "1"})
NO = frozenset({"false", "no", "否", "0"})


def resolve(node: Node, evaluate: Callable[[ScalarNode], Any], *, typed: bool = True) -> Any:
    """What stands in a scenario as plain data: text as typed, empty as None, each `=expression` evaluated by `evaluate`.

    Not `typed`: numbers and yes and no are what they read as, as in JSON.
    """
    match node:
        case ScalarNode() if node.typed.startswith("=") and node.value is not None:
            return evaluate(node)
        case ScalarNode():
            return node.as_typed() if typed else node.value
        case SequenceNode():
            return [resolve(item, evaluate, typed=typed) for item in node]
        case MappingNode():
            return {key: resolve(value, evaluate, typed=typed) for key, _, value in node.items()}


def equal(expected: Any, found: Any, settings: Settings) -> bool:
    """Whether `found` is what was expected. Empty text, list and None are the same; a mapping may say less than was found."""
    if _empty(expected) or _empty(found):
        return _empty(expected) and _empty(found)
    key = getattr(found, "key", None)
    if key is not None and not isinstance(found, Mapping):
        return str(expected) in {str(key), str(getattr(found, "actor", key))}
    if isinstance(found, Mapping):
        return _equal_mapping(expected, found, settings)
    if isinstance(found, Sequence) and not isinstance(found, str):
        wanted = expected if isinstance(expected, Sequence) and not isinstance(expected, str) else [expected]
        return len(wanted) == len(found) and all(equal(w, f, settings) for w, f in zip(wanted, found, strict=True))
    if isinstance(expected, Sequence | Mapping) and not isinstance(expected, str):
        return False
    return _equal_scalar(expected, found, settings)


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | Sequence | Mapping) and len(value) == 0)


def _equal_mapping(expected: Any, found: Mapping[str, Any], settings: Settings) -> bool:
    if isinstance(expected, Mapping):
        return all(equal(value, found.get(name), settings) for name, value in expected.items())
    if "latitude" in found:
        parts = expected.split(",") if isinstance(expected, str) else expected
        if not isinstance(parts, Sequence) or len(parts) != 2:
            return False
        return equal(parts[0], found["latitude"], settings) and equal(parts[1], found["longitude"], settings)
    # A photo is expected by its file name.
    return "name" in found and str(expected) == found["name"]


def _equal_scalar(expected: Any, found: Any, settings: Settings) -> bool:
    if type(expected) is type(found):
        number = _as_number(expected)
        return bool(expected == found) or (number is not None and number == _as_number(found))
    text = str(expected).strip()
    if isinstance(found, bool):
        return text.lower() in (YES if found else NO)
    if isinstance(found, int | Decimal | float):
        return _as_number(text) == _as_number(found)
    if isinstance(found, datetime):
        return _equal_moment(expected, found, settings)
    if isinstance(found, timedelta):
        return bool(as_duration(text) == found)
    if isinstance(found, date | time):
        return text in {found.isoformat(), found.isoformat()[:5] if isinstance(found, time) else ""}
    number = _as_number(text)
    return text == str(found) or (number is not None and number == _as_number(found))


def _equal_moment(expected: Any, found: datetime, settings: Settings) -> bool:
    moment = expected if isinstance(expected, datetime) else as_moment(str(expected), settings)
    return moment is not None and same_moment(moment, found)


def same_moment(expected: datetime, found: datetime) -> bool:
    """To the minute when no seconds were written, else to the second."""
    step = 1 if expected.second else 60
    return int(expected.timestamp()) // step == int(found.timestamp()) // step


def as_moment(text: str, settings: Settings) -> datetime | None:
    """The moment that was typed, in the app's zone unless it names one; None if it is none."""
    try:
        read = VALUE_TYPES["datetime"].read(text, settings)
    except ValueProblem:
        return None
    return read if isinstance(read, datetime) else None


def as_duration(text: str) -> Any:
    """The duration that was typed, None if it is none."""
    try:
        return parse_duration(text)
    except ValueError:
        return None


def _as_number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def words(value: Any, zone: ZoneInfo) -> str:
    """A value as a failure shows it to people."""
    if _empty(value):
        return "(空)"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {words(v, zone)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(words(v, zone) for v in value) + "]"
    return str(getattr(value, "actor", value))
