"""Calls whose worker dies, or whose answer comes too late: what may have reached the other side is found out, or told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.connect.connector import Connector
from flowkit.connect.failure import Failure, Reply
from flowkit.connect.operation import Request
from flowkit.kit import CaseView
from tests.shop import NINE

APP = """
app: shop
catcher: boss
roles: {boss: {title: 老板}}
staff: {entity: employee, roles: roles}
channels: {post: {preset: console}}
---
entity: employee
key: code
fields: {code: text, roles: {type: list, of: role}}
rows: [{code: boss, roles: [boss]}]
---
connector: supplier
base: https://supplier.example.com
operations:
  order: {with: {sku: text}, post: /orders, body: {ref: =call.key}, idempotent: ref, returns: {no: text}}
  once: {with: {sku: text}, post: /orders, body: {sku: =sku}, returns: {no: text}}
  stock: {with: {sku: text}, get: /stock, returns: {no: text}}
""" + "".join(
    f"""---
workflow: {name}
from: {{sku: {{type: text, required: true}}}}
nodes:
  asking: {{call: supplier.{name}, with: {{sku: =sku}}, within: 5m, next: [{{to: got}}], failed: {{to: by_hand}}}}
  by_hand: {{owner: boss, actions: {{settle: {{to: got}}}}, timeouts: [{{after: 1d, to: got}}]}}
  got: {{end: done}}
"""
    for name in ("order", "once", "stock")
)
BOSS = "employee:boss"
CUT = Failure("unreachable", "连接中途断开", sent=True)
AWAY = Failure("unreachable", "连接不上")
GOT = Reply({"no": "PO1"})


class Other:
    """The other side: answers one reply after another, and counts under which keys it was asked."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [GOT]
        self.asked: list[object] = []

    def perform(self, connector: Connector, request: Request) -> Reply:
        self.asked.append((request.content or {}).get("ref", request.operation))
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


@pytest.fixture
def other() -> Other:
    return Other()


@pytest.fixture
def kit(tmp_path: Path, clock: VirtualClock, other: Other) -> Iterator[FlowKit]:
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    with FlowKit(load_app(tmp_path), "sqlite://", clock=clock, caller=other) as kit:
        yield kit
        assert kit.verify() == []


def killed_while_asking(kit: FlowKit, workflow: str) -> CaseView:
    """A case whose call somebody had taken up who will never tell what became of it."""
    case = kit.submit(workflow, {"sku": "s1"}, by=BOSS)
    due = kit._database.statements.outbox_due
    claimed, _ = kit._writer.perform(lambda inside: kit._outbox._claim(inside, kit.clock.now(), due))
    kit._outbox._free(claimed)
    assert [each.case for each in claimed] == [case.id]
    return case


def calls(kit: FlowKit) -> dict[str, tuple[str, str]]:
    """State and reason of each call."""
    states = ("pending", "done", "dead", "dropped")
    return {e.key: (state, e.error) for state in states for e in kit.outbox(state) if e.kind == "call"}


def test_an_order_that_may_be_repeated_is_asked_for_again_and_its_late_answer_recorded(
    kit: FlowKit, clock: VirtualClock, other: Other
) -> None:
    """However long ago the case has given up waiting: the same key, and what the other side says stands in the history."""
    case = killed_while_asking(kit, "order")
    clock.move(timedelta(minutes=6))
    kit.advance()
    assert kit.case(case.id).node == "by_hand"
    assert other.asked == [f"{case.id}/1"]
    late = kit.history(case.id)[-1]
    assert (late.kind, late.data["values"]["values"]) == ("late", {"no": "PO1"})
    assert calls(kit) == {f"{case.id}/1": ("done", "")}


@pytest.mark.parametrize("gone_on", [True, False], ids=["its case has gone on", "its case waits"])
def test_an_order_that_may_not_be_repeated_is_listed_as_perhaps_carried_out(
    kit: FlowKit, clock: VirtualClock, other: Other, gone_on: bool
) -> None:
    """Whoever was killed may have sent it: it is not sent again, its case is told, and a person finds it in the list."""
    case = killed_while_asking(kit, "once")
    clock.move(timedelta(minutes=6 if gone_on else 3))
    kit.advance()
    assert other.asked == []
    ((state, why),) = calls(kit).values()
    assert (state, "可能已经执行" in why) == ("dead", True)
    told = kit.history(case.id)
    assert [e.data["values"]["error"] for e in told if e.kind == "late"] == ([why] if gone_on else [])
    assert [e.data["error"] for e in told if e.kind == "replied"] == ([] if gone_on else [why])
    assert kit.case(case.id).node == "by_hand"


