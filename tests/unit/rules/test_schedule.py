"""A schedule says when work is due, and every way of saying it wrongly is told with its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings
from flowkit.rules.schedule import ScheduleDefinition, parse
from flowkit.source.reading import read

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 1, 1, tzinfo=UTC)


def load(text: str) -> tuple[ScheduleDefinition | None, Findings]:
    findings = Findings()
    whole = f"schedule: service\n{text}\nstart: {{workflow: visit}}\n"
    return parse(read(whole, "app.yaml", findings)[0].node, findings, "service"), findings


def loaded(text: str) -> ScheduleDefinition:
    definition, findings = load(text)
    assert definition is not None
    assert list(findings) == []
    return definition


def plainly(moment: datetime, length: object) -> datetime:
    assert isinstance(length, timedelta)
    return moment + length


@pytest.mark.parametrize(
    ("written", "code", "said"),
    [
        ("ahead: 3d", "missing-key", "found neither"),
        ("after_last: 15d\nevery: 15d", "missing-key", "found both"),
        ("after_last: soon", "wrong-kind", 'found "soon"'),
        ("after_last: 0d", "out-of-range", "longer than nothing"),
        ("every: {month: 13}", "out-of-range", "expected 1 to 12"),
        ("every: {day: 0}", "out-of-range", "expected 1 to 31 or last"),
        ("every: {day: 31}", "out-of-range", "not every month here has a day 31"),
        ("every: {month: 2, day: 29}", "out-of-range", "not every month here has a day 29"),
        ("every: {weekday: monday}", "unknown-name", "expected mon to sun"),
        ("every: {nth: 1}", "missing-key", '"nth" needs "weekday"'),
        ("every: {weekday: mon, nth: 6}", "out-of-range", "expected 1 to 5 or last"),
        ("every: {day: 1, at: noon}", "type-mismatch", "expected a time of day"),
        ("every: {days: 1}", "unknown-key", 'unknown key "days"'),
        ("every: 15d\nahead: 3 business days", "type-mismatch", "round the clock"),
        ("every: 15d\nsince: =now", "unknown-key", '"since" says nothing without "per"'),
        ("every: 15d\nmissed: some", "unknown-name", "expected one or all"),
        ("every: 15d\nper: {when: true}", "missing-key", "entity"),
    ],
)
def test_a_mistake_is_told(written: str, code: str, said: str) -> None:
    """In the words of the language, at its place."""
    _, findings = load(written)
    assert [(d.code, said in d.message) for d in findings] == [(code, True)]


@pytest.mark.parametrize(
    "written", ["{month: 12, day: 31}", "{day: last}", "{weekday: [mon, thu]}", "{month: [3, 9]}", "{}"]
)
def test_days_that_come_again_load_in_silence(written: str) -> None:
    """And each comes again."""
    definition = loaded(f"every: {written}")
    first = definition.following(START, plainly, SHANGHAI)
    assert START < first < definition.following(first, plainly, SHANGHAI)


@given(
    st.timedeltas(timedelta(minutes=1), timedelta(days=400)),
    st.timedeltas(timedelta(0), timedelta(days=30)),
    st.timedeltas(timedelta(0), timedelta(days=2000)),
)
def test_catching_up_leaves_out_none_and_begins_none_too_early(
    every: timedelta, ahead: timedelta, late: timedelta
) -> None:
    """The latest whose time to begin has come, so many periods on as were missed."""
    minutes, before = every // timedelta(minutes=1), ahead // timedelta(minutes=1)
    definition = loaded(f"every: {minutes}m\nahead: {before + 1}m")
    span, now = timedelta(minutes=minutes), START - definition.ahead + late
    due, missed = definition.caught_up(START, now, plainly, SHANGHAI)
    assert due == START + missed * span
    assert due - definition.ahead <= now < due + span - definition.ahead


def test_days_are_caught_up_one_by_one() -> None:
    """From January to May of next year sixteen firsts of the month were missed, and the seventeenth is begun."""
    definition = loaded("every: {day: 1}")
    first = definition.following(START, plainly, SHANGHAI)
    due, missed = definition.caught_up(first, datetime(2027, 5, 20, tzinfo=UTC), plainly, SHANGHAI)
    assert (due.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"), missed) == ("2027-05-01 09:00", 16)


def test_all_that_was_missed_is_begun_one_after_another() -> None:
    """With `missed: all` none is passed over."""
    definition = loaded("every: 15d\nmissed: all")
    assert definition.caught_up(START, START + timedelta(days=100), plainly, SHANGHAI) == (START, 0)
