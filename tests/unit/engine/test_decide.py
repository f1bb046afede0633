"""What judging a command comes to, seen through its events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from flowkit.engine.apply import apply
from flowkit.engine.case import Event, deadlines, tasks, timers
from flowkit.engine.consequences import signals
from flowkit.errors import RefusedError
from tests.unit.engine.shop import REPAIRS, START, Business

MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)
Make = Callable[..., Business]
ZHANG, LI, BOSS = "员工:zhang", "员工:li", "员工:boss"


def begun(make: Make) -> Business:
    return make().submit(车="浙A12345", 故障="发动机着火", 电话="13800000001")


def accepted(make: Make) -> Business:
    case = begun(make)
    return case.act("接单", case.case.owner[0])


def test_a_case_goes_through_routes_to_the_first_task(business: Make) -> None:
    """Submitting scores, routes and asks one person, in one command."""
    case = begun(business)
    assert case.kinds() == ["created", "entered", "scored", "entered", "assigned", "notified"]
    assert case.case.node == "待接单"
    assert case.case.values["紧急"] == {"total": 8, "band": "急", "points": {"着火": 7, "金卡": 1}}
    assert case.case.values["标记"] == "red"
    assert case.case.number == "20260302-001"


def test_a_half_filled_form_is_refused_with_every_problem(business: Make) -> None:
    """What is missing and what is wrong are told together, and nothing has happened."""
    case = business()
    with pytest.raises(RefusedError) as refused:
        case.submit(故障="", 电话="abc", 车="浙A00000")
    assert {p.field for p in refused.value.problems} == {"故障", "电话", "车"}
    assert case.events == []


def test_dispatch_asks_the_one_with_the_least_to_do(business: Make) -> None:
    """Of two who fit, the one with fewer open tasks is asked, and the why names both."""
    case = business()
    case.loads = {ZHANG: 3, LI: 1}
    case.submit(车="浙A12345", 故障="异响")
    assert case.case.owner == (LI,)
    assert [c["actor"] for c in case.last("assigned")["why"]["candidates"]] == [LI, ZHANG]


def test_who_refuses_is_not_asked_again(business: Make) -> None:
    """A refusal goes to the other one, a second refusal to whoever catches."""
    case = begun(business)
    first = case.case.owner[0]
    case.act("退单", first)
    second = case.case.owner[0]
    assert {first, second} == {ZHANG, LI}
    case.act("退单", second)
    assert case.case.owner == ("role:老板",)


def test_another_person_may_not_act(business: Make) -> None:
    """An exit that is not mine is not offered, and acting all the same is refused."""
    case = begun(business)
    other = ({ZHANG, LI} - set(case.case.owner)).pop()
    assert case.offered(other) == []
    with pytest.raises(RefusedError) as refused:
        case.act("接单", other)
    assert refused.value.code == "not-yours"


def test_an_old_page_is_refused_as_stale(business: Make) -> None:
    """What comes for a visit that is over changes nothing."""
    case = begun(business)
    visit, owner = case.case.visit, case.case.owner[0]
    case.act("接单", owner)
    with pytest.raises(RefusedError) as refused:
        case.act("打卡", owner, visit=visit, 公里=1)
    assert refused.value.code == "stale"


def test_an_exit_is_offered_only_while_its_condition_holds(business: Make) -> None:
    """`when: 打卡.done` opens the exit once the form has been filled in in this visit."""
    case = accepted(business)
    owner = case.case.owner[0]
    assert "完工" not in case.offered(owner)
    with pytest.raises(RefusedError, match="条件还不满足"):
        case.act("完工", owner)
    assert "完工" in case.act("打卡", owner, 公里=3).offered(owner)


def test_an_exit_without_to_leaves_the_deadlines_running(business: Make) -> None:
    """The case stays, in the same visit, due when it was due."""
    case = accepted(business)
    before = (case.case.visit, deadlines(case.case))
    case.act("打卡", case.case.owner[0], 公里=3)
    assert (case.case.visit, deadlines(case.case)) == before


def test_a_transition_taken_out_of_the_machine_cannot_be_acted(business: Make) -> None:
    """Targets and buttons come from the state machine: without the transition the action is refused."""
    case = begun(business)
    case.workflow.machine.remove_transition("act:接单")
    assert "接单" not in case.offered(case.case.owner[0])
    with pytest.raises(RefusedError) as refused:
        case.act("接单", case.case.owner[0])
    assert refused.value.code == "not-offered"


def test_a_record_is_changed_under_its_own_rules(business: Make) -> None:
    """The event carries the new value, the old one and the added row."""
    case = accepted(business)
    owner = case.case.owner[0]
    case.act("打卡", owner, 公里=3).act("完工", owner)
    change = case.last("recorded")
    assert (change["set"], change["old"], change["add"]) == (
        {"里程": 103},
        {"里程": 100},
        {"履历": {"事": "发动机着火"}},
    )
    assert case.case.node == "等件"


def test_what_a_record_forbids_becomes_an_incident(business: Make) -> None:
    """The act was accepted, so what was typed stays; the move waits for a person."""
    case = accepted(business)
    owner = case.case.owner[0]
    case.act("打卡", owner, 公里=-500).act("完工", owner)
    assert case.case.node == "处理中"
    assert case.case.incident is not None
    assert "里程" in case.case.incident["message"]
    assert "recorded" not in case.kinds()
    assert {(t.kind, t.holder) for t in tasks(case.case)} >= {("incident", "role:老板")}


def test_an_incident_is_retried_by_the_catcher_from_where_it_broke(business: Make) -> None:
    """After the cause is gone a retry goes on with the same exit; nobody else may retry."""
    case = accepted(business)
    owner = case.case.owner[0]
    case.act("打卡", owner, 公里=-500).act("完工", owner)
    assert case.offered(owner) == []
    with pytest.raises(RefusedError):
        case.retry(owner)
    case.app.rows["车"]["浙A12345"]["里程"] = 1000
    case.retry(BOSS)
    assert case.case.incident is None
    assert case.case.node == "等件"


def test_a_failing_expression_keeps_what_was_accepted(business: Make) -> None:
    """Dividing by zero in `do` is told at its place, and the case is nowhere else than before."""
    case = accepted(business)
    owner = case.case.owner[0]
    case.act("打卡", owner, 公里=3).act("算账", owner)
    assert case.case.incident is not None
    assert case.case.node == "处理中"
    assert case.last("acted")["action"] == "算账"


def test_a_corrected_field_keeps_its_old_value_in_the_history(business: Make) -> None:
    """`edit` opens an earlier field under its form's rules."""
    case = accepted(business)
    case.act("改", case.case.owner[0], 故障="异响")
    assert case.last("edited") == {"values": {"故障": "异响"}, "old": {"故障": "发动机着火"}}
    with pytest.raises(RefusedError):
        case.act("改", case.case.owner[0], 故障="")


