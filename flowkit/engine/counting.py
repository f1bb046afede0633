"""Business time as an amount: so many working days, or so long open, from a moment on. A plain value; knows no case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flowkit.calendars.calendar import Calendar, Sum
from flowkit.values.durations import BusinessDuration, DurationType, parse_duration, write_duration

Span = BusinessDuration | timedelta
"""What is counted: business hours or days as an author says them, or, told as a plain length, open time."""


def add(start: datetime, span: Span, calendar: Calendar, times: int = 1) -> Sum:
    """That much business time after `start`, so many times. Raises ValueError where no calendar reaches."""
    if isinstance(span, BusinessDuration) and span.unit == "days":
        return calendar.add_days(start, int(span.amount) * times)
    return calendar.add_time(start, (span.time if isinstance(span, BusinessDuration) else span) * times)


@dataclass(frozen=True, slots=True)
class Counted:
    """How much business time from when on made a deadline: enough to count it again by another calendar."""

    since: datetime
    span: Span

    def as_json(self) -> dict[str, Any]:
        span = str(self.span) if isinstance(self.span, BusinessDuration) else write_duration(self.span)
        return {"since": self.since.isoformat(), "span": span}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Counted:
        text = stored["span"]
        span = parse_duration(text) if "business" in text else DurationType().load(text)
        return cls(datetime.fromisoformat(stored["since"]), span)
