"""Children, calls, events and messages, whatever dies or misbehaves: none is stranded, none happens twice, none is unknown."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowkit.connect.operation import Operation
from flowkit.runtime import asking, delivery
from flowkit.runtime.outbox import Outbox, Settled
from tests.faults import outside_dead, outside_moves, outside_script
from tests.faults.outside import report
from tests.faults.outside_driver import POINTS, SPEED, Harness
from tests.faults.outside_planted import BUGS
from tests.faults.tracing import missing

KILLS = 500
ROOT = Path(__file__).parents[2]


@pytest.mark.faults
def test_killed_amid_children_calls_and_events(tmp_path: Path) -> None:
    """Every child wanted, every end of one, every answer and every event is where it belongs or waits; one order a request.

    `python -m tests.faults.outside --kills 5000` for as long as one likes.
    """
    result = Harness(tmp_path, KILLS, seed=1).run()
    print(report(result))
    assert not result.faults
    assert result.ends.total == KILLS
    assert len(result.ends.points) == len(POINTS)
    assert missing() or result.ends.calls
    assert {"before it had taken an order", "once it had taken an order"} == result.peer.keys()
    assert result.acknowledged.keys() == {"submit", "act", "event"}
    assert {"wanted", "joined", "late", "released", "started", "replied", "signalled", "kept"} <= result.told.keys()
    # Requests were made again whose answers nobody heard.
    assert result.requests > result.orders > 50


@pytest.mark.faults
@pytest.mark.parametrize("bug", sorted(BUGS.keys() - outside_moves.BUGS.keys()))
def test_a_planted_bug_is_found(tmp_path: Path, bug: str) -> None:
    """What strands a child, doubles an order or loses an event makes the harness say so."""
    _, _, at = BUGS[bug]
    # The fewer kills show it, the less may a busy machine fall behind the clock.
    result = Harness(tmp_path, 25, seed=2, bug=bug, at=at, speed=60 if at else SPEED).run()
    assert re.search(BUGS[bug][1], "\n".join(result.faults)), result.faults[:5]


# --- others who misbehave --------------------------------------------------------------------------------------------


@pytest.mark.faults
def test_nothing_is_unknown(tmp_path: Path) -> None:
    """Each call and message stands once in the other's ledger, or is listed with its reason and its case knows."""
    result = outside_script.run(tmp_path, 60)
    assert not result.faults
    assert {"message done", "supplier.order done", "supplier.once dead"} <= result.states.keys()


def _repeat_whatever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Operation, "may_repeat", lambda self, failure: failure.passing)
    # What is in doubt is held back a second time: that it is must be forgotten too.
    _wrap(patch, asking.Asking, lambda perform, me, got: perform(me, replace(got, in_doubt=False)))


def _try_under_a_new_key(patch: pytest.MonkeyPatch) -> None:
    for performer in (asking.Asking, delivery.Delivery):
        _wrap(patch, performer, lambda perform, me, got: perform(me, replace(got, key=f"{got.key}/{got.attempts}")))


def _give_up_silently(patch: pytest.MonkeyPatch) -> None:
    settle = Outbox._settle

    def silent(self: Outbox, claimed: Any, settled: Settled) -> str:
        return settle(self, claimed, replace(settled, why="", reply=None) if settled.state == "dead" else settled)

    patch.setattr(Outbox, "_settle", silent)


def _say_done(patch: pytest.MonkeyPatch) -> None:
    for performer in (asking.Asking, delivery.Delivery):
        _wrap(patch, performer, lambda perform, me, got: replace(perform(me, got), state="done"))


def _wrap(patch: pytest.MonkeyPatch, performer: Any, around: Any) -> None:
    perform = performer.perform
    patch.setattr(performer, "perform", lambda self, claimed: around(perform, self, claimed))


@pytest.mark.faults
@pytest.mark.parametrize(
    ("bug", "said"),
    [
        (_repeat_whatever, "must not be sent twice"),
        (_try_under_a_new_key, "nobody (asked for|sent) it"),
        (_give_up_silently, "unknown"),
        (_say_done, "unknown"),
    ],
)
def test_an_unknown_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: Any, said: str) -> None:
    """What sends twice what it must not, or gives up without a word, makes the check say so."""
    bug(monkeypatch)
    result = outside_script.run(tmp_path, 45)
    assert re.search(said, "\n".join(result.faults)), result.faults[:5]


@pytest.mark.long
def test_two_thousand_calls_and_messages(tmp_path: Path) -> None:
    """The same for many: `python -m tests.faults.outside_script --many 2000` tells what became of them."""
    assert not outside_script.run(tmp_path, 2000, seed=2).faults


@pytest.mark.faults
def test_the_living_are_served_while_the_dead_hang(tmp_path: Path) -> None:
    """However much waits for a system that never answers: what goes to another is done before it has timed out."""
    passed = outside_dead.run(tmp_path, live=20, dead=120)
    assert (passed.done, passed.still_open) == (20, 120)
    assert passed.hanging > 0


# --- at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.faults
def test_parents_and_children_are_moved_at_once(tmp_path: Path) -> None:
    """From a dozen threads over two kits: nothing stands still, no join is lost."""
    result = outside_moves.run(tmp_path, 300)
    assert not result.faults
    assert result.moves.total() >= 300
    assert {"wanted", "joined", "late", "released", "begun"} <= result.told.keys()


@pytest.mark.faults
@pytest.mark.parametrize("bug", outside_moves.BUGS)
def test_a_lost_join_or_a_standstill_is_found(bug: str) -> None:
    """A process of its own, for what stands still never ends."""
    command = [sys.executable, "-m", "tests.faults.outside_moves", "--moves", "150", "--patience", "5", "--bug", bug]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1, ended.stderr
    assert re.search("stranded: |standstill: ", ended.stdout)


@pytest.mark.long
def test_ten_thousand_moves(tmp_path: Path) -> None:
    """The same for long: `python -m tests.faults.outside_moves --moves 10000`."""
    assert not outside_moves.run(tmp_path, 10_000, seed=2).faults
