"""Messages on their way out: to the address that the person's own entity names, and none keeps the others waiting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowkit import FlowKit, VirtualClock
from flowkit.notify.channel import Message
from flowkit.store.connection import Statement
from tests.shop import NINE, PHONE, SHOP, shop

REACHED = (
    SHOP.replace("roles: 角色}", "roles: 角色, reach: {console: 分机}}")
    .replace("当班: switch}", "当班: switch, 分机: text}")
    .replace("号: boss,", "号: boss, 分机: '8001',")
    .replace("customers: {entity: 客户}", "customers: {entity: 客户, reach: {console: 电话}}")
    .replace("{to: 处理中}", '{to: 处理中, notify: [{to: applicant, text: "{{ 电话 }}"}, {to: 老板, text: 快}]}', 1)
)


class Recorder:
    name = "console"

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, message: Message) -> None:
        self.sent.append(message)


@pytest.fixture
def channel() -> Recorder:
    return Recorder()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


@pytest.fixture
def kit(tmp_path: Path, channel: Recorder, clock: VirtualClock) -> Iterator[FlowKit]:
    with FlowKit(shop(tmp_path / "app", text=REACHED), "sqlite://", clock=clock, channels={"console": channel}) as kit:
        yield kit


def accept_a_repair(kit: FlowKit) -> str:
    case = kit.submit("工单", {"故障": "异响", "电话": PHONE}, by="客户:li")
    return kit.act(case.id, "接单", by=case.owner[0]).id


def test_each_is_reached_by_the_field_of_his_own_entity(kit: FlowKit, channel: Recorder) -> None:
    """Staff and customers name different fields for one channel; who has nothing there is told as not reached."""
    accept_a_repair(kit)
    lines = kit.advance().lines
    assert {(m.to, m.address) for m in channel.sent} == {("客户:li", "13877770001"), ("员工:boss", "8001")}
    assert [line for line in lines if "没有登记联系方式" in line]


def test_a_message_that_cannot_be_put_together_keeps_no_other_waiting(
    kit: FlowKit, channel: Recorder, clock: VirtualClock
) -> None:
    """Somebody tampered with a sealed value: its message is tried again and at last listed, those behind it leave at once."""
    case = accept_a_repair(kit)
    nonsense = Statement("UPDATE personal SET ciphertext = ? WHERE ref LIKE ?")
    kit._writer.perform(lambda inside: inside.write(nonsense, [("A" * 64, f"{case}/%")]))
    kit.advance()
    assert [m.to for m in channel.sent] == ["员工:boss"]
    for _ in range(20):
        clock.move(timedelta(hours=1))
        kit.advance()
    assert [fault.kind for fault in kit.given_up()] == ["message"]
