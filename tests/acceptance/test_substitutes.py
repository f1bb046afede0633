"""Who stands in for somebody sees and may do his tasks, for as long as it was said, and nothing besides."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flowkit
from flowkit.engine.substitutes import Substitutes, Substitution
from flowkit.errors import RefusedError
from tests.acceptance.test_people import opened
from tests.regions import REGIONS
from tests.shop import NINE

BIN, BING, XI, NING, REN, ZONG = (f"员工:{key}" for key in ("bin", "bing", "xi", "ning", "ren", "zong"))
WEEK = timedelta(days=7)


def stand_in(kit: flowkit.FlowKit, person: str, substitute: str, workflows: list[str] | None = None) -> str:
    now = kit.clock.now()
    return kit.substitute(person, substitute, now, now + WEEK, workflows, by=person).id


def listed(kit: flowkit.FlowKit, by: str) -> list[tuple[str, str]]:
    return [(task.case, task.acting_for) for task in kit.tasks(by)]


def test_a_substitute_sees_and_does_the_tasks_of_a_person_and_of_his_pools(tmp_path: Path) -> None:
    """What he does is done in that person's name, whose the case stays, and stands so in its history."""
    with opened(tmp_path) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=ZONG).id
        assert listed(kit, NING) == []
        assert kit.case(case, by=NING).actions == ()
        stand_in(kit, BIN, NING)
        assert listed(kit, NING) == [(case, BIN)]
        assert "代理" in kit.tasks(NING)[0].flags
        assert kit.act(case, "接单", by=NING).owner == (BIN,)
        assert listed(kit, BIN) == [(case, "")]
        assert listed(kit, NING) == [(case, BIN)]
        assert listed(kit, BING) == []
        acted = next(e for e in kit.history(case) if e.kind == "acted")
        assert (acted.by, acted.data["for"], acted.data["holder"]) == (NING, BIN, BIN)
        assert any("宁波调度(ning) 代 滨江师傅(bin)" in line for line in kit.explain(case).lines)
        assert kit.act(case, "完工", by=BIN).outcome == "done"
        assert not kit.verify()


def test_a_substitute_claims_and_releases_for_the_person(tmp_path: Path) -> None:
    """A task of a pool that he claims becomes the person's."""
    with opened(tmp_path) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=ZONG).id
        stand_in(kit, BIN, NING)
        assert kit.act(case, "claim", by=NING).owner == (BIN,)
        assert kit.act(case, "release", by=NING).owner == ("role:维修",)
        told = [dict(e.data).get("for") for e in kit.history(case) if e.kind in ("claimed", "put_back")]
        assert told == [BIN, BIN]


def test_it_holds_from_its_beginning_up_to_its_end_and_in_its_workflows(tmp_path: Path) -> None:
    """Before, after, and in other workflows he is a stranger."""
    more = "\n---\nworkflow: 另一种\nnodes:\n  甲: {owner: 维修, actions: {办: {to: 完}}, timeouts: [{after: 1d, escalate: 总调}]}\n  完: {end: done}\n"
    with opened(tmp_path, more=more) as kit:
        case, other = (kit.submit(w, {}, by=ZONG).id for w in ("工单", "另一种"))
        kit.substitute(BIN, NING, NINE + timedelta(hours=1), NINE + timedelta(hours=2), ["工单"], by=BIN)
        seen = []
        for _ in range(3):
            seen.append({c for c, _ in listed(kit, NING)})
            kit.clock.set(kit.clock.now() + timedelta(hours=1))
        assert seen == [set(), {case}, set()]
        assert other not in {c for each in seen for c in each}
        with pytest.raises(RefusedError, match="不归您处理"):
            kit.act(case, "接单", by=NING)


