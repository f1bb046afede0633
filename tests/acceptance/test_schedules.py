"""Work that comes by the calendar: begun when it is due, once, however often and by however many it is looked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flowkit import FlowKit, RefusedError, load_app
from flowkit.clock import VirtualClock
from flowkit.errors import ClosedError
from flowkit.testing.scenarios import play

ZONE = ZoneInfo("Asia/Shanghai")
APP = """
app: lifts
timezone: Asia/Shanghai
catcher: boss
roles: {tech: {sees: all}, other: {}, boss: {sees: all}}
staff: {entity: employee, roles: roles}
customers: {entity: customer}
channels: {console: {preset: console}}
---
entity: employee
key: code
fields: {code: text, roles: {type: list, of: role}}
rows: [{code: t, roles: [tech]}, {code: o, roles: [other]}, {code: b, roles: [boss]}]
---
entity: customer
key: code
fields: {code: text}
rows: [{code: c1}]
---
entity: lift
key: code
label: place
fields: {code: text, place: text, last: date, status: text, customer: {type: reference, entity: customer}}
rows:
  - {code: E1, place: 江晖苑, last: 2026-02-20, status: 在保, customer: c1}
  - {code: E2, last: 2026-03-01, status: 在保, customer: c1}
  - {code: E3, last: 2026-03-01, status: 停用, customer: c1}
---
workflow: visit
number: "BY{{ date }}-{{ sequence(3) }}"
fields: {lift: {type: reference, entity: lift}}
nodes:
  doing:
    owner: tech
    actions: {finish: {to: done}}
    timeouts: [{at: "=case.planned", escalate: boss}]
  done: {end: done}
---
schedule: fortnightly
title: 半月保
RHYTHM
since: =row.last
per: {entity: lift, when: "row.status == '在保'"}
start: {workflow: visit, with: {lift: =row}, applicant: =row.customer}
ahead: 3d
"""
AFTER_LAST, EVERY = "after_last: 15d", "every: 15d"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


Open = Callable[..., FlowKit]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """`opened(clock, rhythm)` gives the business at work; again on the same database each time."""
    kits: list[FlowKit] = []

    def at_work(
        clock: VirtualClock, rhythm: str = AFTER_LAST, text: str = APP, running: Collection[str] | None = None
    ) -> FlowKit:
        folder = tmp_path / str(len(kits))
        folder.mkdir()
        (folder / "app.yaml").write_text(text.replace("RHYTHM", rhythm), encoding="utf-8")
        kits.append(FlowKit(load_app(folder), f"sqlite:///{tmp_path}/work.db", clock=clock, schedules=running))
        return kits[-1]

    yield at_work
    for kit in kits:
        with suppress(ClosedError):
            assert kit.verify() == []
            kit.close()


def pass_until(kit: FlowKit, clock: VirtualClock, moment: datetime) -> None:
    """Let time pass from due to due."""
    while (due := kit.next_due()) is not None and due <= moment:
        clock.set(max(due, clock.now()))
        kit.advance(messages=False)
    clock.set(moment)


def begun(kit: FlowKit) -> list[tuple[str, str, str]]:
    """Number, record, and when it is due, of all that has begun."""
    return [
        (
            c.number,
            c.values["lift"],
            f"{kit.look(c.id, lambda w: w['case'].attribute('planned')).astimezone(ZONE):%m-%d %H:%M}",
        )
        for c in kit.cases(None, order="created").items
    ]


def test_it_begins_ahead_of_the_day_and_is_due_on_it(opened: Open) -> None:
    """Fifteen days after it was done last, three days before; the story says by which plan, and for whom."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock)
    pass_until(kit, clock, at("2026-03-13 10:00"))
    assert begun(kit) == [("BY20260304-001", "E1", "03-07 09:00"), ("BY20260313-001", "E2", "03-16 09:00")]
    case = kit.case_by_number("BY20260304-001")
    assert (case.applicant, case.node) == ("customer:c1", "doing")
    assert any("按计划“半月保”开单" in line for line in kit.explain(case.id).lines)
    assert at("2026-03-07 09:00") not in [deadline.due for deadline in case.deadlines]
    assert "升级" in "\n".join(kit.explain(case.id).lines)


