"""Work by the calendar of business hours: the unit's own, days off moved, begun working days ahead, and all that as it changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flowkit import FlowKit, load_app
from flowkit.cli.main import perform
from flowkit.clock import VirtualClock
from flowkit.engine import scheduling
from flowkit.errors import ClosedError
from flowkit.runtime.planning import Planning

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = '{holidays: CN, mon-fri: "09:00-17:00"}'
WORKED = '{holidays: CN, mon-fri: "09:00-17:00", overrides: {"2026-10-02": work}}'
APP = """
app: lifts
timezone: Asia/Shanghai
catcher: boss
calendar: {holidays: CN, mon-fri: "09:00-17:00"}
units: {entity: store, parent: above, calendar: opens}
roles: {boss: {sees: all}}
staff: {entity: employee, roles: roles}
---
entity: employee
key: code
fields: {code: text, roles: {type: list, of: role}}
rows: [{code: b, roles: [boss]}]
---
entity: store
key: name
fields: {name: text, above: {type: reference, entity: store}, opens: hours}
rows:
  - {name: 总部}
  - {name: 商场, opens: "10:00-20:00"}
  - {name: 商场二楼, above: 商场}
  - {name: 周末, opens: "sat-sun 09:00-17:00"}
---
entity: lift
key: code
fields: {code: text, store: {type: reference, entity: store}, last: datetime}
rows:
  - {code: E1, store: 总部, last: "2026-09-29 12:00"}
  - {code: E2, store: 商场二楼, last: "2026-09-29 12:00"}
  - {code: E3, store: 周末, last: "2026-09-29 12:00"}
  - {code: E4, last: "2026-09-29 12:00"}
---
workflow: visit
fields: {lift: {type: reference, entity: lift}}
unit: =lift.store
nodes:
  doing: {owner: boss, actions: {finish: {to: done}}, timeouts: [{at: =case.planned, escalate: boss}]}
  done: {end: done}
---
schedule: service
title: 保养
RHYTHM
per: {entity: lift}
start: {workflow: visit, with: {lift: =row}}
"""
FROM_LAST = "since: =row.last\n"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


Open = Callable[..., FlowKit]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("2026-09-29 13:00"))


@pytest.fixture
def opened(tmp_path: Path, clock: VirtualClock) -> Iterator[Open]:
    """`opened(rhythm)` gives the business at work, again on the same database each time."""
    kits: list[FlowKit] = []

    def at_work(rhythm: str, calendar: str = WEEK, running: Collection[str] | None = None) -> FlowKit:
        folder = tmp_path / "lifts"
        folder.mkdir(exist_ok=True)
        text = APP.replace("RHYTHM", rhythm).replace(WEEK, calendar)
        (folder / "app.yaml").write_text(text, encoding="utf-8")
        kits.append(FlowKit(load_app(folder), f"sqlite:///{tmp_path}/work.db", clock=clock, schedules=running))
        return kits[-1]

    yield at_work
    for kit in kits:
        with suppress(ClosedError):
            assert kit.verify() == []
            kit.close()


def coming(kit: FlowKit, until: str = "2026-10-31 00:00", record: str = "") -> list[str]:
    """Record and when it is due; from when on it was begun ahead, if it was."""
    return [
        f"{plan.record} {plan.due.astimezone(ZONE):%m-%d %H:%M}"
        for plan in kit.coming(at(until))
        if record in ("", plan.record)
    ]


def test_business_days_are_those_of_the_unit_the_case_will_belong_to(opened: Open) -> None:
    """Three of them after the 29th of September: in offices, in a mall, at weekends, and where there is no unit."""
    kit = opened(FROM_LAST + "after_last: 3 business days")
    # The holiday is from the 1st to the 7th; the 10th is a Saturday that is worked: where it counts from at weekends.
    assert coming(kit) == ["E1 10-09 12:00", "E2 10-09 12:00", "E4 10-09 12:00", "E3 10-18 09:00"]


def test_the_next_is_counted_by_the_unit_too(opened: Open, clock: VirtualClock) -> None:
    """When it is finished the next is due so many business hours of that unit later."""
    kit = opened(FROM_LAST + "after_last: 3 business hours\nahead: 1 business hours")
    clock.set(at("2026-09-29 14:00"))
    assert kit.advance(messages=False).plans == 3
    begun = {c.values["lift"]: c.id for c in kit.cases(None).items}
    assert sorted(begun) == ["E1", "E2", "E4"]
    clock.set(at("2026-09-29 16:00"))
    for case in begun.values():
        kit.act(case, "finish", by="employee:b")
    assert coming(kit, "2026-10-02 00:00") == ["E2 09-29 19:00", "E1 09-30 11:00", "E4 09-30 11:00"]


def test_a_day_off_is_moved_and_said_to_be(opened: Open, clock: VirtualClock) -> None:
    """The 1st of October is none that is worked: by the offices' calendar the 8th, at weekends the 10th."""
    kit = opened('every: {day: 1, at: "10:00"}\non_holiday: next_working_day\nahead: 1 business days')
    assert coming(kit) == ["E1 10-08 10:00", "E2 10-08 10:00", "E4 10-08 10:00", "E3 10-10 10:00"]
    (plan,) = [plan for plan in kit.coming(at("2026-10-09 00:00")) if plan.record == "E1"]
    assert (plan.planned, plan.begin) == (at("2026-10-01 10:00"), at("2026-09-30 10:00"))
    clock.set(at("2026-09-30 10:00"))
    # At weekends the working day before the 10th was the 20th of September, for the Mid-Autumn Festival.
    assert kit.advance(messages=False).plans == 4
    # Begun for the 8th, and the next is that of November, whatever is open.
    assert coming(kit, "2026-11-04 00:00", record="E1") == ["E1 10-08 10:00", "E1 11-02 10:00"]
    (case,) = [c for c in kit.cases(None).items if c.values["lift"] == "E1"]
    assert kit.look(case.id, lambda w: w["case"].attribute("planned")) == at("2026-10-08 10:00")


