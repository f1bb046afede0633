"""Deadlines that are due at another moment than they were: the calendar has changed, or what they are read from.

The history says so, with the new sum. Never by a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flowkit.engine.apply import apply, is_stages
from flowkit.engine.case import Case, Deadline
from flowkit.engine.deadlines import anew, recounted
from flowkit.engine.definition import Timeout
from flowkit.engine.draft import Draft
from flowkit.engine.verbs import tell_task
from flowkit.errors import EvaluationError


def recount(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    """The calendar is another than it was: every deadline in business time is counted again."""
    count_again(draft, "calendar")


def count_again(draft: Draft, because: str) -> None:
    """Note the deadlines that are due at another moment now that the calendar, or the unit whose it is, is another."""
    world = draft.world()
    note_changed(draft, [d for stood in draft.case.deadlines if (d := recounted(stood, world)) != stood], because)


def note_changed(draft: Draft, changed: Sequence[Deadline], because: str) -> None:
    if changed:
        draft.add("due_changed", because=because, deadlines=[deadline.as_json() for deadline in changed])


def keep_up(draft: Draft, before: Case) -> None:
    """What was filled in or worked out under this command moves the open deadlines that are read from it.

    Where that gives no moment any more the deadline stays as it stands, and somebody is told: what was typed is
    accepted by now, and a deadline that nobody keeps is worse than one that is too early.
    """
    if draft.case.ended or not _changed(before, draft.case):
        return
    changed, failures = [], []
    for stood, timeout, entered in _affected(draft, before):
        try:
            found = anew(stood, timeout, entered, draft.world())
        except EvaluationError as error:
            failures.append(f"期限 {_clock(stood.due, draft)} 没有重新计算: {error}")
            continue
        if found.due != stood.due:
            changed.append(found)
    note_changed(draft, changed, "values")
    if failures:
        _look_at(draft, "；".join(failures))


def _affected(draft: Draft, before: Case) -> list[tuple[Deadline, Timeout, datetime]]:
    """Open deadlines that are read from what has changed since they were set, and from when on each runs."""
    case = draft.case
    timeouts = draft.workflow.timeouts_at(case.node) if case.node in draft.workflow.nodes else {}
    standing = (d for stage in case.stages.values() for d in stage.standing)
    open_ = [(d, t) for d in (*case.deadlines, *standing) if (t := timeouts.get(d.name)) is not None and t.depends]
    then = _when_set(draft, before) if open_ else {}
    found = []
    for stood, timeout in open_:
        if timeout.depends & _changed(then.get((stood.name, stood.visit), before), case):
            entered = case.entered
            if is_stages(stood):
                entered = datetime.fromisoformat(case.stages[stood.name.rpartition("/")[0]].entered)
            found.append((stood, timeout, entered or draft.now))
    return found


def _when_set(draft: Draft, case: Case) -> dict[tuple[str, int], Case]:
    """The case as it was when each deadline that was set under this command was set."""
    found: dict[tuple[str, int], Case] = {}
    for event in draft.events:
        case = apply(case, event)
        if event.kind in ("assigned", "stage_entered"):
            found.update({(d["name"], d["visit"]): case for d in event.data["deadlines"]})
    return found


def _changed(old: Case, new: Case) -> frozenset[str]:
    """The names of fields, results and forms that hold something else."""
    found: set[str] = set()
    for was, now in ((old.values, new.values), (old.answers, new.answers)):
        if was is not now:
            found.update(name for name in {*was, *now} if was.get(name) != now.get(name))
    return frozenset(found)


def _look_at(draft: Draft, message: str) -> None:
    """Somebody must look, and the case goes on; what a machine gave up on before stays to be tried again."""
    before, catcher = draft.case.incident, f"role:{draft.workflow.business.catcher}"
    told = {"where": draft.workflow.nodes[draft.case.node].title, "resume": {"step": "none"}, "message": message}
    if before is not None:
        if message in before["message"]:
            return  # It has been told, and nobody has looked yet.
        told |= {"where": before["where"], "resume": before["resume"], "message": f"{before['message']}；{message}"}
    draft.add("incident", holder=catcher, **told)
    tell_task(draft, (catcher,))


def _clock(moment: datetime, draft: Draft) -> str:
    return moment.astimezone(draft.workflow.business.settings.timezone).strftime("%Y-%m-%d %H:%M")
