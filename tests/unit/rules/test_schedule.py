"""A schedule says when work is due, and every way of saying it wrongly is told with its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.calendars.calendar import Calendar
from flowkit.calendars.hours import read_week
from flowkit.diagnostics import Findings
from flowkit.rules.schedule import ScheduleDefinition, parse
from flowkit.rules.timing import Timing
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


OFFICE = Calendar(SHANGHAI, read_week("mon-fri 08:30-12:00 13:30-17:30"), "CN")


def timing(text: str) -> Timing:
    return Timing(loaded(text), SHANGHAI, OFFICE)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def told(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


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
        ("every: 15d\nahead: 0 business days", "out-of-range", "longer than nothing"),
        (
            "every: 15d\non_holiday: next_workday",
            "unknown-name",
            'next_working_day or previous_working_day, found "next',
        ),
        ("every: 36h\non_holiday: next_working_day", "out-of-range", "moves whole days, and it is due every 36h"),
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
    found = timing(f"every: {written}")
    first = found.after(START).due
    assert START < first < found.after(first).due


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
    found = timing(f"every: {minutes}m\nahead: {before + 1}m")
    span = timedelta(minutes=minutes)
    now = found.begin(START) + late
    occurrence, missed = found.caught_up(START - span, now)
    assert occurrence.due == START + missed * span
    assert found.begin(occurrence.due) <= now < found.begin(occurrence.due + span)


def test_days_are_caught_up_one_by_one() -> None:
    """From January to May of next year sixteen firsts of the month were missed, and the seventeenth is begun."""
    found, missed = timing("every: {day: 1}").caught_up(START, datetime(2027, 5, 20, tzinfo=UTC))
    assert (told(found.due), missed) == ("2027-05-01 09:00", 16)


def test_all_that_was_missed_is_begun_one_after_another() -> None:
    """With `missed: all` none is passed over."""
    found, missed = timing("every: 15d\nmissed: all").caught_up(START, START + timedelta(days=100))
    assert (found.due, missed) == (START + timedelta(days=15), 0)


@pytest.mark.parametrize(
    ("written", "last", "dues"),
    [
        # The National Day of 2026 is from the 1st to the 7th of October; the 10th is a Saturday that is worked.
        ("every: {day: [1, 10, 15]}", "2026-09-20 09:00", ["10-01", "10-10", "10-15"]),
        ("every: {day: [1, 10, 15]}\non_holiday: as_is", "2026-09-20 09:00", ["10-01", "10-10", "10-15"]),
        ("every: {day: [1, 10, 15]}\non_holiday: next_working_day", "2026-09-20 09:00", ["10-08", "10-10", "10-15"]),
        (
            "every: {day: [1, 10, 15]}\non_holiday: previous_working_day",
            "2026-09-20 09:00",
            ["09-30", "10-10", "10-15"],
        ),
        # What falls together is due once, and the grid stays where it is.
        ("every: {day: [2, 4, 15]}\non_holiday: next_working_day", "2026-09-20 09:00", ["10-08", "10-15", "11-02"]),
        ("every: 5d\non_holiday: next_working_day", "2026-09-28 09:00", ["10-08", "10-13", "10-19"]),
        ("every: 5d\non_holiday: previous_working_day", "2026-09-25 09:00", ["09-30", "10-10", "10-15"]),
        # Never back to where it was due last.
        ("every: 1d\non_holiday: previous_working_day", "2026-09-29 09:00", ["09-30", "10-08", "10-09"]),
        ("after_last: 1d\non_holiday: previous_working_day", "2026-09-30 09:00", ["10-08"]),
        ("after_last: 3d\non_holiday: next_working_day", "2026-09-30 09:00", ["10-08"]),
        ("after_last: 3d\non_holiday: previous_working_day", "2026-09-29 09:00", ["09-30"]),
        ("after_last: 3 business days", "2026-09-29 09:00", ["10-09"]),
    ],
)
def test_a_day_that_is_not_worked_is_moved_as_it_says(written: str, last: str, dues: list[str]) -> None:
    """To the next working day or the last before, at the same time of day; days are counted on from where they lay."""
    found, grid = timing(written), at(last)
    said = []
    for _ in dues:
        occurrence = found.after(grid)
        grid = occurrence.grid
        said.append(told(occurrence.due))
    assert said == [f"2026-{day} 09:00" for day in dues]


@pytest.mark.parametrize(
    ("ahead", "begins"),
    [
        ("3d", "2026-10-05 10:00"),
        ("1 business days", "2026-09-30 10:00"),
        ("3 business days", "2026-09-28 10:00"),
        ("2 business hours", "2026-09-30 17:00"),
        ("10 business hours", "2026-09-29 16:30"),
    ],
)
def test_it_begins_so_many_working_days_ahead(ahead: str, begins: str) -> None:
    """Counted back by the calendar from the 8th of October, over the holiday."""
    assert told(timing(f"every: {{day: 8}}\nahead: {ahead}").begin(at("2026-10-08 10:00"))) == begins


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),
    st.integers(1, 12_000),
    st.sampled_from(["mon-fri 08:30-12:00 13:30-17:30", "mon-sat 22:00-06:00", "00:00-24:00", "wed 09:00-10:00"]),
)
def test_counting_back_is_counting_forth(end: datetime, minutes: int, week: str) -> None:
    """From where it begins it is open for that long until the end, and one moment later for less; so with days."""
    calendar, moment = Calendar(SHANGHAI, read_week(week), "CN"), end.replace(tzinfo=SHANGHAI)
    length = timedelta(minutes=minutes)
    begins = calendar.time_before(moment, length)
    assert calendar.between(begins, moment) == length
    assert calendar.between(begins + timedelta(minutes=1), moment) < length
    days = minutes % 20 + 1
    earlier = calendar.days_before(moment, days)
    between = (earlier.astimezone(SHANGHAI).date() + timedelta(days=n) for n in range(2000))
    before = takewhile(lambda day: day < end.date(), between)
    assert sum(bool(calendar.openings(day)) for day in before) == days


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),
    st.sampled_from(
        ["every: 1d", "every: 5d", "every: 30d", "every: {day: [1, 3, 15]}", "every: {weekday: [sat, mon]}"]
    ),
    st.sampled_from(["next_working_day", "previous_working_day"]),
    st.integers(0, 60),
    st.sampled_from(["0m", "3d", "2 business days"]),
)
def test_moved_days_are_worked_and_come_one_after_another(
    begun: datetime, every: str, on_holiday: str, later: int, ahead: str
) -> None:
    """Each is on a working day, later than the one before; catching up finds the latest whose time to begin has come."""
    more = f"\nahead: {ahead}" if ahead != "0m" else ""
    found = timing(f"{every}\non_holiday: {on_holiday}{more}")
    last = begun.replace(tzinfo=SHANGHAI)
    chain = [found.after(last)]
    for _ in range(30):
        chain.append(found.after(chain[-1].grid))
    assert all(OFFICE.openings(each.due.astimezone(SHANGHAI).date()) for each in chain)
    assert all(before.due < after.due for before, after in pairwise(chain))
    assert chain[0].due > last
    now = found.begin(chain[0].due) + timedelta(days=later)
    behind = [each for each in chain if found.begin(each.due) <= now]
    if len(behind) < len(chain):
        assert found.caught_up(last, now) == (behind[-1], len(behind) - 1)
