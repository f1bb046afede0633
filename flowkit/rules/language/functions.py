"""The functions of the language, as a table: name, parameters, result, one line of help, and what computes them.

A function is pure. One that needs the present moment is given the names of the expression and reads `now` (or `today`)
there; the caller supplies `now` in the zone in which its people read clocks, and `year`, `hour`, `date` ... answer
in that zone. The list forms (`sum count min max find any all`) are syntax and live in `lists`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any

from flowkit.rules.language.operators import MAX_TEXT, describe, is_empty, kind_of
from flowkit.rules.language.patterns import compile_pattern
from flowkit.rules.language.signatures import CALENDAR, Function, Parameter
from flowkit.rules.language.types import BOOLEAN, DATE, NUMBER, TEXT
from flowkit.values.coordinates import distance
from flowkit.values.durations import BusinessDuration, format_duration

_PLACES = Context(prec=60)
_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})", re.ASCII)


def as_text(value: Any) -> str:
    """A value as plain text, numbers without exponent."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case Decimal():
            return f"{value:f}"
        case float():
            return f"{Decimal(repr(value)):f}"
        case int() if abs(value) < 10**60:
            return str(value)
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case time():
            return value.strftime("%H:%M")
        case timedelta() | BusinessDuration():
            return format_duration(value)
    raise ValueError(f"{describe(value)} has no text")


def _finite(number: Any) -> Decimal:
    found = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    if not found.is_finite() or abs(found) >= Decimal("1e28"):
        raise ValueError("the number is too large")
    return found


def _rounded(mode: str) -> Callable[..., Any]:
    def apply(number: Any, digits: Any = 0) -> int | Decimal:
        if isinstance(digits, bool) or digits != int(digits) or not -10 <= digits <= 10:
            raise ValueError("digits is a whole number from -10 to 10")
        found = _finite(number).quantize(Decimal(1).scaleb(-int(digits)), rounding=mode, context=_PLACES)
        return int(found) if digits <= 0 else found

    return apply