def test_a_signal_before_anyone_listens_is_kept(business: Make) -> None:
    """Goods that arrive early are there when the case waits for them."""
    case = accepted(business).signal("到货")
    owner = case.case.owner[0]
    assert case.case.node == "处理中"
    case.act("打卡", owner, 公里=3).act("完工", owner)
    assert case.case.ended
    assert case.case.outcome == "done"
    assert case.history_folds()


def test_a_signal_is_kept_for_a_day_and_then_listed(business: Make) -> None:
    """No node listens for it in that time: it is for people to look at, and no node takes it after that."""
    case = accepted(business).signal("到货")
    owner = case.case.owner[0]
    case.wait(24 * HOURS - MINUTES)
    assert "unheard" not in case.kinds()
    case.wait(MINUTES)
    assert case.kinds()[-1] == "unheard"
    (listed,) = signals(case.case, case.events[-1])
    assert (listed.key, listed.kind, listed.data["by"]) == ("k", "signal", "system:test")
    assert "24 小时" in listed.error
    case.act("打卡", owner, 公里=3).act("完工", owner)
    assert not case.case.ended
    assert case.history_folds()


def test_a_signal_that_is_used_in_time_is_not_listed(business: Make) -> None:
    """Nor does a case that has ended tell of what it had kept."""
    case = accepted(business).signal("到货")
    owner = case.case.owner[0]
    case.act("打卡", owner, 公里=3).act("完工", owner).wait(48 * HOURS)
    assert "unheard" not in case.kinds()
    assert not timers(case.case)


