"""The key `calendar`: read as people write it, every slip answered at its place with a way out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flowkit.app.app import App
from flowkit.app.load import load_app
from flowkit.errors import DefinitionError

APP = """
app: shop
catcher: boss
roles: {boss: {}}
calendar: CALENDAR
UNITS
staff: {entity: employee, roles: roles}
---
entity: employee
key: code
fields: {code: text, roles: role}
rows: [{code: li, roles: boss}]
---
entity: store
key: name
fields: {name: text, hours: hours, note: text}
rows: [{name: A, hours: "STORE"}]
---
workflow: job
from: {what: text}
nodes:
  open:
    owner: boss
    actions: {close: {to: done}}
    timeouts: [{after: AFTER, escalate: boss}]
  done: {end: done}
"""


def app(folder: Path, calendar: str, after: str = "1d", units: str = "", store: str = "mon 09:00-10:00") -> App:
    text = APP.replace("CALENDAR", calendar).replace("AFTER", after).replace("UNITS", units).replace("STORE", store)
    (folder / "app.yaml").write_text(text.replace("calendar: -\n", ""), encoding="utf-8")
    return load_app(folder)


def refused(folder: Path, calendar: str, **more: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        app(folder, calendar, **more)
    return [f"{d.code} {d.place.line}:{d.place.column} {d.message} | {d.help}" for d in caught.value.diagnostics]


def test_hours_holidays_and_special_days_are_read(tmp_path: Path) -> None:
    """Ranges of days, lunch as a list or in one text, holidays, days off, days worked, hours of their own, what was checked."""
    calendar = """{
  holidays: CN, mon-thu: ["08:30-12:00", "13:30-17:30"], fri: "08:30-12:00 13:30-16:00", checked: 2027,
  overrides: {2027-02-06: work, "2027-02-09": off, "2027-02-10": "10:00-12:00"}}"""
    found = app(tmp_path, calendar).business.calendar
    assert found is not None
    assert found.week == (*[((510, 720), (810, 1050))] * 4, ((510, 720), (810, 960)), (), ())
    assert found.overrides == {date(2027, 2, 6): "work", date(2027, 2, 9): (), date(2027, 2, 10): ((600, 720),)}
    assert (found.country, found.checked, found.zone.key) == ("CN", 2027, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("calendar", "said"),
    [
        ("{}", "bad-value 5:11 the calendar cannot be so: it is never open | write mon-fri:"),
        ('"9-18"', "wrong-kind 5:11 expected a map of NAME: VALUE"),
        ("{holidays: CN}", "it is never open"),
        ('{mon-fri: "9-18"}', 'bad-value 5:21 expected hours such as 08:30-17:30, found "9-18" | write hours such as'),
        ('{mon-fri: ""}', "no hours stand here | leave the day out where it is closed"),
        ('{mon-fri: "09:00-18:00", wed: "09:00-12:00"}', 'the hours of Wednesday stand under "mon-fri" already'),
        ('{mon-fir: "09:00-18:00"}', 'unknown-key 5:12 unknown key "mon-fir" | did you mean "mon-fri"?'),
        ('{周一: "09:00-18:00"}', "days are written mon tue wed thu fri sat sun"),
        ('{mon-fri: "09:00-18:00", holidays: China}', 'no country "China" whose holidays are known'),
        ('{mon-fri: "09:00-18:00", holidays: DE-BX}', 'no country "DE-BX" whose holidays are known | did you mean'),
        (
            '{mon-fri: "09:00-18:00", overrides: {2027-02-30: work}}',
            'expected a date such as 2027-02-06, found "2027-02-30"',
        ),
        (
            '{mon-fri: "09:00-18:00", overrides: {2027-02-06: closed}}',
            'expected hours such as 08:30-17:30, found "closed"',
        ),
        ('{mon-fri: ["09:00-18:00", [x]]}', "wrong-kind"),
        ('{mon-fri: ["09:00-13:00", "12:00-18:00"]}', "12:00 lies within the hours that end at 13:00"),
        ('{mon: "22:00-06:00", tue: "05:00-12:00"}', "the night of mon runs into the hours of tue"),
        (
            '{mon-fri: "09:00-18:00", checked: 2027}',
            "missing-key 5:45 `checked` speaks of holidays, and none are named",
        ),
        ('{mon-fri: "09:00-18:00", holidays: CN, checked: 27}', "expected a year, found 27"),
    ],
)
def test_a_slip_is_answered_at_its_place(tmp_path: Path, calendar: str, said: str) -> None:
    """Each wrong spelling has one finding, which says what was expected and how it is written."""
    found = refused(tmp_path, calendar)
    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("3 working days", "write 3 business days"),
        ("1.5 business days", "write 4 business hours"),
        ("30 business minutes", "parts of a business hour are written 1.5 business hours"),
        ("0 business days", "expected a duration longer than 0"),
        ("2 business hours 30m", "one of them alone"),
        ("5 business weeks", "write 2 business hours or 3 business days"),
        ("999999 business hours", "cannot be counted: more than 200 years"),
        ("=what == 'x' ? 1.5 business days : 2h", "a part of a working day is said in hours"),
    ],
)
def test_a_length_of_business_time_that_is_none_is_answered(tmp_path: Path, after: str, said: str) -> None:
    """What looks like business time is told how it is written."""
    found = refused(tmp_path, '{mon-fri: "09:00-18:00"}', after=f'"{after}"')
    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize("after", ["3 business days", "=what == 'x' ? 1 business hours : 2h"])
def test_business_time_needs_a_calendar(tmp_path: Path, after: str) -> None:
    """Without a calendar nothing can be counted by it: the deadline is refused, and told where a calendar is written."""
    found = refused(tmp_path, "-", after=f'"{after}"')
    assert len(found) == 1, found
    assert found[0].startswith("no-calendar")
    assert 'write calendar: {mon-fri: "09:00-18:00"} in the app' in found[0]


def test_a_function_of_business_time_needs_a_calendar(tmp_path: Path) -> None:
    """`business_hours` is refused where no calendar is at hand."""
    found = refused(tmp_path, "-", after='"=business_hours(case.created, now) > 2 ? 1h : 2h"')
    assert [each.split()[0] for each in found] == ["no-calendar"]


def test_the_name_behind_the_calendar_is_suggested_to_nobody(tmp_path: Path) -> None:
    """A name that nobody can type is not what was meant."""
    (found,) = refused(tmp_path, '{"mon,wed-fri": "09:00-18:00"}', after='"=calender"')
    assert "the calendar" not in found


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ("units: {entity: store, calendar: opens}", 'entity "store" has no field "opens"'),
        ("units: {entity: store, calendar: note}", 'expected opening hours (type: hours) in "note", found a text'),
        ("units: {entity: store, quiet: silent}", 'entity "store" has no field "silent"'),
        ("units: {entity: store, quiet: note}", 'expected quiet hours (type: hours) in "note", found a text'),
    ],
)
def test_the_hours_of_units_stand_in_a_field_of_hours(tmp_path: Path, units: str, said: str) -> None:
    """`calendar` and `quiet` of the units name a field of type hours that there is."""
    found = refused(tmp_path, '{mon-fri: "09:00-18:00"}', units=units)
    assert len(found) == 1, found
    assert said in found[0]


def test_hours_of_units_need_hours_of_the_app(tmp_path: Path) -> None:
    """A unit without hours of its own follows the app, so the app must have some."""
    (found,) = refused(tmp_path, "-", units="units: {entity: store, calendar: hours}")
    assert found.startswith("no-calendar")


def test_hours_in_records_are_checked_like_any_value(tmp_path: Path) -> None:
    """Hours that are none are refused in the files of the app; others are kept in one spelling."""
    (found,) = refused(tmp_path, '{mon-fri: "09:00-18:00"}', store="8-17")
    assert "mon-fri 08:30-12:00 13:30-17:30; sat 09:00-12:00" in found
    kept = app(tmp_path, '{mon-fri: "09:00-18:00"}', store="Mon–Tue 8:00～12:00").rows["store"]["A"]
    assert kept["hours"] == "mon-tue 08:00-12:00"


def test_a_provisional_year_is_told_by_the_day_that_is_asked_about(tmp_path: Path) -> None:
    """Nothing is said until deadlines reach a year that nobody knows; nothing once somebody has checked it."""
    week = '{mon-fri: "09:00-18:00", holidays: CN}'

    def told(calendar: str, *day: int) -> list[str]:
        return [d.message for d in app(tmp_path, calendar).provisional(datetime(*day, tzinfo=UTC))]  # type: ignore[misc]

    assert told(week, 2026, 9, 30) == []
    assert ["2027" in message for message in told(week, 2026, 11, 22)] == [True]
    assert len(told(week, 2027, 11, 22)) == 2
    assert told(week.replace("}", ", checked: 2027}"), 2026, 11, 22) == []
    assert told('{mon-fri: "09:00-18:00"}', 2026, 11, 22) == []


@pytest.mark.parametrize(
    ("quiet", "said"),
    [
        ('"00:00-24:00"', "reminders would never come: all day is quiet"),
        ('"22-7"', 'expected hours such as 08:30-17:30, found "22-7"'),
        ("{from: 22}", "expected a name or a list of names"),
    ],
)
def test_quiet_hours_that_are_none_are_answered(tmp_path: Path, quiet: str, said: str) -> None:
    """Quiet hours are hours, and do not fill the day."""
    (found,) = refused(tmp_path, '{mon-fri: "09:00-18:00"}', units=f"quiet: {quiet}")
    assert said in found