def test_it_can_be_ended_before_its_time(tmp_path: Path) -> None:
    """From the next act on nothing is left of it; it cannot be ended twice."""
    with opened(tmp_path) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=ZONG).id
        id_ = stand_in(kit, BIN, NING)
        assert [s.id for s in kit.substitutions(BIN)] == [s.id for s in kit.substitutions(NING)] == [id_]
        assert kit.substitutions(XI) == []
        kit.end_substitution(id_, by=BIN)
        assert listed(kit, NING) == []
        assert kit.substitutions(BIN) == []
        with pytest.raises(RefusedError, match="已经结束"):
            kit.end_substitution(id_, by=BIN)
        with pytest.raises(RefusedError, match="不归您处理"):
            kit.act(case, "接单", by=NING)


def test_a_substitute_s_substitute_is_not_followed(tmp_path: Path) -> None:
    """A ring may be said, and nobody gets more than what the next one has himself."""
    with opened(tmp_path, "applicant") as kit:
        cases = {by: kit.submit("工单", {}, by=by).id for by in (BIN, NING, XI)}
        for person, substitute in ((BIN, NING), (NING, XI), (XI, BIN)):
            stand_in(kit, person, substitute)
        assert set(listed(kit, NING)) == {(cases[BIN], BIN), (cases[NING], "")}
        assert set(listed(kit, XI)) == {(cases[NING], NING), (cases[XI], "")}
        with pytest.raises(RefusedError, match="不归您处理"):
            kit.act(cases[BIN], "接单", by=XI)


def test_what_is_granted_to_a_person_or_allowed_besides_his_tasks_is_not_his_substitute_s(tmp_path: Path) -> None:
    """An exit for whom the task is not (`who`), and an operation that a role must be granted, stay closed."""
    text = REGIONS.replace("接单: {to: 处理中}", "接单: {to: 处理中}\n      改派: {who: 调度, to: 待接单}")
    with opened(tmp_path, text=text) as kit:
        case = kit.submit("工单", {"地点": "宁波"}, by=ZONG).id
        stand_in(kit, NING, XI)
        assert ("改派", "改派") in kit.case(case, by=NING).actions
        assert kit.case(case, by=XI).actions == ()
        now = kit.clock.now()
        stand_in(kit, REN, XI)
        with pytest.raises(RefusedError, match="代理由本人设置"):
            kit.substitute(BIN, NING, now, now + WEEK, by=XI)


def test_who_must_keep_away_from_a_task_does_not_come_to_it_for_another(tmp_path: Path) -> None:
    """`not` of the node and of the exit hold for whoever acts, in whose name ever."""
    text = REGIONS.replace("    owner: =待接单.owner\n", "    owner: 班长\n    not: =待接单.owner\n")
    with opened(tmp_path, text=text) as kit:
        case = kit.submit("工单", {"地点": "滨江"}, by=ZONG).id
        stand_in(kit, "员工:ban", BIN)
        kit.act(case, "接单", by=BIN)
        assert kit.case(case, by=BIN).actions == ()
        assert listed(kit, BIN) == []
        with pytest.raises(RefusedError, match="不归您处理"):
            kit.act(case, "完工", by=BIN)
        stand_in(kit, "员工:ban", XI)
        assert kit.act(case, "完工", by=XI).outcome == "done"


def test_substitutes_hear_of_what_their_persons_are_told(tmp_path: Path) -> None:
    """A new task, and a reminder to its owner, goes to both."""
    with opened(
        tmp_path,
        "=applicant",
        text=REGIONS.replace("catcher: 总调\n", "catcher: 总调\nchannels: {console: {preset: console}}\n"),
    ) as kit:
        stand_in(kit, BIN, NING)
        case = kit.submit("工单", {}, by=BIN).id
        (told,) = [e.data["to"] for e in kit.history(case) if e.kind == "notified"]
        assert told == [BIN, NING]


