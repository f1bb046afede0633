"""A business that asks outside systems: an order for parts begins one request for each, which asks stock and a supplier."""

from __future__ import annotations

from pathlib import Path

from flowkit.app.app import App
from flowkit.app.load import load_app

APP = """\
app: buying
title: 配件
timezone: Asia/Shanghai
catcher: boss
roles: {boss: {title: 主管}, buyer: {title: 采购}}
staff: {entity: employee, roles: roles}
channels: {console: {preset: console}}
---
entity: employee
key: code
fields: {code: text, roles: role}
rows: [{code: wang, roles: boss}, {code: bao, roles: buyer}]
---
connector: erp
title: 库存系统
base: https://erp.example.com
operations:
  stock: {with: {part: text}, get: "/stock/{{ part }}", returns: {quantity: number, place: {type: text, required: false}}}
---
connector: supplier
title: 供应商
base: https://supplier.example.com
secret: ${env:SUPPLIER_SECRET}
operations:
  order:
    with: {part: text}
    post: /orders
    body: {sku: =part, ref: =call.key}
    ok: reply.code == 0
    message: reply.text
    returns: {order: {type: text, value: reply.data.no}}
    idempotent: ref
events:
  shipped: {when: event.ref == call.key, gives: {tracking: text}}
  recalled: {when: event.no == po, gives: {reason: text}}
---
notification: hurry
to: owner
channels: [console]
text: 请处理
---
form: need
fields: {lines: {type: rows, of: {part: {type: text, required: true}}}}
---
workflow: job
title: 工单
from: need
stages:
  whole: {title: 全程, nodes: all, timeouts: [{after: 24h, escalate: boss}]}
  open:
    title: 未了结
    nodes: {not: [done, dropped]}
    actions: {drop: {title: 取消, who: applicant, to: dropped}}
    events: {called_off: {to: dropped}}
nodes:
  waiting:
    title: 等配件
    owner: boss
    run: {workflow: request, each: lines, with: {part: =row.part}, join: all}
    next: [{when: "count(request, row.outcome == 'done') > 0", to: fitting}, {to: dropped}]
    timeouts: [{after: 2d, escalate: boss}]
  fitting: {owner: boss, actions: {fitted: {to: done}, again: {to: waiting}}, timeouts: [{after: 1d, escalate: boss}]}
  done: {end: done}
  dropped: {end: cancelled}
---
workflow: request
title: 配件申领
fields: {part: text, tracking: text, po: {type: choice, options: [P1, P2]}}
nodes:
  checking:
    call: erp.stock
    with: {part: =part}
    within: 5m
    save: stock
    next: [{when: stock.quantity < 3, to: ordering}, {to: review}]
    failed: {to: review}
  ordering:
    call: supplier.order
    with: {part: =part}
    within: 10m
    save: placed
    next: [{to: ordered}]
    failed: {to: review}
  review:
    title: 待审核
    owner: buyer
    actions: {approve: {title: 同意, to: ordering}, refuse: {to: refused}}
    timeouts: [{after: 2h, notify: hurry}]
  ordered:
    owner: buyer
    events:
      supplier.shipped: {set: {tracking: =event.tracking}, to: arrived}
      supplier.recalled: {to: refused}
    actions: {numbered: {form: {no: text}, set: {po: =numbered.no}}}
    timeouts: [{after: 1d, escalate: boss}]
  arrived: {end: done}
  refused: {end: rejected}
"""


def buying(folder: Path, *more: str) -> App:
    """The business with these documents added."""
    (folder / "app.yaml").write_text("---\n".join((APP, *more)), encoding="utf-8")
    return load_app(folder)