def test_the_next_counts_from_the_last_that_was_finished(opened: Open) -> None:
    """While one is open none begins; fifteen days after its end the next is due."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock)
    pass_until(kit, clock, at("2026-04-20 12:00"))
    first = kit.case_by_number("BY20260304-001")
    kit.act(first.id, "finish", by="employee:t")
    pass_until(kit, clock, at("2026-05-02 13:00"))
    assert [b for b in begun(kit) if b[1] == "E1"] == [
        ("BY20260304-001", "E1", "03-07 09:00"),
        ("BY20260502-001", "E1", "05-05 12:00"),
    ]


def test_every_so_often_it_begins_whatever_is_open(opened: Open) -> None:
    """Each period one, on the same grid."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock, EVERY)
    pass_until(kit, clock, at("2026-04-01 12:00"))
    assert [due for _, lift, due in begun(kit) if lift == "E1"] == ["03-07 09:00", "03-22 09:00"]


@pytest.mark.parametrize(
    ("missed", "told"),
    [("one", ["04-21 09:00"]), ("all", ["03-07 09:00", "03-22 09:00", "04-06 09:00", "04-21 09:00"])],
)
def test_what_was_missed_is_begun_as_it_says(opened: Open, missed: str, told: list[str]) -> None:
    """After weeks in which nothing ran the latest one begins and the story says how many there were; or all do."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    opened(clock, f"{EVERY}\nmissed: {missed}").close()
    clock.set(at("2026-04-20 09:00"))
    kit = opened(clock, f"{EVERY}\nmissed: {missed}")
    kit.advance(messages=False)
    assert sorted(due for _, lift, due in begun(kit) if lift == "E1") == told
    lines = "\n".join(kit.explain(kit.cases(None, where={"lift": "E1"}).items[0].id).lines)
    assert ("之前漏了 3 次" in lines) == (missed == "one")


def test_where_it_is_not_for_a_record_it_is_looked_at_again(opened: Open) -> None:
    """A lift out of service gets none; on the day after it is in service again it does."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock)
    pass_until(kit, clock, at("2026-03-20 12:00"))
    assert "E3" not in [lift for _, lift, _ in begun(kit)]
    kit.import_records("lift", [{"code": "E3", "status": "在保"}])
    pass_until(kit, clock, at("2026-03-21 12:00"))
    assert "E3" in [lift for _, lift, _ in begun(kit)]


def test_what_was_done_elsewhere_counts(opened: Open) -> None:
    """A later `since` puts it off, before the first begins and when it is looked at."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock)
    kit.import_records("lift", [{"code": "E1", "last": "2026-03-02"}])
    pass_until(kit, clock, at("2026-03-13 12:00"))
    assert [lift for _, lift, _ in begun(kit)] == ["E2"]


def test_a_record_that_comes_later_is_seen(opened: Open) -> None:
    """From the next look on; a customer's new lift is not forgotten."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock)
    kit.import_records("lift", [{"code": "E9", "last": "2026-02-01", "status": "在保", "customer": "c1"}])
    kit.advance(messages=False)
    assert [(lift, due) for _, lift, due in begun(kit)] == [("E9", "02-16 09:00")]


def test_changed_timing_holds_from_then_on(opened: Open) -> None:
    """What has not begun is due by the new rule; what is open stays as it is; a schedule that is gone begins nothing."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock)
    pass_until(kit, clock, at("2026-03-05 09:00"))
    kit.close()
    kit = opened(clock, "after_last: 30d")
    assert [(p.record, p.due.astimezone(ZONE).day, p.number) for p in kit.coming(at("2026-04-10 09:00"))] == [
        ("E1", 7, "BY20260304-001"),
        ("E2", 31, ""),
    ]
    kit.close()
    kit = opened(clock, text=APP.partition("---\nschedule")[0])
    pass_until(kit, clock, at("2026-05-01 09:00"))
    assert len(begun(kit)) == 1
    kit.close()
    kit = opened(clock)
    kit.advance(messages=False)
    assert [lift for _, lift, _ in begun(kit)] == ["E1", "E2"]


def test_one_that_ended_while_the_schedule_was_away_is_followed_by_the_next(opened: Open) -> None:
    """A schedule that comes back counts from when it was done last, and waits for nothing that is over."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock)
    pass_until(kit, clock, at("2026-03-05 09:00"))
    kit.close()
    kit = opened(clock, text=APP.partition("---\nschedule")[0])
    kit.act(kit.case_by_number("BY20260304-001").id, "finish", by="employee:t")
    kit.close()
    kit = opened(clock)
    assert [p.due.astimezone(ZONE).day for p in kit.coming(at("2026-04-01 09:00")) if p.record == "E1"] == [20]


