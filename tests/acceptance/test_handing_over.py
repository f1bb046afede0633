"""A shift is handed over, somebody leaves, a case goes to another unit, and what nobody was found for is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

import flowkit
from flowkit.errors import RefusedError
from flowkit.values.durations import parse_duration
from tests.acceptance.test_people import opened
from tests.regions import REGIONS

BIN, BING, XI, HANG, NING, REN, ZONG = (f"员工:{key}" for key in ("bin", "bing", "xi", "hang", "ning", "ren", "zong"))


def begun(kit: flowkit.FlowKit, by: str = BIN, place: str = "滨江") -> str:
    """A case that has been accepted by that person."""
    case = kit.submit("工单", {"地点": place}, by=ZONG).id
    kit.act(case, "接单", by=by)
    return case


def test_all_open_tasks_of_somebody_are_handed_over(tmp_path: Path) -> None:
    """Each case by a command of its own with the reason in its history; what others have stays theirs."""
    with opened(tmp_path) as kit:
        his, other = [begun(kit) for _ in range(40)], begun(kit, BING)
        done = kit.reassign_all(BIN, XI, by=REN, reason="离职")
        assert [d.case for d in done] == sorted(his)
        assert not any(d.refused for d in done)
        assert kit.tasks(BIN) == []
        assert {t.case for t in kit.tasks(XI)} == set(his)
        assert kit.case(other).owner == (BING,)
        told = [e for e in kit.history(his[0]) if e.kind == "replaced"]
        assert [(e.by, e.data["from"], e.data["to"], e.data["reason"]) for e in told] == [(REN, BIN, XI, "离职")]
        lines = kit.explain(his[0]).lines
        assert any("人事甲(ren)  移交 滨江师傅(bin) 的待办给 西湖师傅(xi)" in line for line in lines)
        assert not kit.verify()


def test_a_shift_is_handed_to_the_pool_of_a_role(tmp_path: Path) -> None:
    """Then one of its people in the unit of each case takes it; deadlines run on."""
    with opened(tmp_path) as kit:
        here, there = begun(kit), begun(kit, XI, "西湖")
        due = kit.case(here).due
        kit.clock.move(parse_duration("1h"))
        assert [d.refused for d in kit.reassign_all(BIN, "维修员", by=BIN, reason="交班")] == [""]
        assert kit.case(here).owner == ("role:维修",)
        assert kit.case(here).due == due
        assert kit.act(here, "完工", by=BING).outcome == "done"
        assert kit.case(there).owner == (XI,)


def test_whoever_may_not_hand_over_is_told_so_case_by_case(tmp_path: Path) -> None:
    """人事 of 杭州 may not in 宁波, a colleague not at all; what can be done is done."""
    with opened(tmp_path) as kit:
        near, far = begun(kit), begun(kit)
        kit.act(far, "move", {"unit": "宁波", "reason": "客户在宁波"}, by=ZONG)
        kit.act(far, "reassign", {"to": BIN, "reason": "仍由他做"}, by=ZONG)
        done = {d.case: d.refused for d in kit.reassign_all(BIN, XI, by=REN, reason="离职")}
        assert done[near] == ""
        assert "没有“移交”的权限" in done[far]
        assert [("权限" in d.refused) for d in kit.reassign_all(XI, BIN, by=BING, reason="抢单")] == [True]


@pytest.mark.parametrize(
    ("to", "reason", "said"),
    [(BIN, "x", "不能移交给本人"), ("员工:gone", "x", "没有这个员工"), (XI, " ", "请填写移交的原因")],
)
def test_a_hand_over_that_cannot_be_is_refused_as_a_whole(tmp_path: Path, to: str, reason: str, said: str) -> None:
    """Nothing has changed then."""
    with opened(tmp_path) as kit:
        case = begun(kit)
        with pytest.raises(RefusedError, match=said):
            kit.reassign_all(BIN, to, by=REN, reason=reason)
        with pytest.raises(RefusedError, match="没有这个人"):
            kit.reassign_all(BIN, XI, by="员工:gone", reason="x")
        assert kit.case(case).owner == (BIN,)


def test_handing_over_what_somebody_misspelt_has_is_refused(tmp_path: Path) -> None:
    """Who is not there and has nothing is told so; who is there and has nothing, and who has gone, are not."""
    with opened(tmp_path) as kit:
        with pytest.raises(RefusedError, match="没有这个员工: 员工:bni"):
            kit.reassign_all("员工:bni", XI, by=REN, reason="离职")
        assert kit.reassign_all(BIN, XI, by=REN, reason="离职") == []


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("移交", {"to": XI, "reason": "长" * 501}),
        ("移交", {"to": "长" * 201, "reason": "x"}),
        ("转单位", {"unit": "西湖", "reason": "长" * 501}),
        ("转单位", {"unit": "长" * 201, "reason": "x"}),
    ],
)
def test_what_is_said_to_it_is_short(tmp_path: Path, what: str, values: dict[str, str]) -> None:
    """A reason goes into messages and the history of each case: one of any length is refused, and not repeated."""
    with opened(tmp_path) as kit:
        with pytest.raises(RefusedError) as refused:
            kit.act(begun(kit), what, values, by=ZONG)
        assert len(" ".join(p.words for p in refused.value.problems)) < 200


def test_one_task_is_reassigned_and_stays_a_pool_s_that_it_was_claimed_from(tmp_path: Path) -> None:
    """The new one can give it back to the pool; whoever must keep away from the step does not get it."""
    text = REGIONS.replace("    owner: OWNER\n", "    owner: OWNER\n    not: applicant\n")
    with opened(tmp_path, text=text) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=ZONG).id
        kit.act(case, "claim", by=BIN)
        assert kit.act(case, "reassign", {"to": XI, "reason": "换人"}, by=BIN).owner == (XI,)
        assert kit.act(case, "release", by=XI).owner == ("role:维修",)
        kit.act(case, "claim", by=BIN)
        for to, said in ((ZONG, "这一步他应当回避"), (BIN, "已经是他的了"), ("谁", "没有这个员工或岗位"), ("调度", "")):
            if said:
                with pytest.raises(RefusedError) as refused:
                    kit.act(case, "移交", {"to": to, "reason": "换人"}, by=REN)
                assert refused.value.problems[0].message.startswith(said)
            else:
                assert kit.act(case, "移交", {"to": to, "reason": "换人"}, by=REN).owner == ("role:调度",)


def test_a_helper_is_replaced_and_the_owner_stays(tmp_path: Path) -> None:
    """A person who was called in by an escalation hands over what he was called in for."""
    text = REGIONS.replace("escalate: 总调", "escalate: =applicant")
    with opened(tmp_path, text=text) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=NING).id
        kit.clock.move(parse_duration("2h"))
        kit.advance()
        assert kit.case(case).helpers == (NING,)
        kit.reassign_all(NING, XI, by=NING, reason="交班")
        assert (kit.case(case).owner, kit.case(case).helpers) == (("role:维修",), (XI,))
        assert not kit.verify()


def test_whose_place_a_helper_takes_does_not_change_who_holds_the_node(tmp_path: Path) -> None:
    """The owner stays who he was, and as whose people he was found."""
    text = REGIONS.replace("escalate: 总调", "escalate: =applicant")
    with opened(tmp_path, text=text) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=NING).id
        kit.act(case, "claim", by=BIN)
        kit.clock.move(parse_duration("2h"))
        kit.advance()
        kit.reassign_all(NING, REN, by=NING, reason="交班")
        assert (kit.case(case).owner, kit.case(case).helpers) == ((BIN,), (REN,))
        kit.import_records("员工", [{"号": "bin", "角色": ["调度"]}])
        assert kit.act(case, "接单", by=BIN).owner == ("role:维修",)


def test_an_action_of_that_name_does_not_hide_the_hand_over_of_everything(tmp_path: Path) -> None:
    """What a workflow calls 移交 is another thing."""
    text = REGIONS.replace("完工: {to: 完}", "完工: {to: 完}\n      reassign: {title: 移交, to: 完}")
    with opened(tmp_path, text=text) as kit:
        case = begun(kit)
        assert [d.refused for d in kit.reassign_all(BIN, XI, by=REN, reason="离职")] == [""]
        assert kit.case(case).owner == (XI,)
        assert kit.act(case, "移交", by=XI).outcome == "done"


def test_a_case_that_goes_to_another_unit_is_for_the_people_there(tmp_path: Path) -> None:
    """A pool is read in the new unit; who has it and is not there for it gives it up; who is there keeps it."""
    with opened(tmp_path) as kit:
        pooled, kept, lost = kit.submit("工单", {"地点": "滨江"}, by=ZONG).id, begun(kit, HANG), begun(kit, BIN)
        for case in (pooled, kept, lost):
            assert ("move", "转单位") in kit.case(case, by=REN).operations
            assert ("move", "转单位") not in kit.case(case, by=XI).operations
            kit.act(case, "move", {"unit": "西湖", "reason": "报错了地方"}, by=REN)
        assert kit.case(pooled).owner == ("role:维修",)
        assert kit.case(kept).owner == (HANG,)
        assert kit.case(pooled, by=BIN).actions == ()
        assert kit.case(pooled, by=XI).actions
        assert kit.case(lost).owner == ("role:维修",)  # 待接单.owner is not there for 西湖: the people of his role
        lines = kit.explain(lost).lines
        assert any("转到 西湖" in line for line in lines)
        assert any("原因 报错了地方" in line for line in lines)
        assert not kit.verify()


def test_a_case_that_was_dispatched_is_dispatched_again_in_its_new_unit(tmp_path: Path) -> None:
    """Whoever has it is not there for it; the dispatch chooses among who is; is there nobody, the catcher has it."""
    owner = "{dispatch: {among: 维修, otherwise: 调度}}"
    with opened(tmp_path, owner) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=ZONG)
        assert case.owner == (BIN,)
        assert kit.act(case.id, "move", {"unit": "西湖", "reason": "x"}, by=REN).owner == (HANG,)
        assert kit.act(case.id, "move", {"unit": "宁波", "reason": "x"}, by=ZONG).owner == ("role:调度",)


@pytest.mark.parametrize(("unit", "said"), [("月球", "没有“月球”这个区域"), ("滨江", "已经在这个单位了")])
def test_a_case_goes_to_no_unit_that_is_none(tmp_path: Path, unit: str, said: str) -> None:
    """A unit that is not there, and the one it is in, are refused; so is whoever it is not granted to."""
    with opened(tmp_path) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=ZONG).id
        with pytest.raises(RefusedError) as refused:
            kit.act(case, "move", {"unit": unit, "reason": "x"}, by=ZONG)
        assert refused.value.problems[0].message == said
        with pytest.raises(RefusedError, match="没有“转单位”的权限"):
            kit.act(case, "move", {"unit": "西湖", "reason": "x"}, by=BIN)


def test_what_fell_to_the_catcher_is_listed_with_the_reason(tmp_path: Path) -> None:
    """Nobody found, and a machine that gave up; it leaves the list when somebody has it, or it goes on."""
    text = REGIONS.replace("汇报位置: {form: {在: text}, do:", "汇报位置: {form: {在: text, 谁: person}, do:")
    with opened(tmp_path, "[维修, =汇报位置.谁]", text=text) as kit:
        nobody = kit.submit("工单", {"地点": "宁波"}, by=ZONG)
        assert nobody.owner == ("role:总调",)
        assert [(c.case, c.owner, c.reason) for c in kit.caught()] == [
            (nobody.id, ("role:总调",), "没有找到合适的人,由总调兜底")
        ]
        assert kit.submit("工单", {"地点": "滨江"}, by=ZONG).owner == ("role:维修",)
        kit.act(nobody.id, "claim", by=ZONG)
        assert [c.owner for c in kit.caught()] == [(ZONG,)]
        kit.act(nobody.id, "reassign", {"to": XI, "reason": "借调"}, by=ZONG)
        assert kit.caught() == []
        broken = kit.submit("工单", {"地点": "滨江", "故障": "x"}, by=ZONG).id
        kit.act(broken, "汇报位置", {"在": "路上"}, by=BIN)
        assert kit.caught() == []


def test_what_a_machine_gave_up_on_is_listed_until_it_is_mended(tmp_path: Path) -> None:
    """A unit that is none leaves an incident for the catcher."""
    text = REGIONS.replace("unit: =地点\n", "unit: =故障\n")
    with opened(tmp_path, text=text) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by=ZONG).id
        ((found),) = kit.caught()
        assert found.case == case
        assert "没有“异响”这个区域" in found.reason
        kit.retry(case, by=ZONG)
        assert kit.caught() == []


def test_an_escalation_to_nobody_is_caught_too(tmp_path: Path) -> None:
    """When nobody above can be found, the catcher is called, and it stands in the list why."""
    text = REGIONS.replace("escalate: 总调", "escalate: manager").replace(", manager: 班长", "")
    with opened(tmp_path, text=text) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=ZONG).id
        kit.clock.move(parse_duration("2h"))
        kit.advance()
        assert kit.case(case).helpers == ("role:总调",)
        assert [c.case for c in kit.caught()] == [case]
        kit.act(case, "接单", by=BIN)
        assert kit.caught() == []
