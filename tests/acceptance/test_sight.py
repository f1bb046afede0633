"""Who sees which case: what lists tell is what the engine decides, whatever happened to the cases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowkit import FlowKit, RefusedError, VirtualClock
from flowkit.app.app import App
from flowkit.engine.case import Case
from flowkit.engine.sight import sight_of
from flowkit.engine.who import is_among
from flowkit.store.connection import Statement
from flowkit.store.listing import ORDERS
from tests.offices import OFFICES, PEOPLE, offices
from tests.shop import NINE

ACTIONS = ("接单", "领料", "完工", "通过", "驳回", "加急", "撤回", "发出", "claim", "release")
PLAIN = OFFICES.replace("  经理: {sees: all}", "  经理: {}")
DATA: dict[str, dict[str, Any]] = {"完工": {"费用": "120"}, "驳回": {"原因": "没修好"}}
MOVES = st.one_of(
    st.tuples(
        st.just("submit"),
        st.sampled_from(PEOPLE),
        st.sampled_from([None, "滨江", "西湖"]),
        st.sampled_from(["电梯", "空调"]),
    ),
    st.tuples(st.just("act"), st.sampled_from(PEOPLE), st.integers(0, 9), st.sampled_from(ACTIONS)),
    st.tuples(st.just("act"), st.just("owner"), st.integers(0, 9), st.sampled_from(ACTIONS)),
    st.tuples(st.just("wait"), st.just(""), st.integers(10, 2000), st.just("")),
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return offices(tmp_path_factory.mktemp("offices"))


def play(kit: FlowKit, moves: list[Any]) -> list[Case]:
    """Let all this happen; refusals are answers too. Gives every case that has come of it."""
    for kind, by, which, what in moves:
        known = kit.cases(None, limit=200).items
        try:
            if kind == "submit":
                kit.submit("工单", {"门店": which, "品类": what, "说明": "门响"}, by=by)
            elif kind == "wait":
                kit.clock.move(timedelta(minutes=which))  # type: ignore[attr-defined]
                kit.advance(messages=False)
            elif known:
                case = known[which % len(known)]
                owners = [t for t in PEOPLE if case.id in {task.case for task in kit.tasks(t)}]
                actor = (owners or ["员工:boss"])[which % max(len(owners), 1)] if by == "owner" else by
                kit.act(case.id, what, DATA.get(what, {}), by=actor)
        except RefusedError:
            continue
    return [kit.look(row.id, lambda world: world.case) for row in kit.cases(None, limit=200).items]


def listed(kit: FlowKit, by: str, order: str) -> list[str]:
    """All that a person's list holds, two a page."""
    found, after = [], None
    while True:
        page = kit.cases(by, order=order, limit=2, after=after)
        found += [row.id for row in page.items]
        if (after := page.next) is None:
            return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(MOVES, min_size=4, max_size=25))
def test_lists_hold_what_the_engine_lets_one_see(app: App, moves: list[Any]) -> None:
    """In every order, page by page and counted, a list is all cases filtered by the pure decision: none more, none less."""
    with FlowKit(app, "sqlite://", clock=VirtualClock(NINE)) as kit:
        cases = play(kit, moves)
        people = kit.look(cases[0].id, lambda world: world.facts.people) if cases else None
        for by in PEOPLE if people is not None else ():
            sight = sight_of(by, people, app.business.sees, kit.clock.now())
            wanted = sorted(case.id for case in cases if sight.admits(case))
            for order in ORDERS:
                found = listed(kit, by, order)
                assert sorted(found) == wanted, (by, order)
                assert found == [row.id for row in kit.cases(None, order=order, limit=200).items if row.id in wanted]
            assert kit.count(by) == len(wanted)
            for still in (True, False):
                meant = sorted(case.id for case in cases if case.id in wanted and (case.ended is None) == still)
                assert sorted(row.id for row in kit.cases(by, open=still, workflow="工单", limit=200).items) == meant
                assert kit.count(by, open=still) == len(meant)
            assert {task.case for task in kit.tasks(by)} <= set(wanted)
            for case in cases:
                holders = (*case.owner, *case.helpers)
                holds = kit.look(case.id, lambda world, h=holders, b=by: is_among(b, h, world))
                assert not holds or case.id in wanted, "an owner does not see his case"
                assert (kit.find(case.id, by) is not None) == (case.id in wanted)
        assert not kit.verify()
        assert kit._database.connection().read(Statement(MARKED_WRONGLY)) == []


