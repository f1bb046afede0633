"""Hours of a week: read as people write them, written in one spelling, refused where they contradict themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.calendars.hours import DAYS, Spans, check_week, in_order, read_days, read_spans, read_week, write_week


@pytest.mark.parametrize(
    ("typed", "spans"),
    [
        ("08:30-17:30", ((510, 1050),)),
        ("8:30-12:00 13:30-17:30", ((510, 720), (810, 1050))),
        ("13:30-17:30, 08:30-12:00", ((510, 720), (810, 1050))),
        ("８：３０－１２：００、１３：３０～１７：３０", ((510, 720), (810, 1050))),
        ("08:30至17:30", ((510, 1050),)),
        ("22:00-06:00", ((1320, 1800),)),
        ("00:00-24:00", ((0, 1440),)),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, spans: Spans) -> None:
    """Lunch, nights, full-width signs, and spans in any order are understood; a night ends on the next day."""
    assert read_spans(typed) == spans


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("8-17", "expected hours"),
        ("08:30", "expected hours"),
        ("08:30-17:30 afternoon", "expected hours"),
        ("08:30-12:0013:30-17:30", "expected hours"),
        ("08:60-17:30", "no time of day"),
        ("24:00-06:00", "no time of day"),
        ("08:30-24:01", "no time of day"),
        ("09:00-09:00", "the whole day is 00:00-24:00"),
        ("08:00-12:00 11:00-17:00", "11:00 lies within the hours that end at 12:00"),
        ("22:00-06:00 05:00-08:00", "run into those of the next day"),
    ],
)
def test_hours_that_are_none_are_refused(typed: str, said: str) -> None:
    """What is no time, holds no time or overlaps is answered with what is wrong about it."""
    with pytest.raises(ValueError, match=said):
        read_spans(typed)


def test_days_are_named_alone_or_from_one_to_another() -> None:
    """`mon-fri` is five days, `sat-mon` goes over the end of the week, and anything else is no day."""
    assert read_days("mon-fri") == (0, 1, 2, 3, 4)
    assert read_days("Sat - Mon") == (5, 6, 0)
    assert read_days("sun") == (6,)
    assert read_days("mon, wed-thu，sat") == (0, 2, 3, 5)
    assert [read_days(text) for text in ("monday", "周一", "mon-fri-sat", "", "mon,", "mon tue")] == [None] * 6
    assert read_week("mon,wed 09:00-12:00; tue 09:00-10:00")[2] == ((540, 720),)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "never open"),
        ("mon-fri", "expected hours such as mon-fri 08:30-17:30"),
        ("mon-fri 08:00-17:00; wed 09:00-12:00", "wed is said twice"),
        ("mon-sun 22:00-06:00; ", ""),
        ("22:00～06:00", ""),
        ("22:00-06:00; mon 08:00-09:00", "expected hours such as mon-fri 08:30-17:30"),
        ("mon 22:00-06:00; tue 05:00-12:00", "night of mon runs into the hours of tue"),
        ("sun 22:00-06:00; mon 05:00-12:00", "night of sun runs into the hours of mon"),
    ],
)
def test_a_week_that_contradicts_itself_is_refused(typed: str, said: str) -> None:
    """A week without hours, a day said twice, a night that runs into the next day's hours: each is told."""
    if not said:
        assert read_week(typed)[0] == ((1320, 1800),)
        return
    with pytest.raises(ValueError, match=said):
        read_week(typed)


@given(st.lists(st.sampled_from(["", "08:30-17:30", "08:30-12:00 13:30-17:30", "09:00-12:00"]), min_size=7, max_size=7))
def test_a_week_is_read_as_it_was_written(days: list[str]) -> None:
    """The one spelling of a week means the same week."""
    week = tuple(read_spans(day) if day else () for day in days)
    if any(week):
        assert read_week(write_week(week)) == week
    else:
        with pytest.raises(ValueError, match="never open"):
            check_week(week)


def test_days_alike_stand_together() -> None:
    """The spelling that is kept is the shortest."""
    assert write_week(read_week("sat 09:00-12:00\nfri 8:30-17:30; mon-thu 08:30-17:30")) == (
        "mon-fri 08:30-17:30; sat 09:00-12:00"
    )
    assert in_order([(810, 1050), (510, 720)]) == ((510, 720), (810, 1050))
    assert len(DAYS) == 7
