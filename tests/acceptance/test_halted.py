"""Void, suspend, resume: clocks that stand still, what comes meanwhile, who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowkit.errors import RefusedError
from tests.acceptance.desk import BOSS, DESK, LI, QIAN, WANG, WEI, ZHAO, Desk, opened, refused

WHY = {"reason": "等客户付款"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as desk:
        yield desk


# --- suspend and resume ----------------------------------------------------------------------------------------------


def test_the_clocks_of_a_suspended_case_stand_still(desk: Desk) -> None:
    """Nothing falls due; when it goes on each deadline, its stages' too, is later by just that span, and says so."""
    case = desk.begin()
    desk.later(minutes=30)
    before = [d.due - desk.clock.now() for d in desk.case(case).deadlines]
    shown = desk.act(case, "suspend", WHY, by=QIAN)
    assert (shown.due, shown.deadlines) == (None, ())
    assert shown.suspended is not None
    assert (shown.suspended.by, shown.suspended.reason) == (QIAN, "等客户付款")
    desk.later(days=5)
    assert desk.case(case).helpers == ()
    desk.act(case, "激活", {"reason": "已付款"}, by=QIAN)
    after = [d.due - desk.clock.now() for d in desk.case(case).deadlines]
    assert after == before == [timedelta(minutes=90), timedelta(hours=47, minutes=30)]
    assert any("+ 挂起 5 天（2026-03-02 09:30 起）" in line for line in desk.explain(case).lines)
    desk.later(minutes=91)
    assert desk.case(case).helpers == ("role:经理",)


def test_nothing_is_done_with_a_suspended_case(desk: Desk) -> None:
    """No action, no urging, no hand-over but by right; it can be spoken of, followed, read, resumed, called void."""
    case = desk.begin()
    desk.act(case, "copy", {"to": [WEI]}, by=LI)
    desk.act(case, "suspend", WHY, by=BOSS)
    for what, values in (("完", {}), ("claim", {}), ("hand_over", {"to": WEI}), ("urge", {}), ("link", {"to": "x"})):
        assert "已挂起" in refused(desk, case, what, LI, **values)
    assert desk.case(case, by=LI).actions == ()
    assert desk.able(case, LI) == ["comment", "follow", "copy"]
    assert desk.able(case, BOSS) == ["reassign", "comment", "follow", "copy", "resume", "void"]
    for what, by, values in (("comment", LI, {"text": "等着"}), ("follow", LI, {}), ("mark_read", WEI, {})):
        desk.act(case, what, values, by=by)
    assert [t.flags for t in desk.tasks(LI)] == [("挂起",)]


def test_suspending_needs_a_right_and_a_reason(desk: Desk) -> None:
    """It is for those whose role may, and the catcher's people; resuming and calling void too."""
    case = desk.begin()
    assert "没有“挂起”的权限" in refused(desk, case, "suspend", LI, **WHY)
    assert "没有“作废”的权限" in refused(desk, case, "void", QIAN, **WHY)
    assert "原因" in refused(desk, case, "suspend", QIAN)
    assert "没有挂起" in refused(desk, case, "resume", QIAN, **WHY)
    desk.act(case, "suspend", WHY, by=QIAN)
    assert "已挂起" in refused(desk, case, "suspend", BOSS, **WHY)
    assert "没有“激活”的权限" in refused(desk, case, "resume", LI, **WHY)


def test_who_suspends_a_case_has_it_in_his_list(desk: Desk) -> None:
    """So that it is not forgotten while no clock runs; he and those who have the task are told of both."""
    case = desk.begin()
    desk.act(case, "follow", by=ZHAO)
    desk.act(case, "suspend", WHY, by=QIAN)
    assert [(t.kind, t.flags) for t in desk.tasks(QIAN)] == [("suspended", ("挂起",))]
    desk.act(case, "resume", {"reason": "好了"}, by=BOSS)
    assert not desk.tasks(QIAN)
    desk.advance()
    for who in (LI, WANG, ZHAO):
        assert desk.listener.told(who, "挂起") == ["接听 T001已挂起: 等客户付款"]
        assert desk.listener.told(who, "恢复") == ["接听 T001已恢复办理: 好了"]


