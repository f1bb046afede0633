"""Approvals beyond what a line of the table can say: people who come and go, two at once, time, names, cost, children."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import flowkit
from flowkit.clock import VirtualClock
from flowkit.errors import RefusedError
from tests.acceptance.approvals.script import Desk, actor, app_with
from tests.unit.engine.shop import START

Open = Callable[..., Desk]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Open]:
    """`office(nodes)` gives a case of the table's business with these nodes."""
    kits: list[flowkit.FlowKit] = []

    def opened(nodes: str = "") -> Desk:
        clock = VirtualClock(START)
        app = app_with(yaml.safe_load(nodes) or {}, tmp_path / str(len(kits)))
        kits.append(flowkit.FlowKit(app, f"sqlite:///{tmp_path / f'{len(kits)}.db'}", clock=clock))
        return Desk(kits[-1], clock)

    yield opened
    for kit in kits:
        assert kit.verify() == []
        kit.close()


def refused(do: Callable[[], Any]) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        do()
    return caught.value


def staff(desk: Desk, person: str, *roles: str) -> None:
    desk.kit.import_records("员工", [{"工号": person, "角色": list(roles)}])


def test_a_role_is_read_when_somebody_acts(office: Open) -> None:
    """Who joins a role may sign what was asked before he came; who leaves it may not any more."""
    desk = office("审批: {approval: {by: [采购, {everyone: 办事}], otherwise: 老板}}")
    assert desk.signers() == ["己", "庚", "辛"]
    staff(desk, "丁", "丁", "采购")
    staff(desk, "己", "空岗")
    staff(desk, "辛", "辛")
    assert refused(lambda: desk.take("己 同意")).code == "not-yours"
    assert refused(lambda: desk.take("辛 同意")).code == "not-yours"
    desk.take("丁 同意")
    # What he was asked for as one of a role falls to whoever stands in.
    assert desk.kit.case(desk.case).owner == ("员工:壬", "role:老板")


def test_of_two_who_sign_at_once_one_wins(office: Open) -> None:
    """Ten times the two of a pool approve at the same moment: one signature, one refusal, one way on."""
    first = office("审批: {approval: {by: 采购, otherwise: 老板}}")
    for _ in range(10):
        desk = Desk(first.kit, first.clock)

        def sign(who: str, desk: Desk = desk) -> str:
            try:
                desk.kit.act(desk.case, "approve", by=actor(who), visit=desk.first_visit)
            except RefusedError as refusal:
                return refusal.code
            return "signed"

        with ThreadPoolExecutor(2) as both:
            outcomes = list(both.map(sign, ("己", "庚")))
        assert sorted(outcomes) == ["signed", "stale"], outcomes
        history = desk.kit.history(desk.case)
        assert sum(event.kind == "signed" for event in history) == 1
        assert sum(event.kind == "entered" and event.data["node"] == "办理" for event in history) == 1


def test_the_same_key_signs_once(office: Open) -> None:
    """A double click under one key is one signature, and both times the same answer."""
    desk = office()
    first = desk.kit.act(desk.case, "同意", by=actor("甲"), key="click")
    assert desk.kit.act(desk.case, "同意", by=actor("甲"), key="click").sequence == first.sequence
    assert desk.signers() == ["乙", "丙"]


def test_who_gets_it_has_the_time_that_is_left(office: Open) -> None:
    """Handing over and delegating change nothing of when it is due."""
    desk = office()
    due = desk.kit.case(desk.case).due
    desk.take("过 20h")
    for step in ("甲 转办 丁", "乙 委派 戊", "戊 同意"):
        desk.take(step)
        assert desk.kit.case(desk.case).due == due


def test_after_a_return_every_deadline_is_new(office: Open) -> None:
    """What was due at the first visit never fires; the second visit has its own time, counted from its beginning."""
    desk = office("审批: {timeouts: [{after: 4h, notify: {to: owner, text: 请签}}, {after: 8h, reassign: 丁}]}")
    desk.take("过 3h")
    for step in ("甲 退回", "过 1h", "陈 提交"):
        desk.take(step)
    assert desk.kit.case(desk.case).due == START + timedelta(hours=8)
    desk.take("过 3h")
    assert not [e for e in desk.kit.history(desk.case) if e.kind == "fired"]
    desk.take("过 2h")
    [fired] = [e for e in desk.kit.history(desk.case) if e.kind == "fired"]
    assert (fired.data["visit"], fired.data["deadline"]) == (4, "1")


