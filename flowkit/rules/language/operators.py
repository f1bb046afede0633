"""What operators do with values while an expression runs: exact numbers, the policy for empty, no silent misfits.

Empty is None. Ordering and arithmetic with empty give empty; equality with empty is plain; an attribute of empty is
empty; nothing is in an empty list. Numbers are int or Decimal with 28 digits; a float that comes in with data is
read as it is written, NaN and infinities are refused. Values of different sorts are never equal and cannot be ordered.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from flowkit.errors import EvaluationError
from flowkit.rules.language.types import ORDERED, WORDS
from flowkit.values.durations import BusinessDuration

MAX_TEXT, MAX_ITEMS = 100_000, 10_000
LARGEST = 10**28
_CONTEXT = Context(prec=28, traps=[InvalidOperation, DivisionByZero, Overflow])


@dataclass(frozen=True, slots=True)
class Where:
    """The stretch of an expression that an evaluation error points at."""

    text: str
    at: int

    def error(self, message: str) -> EvaluationError:
        return EvaluationError(message, self.text, self.at)


_KINDS: Mapping[type, str] = {
    bool: "boolean", int: "number", Decimal: "number", float: "number", str: "text", list: "list", tuple: "list",
    datetime: "datetime", date: "date", time: "time", timedelta: "duration", BusinessDuration: "duration", dict: "record",
}  # fmt: skip


def kind_of(value: Any) -> str:
    """The kind of a value, as in `Type.kind`; "any" for what is none of them."""
    found = _KINDS.get(type(value))
    return found if found is not None else _kind_of_subclass(value)


def _kind_of_subclass(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | Decimal() | float():
            return "number"
        case str():
            return "text"
        case datetime():
            return "datetime"
        case date():
            return "date"
        case time():
            return "time"
        case timedelta() | BusinessDuration():
            return "duration"
        case list() | tuple() | set() | frozenset():
            return "list"
        case _:
            return "record" if isinstance(value, Mapping) or hasattr(value, "attribute") else "any"


def describe(value: Any) -> str:
    """How a message names a value, cut short."""
    if value is None:
        return "empty"
    kind = kind_of(value)
    if kind in ("text", "number", "boolean"):
        shown = str(value) if kind != "boolean" else str(value).lower()
        return f'"{shown[:40]}"' if kind == "text" else shown[:40]
    return WORDS[kind]


def exact(value: Any, where: Where) -> int | Decimal:
    """A number as int or Decimal; a float as it is written; NaN and infinities are refused."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and not value.is_finite():
        raise where.error("not a finite number")
    return value  # type: ignore[no-any-return]


def equal(left: Any, right: Any, where: Where) -> bool:
    """Equality without surprises: different sorts are never equal, a record equals a text that is its key."""
    if left is None or right is None:
        return left is right
    a, b = kind_of(left), kind_of(right)
    if a == b:
        if a == "number":
            return exact(left, where) == exact(right, where)
        if a == "list":
            return len(left) == len(right) and all(equal(x, y, where) for x, y in zip(left, right, strict=True))
        return _same_record(left, right) if a == "record" else bool(left == right)
    if a == "record" and b == "text":
        return right in keys_of(left)
    if b == "record" and a == "text":
        return left in keys_of(right)
    return False


def keys_of(record: Any) -> tuple[str, ...]:
    """The texts that mean a record: its key, and `ENTITY:KEY`."""
    if isinstance(record, Mapping):
        key, entity = record.get("key"), record.get("entity")
    else:
        key, entity = getattr(record, "key", None), getattr(record, "entity", None)
    if key is None:
        return ()
    return (str(key),) if entity is None else (str(key), f"{entity}:{key}")


def _same_record(left: Any, right: Any) -> bool:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left == right
    mine, other = keys_of(left), keys_of(right)
    return mine == other if mine and other and len(mine) == len(other) else bool(left == right)


ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def order(compare: Callable[[Any, Any], bool], left: Any, right: Any, where: Where) -> bool | None:
    """Ordering of two values of one sort; empty when one of them is."""
    if left is None or right is None:
        return None
    a, b = kind_of(left), kind_of(right)
    if a != b or a not in ORDERED:
        raise where.error(f"{describe(left)} and {describe(right)} cannot be ordered")
    if a == "number":
        left, right = exact(left, where), exact(right, where)
    try:
        return compare(left, right)
    except TypeError:
        raise where.error("these two cannot be ordered: " + _misfit_words(a)) from None


def _misfit_words(kind: str) -> str:
    return "business time has no fixed length" if kind == "duration" else "one has a time zone, the other none"


def arithmetic(sign: str, left: Any, right: Any, where: Where) -> Any:
    """`+ - * / // %` on numbers; `+ -` on dates, moments and durations; `* /` of a duration; `+` of two texts or two lists."""
    a, b = kind_of(left), kind_of(right)
    if left is None or right is None:
        # Nothing is a list of nothing.
        return (right if left is None else left) if sign == "+" and "list" in (a, b) else None
    try:
        if a == b == "number":
            return _bounded(_numbers(sign, exact(left, where), exact(right, where)), where)
        if a == b == "text" and sign == "+":
            if len(left) + len(right) > MAX_TEXT:
                raise where.error("the text is too long")
            return left + right
        if a == b == "list" and sign == "+":
            return _one_after_the_other(left, right, where)
        found = _moments(sign, a, b, left, right)
    except (ArithmeticError, TypeError) as error:
        raise where.error(_arithmetic_words(error, right)) from None
    if found is None:
        raise where.error(f"{describe(left)} {sign} {describe(right)} cannot be worked out")
    return found


