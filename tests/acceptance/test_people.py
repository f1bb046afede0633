"""Units, managers, duty plans: who is asked, and that a change of a record counts from the next act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import flowkit
from flowkit.clock import VirtualClock
from flowkit.errors import RefusedError
from flowkit.values.durations import parse_duration
from tests.regions import regions
from tests.shop import NINE

PLACES = {
    "滨江": ["员工:bin", "员工:bing", "员工:hang", "员工:xi"],
    "西湖": ["员工:hang", "员工:xi"],
    "杭州": ["员工:hang"],
}
REPAIRERS = ["员工:bin", "员工:bing", "员工:hang", "员工:xi"]


@contextmanager
def opened(folder: Path, owner: str = "维修", **more: Any) -> Iterator[flowkit.FlowKit]:
    app = regions(folder / "app", owner, **more)
    with flowkit.FlowKit(app, f"sqlite:///{folder / 'work.db'}", clock=VirtualClock(NINE)) as kit:
        yield kit


def able(kit: flowkit.FlowKit, case: str) -> list[str]:
    """Who of the staff has that case in his list and may accept it."""
    everybody = [f"员工:{key}" for key in kit.app.rows["员工"]]
    able = [a for a in everybody if ("接单", "接单") in kit.case(case, by=a).actions]
    assert able == [a for a in everybody if case in {t.case for t in kit.tasks(a)}]
    return sorted(able)


@pytest.mark.parametrize("place", PLACES)
def test_a_pool_is_its_people_in_the_unit_of_the_case(tmp_path: Path, place: str) -> None:
    """Who belongs to the case's unit, to one above it, or to none is asked; who belongs below or beside it is not."""
    with opened(tmp_path) as kit:
        case = kit.submit("工单", {"地点": place}, by="员工:zong").id
        assert able(kit, case) == PLACES[place]
        with pytest.raises(RefusedError, match="不归您处理"):
            kit.act(case, "接单", by="员工:ning")


def test_a_case_of_no_unit_is_for_all_of_the_role(tmp_path: Path) -> None:
    """Without a unit nobody of the role is left out."""
    with opened(tmp_path) as kit:
        assert able(kit, kit.submit("工单", {}, by="员工:zong").id) == REPAIRERS


def test_a_case_belongs_to_the_unit_of_its_applicant_where_the_workflow_names_none(tmp_path: Path) -> None:
    """Who belongs to one unit gives it to his cases; who belongs to several or none gives them none."""
    with opened(tmp_path, text=_without("unit: =地点\n")) as kit:
        for by, wanted in (("bin", PLACES["滨江"]), ("xi", REPAIRERS), ("zong", REPAIRERS)):
            assert able(kit, kit.submit("工单", {}, by=f"员工:{by}").id) == wanted


def test_a_unit_that_is_none_is_left_to_people(tmp_path: Path) -> None:
    """A case whose unit is no unit begins, belongs to all, and its catcher is told what is wrong."""
    with opened(tmp_path, text=_without("unit: =地点\n").replace("from: 报修\n", "from: 报修\nunit: =故障\n")) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by="员工:zong")
        assert "没有“异响”这个区域" in (case.incident or "")
        assert kit.submit("工单", {"故障": "滨江"}, by="员工:zong").incident is None


def test_a_person_changes_his_unit_and_it_counts_from_the_next_act_on(tmp_path: Path) -> None:
    """Membership is read when somebody acts, not when the task was made."""
    with opened(tmp_path) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by="员工:zong").id
        kit.import_records(
            "员工", [{"号": "bin", "区域": ["宁波"]}, {"号": "ning", "角色": ["维修"], "区域": ["全省"]}]
        )
        assert able(kit, case) == ["员工:bing", "员工:hang", "员工:ning", "员工:xi"]
        kit.import_records("区域", [{"名": "滨江", "上级": "宁波"}])
        assert able(kit, case) == ["员工:bin", "员工:bing", "员工:ning", "员工:xi"]


def test_units_are_never_brought_into_a_ring(tmp_path: Path) -> None:
    """A row that would put a unit below itself is refused, and nothing has changed."""
    with opened(tmp_path) as kit:
        with pytest.raises(RefusedError, match="全省 → 滨江 → 杭州 → 全省") as refused:
            kit.import_records("区域", [{"名": "全省", "上级": "滨江"}])
        assert refused.value.code == "circular-units"
        case = kit.submit("工单", {"地点": "滨江"}, by="员工:zong").id
        assert able(kit, case) == PLACES["滨江"]


def test_who_is_on_duty_is_told_by_the_plan_at_the_present_moment(tmp_path: Path) -> None:
    """`candidate.on_duty` follows the shifts as time passes; a shift brought in later counts at once."""
    owner = "{dispatch: {among: 维修, require: [{label: 当班, when: candidate.on_duty}], otherwise: 调度}}"
    with opened(tmp_path, owner) as kit:
        place = {"地点": "滨江"}
        assert kit.submit("工单", place, by="员工:zong").owner == ("员工:bin",)
        kit.clock.move(parse_duration("11h"))  # 20:00, when one shift ends and the other begins
        assert kit.submit("工单", place, by="员工:zong").owner == ("员工:xi",)
        kit.clock.move(parse_duration("12h"))
        assert kit.submit("工单", place, by="员工:zong").owner == ("role:调度",)
        row = {"编号": "3", "员工": "bing", "开始": "2026-03-03 08:00", "结束": "2026-03-03 09:00"}
        kit.import_records("排班", [row])
        assert kit.submit("工单", place, by="员工:zong").owner == ("员工:bing",)


def test_a_person_reports_where_he_is(tmp_path: Path) -> None:
    """An action may change the record of whoever takes it, and the next judgement sees it."""
    near = "{value: \"candidate.位置 == '现场' ? 1 : 0\", weight: 9}"
    owner = f"{{dispatch: {{among: 维修, prefer: [{near}, {{value: -candidate.open_tasks}}], otherwise: 调度}}}}"
    with opened(tmp_path, owner) as kit:
        first = kit.submit("工单", {"地点": "滨江"}, by="员工:zong")
        assert first.owner == ("员工:bin",)
        assert kit.submit("工单", {"地点": "滨江"}, by="员工:zong").owner == ("员工:bing",)
        kit.act(first.id, "汇报位置", {"在": "现场"}, by="员工:bin")
        assert kit.submit("工单", {"地点": "滨江"}, by="员工:zong").owner == ("员工:bin",)
        assert not kit.verify()


def _without(line: str) -> str:
    from tests.regions import REGIONS

    assert line in REGIONS
    return REGIONS.replace(line, "")
