"""What a history says became of a recorded ticket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flowkit.engine.case import Event
from flowkit.testing.aftermath import told
from flowkit.testing.replay_report import Escalation, Ticket

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def event(kind: str, minute: int = 0, **data: Any) -> Event:
    return Event(kind, AT + timedelta(minutes=minute), "system:timer", data)


HISTORY = [
    event("entered", node="triage", title="信息初筛", visit=1),
    event("scored", card="urgency", title="紧急度", result={"total": 8, "band": "vip"}, band_title="VIP通道"),
    event("assigned", owner=[], why={"kind": "none", "text": ""}),
    event("entered", node="assigned", title="待接单", visit=2),
    event("assigned", owner=["employee:li"], why={"kind": "dispatch", "text": "派单"}),
    event("fired", 15, deadline="1", visit=2, n=0),
    event("fired", 30, deadline="2", visit=2, n=0),
    event("reassigned", 30, owner=["role:dispatcher"], why={}),
    event("escalated", 60, to=["role:manager"], why={}),
]


def test_the_first_who_was_asked_is_told_with_his_node_and_why() -> None:
    """A node without an owner asks nobody; the first with one counts, whoever held it later."""
    later = event("assigned", 90, owner=["employee:wang"], why={"kind": "person", "text": "别人"})
    ticket = told(Ticket(2, "accepted"), [*HISTORY, later])
    assert (ticket.node, ticket.asked, ticket.why) == ("待接单", ("employee:li",), "派单")


def test_a_reminder_is_no_escalation() -> None:
    """Only timers that call somebody else in or change the owner count, each at its own time."""
    assert told(Ticket(2, "accepted"), HISTORY).escalations == (
        Escalation(AT + timedelta(minutes=30), "待接单", "reassigned", ("role:dispatcher",)),
        Escalation(AT + timedelta(minutes=60), "待接单", "escalated", ("role:manager",)),
    )


def test_scores_and_incidents_are_told() -> None:
    """The card's total with its band, and the first thing a machine gave up on."""
    broken = [*HISTORY, event("incident", where="待接单", message="empty"), event("incident", where="x", message="y")]
    ticket = told(Ticket(2, "accepted"), broken)
    assert [(s.title, s.total, s.band) for s in ticket.scores] == [("紧急度", "8", "VIP通道")]
    assert ticket.incident == "待接单: empty"
