"""From what an expression gives to stored form, and personal values on their way: known by where they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flowkit.errors import EvaluationError
from flowkit.fields.definition import Field
from flowkit.values.durations import format_duration


def mark(ref: str) -> str:
    """What stands for a personal value inside a text for people, until the shell delivers it.

    Text that people type never holds NUL: the field types refuse control characters.
    """
    return f"\0{ref}\0"


class Personal(str):
    """A personal value that an expression may judge by, and that must not be written down in the open.

    `ref` tells where it is kept.
    """

    __slots__ = ("ref",)

    ref: str

    @classmethod
    def kept(cls, value: str, ref: str) -> Personal:
        found = cls(value)
        found.ref = ref
        return found


def refuse_in_the_open(definition: Field, value: Any) -> None:
    """Raises EvaluationError for a personal value that is to fill a field which all may read."""
    if isinstance(value, Personal) and not definition.personal:
        raise EvaluationError(f"“{definition.title}”不是个人信息项,不能存入个人信息")


def origins(values: Mapping[str, Any]) -> dict[str, str]:
    """Where those values are kept that are personal and stand as they were kept, by name."""
    return {name: value.ref for name, value in values.items() if isinstance(value, Personal)}


def as_stored(value: Any) -> Any:
    """What a judgement came to, in stored form; personal values do not come along."""
    if isinstance(value, Personal):
        return "***"
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else format(value, "f")
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, Mapping):
        return {str(k): as_stored(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_stored(v) for v in value]
    return str(getattr(value, "key", value))


def store_value(definition: Field, value: Any) -> Any:
    """One value in stored form. A record given for a reference is stored as its key."""
    if value is None:
        return None
    if definition.type.name == "rows":
        columns = definition.of or {}
        return [{n: store_value(columns[n], v) for n, v in row.items()} for row in value]
    if definition.entity is not None:
        return (
            [getattr(v, "key", v) for v in value] if isinstance(value, (list, tuple)) else getattr(value, "key", value)
        )
    return definition.type.store(value)


def store_values(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Several values in stored form, empty ones left out."""
    return {name: store_value(fields[name], value) for name, value in values.items() if value is not None}