def test_a_reminder_goes_to_those_who_have_not_signed(office: Open) -> None:
    """`owner` means, at an approval, those who are still to sign; who has signed is left in peace."""
    desk = office("审批: {timeouts: [{after: 2h, notify: {to: owner, text: 请签}}, {after: 10d, escalate: 老板}]}")
    for step in ("甲 同意", "乙 转办 丁", "过 3h"):
        desk.take(step)
    told = [e.data["to"] for e in desk.kit.history(desk.case) if e.kind == "notified" and e.data["text"] == ["请签"]]
    assert told == [["员工:丁", "员工:丙"]]


def test_everybody_is_told_when_it_is_his_turn(office: Open) -> None:
    """In turn each hears of it when the one before has signed, and not sooner."""
    desk = office("审批: {approval: {by: [甲, 乙], sign: in_turn, otherwise: 老板}}")

    def told() -> list[list[str]]:
        events = desk.kit.history(desk.case)
        return [e.data["to"] for e in events if e.kind == "notified" and e.data["while_visit"] == desk.first_visit]

    assert told() == [["员工:甲"]]
    desk.take("甲 同意")
    assert told() == [["员工:甲"], ["员工:乙"]]


def test_when_the_last_who_could_sign_leaves_somebody_else_is_asked_at_once(office: Open) -> None:
    """An import that takes the only one of a role away leaves no case waiting for him, and the list tells where it went."""
    desk = office("审批: {approval: {by: 甲, otherwise: 老板}}")
    assert desk.signers() == ["甲"]
    staff(desk, "甲", "丁")
    assert desk.signers() == ["老板"]
    desk.take("老板 同意")


def test_nobody_at_all_is_an_incident(office: Open) -> None:
    """Where the applicant is the only one who could sign, a person must look; once there is somebody it goes on."""
    desk = office("审批: {approval: {by: 空岗}}")
    desk.take("老板 退回")
    staff(desk, "老板", "丙")
    staff(desk, "陈", "老板")
    desk.take("陈 提交")
    assert "没有人可以审批" in (desk.kit.case(desk.case).incident or "")
    assert desk.kit.case(desk.case, by=actor("陈")).operations[0] == ("retry", "重试")
    staff(desk, "丁", "空岗")
    desk.kit.retry(desk.case, by=actor("陈"))
    assert desk.signers() == ["丁"]


def test_an_exit_that_fails_leaves_the_signatures(office: Open) -> None:
    """When what follows an approval breaks, it stays approved; the catcher tries again from there, and nobody signs twice."""
    budget = "do: [{record: =科目, set: {余额: =科目.余额 - 金额}}]"
    desk = office(f"审批: {{approval: {{by: 甲, otherwise: 老板}}, approved: {{{budget}, to: 办理}}}}")
    desk.kit.import_records("预算", [{"科目": "差旅", "余额": "50"}])
    desk.take("甲 同意")
    case = desk.kit.case(desk.case, by=actor("甲"))
    assert "余额" in (case.incident or "")
    assert (case.node, case.owner) == ("审批", ())
    assert refused(lambda: desk.take("甲 拒绝")).code == "incident"
    assert refused(lambda: desk.take("甲 拿回")).code == "incident"
    desk.kit.import_records("预算", [{"科目": "差旅", "余额": "100000"}])
    desk.kit.retry(desk.case, by=actor("老板"))
    assert desk.kit.case(desk.case).node == "办理"


