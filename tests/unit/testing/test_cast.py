"""Whom one can be while a business is tried out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit.cli.opening import load
from flowkit.testing.cast import MOST_CUSTOMERS, MOST_STAFF
from flowkit.testing.demo import Trial
from flowkit.web import create_app
from tests.web.plain import Plain

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module", params=["auto_repair", "elevator_maintenance"])
def trial(request: pytest.FixtureRequest) -> Iterator[Trial]:
    trial = Trial(load(EXAMPLES / request.param, scenarios=True))
    yield trial
    trial.close()


def test_whose_turn_it_is_can_always_be_chosen(trial: Trial) -> None:
    """Of each open case its owner is there, and of a pool two for whom the case waits, or all that it has there."""
    busy = {actor for actor, _, _ in trial.cast.busy}
    waits = {actor: {task.case for task in trial.kit.tasks(actor)} for actor, _ in trial.kit.colleagues()}
    cases = [case for case in trial.kit.cases(None, open=True, limit=200).items if case.owner]
    assert cases
    for case in cases:
        able = {actor for actor, his in waits.items() if case.id in his}
        assert len(able & busy) >= min(2, len(able)), (case.number, case.owner)
        assert set(case.owner) <= {*busy, *(f"role:{role}" for role in trial.app.business.roles)}


def test_few_are_shown_and_of_each_kind_somebody(trial: Trial) -> None:
    """A phone need not scroll for long, and nobody is shown twice; each combination of roles is there."""
    busy, others = trial.cast.shown
    assert len(others) <= MOST_STAFF + MOST_CUSTOMERS
    assert len({actor for actor, _, _ in (*busy, *others)}) == len(busy) + len(others)
    held = {tuple(trial.kit.roles(actor)) for actor, _ in trial.kit.colleagues()}
    assert held == {tuple(trial.kit.roles(actor)) for actor, _, roles in trial.cast.people if roles != "客户"}


def test_whoever_is_not_shown_is_found_by_typing(trial: Trial) -> None:
    """By name, by key and by role; nothing finds nobody."""
    shown = {actor for actor, _, _ in trial.cast.people}
    others = [each for each in trial.kit.colleagues() if each[0] not in shown][:20]
    assert others or len(trial.kit.colleagues()) <= MOST_STAFF
    for actor, name in others:
        assert actor in {each for each, _, _ in trial.cast.found(actor.partition(":")[2])}
        assert actor in {each for each, _, _ in trial.cast.found(f" {name} ")}
        assert trial.cast.one(actor) is not None
    assert trial.cast.found("") == ()
    assert trial.cast.found("nobody is called that") == ()
    assert trial.cast.one("nobody") is None
    assert trial.cast.one("系统:x") is None


def test_who_came_in_at_the_door_is_told_by_his_number(elevators: Trial) -> None:
    """In messages, in the list and when looked for: 客户 138****7788, not the key that was made for him."""
    report = {"fault_type": "按钮失灵", "description": "按不亮", "phone": "13899997788"}
    case = elevators.kit.take_in("scan", report, by=None, record="E008", key="door")
    elevators.kit.act(case.id, "accept", by=case.owner[0])
    elevators.kit.advance()
    actor = elevators.kit.case(case.id).applicant
    told = [message["to"] for message in elevators.messages if message["actor"] == actor]
    assert told
    assert set(told) == {"客户 138****7788"}
    assert elevators.cast.one(actor) == (actor, "客户 138****7788", "客户")
    assert (actor, "客户 138****7788", "客户") in elevators.cast.found("7788")
    browser = Plain(create_app(elevators.kit, demo=elevators)).get("/demo/messages")
    assert "客户 138****7788" in browser.words
    assert actor not in browser.words


@pytest.fixture
def elevators() -> Iterator[Trial]:
    trial = Trial(load(EXAMPLES / "elevator_maintenance"), sample=False)
    yield trial
    trial.close()