MARKED_WRONGLY = """
    SELECT i.case_id, i.name, i.open, c.ended FROM case_index i JOIN cases c ON c.id = i.case_id
    WHERE i.text IS NOT NULL AND (i.open IS NULL) = (c.ended IS NULL)"""


def test_a_list_that_forgets_a_condition_is_caught(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the units are not asked. The count tells at once, though no foreign row is shown."""
    monkeypatch.setattr("flowkit.store.sought.Asked._served", lambda self, hands: sqlalchemy.true())
    with FlowKit(app, "sqlite://", clock=VirtualClock(NINE)) as kit:
        kit.submit("工单", {"门店": "西湖", "品类": "电梯", "说明": "门响"}, by="客户:li")
        assert kit.cases("员工:ann").items == ()
        assert kit.count("员工:ann") == 1


# --- what each role's sight means ----------------------------------------------------------------------------------------


def report(kit: FlowKit, unit: str | None = "滨江", kind: str = "电梯", by: str = "客户:li") -> str:
    return kit.submit("工单", {"门店": unit, "品类": kind, "说明": "门响"}, by=by).id


def seers(kit: FlowKit, case: str) -> set[str]:
    return {by.partition(":")[2] for by in PEOPLE if kit.find(case, by) is not None}


@pytest.fixture
def kit(app: App) -> Any:
    with FlowKit(app, "sqlite://", clock=VirtualClock(NINE)) as kit:
        yield kit


def test_ones_own_is_what_one_has_to_do_with(kit: FlowKit) -> None:
    """The pool sees it while it waits for the pool; then only who took it, and still when others have gone on with it."""
    case = report(kit)
    assert seers(kit, case) == {"boss", "ann", "bob", "ben", "ivan", "dora", "li"}
    kit.act(case, "接单", by="员工:bob")
    assert seers(kit, case) == {"boss", "ann", "bob", "dora", "li"}
    kit.act(case, "完工", {"费用": "80"}, by="员工:bob")
    assert seers(kit, case) == {"boss", "ann", "bob", "dora", "emil", "li"}
    kit.act(case, "通过", by="员工:emil")
    assert seers(kit, case) == {"boss", "ann", "bob", "dora", "emil", "gina", "li"}


def test_whoever_is_called_in_sees_it_as_long_as_he_is(kit: FlowKit) -> None:
    """An escalation lets a pool of the case's unit see it; who does something about it sees it from then on."""
    case = report(kit, None, "空调")
    assert "ann" not in seers(kit, case)
    kit.clock.move(timedelta(minutes=30))  # type: ignore[attr-defined]
    kit.advance(messages=False)
    assert {"ann", "carl"} <= seers(kit, case)
    kit.act(case, "加急", by="员工:ann")
    kit.act(case, "接单", by="员工:ivan")
    assert seers(kit, case) & {"ann", "carl"} == {"ann"}


def test_a_unit_sees_neither_other_units_nor_cases_of_none(kit: FlowKit) -> None:
    """Who belongs to a unit sees that unit's; a case of no unit is for those who belong to none."""
    mine, theirs, nobodys = report(kit, "滨江", "空调"), report(kit, "西湖", "空调"), report(kit, None, "空调")
    assert [row.id for row in kit.cases("员工:ann").items] == [mine]
    assert [row.id for row in kit.cases("员工:carl").items] == [theirs]
    assert {row.id for row in kit.cases("员工:ivan").items} == {mine, theirs, nobodys}


def test_several_roles_are_seen_with_together(kit: FlowKit) -> None:
    """A repairer of West Lake who also minds lifts sees his office's tasks and every lift, of any office."""
    there, lift, cooler = report(kit, "西湖", "空调"), report(kit, "滨江", "电梯"), report(kit, "滨江", "空调")
    assert {row.id for row in kit.cases("员工:dora").items} == {there, lift}
    assert cooler not in {row.id for row in kit.cases("员工:dora").items}


def test_a_childs_unit_is_its_own(kit: FlowKit) -> None:
    """A child without a unit is not seen because its parent is."""
    case = report(kit)
    kit.act(case, "接单", by="员工:bob")
    kit.act(case, "领料", by="员工:bob")
    (child,) = kit.cases(None, workflow="领料").items
    assert seers(kit, child.id) == {"boss", "bob"}


def test_the_catcher_sees_his_unit_where_nothing_is_said(app: App, tmp_path: Path) -> None:
    """What is lost comes to his people, so they see what there is; `sees` says otherwise where it is written."""
    assert app.business.sees["经理"] == "all"
    assert offices(tmp_path, PLAIN).business.sees["经理"] == "unit"


def test_outsiders_see_their_own_cases_and_nobody_applies_for_another(kit: FlowKit) -> None:
    """A customer sees what he applied for, never by a role; nor can he begin a case in the name of somebody else."""
    case = report(kit)
    assert kit.find(case, "客户:wu") is None
    with pytest.raises(RefusedError) as refused:
        kit.submit("工单", {"品类": "电梯", "说明": "门响"}, by="客户:wu", applicant="客户:li")
    assert refused.value.code == "not-yours"
    assert kit.count("客户:li") == 1
    typed = kit.submit("工单", {"品类": "电梯", "说明": "门响"}, by="员工:hans", applicant="客户:wu").id
    assert {"hans", "wu"} <= seers(kit, typed)


@pytest.mark.parametrize("meant", ["客户:li", "客户:none", "li", "员工:bob", "员工:none", "bob", "调度"])
def test_an_outsider_is_not_told_who_there_is(kit: FlowKit, meant: str) -> None:
    """Beginning a case in somebody's name is refused alike, whether there is such a person or not."""
    with pytest.raises(RefusedError) as refused:
        kit.submit("工单", {"品类": "电梯", "说明": "门响"}, by="客户:wu", applicant=meant)
    assert (refused.value.code, refused.value.message) == ("not-yours", "只能为自己提交")


def test_who_only_looks_in_a_machines_name_is_nobody(kit: FlowKit) -> None:
    """`system:` and `connector:` are names of our own: nobody looks or lists under them."""
    case = report(kit)
    for by in ("system:timer", "connector:erp", "role:经理", "nobody", ""):
        for look in (lambda b=by: kit.case(case, b), lambda b=by: kit.cases(b), lambda b=by: kit.find("没有", b)):
            with pytest.raises(RefusedError) as refused:
                look()
            assert refused.value.code == "unknown-actor"


# --- a case one may not see ----------------------------------------------------------------------------------------------


def test_a_case_that_may_not_be_seen_is_answered_like_none(kit: FlowKit) -> None:
    """Looked at, acted on, retried, signalled, by id or number: the same code and words as for a case that is not there."""
    case, absent = report(kit), "c0000000000000000000z"
    number = kit.case(case).number
    ways: list[Any] = [
        lambda id_: kit.case(id_, "员工:carl"),
        lambda id_: kit.history(id_, "员工:carl"),
        lambda id_: kit.explain(id_, "员工:carl"),
        lambda id_: kit.names(id_, "员工:carl"),
        lambda id_: kit.files(id_, "员工:carl"),
        lambda id_: kit.case_by_number(id_, "员工:carl"),
        lambda id_: kit.act(id_, "接单", by="员工:carl"),
        lambda id_: kit.act(id_, "没有", by="员工:carl", visit=7),
        lambda id_: kit.act(id_, "claim", {"x": 1}, by="员工:carl", key=id_),
        lambda id_: kit.retry(id_, by="员工:carl"),
        lambda id_: kit.signal(id_, "到货", by="员工:carl"),
    ]
    for way in ways:
        said = []
        for id_ in (case, absent):
            with pytest.raises(RefusedError) as refused:
                way(id_)
            error = refused.value
            said.append((error.code, str(error).replace(id_, "…"), error.problems, list(error.details)))
        assert said[0] == said[1]
        assert said[0][0] == "unknown-case"
    assert kit.find(case, "员工:carl") is None
    assert kit.find(number, "员工:carl") is None
    assert len(kit.history(case)) == len(kit.history(case, "员工:boss"))


def test_two_of_a_number_are_ambiguous_only_to_who_sees_both(app: App, tmp_path: Path) -> None:
    """That another case has the same number is told to nobody who may not see it."""
    twice = offices(tmp_path, PLAIN.replace('"{{ date }}-{{ sequence(3) }}"', '"{{ date }}"'))
    with FlowKit(twice, "sqlite://", clock=VirtualClock(NINE)) as kit:
        mine = report(kit)
        report(kit, by="客户:wu")
        assert kit.find("20260302", "客户:li").id == mine
        with pytest.raises(RefusedError) as refused:
            kit.find("20260302", "员工:boss")
        assert refused.value.code == "ambiguous"


def test_the_same_key_again_answers_its_own_actor(kit: FlowKit) -> None:
    """What somebody did is answered again under its key; under it another gets nothing."""
    case = report(kit)
    kit.act(case, "接单", by="员工:bob", key="k")
    assert kit.act(case, "接单", by="员工:bob", key="k").id == case
    with pytest.raises(RefusedError) as refused:
        kit.act(case, "接单", by="员工:carl", key="k")
    assert refused.value.code == "unknown-case"