def test_a_signal_from_before_there_was_a_limit_is_still_kept(business: Make) -> None:
    """A history of an older version folds as it did: what it kept has no end."""
    case = accepted(business)
    old = Event("kept", case.now, "system:test", {"name": "到货", "values": {}, "key": "k"})
    case.case = apply(case.case, old)
    assert not {d.name for d in timers(case.case)} & {"kept/k"}
    owner = case.case.owner[0]
    assert case.act("打卡", owner, 公里=3).act("完工", owner).case.outcome == "done"


def test_a_signal_moves_the_case_that_waits_for_it(business: Make) -> None:
    """And one that comes after the end is recorded as late."""
    case = accepted(business)
    owner = case.case.owner[0]
    case.act("打卡", owner, 公里=3).act("完工", owner).signal("到货")
    assert case.case.outcome == "done"
    assert case.signal("到货", "again").kinds()[-1] == "late"


def test_personal_values_stand_in_no_event(business: Make) -> None:
    """History, message and case hold a reference and a salted commitment; the value travels apart."""
    case = begun(business).wait(11 * MINUTES)
    assert "没人接" in [e.data.get("notification") for e in case.events]
    assert "13800000001" not in repr(case.events) + repr(case.case)
    (secret,) = case.secrets.values()
    assert (secret.subject, secret.value) == ("客户:wang", "13800000001")
    assert case.case.values["电话"]["personal"] == secret.ref
    assert {"personal": secret.ref} in case.last("notified")["text"]


def test_a_personal_field_of_a_record_belongs_to_that_record(business: Make) -> None:
    """What is set there is put aside under the record's own name, and the event holds a reference."""
    case = accepted(business)
    case.act("留电话", case.case.owner[0])
    assert "13800000001" not in repr(case.events)
    reference = case.last("recorded")["set"]["手机"]["personal"]
    assert (case.secrets[reference].subject, case.secrets[reference].value) == ("客户:wang", "13800000001")


def test_a_verb_sees_what_the_one_before_has_changed(business: Make) -> None:
    """Two changes of one record in one move add up, under its own rules, and what is set after them is what they left."""
    text = REPAIRS.replace(
        "do: [{set: {份数: =打卡.公里 / 0}}], to: 完成",
        "do: [{record: =车, set: {里程: =车.里程 - 60}}, {record: =车, set: {里程: =车.里程 - 打卡.公里}}, {set: {份数: =车.里程}}], to: 完成",
    )
    case = business(text).submit(车="浙A12345", 故障="异响")
    owner = case.case.owner[0]
    case.act("接单", owner).act("打卡", owner, 公里=30).act("算账", owner)
    assert case.last("recorded")["set"] == {"里程": 10}
    assert case.case.values["份数"] == 10
    again = business(text).submit(车="浙A12345", 故障="异响")
    owner = again.case.owner[0]
    again.act("接单", owner).act("打卡", owner, 公里=50).act("算账", owner)
    assert again.case.incident is not None
    assert "recorded" not in again.kinds()


def test_a_choice_is_set_to_one_of_its_options_or_not_at_all(business: Make) -> None:
    """What no option says becomes an incident, not a value that no list knows."""
    text = REPAIRS.replace("标记: text", "标记: {type: choice, options: [red, 黄]}").replace(
        "份数: =打卡.公里 / 0", "标记: =故障"
    )
    case = business(text).submit(车="浙A12345", 故障="发动机着火")
    owner = case.case.owner[0]
    case.act("接单", owner).act("打卡", owner, 公里=1).act("算账", owner)
    assert case.case.incident is not None
    assert "发动机着火" in case.case.incident["message"]


def test_nothing_happens_before_it_is_due(business: Make) -> None:
    """A timer that comes early, or for a visit that is over, changes nothing."""
    case = begun(business)
    before = len(case.events)
    case.wait(9 * MINUTES)
    assert len(case.events) == before


