"""Open time is counted exactly: against minutes that are marked and counted, and on days that people know by heart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.calendars import calendar as calendars
from flowkit.calendars.calendar import Calendar, Opening
from flowkit.calendars.hours import read_spans, read_week
from flowkit.calendars.public_days import PublicDays, countries, public_days
from tests.measures.business_time import Found, measure, measure_one
from tests.measures.minutes import Written

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Calendar(SHANGHAI, read_week("mon-fri 08:30-12:00 13:30-17:30; sat 09:00-12:00"), "CN")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def days(*ranges: str) -> set[date]:
    """The days of 2026 that `0215-0223` names."""
    found: set[date] = set()
    for each in ranges:
        first, _, last = each.partition("-")
        day, end = (datetime.strptime(f"2026{d}", "%Y%m%d").date() for d in (first, last or first))
        while day <= end:
            found.add(day)
            day += timedelta(days=1)
    return found


def test_sums_are_those_of_minutes_that_are_counted() -> None:
    """1,500 random sums over 5 random calendars come out as they do when every minute is marked: to the microsecond."""
    found = measure(1_500, seed=20260302, calendars=5)
    assert (found.sums.total(), found.calendars) == (1_500, 5)
    assert found.differences == []


HOURS = (*([[(510, 720), (810, 1050)]] * 5), [(540, 720)], [])
NIGHTS = ([(130, 160), (1380, 1500)],) * 7
PLANTED: dict[str, tuple[Any, str, Any, Written]] = {
    "a clock that is set forward": (
        *(Calendar, "_reached", lambda self, wall: wall.replace(tzinfo=self.zone).astimezone(UTC)),
        Written("America/New_York", NIGHTS, None, {}),
    ),
    "a make-up day": (
        *(Calendar, "_worked", lambda self, day: self.week[day.weekday()]),
        Written("Asia/Shanghai", HOURS, "CN", {}),
    ),
    "lunch": (
        *(Calendar, "openings", lambda self, day: _whole(tuple(self._opened(day)))),
        Written("Asia/Shanghai", HOURS, "CN", {}),
    ),
    "a weekend within a holiday": (
        *(calendars, "public_days", lambda country, year: _weekdays_only(public_days(country, year))),
        Written("Asia/Shanghai", HOURS, "CN", {}),
    ),
    "a night": (
        *(Calendar, "_first_day", lambda self, moment: moment.astimezone(self.zone).date()),
        Written("Asia/Shanghai", NIGHTS, None, {}),
    ),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_planted_bugs_are_seen(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong about a clock set forward, a make-up day, lunch, a weekend or a night shows in the measure."""
    *planted, written = PLANTED[bug]
    right, wrong = Found(), Found()
    measure_one(written, 2025, 2, 1_000, Random(1), right)
    monkeypatch.setattr(*planted)
    measure_one(written, 2025, 2, 1_000, Random(1), wrong)
    assert (right.differences, bool(wrong.differences)) == ([], True)


def _whole(found: tuple[Opening, ...]) -> tuple[Opening, ...]:
    return ((found[0][0], found[-1][1]),) if found else ()


def _weekdays_only(public: PublicDays) -> PublicDays:
    return PublicDays({d: n for d, n in public.off.items() if d.weekday() < 5}, public.worked, public.provisional)


def test_the_plan_of_2026_is_that_of_the_state_council() -> None:
    """Days off and make-up days of 2026 are the ranges of the notice, the weekends within them too."""
    public = public_days("CN", 2026)
    off = days("0101-0103", "0215-0223", "0404-0406", "0501-0505", "0619-0621", "0925-0927", "1001-1007")
    assert set(public.off) == off
    assert public.worked == days("0104", "0214", "0228", "0509", "0920", "1010")


def test_over_the_spring_festival() -> None:
    """From Friday the 13th at three: the make-up Saturday is the first working day, the 24th the second."""
    found = OFFICE.add_days(at("2026-02-13 15:00"), 2)
    assert found.due == at("2026-02-24 15:00")
    assert [(p.day, p.kind) for p in found.days] == [(date(2026, 2, 14), "made up"), (date(2026, 2, 24), "usual")]
    assert {p.day for p in found.passed} == days("0215-0223")
    assert OFFICE.add_time(at("2026-02-13 16:30"), timedelta(hours=8)).due == at("2026-02-14 17:00")
    assert OFFICE.between(at("2026-02-14 17:30"), at("2026-02-24 08:30")) == timedelta(0)


def test_what_begins_outside_hours_counts_from_the_next_opening() -> None:
    """At night, at lunch and at the moment of closing, counting begins when it opens next."""
    assert OFFICE.add_days(at("2026-03-02 20:00"), 1).due == at("2026-03-04 08:30")
    assert OFFICE.add_days(at("2026-03-02 12:00"), 1).due == at("2026-03-03 13:30")
    assert OFFICE.add_time(at("2026-03-02 17:30"), timedelta(hours=2)).due == at("2026-03-03 10:30")
    assert OFFICE.next_opening(at("2026-03-02 12:15")) == at("2026-03-02 13:30")
    assert OFFICE.next_opening(at("2026-03-02 11:59")) == at("2026-03-02 11:59")


