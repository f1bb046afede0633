"""A service desk of five people, for what people do with a case together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import flowkit
from flowkit.clock import VirtualClock
from flowkit.notify.channel import DeliveryError, Message
from tests.unit.engine.shop import START

DESK = """
app: 服务台
catcher: 经理
roles: {经理: {}, 主管: {may: [suspend, resume]}, 接线: {}, 师傅: {}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 客户}
channels: {console: {preset: console}}
---
entity: 员工
key: 工号
label: 姓名
fields: {工号: text, 姓名: text, 角色: {type: list, of: role}}
rows:
  - {工号: boss, 姓名: 老板, 角色: [经理]}
  - {工号: qian, 姓名: 钱一, 角色: [主管]}
  - {工号: li, 姓名: 李强, 角色: [接线]}
  - {工号: wang, 姓名: 王伟, 角色: [接线]}
  - {工号: wei, 姓名: 王伟, 角色: [师傅]}
---
entity: 客户
key: 编号
fields: {编号: text}
rows: [{编号: zhao}, {编号: sun}]
---
form: 来电
fields: {事由: {type: text, required: true}, 急: switch}
---
workflow: 接听
from: 来电
number: "T{{ sequence(3) }}"
stages:
  全程: {nodes: all, timeouts: [{after: 2d, escalate: 经理}]}
nodes:
  待办:
    owner: 接线
    actions: {转: {to: 办理}, 等: {to: 等件}, 派: {to: 派活}, 完: {to: 完}}
    timeouts: [{after: 2h, escalate: 经理, notify: {to: owner, cc: 主管, text: 还没办}}]
  办理:
    owner: =待办.owner
    actions: {完: {to: 完}, 等: {to: 等件}, 派: {to: 派活}}
    timeouts: [{after: 4h, escalate: 经理}]
  等件:
    clock: paused
    owner: 接线
    actions: {催: {}}
    events: {到货: {to: 办理}}
    timeouts: [{after: 1d, to: 办理}]
  派活:
    owner: 接线
    run: {workflow: 上门, with: {事由: =事由}}
    next: [{to: 完}]
    timeouts: [{after: 3d, escalate: 经理}]
  完: {end: done}
---
workflow: 上门
from: 来电
nodes:
  干活: {owner: 师傅, actions: {干完: {to: 好}}, timeouts: [{after: 1d, escalate: 经理}]}
  好: {end: done}
"""
BOSS, QIAN, LI, WANG, WEI = (f"员工:{key}" for key in ("boss", "qian", "li", "wang", "wei"))
ZHAO, SUN = "客户:zhao", "客户:sun"


class Listener:
    """Takes messages, but none of the title that it is deaf for."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.deaf = ""

    def send(self, message: Message) -> None:
        if self.deaf and message.title == self.deaf:
            raise DeliveryError("no answer")
        self.got.append(message)

    def told(self, actor: str, title: str) -> list[str]:
        """The texts of that title that somebody got."""
        return [m.text for m in self.got if (m.to, m.title) == (actor, title)]


class Desk(flowkit.FlowKit):
    """The desk at work; `begin()` gives the id of a new case."""

    clock: VirtualClock
    listener: Listener

    def begin(self, by: str = ZHAO, workflow: str = "接听") -> str:
        return self.submit(workflow, {"事由": "坏了"}, by=by).id

    def later(self, **span: float) -> None:
        self.clock.move(timedelta(**span))
        self.advance()

    def able(self, case: str, by: str) -> list[str]:
        return [name for name, _ in self.case(case, by=by).operations]

    def due(self, case: str) -> dict[str, timedelta]:
        """What is due of a case, from now."""
        return {d.title: d.due - self.clock.now() for d in self.case(case).deadlines}


@contextmanager
def opened(folder: Path, text: str = DESK) -> Iterator[Desk]:
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    app, listener = flowkit.load_app(folder), Listener()
    url = f"sqlite:///{folder / 'work.db'}"
    with Desk(app, url, clock=VirtualClock(START), channels={"console": listener}) as desk:
        desk.listener = listener
        yield desk
        desk.advance()
        assert not desk.verify()