def test_a_suspended_case_goes_on_by_itself_at_its_time(desk: Desk) -> None:
    """With `until` a deadline of its own stands, the only one; and only in the future."""
    case = desk.begin()
    assert "要晚于现在" in refused(desk, case, "suspend", QIAN, until="2026-03-02 09:00", **WHY)
    desk.act(case, "suspend", {**WHY, "until": "2026-03-04 09:00"}, by=QIAN)
    assert desk.due(case) == {"恢复": timedelta(days=2)}
    desk.later(days=1)
    assert desk.case(case).suspended is not None
    desk.later(days=1)
    shown = desk.case(case)
    assert (shown.suspended, shown.helpers) == (None, ())
    assert min(desk.due(case).values()) == timedelta(hours=2)
    desk.act(case, "suspend", {**WHY, "until": "2026-03-05 09:00"}, by=QIAN)
    desk.later(days=1)
    fired = [(e.data["deadline"], e.data["visit"], e.data["n"]) for e in desk.history(case) if e.kind == "fired"]
    assert len(fired) == len(set(fired)) == 2, "each suspension has a deadline of its own"


def test_a_case_resumed_early_is_not_resumed_again(desk: Desk) -> None:
    """The deadline of a suspension is gone with it, also when the case is suspended again at the same visit."""
    case = desk.begin()
    desk.act(case, "suspend", {**WHY, "until": "2026-03-04 09:00"}, by=QIAN)
    desk.later(hours=1)
    desk.act(case, "resume", {"reason": "好了"}, by=QIAN)
    desk.act(case, "suspend", WHY, by=QIAN)
    desk.later(days=30)
    assert desk.case(case).suspended is not None


def test_a_deadline_at_the_moment_of_the_suspension_stands_still(desk: Desk) -> None:
    """Whichever comes first of the two counts: a timer found due behind the suspension fires when the case goes on."""
    case = desk.begin()
    desk.clock.move(timedelta(hours=2))
    results = desk.at_once(("suspend", WHY, QIAN, case), ("timeout", {"deadline": "1", "visit": 1, "n": 0}, "", case))
    assert len(results) == 2
    assert desk.case(case).helpers == ()
    desk.later(days=1)
    desk.act(case, "resume", {"reason": "好了"}, by=QIAN)
    desk.advance()
    assert desk.case(case).helpers == ("role:经理",)


def test_a_stage_that_was_paused_is_not_paused_twice(desk: Desk) -> None:
    """Suspended while its stage's clock stood still: the span counts once, when the stage's clock goes on."""
    case = desk.begin()
    desk.later(hours=1)
    desk.act(case, "等", by=LI)
    desk.later(hours=3)
    desk.act(case, "suspend", WHY, by=QIAN)
    desk.later(hours=10)
    desk.act(case, "resume", {"reason": "好了"}, by=QIAN)
    desk.later(hours=2)
    desk.signal(case, "到货", by=LI, key="s")
    stage = [d for d in desk.case(case).deadlines if "经理" in d.then and d.due - desk.clock.now() > timedelta(hours=5)]
    assert [d.due - desk.clock.now() for d in stage] == [timedelta(hours=47)]


def test_what_comes_meanwhile_waits_and_is_worked_off(desk: Desk) -> None:
    """An event is taken in at once, acknowledged, and listened to when the case goes on."""
    case = desk.begin()
    desk.act(case, "等", by=LI)
    desk.act(case, "suspend", WHY, by=QIAN)
    desk.signal(case, "到货", by=LI, key="one")
    desk.signal(case, "别的", by=LI, key="two")
    desk.signal(case, "到货", by=LI, key="one")
    assert desk.case(case).node == "等件"
    desk.act(case, "resume", {"reason": "好了"}, by=QIAN)
    assert desk.case(case).node == "办理"
    kinds = [e.kind for e in desk.history(case)]
    assert (kinds.count("deferred"), kinds.count("signalled"), kinds.count("kept")) == (2, 1, 1)
    assert "    挂起期间收到 2 项,现在处理" in desk.explain(case).lines
    assert not desk.given_up()


