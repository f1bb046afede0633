"""A pace lets through as many as the other side allows within any stretch of time, and nobody waits for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowkit.notify.pace import NOW, Limit, Pace

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@given(
    st.lists(st.integers(0, 30), max_size=80),
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 40)), min_size=1, max_size=2),
)
def test_no_stretch_of_time_sees_more_than_is_allowed(gaps: list[int], limits: list[tuple[int, int]]) -> None:
    """Whatever comes when: counted over every stretch as long as a limit's, those let through are within it."""
    pace = Pace([Limit(times, timedelta(seconds=within)) for times, within in limits])
    now, let = START, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        if pace.wait(now) == NOW:
            let.append(now)
    for times, within in limits:
        for first in let:
            assert sum(first <= each < first + timedelta(seconds=within) for each in let) <= times


@given(st.integers(1, 90))
def test_who_comes_back_when_told_is_let_through_at_last(many: int) -> None:
    """Each asks again when it was told to; all are through in the time that the limit needs for so many."""
    pace, due = Pace([Limit(20, MINUTE)]), [(START, n) for n in range(many)]
    through = []
    while due:
        due.sort()
        now, n = due.pop(0)
        wait = pace.wait(now)
        if wait == NOW:
            through.append(now)
        else:
            assert wait > NOW
            due.append((now + wait, n))
    assert len(through) == many
    assert max(through) - START == (many - 1) // 20 * MINUTE


def test_a_clock_set_back_holds_up_nobody_for_long() -> None:
    """What was asked lies ahead then: it is forgotten, not waited for."""
    pace = Pace([Limit(1, MINUTE)])
    assert pace.wait(START + timedelta(days=1)) == NOW
    assert pace.wait(START) == NOW
    assert pace.wait(START) == MINUTE


def test_without_limits_nobody_waits() -> None:
    """A receiver of whom no limit is known."""
    pace = Pace([])
    assert [pace.wait(START) for _ in range(100)] == [NOW] * 100
