"""Whose is it: managers, everyone, whom a who leaves out, and who comes in for somebody that has gone."""

from __future__ import annotations

from pathlib import Path

import pytest

import flowkit
from flowkit.errors import DefinitionError, RefusedError
from tests.acceptance.test_people import opened
from tests.regions import REGIONS, regions

BIN, BING, XI, HANG = (f"员工:{key}" for key in ("bin", "bing", "xi", "hang"))
WHO = {
    "{everyone: 维修}": (BIN, BING, HANG, XI),
    "{role: 维修, not: applicant}": (BING, HANG, XI),
    "{everyone: 维修, not: [applicant, =待接单.owner]}": (BING, HANG, XI),
    "{role: 维修, not: {role: 班长}}": ("role:维修",),
    "[班长, {everyone: 维修, not: {role: 维修}}]": ("role:班长",),
    "{dispatch: {among: 维修, otherwise: 调度}, not: applicant}": (BING,),
    "{role: 维修, not: {everyone: 维修}}": ("role:总调",),
    "manager": ("员工:ban",),
    "[manager, 调度]": ("员工:ban", "role:调度"),
}


@pytest.mark.parametrize("owner", WHO)
def test_a_who_finds_these(tmp_path: Path, owner: str) -> None:
    """Each spelling gives the people, or the pool as long as nobody is taken away; nobody is caught by the catcher."""
    with opened(tmp_path, owner) as kit:
        assert kit.submit("工单", {"地点": "滨江"}, by=BIN).owner == WHO[owner]


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        (BIN, ("员工:ban",)),  # his own manager
        (BING, ("role:班长",)),  # that of his role
        ("员工:ban", ("role:总调",)),
        ("员工:zong", ("role:总调",)),  # nobody is above: the catcher
    ],
)
def test_a_manager_is_one_s_own_or_that_of_one_s_role(tmp_path: Path, by: str, wanted: tuple[str, ...]) -> None:
    """Who has no manager of his own answers to the people who manage his role, in the case's unit."""
    with opened(tmp_path, "manager") as kit:
        assert kit.submit("工单", {"地点": "滨江"}, by=by).owner == wanted


def test_the_manager_who_is_called_is_the_owner_s(tmp_path: Path) -> None:
    """Where somebody owns the case `manager` is his: of a pool the people who manage its role."""
    text = REGIONS.replace("escalate: 总调", "escalate: manager")
    with opened(tmp_path, "维修", text=text) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by="员工:zong").id
        other = kit.submit("工单", {"地点": "滨江"}, by="员工:zong").id
        kit.act(other, "接单", by=BIN)
        kit.clock.set(kit.case(other).deadlines[0].due)
        kit.advance()
        assert kit.case(case).helpers == ("role:班长",)
        assert kit.case(other).helpers == ("员工:ban",)


def test_somebody_is_never_his_own_manager(tmp_path: Path) -> None:
    """Of a role that manages itself, nobody answers to his equals."""
    text = REGIONS.replace(
        "班长: {title: 班长, sees: all, manager: 总调}", "班长: {title: 班长, sees: all, manager: 班长}"
    )
    with opened(tmp_path, "manager", text=text) as kit:
        assert kit.submit("工单", {"地点": "滨江"}, by="员工:ban").owner == ("role:总调",)


@pytest.mark.parametrize("change", [{"角色": ["调度"]}, {"区域": ["宁波"]}])
def test_who_is_no_longer_what_he_was_is_followed_by_the_people_of_his_role(
    tmp_path: Path, change: dict[str, object]
) -> None:
    """`=NODE.owner` gives the people of the role by which he held it once he is not one of them any more."""
    text = REGIONS.replace("完工: {to: 完}", "完工: {to: 完}\n      重来: {to: 处理中}")
    with opened(tmp_path, text=text) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by="员工:zong").id
        assert kit.act(case, "接单", by=BIN).owner == (BIN,)
        kit.import_records("员工", [{"号": "bin", **change}])
        # What he has stays his until it moves; at the next step it is seen that he has gone.
        assert kit.act(case, "重来", by=BIN).owner == ("role:维修",)
        assert any("的负责人已不在岗" in line for line in kit.explain(case).lines)
        kit.import_records("员工", [{"号": "bin", "角色": ["维修"], "区域": ["杭州"]}])
        assert kit.act(case, "重来", by=XI).owner == (BIN,)
        assert not kit.verify()


def test_who_was_asked_in_person_is_asked_again_in_person(tmp_path: Path) -> None:
    """Who held a node by name and not as one of a role stays meant, whatever roles he has."""
    with opened(tmp_path, "applicant") as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=BIN).id
        kit.import_records("员工", [{"号": "bin", "角色": ["调度"], "区域": ["宁波"]}])
        assert kit.act(case, "接单", by=BIN).owner == (BIN,)


def test_who_refused_is_left_out_of_every_who(tmp_path: Path) -> None:
    """An exit with `not: owner` that comes back asks somebody else, in a pool and by dispatch."""
    text = REGIONS.replace("接单: {to: 处理中}", "接单: {to: 处理中}\n      退单: {not: owner, to: 待接单}")
    for number, owner in enumerate(("{role: 维修, not: applicant}", "{dispatch: {among: 维修, otherwise: 调度}}")):
        with opened(tmp_path / str(number), owner, text=text) as kit:
            case = kit.submit("工单", {"地点": "西湖"}, by="员工:zong").id
            if kit.case(case).owner == ("role:维修",):
                kit.act(case, "claim", by=HANG)
            assert kit.act(case, "退单", by=HANG).owner == (XI,)


@pytest.mark.parametrize(
    ("owner", "message"),
    [
        ("{everyone: 维修工}", 'no role "维修工"'),
        ("{everyone: 维修, role: 调度}", "expected one of `dispatch`, `everyone` and `role`"),
        ("{not: owner}", "expected one of `dispatch`, `everyone` and `role`"),
        ("{everyone: 维修, nott: owner}", 'unknown key "nott"'),
    ],
)
def test_a_mistake_in_a_who_is_told(tmp_path: Path, owner: str, message: str) -> None:
    """A who says one thing, of roles that are there."""
    with pytest.raises(DefinitionError) as failed:
        regions(tmp_path, owner)
    assert message in "\n".join(d.message for d in failed.value.diagnostics)


def test_a_manager_needs_somebody_who_says_who_manages_whom(tmp_path: Path) -> None:
    """Where neither staff nor roles name a manager, `manager` would be nobody."""
    text = REGIONS.replace("  manager: 上级\n", "").replace(", manager: 班长", "").replace(", manager: 总调", "")
    with pytest.raises(DefinitionError, match="does not say who manages whom"):
        regions(tmp_path, "manager", text=text)


def test_a_person_s_task_is_nobody_else_s(tmp_path: Path) -> None:
    """Of everyone of a role each may act, and who is not of it may not."""
    with opened(tmp_path, "{everyone: 维修, not: applicant}") as kit:
        case = kit.submit("工单", {"地点": "西湖"}, by=HANG).id
        with pytest.raises(RefusedError, match="不归您处理"):
            kit.act(case, "接单", by=HANG)
        assert isinstance(kit, flowkit.FlowKit)
        assert kit.act(case, "接单", by=XI).owner == (XI,)