def test_what_is_planned_follows_another_calendar_at_once(opened: Open, clock: VirtualClock) -> None:
    """A day of the holiday that is worked after all brings it forward; what is coming says when it was due before."""
    rhythm = FROM_LAST + "after_last: 3 business days"
    with opened(rhythm) as before:
        assert coming(before, record="E1") == ["E1 10-09 12:00"]
    kit = opened(rhythm, WORKED)
    assert coming(kit, record="E1") == ["E1 10-08 12:00"]
    (plan,) = [plan for plan in kit.coming(at("2026-10-30 00:00")) if plan.record == "E1"]
    assert plan.was == at("2026-10-09 12:00")
    clock.set(at("2026-10-08 12:00"))
    kit.advance(messages=False)
    assert [plan.was for plan in kit.coming(at("2026-10-08 13:00")) if plan.record == "E1"] == [None]


def test_a_unit_that_opens_otherwise_moves_what_is_planned_for_it(opened: Open, clock: VirtualClock) -> None:
    """Brought in while the business is at work: those of that unit, and of units below it, and no others.

    From Wednesday the next days worked are the 10th, a Saturday that is made up for, and Monday the 12th.
    """
    kit = opened(FROM_LAST + "after_last: 3 business days")
    before = coming(kit)
    kit.import_records("store", [{"name": "商场", "opens": "mon-wed 10:00-20:00"}])
    kit.advance(messages=False)
    assert sorted(coming(kit)) == sorted([*(each for each in before if "E2" not in each), "E2 10-12 12:00"])


def test_one_who_runs_no_schedules_leaves_counting_to_who_does(opened: Open) -> None:
    """The plans are counted again by the process that begins them, also when another has seen the calendar first."""
    rhythm = FROM_LAST + "after_last: 3 business days"
    with opened(rhythm) as before:
        assert coming(before, record="E1") == ["E1 10-09 12:00"]
    with opened(rhythm, WORKED, running=()) as looking:
        assert [p.was for p in looking.coming(at("2026-10-30 00:00")) if p.record == "E1"] == [None]
    assert coming(opened(rhythm, WORKED), record="E1") == ["E1 10-08 12:00"]


