"""A business of two offices for tests of rights: staff of each, people without an office or a role, two customers.

What may not be seen by somebody else is marked by canaries: texts that stand nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.app.app import App
from tests.shop import NINE

OFFICES = """
app: 维修站
catcher: 经理
timezone: Asia/Shanghai
channels: {console: {preset: console}}
staff: {entity: 员工, roles: 角色, unit: 门店, reach: {console: 手机}}
customers: {entity: 客户}
roles:
  维修: {}
  调度: {sees: unit}
  经理: {sees: all}
  质检: {sees: "=row.node == '质检' or (row.加急 and row.open)"}
  品类: {sees: "=row.品类 in actor.品类 and not (row.workflow == '领料')"}
  客服: {sees: "=row.applicant <> actor and row.outcome == 'done'"}
---
entity: 员工
key: 号
label: 名
fields:
  号: text
  名: text
  角色: {type: list, of: role}
  门店: text
  品类: {type: choices, options: [电梯, 空调]}
  手机: phone
rows:
  - {号: boss, 名: 经理一, 角色: [经理]}
  - {号: ann, 名: 滨江调度, 角色: [调度], 门店: 滨江}
  - {号: bob, 名: 滨江维修, 角色: [维修], 门店: 滨江}
  - {号: ben, 名: 滨江维修二, 角色: [维修], 门店: 滨江}
  - {号: carl, 名: 西湖调度, 角色: [调度], 门店: 西湖}
  - {号: dora, 名: 西湖维修, 角色: [维修, 品类], 门店: 西湖, 品类: [电梯]}
  - {号: hugo, 名: 西湖维修二, 角色: [维修], 门店: 西湖}
  - {号: emil, 名: 质检, 角色: [质检]}
  - {号: fred, 名: 品类经理, 角色: [品类], 品类: [空调]}
  - {号: gina, 名: 客服, 角色: [客服]}
  - {号: hans, 名: 没有角色}
  - {号: ivan, 名: 游走维修, 角色: [维修]}
---
entity: 客户
key: 号
label: 名
fields: {号: text, 名: text, 电话: {type: phone, personal: true}}
rows: [{号: li, 名: 李氏, 电话: "13800000001"}, {号: wu, 名: 吴氏}]
---
form: 报修
fields:
  门店: {type: choice, options: [滨江, 西湖]}
  品类: {type: choice, options: [电梯, 空调], required: true}
  说明: {type: text, required: true}
  附件: media
  电话: {type: phone, personal: true}
---
workflow: 工单
from: 报修
number: "{{ date }}-{{ sequence(3) }}"
unit: =门店
fields:
  加急: switch
  备注: text
  成本: {type: money, hidden_from: [维修, customers]}
stages:
  全程:
    nodes: {not: [完成, 取消]}
    actions:
      加急: {who: [调度, 经理], do: [{set: {加急: true, 备注: =说明}}]}
      撤回: {who: applicant, to: 取消}
nodes:
  待接单:
    owner: 维修
    actions:
      接单: {to: 处理中}
    timeouts: [{after: 30m, escalate: 调度}]
  处理中:
    owner: =待接单.owner
    do: [{print: 派工单}, {notify: {to: owner, text: "请处理 {{ 说明 }}"}}]
    actions:
      领料: {to: 等料}
      完工: {form: {费用: {type: money, hidden_from: 品类}}, do: [{set: {成本: =完工.费用 * 2}}], to: 质检}
    timeouts: [{after: 1d, escalate: 调度}]
  等料:
    owner: =待接单.owner
    run: {workflow: 领料, with: {件: =说明}}
    next: [{to: 处理中}]
    timeouts: [{after: 1d, escalate: 经理}]
  质检:
    owner: 质检
    actions:
      通过: {to: 完成}
      驳回: {form: {原因: {type: text, required: true}}, to: 处理中}
    timeouts: [{after: 1d, escalate: 经理}]
  完成: {end: done}
  取消: {end: cancelled}
---
workflow: 领料
unit: =仓库
fields: {件: text, 仓库: text}
nodes:
  发料:
    owner: 经理
    actions: {发出: {to: 完}}
    timeouts: [{after: 1d, escalate: 经理}]
  完: {end: done}
---
print: 派工单
page: 派工单.txt
"""

STAFF = ("boss", "ann", "bob", "ben", "carl", "dora", "hugo", "emil", "fred", "gina", "hans", "ivan")
PEOPLE = (*(f"员工:{key}" for key in STAFF), "客户:li", "客户:wu")


def offices(folder: Path, text: str = OFFICES) -> App:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    (folder / "派工单.txt").write_text("说明 {{ 说明 }} 电话 {{ 电话 }}\n", encoding="utf-8")
    return load_app(folder)


def opened(app: App, folder: Path) -> FlowKit:
    return FlowKit(app, f"sqlite:///{folder / 'work.db'}", clock=VirtualClock(NINE))