def test_children_go_on_and_their_end_waits(desk: Desk) -> None:
    """Suspending a parent does not suspend its children: what they came to is joined when it goes on."""
    case = desk.begin()
    desk.act(case, "派", by=LI)
    desk.act(case, "suspend", WHY, by=QIAN)
    desk.act(f"{case}.2.0", "干完", by=WEI)
    assert desk.case(case).node == "派活"
    desk.act(case, "resume", {"reason": "好了"}, by=QIAN)
    assert desk.case(case).outcome == "done"


def test_an_incident_waits_too(tmp_path: Path) -> None:
    """What a machine gave up on cannot be tried again while the case is suspended, and can afterwards."""
    broken = DESK.replace("转: {to: 办理}", '转: {do: [{set: {数: "=1 / (数 ?? 0)"}}], to: 办理}')
    with opened(tmp_path, broken.replace("stages:", "fields: {数: {type: number}}\nstages:", 1)) as desk:
        case = desk.begin()
        desk.act(case, "转", by=LI)
        assert desk.case(case).incident is not None
        desk.act(case, "suspend", WHY, by=QIAN)
        assert "已挂起" in refused(desk, case, "retry", BOSS)
        with pytest.raises(RefusedError, match="已挂起"):
            desk.retry(case, by=BOSS)
        desk.later(days=1)
        desk.act(case, "resume", {"reason": "好了"}, by=QIAN)
        assert [t.kind for t in desk.tasks(BOSS)] == ["incident"]
        desk.retry(case, by=BOSS)


# --- void ------------------------------------------------------------------------------------------------------------


def test_a_void_case_has_ended_and_its_children_with_it(desk: Desk) -> None:
    """It is cancelled with its reason; nobody has anything to do with it any more; those who had are told."""
    case = desk.begin()
    desk.act(case, "派", by=LI)
    shown = desk.act(case, "作废", {"reason": "重复"}, by=BOSS)
    assert (shown.outcome, shown.due, shown.owner) == ("cancelled", None, ())
    assert desk.case(f"{case}.2.0").outcome == "cancelled"
    assert not desk.tasks(LI)
    assert not desk.tasks(WEI)
    desk.advance()
    assert desk.listener.told(LI, "作废") == ["接听 T001已作废: 重复"]


def test_a_parent_is_told_of_a_void_child(desk: Desk) -> None:
    """It goes on as when the child had ended otherwise."""
    case = desk.begin()
    desk.act(case, "派", by=LI)
    desk.act(f"{case}.2.0", "void", {"reason": "重复"}, by=BOSS)
    assert desk.case(case).outcome == "done"
    assert any("已结束: 取消" in line for line in desk.explain(case).lines)


def test_a_suspended_case_can_be_called_void(desk: Desk) -> None:
    """Then nothing of the suspension is left, and what it had waited for comes too late."""
    case = desk.begin()
    desk.act(case, "等", by=LI)
    desk.act(case, "suspend", {**WHY, "until": "2026-03-04 09:00"}, by=QIAN)
    desk.signal(case, "到货", by=LI, key="one")
    desk.act(case, "void", {"reason": "重复"}, by=BOSS)
    assert not desk.tasks(QIAN)
    desk.later(days=9)
    assert desk.case(case).outcome == "cancelled"
    assert desk.next_due() is None


def test_a_parents_end_reaches_a_suspended_child(desk: Desk) -> None:
    """Whoever is called off ends, suspended or not."""
    case = desk.begin()
    desk.act(case, "派", by=LI)
    desk.act(f"{case}.2.0", "suspend", WHY, by=BOSS)
    desk.act(case, "void", {"reason": "重复"}, by=BOSS)
    assert desk.case(f"{case}.2.0").outcome == "cancelled"
    assert not desk.tasks(BOSS)