def test_counting_that_was_broken_off_is_done_again(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever dies while he counts leaves it to the next one: that it is done is written last."""
    rhythm = FROM_LAST + "after_last: 3 business days"
    opened(rhythm).close()
    with monkeypatch.context() as broken:
        broken.setattr(Planning, "_replan", lambda self, schedule, after, inside: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            opened(rhythm, WORKED)
    assert coming(opened(rhythm, WORKED), record="E1") == ["E1 10-08 12:00"]


def test_a_calendar_that_was_and_is_again_is_counted_to_the_end(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off half way by another calendar: what was counted by that is counted back."""
    rhythm = FROM_LAST + "after_last: 3 business days"
    replan = Planning._replan
    with opened(rhythm) as kit:
        kit.import_records("lift", [{"code": f"L{n:04}", "last": "2026-09-29 12:00"} for n in range(600)])
        kit.advance(messages=False)
        before = coming(kit)
    with monkeypatch.context() as broken:
        broken.setattr(Planning, "_replan", lambda *given: replan(*given) if not given[2] else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            opened(rhythm, WORKED)
    assert coming(opened(rhythm)) == before


def test_more_plans_than_one_look_takes_are_all_counted(opened: Open) -> None:
    """A thousand records, five hundred a transaction: none is left out at the seam."""
    rhythm = FROM_LAST + "after_last: 3 business days"
    with opened(rhythm) as kit:
        kit.import_records("lift", [{"code": f"L{n:04}", "last": "2026-09-29 12:00"} for n in range(1000)])
        kit.advance(messages=False)
    kit = opened(rhythm, WORKED)
    moved = [plan.record for plan in kit.coming(at("2026-10-08 13:00")) if plan.was == at("2026-10-09 12:00")]
    assert sorted(moved) == ["E1", "E2", "E4", *(f"L{n:04}" for n in range(1000))]


def test_the_same_calendar_moves_nothing(opened: Open) -> None:
    """Opened again, nothing says that anything has changed."""
    rhythm = FROM_LAST + "after_last: 3 business days"
    for _ in range(2):
        with opened(rhythm) as kit:
            assert {plan.was for plan in kit.coming(at("2026-10-30 00:00"))} == {None}


def test_nothing_begins_before_its_time_by_the_calendar_of_today(
    opened: Open, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a plan that was not counted again is looked at once more when its time has come."""
    rhythm = FROM_LAST + "after_last: 3 business days"
    with opened(rhythm, WORKED) as before:
        assert coming(before, record="E1") == ["E1 10-08 12:00"]
    monkeypatch.setattr(Planning, "recount", lambda self: False)
    kit = opened(rhythm)
    clock.set(at("2026-10-08 12:00"))
    assert kit.advance(messages=False).plans >= 1
    assert [c for c in kit.cases(None).items if c.values["lift"] == "E1"] == []
    clock.set(at("2026-10-09 12:00"))
    kit.advance(messages=False)
    assert len([c for c in kit.cases(None).items if c.values["lift"] == "E1"]) == 1


def test_plans_that_are_not_counted_again_are_caught(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without counting again the properties above fail."""
    monkeypatch.setattr(Planning, "recount", lambda self: False)
    rhythm = FROM_LAST + "after_last: 3 business days"
    opened(rhythm).close()
    assert coming(opened(rhythm, WORKED), record="E1") == ["E1 10-09 12:00"]


def test_the_app_s_hours_for_every_unit_are_caught(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody asks whose the case will be, the property above fails."""
    monkeypatch.setattr(scheduling, "_unit", lambda schedule, record, world: None)
    kit = opened(FROM_LAST + "after_last: 3 business days")
    assert coming(kit, record="E3") == ["E3 10-09 12:00"]


def test_what_was_moved_is_told_in_words(
    opened: Open,
    clock: VirtualClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`flowkit coming` says of each why it is not due when somebody may expect it."""
    monkeypatch.setattr("flowkit.kit.SystemClock", lambda: clock)
    rhythm = 'every: {day: 1, at: "10:00"}\non_holiday: next_working_day'
    opened(rhythm).close()
    opened(rhythm, '{holidays: CN, mon-fri: "09:00-17:00", overrides: {"2026-10-08": off}}').close()
    perform(["coming", str(tmp_path / "lifts"), "--database", f"sqlite:///{tmp_path}/work.db"])
    (told,) = [line for line in capsys.readouterr().out.splitlines() if "E1" in line]
    assert told.split("开单")[1].strip() == "10-01 不上班,顺延;日历有变,原为 2026-10-08 10:00"


def test_business_time_of_a_schedule_needs_a_calendar(tmp_path: Path) -> None:
    """Working days ahead, and moving days off, are refused where nothing says when it is open."""
    for rhythm in ("every: 15d\nahead: 2 business days", "every: 15d\non_holiday: next_working_day"):
        text = APP.replace("RHYTHM", rhythm).replace(f"calendar: {WEEK}\n", "").replace(", calendar: opens", "")
        (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(Exception, match="it counts business time, and there is no calendar"):
            load_app(tmp_path)
