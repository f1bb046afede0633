"""Days that come again by the calendar, held against a walk through every minute that could be meant."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.values.recurrence import LAST, Recurrence

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
RULES = st.builds(
    Recurrence,
    months=st.frozensets(st.integers(1, 12), max_size=3),
    days=st.frozensets(st.sampled_from([LAST, *range(1, 29)]), max_size=3),
    weekdays=st.frozensets(st.integers(0, 6), max_size=3),
    at=st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)),
)


@given(RULES, st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1)), st.sampled_from([SHANGHAI, BERLIN, UTC]))
def test_the_next_one_is_the_first_that_fits(rule: Recurrence, naive: datetime, zone: ZoneInfo) -> None:
    """It is later, its day fits, it shows the time of day unless the clock skips that; no day between fits."""
    moment = naive.replace(tzinfo=UTC)
    found = rule.after(moment, zone)
    assert found > moment
    shown = found.astimezone(zone)
    day = datetime.combine(shown.date(), rule.at, zone).astimezone(UTC).astimezone(zone)
    assert shown == day
    assert rule.holds(shown.date())
    between = moment.astimezone(zone).date()
    while between < shown.date():
        if rule.holds(between):
            assert datetime.combine(between, rule.at, zone).astimezone(UTC) <= moment
        between += timedelta(days=1)


@pytest.mark.parametrize("year", [2026, 2028])
def test_the_last_day_of_a_month_is_its_last(year: int) -> None:
    """In February of a leap year too."""
    rule, moment = Recurrence(days=frozenset({LAST}), at=time()), datetime(year, 1, 1, tzinfo=UTC)
    for month in range(1, 13):
        moment = rule.after(moment, UTC)
        assert (moment.month, moment.day) == (month, calendar.monthrange(year, month)[1])


@pytest.mark.parametrize(("nth", "days"), [(1, [2, 2, 6]), (3, [16, 16, 20]), (LAST, [23, 30, 27])])
def test_one_weekday_of_a_month(nth: int, days: list[int]) -> None:
    """The first, the third, the last Monday of February, March and April 2026."""
    rule, found = Recurrence(weekdays=frozenset({0}), nth=nth), [datetime(2026, 2, 1, tzinfo=UTC)]
    for _ in days:
        found.append(rule.after(found[-1], SHANGHAI))
    assert [moment.day for moment in found[1:]] == days


def test_a_time_that_the_clock_skips_comes_as_much_later() -> None:
    """On 2026-03-29 the clock of Berlin is set from 2 to 3: half past two is half past three, and the day after as ever."""
    rule = Recurrence(at=time(2, 30))
    first = rule.after(datetime(2026, 3, 28, 12, tzinfo=UTC), BERLIN)
    assert first.astimezone(BERLIN).time() == time(3, 30)
    assert rule.after(first, BERLIN).astimezone(BERLIN) == datetime(2026, 3, 30, 2, 30, tzinfo=BERLIN)


def test_a_time_that_comes_twice_is_the_first() -> None:
    """On 2026-10-25 half past two comes twice in Berlin; once is enough."""
    rule = Recurrence(at=time(2, 30))
    first = rule.after(datetime(2026, 10, 24, 12, tzinfo=UTC), BERLIN)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert rule.after(first, BERLIN).astimezone(BERLIN).date().day == 26


def test_a_day_that_never_comes_is_an_error() -> None:
    """30 February."""
    with pytest.raises(ValueError, match="no day fits"):
        Recurrence(frozenset({2}), frozenset({30})).after(datetime(2026, 1, 1, tzinfo=UTC), SHANGHAI)


def test_a_leap_day_comes_every_fourth_year() -> None:
    """And after 2096 not before 2104."""
    rule = Recurrence(frozenset({2}), frozenset({29}), at=time())
    assert rule.after(datetime(2096, 3, 1, tzinfo=UTC), SHANGHAI).astimezone(SHANGHAI).year == 2104