def test_a_day_that_is_closed_by_then_is_not_too_early() -> None:
    """The working day after Friday at three is Saturday, which closes at noon: so it is due when it opens on Monday."""
    found = OFFICE.add_days(at("2026-03-06 15:00"), 1)
    assert (found.due, found.moved) == (at("2026-03-09 08:30"), True)


def test_what_lasts_until_closing_is_due_at_closing() -> None:
    """Open time that is used up when it closes is due then, not when it opens next."""
    assert OFFICE.add_time(at("2026-03-02 15:30"), timedelta(hours=2)).due == at("2026-03-02 17:30")


def test_a_day_may_be_otherwise() -> None:
    """A day off, a working day and hours of its own go before week and holidays."""
    said = {date(2026, 3, 3): (), date(2026, 2, 16): "work", date(2026, 3, 4): read_spans("10:00-11:00")}
    shop = Calendar(SHANGHAI, OFFICE.week, "CN", said)  # type: ignore[arg-type]
    assert shop.add_time(at("2026-03-02 17:30"), timedelta(hours=1)).due == at("2026-03-04 11:00")
    assert shop.is_open(at("2026-02-16 09:00"))
    assert [p.day for p in shop.add_days(at("2026-03-02 10:00"), 1).passed] == [date(2026, 3, 3)]


def test_clocks_that_are_set_forward_and_back_change_no_length() -> None:
    """Eight open hours are eight hours, though the clock on the wall shows seven or nine."""
    night = Calendar(ZoneInfo("Europe/Berlin"), read_week("mon-sun 22:00-06:00"))
    berlin = ZoneInfo("Europe/Berlin")
    assert night.between(at("2026-03-28 22:00", berlin), at("2026-03-29 06:00", berlin)) == timedelta(hours=7)
    assert night.between(at("2026-10-24 22:00", berlin), at("2026-10-25 06:00", berlin)) == timedelta(hours=9)
    due = night.add_time(at("2026-03-28 23:00", berlin), timedelta(hours=6)).due
    assert due == at("2026-03-29 06:00", berlin)


def test_an_hour_that_the_clock_skips_begins_when_it_is_set_forward() -> None:
    """Half past two does not come on that night in New York: it opens at three."""
    new_york = ZoneInfo("America/New_York")
    early = Calendar(new_york, read_week("mon-sun 02:30-05:00"))
    assert early.next_opening(at("2026-03-08 00:00", new_york)) == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_the_same_time_on_a_leap_day() -> None:
    """The working day after the 28th of February 2028, a Monday, is the 29th."""
    assert OFFICE.add_days(at("2028-02-28 10:00"), 1).due == at("2028-02-29 10:00")


def test_a_year_without_a_notice_is_provisional() -> None:
    """2026 is known and 2027 is not; once somebody has checked it, nothing is said any more."""
    assert [OFFICE.is_provisional(year) for year in (2025, 2026, 2027, 2030)] == [False, False, True, True]
    assert not Calendar(SHANGHAI, OFFICE.week, "CN", checked=2027).is_provisional(2027)
    assert not Calendar(SHANGHAI, OFFICE.week).is_provisional(2027)
    assert OFFICE.add_days(at("2026-12-30 10:00"), 5).provisional == (2027,)
    assert OFFICE.add_days(at("2026-12-01 10:00"), 5).provisional == ()


def test_dates_that_are_only_estimated_are_provisional() -> None:
    """Where a holiday hangs on the moon, years ahead are not known for good; where none does, all are."""
    assert public_days("SG", 2031).provisional
    assert not public_days("DE-BY", 2031).provisional
    assert {"CN", "HK", "DE-BY", "US"} <= set(countries())


def test_what_never_opens_again_is_said() -> None:
    """A calendar that is closed for ten years on end, or a sum beyond two centuries, ends with words, not never."""
    closed = {date(2026, 1, 1) + timedelta(days=n): () for n in range(4_000)}
    with pytest.raises(ValueError, match="never opens again"):
        Calendar(SHANGHAI, OFFICE.week, None, closed).add_days(at("2026-03-02 10:00"), 1)
    with pytest.raises(ValueError, match="200 years"):
        OFFICE.add_days(at("2026-03-02 10:00"), 999_999)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 1)),
    st.integers(1, 200),
    st.integers(1, 200),
)
def test_two_sums_in_a_row_are_one(start: datetime, first: int, second: int) -> None:
    """Adding minutes and then more minutes is adding them together: nothing is lost at a closing in between."""
    begun = start.replace(tzinfo=SHANGHAI)
    once = OFFICE.add_time(begun, timedelta(minutes=first + second)).due
    twice = OFFICE.add_time(OFFICE.add_time(begun, timedelta(minutes=first)).due, timedelta(minutes=second)).due
    assert once == twice
