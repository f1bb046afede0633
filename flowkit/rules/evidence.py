"""What a judgement saw: the values behind the paths that an expression reads, small and plain, for its *why*.

Knows how names are followed, not what they mean. Whoever writes a why down may leave out paths that hold personal values:
each value stands under the path it was read by.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Protocol

from flowkit.rules.language.expression import Expression
from flowkit.values.durations import BusinessDuration

LONGEST_LIST = 20
LONGEST_TEXT = 200


class Names(Protocol):
    """What an expression's names are looked up in. A mapping will do."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a top-level name; KeyError where there is none."""


def seen(expression: Expression, names: Names) -> dict[str, Any]:
    """The value of each path that `expression` reads, by the path's text, such as `elevator.customer.kind`."""
    return {".".join(path): plain(_follow(path, names)) for path in sorted(expression.reads)}


def plain(value: Any) -> Any:
    """A value as it is kept in a why: scalars as they are, a record as its key, lists cut to a bound."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if value is None or isinstance(value, (bool, int, Decimal, date, time, timedelta, BusinessDuration)):
        return value
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in list(value.items())[:LONGEST_LIST] if _is_scalar(v)}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return [None if isinstance(v, (list, tuple, set, frozenset)) else plain(v) for v in items[:LONGEST_LIST]]
    key = getattr(value, "key", None)
    return key if isinstance(key, str) else None


def _follow(path: tuple[str, ...], names: Names) -> Any:
    try:
        value = names[path[0]]
    except KeyError:
        return None
    for name in path[1:]:
        value = _attribute(value, name)
    return value


def _attribute(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, (str, list, tuple)) or value is None:
        if name == "count":
            return len(value or ())
        return [_attribute(v, name) for v in value[:LONGEST_LIST]] if isinstance(value, (list, tuple)) else None
    attribute = getattr(value, "attribute", None)
    return attribute(name) if callable(attribute) else None


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (Mapping, list, tuple, set, frozenset))
