"""A small business for tests of the shell: a repair shop with a dispatch, timeouts, a personal field and an event."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flowkit.app.app import App
from flowkit.app.load import load_app

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Nine in the morning in Shanghai, a Monday."""

PHONE = "13899990001"

SHOP = """
app: 修车铺
catcher: 老板
channels: {console: {preset: console}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 客户}
roles: {师傅: {title: 师傅}, 老板: {title: 老板}}
---
entity: 员工
key: 号
fields: {号: text, 名: text, 角色: role, 当班: switch}
rows:
  - {号: boss, 名: 老板, 角色: 老板, 当班: true}
STAFF
---
entity: 客户
key: 号
fields: {号: text, 电话: {type: phone, personal: true}}
rows: [{号: li, 电话: "13877770001"}, {号: wu}]
---
entity: 车
key: 牌
fields: {牌: text, 客户: {type: reference, entity: 客户}, 里程: {type: number, min: 0}, 履历: {type: rows, of: {故障: text}}}
rows: [{牌: A1, 客户: li, 里程: 10}]
---
form: 报修
fields:
  故障: {type: text, required: true}
  电话: {type: phone, personal: true}
  车: {type: reference, entity: 车}
---
workflow: 工单
from: 报修
number: "{{ date }}-{{ sequence(3) }}"
nodes:
  待接单:
    owner: {dispatch: {among: 师傅, require: [{label: 当班, when: candidate.当班}], prefer: [{label: 闲, value: -candidate.open_tasks}], otherwise: 老板}}
    actions:
      接单: {to: 处理中}
      退单: {to: 待接单, not: owner}
    timeouts:
      - {after: 10m, notify: {to: owner, text: "请接 {{ 电话 }} 的 {{ 故障 }}"}}
      - {after: 30m, reassign: 老板}
  处理中:
    owner: =待接单.owner
    events:
      配件到: {to: 处理中}
    actions:
      完工: {form: {收费: {type: money, required: true}}, to: 完成}
    timeouts: [{after: 1d, escalate: 老板, repeat: 2, every: 1d}]
  完成:
    do: [{record: =车, set: {里程: =车.里程 + 1}, add: {履历: {故障: =故障}}}]
    end: done
"""


def write_shop(folder: Path, technicians: int = 10, text: str = SHOP) -> Path:
    staff = "\n".join(f"  - {{号: w{i}, 名: 师傅{i}, 角色: 师傅, 当班: true}}" for i in range(technicians))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.yaml").write_text(text.replace("STAFF", staff), encoding="utf-8")
    return folder


def shop(folder: Path, technicians: int = 10, text: str = SHOP) -> App:
    return load_app(write_shop(folder, technicians, text))