def test_what_was_answered_is_seen_by_expressions(office: Open) -> None:
    """`NODE.outcome`, `.by`, `.opinion`, `.approvals`, `.rejections`, `.asked` and `.opinions` tell of the last visit."""
    desk = office(
        "审批: {approval: {by: [甲, 乙, 丙], sign: {vote: 0.6}, otherwise: 老板},"
        ' approved: {to: [{when: "审批.rejections == 0", to: 办理}, {to: 复议}]}}\n'
        "复议: {owner: 老板, actions: {过: {to: 完成}}, timeouts: [{after: 30d, escalate: 老板}]}"
    )

    def seen(path: str) -> Any:
        name, attribute = path.split(".")
        return desk.kit.look(desk.case, lambda world: world[name].attribute(attribute))

    assert (seen("审批.outcome"), seen("审批.asked"), seen("审批.approvals")) == (None, 3, 0)
    desk.kit.act(desk.case, "拒绝", {"opinion": "太贵"}, by=actor("丙"))
    desk.take("过 1h")
    assert (seen("审批.rejections"), seen("审批.outcome"), seen("起草.outcome")) == (1, None, None)
    desk.take("甲 同意")
    desk.take("过 1h")
    desk.kit.act(desk.case, "同意", {"opinion": "可以"}, by=actor("乙"))
    assert desk.kit.case(desk.case).node == "复议"
    assert (seen("审批.outcome"), seen("审批.opinion"), str(seen("审批.by"))) == ("approved", "可以", "乙")
    assert (seen("审批.approvals"), seen("审批.rejections"), seen("审批.asked")) == (2, 1, 3)
    assert [(str(o["by"]), o["answer"], o["opinion"]) for o in seen("审批.opinions")] == [
        ("丙", "rejected", "太贵"),
        ("甲", "approved", ""),
        ("乙", "approved", "可以"),
    ]


def test_a_picture_of_the_case_shows_the_sheet(office: Open) -> None:
    """Who is asked, who has signed with which opinion, and who was added by whom stand in the case's picture."""
    desk = office()
    desk.kit.act(desk.case, "同意", {"opinion": "照办"}, by=actor("甲"))
    desk.take("乙 后加签 丁")
    shown = [(s.holders, s.state, s.by, s.opinion, s.added_by) for s in desk.kit.case(desk.case).signatures]
    assert shown == [
        (("role:甲",), "approved", "员工:甲", "照办", ""),
        (("role:乙",), "open", "", "", ""),
        (("员工:丁",), "waiting", "", "", "员工:乙"),
        (("role:丙",), "open", "", "", ""),
    ]


def test_whoever_must_rework_is_told_who_returned_it_and_why(office: Open) -> None:
    """The picture, the notice and the story name who returned it, in whose name, with his words, until the case has gone on."""
    desk = office()
    assert desk.kit.case(desk.case).returned is None
    desk.take("乙 请 丁")
    desk.take("丁 退回 opinion=先比三家")
    back = desk.kit.case(desk.case).returned
    assert back is not None
    assert (back.state, back.by, back.opinion, back.at) == (
        "returned",
        "员工:丁",
        "先比三家",
        desk.clock.now().isoformat(),
    )
    notice = [event for event in desk.kit.history(desk.case) if event.kind == "notified"][-1]
    assert notice.data["to"] == ["员工:陈"]
    assert notice.data["text"][0].endswith("起草(退回:先比三家)")
    assert any(line.endswith("员工:丁 代 员工:乙  退回") for line in desk.kit.explain(desk.case).lines)
    desk.take("陈 提交")
    assert desk.kit.case(desk.case).returned is None


def test_what_happened_is_told_in_words(office: Open) -> None:
    """Every event of an approval has its own words, with names and reasons, and none shows its bare kind."""
    desk = office("审批: {approval: {by: [甲, 乙, 采购], repeated: carry, otherwise: 老板}}")
    for step in ("甲 委派 丁", "丁 拒绝 opinion=再想想", "甲 转办 辛", "甲 拿回", "乙 前加签 丁 戊", "乙 减签 戊"):
        desk.take(step)
    for step in ("丁 同意 opinion=好", "己 认领", "己 同意", "己 拿回", "乙 退回"):
        desk.take(step)
    lines = "\n".join(desk.kit.explain(desk.case).lines)
    for words in (
        "会签",
        "委派给 员工:丁",
        "受委派,意见是拒绝",
        "意见: 再想想",
        "转办给 员工:辛",
        "前加签",
        "减签 员工:戊",
        "轮到 岗位 乙",
        "拿回",
        "员工:乙  退回",
    ):
        assert words in lines, words
    kinds = {event.kind for event in desk.kit.history(desk.case)}
    assert not [kind for kind in kinds if f"  {kind}" in lines]


