"""A business for tests of the pages: two offices, doors, views, and a form with a field of every kind.

`Branch` is it at work, with a case of West Lake that strangers look for, and browsers that somebody is signed in with.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from flowkit import FlowKit, VirtualClock
from flowkit.app.app import App
from flowkit.notify.channel import DeliveryError, Message
from flowkit.testing.cast import Cast
from flowkit.web import create_app, guard
from flowkit.web.links import progress_path, report_path
from flowkit.web.pages.page import Page
from flowkit.web.passwords import kept
from flowkit.web.signing import Signer
from tests.offices import OFFICES, offices
from tests.shop import NINE

TEXT, PHONE, WORD = "绝密甲", "13987654321", "right battery horse"

ONLINE = (
    OFFICES.replace("customers: {entity: 客户}", "customers: {entity: 客户, by: 电话}")
    .replace("timezone: Asia/Shanghai", "timezone: Asia/Shanghai\ncoordinates: gcj02")
    .replace("角色: [经理]}", '角色: [经理], 手机: "13900000001"}')
    + """
---
entity: 设备
key: 号
label: 名
fields: {号: text, 名: text, 门店: text, 履历: {type: rows, of: {事: text}}}
rows: [{号: D1, 名: 一号机, 门店: 滨江, 履历: [{事: 旧账}]}, {号: D2, 名: 二号机, 门店: 西湖}]
---
form: 各样
fields:
  文: {type: text, required: true}
  长: {type: text, max_length: 200, help: 说清楚一点}
  数: {type: number, min: 0, max: 100000}
  钱: money
  日: date
  时: time
  刻: datetime
  久: duration
  开: switch
  星: {type: rating}
  电: phone
  牌: plate
  邮: email
  址: address
  位: location
  选: {type: choice, options: [甲, 乙]}
  多: {type: choices, options: [甲, 乙, 丙]}
  行: {type: list, of: text}
  人: person
  岗: role
  机: {type: reference, entity: 设备}
  片: {type: media, accept: [image, video], max: 3}
  签: signature
  表: {type: rows, of: {名: {type: text, required: true}, 量: {type: number, min: 1}, 机: {type: reference, entity: 设备}}}
---
workflow: 万能
from: 各样
fields: {}
nodes:
  看:
    owner: 维修
    actions: {办: {form: {注: {type: text, required: true}, 量: number}, to: 完}}
    timeouts: [{after: 1d, escalate: 经理}]
  完: {end: done}
