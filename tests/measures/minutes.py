"""Business time the long way round: a mark for each minute of some years, summed up. Shares nothing with `flowkit.calendars`.

Each minute of UTC knows what the clock on the wall shows; hours are painted onto the minutes day by day, a later day over
an earlier one; everything else is counting marks.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import holidays

MINUTE = 60_000_000
"""In microseconds, in which everything is counted."""
BLOCK = 15
"""No clock has been set forward or back within a quarter of an hour in the years that are measured."""
Hours = list[tuple[int, int]]


@dataclass(frozen=True)
class Written:
    """A calendar as plain data: minutes of the day for each weekday, a country, days on which it is otherwise."""

    zone: str
    week: tuple[Hours, ...]
    country: str | None
    overrides: dict[date, Hours | str]


@dataclass
class Minutes:
    """The minutes from the beginning of one year up to that of another, as that calendar has them."""

    written: Written
    first: int
    last: int
    zone: ZoneInfo = field(init=False)
    start: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.written.zone)
        self.start = datetime(self.first, 1, 1, tzinfo=UTC)
        many = int((datetime(self.last, 1, 1, tzinfo=UTC) - self.start).total_seconds()) // 60
        self.epoch = date(self.first, 1, 1).toordinal()
        self.wall = self._walls(many)
        self.shown = array(
            "i", accumulate(self.wall, max)
        )  # what the clock on the wall has shown at the latest by then
        self.owner = array("i", [-1]) * many
        self._paint()
        self.open = array("i", accumulate((1 if day >= 0 else 0 for day in self.owner), initial=0))
        self.days = sorted(set(self.owner) - {-1})

    def _walls(self, many: int) -> array[int]:
        walls = array("i")
        for at in range(0, many, BLOCK):
            offset = (self.start + timedelta(minutes=at)).astimezone(self.zone).utcoffset()
            assert offset is not None
            shift = int(offset.total_seconds()) // 60
            walls.extend(range(at + shift, at + shift + BLOCK))
        return walls

    def _paint(self) -> None:
        public = self._public()
        for number in range(-1, (date(self.last, 1, 1) - date(self.first, 1, 1)).days + 1):
            day = date.fromordinal(self.epoch + number)
            hours = self._hours(day, public)
            if hours:  # the night before is over when this day begins
                since = bisect_left(self.shown, number * 1440 + hours[0][0])
                left = len(self.owner) - since
                self.owner[since : since + 2880] = array("i", [-1]) * min(2880, left)
            for begins, ends in hours:
                since, until = (bisect_left(self.shown, number * 1440 + m) for m in (begins, ends))
                self.owner[since:until] = array("i", [number]) * (until - since)

    def _public(self) -> Any:
        if self.written.country is None:
            return None
        code, _, part = self.written.country.partition("-")
        years = range(self.first - 2, self.last + 2)
        return holidays.country_holidays(code, subdiv=part or None, years=years, expand=False)

    def _hours(self, day: date, public: Any) -> Hours:
        week, said = self.written.week, self.written.overrides.get(day)
        longest = max(week, key=lambda hours: sum(e - b for b, e in hours))
        worked = week[day.weekday()] if day.weekday() <= 4 and week[day.weekday()] else longest
        if isinstance(said, list):
            return said
        if said == "work":
            return worked
        if public is not None and day in public.weekend_workdays and day not in public:
            return worked
        if public is not None and self._off(day, public):
            return []
        return week[day.weekday()]

    def _off(self, day: date, public: Any) -> bool:
        if day in public or self.written.country != "CN" or day.weekday() < 5:
            return day in public
        # Decreed as ranges: Saturday and Sunday are off with the Friday before or the Monday after, unless one is worked.
        saturday = day - timedelta(days=day.weekday() - 5)
        friday, sunday, monday = (saturday + timedelta(days=n) for n in (-1, 1, 2))
        if day == saturday:
            return friday in public or sunday in public or (sunday not in public.weekend_workdays and monday in public)
        return monday in public or saturday in public or (saturday not in public.weekend_workdays and friday in public)

    # --- asking ------------------------------------------------------------------------------------------------------

    def at(self, moment: datetime) -> tuple[int, int]:
        """The minute that holds a moment, and how many microseconds of it have passed."""
        micro = (moment - self.start) // timedelta(microseconds=1)
        return divmod(micro, MINUTE)

    def moment(self, minute: int, micro: int = 0) -> datetime:
        return self.start + timedelta(minutes=minute, microseconds=micro)

    def passed(self, moment: datetime) -> int:
        """How many microseconds it has been open up to a moment."""
        minute, rest = self.at(moment)
        return self.open[minute] * MINUTE + (rest if self.owner[minute] >= 0 else 0)

    def between(self, first: datetime, second: datetime) -> timedelta:
        return timedelta(microseconds=self.passed(second) - self.passed(first))

    def add_time(self, start: datetime, length: timedelta) -> datetime:
        wanted = self.passed(start) + length // timedelta(microseconds=1)
        minute = bisect_left(self.open, -(-wanted // MINUTE)) - 1
        return self.moment(minute, wanted - self.open[minute] * MINUTE)

    def next_opening(self, minute: int, micro: int) -> tuple[int, int]:
        if self.owner[minute] >= 0:
            return minute, micro
        return bisect_left(self.open, self.open[minute] + 1) - 1, 0

    def add_days(self, start: datetime, days: int) -> datetime:
        minute, micro = self.next_opening(*self.at(start))
        if not days:  # an hour that comes twice may have come the first time already
            return self.moment(minute, micro)
        day = self.owner[minute]
        clock = self.wall[minute] - day * 1440
        wanted = self.days[bisect_left(self.days, day) + days] * 1440 + clock
        due = bisect_left(self.shown, wanted)
        return self.moment(*self.next_opening(due, micro if self.shown[due] == wanted else 0))
