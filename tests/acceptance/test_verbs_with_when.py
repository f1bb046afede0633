"""What is done only if something holds: verbs with a `when` of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import flowkit
from tests.shop import NINE

APP = """\
app: 修车
catcher: 老板
roles: {老板: {}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 员工}
channels: {console: {preset: console}}
---
entity: 员工
key: 号
fields: {号: text, 角色: role}
rows: [{号: boss, 角色: 老板}]
---
entity: 车
key: 牌
fields: {牌: text, 里程: number, 履历: {type: rows, of: {事: text}}}
rows: [{牌: A1, 里程: 1}, {牌: A2, 里程: 2}]
---
form: 报修
fields:
  车: {type: reference, entity: 车}
  急: switch
  车队: {type: rows, of: {车: {type: reference, entity: 车}, 修好: switch}}
---
workflow: 工单
from: 报修
fields: {标记: text}
nodes:
  修:
    owner: 老板
    actions:
      好:
        do:
          - {when: 急, notify: {to: owner, text: 急单修好了}, set: {标记: 急}}
          - {when: not empty(车), record: =车, set: {里程: 100}, add: {履历: {事: 修}}}
          - {each: 车队, when: row.修好, record: =row.车, set: {里程: 200}}
          - {each: 车队, when: not row.修好, start: {workflow: 返工单, with: {车: =row.车}}}
        to: 完
      记: {do: [{record: =车, set: {里程: 100}}], to: 完}
    timeouts: [{after: 1d, to: 完}]
  完: {end: done}
---
workflow: 返工单
fields: {车: {type: reference, entity: 车}}
nodes:
  修: {owner: 老板, actions: {好: {to: 完}}, timeouts: [{after: 1d, to: 完}]}
  完: {end: done}
"""
BOSS = "员工:boss"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[flowkit.FlowKit]:
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    app = flowkit.load_app(tmp_path)
    with flowkit.FlowKit(app, f"sqlite:///{tmp_path}/work.db", clock=flowkit.VirtualClock(NINE)) as kit:
        yield kit
        assert kit.verify() == []


def done(kit: flowkit.FlowKit, action: str = "好", **values: object) -> str:
    case = kit.submit("工单", values, by=BOSS).id
    kit.act(case, action, by=BOSS)
    return case


def kinds(kit: flowkit.FlowKit, case: str) -> list[str]:
    return [event.kind for event in kit.history(case)]


def test_what_does_not_hold_is_not_done(kit: flowkit.FlowKit) -> None:
    """Nothing is sent, set or changed, and the case goes on; what is empty counts as not holding."""
    case = done(kit)
    assert kit.case(case).outcome == "done"
    assert kit.case(case).values["标记"] is None
    assert not {"recorded", "set", "started"} & set(kinds(kit, case))


def test_what_holds_is_done(kit: flowkit.FlowKit) -> None:
    """All that stands in the same mapping is done together."""
    case = done(kit, 急=True, 车="A1")
    assert kit.case(case).values["标记"] == "急"
    assert [e.data["set"] for e in kit.history(case) if e.kind == "recorded"] == [{"里程": 100}]
    assert any("急单修好了" in line for line in kit.explain(case).lines)


def test_with_each_it_says_for_which_rows(kit: flowkit.FlowKit) -> None:
    """A record is changed for some rows, a case begun for the others."""
    case = done(kit, 车队=[{"车": "A1", "修好": True}, {"车": "A2", "修好": False}])
    assert [e.data["key"] for e in kit.history(case) if e.kind == "recorded"] == ["A1"]
    assert [e.data["values"] for e in kit.history(case) if e.kind == "started"] == [{"车": "A2"}]


def test_a_record_that_is_not_there_names_the_way_out(kit: flowkit.FlowKit) -> None:
    """Without `when` an empty record is an incident, and it tells what to write."""
    case = done(kit, "记")
    assert kit.case(case).node == "修"
    said = kit.case(case).incident or ""
    assert "“车”是空的" in said
    assert "when: not empty(车)" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{when: 急, notify", "{when: 标记, notify", "expected"),
        ("when: 急, notify: {to: owner, text: 急单修好了}, set: {标记: 急}", "when: 急", "nothing is done here"),
        ("{when: 急, notify", "{each: 车队, when: row.修好, notify", 'unknown name "row"'),
    ],
)
def test_mistakes_are_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    """A `when` that is no condition, stands alone, or asks for a row where none is at hand."""
    (tmp_path / "app.yaml").write_text(APP.replace(old, new), encoding="utf-8")
    with pytest.raises(flowkit.DefinitionError) as error:
        flowkit.load_app(tmp_path)
    assert said in error.value.diagnostics[0].message