def _local(names: Any, moment: Any) -> Any:
    """A moment on the clock of `now`; a date or a time of day as it is."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        now = names["now"]
        return moment.astimezone(now.tzinfo) if isinstance(now, datetime) and now.tzinfo else moment
    return moment


def _part(read: Callable[[Any], int]) -> Callable[[Any, Any], int]:
    def apply(names: Any, moment: Any) -> int:
        try:
            return read(_local(names, moment))
        except AttributeError:
            raise ValueError(f"{describe(moment)} does not have that") from None

    return apply


def _date(names: Any, moment: Any) -> date:
    local = _local(names, moment)
    return local.date() if isinstance(local, datetime) else local


def _now(names: Any) -> datetime:
    now = names["now"]
    if not isinstance(now, datetime):
        raise ValueError("the present moment is not known here")  # noqa: TRY004 - ValueError is the contract
    return now


def _since(names: Any, moment: Any) -> timedelta:
    return _now(names) - moment  # type: ignore[no-any-return]


def _days_since(names: Any, day: Any) -> int:
    if isinstance(day, datetime):
        return _since(names, day) // timedelta(days=1)
    today = names["today"]
    if not isinstance(today, date):
        raise ValueError("the present day is not known here")  # noqa: TRY004 - ValueError is the contract
    return (today - day).days  # type: ignore[no-any-return]


def _in_units(length: timedelta, unit: timedelta) -> int | Decimal:
    micro = length // timedelta(microseconds=1)
    whole, rest = divmod(micro, unit // timedelta(microseconds=1))
    return (
        whole
        if not rest
        else (Decimal(micro) / Decimal(unit // timedelta(microseconds=1))).quantize(Decimal("0.000001")).normalize()
    )


def _hours_since(names: Any, moment: Any) -> int | Decimal:
    return _in_units(_since(names, moment), timedelta(hours=1))


def _minutes_between(first: Any, second: Any) -> int | Decimal:
    return _in_units(second - first, timedelta(minutes=1))


def _business_hours(names: Any, first: Any, second: Any) -> int | Decimal:
    calendar = names[CALENDAR]
    if calendar is None:
        raise ValueError("no calendar is known here")
    return _in_units(calendar.between(first, second), timedelta(hours=1))


def _length(value: Any) -> int:
    return len(value)


def _concat(*parts: Any) -> str:
    return _short("".join(as_text(p) for p in parts))


def _join(items: Any, separator: str = "、") -> str:
    return _short(separator.join(as_text(i) for i in items if not is_empty(i)))


def _short(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError("the text is too long")
    return text


def _text(names: Any, value: Any) -> str:
    return as_text(_local(names, value))


def _number(value: Any) -> int | Decimal | None:
    if kind_of(value) == "number":
        return int(found) if (found := _finite(value)) == found.to_integral_value() else found
    text = value.strip().replace(",", "") if isinstance(value, str) else "?"
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{describe(value)} is no number")
    return _plain(_finite(text))


def _plain(number: Decimal) -> int | Decimal:
    return int(number) if number.as_tuple().exponent == 0 else number


def _abs(number: Any) -> int | Decimal:
    return abs(number) if isinstance(number, int) else abs(_finite(number))


_X_NUMBER = Parameter("number", ("number",))
_DIGITS = Parameter("digits", ("number",), optional=True)
_X_TEXT = Parameter("text", ("text",))
_DAY = Parameter("date", ("date", "datetime"))
_CLOCK = Parameter("moment", ("datetime", "time"))
_A, _B = Parameter("from", ("datetime",)), Parameter("to", ("datetime",))
_PLACE_A, _PLACE_B = Parameter("a", ("location",)), Parameter("b", ("location",))
_NOW = ("now",)
_MOMENT = ("datetime",)


def _table(*functions: Function) -> Mapping[str, Function]:
    return {f.name: f for f in functions}


FUNCTIONS: Mapping[str, Function] = _table(
    Function(
        "distance",
        (_PLACE_A, _PLACE_B),
        NUMBER,
        "metres between two locations, whatever their systems",
        distance,
        example="distance(arrive.position, elevator.position)",
    ),
    Function(
        "days_since",
        (_DAY,),
        NUMBER,
        "whole days from a date or moment until now",
        _days_since,
        reads=("now", "today"),
        example="days_since(elevator.installed)",
    ),
    Function(
        "hours_since",
        (Parameter("moment", _MOMENT),),
        NUMBER,
        "hours from a moment until now",
        _hours_since,
        reads=_NOW,
        example="hours_since(reported)",
    ),
    Function(
        "minutes_between",
        (_A, _B),
        NUMBER,
        "minutes from the first moment to the second",
        _minutes_between,
        example="minutes_between(reported, now)",
    ),
    Function(
        "business_hours",
        (_A, _B),
        NUMBER,
        "how many hours it was open from the first moment to the second, by the calendar of the case's unit",
        _business_hours,
        reads=(CALENDAR,),
        example="business_hours(reported, now)",
    ),
    Function(
        "round",
        (_X_NUMBER, _DIGITS),
        NUMBER,
        "rounded half up, as in Excel",
        _rounded(ROUND_HALF_UP),
        example="round(2.345, 2)",
    ),
    Function("floor", (_X_NUMBER, _DIGITS), NUMBER, "rounded down", _rounded(ROUND_FLOOR), example="floor(2.9)"),
    Function("ceil", (_X_NUMBER, _DIGITS), NUMBER, "rounded up", _rounded(ROUND_CEILING), example="ceil(2.1)"),
    Function("abs", (_X_NUMBER,), NUMBER, "without its sign", _abs, example="abs(-3)"),
    Function(
        "number",
        (Parameter("x", ("text", "number")),),
        NUMBER,
        "the number a text says",
        _number,
        example="number('1,250.50')",
    ),
    Function(
        "length",
        (Parameter("x", ("text", "list")),),
        NUMBER,
        "characters of a text, items of a list",
        _length,
        when_empty=0,
        example="length(description)",
    ),
    Function(
        "empty",
        (Parameter("x"),),
        BOOLEAN,
        "whether nothing is there",
        is_empty,
        sees_empty=True,
        example="empty(remark)",
    ),
    Function(
        "contains",
        (_X_TEXT, Parameter("part", ("text",))),
        BOOLEAN,
        "whether a text holds a part",
        lambda text, part: part in text,
        when_empty=False,
        example="contains(description, '夹人')",
    ),
    Function(
        "starts_with",
        (_X_TEXT, Parameter("part", ("text",))),
        BOOLEAN,
        "whether a text begins so",
        lambda text, part: text.startswith(part),
        when_empty=False,
        example="starts_with(elevator.code, 'E')",
    ),
    Function(
        "ends_with",
        (_X_TEXT, Parameter("part", ("text",))),
        BOOLEAN,
        "whether a text ends so",
        lambda text, part: text.endswith(part),
        when_empty=False,
        example="ends_with(elevator.code, '17')",
    ),
    Function(
        "matches",
        (_X_TEXT, Parameter("pattern", ("text",), prepare=compile_pattern)),
        BOOLEAN,
        "whether the whole text fits an RE2 pattern",
        lambda text, fits: fits(text),
        when_empty=False,
        example="matches(elevator.code, 'E[0-9]{3}')",
    ),
    Function("lower", (_X_TEXT,), TEXT, "in small letters", lambda text: text.lower(), example="lower('MX-20')"),
    Function("upper", (_X_TEXT,), TEXT, "in capitals", lambda text: text.upper(), example="upper('mx-20')"),
    Function(
        "concat",
        (Parameter("x", many=True),),
        TEXT,
        "all parts as one text; empty ones add nothing",
        _concat,
        sees_empty=True,
        example="concat(elevator.code, ' / ', fault_type)",
    ),
    Function(
        "join",
        (Parameter("list", ("list",)), Parameter("separator", ("text",), optional=True)),
        TEXT,
        "the items of a list as one text, with 、 between them",
        _join,
        example="join(faults, ';')",
    ),
    Function(
        "text",
        (Parameter("x"),),
        TEXT,
        "a number, date or duration as text",
        _text,
        reads=_NOW,
        reads_for=_MOMENT,
        example="text(reported)",
    ),
    Function(
        "date", (_DAY,), DATE, "the day of a moment", _date, reads=_NOW, reads_for=_MOMENT, example="date(reported)"
    ),
    Function(
        "year",
        (_DAY,),
        NUMBER,
        "the year of a date",
        _part(lambda m: m.year),
        reads=_NOW,
        reads_for=_MOMENT,
        example="year(reported)",
    ),
    Function(
        "month",
        (_DAY,),
        NUMBER,
        "the month of a date, 1 to 12",
        _part(lambda m: m.month),
        reads=_NOW,
        reads_for=_MOMENT,
        example="month(reported)",
    ),
    Function(
        "day",
        (_DAY,),
        NUMBER,
        "the day of the month",
        _part(lambda m: m.day),
        reads=_NOW,
        reads_for=_MOMENT,
        example="day(reported)",
    ),
    Function(
        "hour",
        (_CLOCK,),
        NUMBER,
        "the hour, 0 to 23",
        _part(lambda m: m.hour),
        reads=_NOW,
        reads_for=_MOMENT,
        example="hour(reported)",
    ),
    Function(
        "weekday",
        (_DAY,),
        NUMBER,
        "1 for Monday to 7 for Sunday",
        _part(lambda m: m.isoweekday()),
        reads=_NOW,
        reads_for=_MOMENT,
        example="weekday(today)",
    ),
)