def test_a_signature_costs_no_more_statements_than_any_step(office: Open) -> None:
    """Whatever an approval comes to, it takes at most 4 reads and 8 writes, with twenty signers as with three."""
    desk = office("审批: {approval: {by: [{everyone: =自选}, 采购], sign: all, otherwise: 老板}}")
    desk.kit.import_records("员工", [{"工号": f"w{n}", "角色": ["办事"]} for n in range(20)])
    desk.take("老板 退回")
    desk.take("陈 提交 自选=" + ",".join(f"w{n}" for n in range(20)))
    steps = ["w0 同意", "w1 转办 丁", "w2 委派 戊", "戊 同意", "w3 前加签 甲", "甲 同意", "己 认领", "己 释放"]
    for step in [*steps, "w4 退回", "w4 拿回", "w5 拒绝"]:
        desk.take(step)
        reads, writes = desk.kit.spent
        assert reads <= 4, (step, reads)
        assert writes <= 8, (step, writes)


def test_an_approval_ends_with_its_case(office: Open) -> None:
    """When the case is voided nobody finds anything to sign, and nothing of it can be signed or taken back."""
    desk = office()
    desk.take("甲 同意")
    desk.kit.act(desk.case, "作废", {"reason": "重复"}, by=actor("老板"))
    assert desk.signers() == []
    assert {signature.state for signature in desk.kit.case(desk.case).signatures} == {"approved", "closed"}
    assert refused(lambda: desk.take("乙 同意")).code == "ended"
    assert refused(lambda: desk.take("甲 拿回")).code == "ended"


def test_what_somebody_has_to_sign_is_reassigned(office: Open) -> None:
    """Who may reassign gives what one has to sign to somebody else, now and in its turn; never to the applicant."""
    desk = office("审批: {approval: {by: [\"='员工:甲'\", 乙], sign: in_turn, otherwise: 老板}}")
    reason = {"reason": "调岗"}
    assert (
        refused(lambda: desk.kit.act(desk.case, "移交", {"to": actor("陈"), **reason}, by=actor("老板"))).code
        == "invalid"
    )
    desk.take("甲 委派 丙")
    desk.kit.act(desk.case, "移交", {"to": actor("戊"), **reason}, by=actor("老板"))
    assert desk.signers() == ["戊"]
    desk.take("戊 同意")
    assert desk.signers() == ["甲"]
    desk.kit.act(desk.case, "移交", {"from": actor("甲"), "to": actor("丁"), **reason}, by=actor("老板"))
    desk.take("丁 同意")
    assert desk.signers() == ["乙"]


def test_nobody_is_reassigned_a_second_signature(office: Open) -> None:
    """Whoever signs anyway, or has signed, gets nobody else's signature: two signatures are two people's."""
    desk = office("审批: {approval: {by: [甲, 乙, 丙], sign: {vote: 0.6}, otherwise: 老板}}")
    desk.take("丙 同意")
    for to in ("乙", "丙"):
        values = {"from": "role:甲", "to": actor(to), "reason": "休假"}
        assert "本来就在审批人里" in str(refused(lambda v=values: desk.kit.act(desk.case, "移交", v, by=actor("老板"))))
    assert desk.signers() == ["甲", "乙"]


def test_what_may_not_be_handed_over_is_not_reassigned_by_its_own_signer(office: Open) -> None:
    """Where a node allows no hand-over, 移交 of one's own signature is none either; who is granted it still may."""
    desk = office("审批: {approval: {by: [\"='员工:甲'\"], allow: [urge], otherwise: 老板}}")
    values = {"to": actor("戊"), "reason": "忙"}
    assert refused(lambda: desk.take("甲 转办 戊")).code == "not-allowed"
    assert refused(lambda: desk.kit.act(desk.case, "移交", values, by=actor("甲"))).code == "not-allowed"
    desk.kit.act(desk.case, "移交", values, by=actor("老板"))
    assert desk.signers() == ["戊"]


