"""What is opened again by `edit` is judged as it was when it was filled in first, with all that follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit import DefinitionError, FlowKit, RefusedError, VirtualClock, load_app
from tests.shop import NINE

APP = """
app: 租赁
catcher: 老板
roles: {老板: {sees: all}, 业务: {sees: all}}
staff: {entity: 员工, roles: 角色}
channels: {console: {preset: console}}
---
entity: 员工
key: 号
fields: {号: text, 角色: {type: list, of: role}}
rows: [{号: fang, 角色: [老板]}, {号: wang, 角色: [业务]}]
---
form: 申请
fields:
  月数: {type: number, min: 1, required: true}
  明细: {type: rows, of: {单价: money, 数量: number, 小计: {type: money, value: 单价 * 数量}}}
  月租: {type: money, value: "sum(明细, row.小计)"}
  总额: {type: money, value: 月租 * 月数}
  照片: {type: media, accept: [image]}
  备注: text
checks:
  - {when: 总额 > 30000, require: 照片.count > 0, message: 三万以上要现场照片, at: 照片}
---
workflow: 单
from: 申请
nodes:
  起草:
    owner: applicant
    actions: {改: {edit: [月数, 明细, 照片]}, 交: {edit: [月数, 明细, 照片], to: [{when: 总额 > 5000, to: 大额}, {to: 小额}]}, 说明: {edit: [备注]}}
    timeouts: [{after: 1d, escalate: 老板}]
  大额: {end: done}
  小额: {end: done}
"""
ONE = {"月数": "1", "明细": [{"单价": "1000", "数量": "1"}]}


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[FlowKit]:
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    with FlowKit(load_app(tmp_path), "sqlite://", clock=VirtualClock(NINE)) as kit:
        yield kit
        assert kit.verify() == []


def test_what_is_computed_follows_what_is_edited(kit: FlowKit) -> None:
    """Over as many steps as it takes, before a way is chosen by it; the history has the old value and the new one."""
    case = kit.submit("单", ONE, by="员工:wang")
    assert case.values["总额"] == "1000.00"
    moved = kit.act(case.id, "交", {"月数": "6"}, by="员工:wang")
    assert (moved.node, moved.values["月租"], moved.values["总额"]) == ("大额", "1000.00", "6000.00")
    (edited,) = (event.data for event in kit.history(case.id) if event.kind == "edited")
    assert edited["values"] == {"月数": 6, "总额": "6000.00"}
    assert edited["old"] == {"月数": 1, "总额": "1000.00"}


def test_a_check_is_judged_by_what_is_computed_anew(kit: FlowKit) -> None:
    """What would not have been accepted at first cannot be edited into it."""
    case = kit.submit("单", ONE, by="员工:wang")
    large = {"月数": "36", "明细": [{"单价": "1000", "数量": "10"}]}
    with pytest.raises(RefusedError, match="更正") as refused:
        kit.act(case.id, "改", large, by="员工:wang")
    assert [(p.field, p.message) for p in refused.value.problems] == [("照片", "三万以上要现场照片")]
    after = kit.act(case.id, "改", {**large, "照片": ["门口.jpg"]}, by="员工:wang")
    assert (after.values["月租"], after.values["总额"]) == ("10000.00", "360000.00")


def test_nobody_types_what_is_computed(kit: FlowKit) -> None:
    """Not on the way either; and what does not touch it leaves it out of the history."""
    case = kit.submit("单", ONE, by="员工:wang")
    with pytest.raises(RefusedError) as refused:
        kit.act(case.id, "改", {"总额": "1"}, by="员工:wang")
    assert [(p.field, p.message) for p in refused.value.problems] == [("总额", "由系统计算,不能填写")]
    kit.act(case.id, "说明", {"备注": "急"}, by="员工:wang")
    (edited,) = (event.data for event in kit.history(case.id) if event.kind == "edited")
    assert edited["values"].keys() == {"备注"}


def test_a_workflows_own_field_begins_with_its_default(tmp_path: Path) -> None:
    """Also where the case is begun by hand, and nothing else of its own is filled in."""
    text = APP.replace("nodes:\n  起草", "fields: {级别: {type: text, default: 普通}, 别的: text}\nnodes:\n  起草", 1)
    (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
    with FlowKit(load_app(tmp_path), "sqlite://", clock=VirtualClock(NINE)) as kit:
        case = kit.submit("单", ONE, by="员工:wang")
        assert (case.values["级别"], case.values["别的"], case.values["总额"]) == ("普通", None, "1000.00")


def test_business_time_is_not_reckoned_with(tmp_path: Path) -> None:
    """It has no fixed length: that is told where it is written, not when the first case comes to it."""
    text = APP.replace("{after: 1d, escalate: 老板}", '{at: "=now + 2 business days", escalate: 老板}')
    (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as told:
        load_app(tmp_path)
    assert "business time has no fixed length" in told.value.diagnostics[0].message
