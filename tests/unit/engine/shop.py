"""A business in memory: commands are judged, events folded, records looked up in the app's own rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from flowkit.app.app import App
from flowkit.engine.apply import apply, fold
from flowkit.engine.case import Case, Event, Secret, timers
from flowkit.engine.command import Command
from flowkit.engine.decide import decide
from flowkit.engine.facts import Facts, Need
from flowkit.engine.offers import offers

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

REPAIRS = """
app: 修理铺
catcher: 老板
roles: {老板: {}, 师傅: {}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 客户}
channels: {console: {preset: console}}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: {type: list, of: role}, 当班: switch, 单价: number}
rows:
  - {工号: boss, 角色: [老板], 当班: true}
  - {工号: zhang, 角色: [师傅], 当班: true, 单价: 3}
  - {工号: li, 角色: [师傅], 当班: true, 单价: 5}
---
entity: 客户
key: 编号
fields: {编号: text, 级别: text, 手机: {type: phone, personal: true}}
rows: [{编号: wang, 级别: 金}, {编号: zhao}]
---
entity: 车
key: 车牌
fields: {车牌: text, 车主: {type: reference, entity: 客户}, 里程: {type: number, min: 0}, 履历: {type: rows, of: {事: text}}}
rows: [{车牌: 浙A12345, 车主: wang, 里程: 100}]
---
form: 报修
fields:
  车: {type: reference, entity: 车, required: true}
  故障: {type: text, required: true}
  电话: {type: phone, personal: true}
---
scorecard: 紧急
factors: [{label: 着火, when: "contains(故障, '火')", points: 7}, {label: 金卡, when: 车.车主.级别 == '金', points: 1}]
bands: [{name: 急, at_least: 7, set: {标记: red}}, {name: 常}]
---
workflow: 工单
from: 报修
number: "{{ date }}-{{ sequence(3) }}"
fields: {标记: text, 份数: number}
nodes:
  分诊:
    do: [{score: 紧急}]
    next: [{to: 待接单}]
  待接单:
    owner:
      dispatch:
        among: 师傅
        require: [{label: 当班, when: candidate.当班}]
        prefer: [{label: 闲, value: -candidate.open_tasks}]
        otherwise: 老板
    actions:
      接单: {to: 处理中}
      退单: {not: owner, to: 待接单}
    timeouts: [{after: 10m, notify: 没人接}, {after: 20m, reassign: 老板}]
  处理中:
    owner: =待接单.owner
    actions:
      打卡: {form: {公里: number}}
      算账: {do: [{set: {份数: =打卡.公里 / 0}}], to: 完成}
      改: {edit: [故障]}
      留电话: {do: [{record: =applicant, set: {手机: =电话}}]}
      完工: {when: 打卡.done, do: [{record: =车, set: {里程: =车.里程 + 打卡.公里}, add: {履历: {事: =故障}}}], to: 等件}
    timeouts: [{after: 1h, escalate: 老板, repeat: 2, every: 30m}]
  等件:
    events: {到货: {to: 完成}}
    timeouts: [{after: 2d, to: 完成}]
  完成: {end: done}
---
notification: 没人接
to: [owner, 老板]
text: "{{ case.number }} {{ 电话 }} 还没人接"
"""


class Business:
    """One case of one workflow, played without a database."""

    def __init__(self, app: App, workflow: str) -> None:
        self.app, self.workflow = app, app.workflows[workflow]
        self.now = START
        self.case, self.events, self.secrets = Case(), list[Event](), dict[str, Secret]()
        self.loads: dict[str, int] = {}
        self.sequence = 0

    def submit(self, by: str = "客户:wang", **values: Any) -> Business:
        return self.do(Command("submit", "c1", by, {"workflow": self.workflow.name, "values": values}, "salt"))

    def act(self, action: str, by: str, visit: int | None = None, **values: Any) -> Business:
        return self.do(Command("act", "c1", by, {"action": action, "values": values, "visit": visit}, "pepper"))

    def signal(self, name: str, key: str = "k") -> Business:
        return self.do(Command("signal", "c1", "system:test", {"name": name, "values": {}, "key": key}))

    def retry(self, by: str) -> Business:
        return self.do(Command("retry", "c1", by))

    def wait(self, span: timedelta) -> Business:
        """Let time pass; whatever falls due on the way happens at its own time."""
        end = self.now + span
        while due := sorted(d for d in ((d.due, d.name, d.visit, d.n) for d in timers(self.case)) if d[0] <= end):
            self.now, name, visit, n = due[0]
            self.do(Command("timeout", "c1", "system:timer", {"deadline": name, "visit": visit, "n": n}))
        self.now = end
        return self

    def do(self, command: Command) -> Business:
        got: dict[Any, Any] = {}
        while True:
            try:
                decision = decide(self.workflow, self.case, command, self.facts(got), self.now)
                break
            except Need as need:
                got.update({want: self._fetch(want) for want in need.wants})
        for event in decision.events:
            self.case = apply(self.case, event)
        self.events += decision.events
        self.secrets |= {s.ref: s for s in decision.secrets}
        return self

    def offered(self, actor: str) -> list[str]:
        got: dict[Any, Any] = {}
        while True:
            try:
                return [o.name for o in offers(self.workflow, self.case, actor, self.facts(got), self.now)]
            except Need as need:
                got.update({want: self._fetch(want) for want in need.wants})

    def facts(self, got: dict[Any, Any]) -> Facts:
        return Facts(self.app.people(self.app.rows), got)

    def kinds(self) -> list[str]:
        return [e.kind for e in self.events]

    def last(self, kind: str) -> dict[str, Any]:
        return dict(next(e for e in reversed(self.events) if e.kind == kind).data)

    def history_folds(self) -> bool:
        """Whether the history, once through the store's form, tells of the same case."""
        stored = [json.loads(json.dumps(e.as_json(), ensure_ascii=False)) for e in self.events]
        again = fold(Event.from_json(e) for e in stored)
        return again == self.case and Case.from_json(json.loads(json.dumps(self.case.as_json()))) == self.case

    def _fetch(self, want: tuple[Any, ...]) -> Any:
        match want:
            case ("record", entity, key):
                return self.app.rows[entity].get(key)
            case ("lines", *_):
                return []
            case ("loads", _):
                return self.loads
            case ("personal", ref):
                return self.secrets[ref].value
            case ("sequence", _):
                self.sequence += 1
                return self.sequence
        raise AssertionError(want)
