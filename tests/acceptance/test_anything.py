"""Whatever is done through the public face, in whatever order, the promises hold; and each check of that can fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from flowkit.engine import apply as folding
from flowkit.engine import decide as judging
from flowkit.engine.case import Case, Event
from flowkit.engine.people import People
from flowkit.runtime import due, steps
from flowkit.runtime import judging as shell
from flowkit.runtime.delivery import Delivery
from flowkit.runtime.outbox import Claimed
from flowkit.runtime.view import Changes, View
from tests.acceptance.machine import Ground, Repairs

USUAL = settings(deadline=None, stateful_step_count=40, suppress_health_check=list(HealthCheck))
ALL = settings(USUAL, max_examples=300, print_blob=True)
UNTIL_FOUND = settings(
    USUAL, max_examples=150, database=None, phases=[Phase.generate], derandomize=True, report_multiple_bugs=False
)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground.lay(tmp_path_factory.mktemp("ground"))


@pytest.fixture(autouse=True)
def ids_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is due at the same moment goes by the case's id: with chance in it no life could be lived again."""
    numbers = count(1)
    monkeypatch.setattr("flowkit.kit.new_case_id", lambda now: f"c{next(numbers):08}")


def play(ground: Ground, how: settings) -> None:
    run_state_machine_as_test(type("RepairsHere", (Repairs,), {"ground": ground}), settings=how)


def test_anything_in_any_order(ground: Ground) -> None:
    """300 lives of 40 steps: after each step everything holds that `machine.py` says must hold."""
    play(ground, ALL)


@pytest.mark.long
def test_anything_for_longer(ground: Ground) -> None:
    """1,000 lives of 100 steps."""
    play(ground, settings(ALL, max_examples=1000, stateful_step_count=100))


# --- each check can fail ---------------------------------------------------------------------------------------------

Patch = pytest.MonkeyPatch


def shrinking_forgotten(patch: Patch, name: str, table: str) -> None:
    """Rows that no longer stand for anything stay where they are."""
    diff = getattr(steps, name)

    def forgetful(old: Case, new: Case, rows: steps.Rows, *more: Any) -> None:
        diff(old, new, rows, *more)
        kept = [row for row in getattr(rows, table) if row[3] is not None]
        getattr(rows, table)[:] = kept

    patch.setattr(steps, name, forgetful)


def ended_timers_forgotten(patch: Patch) -> None:
    diff = steps._timers

    def forgetful(old: Case, new: Case, rows: steps.Rows) -> None:
        diff(old, new, rows)
        rows.drop_timers.clear()

    patch.setattr(steps, "_timers", forgetful)


def built(patch: Patch, change: Callable[[steps.Step], None]) -> None:
    """Let every step be changed before it is written."""
    build = steps.build

    def other(*given: Any) -> steps.Step:
        step = build(*given)
        change(step)
        return step

    patch.setattr(shell, "build", other)


def a_sequence_skipped(patch: Patch) -> None:
    def skip(step: steps.Step) -> None:
        step.rows.history[:] = [(c, n + (n > 9), body, hash_) for c, n, body, hash_ in step.rows.history]

    built(patch, skip)


def the_past_rewritten(patch: Patch) -> None:
    def rewrite(step: steps.Step) -> None:
        step.rows.history[:] = [
            (c, n, body.replace("客户:zhao", "客户:wang"), h) for c, n, body, h in step.rows.history
        ]

    built(patch, rewrite)


def keys_forgotten(patch: Patch) -> None:
    class Nothing(list[Any]):
        def append(self, row: Any) -> None:
            pass

    built(patch, lambda step: setattr(step.rows, "keys", Nothing()))


def an_event_ignored_by_the_shell(patch: Patch) -> None:
    def partial(case: Case, event: Event) -> Case:
        after = folding.apply(case, event)
        return replace(case, sequence=after.sequence, now=after.now) if event.kind == "answered" else after

    patch.setattr(steps, "apply", partial)


def an_event_ignored_by_the_fold(patch: Patch) -> None:
    """Wrong in the same way everywhere: only another telling of the history shows it."""
    folds: Mapping[str, Any] = {**folding._FOLDS, "reassigned": lambda case, event, data: {}}
    patch.setattr(folding, "_FOLDS", folds)


def loads_not_overlaid(patch: Patch) -> None:
    accept = View.accept

    def forgetful(self: View, changes: Changes) -> None:
        changes.loads.clear()
        accept(self, changes)

    patch.setattr(View, "accept", forgetful)


def timers_early(patch: Patch) -> None:
    micros, timeout = due.micros, judging._KINDS["timeout"]

    def hasty(draft: Any, data: Mapping[str, Any], case_id: str) -> None:
        draft.case = replace(draft.case, deadlines=tuple(replace(d, due=draft.now) for d in draft.case.deadlines))
        timeout(draft, data, case_id)

    patch.setattr(due, "micros", lambda moment: micros(moment + timedelta(minutes=2)))
    patch.setattr(judging, "_KINDS", {**judging._KINDS, "timeout": hasty})


def time_backwards(patch: Patch) -> None:
    def present(now: datetime, before: datetime) -> datetime:
        return now

    patch.setattr(judging, "max", present, raising=False)


def pools_for_everybody(patch: Patch) -> None:
    patch.setattr(People, "holds", lambda self, actor, holder, unit=None: actor == holder or holder.startswith("role:"))


def old_pages_taken(patch: Patch) -> None:
    act = judging._KINDS["act"]
    patch.setattr(
        judging,
        "_KINDS",
        {**judging._KINDS, "act": lambda draft, data, case: act(draft, {**data, "visit": None}, case)},
    )


def messages_under_other_keys(patch: Patch) -> None:
    made = Delivery._message

    def message(self: Delivery, claimed: Claimed) -> Any:
        whole, problem = made(self, claimed)
        return replace(whole, key=f"{whole.key}/{claimed.attempts}"), problem

    patch.setattr(Delivery, "_message", message)


BUGS: Mapping[str, tuple[Callable[[Patch], None], str]] = {
    "the difference of timers forgets a deletion": (lambda p: shrinking_forgotten(p, "_timers", "timers"), "timers"),
    "the difference of tasks forgets a deletion": (lambda p: shrinking_forgotten(p, "_tasks", "tasks"), "tasks"),
    "an ended case keeps its timers": (ended_timers_forgotten, "timers"),
    "history skips a number": (a_sequence_skipped, "a gap"),
    "history is not what was hashed": (the_past_rewritten, "chain"),
    "keys are forgotten": (keys_forgotten, "happened again|under the same key|should not be"),
    "the shell ignores an event": (an_event_ignored_by_the_shell, "not what its history tells"),
    "the fold ignores an event": (an_event_ignored_by_the_fold, "its history tells of"),
    "a batch does not see its own loads": (loads_not_overlaid, "weighed"),
    "timers fire early": (timers_early, "before it was due|stands behind"),
    "time runs backwards": (time_backwards, "stands behind|before it was due"),
    "pools are everybody's": (pools_for_everybody, "wanted|should be"),
    "an old page is taken": (old_pages_taken, "should be"),
    "a message has a key of its own each time": (messages_under_other_keys, "nothing asks for"),
}
"What each bug does, and a pattern of what must be said of it."


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(ground: Ground, bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the bug in place the machine fails, and says what is wrong."""
    plant, said = BUGS[bug]
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=said):
        play(ground, UNTIL_FOUND)