def test_one_at_work_without_schedules_leaves_them_to_the_other(opened: Open) -> None:
    """It begins nothing that is due by them, waits for none of them, and does not keep the other from it."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit, other = opened(clock), opened(clock, running=())
    clock.set(at("2026-03-04 09:00"))
    other.advance(messages=False)
    assert other.next_due() is None
    assert begun(other) == []
    kit.advance(messages=False)
    assert [lift for _, lift, _ in begun(kit)] == ["E1"]


def test_two_at_work_on_one_database_begin_it_once(opened: Open) -> None:
    """However they race, each period of each record has one case."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kits = [opened(clock, EVERY), opened(clock, EVERY)]
    for day in range(1, 60, 5):
        clock.set(at("2026-03-02 09:00") + timedelta(days=day))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda kit: kit.advance(messages=False), kits * 2))
    dues = [(lift, due) for _, lift, due in begun(kits[0])]
    assert len(dues) == len(set(dues))
    assert len([due for lift, due in dues if lift == "E1"]) == 4


def test_what_cannot_begin_is_listed_and_tried_again(opened: Open) -> None:
    """A customer who is missing keeps his lift's service from beginning; once he is told it begins."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock, text=APP.replace("customer: c1}\n  - {code: E2", "customer: }\n  - {code: E2"))
    pass_until(kit, clock, at("2026-03-05 09:00"))
    assert begun(kit) == []
    (stuck,) = kit.stuck()
    assert (stuck.kind, stuck.key) == ("plan", "fortnightly/E1")
    assert "无法替他发起" in stuck.error
    kit.import_records("lift", [{"code": "E1", "customer": "c1"}])
    kit.advance(messages=False)
    pass_until(kit, clock, at("2026-03-06 09:00"))
    assert [lift for _, lift, _ in begun(kit)] == ["E1"]
    assert kit.stuck() == []


def test_one_without_records_begins_one(opened: Open) -> None:
    """On the first of each month."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    text = (
        APP.partition("---\nschedule")[0]
        + "---\nschedule: monthly\nevery: {day: 1, at: '08:00'}\nstart: {workflow: visit}\n"
    )
    kit = opened(clock, text=text)
    pass_until(kit, clock, at("2026-05-02 12:00"))
    assert [due for _, _, due in begun(kit)] == ["04-01 08:00", "05-01 08:00"]


def test_what_is_coming_is_told_to_who_sees_all(opened: Open) -> None:
    """With what people call the record, and each period that will come; others are told of what they see, and no more."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock, EVERY)
    told = kit.coming(at("2026-04-10 09:00"), by="employee:t")
    assert [(p.record, p.label, p.due.astimezone(ZONE).day) for p in told if p.record == "E1"] == [
        ("E1", "江晖苑", 7),
        ("E1", "江晖苑", 22),
        ("E1", "江晖苑", 6),
    ]
    assert {p.record for p in told} == {"E1", "E2"}
    assert kit.coming(at("2026-04-10 09:00"), by="employee:o") == []
    with pytest.raises(RefusedError, match="没有计划"):
        kit.coming(at("2026-04-10 09:00"), schedule="半月保")


def test_forty_thousand_records_are_planned_and_begun_in_batches(opened: Open) -> None:
    """A thousand stand for them: no transaction holds more than its batch, and none is left out."""
    clock = VirtualClock(at("2026-03-02 09:00"))
    kit = opened(clock)
    rows = [{"code": f"M{n:04}", "last": "2026-03-01", "status": "在保", "customer": "c1"} for n in range(1000)]
    kit.import_records("lift", rows)
    kit.advance(messages=False)
    assert len(kit.coming(at("2026-03-31 09:00"))) == 1002
    clock.set(at("2026-03-13 09:00"))
    kit.advance(messages=False)
    assert kit.count(None) == 1002


def test_in_a_story_schedules_rest_unless_it_names_them(tmp_path: Path) -> None:
    """A story about something else is not disturbed; one that names them sees their cases by number."""
    story = """
---
scenario: 半月保按时开单
given: {now: "2026-03-02 09:00", schedules: fortnightly}
steps:
  - {wait: 5d}
  - {act: finish, case: fortnightly/E1, by: employee:t, expect: {node: done, lift: E1, case.number: BY20260304-001}}
---
scenario: 别的故事不受打扰
given: {now: "2026-03-02 09:00"}
steps:
  - {wait: 5d}
  - {act: finish, case: fortnightly/E1, by: employee:t, expect: {refused: 没有未结束的}}
"""
    (tmp_path / "app.yaml").write_text(APP.replace("RHYTHM", AFTER_LAST) + story, encoding="utf-8")
    report = play(load_app(tmp_path))
    assert report.ok, "\n".join(report.lines())
