"""Dates, times of day and moments as people write them in China. Moments are kept in UTC; the app's zone comes in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from flowkit.values.contract import Settings, ValueProblem, absent, folded, misfit, typed

_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|(\d{2})(\d{2}))", re.ASCII
)
_DATE_ZH = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?", re.ASCII)
_TIME_ZH = re.compile(r"(\d{1,2})\s*[点时](?:\s*(\d{1,2})\s*分)?(?:\s*(\d{1,2})\s*秒)?", re.ASCII)
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})$", re.ASCII | re.IGNORECASE)
_SPLIT = re.compile(rf"({_DATE.pattern}|{_DATE_ZH.pattern})(?:\s+|[Tt]|(?<=[日号])\s*)(\S.*)", re.ASCII)
EARLIEST, LATEST = 1900, 2200

_DATE_WANTED = "日期,例如 2026-03-02 或 2026年3月2日"
_TIME_WANTED = "时间,例如 09:30"
_MOMENT_WANTED = "日期和时间,例如 2026-03-02 09:30"


def _checked_year(day: date) -> None:
    if not EARLIEST <= day.year <= LATEST:
        raise ValueProblem("range", f"年份应在 {EARLIEST} 到 {LATEST} 之间,收到 {day.year}")


def _date_of(text: str) -> date | None:
    match = _DATE.fullmatch(text) or _DATE_ZH.fullmatch(text)
    if not match:
        return None
    year, month, day = (int(g) for g in match.groups() if g is not None)
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueProblem("range", f"没有“{text}”这一天") from None


def _time_of(text: str) -> time | None:
    match = _TIME.fullmatch(text)
    if match:
        hour, minute, second, fraction = match.groups(default="0")
    else:
        match = _TIME_ZH.fullmatch(text)
        if not match:
            return None
        hour, minute, second = match.groups(default="0")
        fraction = "0"
    try:
        return time(int(hour), int(minute), int(second), int(fraction.ljust(6, "0")))
    except ValueError:
        raise ValueProblem("range", f"没有“{text}”这个时间") from None


@dataclass(frozen=True, slots=True)
class DateType:
    name: str = "date"
    kind: str = "date"

    def read(self, raw: object, settings: Settings) -> date | None:
        if absent(raw):
            return None
        if isinstance(raw, datetime):
            day: date | None = _local(raw, settings).date()
        elif isinstance(raw, date):
            day = raw
        else:
            day = _date_of(folded(typed(raw, _DATE_WANTED, 64)))
        if day is None:
            raise misfit(_DATE_WANTED, raw)
        _checked_year(day)
        return day

    def store(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def load(self, stored: Any) -> Any:
        return None if stored is None else date.fromisoformat(stored)


@dataclass(frozen=True, slots=True)
class TimeType:
    name: str = "time"
    kind: str = "time"

    def read(self, raw: object, settings: Settings) -> time | None:
        if absent(raw):
            return None
        if isinstance(raw, time):
            hour = raw if raw.tzinfo is None else None
        else:
            hour = _time_of(folded(typed(raw, _TIME_WANTED, 64))) if isinstance(raw, str) else None
        if hour is None:
            raise misfit(_TIME_WANTED, raw)
        return hour.replace(fold=0)

    def store(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def load(self, stored: Any) -> Any:
        return None if stored is None else time.fromisoformat(stored)


@dataclass(frozen=True, slots=True)
class DatetimeType:
    """A moment: aware, in UTC. What is typed without a zone is meant in the app's."""

    name: str = "datetime"
    kind: str = "datetime"

    def read(self, raw: object, settings: Settings) -> datetime | None:
        if absent(raw):
            return None
        if isinstance(raw, datetime):
            moment = raw
        elif isinstance(raw, date):
            moment = datetime.combine(raw, time())  # what a workbook gives for a midnight
        else:
            moment = _moment_of(folded(typed(raw, _MOMENT_WANTED, 64)), raw)
        _checked_year(moment)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=settings.timezone)
        return moment.astimezone(UTC)

    def store(self, value: Any) -> Any:
        return None if value is None else value.astimezone(UTC).isoformat()

    def load(self, stored: Any) -> Any:
        return None if stored is None else datetime.fromisoformat(stored)


def _moment_of(text: str, raw: object) -> datetime:
    parts = _SPLIT.fullmatch(text)
    if not parts:
        raise misfit(_MOMENT_WANTED, raw)
    clock = parts[parts.re.groups]
    zone = _ZONE.search(clock)
    day = _date_of(parts[1])
    hour = _time_of(clock[: zone.start()].strip() if zone else clock.strip())
    if day is None or hour is None:
        raise misfit(_MOMENT_WANTED, raw)
    moment = datetime.combine(day, hour)
    if zone is None:
        return moment
    try:
        # Python reads the offset; it knows its limits.
        return moment.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00:00{zone[0].upper()}").tzinfo)
    except ValueError:
        raise misfit(_MOMENT_WANTED, raw) from None


def _local(moment: datetime, settings: Settings) -> datetime:
    if moment.tzinfo is None or not 2 <= moment.year <= 9998:
        return moment
    return moment.astimezone(settings.timezone)
