"""Who is on duty when: the shifts of a plan. A plain value; reads no database and no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's duty from a moment up to another, or, told as times of day, every day."""

    actor: str
    since: datetime | time
    until: datetime | time

    def holds(self, now: datetime, zone: tzinfo) -> bool:
        if isinstance(self.since, datetime) and isinstance(self.until, datetime):
            return self.since <= now < self.until
        assert not isinstance(self.since, datetime)
        assert not isinstance(self.until, datetime)
        clock = now.astimezone(zone).time()
        if self.since < self.until:
            return self.since <= clock < self.until
        return clock >= self.since or clock < self.until

    def over(self, by: datetime) -> bool:
        """Whether it had ended by then, for good."""
        return isinstance(self.until, datetime) and self.until <= by


@dataclass(frozen=True, slots=True)
class DutyPlan:
    """The shifts of each person, by actor; times of day are meant in `zone`."""

    shifts: Mapping[str, tuple[Shift, ...]] = field(default_factory=dict)
    zone: tzinfo = UTC

    @classmethod
    def of(cls, shifts: Iterable[Shift], zone: tzinfo) -> DutyPlan:
        found: dict[str, list[Shift]] = {}
        for shift in shifts:
            found.setdefault(shift.actor, []).append(shift)
        return cls({actor: tuple(each) for actor, each in found.items()}, zone)

    def on_duty(self, actor: str, now: datetime) -> bool:
        """Whether one of that person's shifts holds at that moment."""
        return any(shift.holds(now, self.zone) for shift in self.shifts.get(actor, ()))


def shift_on(actor: str, day: date, since: time, until: time, zone: tzinfo) -> Shift:
    """A shift of one day by its times; one that ends no later than it begins ends on the day after."""
    ends = day if until > since else day + timedelta(days=1)
    return Shift(actor, datetime.combine(day, since, zone), datetime.combine(ends, until, zone))
