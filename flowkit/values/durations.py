"""Lengths of time: `30m`, `2h`, `180d`, `5y` round the clock; `2 business hours`, `3 business days` by a calendar.

Knows how they are written, read aloud and stored. Knows no calendar: a `BusinessDuration` is only a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal

from flowkit.values.contract import Settings, ValueProblem, absent, folded, misfit, typed

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_PART = re.compile(r"(\d{1,10}(?:\.\d{1,6})?)\s*([smhdwy])", re.ASCII)
_WHOLE = re.compile(rf"{_PART.pattern}(\s*{_PART.pattern}){{0,5}}", re.ASCII)
_BUSINESS = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*business\s+(hour|day)s?", re.ASCII)
_WORKING = (("工作日", " business days"), ("工作小时", " business hours"))
_CHINESE = (("个小时", "h"), ("小时", "h"), ("分钟", "m"), ("分", "m"), ("秒钟", "s"), ("秒", "s"))
_CHINESE_LONG = (("天", "d"), ("日", "d"), ("个星期", "w"), ("星期", "w"), ("周", "w"), ("年", "y"))
LONGEST = timedelta(days=365 * 200)


@dataclass(frozen=True, slots=True)
class BusinessDuration:
    """`amount` business hours or business days; what that is in hours, the calendar of the case's unit says."""

    amount: Decimal
    unit: Literal["hours", "days"]

    @property
    def time(self) -> timedelta:
        """Of business hours, how long that is; never shorter."""
        micro = (self.amount * 3_600_000_000).to_integral_value(ROUND_CEILING)
        return timedelta(microseconds=int(micro))

    def __str__(self) -> str:
        return f"{self.amount:f} business {self.unit}"


def parse_duration(text: str) -> timedelta | BusinessDuration:
    """The length that `text` says, such as `90m`, `1h 30m`, `4小时` or `2 business days`. Raises ValueError on a misfit."""
    text = text.strip() if len(text) <= 64 else ""
    for word, said in _WORKING:
        text = text.replace(f"个{word}", said).replace(word, said)
    for word, letter in _CHINESE + _CHINESE_LONG:
        text = text.replace(word, letter)
    business = _BUSINESS.fullmatch(text)
    if business:
        unit: Literal["hours", "days"] = "hours" if business[2] == "hour" else "days"
        amount = Decimal(business[1])
        if unit == "days" and amount != amount.to_integral_value():
            raise ValueError("a part of a working day is said in hours, such as 4 business hours")
        return BusinessDuration(amount, unit)
    if not _WHOLE.fullmatch(text):
        raise ValueError("expected a duration such as 2h, 30m, 1d or 3 business days")
    seconds = sum((Decimal(amount) * _SECONDS[unit] for amount, unit in _PART.findall(text)), Decimal(0))
    if seconds > LONGEST.total_seconds():
        raise ValueError("expected a duration of at most 200 years")
    return timedelta(microseconds=int(seconds * 1_000_000))


def format_duration(length: timedelta | BusinessDuration) -> str:
    """The length as Chinese readers expect it: `15 分钟`, `1 小时 30 分钟`, `180 天`, `5 年`, `3 个工作日`."""
    if isinstance(length, BusinessDuration):
        return f"{length.amount:f} {'个工作小时' if length.unit == 'hours' else '个工作日'}"
    seconds = round(abs(length).total_seconds())
    sign = "-" if length < timedelta(0) and seconds else ""
    if seconds and seconds % _SECONDS["y"] == 0:
        return f"{sign}{seconds // _SECONDS['y']} 年"
    parts = []
    for unit, word in (("d", "天"), ("h", "小时"), ("m", "分钟"), ("s", "秒")):
        count, seconds = divmod(seconds, _SECONDS[unit])
        if count:
            parts.append(f"{count} {word}")
    return sign + (" ".join(parts) or "0 分钟")


def write_duration(length: timedelta) -> str:
    """The shortest exact spelling in one unit: `90m`, `2h`, `0.5s`; a negative one begins with a minus."""
    micro = (length.days * 86400 + length.seconds) * 1_000_000 + length.microseconds
    sign, micro = ("-", -micro) if micro < 0 else ("", micro)
    for unit in "dhm":
        if micro % (_SECONDS[unit] * 1_000_000) == 0 and micro:
            return f"{sign}{micro // (_SECONDS[unit] * 1_000_000)}{unit}"
    whole, rest = divmod(micro, 1_000_000)
    return f"{sign}{whole}.{rest:06}".rstrip("0") + "s" if rest else f"{sign}{whole}s"


@dataclass(frozen=True, slots=True)
class DurationType:
    """A length round the clock. Business durations belong to deadlines, not to fields."""

    name: str = "duration"
    kind: str = "duration"

    def read(self, raw: object, settings: Settings) -> timedelta | None:
        if absent(raw):
            return None
        if isinstance(raw, timedelta):
            if abs(raw) > LONGEST:
                raise ValueProblem("range", "时长最多 200 年")
            return raw
        expected = "时长,例如 30m、2h、1d 或 30 分钟"
        text = folded(typed(raw, expected, 64)) if isinstance(raw, str) else ""
        try:
            length = parse_duration(text)
        except ValueError as error:
            if "200 years" in str(error):
                raise ValueProblem("range", "时长最多 200 年") from None
            raise misfit(expected, raw) from None
        if isinstance(length, BusinessDuration):
            raise misfit(expected, raw)
        return length

    def store(self, value: Any) -> Any:
        return None if value is None else write_duration(value)

    def load(self, stored: Any) -> Any:
        if stored is None:
            return None
        amount, unit = Decimal(stored[:-1]), stored[-1]
        return timedelta(microseconds=int(amount * _SECONDS[unit] * 1_000_000))
