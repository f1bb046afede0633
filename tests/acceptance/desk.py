"""A service desk of five people, for what people do with a case together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import flowkit
from flowkit.clock import VirtualClock
from flowkit.engine.command import Command
from flowkit.errors import RefusedError
from flowkit.notify.channel import DeliveryError, Message
from flowkit.runtime.work import Work
from tests.unit.engine.shop import START

DESK = """
app: 服务台
catcher: 经理
roles: {经理: {}, 主管: {may: [suspend, resume], sees: all}, 接线: {sees: all}, 师傅: {sees: all}}
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


def refused(desk: Desk, case: str, what: str, by: str, **values: object) -> str:
    """The words of a refusal; nothing has changed."""
    before = desk.case(case)
    with pytest.raises(RefusedError) as refusal:
        desk.act(case, what, values, by=by)
    assert desk.case(case) == before
    return " ".join([refusal.value.message, *(p.words for p in refusal.value.problems)])


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

    def at_once(self, *what: tuple[str, dict[str, Any], str, str]) -> list[object]:
        """Commands in one batch of the writer's: an action, its values, by whom, on which case; or a timeout. What each
        came to."""
        works = [Work(self._command(*each)) for each in what]
        busy, enough = threading.Event(), threading.Event()

        def keep_busy(inside: object) -> None:
            busy.set()
            enough.wait(20)

        # The writer is kept busy until all of them stand before it.
        holding = threading.Thread(target=self._writer.perform, args=(keep_busy,))
        holding.start()
        assert busy.wait(20)
        self._writer.put(works)
        enough.set()
        holding.join(20)
        for work in works:
            work.done.exception()
            for follow in work.follow_ups:
                follow.done.exception()
        return [work.done.exception() or work.done.result() for work in works]

    def _command(self, action: str, values: dict[str, Any], by: str, case: str) -> Command:
        if action == "timeout":
            return Command("timeout", case, "system:timer", values)
        return Command("act", case, by, {"action": action, "values": values, "visit": None}, "pepper")

    def spending(self, case: str, action: str, by: str, **values: Any) -> list[tuple[int, int]]:
        """How many reads and writes a command took, and each of those it brought about."""
        spent: list[tuple[int, int]] = []
        commit = self._writer._commit

        def counting(works: list[Work]) -> None:
            commit(works)
            spent.append(self.spent)

        self._writer._commit = counting  # type: ignore[method-assign]
        try:
            self.act(case, action, values, by=by)
        finally:
            self._writer._commit = commit  # type: ignore[method-assign]
        return spent

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
