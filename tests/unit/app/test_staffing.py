"""What the app says of its people is held against the entities there are, mistake by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

import flowkit
from flowkit.errors import DefinitionError
from tests.regions import REGIONS, regions

MISTAKES = [
    ("units: {entity: 区域, 上级: 上级}", 'unknown key "上级"'),
    ("units: {entity: 地区, parent: 上级}", 'no entity "地区"'),
    ("units: {entity: 区域, parent: 上}", 'entity "区域" has no field "上"'),
    ("units: {entity: 区域, parent: 电话}", 'expected a reference to 区域 in "电话", found a text'),
    ("units: {entity: 员工}", 'expected a reference to 员工, or a list of them in "区域", found a list of 区域'),
    ("units: {entity: 区域, calendar: 电话}", "expected opening hours (type: hours)"),
]
STAFF = [
    ("manager: 上级", "manager: 名", 'expected a person, or a reference to 员工 in "名", found a text'),
    ("manager: 上级", "manager: 主管", 'entity "员工" has no field "主管"'),
    ("unit: 区域\n", "unit: 名\n", 'expected a reference to 区域, or a list of them in "名", found a text'),
    ("duty: {entity: 排班,", "duty: {entity: 班,", 'no entity "班"'),
    ("until: 结束}", "until: 完}", 'entity "排班" has no field "完"'),
    ("until: 结束}", "until: 编号}", 'expected a datetime in "编号", found a text'),
    ("person: 员工", "person: 编号", 'expected a person, or a reference to 员工 in "编号", found a text'),
    ("until: 结束}", "until: 结束, date: 编号}", 'expected a time in "开始", found a datetime'),
    (", until: 结束}", "}", 'duty needs the key "until"'),
    ("{名: 全省}", "{名: 全省, 上级: 滨江}", "units belong to each other in a ring: 全省 → 滨江 → 杭州 → 全省"),
]


def _told(folder: Path, text: str) -> str:
    with pytest.raises(DefinitionError) as failed:
        regions(folder, text=text)
    return "\n".join(d.message for d in failed.value.diagnostics)


@pytest.mark.parametrize(("written", "message"), MISTAKES)
def test_a_mistake_in_the_units_is_told(tmp_path: Path, written: str, message: str) -> None:
    """An entity or field that is not there, or does not fit, is told where it is named."""
    assert message in _told(tmp_path, REGIONS.replace("units: {entity: 区域, parent: 上级}", written))


@pytest.mark.parametrize(("right", "wrong", "message"), STAFF)
def test_a_mistake_in_the_staff_is_told(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    """The same for units, managers and shifts of people."""
    assert REGIONS.count(right) == 1
    assert message in _told(tmp_path, REGIONS.replace(right, wrong))


def test_a_duty_plan_may_be_told_by_days_and_times(tmp_path: Path) -> None:
    """Beside a date two times of day are a shift; without one they hold every day."""
    text = REGIONS.replace("until: 结束}", "until: 结束, date: 日}")
    text = text.replace("开始: datetime, 结束: datetime}", "开始: time, 结束: time, 日: date}")
    text = text.replace(
        '开始: "2026-03-02 08:00", 结束: "2026-03-02 20:00"', '日: 2026-03-02, 开始: "20:00", 结束: "08:00"'
    )
    text = text.replace('开始: "2026-03-02 20:00", 结束: "2026-03-03 08:00"', '开始: "8:00", 结束: "20:00"')
    app = regions(tmp_path, text=text)
    plan = app.people(app.rows).duty
    assert plan is not None
    (shift,) = plan.shifts["员工:bin"]
    assert (str(shift.since), str(shift.until)) == ("2026-03-02 20:00:00+08:00", "2026-03-03 08:00:00+08:00")
    assert "员工:xi" not in plan.shifts  # no day: it is not known when
    daily = regions(tmp_path / "daily", text=text.replace(", date: 日}", "}"))
    assert set(daily.people(daily.rows).duty.shifts) == {"员工:bin", "员工:xi"}


def test_on_duty_is_known_only_where_a_plan_is(tmp_path: Path) -> None:
    """Without a duty plan and without such a field the name is refused; a field of that name goes before the plan."""
    owner = "{dispatch: {among: 维修, require: [{when: candidate.on_duty}], otherwise: 调度}}"
    regions(tmp_path / "plan", owner)
    without = REGIONS.replace("  duty: {entity: 排班, person: 员工, from: 开始, until: 结束}\n", "")
    with pytest.raises(DefinitionError, match="on_duty"):
        regions(tmp_path / "none", owner, text=without)
    field = REGIONS.replace("  位置: text\n", "  位置: text\n  on_duty: switch\n", 1)
    app = regions(
        tmp_path / "field",
        owner,
        text=field.replace("角色: [维修], 区域: [滨江]}", "角色: [维修], 区域: [滨江], on_duty: true}"),
    )
    with flowkit.FlowKit(app, "sqlite://") as kit:
        assert kit.submit("工单", {"地点": "滨江"}, by="员工:zong").owner == ("员工:bing",)
