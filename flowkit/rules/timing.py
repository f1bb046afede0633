"""When work is due by a schedule, after it was finished or due last, and how much of it was missed. Pure.

Knows the schedule, a zone, and the calendar of business hours that holds. It neither stores nor begins anything: whoever uses
it keeps, for each record, what was due last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from flowkit.calendars.calendar import Calendar
from flowkit.rules.schedule import ScheduleDefinition
from flowkit.values.durations import BusinessDuration
from flowkit.values.recurrence import Recurrence

MOST_MISSED = 10_000
"""How many missed periods are told apart; where there are more, it goes on from now."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Once that work is due: on the day of the grid, and when in truth, since that day may be none that is worked."""

    grid: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class Timing:
    """A schedule by a calendar. Its methods raise ValueError or OverflowError beyond what a calendar reaches."""

    rule: ScheduleDefinition
    zone: tzinfo
    calendar: Calendar | None = None

    def after(self, last: datetime) -> Occurrence:
        """What is due next, after it was finished (`after_last`) or lay on the grid (`every`) at `last`."""
        grid = self._following(last)
        due = self._moved(grid, last)
        if self.rule.every is not None and self.rule.on_holiday != "as_is":
            # What falls together on one working day is due once.
            while self._moved(later := self._following(grid), last) == due:
                grid = later
        return Occurrence(grid, due)

    def due(self, grid: datetime) -> datetime:
        """When that day of the grid is worked."""
        return self._moved(grid, None)

    def begin(self, due: datetime) -> datetime:
        """When work begins that is due then."""
        ahead = self.rule.ahead
        if isinstance(ahead, timedelta):
            return due - ahead
        if ahead.unit == "days":
            return self._calendar.days_before(due, int(ahead.amount))
        return self._calendar.time_before(due, ahead.time)

    def caught_up(self, last: datetime, now: datetime) -> tuple[Occurrence, int]:
        """Of what should have begun by now the latest, and how many before it were missed. Without `every` nothing is."""
        rule, found = self.rule, self.after(last)
        if rule.every is None or rule.missed == "all":
            return found, 0
        if isinstance(rule.every, timedelta) and not rule.in_business_time:
            # By arithmetic: years may have passed.
            missed = max(0, (now - self.begin(found.due)) // rule.every)
            due = found.due + missed * rule.every
            return Occurrence(due, due), missed
        for missed in range(MOST_MISSED):
            later = self.after(found.grid)
            if self.begin(later.due) > now:
                return found, missed
            found = later
        return Occurrence(now, now), MOST_MISSED

    def _following(self, last: datetime) -> datetime:
        if self.rule.after_last is not None:
            return self._later(last, self.rule.after_last)
        assert self.rule.every is not None
        every = self.rule.every
        return every.after(last, self.zone) if isinstance(every, Recurrence) else self._later(last, every)

    def _later(self, moment: datetime, length: timedelta | BusinessDuration) -> datetime:
        if isinstance(length, timedelta):
            return moment + length
        if length.unit == "days":
            return self._calendar.add_days(moment, int(length.amount)).due
        return self._calendar.add_time(moment, length.time).due

    def _moved(self, grid: datetime, last: datetime | None) -> datetime:
        """Where a day that is not worked is moved to; never back to where work was due or finished last, or before it."""
        if self.rule.on_holiday == "as_is":
            return grid
        if self.rule.on_holiday == "previous_working_day":
            before = self._calendar.working_day(grid, -1)
            if last is None or before > last:
                return before
        return self._calendar.working_day(grid, 1)

    @property
    def _calendar(self) -> Calendar:
        if self.calendar is None:
            raise ValueError("there is no calendar")
        return self.calendar