def test_who_has_gone_is_never_waited_for(tmp_path: Path) -> None:
    """A signature of somebody who has left falls to whoever stands in: at once, or when its turn comes."""
    nodes = {"审批": {"approval": {"by": [f"='员工:{p}'" for p in "甲乙丙"], "sign": "in_turn", "otherwise": "丁"}}}
    clock, database = VirtualClock(START), f"sqlite:///{tmp_path / 'work.db'}"
    app = app_with(nodes, tmp_path / "app")
    with flowkit.FlowKit(app, database, clock=clock) as kit:
        case = Desk(kit, clock).case
    written = tmp_path / "app" / "app.yaml"
    text = written.read_text(encoding="utf-8")
    for gone in ("甲", "丙"):
        text = text.replace(f"  - {{工号: {gone}, 角色: [{gone}]}}\n", "")
    written.write_text(text, encoding="utf-8")
    with flowkit.FlowKit(flowkit.load_app(tmp_path / "app"), database, clock=clock) as kit:
        assert kit.case(case).owner == ("role:丁",)
        kit.act(case, "同意", by=actor("丁"))
        assert kit.case(case).owner == (actor("乙"),)
        kit.act(case, "同意", by=actor("乙"))
        assert kit.case(case).owner == ("role:丁",)
        kit.act(case, "同意", by=actor("丁"))
        assert kit.case(case).node == "办理"
        assert kit.verify() == []


def test_a_suspended_approval_stands_still(office: Open) -> None:
    """While the case is suspended nobody may sign; afterwards it goes on with the signatures it had."""
    desk = office()
    desk.take("甲 同意")
    desk.kit.act(desk.case, "挂起", {"reason": "等预算"}, by=actor("老板"))
    assert refused(lambda: desk.take("乙 同意")).code == "suspended"
    desk.kit.act(desk.case, "激活", {"reason": "有了"}, by=actor("老板"))
    desk.take("乙 同意")
    assert desk.signers() == ["丙"]


def test_the_values_a_machine_set_are_taken_back(office: Open) -> None:
    """Taking back undoes what the approval has set; what people typed stays."""
    desk = office("审批: {approval: {by: 甲, otherwise: 老板}, approved: {do: [{set: {金额: =金额 * 2}}], to: 办理}}")
    desk.take("甲 同意")
    assert desk.kit.case(desk.case).values["金额"] == 200
    desk.take("甲 拿回")
    assert desk.kit.case(desk.case).values["金额"] == 100


@pytest.mark.parametrize(
    ("action", "values", "by"),
    [
        ("抄送", {"to": [actor("戊")]}, "乙"),
        ("评论", {"text": "请看", "mention": [actor("戊")]}, "乙"),
        ("关注", {}, "戊"),
    ],
)
def test_whoever_only_looks_on_takes_nobodys_move_from_him(
    office: Open, action: str, values: dict[str, Any], by: str
) -> None:
    """What a copy, a comment or following tells people is no message of the move: its maker can take it back."""
    desk = office("审批: {approval: {by: [甲], otherwise: 老板}}")
    desk.kit.act(desk.case, action, values, by=actor(by))
    desk.take("甲 同意")
    if action != "关注":
        desk.kit.act(desk.case, action, {**values, "to": [actor("丁")]} if "to" in values else values, by=actor(by))
    desk.take("甲 拿回")
    assert desk.signers() == ["甲"]


def test_only_what_is_open_to_somebody_is_offered(office: Open) -> None:
    """Each sees the operations he may take now, and no more."""
    desk = office("审批: {approval: {by: [甲, 采购], allow: [hand_over, add], otherwise: 老板}, returned: null}")

    def offered(who: str) -> set[str]:
        names = {name for name, _ in desk.kit.case(desk.case, by=actor(who)).operations}
        return names - {"comment", "follow", "copy", "link", "join", "urge", "unfollow"}

    assert offered("甲") == {"approve", "reject", "hand_over", "add_signer"}
    assert offered("己") == {"approve", "reject", "hand_over", "add_signer", "claim"}
    assert offered("陈") == set()
    assert offered("老板") == {"remove_signer", "void", "suspend", "reassign"}
    assert refused(lambda: desk.kit.act(desk.case, "催办", by=actor("陈"))).code == "not-allowed"
