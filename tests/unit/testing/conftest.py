"""A workshop with one of everything that scenarios and recorded tickets touch, small enough to play in a blink."""

from __future__ import annotations

from pathlib import Path

from flowkit.app.app import App
from flowkit.app.load import load_app

APP = """\
app: shop
title: 修车铺
timezone: Asia/Shanghai
coordinates: gcj02
catcher: boss
roles: {boss: {title: 老板}, mechanic: {title: 师傅}}
staff: {entity: employee, roles: roles}
customers: {entity: customer, by: phone}
channels: {console: {preset: console}}
---
entity: employee
key: code
label: name
fields:
  code: {type: text, required: true}
  name: text
  roles: {type: list, of: role}
  on_duty: switch
  skills: list
rows:
  - {code: wang, name: 老王, roles: [boss], on_duty: true}
  - {code: zhang, name: 张师傅, roles: [mechanic], on_duty: true, skills: [刹车, 发动机]}
  - {code: li, name: 李师傅, roles: [mechanic], on_duty: false, skills: [刹车]}
---
entity: customer
key: code
fields: {code: {type: text, required: true}, phone: {type: phone, personal: true}, kind: text}
rows:
  - {code: gov, phone: "13800000001", kind: 政府}
  - {code: zhao, phone: "13800000002", kind: 个人}
---
entity: car
key: plate
fields:
  plate: {type: text, required: true}
  owner: {type: reference, entity: customer}
  history: {type: rows, of: {fault: text, at: datetime}}
rows:
  - {plate: A1, owner: gov}
  - {plate: A2, owner: zhao}
---
form: report
fields:
  car: {type: reference, title: 车辆, entity: car, required: true}
  fault: {type: choice, title: 故障, options: [刹车, 发动机, 漆面], required: true}
  photos: media
checks:
  - {when: "fault == '刹车'", require: photos.count > 0, message: 请拍照, at: photos}
---
scorecard: urgency
title: 紧急度
factors:
  - {label: 刹车, when: "fault == '刹车'", points: 5}
  - {label: 政府, when: "car.owner.kind == '政府'", points: 3}
bands:
  - {name: vip, title: 加急, at_least: 7}
  - {name: normal, title: 普通, at_least: 0}
---
dispatch: crew
among: mechanic
require:
  - {label: 当班, when: candidate.on_duty}
  - {label: 会修, when: fault in candidate.skills}
prefer: [{label: 闲, value: -candidate.open_tasks}]
otherwise: boss
---
notification: hurry
to: owner
channels: [console]
text: "{{ case.number }} 请接单"
---
workflow: repair
from: report
number: "X{{ date }}-{{ sequence(3) }}"
nodes:
  scoring:
    do: [{score: urgency}]
    next: [{to: waiting}]
  waiting:
    title: 待接单
    owner: {dispatch: crew}
    actions:
      accept: {title: 接单, to: working}
      refuse: {title: 退单, form: {reason: {type: text, title: 原因, required: true}}, not: owner, to: waiting}
    timeouts:
      - {after: 15m, notify: hurry}
      - {after: 30m, reassign: boss}
      - {after: 1h, escalate: boss}
  working:
    title: 维修中
    owner: =waiting.owner
    actions:
      finish:
        title: 完工
        form: {price: {type: money, title: 收费, required: true}}
        checks: [{require: finish.price > 0, message: "收费 {{ finish.price }} 不对"}]
        to: done
    timeouts: [{after: 1d, escalate: boss}]
  done:
    do: [{record: =car, add: {history: {fault: =fault, at: =now}}}]
    end: done
"""

MAP = """\
mapping: tickets
workflow: repair
fields: {car: =row.车牌, fault: =row.故障, photos: =row.照片}
by: =row.客户
at: =row.时间
closed: =row.关闭
key: =row.单号
"""


def shop(folder: Path, *more: str) -> App:
    """The workshop with these documents added."""
    (folder / "app.yaml").write_text("---\n".join((APP, *more)), encoding="utf-8")
    return load_app(folder)
