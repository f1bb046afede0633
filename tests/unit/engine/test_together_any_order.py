"""Whatever people do together with a case, in whatever order and between its actions, some things always hold."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit.app.load import load_app
from flowkit.engine import suspension
from flowkit.engine.case import Case, Deadline, deadlines, tasks
from flowkit.engine.command import Command
from flowkit.engine.consequences import signals
from flowkit.engine.operations import halting
from flowkit.engine.operations.table import OPERATIONS
from flowkit.errors import RefusedError
from tests.unit.engine.shop import REPAIRS, START, Business

PEOPLE = ("员工:zhang", "员工:li", "员工:boss", "客户:wang")
VALUES: Mapping[str, Any] = {
    "hand_over": st.fixed_dictionaries({"to": st.sampled_from(PEOPLE)}),
    "comment": st.fixed_dictionaries(
        {"text": st.sampled_from(("好", "@li 13800000001")), "mention": st.lists(st.sampled_from(PEOPLE), max_size=2)}
    ),
    "copy": st.fixed_dictionaries({"to": st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3)}),
    "link": st.just({"to": "c2"}),
    "unlink": st.just({"to": "c2"}),
    "join": st.just({"to": "c2"}),
    "suspend": st.fixed_dictionaries(
        {"reason": st.just("等")}, optional={"until": st.sampled_from(("2026-03-02 10:00", "2026-03-05 10:00"))}
    ),
    "resume": st.just({"reason": "好"}),
    "void": st.just({"reason": "重复"}),
}
RARE = ("void", "join")
OFTEN = tuple(name for name in OPERATIONS if name not in RARE)


def operation(name: str) -> st.SearchStrategy[tuple[Any, ...]]:
    values = VALUES.get(name, st.just({}))
    return st.tuples(st.just("act"), st.just(name), st.sampled_from(PEOPLE), values)


STEPS = st.lists(
    st.one_of(
        st.sampled_from(OFTEN).flatmap(operation),
        st.sampled_from(("suspend", "resume", "hand_over")).flatmap(operation),
        st.tuples(
            st.just("act"), st.sampled_from(("接单", "退单", "完工", "打卡")), st.sampled_from(PEOPLE), st.just({})
        ),
        st.tuples(st.just("wait"), st.integers(1, 200)),
        st.tuples(st.just("signal"), st.integers(0, 3)),
    ),
    max_size=30,
).flatmap(lambda steps: st.one_of(st.just(steps), st.sampled_from(RARE).flatmap(operation).map(lambda o: [*steps, o])))


class Together(Business):
    """A case of the shop beside another one; what comes to it again by itself when it goes on is worked off at once."""

    def do(self, command: Command) -> Business:
        before, told = self.case, len(self.events)
        super().do(command)
        case = before
        for event in self.events[told:]:
            case = replace(case, sequence=case.sequence + 1)
            if event.kind == "resumed":
                for signal in signals(case, event):
                    data = {k: v for k, v in signal.data.items() if k != "by"}
                    super().do(Command(signal.kind, "c1", signal.data["by"], {**data, "key": signal.key}))
        return self

    def _fetch(self, want: tuple[Any, ...]) -> Any:
        match want:
            case ("named", text):
                return ["c2"] if text == "c2" else []
            case ("whole", _):
                return Case(id="c2", workflow="工单", number="2", applicant="客户:zhao")
        return super()._fetch(want)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("app")
    (folder / "app.yaml").write_text(REPAIRS, encoding="utf-8")
    return load_app(folder)


def step(case: Together, what: tuple[Any, ...]) -> None:
    match what:
        case ("act", name, by, values):
            case.act(name, by, **values)
        case ("wait", minutes):
            case.wait(timedelta(minutes=minutes))
        case ("signal", number):
            case.signal("到货", str(number))


def standing(case: Case, now: datetime) -> dict[tuple[str, int, int], timedelta]:
    """How much time each deadline leaves, those that stand still included; the end of a suspension is none of them."""
    state = case.suspended
    found = deadlines(case) if state is None else [Deadline.from_json(d) for d in state["deadlines"]]
    at = now if state is None else datetime.fromisoformat(state["at"])
    return {(d.name, d.visit, d.n): d.due - at for d in found}


def holds(case: Together) -> None:
    """What must be true of a case at any time."""
    now, beside = case.case, case.case.collaboration
    assert case.history_folds()
    assert len(set(beside.followers)) == len(beside.followers)
    assert len(set(beside.readers)) == len(beside.readers)
    waiting = {(t.kind, t.holder) for t in tasks(now)}
    assert {holder for kind, holder in waiting if kind == "copy"} == set(beside.unread)
    if now.ended:
        assert {kind for kind, _ in waiting} <= {"copy"}
        assert (deadlines(now), now.suspended) == (frozenset(), None)
    elif now.suspended is not None:
        assert {d.name for d in deadlines(now)} <= {suspension.RESUME}
        assert any(kind == "suspended" for kind, _ in waiting)
    for secret in ("13800000001", "@li"):
        assert secret not in repr(case.events)


@settings(max_examples=200, deadline=None)
@given(steps=STEPS)
def test_a_case_stays_whole_whatever_people_do_together(app: Any, steps: list[tuple[Any, ...]]) -> None:
    """The folded history is the case; tasks are what it asks for; each follows once; a suspended case has no clock running."""
    case = Together(app, "工单")
    case.submit(车="浙A12345", 故障="异响")
    for what in steps:
        with contextlib.suppress(RefusedError):
            step(case, what)
        holds(case)


@settings(max_examples=200, deadline=None)
@given(steps=STEPS)
def test_no_deadline_is_lost_by_what_people_do_together(app: Any, steps: list[tuple[Any, ...]]) -> None:
    """As long as the case stays where it is, operations leave every deadline as much time as it had."""
    case = Together(app, "工单")
    case.submit(车="浙A12345", 故障="异响")
    for what in steps:
        before, had = case.case, standing(case.case, case.now)
        with contextlib.suppress(RefusedError):
            step(case, what)
        operated = what[0] == "act" and what[1] in OPERATIONS
        if operated and not case.case.ended and case.case.visit == before.visit:
            assert standing(case.case, case.now) == had


@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
def test_everything_that_comes_is_dealt_with(app: Any, steps: list[tuple[Any, ...]]) -> None:
    """What a suspended case was sent is worked off as often as it was put off, once it goes on."""
    case = Together(app, "工单")
    case.submit(车="浙A12345", 故障="异响")
    for what in steps:
        if what[1] not in RARE:
            with contextlib.suppress(RefusedError):
                step(case, what)
    if case.case.suspended is not None:
        case.act("resume", "员工:boss", reason="好")
    taken_in = [e for e in case.events if e.kind in ("signalled", "kept", "late")]
    again = [e for e in taken_in if e.data["key"].startswith("resumed/")]
    assert len(again) == case.kinds().count("deferred")


def test_the_shop_starts_before_the_suspensions_end() -> None:
    """So that `until` of the steps above is a moment that can come."""
    assert datetime.fromisoformat("2026-03-02T10:00:00+08:00") > START


def test_a_clock_that_runs_on_is_caught(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a resumption that moves no deadline on, the property above fails."""
    monkeypatch.setattr(halting, "later", lambda stood, since, word, world: stood)
    case = Together(app, "工单")
    case.submit(车="浙A12345", 故障="异响")
    had = standing(case.case, case.now)
    case.act("suspend", "员工:boss", reason="等").wait(timedelta(hours=1)).act("resume", "员工:boss", reason="好")
    assert standing(case.case, case.now) != had
