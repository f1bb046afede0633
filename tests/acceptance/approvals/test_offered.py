"""Who is offered to receive a signature: exactly those who can."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

import flowkit
from flowkit.clock import VirtualClock
from flowkit.engine.approval.mine import cannot_receive, given, receivers
from flowkit.engine.view import World
from flowkit.errors import RefusedError
from tests.acceptance.approvals.script import PEOPLE, Desk, actor, app_of
from tests.shop import NINE

STATES = ("", "甲 转办 丁", "甲 委派 丁", "乙 同意", "甲 前加签 丁 戊", "甲 转办 丁; 丁 转办 戊; 乙 委派 己")


def agree(world: World, who: str) -> bool:
    try:
        mine = given(world, who)
    except RefusedError:
        return True
    fit = [each for each in world.facts.people.records if cannot_receive(world, mine, each, who) is None]
    return fit == list(receivers(world, mine, who))


@pytest.mark.parametrize("steps", STATES)
def test_whoever_is_offered_can_receive_it_and_the_other_way_round(tmp_path: Path, steps: str) -> None:
    """For each who has to sign, of all who work here, after whatever was done."""
    clock = VirtualClock(NINE)
    with flowkit.FlowKit(app_of("会签", tmp_path), "sqlite://", clock=clock) as kit:
        desk = Desk(kit, clock)
        for step in filter(None, steps.split("; ")):
            desk.take(step)
        for who in map(actor, PEOPLE):
            assert kit.look(desk.case, partial(agree, who=who)), who
        assert desk.signers() != []