WRONG: dict[str, Callable[[flowkit.FlowKit, datetime], object]] = {
    "不能请自己代理": lambda kit, now: kit.substitute(BIN, BIN, now, now + WEEK, by=BIN),
    "代理由本人设置": lambda kit, now: kit.substitute(BIN, XI, now, now + WEEK, by=XI),
    "没有这个员工: 员工:gone": lambda kit, now: kit.substitute(BIN, "员工:gone", now, now + WEEK, by=BIN),
    "没有这个员工: 维修": lambda kit, now: kit.substitute(BIN, "维修", now, now + WEEK, by=BIN),
    "结束时间要晚于开始时间": lambda kit, now: kit.substitute(BIN, XI, now, now, by=BIN),
    "结束时间已经过去": lambda kit, now: kit.substitute(BIN, XI, now - 2 * WEEK, now - WEEK, by=BIN),
    "没有流程“工单二”": lambda kit, now: kit.substitute(BIN, XI, now, now + WEEK, ["工单二"], by=BIN),
    "没有选流程": lambda kit, now: kit.substitute(BIN, XI, now, now + WEEK, [], by=BIN),
    "没有这个人: system:timer": lambda kit, now: kit.substitute(BIN, XI, now, now + WEEK, by="system:timer"),
    "没有这项代理: nothing": lambda kit, now: kit.end_substitution("nothing", by=BIN),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_cannot_be_is_refused(tmp_path: Path, said: str) -> None:
    """And leaves nothing behind."""
    with opened(tmp_path) as kit, pytest.raises(RefusedError, match=said):
        WRONG[said](kit, kit.clock.now())
    assert sqlite3.connect(tmp_path / "work.db").execute("SELECT count(*) FROM substitutions").fetchone() == (0,)


def test_it_is_set_for_another_by_whom_it_is_granted_to_in_his_unit(tmp_path: Path) -> None:
    """人事 of 杭州 may for 滨江's people, not for 宁波's nor for who belongs to all; a stranger cannot tell it is there."""
    with opened(tmp_path) as kit:
        now = kit.clock.now()
        id_ = kit.substitute(BIN, BING, now, now + WEEK, by=REN).id
        assert [s.id for s in kit.substitutions(REN)] == [id_]
        for person in (NING, ZONG):
            with pytest.raises(RefusedError, match="代理由本人设置"):
                kit.substitute(person, BING, now, now + WEEK, by=REN)
        with pytest.raises(RefusedError, match="没有这项代理"):
            kit.end_substitution(id_, by=XI)
        with pytest.raises(RefusedError, match="代理由本人或有权限的人结束"):
            kit.end_substitution(id_, by=BING)
        assert kit.end_substitution(id_, by=REN).until == now


def test_it_outlives_the_program_and_reaches_another_one(tmp_path: Path) -> None:
    """What one process says the other one knows at its next act."""
    with opened(tmp_path) as kit, opened(tmp_path) as other:
        case = kit.submit("工单", {"地点": "滨江"}, by=ZONG).id
        assert listed(other, NING) == []
        id_ = stand_in(kit, BIN, NING)
        assert listed(other, NING) == [(case, BIN)]
        other.end_substitution(id_, by=BIN)
        assert listed(kit, NING) == []
    with opened(tmp_path) as again:
        stand_in(again, BIN, NING)
    with opened(tmp_path) as again:
        assert listed(again, NING) == [(case, BIN)]


MOMENTS = st.integers(0, 20).map(lambda hours: NINE + timedelta(hours=hours))


@st.composite
def substitutions(draw: st.DrawFn) -> list[Substitution]:
    people = st.sampled_from("abc")
    ends = st.lists(MOMENTS, min_size=2, max_size=2)
    which = st.none() | st.lists(st.sampled_from("xy"), max_size=2).map(tuple)
    count = draw(st.integers(0, 8))
    return [Substitution(str(i), draw(people), draw(people), *draw(ends), draw(which)) for i in range(count)]


@given(substitutions(), MOMENTS, st.sampled_from("xy"), st.sampled_from("abc"))
def test_the_two_sides_of_standing_in_agree(all_: list[Substitution], now: datetime, workflow: str, who: str) -> None:
    """Whoever stands in for somebody is among those who stand in for that one, exactly while it holds."""
    found = Substitutes.of(all_)
    meant = [s for s in all_ if s.since <= now < s.until and (s.workflows is None or workflow in s.workflows)]
    wanted = {s.person for s in meant if s.substitute == who}
    assert set(found.persons(who, now, workflow)) == wanted
    assert {p for p in "abc" if who in found.of_person(p, now, workflow)} == wanted
