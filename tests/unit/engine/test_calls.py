"""Nodes that wait for an outside system: answers, refusals, silence, late replies, events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flowkit.engine.case import deadlines
from flowkit.engine.command import Command
from flowkit.engine.consequences import call, signals
from flowkit.errors import DefinitionError
from tests.unit.engine.shop import Business

MINUTES = timedelta(minutes=1)
Make = Callable[..., Business]

CALLING = """
app: 采购
catcher: 采购
roles: {采购: {}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 客户}
channels: {console: {preset: console}}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: role}
rows: [{工号: buyer, 角色: 采购}]
---
entity: 客户
key: 编号
fields: {编号: text}
rows: [{编号: wang}]
---
connector: erp
base: https://erp.example.com
operations:
  stock: {with: {part: text}, get: "/stock/{{ part }}", returns: {quantity: number}}
---
connector: supplier
base: https://supplier.example.com
secret: ${env:SUPPLIER_SECRET}
operations:
  order:
    with: {part: text, quantity: number}
    post: /orders
    body: {sku: =part, qty: =quantity, ref: =call.key}
    ok: reply.code == 0
    returns: {order: {type: text, value: reply.data.no}}
    idempotent: ref
events:
  shipped: {when: event.ref == call.key, gives: {tracking: text}}
---
workflow: 采购单
from: {件: {type: text, required: true}, 数: {type: number, required: true}}
fields: {单号: text}
nodes:
  查库存:
    call: erp.stock
    with: {part: =件}
    within: 5m
    save: stock
    next: [{when: stock.quantity < 3, to: 下单}, {to: 人工}]
    failed: {to: 人工}
  下单:
    call: supplier.order
    with: {part: =件, quantity: =数}
    within: 10m
    save: placed
    next: [{to: 等货}]
    failed: {to: 人工}
  等货:
    owner: 采购
    events: {supplier.shipped: {set: {单号: =event.tracking}, to: 完}}
    timeouts: [{after: 1d, escalate: 采购}]
  人工:
    owner: 采购
    actions: {办好: {to: 完}}
    timeouts: [{after: 1d, escalate: 采购}]
  完: {end: done}
"""


def begun(make: Make) -> Business:
    return make(CALLING, "采购单").submit("客户:wang", 件="门锁", 数=2)


def answer(case: Business, visit: int, connector: str, operation: str, **reply: Any) -> Business:
    data = {"visit": visit, "connector": connector, "operation": operation, "key": "k", "ok": True, "error": ""}
    return case.do(Command("replied", "c1", "connector:x", {**data, "values": {}, **reply}))


def test_entering_asks_once_under_a_stable_key(business: Make) -> None:
    """What is to be called stands in the history with its arguments, and nobody has to act."""
    case = begun(business)
    (asked,) = [e for e in (call("c1", event) for event in case.events) if e is not None]
    assert (asked.key, asked.connector, asked.operation, asked.arguments) == ("c1/1", "erp", "stock", {"part": "门锁"})
    assert case.case.owner == ()


def test_an_answer_is_saved_and_decides_the_way(business: Make) -> None:
    """Little stock leads to an order, whose answer leads on."""
    case = answer(begun(business), 1, "erp", "stock", values={"quantity": 2})
    assert case.case.node == "下单"
    assert case.last("called")["key"] == "c1/2"
    answer(case, 2, "supplier", "order", values={"order": "SO-1"})
    assert case.case.node == "等货"
    assert case.case.values["placed"] == {"order": "SO-1"}
    assert case.history_folds()


def test_a_refusal_takes_the_way_of_failure(business: Make) -> None:
    """The system is down or says no: people decide."""
    case = answer(begun(business), 1, "erp", "stock", ok=False, error="500")
    assert case.case.node == "人工"
    assert "stock" not in case.case.values


def test_silence_takes_the_way_of_failure_in_time(business: Make) -> None:
    """Nobody waits for a machine longer than `within`."""
    case = begun(business)
    assert [d.name for d in deadlines(case.case)] == ["within"]
    assert case.wait(4 * MINUTES).case.node == "查库存"
    assert case.wait(1 * MINUTES).case.node == "人工"


def test_a_late_reply_is_recorded_with_its_content(business: Make) -> None:
    """It changes nothing, and what the system said is not lost."""
    case = answer(begun(business).wait(6 * MINUTES), 1, "erp", "stock", values={"quantity": 9})
    assert case.case.node == "人工"
    assert case.last("late")["values"]["values"] == {"quantity": 9}


def test_an_event_from_outside_moves_the_case(business: Make) -> None:
    """What it gives can be set, and the case knows under which key it had called."""
    case = answer(begun(business), 1, "erp", "stock", values={"quantity": 2})
    answer(case, 2, "supplier", "order", values={"order": "SO-1"})
    assert case.case.calls["supplier"] == "c1/2"
    case.do(
        Command(
            "signal",
            "c1",
            "connector:supplier",
            {"name": "supplier.shipped", "values": {"tracking": "SF1"}, "key": "e1"},
        )
    )
    assert case.case.outcome == "done"
    assert case.case.values["单号"] == "SF1"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("call: erp.stock", "call: erp.stok", "unknown-name"),
        ("call: erp.stock", "call: epr.stock", "unknown-name"),
        ("with: {part: =件}", "with: {prt: =件}", "unknown-name"),
        ("    within: 5m\n", "", "missing-key"),
        ("    failed: {to: 人工}\n  下单", "  下单", "missing-key"),
        ("supplier.shipped: {set", "supplier.shiped: {set", "unknown-name"),
        ("event.tracking", "event.traking", "unknown-name"),
        ("stock.quantity < 3", "stock.quantty < 3", "unknown-name"),
    ],
)
def test_mistakes_in_a_call_are_told(business: Make, old: str, new: str, code: str) -> None:
    """Each wrong word gives a diagnostic of its kind."""
    assert old in CALLING
    with pytest.raises(DefinitionError) as error:
        business(CALLING.replace(old, new), "采购单")
    assert code in [d.code for d in error.value.diagnostics]


def test_a_suspended_case_hears_the_answer_when_it_goes_on(business: Make) -> None:
    """The time up to which it is waited for stands still, the answer is kept, and comes again under its own content."""
    case = begun(business)
    case.act("suspend", "员工:buyer", reason="盘点")
    assert case.wait(60 * MINUTES).case.node == "查库存"
    answer(case, 1, "erp", "stock", values={"quantity": 9})
    assert case.case.node == "查库存"
    case.act("resume", "员工:buyer", reason="盘完了")
    (signal,) = signals(case.case, next(event for event in case.events if event.kind == "resumed"))
    assert [d.due - case.now for d in deadlines(case.case)] == [5 * MINUTES]
    case.do(Command("replied", "c1", signal.data["by"], {**signal.data, "key": signal.key}))
    assert case.case.node == "人工"
    assert case.case.values["stock"] == {"quantity": 9}
    assert case.history_folds()
