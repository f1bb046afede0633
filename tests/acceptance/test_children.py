"""Children over a real database: begun, joined and called off across transactions, none stranded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import flowkit
from flowkit.runtime import judging
from flowkit.runtime.work import signal_work
from flowkit.store import schema
from flowkit.store.connection import Statement
from tests.unit.engine.test_children import BUYER, LINES, PARTS, ZHANG

WAITING = Statement("SELECT count(*) FROM inbox")
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def kit(tmp_path: Path) -> object:
    (tmp_path / "app.yaml").write_text(PARTS, encoding="utf-8")
    clock = flowkit.VirtualClock(START)
    with flowkit.FlowKit(flowkit.load_app(tmp_path), f"sqlite:///{tmp_path}/work.db", clock=clock) as kit:
        yield kit
        assert kit.verify() == []


def test_children_have_begun_when_submit_returns(kit: flowkit.FlowKit) -> None:
    """What a command brings about in other cases has been tried before its caller goes on."""
    case = kit.submit("工单", {"缺件": LINES, "电话": "13800000001"}, by=ZHANG)
    assert [t.node for t in kit.tasks(by=BUYER)] == ["采", "采"]
    assert kit.case(case.id).node == "等件"


def test_the_last_child_moves_the_parent(kit: flowkit.FlowKit) -> None:
    """When the buyer's last act returns, the technician has his task."""
    case = kit.submit("工单", {"缺件": LINES}, by=ZHANG)
    for task in kit.tasks(by=BUYER):
        kit.act(task.case, "到", by=BUYER)
    assert kit.case(case.id).node == "装"
    assert [t.node for t in kit.tasks(by=ZHANG)] == ["装"]


def test_leaving_calls_off_what_is_open(kit: flowkit.FlowKit) -> None:
    """After two days the parent gives up, and the buyer has nothing left to do."""
    case = kit.submit("工单", {"缺件": LINES}, by=ZHANG)
    kit.clock.move(timedelta(days=3))
    kit.advance()
    assert kit.case(case.id).outcome == "rejected"
    assert kit.tasks(by=BUYER) == []


@pytest.fixture
def no_beginnings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Whatever is to begin a child breaks off and is put off, until this is undone."""
    decide = judging.decide

    def failing(workflow: Any, case: Any, command: Any, facts: Any, now: Any) -> Any:
        if command.kind == "submit" and command.data.get("parent"):
            raise OSError("planted")
        return decide(workflow, case, command, facts, now)

    monkeypatch.setattr(judging, "decide", failing)
    return monkeypatch


def test_a_child_that_is_called_off_before_it_could_begin_never_does(
    kit: flowkit.FlowKit, no_beginnings: pytest.MonkeyPatch
) -> None:
    """Its parent has gone on by then: nothing of it is left, and nobody waits for it."""
    case = kit.submit("工单", {"缺件": LINES}, by=ZHANG)
    assert [kit.find(f"{case.id}.1.{n}") for n in range(len(LINES))] == [None] * len(LINES)
    kit.clock.move(timedelta(days=2))
    kit.advance()
    assert kit.case(case.id).outcome == "rejected"
    no_beginnings.undo()
    kit.clock.move(timedelta(days=2))
    kit.advance()
    assert [kit.find(f"{case.id}.1.{n}") for n in range(len(LINES))] == [None] * len(LINES)
    assert (kit.stuck(), kit.tasks(by=BUYER)) == ([], [])
    assert kit._database.connection().read(WAITING) == [(0,)]


def test_a_beginning_that_is_judged_with_what_calls_it_off_comes_to_nothing(
    kit: flowkit.FlowKit, no_beginnings: pytest.MonkeyPatch
) -> None:
    """Two works of one batch: the later one sees what the one before it has done away with."""
    child = f"{kit.submit('工单', {'缺件': LINES}, by=ZHANG).id}.1.0"
    no_beginnings.undo()
    ((body,),) = kit._database.connection().read(Statement("SELECT body FROM inbox WHERE key = ?"), f"begin/{child}")
    cancel = (f"cancel/{child}", child, "cancel", '{"by": "system:parent"}', 0, 0, "")
    kit._writer.perform(lambda inside: inside.write(kit._database.statements.insert(schema.INBOX), [cancel]))
    works = [signal_work(*cancel[:4], 0), signal_work(f"begin/{child}", child, "submit", body, 1)]
    kit._writer.put(works)
    assert [work.done.result().fresh for work in works] == [False, False]
    assert kit.find(child) is None
    assert kit._database.connection().read(WAITING) == [(1,)]


def test_who_only_waits_for_others_is_told_to_look(kit: flowkit.FlowKit) -> None:
    """An owner of children, and whoever is called in while they take long, has a task that says so, and no message to act."""
    case = kit.submit("工单", {"缺件": LINES}, by=ZHANG)
    (task,) = kit.tasks(by=ZHANG)
    assert (task.flags, task.actions) == (("查看",), ())
    assert [e.data["title"] for e in kit.history(case.id) if e.kind == "notified"] == ["查看"]
    for child in kit.tasks(by=BUYER):
        assert child.flags == ()
        kit.act(child.case, "到", by=BUYER)
    (task,) = kit.tasks(by=ZHANG)
    assert (task.flags, [name for name, _ in task.actions]) == ((), ["装好"])
