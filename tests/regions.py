"""A business with units, managers and a duty plan for tests: a lift company in a province, with rows that tests add."""

from __future__ import annotations

from pathlib import Path

from flowkit.app.app import App
from flowkit.app.load import load_app

REGIONS = """
app: 省公司
catcher: 总调
units: {entity: 区域, parent: 上级}
roles:
  总调: {title: 总调, sees: all}
  调度: {title: 调度, sees: all}
  维修: {title: 维修员, sees: all, manager: 班长}
  班长: {title: 班长, sees: all, manager: 总调}
  人事: {title: 人事, sees: all, may: [reassign, move, substitute]}
staff:
  entity: 员工
  roles: 角色
  unit: 区域
  manager: 上级
  duty: {entity: 排班, person: 员工, from: 开始, until: 结束}
---
entity: 区域
key: 名
fields: {名: text, 上级: {type: reference, entity: 区域}, 电话: text}
rows:
  - {名: 全省}
  - {名: 杭州, 上级: 全省}
  - {名: 滨江, 上级: 杭州, 电话: "0571-1"}
  - {名: 西湖, 上级: 杭州}
  - {名: 宁波, 上级: 全省}
---
entity: 员工
key: 号
label: 名
fields:
  号: text
  名: text
  角色: {type: list, of: role}
  区域: {type: list, of: {type: reference, entity: 区域}}
  上级: {type: reference, entity: 员工}
  位置: text
rows:
  - {号: zong, 名: 总调甲, 角色: [总调]}
  - {号: diao, 名: 调度甲, 角色: [调度], 区域: [杭州]}
  - {号: ning, 名: 宁波调度, 角色: [调度], 区域: [宁波]}
  - {号: bin, 名: 滨江师傅, 角色: [维修], 区域: [滨江], 上级: ban}
  - {号: bing, 名: 滨江徒弟, 角色: [维修], 区域: [滨江]}
  - {号: xi, 名: 西湖师傅, 角色: [维修], 区域: [西湖, 滨江]}
  - {号: hang, 名: 机动师傅, 角色: [维修], 区域: [杭州]}
  - {号: ban, 名: 班长甲, 角色: [班长], 区域: [杭州]}
  - {号: ren, 名: 人事甲, 角色: [人事], 区域: [杭州]}
---
entity: 排班
key: 编号
fields: {编号: text, 员工: {type: reference, entity: 员工}, 开始: datetime, 结束: datetime}
rows:
  - {编号: "1", 员工: bin, 开始: "2026-03-02 08:00", 结束: "2026-03-02 20:00"}
  - {编号: "2", 员工: xi, 开始: "2026-03-02 20:00", 结束: "2026-03-03 08:00"}
---
form: 报修
fields:
  地点: {type: reference, entity: 区域}
  故障: text
---
workflow: 工单
from: 报修
unit: =地点
nodes:
  待接单:
    owner: OWNER
    actions:
      接单: {to: 处理中}
      汇报位置: {form: {在: text}, do: [{record: =me, set: {位置: =汇报位置.在}}]}
    timeouts: [{after: 1h, escalate: 总调}]
  处理中:
    owner: =待接单.owner
    actions:
      完工: {to: 完}
    timeouts: [{after: 1d, escalate: 总调}]
  完: {end: done}
"""


def regions(folder: Path, owner: str = "维修", text: str = REGIONS, more: str = "") -> App:
    """The business with that owner (who) of its first node; `more` are documents beside."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.yaml").write_text(text.replace("OWNER", owner) + more, encoding="utf-8")
    return load_app(folder)
