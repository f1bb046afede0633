"""Clocks and exits over several nodes, pauses, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from flowkit.engine.case import deadlines
from flowkit.errors import DefinitionError, RefusedError
from tests.unit.engine.shop import START, Business

HOURS = timedelta(hours=1)
Make = Callable[..., Business]

STAGED = """
app: 维修站
catcher: 主管
roles: {主管: {}, 师傅: {}, 质检: {}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 客户}
channels: {console: {preset: console}}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: role}
rows: [{工号: boss, 角色: 主管}, {工号: zhang, 角色: 师傅}, {工号: qc, 角色: 质检}]
---
entity: 客户
key: 编号
fields: {编号: text}
rows: [{编号: wang}]
---
form: 报修
fields: {急: switch}
---
workflow: 工单
from: 报修
stages:
  全程:
    nodes: all
    timeouts: [{after: "=急 ? 4h : 24h", escalate: 主管}]
  未结:
    nodes: {not: [结算, 完成, 取消]}
    actions: {撤单: {who: applicant, to: 取消}}
    events: {召回: {to: 取消}}
nodes:
  分诊: {next: [{to: 维修}]}
  维修:
    owner: 师傅
    actions: {缺件: {to: 等件}, 完工: {to: 检查}}
    timeouts: [{after: 8h, escalate: 主管}]
  等件:
    clock: paused
    owner: 师傅
    actions: {到货: {to: 维修}}
    timeouts: [{after: 5d, escalate: 主管}]
  检查:
    owner: 质检
    actions: {通过: {to: 结算}, 退回: {to: 返工}}
    timeouts: [{after: 8h, escalate: 主管}]
  返工:
    owner: 师傅
    actions: {改好: {to: back}}
    timeouts: [{after: 8h, escalate: 主管}]
  结算:
    owner: applicant
    actions: {签字: {to: 完成}}
    timeouts: [{after: 1d, to: 完成}]
  完成: {end: done}
  取消: {end: cancelled}
"""
ZHANG, QC, WANG = "员工:zhang", "员工:qc", "客户:wang"


def begun(make: Make, **values: object) -> Business:
    return make(STAGED).submit(WANG, **values)


def due(case: Business, name: str) -> timedelta:
    return next(d.due for d in deadlines(case.case) if d.name == name) - START


def test_a_stage_runs_over_the_nodes_it_holds(business: Make) -> None:
    """Its deadline counts from entering the set, not from each node, and may use what the case began with."""
    case = begun(business, 急=True)
    assert due(case, "全程/1") == 4 * HOURS
    case.wait(1 * HOURS).act("完工", ZHANG)
    assert case.case.node == "检查"
    assert due(case, "全程/1") == 4 * HOURS
    case.wait(3 * HOURS)
    assert [e.at - START for e in case.events if e.kind == "fired"] == [4 * HOURS]
    assert case.case.helpers == ("role:主管",)


def test_a_paused_node_stops_the_stages_clock_and_not_its_own(business: Make) -> None:
    """What waited for parts is due later by as long as it waited, and says so."""
    case = begun(business).wait(2 * HOURS).act("缺件", ZHANG)
    assert [d.name for d in deadlines(case.case)] == ["1"]
    case.wait(30 * HOURS)
    assert "fired" not in case.kinds()
    case.act("到货", ZHANG)
    assert due(case, "全程/1") == 54 * HOURS
    (stage,) = [d for d in deadlines(case.case) if d.name == "全程/1"]
    assert any("暂停 1 天 6 小时" in line for line in stage.why)
    assert case.history_folds()


def test_a_stage_ends_when_its_nodes_are_left(business: Make) -> None:
    """Calling off is offered until settlement, and no longer."""
    case = begun(business)
    assert case.offered(WANG) == ["撤单"]
    case.act("完工", ZHANG).act("通过", QC)
    assert case.case.node == "结算"
    assert set(case.case.stages) == {"全程"}
    assert case.offered(WANG) == ["签字"]
    with pytest.raises(RefusedError):
        case.act("撤单", WANG)


def test_the_applicant_calls_off_from_any_node_of_the_stage(business: Make) -> None:
    """An action of a stage leads away from wherever the case is."""
    case = begun(business).act("缺件", ZHANG).act("撤单", WANG)
    assert case.case.outcome == "cancelled"
    assert deadlines(case.case) == frozenset()


def test_a_stage_listens_at_all_its_nodes(business: Make) -> None:
    """An event of a stage moves the case whatever node it rests at."""
    assert begun(business).act("完工", ZHANG).signal("召回").case.outcome == "cancelled"


def test_back_leads_to_the_node_that_returned_the_case(business: Make) -> None:
    """Rework goes on where the return came from, as a visit of its own."""
    case = begun(business).act("完工", ZHANG).act("退回", QC).act("改好", ZHANG)
    assert case.case.node == "检查"
    assert case.case.visits["检查"] == 2
    assert case.history_folds()


def test_a_node_takes_everything_from_the_one_it_is_like(business: Make) -> None:
    """Keys written beside `like` replace those of the other node whole."""
    text = STAGED.replace("  结算:\n", "  复检: {like: 检查, actions: {通过: {to: 结算}}}\n  结算:\n").replace(
        "{通过: {to: 结算}, 退回: {to: 返工}}", "{通过: {to: 复检}, 退回: {to: 返工}}"
    )
    case = business(text).submit(WANG).act("完工", ZHANG).act("通过", QC)
    assert case.case.node == "复检"
    assert case.offered(QC) == ["通过"]
    assert due(case, "1") == 8 * HOURS


@pytest.mark.parametrize(("like", "code"), [("检察", "unknown-name"), ("复检", "circular-like")])
def test_likeness_that_leads_nowhere_is_told(business: Make, like: str, code: str) -> None:
    """A name that is not there and a ring are both reported."""
    text = STAGED.replace("  结算:\n", f"  复检: {{like: {like}}}\n  再检: {{like: 复检}}\n  结算:\n")
    text = text.replace("{like: 复检}}\n  再检", "{like: 再检}}\n  再检") if code == "circular-like" else text
    with pytest.raises(DefinitionError) as error:
        business(text)
    # Either member of a ring is told so: it is there, although it leads nowhere.
    assert {d.code for d in error.value.diagnostics} & {"unknown-name", "circular-like"} == {code}
