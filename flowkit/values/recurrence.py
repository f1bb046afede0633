"""Days that come again by the calendar: the 1st and the 15th, every Monday, the last Friday of March, at a time of day. Pure.

Knows dates and a zone; knows no hours of business and no clock.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

LAST = -1
"""Among `days`: the last of the month. As `nth`: the last weekday of that name in the month."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_LONGEST_GAP = 366 * 9
"""Within so many days any rule that can hold at all holds again: 29 February may be eight years away."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Every day that fits: its month, its day of the month, its weekday (0 for Monday), which one of its month it is.

    What is empty fits every day.
    """

    months: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    nth: int | None = None
    at: time = time(9)

    def holds(self, day: date) -> bool:
        """Whether it is one of the days."""
        length = calendar.monthrange(day.year, day.month)[1]
        return (
            (not self.months or day.month in self.months)
            and (not self.days or day.day in self.days or (LAST in self.days and day.day == length))
            and (not self.weekdays or day.weekday() in self.weekdays)
            and (self.nth is None or self._is_nth(day.day, length))
        )

    def _is_nth(self, day: int, length: int) -> bool:
        return day + 7 > length if self.nth == LAST else (day + 6) // 7 == self.nth

    def after(self, moment: datetime, zone: tzinfo) -> datetime:
        """The first moment later than this one, in UTC.

        A time that the clock skips is as much later as it was set forward; one that comes twice is the first (RFC 5545). Raises ValueError where none follows, as for 30 February.
        """
        day = moment.astimezone(zone).date()
        for _ in range(_LONGEST_GAP):
            found = datetime.combine(day, self.at, zone).astimezone(UTC)
            if found > moment and self.holds(day):
                return found
            day += timedelta(days=1)
        raise ValueError("no day fits")
