"""What was damaged, or no longer fits the app, is told as such and keeps nobody and nothing else from going on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowkit import FlowKit, StoreError, VirtualClock
from tests.shop import NINE, SHOP, shop


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


@pytest.fixture
def kit(tmp_path: Path, clock: VirtualClock) -> Iterator[FlowKit]:
    with FlowKit(shop(tmp_path / "app"), f"sqlite:///{tmp_path / 'work.db'}", clock=clock) as kit:
        yield kit


def test_a_damaged_case_keeps_no_other_from_its_deadlines(kit: FlowKit, clock: VirtualClock, tmp_path: Path) -> None:
    """Deadlines of the case that cannot be read are put off; those that fell due with them take effect."""
    cases = [kit.submit("工单", {"故障": "异响"}, by="客户:li") for _ in range(3)]
    with sqlite3.connect(tmp_path / "work.db") as other:
        other.execute("UPDATE cases SET body = '{' WHERE id = ?", (cases[0].id,))
    clock.move(timedelta(minutes=31))
    kit.advance()
    assert [kit.case(case.id).owner for case in cases[1:]] == [("role:老板",)] * 2
    with pytest.raises(StoreError, match="is damaged"):
        kit.case(cases[0].id)
    assert kit.advance().nothing


def test_a_damaged_personal_value_is_told(kit: FlowKit, tmp_path: Path) -> None:
    """A seal that is none at all is told like one that was broken."""
    case = kit.submit("工单", {"故障": "异响", "电话": "13899990001"}, by="客户:li")
    with sqlite3.connect(tmp_path / "work.db") as other:
        other.execute("UPDATE personal SET ciphertext = '?'")
    with pytest.raises(StoreError, match="cannot be opened"):
        kit.case(case.id)


@pytest.mark.parametrize(
    "damage", ["UPDATE cases SET body = '{' WHERE id = ?", "UPDATE records SET body = '?' WHERE key = 'A1' AND ? <> ''"]
)
def test_a_case_that_cannot_be_read_hides_no_task(tmp_path: Path, clock: VirtualClock, damage: str) -> None:
    """It stands in its holder's list as damaged, with why, whether its row or a record it needs; the others as ever."""
    text = SHOP.replace("接单: {to: 处理中}", "接单: {when: 车.牌 <> '', to: 处理中}")
    app = shop(tmp_path / "app", technicians=1, text=text)
    with FlowKit(app, f"sqlite:///{tmp_path / 'work.db'}", clock=clock) as kit:
        kit.import_records("车", [{"牌": "A2"}])
        cases = [kit.submit("工单", {"故障": "异响", "车": car}, by="客户:li") for car in ("A1", "A2", "A2", "A1")]
        kit.withdraw(cases[3].id, "cancelled")
        with sqlite3.connect(tmp_path / "work.db") as other:
            other.execute(damage, (cases[0].id,))
        listed = {task.case: task for task in kit.tasks("员工:w0")}
        assert listed.keys() == {case.id for case in cases[:3]}
        bad = listed.pop(cases[0].id)
        assert (bad.flags, bad.number, bad.node, bad.actions) == (("损坏",), cases[0].number, "待接单", ())
        assert "is damaged" in (bad.incident or "")
        assert [task.flags for task in listed.values()] == [(), ()]


def test_a_record_that_cannot_be_read_is_told_each_time(kit: FlowKit, tmp_path: Path) -> None:
    """It is never taken for one that is not there."""
    with sqlite3.connect(tmp_path / "work.db") as other:
        other.execute("UPDATE records SET body = '[1]' WHERE key = 'A1'")
    for _ in range(2):
        with pytest.raises(StoreError, match="record 车:A1 is damaged"):
            kit.submit("工单", {"故障": "异响", "车": "A1"}, by="客户:li")


def test_a_row_from_before_a_field_was_kept_is_no_fault(kit: FlowKit, tmp_path: Path) -> None:
    """What an older flowkit wrote without it is what the history tells, and goes on."""
    case = kit.submit("工单", {"故障": "异响"}, by="客户:li")
    with sqlite3.connect(tmp_path / "work.db") as other:
        (body,) = other.execute("SELECT body FROM cases").fetchone()
        older = {name: value for name, value in json.loads(body).items() if name != "pool"}
        other.execute(
            "UPDATE cases SET body = ?", (json.dumps(older, ensure_ascii=False, sort_keys=True, separators=(",", ":")),)
        )
    assert kit.verify() == []
    with sqlite3.connect(tmp_path / "work.db") as other:
        other.execute("UPDATE cases SET body = replace(body, '异响', '异味')")
    assert [fault.kind for fault in kit.verify()] == ["fold"]
    assert case.number


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """A file with tables that are not ours is told, and nothing is added to it."""
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE cases (a)")
    with pytest.raises(StoreError, match="no database of flowkit"):
        FlowKit(shop(tmp_path / "app"), f"sqlite:///{tmp_path / 'other.db'}")
    with sqlite3.connect(tmp_path / "other.db") as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("cases",)]


def test_cases_that_cannot_go_on_stay_in_sight(kit: FlowKit, clock: VirtualClock, tmp_path: Path) -> None:
    """An app that takes away what a version under open cases needs: they are told, and stand in the lists as broken."""
    case = kit.submit("工单", {"故障": "异响"}, by="客户:li")
    assert kit.stranded() == []
    kit.close()
    changed = shop(tmp_path / "changed", text=SHOP.replace("里程", "公里"))
    with FlowKit(changed, f"sqlite:///{tmp_path / 'work.db'}", clock=clock, allow_stranded=True) as later:
        (fault,) = later.stranded()
        assert "1 open cases of 工单 cannot go on" in fault.message
        assert later.case(case.id).node == "待接单"
        assert [(t.case, t.flags, t.actions) for t in later.tasks(case.owner[0])] == [(case.id, ("故障",), ())]
        new = later.submit("工单", {"故障": "漏油"}, by="客户:li")
        clock.move(timedelta(minutes=31))
        later.advance()
        held = later.tasks("员工:boss")
        assert {(t.case, t.kind) for t in held} == {(case.id, "incident"), (new.id, "owner")}
