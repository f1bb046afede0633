"""How values look in a text for people, and the formats that may follow `|` in a template.

A format is a function of the same table shape; its key begins with `|`, which no author can type as a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flowkit.rules.language.functions import FUNCTIONS, as_text
from flowkit.rules.language.operators import MAX_TEXT, is_empty
from flowkit.rules.language.signatures import Function, Parameter
from flowkit.rules.language.types import ANY, TEXT
from flowkit.values.durations import BusinessDuration, format_duration

RENDERING = "{rendering}"  # the name under which a template's own names hold its Rendering

_WORDS = {"zh": ("是", "否", "、"), "en": ("yes", "no", ", ")}


@dataclass(frozen=True, slots=True)
class Rendering:
    """For whom a text is made: the language, the zone of the clock they read (None: that of `now`, else as stored)."""

    locale: str
    timezone: tzinfo | None
    names: Any

    def local(self, moment: datetime) -> datetime:
        """A moment on the reader's clock."""
        if moment.tzinfo is None:
            return moment
        zone = self.timezone
        if zone is None:
            try:
                now = self.names["now"]
            except KeyError:
                now = None
            zone = now.tzinfo if isinstance(now, datetime) else None
        return moment.astimezone(zone) if zone is not None else moment

    @property
    def words(self) -> tuple[str, str, str]:
        """Yes, no, and what stands between the items of a list."""
        return _WORDS.get(self.locale.split("-")[0], _WORDS["zh"])

    def shown(self, value: Any) -> str:
        """A value as people read it; empty is nothing at all."""
        match value:
            case None:
                return ""
            case str():
                return value
            case bool():
                return self.words[0] if value else self.words[1]
            case datetime():
                return self.local(value).strftime("%Y-%m-%d %H:%M")
            case int() | float() | Decimal() | date() | time() | timedelta() | BusinessDuration():
                return as_text(value)
            case list() | tuple() | set() | frozenset():
                return self.words[2].join(self.shown(v) for v in value if not is_empty(v))[: MAX_TEXT + 1]
            case Mapping():
                if "latitude" in value:
                    return f"{self.shown(value['latitude'])},{self.shown(value.get('longitude'))}"
                return self.shown(
                    next((value[k] for k in ("title", "name", "key") if not is_empty(value.get(k))), None)
                )
        return next((v for k in ("title", "name", "key") if isinstance(v := getattr(value, k, None), str) and v), "")


def _r(names: Any) -> Rendering:
    found: Rendering = names[RENDERING]
    return found


def _date(names: Any, value: Any) -> str:
    if isinstance(value, datetime):
        value = _r(names).local(value).date()
    return as_text(value)


def _time(names: Any, value: Any) -> str:
    return (_r(names).local(value) if isinstance(value, datetime) else value).strftime("%H:%M")


def _datetime(names: Any, value: Any) -> str:
    return _r(names).shown(value)


def _money(number: Any) -> str:
    return f"{_exact(number).quantize(Decimal('0.01'), ROUND_HALF_UP):,f}"


def _percent(number: Any, digits: Any = 0) -> str:
    places = Decimal(1).scaleb(-min(10, max(0, int(digits))))
    return f"{(_exact(number) * 100).quantize(places, ROUND_HALF_UP):f}%"


def _exact(number: Any) -> Decimal:
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def _join(names: Any, items: Any, separator: Any = None) -> str:
    rendering = _r(names)
    text = (rendering.words[2] if separator is None else separator).join(
        rendering.shown(i) for i in items if not is_empty(i)
    )
    if len(text) > MAX_TEXT:
        raise ValueError("the text is too long")
    return text


def _default(value: Any, instead: Any) -> Any:
    return instead if is_empty(value) else value


_IN = (RENDERING,)
_NUMBER = Parameter("number", ("number",))
_DIGITS = Parameter("digits", ("number",), optional=True)
_MOMENT = Parameter("moment", ("datetime",))


def _formats(*functions: Function) -> Mapping[str, Function]:
    return {"|" + f.name: f for f in functions}


FORMATS: Mapping[str, Function] = _formats(
    FUNCTIONS["round"],
    FUNCTIONS["upper"],
    FUNCTIONS["lower"],
    FUNCTIONS["length"],
    Function(
        "default",
        (Parameter("x"), Parameter("instead")),
        ANY,
        "what stands there if it is empty",
        _default,
        sees_empty=True,
        example="{{ remark | default('无') }}",
    ),
    Function(
        "join",
        (Parameter("list", ("list",)), Parameter("separator", ("text",), optional=True)),
        TEXT,
        "the items of a list with 、 between them",
        _join,
        reads=_IN,
        example="{{ faults | join }}",
    ),
    Function(
        "date",
        (Parameter("date", ("date", "datetime")),),
        TEXT,
        "2026-03-02",
        _date,
        reads=_IN,
        example="{{ reported | date }}",
    ),
    Function(
        "time",
        (Parameter("moment", ("datetime", "time")),),
        TEXT,
        "09:00",
        _time,
        reads=_IN,
        example="{{ reported | time }}",
    ),
    Function(
        "datetime", (_MOMENT,), TEXT, "2026-03-02 09:00", _datetime, reads=_IN, example="{{ reported | datetime }}"
    ),
    Function("money", (_NUMBER,), TEXT, "12,345.60", _money, example="{{ total | money }}"),
    Function(
        "percent",
        (_NUMBER, _DIGITS),
        TEXT,
        "0.153 as 15%; percent(1): 15.3%",
        _percent,
        example="{{ share | percent(1) }}",
    ),
    Function(
        "duration",
        (Parameter("length", ("duration",)),),
        TEXT,
        "2 小时",
        format_duration,
        example="{{ waiting | duration }}",
    ),
)
