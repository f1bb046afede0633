"""When a place is open, and how open time is counted: exact in UTC, with clocks that are set forward and back, never early.

An hour begins when the clock on the wall first reaches it: one that the clock skips begins as it is set forward, one that
comes twice begins the first time. Knows dates, a zone and public holidays; knows no case and no clock of the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from typing import Literal
from zoneinfo import ZoneInfo

from flowkit.calendars.hours import DAY, Spans, Week, read_week
from flowkit.calendars.public_days import public_days

NEVER = 3660
"""A place that is closed for so many days on end is taken for one that never opens again."""
FURTHEST = timedelta(days=365 * 200)
"""No sum reaches further."""
_REMEMBERED = 4000

Kind = Literal["usual", "holiday", "made up", "special"]
Opening = tuple[datetime, datetime]
"""From one moment up to another, in UTC."""


@dataclass(frozen=True, slots=True)
class DayPlan:
    """One day as a calendar has it: its hours, and why they are so. `name` is that of the holiday."""

    day: date
    spans: Spans
    kind: Kind = "usual"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """One stretch of open time that was counted, and the day to which it belongs."""

    plan: DayPlan
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Sum:
    """How a moment was come to.

    begins       where counting began: the start itself, or the next opening
    due          the moment
    counted      the stretches counted, in order
    days         the working days counted, in order; either these or stretches
    passed       days off by holiday, or by what is said of the day itself, from the start on
    moved        whether the last day is closed at that time, so that its next opening was taken
    provisional  years passed through whose holidays are not known for good
    """

    begins: datetime
    due: datetime
    counted: tuple[Counted, ...] = ()
    days: tuple[DayPlan, ...] = ()
    passed: tuple[DayPlan, ...] = ()
    moved: bool = False
    provisional: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """Hours of a week, holidays of a country (`CN`, `DE-BY`), and days on which it is otherwise.

    `overrides` give a day's hours, none for a day off, or `work` for a working day whatever the holidays say. `checked` is
    the last year whose holidays somebody has compared with the official notice.
    """

    zone: ZoneInfo
    week: Week
    country: str | None = None
    overrides: Mapping[date, Spans | Literal["work"]] = field(default_factory=dict)
    checked: int | None = None
    _openings: dict[date, tuple[Opening, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _others: dict[str, Calendar] = field(default_factory=dict, init=False, repr=False, compare=False)

    def with_hours(self, hours: str) -> Calendar:
        """The same holidays and special days with another week, such as that of a unit. Raises ValueError on a misfit."""
        found = self._others.get(hours)
        if found is None:
            if len(self._others) >= _REMEMBERED:
                self._others.clear()
            found = self._others[hours] = replace(self, week=read_week(hours))
        return found

    def plan(self, day: date) -> DayPlan:
        """What holds for that day: first what is said of the day itself, then holidays, then the week."""
        said = self.overrides.get(day)
        if said is not None:
            return DayPlan(day, self._worked(day) if said == "work" else said, "special", self._name(day))
        if self.country is None:
            return DayPlan(day, self.week[day.weekday()])
        public = public_days(self.country, day.year)
        if day in public.off:
            return DayPlan(day, (), "holiday", public.off[day])
        if day in public.worked:
            return DayPlan(day, self._worked(day), "made up")
        return DayPlan(day, self.week[day.weekday()])

    def openings(self, day: date) -> tuple[Opening, ...]:
        """When it is open on that day's account; a night that runs past midnight ends when the next day opens."""
        found = self._openings.get(day)
        if found is None:
            if len(self._openings) >= _REMEMBERED:
                self._openings.clear()
            found = self._openings[day] = tuple(self._opened(day))
        return found

    def is_open(self, moment: datetime) -> bool:
        since, _, _ = self._stretch(moment)
        return since <= moment

    def next_opening(self, moment: datetime) -> datetime:
        """That moment where it is open, else when it opens next. Raises ValueError where it never does."""
        return max(moment.astimezone(UTC), self._stretch(moment)[0])

    def closing(self, moment: datetime) -> datetime | None:
        """When it closes that is open at that moment, midnight or not; None where it is closed then."""
        closes = None
        for since, until, _ in self._stretches(moment):
            if since > (closes or moment) or since - moment > timedelta(days=8):
                break
            closes = until
        return closes

    def add_time(self, start: datetime, length: timedelta) -> Sum:
        """The moment at which it has been open for `length` since `start`. Raises ValueError beyond 200 years."""
        due = begins = start.astimezone(UTC)
        left, counted = length, list[Counted]()
        for opens, until, day in self._stretches(begins) if length > timedelta(0) else ():
            since = max(opens, begins)
            _within_reach(start, since)
            due = min(until, since + left)
            counted.append(Counted(self.plan(day), since, due))
            left -= due - since
            if not left:
                break
        return self._sum(start, counted[0].since if counted else begins, due, counted=tuple(counted))

    def add_days(self, start: datetime, days: int) -> Sum:
        """The same time on the `days`-th working day after, or the next opening where that day is closed by then.

        Raises ValueError beyond 200 years.
        """
        since, _, day = self._stretch(start)
        begins = max(start.astimezone(UTC), since)
        at = begins.astimezone(self.zone).replace(tzinfo=None, fold=0) - datetime.combine(day, time())
        counted = list[DayPlan]()
        for following in islice(self._working_days(day), days):
            day = following
            _within_reach(start, self.openings(day)[0][0])
            counted.append(self.plan(day))
        wanted = self._reached(datetime.combine(day, time()) + at) if days else begins
        due = self.next_opening(wanted)
        return self._sum(start, begins, due, days=tuple(counted), moved=due != wanted)

    def working_day(self, moment: datetime, step: Literal[1, -1]) -> datetime:
        """That moment where its day is worked, else the same time on the next working day (1) or on the last before (-1).

        Raises ValueError where there is none.
        """
        wall = moment.astimezone(self.zone)
        if self.openings(wall.date()) or self.is_open(moment):
            return moment.astimezone(UTC)
        day = next(self._working_days(wall.date(), step))
        return self._reached(datetime.combine(day, wall.time()))

    def days_before(self, end: datetime, days: int) -> datetime:
        """The same time on the `days`-th working day before. Raises ValueError beyond 200 years."""
        wall = end.astimezone(self.zone)
        day = wall.date()
        for earlier in islice(self._working_days(day, -1), days):
            day = earlier
            _within_reach(self.openings(day)[0][0], end)
        return self._reached(datetime.combine(day, wall.time())) if days else end.astimezone(UTC)

    def time_before(self, end: datetime, length: timedelta) -> datetime:
        """The last moment since which it has been open for `length` at `end`. Raises ValueError beyond 200 years."""
        left, today = length, end.astimezone(self.zone).date()
        for day in chain((today,), self._working_days(today, -1)) if length > timedelta(0) else ():
            for since, until in reversed(self.openings(day)):
                shut = min(until, end)
                if shut - since >= left:
                    return shut - left
                left -= max(timedelta(0), shut - since)
                _within_reach(since, end)
        return end.astimezone(UTC)

    def between(self, first: datetime, second: datetime) -> timedelta:
        """For how long it is open from one moment to another; negative where the second is the earlier one."""
        if second < first:
            return -self.between(second, first)
        total, start, end = timedelta(0), first.astimezone(UTC), second.astimezone(UTC)
        day, last = self._first_day(start), end.astimezone(self.zone).date()
        while day <= last:
            for since, until in self.openings(day):
                total += max(timedelta(0), min(until, end) - max(since, start))
            day += timedelta(days=1)
        return total

    def is_provisional(self, year: int) -> bool:
        """Whether the holidays and make-up days of that year are not known for good."""
        if self.country is None or (self.checked is not None and year <= self.checked):
            return False
        return public_days(self.country, year).provisional

    def _sum(
        self,
        start: datetime,
        begins: datetime,
        due: datetime,
        counted: tuple[Counted, ...] = (),
        days: tuple[DayPlan, ...] = (),
        moved: bool = False,
    ) -> Sum:
        first, last = (moment.astimezone(self.zone).date() for moment in (start, due))
        if (last - first).days <= NEVER:
            between = map(self.plan, (first + timedelta(days=n) for n in range((last - first).days)))
            passed = tuple(plan for plan in between if not plan.spans and plan.kind != "usual")
        else:
            passed = ()
        provisional = tuple(year for year in range(first.year, last.year + 1) if self.is_provisional(year))
        return Sum(begins, due, counted, days, passed, moved, provisional)

    def _worked(self, day: date) -> Spans:
        """The hours of a day that is worked on purpose: its own from Monday to Friday, else those of the longest day."""
        own = self.week[day.weekday()]
        return own if own and day.weekday() < 5 else max(self.week, key=lambda spans: sum(e - b for b, e in spans))

    def _name(self, day: date) -> str:
        return public_days(self.country, day.year).off.get(day, "") if self.country is not None else ""

    def _opened(self, day: date) -> Iterator[Opening]:
        spans = self.plan(day).spans
        night = spans and spans[-1][1] > DAY
        following = self.plan(day + timedelta(days=1)).spans if night else ()
        midnight = datetime.combine(day, time())
        for begins, ends in spans:
            until = min(ends, DAY + following[0][0]) if following and ends > DAY else ends
            since, shut = (self._reached(midnight + timedelta(minutes=m)) for m in (begins, until))
            if since < shut:
                yield since, shut

    def _reached(self, wall: datetime) -> datetime:
        """When the clock on the wall first shows that time, or one past it."""
        later = wall.replace(tzinfo=self.zone).astimezone(UTC)
        if later.astimezone(self.zone).replace(tzinfo=None, fold=0) == wall:
            return later
        # The clock is set forward over it: between these two seconds it shows first less, then more.
        before, after = int(wall.replace(tzinfo=self.zone, fold=1).timestamp()), int(later.timestamp())
        while after - before > 1:
            middle = (before + after) // 2
            shown = datetime.fromtimestamp(middle, self.zone).replace(tzinfo=None)
            before, after = (middle, after) if shown < wall else (before, middle)
        return datetime.fromtimestamp(after, UTC)

    def _first_day(self, moment: datetime) -> date:
        """The earliest day whose hours may hold that moment: the night of the day before may go on."""
        return moment.astimezone(self.zone).date() - timedelta(days=1)

    def _stretch(self, moment: datetime) -> tuple[datetime, datetime, date]:
        """The opening that holds a moment, or else the next one, and the day it belongs to."""
        return next(self._stretches(moment))

    def _stretches(self, moment: datetime) -> Iterator[tuple[datetime, datetime, date]]:
        """The openings that end after a moment, in order. Raises ValueError where none follows."""
        for day in self._working_days(self._first_day(moment) - timedelta(days=1)):
            for since, until in self.openings(day):
                if until > moment:
                    yield since, until, day

    def _working_days(self, day: date, step: Literal[1, -1] = 1) -> Iterator[date]:
        """The days after that one, or before, on which it is open. Raises ValueError where none follows."""
        closed = 0
        while closed <= NEVER:
            day += timedelta(days=step)
            closed += 1
            if self.openings(day):
                closed = 0
                yield day
        raise ValueError("the calendar never opens again")


def _within_reach(start: datetime, moment: datetime) -> None:
    if moment - start > FURTHEST:
        raise ValueError("more than 200 years of business time")
