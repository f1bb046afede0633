"""Ten times as many people cost a command no statement and no judgement more. Counted, not timed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import flowkit
from flowkit.rules.language.expression import Expression
from flowkit.runtime import staff as snapshots
from tests.acceptance.test_people import opened

OWNER = """
      dispatch:
        among: 维修
        require: [{label: 当班, when: candidate.on_duty}]
        prefer: [{label: 闲, value: -candidate.open_tasks}]
        otherwise: 调度
"""


def filled(kit: flowkit.FlowKit, staff: int) -> None:
    """So many people in a tenth as many units, each with a shift; none of them is there for 滨江."""
    units = [{"名": f"街道{i}", "上级": "宁波"} for i in range(staff // 10)]
    people = [{"号": f"w{i}", "名": f"师傅{i}", "角色": ["维修"], "区域": [f"街道{i // 10}"]} for i in range(staff)]
    begins, ends = "2026-03-01 08:00", "2026-03-09 20:00"
    shifts = [{"编号": f"x{i}", "员工": f"w{i}", "开始": begins, "结束": ends} for i in range(staff)]
    kit.import_records("区域", units)
    kit.import_records("员工", people)
    kit.import_records("排班", shifts)


def test_a_dispatch_costs_the_same_among_few_and_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the people who are there for the case's unit are candidates, and only they are looked at."""
    spent = []
    for staff in (50, 500):
        with opened(tmp_path / str(staff), OWNER) as kit:
            filled(kit, staff)
            kit.submit("工单", {"地点": "滨江"}, by="员工:zong")
            judged: list[str] = []
            _note(judged, monkeypatch)
            case = kit.submit("工单", {"地点": "滨江"}, by="员工:zong")
            monkeypatch.undo()
            (why,) = [e.data["why"] for e in kit.history(case.id) if e.kind == "assigned"]
            assert why["considered"] == 4
            assert judged.count("candidate.on_duty") == 8  # once more when the loads were at hand
            spent.append((len(judged), kit.spent))
    assert spent[0] == spent[1]
    reads, writes = spent[0][1]
    assert reads <= 4
    assert writes <= 8


def _note(judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each expression that is judged, by its text."""
    evaluate = Expression.evaluate

    def noted(self: Expression, names: object) -> object:
        judged.append(self.text)
        return evaluate(self, names)

    monkeypatch.setattr(Expression, "evaluate", noted)


def test_only_what_has_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After somebody has reported where he is, another process reads his record and no other one."""
    with opened(tmp_path) as kit, opened(tmp_path) as other:
        filled(kit, 200)
        case = kit.submit("工单", {"地点": "街道3"}, by="员工:zong").id
        other.tasks("员工:w35")
        read: list[str] = []
        monkeypatch.setattr(snapshots.json, "loads", lambda text: read.append(text) or json.JSONDecoder().decode(text))
        kit.act(case, "汇报位置", {"在": "现场"}, by="员工:w35")
        assert [t.case for t in other.tasks("员工:w35")] == [case]
        monkeypatch.undo()
        changed = [text for text in read if '"位置"' in text]
        assert len(changed) == 1
        assert not [text for text in read if '"师傅36"' in text]
        assert other.look(case, lambda world: world.facts.people.records["员工:w35"]["位置"]) == "现场"
