"""A message goes where the person it is for is registered."""

from __future__ import annotations

from pathlib import Path

from flowkit import FlowKit, VirtualClock
from flowkit.app.load import load_app
from flowkit.notify.channel import Message
from tests.shop import NINE

APP = """\
app: 店
catcher: 老板
roles: {老板: {}}
channels: {sms: {preset: console}}
staff: {entity: 员工, roles: 角色, reach: {sms: 手机}}
customers: {entity: 客户, reach: {sms: 联系电话}}
---
entity: 员工
key: 号
fields: {号: text, 角色: role, 手机: phone}
rows: [{号: boss, 角色: 老板, 手机: "13800000001"}]
---
entity: 客户
key: 号
fields: {号: text, 联系电话: {type: phone, personal: true}, 手机: phone}
rows: [{号: li, 联系电话: "13800000002", 手机: "13800000003"}, {号: wu, 手机: "13800000004"}]
---
form: 报修
fields: {故障: text}
---
workflow: 工单
from: 报修
nodes:
  受理:
    owner: 老板
    do: [{notify: {to: [applicant, owner], text: 已受理, channels: sms}}]
    actions: {办结: {to: 完成}}
    timeouts: [{after: 1d, escalate: 老板}]
  完成: {end: done}
"""


class Ledger:
    """Keeps what it was given."""

    name = "sms"

    def __init__(self) -> None:
        self.sent: dict[str, str | None] = {}

    def send(self, message: Message) -> None:
        self.sent[message.to] = message.address


def test_staff_and_customers_are_reached_by_their_own_fields(tmp_path: Path) -> None:
    """Each kind of person has a field for a channel; who has none in it is not reached, whatever else he has."""
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    app, ledger = load_app(tmp_path), Ledger()
    url = f"sqlite:///{tmp_path / 'work.db'}"
    with FlowKit(app, url, clock=VirtualClock(NINE), channels={"sms": ledger}) as kit:
        kit.submit("工单", {"故障": "异响"}, by="客户:li")
        kit.submit("工单", {"故障": "异响"}, by="客户:wu")
        kit.advance()
        assert ledger.sent == {"客户:li": "13800000002", "员工:boss": "13800000001"}
        assert [effect.error for effect in kit.outbox("dropped")] == ["没有登记联系方式"]