def test_a_timeout_reassigns(business: Make) -> None:
    """After ten minutes people are told, after twenty the boss's people own it."""
    case = begun(business).wait(30 * MINUTES)
    assert [e.data["title"] for e in case.events if e.kind == "fired"] == ["10m", "20m"]
    assert case.case.owner == ("role:老板",)
    assert case.offered(BOSS) == ["接单", "退单"]


def test_a_reminder_is_bound_to_its_visit(business: Make) -> None:
    """What a timeout says without moving the case is pointless once the case has gone on."""
    case = begun(business).wait(11 * MINUTES)
    reminder = next(e for e in case.events if e.data.get("notification") == "没人接")
    assert reminder.data["while_visit"] == case.case.visit


def test_acting_on_a_pool_claims_it(business: Make) -> None:
    """Who acts for a pool holds the node from then on."""
    case = begun(business).wait(30 * MINUTES).act("接单", BOSS)
    assert case.case.holders["待接单"] == BOSS
    assert case.case.owner == (BOSS,)


def test_an_escalation_repeats_as_often_as_it_says(business: Make) -> None:
    """`repeat: 2` is two more; the owner stays and the one called in may act."""
    case = accepted(business)
    owner = case.case.owner[0]
    case.wait(timedelta(days=1))
    fired = [e.at - START for e in case.events if e.kind == "fired"]
    assert fired == [60 * MINUTES, 90 * MINUTES, 120 * MINUTES]
    assert case.case.owner == (owner,)
    assert "打卡" in case.offered(BOSS)
    case.act("打卡", BOSS, 公里=1)
    assert case.case.owner == (owner,)


def test_time_never_runs_backwards_for_a_case(business: Make) -> None:
    """A clock that jumped back leaves no event before the one it follows."""
    case = begun(business)
    case.now = START - timedelta(days=3)
    case.act("接单", case.case.owner[0])
    moments = [e.at for e in case.events]
    assert moments == sorted(moments)


def test_submitting_the_same_case_again_does_nothing(business: Make) -> None:
    """A signal to begin that comes twice begins one case."""
    case = begun(business)
    before = len(case.events)
    case.submit(车="浙A12345", 故障="发动机着火")
    assert len(case.events) == before


def test_a_deadline_beyond_all_calendars_becomes_an_incident(business: Make) -> None:
    """A span from which no date can be worked out: the case is there, and the catcher told."""
    text = REPAIRS.replace("{after: 1h, escalate", '{after: "=1d * length(故障) * 9999999", escalate')
    case = accepted(lambda: business(text))
    assert case.case.node == "处理中"
    assert case.case.incident is not None
    assert "太长" in case.case.incident["message"]


def test_an_endless_ring_of_routes_becomes_an_incident(business: Make) -> None:
    """Automatic moves are counted, so a ring cannot hang anybody."""
    text = REPAIRS.replace("next: [{to: 待接单}]", "next: [{when: 标记 == 'red', to: 分诊}, {to: 待接单}]")
    case = business(text).submit(车="浙A12345", 故障="着火")
    assert case.case.incident is not None
    assert "绕圈" in case.case.incident["message"]


def test_nobody_is_left_out_for_one_who_has_gone(business: Make) -> None:
    """`not: =待接单.owner` of somebody who is there no more takes away nobody, while as an owner his pool stands for him."""
    case = business(
        REPAIRS.replace("      打卡: {form", "      换: {who: 师傅, not: =待接单.owner, to: 处理中}\n      打卡: {form")
    )
    case.loads = {LI: 1}
    case.submit(车="浙A12345", 故障="异响").act("接单", ZHANG)
    assert case.offered(ZHANG) == ["打卡", "算账", "改", "留电话"]
    case.app.rows["员工"].pop("zhang")
    assert case.offered(LI) == ["换"]
    case.act("换", LI)
    assert case.case.owner == ("role:师傅",)
    assert case.last("assigned")["why"]["text"] == "师傅,“待接单”的负责人已不在岗"
    assert case.history_folds()
