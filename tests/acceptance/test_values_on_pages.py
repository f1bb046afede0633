"""What people typed is text on a filed page, personal or not: both ways into a page make it harmless."""

from __future__ import annotations

from pathlib import Path

import pytest

import flowkit
from flowkit.prints import paper

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
form: 报修
fields: {故障: text, 称呼: {type: text, personal: true}}
---
workflow: 工单
from: 报修
nodes:
  修:
    owner: 经理
    actions: {好: {to: 完}, 打单: {print: 结算单}}
    timeouts: [{after: 1d, to: 完}]
  完: {end: done}
---
print: 结算单
page: 结算单.KIND
"""
TYPED = """<script>alert("x")</script>&amp;{{7*7}}"""


@pytest.mark.parametrize("kind", ["html", "txt"])
def test_markup_in_a_value_is_text_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """In a page of HTML it is escaped once, in one of text it stands as it was typed."""
    monkeypatch.setattr(paper, "can_print", lambda: False)
    (tmp_path / "app.yaml").write_text(APP.replace("KIND", kind), encoding="utf-8")
    (tmp_path / f"结算单.{kind}").write_text("[{{ 故障 }}|{{ 称呼 }}]", encoding="utf-8")
    with flowkit.FlowKit(flowkit.load_app(tmp_path), f"sqlite:///{tmp_path}/work.db") as kit:
        case = kit.submit("工单", {"故障": TYPED, "称呼": TYPED}, by="客户:wang").id
        kit.act(case, "打单", by="员工:boss")
        kit.advance()
        (filed,) = kit.files(case)
        content = kit.file(filed.id)
    assert content is not None
    escaped = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;amp;{{7*7}}"
    shown = escaped if kind == "html" else TYPED
    assert f"[{shown}|{shown}]" in content.decode()
