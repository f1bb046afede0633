"""What can be chosen in the forms of operations, asked as a program that has pages asks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.engine.operations.operation import operation_form
from flowkit.engine.operations.signing import RETURN
from flowkit.runtime.forms import Acting
from tests.shop import NINE

APP = """
app: 门店
catcher: 总部
units: {entity: 门店}
roles: {总部: {title: 总部}, 店员: {title: 店员}, 店长: {title: 店长}}
staff: {entity: 员工, roles: 角色, unit: 门店}
---
entity: 门店
key: 号
label: 名
fields: {号: text, 名: text}
rows: [{号: "1", 名: 滨江}, {号: "2", 名: 西湖}, {号: "3", 名: 西湖}, {号: "4"}]
---
entity: 员工
key: 号
label: 名
fields: {号: text, 名: text, 角色: role, 门店: {type: reference, entity: 门店}}
rows:
  - {号: boss, 名: 总部甲, 角色: 总部}
  - {号: ann, 名: 安, 角色: 店员, 门店: "1"}
  - {号: bob, 名: 博, 角色: 店长, 门店: "2"}
---
form: 报修
fields: {哪家: {type: reference, entity: 门店}}
---
workflow: 工单
from: 报修
unit: =哪家
nodes:
  修:
    owner: 店员
    actions: {办完: {to: 完}}
    timeouts: [{after: 1d, escalate: 总部}]
  完: {end: done}
"""


@pytest.fixture
def kit(tmp_path: Path):
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    with FlowKit(load_app(tmp_path), "sqlite://", clock=VirtualClock(NINE)) as kit:
        yield kit


def test_units_of_one_name_are_told_apart_by_their_keys(kit: FlowKit) -> None:
    """One that is called like no other has its name alone, one without a name its key."""
    case = kit.submit("工单", {"哪家": "1"}, by="员工:ann").id
    offered = kit.options(Acting(case, "move"), "unit", "员工:boss")
    assert [(each.value, each.label) for each in offered] == [("2", "西湖 (2)"), ("3", "西湖 (3)"), ("4", "4")]


def test_a_task_goes_only_to_roles_that_somebody_has_there(kit: FlowKit) -> None:
    """A role of another unit, and the pool that has it, are not among them; people of everywhere are."""
    case = kit.submit("工单", {"哪家": "1"}, by="员工:ann").id
    offered = kit.options(Acting(case, "reassign"), "to", "员工:boss")
    assert [each.value for each in offered] == ["role:总部", "员工:boss", "员工:ann", "员工:bob"]
    assert [each.label for each in offered][:2] == ["总部", "总部甲 (boss)"]


def test_a_form_marks_what_is_offered(kit: FlowKit) -> None:
    """Whatever the type of a field, a page knows that it is chosen; a field that is not stays as it is."""
    case = kit.submit("工单", {"哪家": "1"}, by="员工:ann").id
    view = kit.form(Acting(case, "reassign"), "员工:boss")
    assert {each.path: each.offered for each in view.fields} == {"from": True, "to": True, "reason": False}


def test_an_authors_field_of_the_same_name_is_not_offered() -> None:
    """Where the form of an exit asks for a `to` of its own, that is no step of the case."""
    assert RETURN.offers_in(RETURN.form).keys() == {"to"}
    assert RETURN.offers_in(operation_form("own", "{to: {type: text, title: 抄送谁}}")) == {}
