"""Children over a real database: begun, joined and called off across transactions, none stranded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import flowkit
from tests.unit.engine.test_children import BUYER, LINES, PARTS, ZHANG

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
