"""What people read of a quote in the elevator example: the customer what, how much and where; the office how much; nobody else's notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowkit import FlowKit, VirtualClock, load_app
from tests.shop import NINE

EXAMPLE = Path(__file__).parents[2] / "examples" / "elevator_maintenance"
CUSTOMER = "customer:P02"
PHOTOS = {"fault": ["a.jpg"], "repaired": ["b.jpg"], "nameplate": ["c.jpg"]}


@pytest.fixture
def kit() -> Iterator[FlowKit]:
    with FlowKit(load_app(EXAMPLE, scenarios=False), "sqlite://", clock=VirtualClock(NINE)) as kit:
        yield kit


def quoted(kit: FlowKit) -> str:
    """A quote that its first signer has before him, returned once and made cheaper."""
    case = kit.submit("quote", {"elevator": "E008", "why": "门机该换了"}, by="employee:wang").id
    kit.act(case, "submit", {"lines": [{"item": "门机", "amount": "5000"}]}, by="employee:wang")
    kit.act(case, "return", {"opinion": "太贵"}, by="employee:tang")
    kit.act(case, "submit", {"lines": [{"item": "门机", "amount": "1600"}]}, by="employee:wang")
    return case


def test_whoever_signs_for_a_quote_reads_the_amount_on_its_card(kit: FlowKit) -> None:
    """The card among his tasks says what is to be repaired and what it costs in all."""
    case = quoted(kit)
    assert kit.cards([case], "employee:tang")[case].lines == ("门机该换了", "合计 1,600.00 元")


def test_a_customer_is_told_what_a_quote_is_about(kit: FlowKit) -> None:
    """What is to be repaired, the total and where to sign; and of the case only that: no opinion, no earlier price."""
    case = quoted(kit)
    kit.act(case, "approve", {"opinion": "内部意见"}, by="employee:tang")
    assert isinstance(kit.clock, VirtualClock)
    kit.clock.move(timedelta(minutes=6))
    kit.advance()
    said = next(m.text for m in kit.messages(case) if m.to == CUSTOMER and m.title == "请确认报价")
    for part in ("门机该换了", "1,600.00 元", "E008", case):
        assert part in said
    seen = kit.case(case, CUSTOMER).values
    assert seen.keys() == {"elevator", "why", "quote_sheet"}
    assert seen["quote_sheet"] == {"lines": [{"item": "门机", "amount": "1600.00"}], "total": "1600.00"}


def test_customers_read_nothing_that_was_written_for_the_office(kit: FlowKit) -> None:
    """Neither how it was reported nor the mark, how arrival was shown, or why the inspector sent the work back."""
    report = {"elevator": "E008", "fault_type": "门机故障", "description": "关不上", "phone": "13800000104"}
    case = kit.submit("repair_order", report, by=CUSTOMER).id
    kit.act(case, "assign", {"technician": "wang"}, by="employee:chen")
    kit.act(case, "arrive_by_photo", {"place": ["d.jpg"], "note": "地下室没有信号"}, by="employee:wang")
    kit.act(case, "finish", PHOTOS, by="employee:wang")
    kit.act(case, "reject", {"reason": "还没擦干净"}, by="employee:zheng")
    office, customer = kit.case(case, "employee:fang").values, kit.case(case, CUSTOMER).values
    assert {"source", "arrival"} <= office.keys()
    assert not {"source", "flag", "arrival"} & customer.keys()
    assert office["reject"] == {"reason": "还没擦干净"}
    assert not customer.get("reject")
    assert "note" not in customer.get("on_site", {})
