"""The sum of a replay, and how a ticket is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from flowkit.errors import Problem
from flowkit.testing.replay_report import Escalation, Replay, Score, Ticket

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def refused(line: int, field: str, code: str, message: str) -> Ticket:
    return Ticket(line, "refused", problems=(Problem(field, code, message),))


def accepted(line: int, **more: object) -> Ticket:
    return Ticket(line, "accepted", at=AT, number=f"WX{line}", **more)  # type: ignore[arg-type]


def replay(*tickets: Ticket, rows: int | None = None) -> Replay:
    names = {"role:dispatcher": "调度员(组)", "employee:li": "李工(li)"}
    return Replay(("t.csv",), len(tickets) if rows is None else rows, tickets, ZONE, names)


def test_the_sum_is_printed_with_all_three_parts() -> None:
    """Accepted, refused and duplicate rows add up to the rows, in one line."""
    told = replay(accepted(2), refused(3, "at", "type", "应为日期"), Ticket(4, "duplicate", first_line=2))
    assert "受理 accepted 1 + 拒绝 refused 1 + 重复 duplicates 1 = 行 rows 3" in told.lines()
    assert told.ok


def test_a_row_that_is_not_accounted_for_is_not_ok() -> None:
    """One ticket less than there were rows is a failure, said in the sum."""
    told = replay(accepted(2), rows=2)
    assert not told.ok
    assert any("对不上" in line for line in told.lines())


@given(st.lists(st.sampled_from(["at", "fault_type", "elevator", ""]), max_size=30))
def test_reasons_add_up_to_the_refused(fields: list[str]) -> None:
    """However the reasons are spread, each refused ticket stands under exactly one of them."""
    told = replay(*(refused(n, field, "type", f"不对 {n}") for n, field in enumerate(fields)))
    assert sum(len(tickets) for tickets in told.by_reason().values()) == told.refused == len(fields)


def test_equal_problems_are_one_reason_although_their_words_differ() -> None:
    """Two unknown lifts are one reason with two lines, told by the first and marked as an example."""
    told = replay(refused(2, "elevator", "unknown", "没有 E8"), refused(3, "elevator", "unknown", "没有 E9"))
    assert "  拒绝 2: elevator: 没有 E8 等 (第 2, 3 行)" in told.lines()


def test_an_accepted_ticket_tells_score_people_and_escalation() -> None:
    """Score and band, who was asked and why, when it first escalated and to whom, in the app's zone."""
    escalation = Escalation(AT + timedelta(minutes=30), "待接单", "reassigned", ("role:dispatcher",))
    ticket = accepted(
        2,
        scores=(Score("urgency", "紧急度", "8", "VIP通道"),),
        node="待接单",
        asked=("employee:li",),
        why="派单",
        escalations=(escalation,),
        closed=AT + timedelta(hours=1),
    )
    text = "\n".join(replay(ticket).lines())
    for words in (
        "紧急度: 8 分, VIP通道",
        "待接单: 派给 李工(li) (派单)",
        "2026-03-02 09:30 无人处理",
        "改派给 调度员(组)",
    ):
        assert words in text


def test_many_tickets_are_summed_and_not_listed() -> None:
    """Beyond what a person reads one by one, the text holds the sum alone; JSON still holds every row."""
    told = replay(*(accepted(n) for n in range(500)))
    assert len(told.lines()) < 20
    assert len(told.as_json()["tickets"]) == 500


def test_json_is_plain() -> None:
    """What `--format json` prints can be printed."""
    told = replay(accepted(2, closed=AT), refused(3, "at", "type", "应为日期"))
    assert json.loads(json.dumps(told.as_json()))["by_reason"] == [{"reason": "at: 应为日期", "count": 1, "lines": [3]}]