def _one_after_the_other(left: Any, right: Any, where: Where) -> list[Any]:
    together = [*left, *right]
    if len(together) > MAX_ITEMS:
        raise where.error("the list is too long")
    return together


def _arithmetic_words(error: Exception, right: Any) -> str:
    if isinstance(error, (ZeroDivisionError, DivisionByZero, InvalidOperation)) and right == 0:
        return "division by zero"
    return "the number is too large" if isinstance(error, ArithmeticError) else "these two cannot be worked out"


def _numbers(sign: str, a: int | Decimal, b: int | Decimal) -> int | Decimal:
    if type(a) is int and type(b) is int:
        if sign == "+":
            return a + b
        if sign == "-":
            return a - b
        if sign == "*" and abs(a) < LARGEST and abs(b) < LARGEST:
            return a * b
        if sign == "/" and b and a % b == 0:
            return a // b
    x, y = Decimal(a), Decimal(b)
    match sign:
        case "+":
            return _CONTEXT.add(x, y)
        case "-":
            return _CONTEXT.subtract(x, y)
        case "*":
            return _CONTEXT.multiply(x, y)
        case "/":
            return _CONTEXT.divide(x, y)
        case "//":
            return _CONTEXT.divide_int(x, y)
        case _:
            return _CONTEXT.remainder(x, y)


def _bounded(value: int | Decimal, where: Where) -> int | Decimal:
    if not -LARGEST < value < LARGEST:
        raise where.error("the number is too large")
    return value


def _moments(sign: str, a: str, b: str, left: Any, right: Any) -> Any:
    """Dates, moments and durations; None where the two do not go together."""
    if isinstance(left, BusinessDuration) or isinstance(right, BusinessDuration):
        return None
    match (a, sign, b):
        case ("date" | "datetime", "+", "duration") | ("date" | "datetime", "-", "duration"):
            if a == "date" and right % timedelta(days=1):
                return None
            return left + right if sign == "+" else left - right
        case ("duration", "+", "date" | "datetime"):
            return _moments("+", b, a, right, left)
        case ("date", "-", "date") | ("datetime", "-", "datetime") | ("duration", "-", "duration"):
            return left - right
        case ("duration", "+", "duration"):
            return left + right
        case ("duration", "*", "number"):
            return _scaled(_CONTEXT.multiply(_microseconds(left), _decimal(right)))
        case ("number", "*", "duration"):
            return _moments("*", b, a, right, left)
        case ("duration", "/", "number"):
            return _scaled(_CONTEXT.divide(_microseconds(left), _decimal(right)))
        case ("duration", "/", "duration"):
            return _CONTEXT.divide(_microseconds(left), _microseconds(right))
    return None


def _microseconds(length: timedelta) -> Decimal:
    return Decimal((length.days * 86400 + length.seconds) * 1_000_000 + length.microseconds)


def _decimal(number: Any) -> Decimal:
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def _scaled(microseconds: Decimal) -> timedelta:
    return timedelta(microseconds=int(microseconds))


def negative(value: Any, where: Where) -> Any:
    """The negative of a number or a duration; empty stays empty."""
    if value is None:
        return None
    kind = kind_of(value)
    if kind == "number":
        number = exact(value, where)
        return -number if isinstance(number, int) else _CONTEXT.minus(number)
    if kind == "duration" and isinstance(value, timedelta):
        return -value
    raise where.error(f"{describe(value)} has no negative")


def attribute(value: Any, name: str, where: Where) -> Any:
    """An attribute of a record, a key of a mapping; of empty it is empty; `count` of a list or text is its length."""
    if value is None:
        return 0 if name == "count" else None
    fetch = getattr(value, "attribute", None)
    if fetch is not None:
        return fetch(name)
    if isinstance(value, Mapping):
        return value.get(name)
    kind = kind_of(value)
    if name == "count" and kind in ("list", "text"):
        return len(value)
    raise where.error(f'{describe(value)} has no "{name}"')


def record_attribute(value: Any, name: str, where: Where) -> Any:
    """The same where the value is known to be a record: then `count` of empty is empty like any other attribute."""
    return None if value is None else attribute(value, name, where)


def rows_of(value: Any, where: Where) -> Iterable[Any]:
    """What a list function goes through: a list, or anything of the host that can be gone through; empty is no rows."""
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
        raise where.error(f"expected a list, found {describe(value)}")
    return value  # type: ignore[no-any-return]


def contains(member: Any, container: Any, where: Where) -> bool:
    """`member in container`, by our equality; false for an empty container."""
    if isinstance(container, str):
        raise where.error("in wants a list; a text is searched with contains(text, part)")
    return any(equal(member, item, where) for item in rows_of(container, where))


def truth(value: Any, where: Where) -> bool | None:
    """A condition's value: true, false or empty; anything else is a misfit."""
    if value is True or value is False or value is None:
        return value
    raise where.error(f"expected true or false, found {describe(value)}")


def is_empty(value: Any) -> bool:
    """None, a text, list or mapping without content, or something of the host that says its length is 0."""
    if value is None:
        return True
    return hasattr(value, "__len__") and not hasattr(value, "attribute") and len(value) == 0
