"""Patterns over many cases, and pages filed with their hash, over a real database.

What people typed is text on a filed page, personal or not: both ways into a page make it harmless.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import flowkit
from flowkit.prints import paper

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
APP = """
app: 电梯
catcher: 经理
roles: {经理: {}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 客户}
channels: {console: {preset: console}}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: role}
rows: [{工号: boss, 角色: 经理}]
---
entity: 客户
key: 编号
fields: {编号: text}
rows: [{编号: wang}]
---
entity: 电梯
key: 编号
fields: {编号: text}
rows: [{编号: E1}, {编号: E2}]
---
form: 报修
fields:
  电梯: {type: reference, entity: 电梯, required: true}
  故障: {type: text, required: true}
  电话: {type: phone, personal: true}
  称呼: {type: text, personal: true}
---
workflow: 工单
from: 报修
number: "{{ sequence(4) }}"
nodes:
  修:
    owner: 经理
    actions: {好: {to: 完}, 打单: {print: 结算单}}
    timeouts: [{after: 1d, to: 完}]
  完: {end: done}
---
watch: 反复门故障
of: {workflow: 工单, reaches: 完}
when: 故障 == '门'
per: 电梯
times: 3
within: 180d
do: [{notify: 预警}]
---
notification: 预警
to: 经理
text: "{{ 电梯.编号 }} 第 {{ watch.count }} 次门故障"
---
print: 结算单
page: 结算单.html
"""
TYPED = """<script>alert("x")</script>&amp;{{7*7}}"""
PAGE = "<h1>结算单 {{ case.number }}</h1><p>{{ 故障 }}</p><p>{{ 电话 }}</p>"


class Ledger:
    """A channel that keeps what was sent."""

    name = "console"

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, message: object) -> None:
        self.sent.append(f"{message.notification}: {message.text}")  # type: ignore[attr-defined]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def kit(tmp_path: Path, ledger: Ledger) -> Iterator[flowkit.FlowKit]:
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    (tmp_path / "结算单.html").write_text(PAGE, encoding="utf-8")
    app = flowkit.load_app(tmp_path)
    clock = flowkit.VirtualClock(START)
    with flowkit.FlowKit(app, f"sqlite:///{tmp_path}/work.db", clock=clock, channels={"console": ledger}) as kit:
        yield kit
        assert kit.verify() == []


def repaired(kit: flowkit.FlowKit, elevator: str = "E1", fault: str = "门") -> str:
    case = kit.submit("工单", {"电梯": elevator, "故障": fault, "电话": "13800000001"}, by="客户:wang")
    kit.act(case.id, "好", by="员工:boss")
    return case.id


def warnings(kit: flowkit.FlowKit, ledger: Ledger) -> list[str]:
    kit.advance()
    return [s for s in ledger.sent if s.startswith("预警")]


def test_the_third_fault_of_one_elevator_warns_once(kit: flowkit.FlowKit, ledger: Ledger) -> None:
    """Other faults and other elevators do not count; the fourth says nothing new."""
    for elevator, fault in (("E1", "门"), ("E2", "门"), ("E1", "灯"), ("E1", "门")):
        repaired(kit, elevator, fault)
    assert warnings(kit, ledger) == []
    repaired(kit)
    assert warnings(kit, ledger) == ["预警: E1 第 3 次门故障"]
    repaired(kit)
    assert len(warnings(kit, ledger)) == 1


def test_what_is_longer_ago_does_not_count(kit: flowkit.FlowKit, ledger: Ledger) -> None:
    """The window reaches back from the last fault."""
    repaired(kit)
    kit.clock.move(timedelta(days=181))
    repaired(kit)
    repaired(kit)
    assert warnings(kit, ledger) == []


def test_of_two_third_faults_at_once_one_warns(kit: flowkit.FlowKit, ledger: Ledger) -> None:
    """However they meet in a transaction, the count rises once."""
    repaired(kit)
    repaired(kit)
    cases = [kit.submit("工单", {"电梯": "E1", "故障": "门"}, by="客户:wang").id for _ in range(4)]
    barrier = threading.Barrier(len(cases))

    def finish(case: str) -> None:
        barrier.wait()
        kit.act(case, "好", by="员工:boss")

    threads = [threading.Thread(target=finish, args=(case,)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(warnings(kit, ledger)) == 1


def test_a_page_is_filed_with_its_hash(kit: flowkit.FlowKit) -> None:
    """The history names the file and its SHA-256, the bytes are those, and values typed are data."""
    case = kit.submit("工单", {"电梯": "E1", "故障": "<script>门", "电话": "13800000001"}, by="客户:wang")
    kit.act(case.id, "打单", by="员工:boss")
    kit.advance()
    (filed,) = kit.files(case.id)
    content = kit.file(filed.id)
    assert content is not None
    assert hashlib.sha256(content).hexdigest() == filed.sha256
    told = next(e for e in kit.history(case.id) if e.kind == "filed")
    assert (told.data["file"], told.data["sha256"]) == (filed.id, filed.sha256)
    if filed.kind == "html":
        assert "&lt;script&gt;门" in content.decode()
        assert "13800000001" in content.decode()


def test_no_personal_value_of_a_page_lies_open(kit: flowkit.FlowKit, tmp_path: Path) -> None:
    """Neither history nor database hold the number in clear."""
    case = kit.submit("工单", {"电梯": "E1", "故障": "门", "电话": "13800000001"}, by="客户:wang").id
    kit.act(case, "打单", by="员工:boss")
    kit.advance()
    assert "13800000001" not in repr(kit.history(case))
    for file in tmp_path.glob("work.db*"):
        assert b"13800000001" not in file.read_bytes()


@pytest.mark.parametrize("kind", ["html", "txt"])
def test_markup_in_a_value_is_text_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """In a page of HTML it is escaped once, in one of text it stands as it was typed."""
    monkeypatch.setattr(paper, "can_print", lambda: False)
    (tmp_path / "app.yaml").write_text(APP.replace("结算单.html", f"结算单.{kind}"), encoding="utf-8")
    (tmp_path / f"结算单.{kind}").write_text("[{{ 故障 }}|{{ 称呼 }}]", encoding="utf-8")
    with flowkit.FlowKit(flowkit.load_app(tmp_path), f"sqlite:///{tmp_path}/work.db") as kit:
        case = kit.submit("工单", {"电梯": "E1", "故障": TYPED, "称呼": TYPED}, by="客户:wang").id
        kit.act(case, "打单", by="员工:boss")
        kit.advance()
        (filed,) = kit.files(case)
        content = kit.file(filed.id)
    assert content is not None
    escaped = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;amp;{{7*7}}"
    shown = escaped if kind == "html" else TYPED
    assert f"[{shown}|{shown}]" in content.decode()