---
intake: 扫码
per: 设备
applicant: {by: 电话}
opens: {workflow: 工单, with: {门店: =row.门店}}
---
intake: 网上
applicant: {by: 电话}
opens: {workflow: 工单}
---
intake: 接待
who: 经理
applicant: {by: 电话}
opens: {workflow: 工单}
---
view: 看板
of: 工单
board: {by: node}
filters: [品类, unit]
---
view: 清单
of: 工单
columns: [number, 品类, node, owner, due]
filters: [品类]
"""
)

WAVE = "员工:dora"
"Who works on the case."

STRANGERS = {
    "another unit's": "员工:ann",
    "without a role": "员工:hans",
    "another customer": "客户:li",
    "signed out": "",
}

UNCOUNTED = ("refusals",)
"Tables that note what was tried, which is no change of what there is."


def online(folder: Path) -> App:
    return offices(folder, ONLINE)


class Dead:
    """A channel that takes nothing."""

    name = "console"

    def send(self, message: Message) -> None:
        raise DeliveryError("停机", permanent=True)


@dataclass
class Trying:
    """Stands in for a demo: who one can be, a clock."""

    clock: VirtualClock
    cast: Cast
    messages: tuple[dict[str, Any], ...] = ()

    def push(self, minutes: int) -> None:
        self.clock.move(timedelta(minutes=minutes))


@dataclass
class Branch:
    """`served` is the pages over `kit`; the ids are of the case that strangers look for."""

    kit: FlowKit
    clock: VirtualClock
    database: Path
    served: Starlette
    case: str = ""
    number: str = ""
    upload: str = ""
    page: str = ""
    progress: str = ""
    report: str = ""
    standing: str = ""
    free: str = ""
    caught: str = ""
    dead: str = ""
    marks: tuple[str, ...] = ()

    @property
    def signer(self) -> Signer:
        found: Signer = self.served.state.site.signer
        return found

    def path(self, page: Page | str) -> str:
        """The address of a page with what is foreign in it."""
        address = page if isinstance(page, str) else page.path
        return re.sub(r"\{(\w+)(:path)?\}", lambda found: quote(self.params_of(address)[found[1]]), address)

    def params_of(self, address: str) -> dict[str, str]:
        token = self.report if address.startswith("/report") else self.progress
        action = "撤回" if address.startswith("/progress") else "完工"
        intake = "接待" if address.startswith("/desk") else "网上"
        own = {"token": token, "action": action, "intake": intake, "case": self.case, "upload": self.upload}
        return {**own, "file": self.page, "workflow": "工单", "view": "看板"}

    def browser(self, actor: str = "", **how: Any) -> Browser:
        return Browser(self, actor, **how)

    def dump(self) -> dict[str, list[Any]]:
        """Everything that stands in the database, but for notes of what was refused."""
        with sqlite3.connect(self.database) as base:
            tables = [
                name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
            ]
            return {
                name: base.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables if name not in UNCOUNTED
            }


class Browser(TestClient):
    """A browser with which somebody is signed in, or nobody. It follows nowhere by itself."""

    def __init__(self, branch: Branch, actor: str = "", app: Any = None, base_url: str = "http://testserver") -> None:
        super().__init__(app or branch.served, base_url=base_url, raise_server_exceptions=False, follow_redirects=False)
        self.branch, self.actor = branch, actor
        if actor:
            self.plant(guard.SESSION, branch.kit.accounts.begin_session(actor))
        self.token = self.read_token()

    def plant(self, name: str, value: str) -> None:
        """Put a cookie where ours lie, so that ours take its place."""
        self.cookies.set(name, value, domain="testserver.local", path="/")

    def read_token(self) -> str:
        text = self.get(self.branch.path("/open/{intake}")).text
        found = re.search(r'data-token="(\w+)"', text)
        self.token = found[1] if found else ""
        return self.token

    def submit(self, path: str, given: Any = (), files: Any = None, **how: Any) -> Any:
        """Post a form of ours with what it must carry."""
        return self.post(path, data={"_token": self.token, **dict(given)}, files=files, **how)


def at_work(app: App, folder: Path, **how: Any) -> Branch:
    """The business with a case of West Lake on which Dora works, of Mr Wu; `how` goes to `create_app`."""
    clock, database = VirtualClock(NINE), folder / "work.db"
    kit = FlowKit(app, f"sqlite:///{database}", clock=clock, channels={"console": Dead()})
    demo = Trying(clock, Cast(kit)) if how.pop("demo", False) else None
    branch = Branch(kit, clock, database, create_app(kit, demo=demo, **how))
    kit.accounts.keep("dora", WAVE, kept(WORD))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flowkit.prints.paper.can_print", lambda: False)  # Typesetting takes seconds a page.
        _foreign(branch)
    return branch


def _foreign(b: Branch) -> None:
    kit = b.kit
    b.upload = kit.upload(b"%PDF-1.7\n%%EOF", f"{TEXT}.pdf", by="客户:wu").id
    report: dict[str, Any] = {"门店": "西湖", "品类": "空调", "说明": TEXT, "电话": PHONE}
    b.case = kit.submit("工单", {**report, "附件": [{"upload": b.upload}]}, by="客户:wu", key="theirs").id
    kit.act(b.case, "接单", by=WAVE)
    kit.act(b.case, "comment", {"text": "绝密丙"}, by=WAVE)
    kit.advance()
    b.number, b.page = kit.case(b.case).number, kit.files(b.case)[0].id
    until = kit.clock.now() + timedelta(days=9)
    b.standing = kit.substitute(WAVE, "员工:hugo", kit.clock.now() + timedelta(days=8), until, by=WAVE).id
    b.free = kit.submit("工单", report, by="客户:wu").id
    b.caught = kit.submit("工单", report, by="客户:wu").id
    kit.act(b.caught, "接单", by=WAVE)
    kit.import_records("员工", [{"号": "emil", "角色": ["客服"]}])
    kit.act(b.caught, "完工", {"费用": "992"}, by=WAVE)
    kit.import_records("员工", [{"号": "emil", "角色": ["质检"]}])
    for each in ("another unit's", "without a role", "another customer"):
        kit.submit("工单", {"门店": "滨江", "品类": "空调", "说明": "自己的"}, by=STRANGERS[each])
    kit.advance()
    b.dead = kit.outbox("dead")[0].key
    b.progress = progress_path(b.signer, b.case, "客户:wu").removeprefix("/progress/")
    b.report = report_path(b.signer, "扫码", "D2").removeprefix("/report/")
    b.marks = (b.case, b.free, b.caught, TEXT, PHONE, "绝密丙", b.number, b.upload, b.page, "旧账")
