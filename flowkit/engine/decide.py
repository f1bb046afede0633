"""The judge: (workflow, case, command, facts, now) -> events. Pure; the shell does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowkit.engine.act import act
from flowkit.engine.case import Case, Event, Secret
from flowkit.engine.catching import catch
from flowkit.engine.command import Command
from flowkit.engine.definition import Workflow
from flowkit.engine.draft import Draft
from flowkit.engine.facts import Facts
from flowkit.engine.follow_up import cancel, child_finished, filed, replied, retry, signal, timeout, withdraw
from flowkit.engine.migrating import migrate
from flowkit.engine.operations.following import tell_followers
from flowkit.engine.operations.halting import stands_still
from flowkit.engine.operations.linking import related
from flowkit.engine.recounting import keep_up, recount
from flowkit.engine.submit import submit
from flowkit.errors import EvaluationError, RefusedError


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command comes to: events in order, and the personal values they only refer to."""

    events: tuple[Event, ...]
    secrets: tuple[Secret, ...] = ()


def decide(workflow: Workflow, case: Case, command: Command, facts: Facts, now: datetime) -> Decision:
    """Judge one command.

    Raises RefusedError when it changes nothing (half-filled form, not that person's task, stale page) and Need when
    facts are lacking: fetch them and call again. No events and no error: it came too late and there is nothing to do.
    """
    at = now if case.now is None else max(now, case.now)
    draft = Draft(workflow, case, facts, at, command.by, command.entropy, command.data.get("visitor", ""))
    try:
        if not stands_still(draft, command.kind, command.data):
            _KINDS[command.kind](draft, command.data, command.case)
        keep_up(draft, case)
        tell_followers(draft, case)
    except EvaluationError as error:
        # Whatever fails after acceptance has become an incident on the way; this failed before.
        raise RefusedError("cannot-judge", f"无法判断: {error}") from error
    return Decision(tuple(draft.events), tuple(draft.secrets))


_KINDS: Mapping[str, Callable[[Draft, Mapping[str, Any], str], None]] = {
    "submit": submit,
    "act": act,
    "timeout": timeout,
    "signal": signal,
    "finished": child_finished,
    "cancel": cancel,
    "replied": replied,
    "filed": filed,
    "related": related,
    "retry": retry,
    "withdraw": withdraw,
    "catch": catch,
    "migrate": migrate,
    "recount": recount,
}