def test_what_only_reads_is_not_asked_for_a_case_that_has_gone_on(
    kit: FlowKit, clock: VirtualClock, other: Other
) -> None:
    """Nothing was left open by it."""
    killed_while_asking(kit, "stock")
    clock.move(timedelta(minutes=6))
    lines = kit.advance().lines
    assert other.asked == []
    assert [state for state, _ in calls(kit).values()] == ["dropped"]
    assert [line for line in lines if "不再询问" in line]


@pytest.mark.parametrize("workflow", ["order", "once", "stock"])
def test_what_was_never_sent_is_not_ordered_for_nothing(
    kit: FlowKit, clock: VirtualClock, other: Other, workflow: str
) -> None:
    """Nobody had taken it up when its case gave up waiting: it is dropped with a line."""
    case = kit.submit(workflow, {"sku": "s1"}, by=BOSS)
    clock.move(timedelta(minutes=6))
    lines = kit.advance().lines
    assert kit.case(case.id).node == "by_hand"
    assert other.asked == []
    assert calls(kit) == {f"{case.id}/1": ("dropped", "该步骤已结束")}
    assert [line for line in lines if f"不再发送 {case.id}/1" in line]


@pytest.mark.parametrize(
    ("tried", "becomes"), [(CUT, ("done", "")), (AWAY, ("dropped", "该步骤已结束"))], ids=["cut off", "not reached"]
)
def test_between_two_tries_it_matters_whether_the_first_arrived(
    kit: FlowKit, clock: VirtualClock, other: Other, tried: Failure, becomes: tuple[str, str]
) -> None:
    """A case that goes on between them: what may have arrived is found out, what never did is not sent any more."""
    other.replies = [Reply(failure=tried), GOT]
    case = kit.submit("order", {"sku": "s1"}, by=BOSS)
    clock.move(timedelta(minutes=4, seconds=55))
    kit.advance()
    clock.move(timedelta(minutes=1))
    kit.advance()
    assert calls(kit) == {f"{case.id}/1": becomes}


def test_a_doubt_lasts_until_an_answer_comes(kit: FlowKit, clock: VirtualClock, other: Other) -> None:
    """The first try was cut off, all others did not reach the other side: it may have been carried out all the same."""
    other.replies = [Reply(failure=CUT), Reply(failure=AWAY)]
    kit.submit("order", {"sku": "s1"}, by=BOSS)
    for _ in range(10):
        kit.advance()
        clock.move(timedelta(minutes=1))
    ((state, why),) = calls(kit).values()
    assert (state, why) == ("dead", "连接不上(对方可能已经执行)")


def test_sent_again_by_hand_it_is_found_out(kit: FlowKit, clock: VirtualClock, other: Other) -> None:
    """Even for a case that has gone on: the other side knows the key, and the late answer tells which order it was."""
    other.replies = [Reply(failure=CUT)] * 5 + [GOT]
    case = kit.submit("order", {"sku": "s1"}, by=BOSS)
    for _ in range(20):
        kit.advance()
        clock.move(timedelta(minutes=1))
    assert [state for state, _ in calls(kit).values()] == ["dead"]
    assert kit.resend() == 1
    kit.advance()
    assert calls(kit) == {f"{case.id}/1": ("done", "")}
    assert kit.history(case.id)[-1].kind == "late"


def test_a_patient_connector_is_not_taken_for_dead(tmp_path: Path, clock: VirtualClock, other: Other) -> None:
    """A call that may take ten minutes is left to whoever makes it for longer than that."""
    text = APP.replace("https://supplier.example.com", "https://supplier.example.com\ntimeout: 10m")
    (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
    with FlowKit(load_app(tmp_path), "sqlite://", clock=clock, caller=other) as kit:
        killed_while_asking(kit, "order")
        clock.move(timedelta(minutes=10))
        kit.advance()
        assert other.asked == []
        clock.move(timedelta(minutes=1))
        kit.advance()
        assert len(other.asked) == 1


def test_a_refusal_says_nothing_of_doubt(kit: FlowKit, other: Other) -> None:
    """The other side said no, so it has not done it."""
    other.replies = [Reply(failure=Failure("refused", "停产", sent=True))]
    kit.submit("once", {"sku": "s1"}, by=BOSS)
    kit.advance()
    assert [why for _, why in calls(kit).values()] == ["停产"]
