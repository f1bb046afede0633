"""A case that stands still: suspended, so that its clocks do too and what comes meanwhile waits, or where a machine gave up.

Folds events, and says why nobody can go on.
"""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.engine.case import Case, Changes, Data, Deadline, Event, Fold, stopped
from flowkit.errors import RefusedError

RESUME = "resume"
"""The name of the deadline at which a suspended case goes on by itself."""


def suspended() -> RefusedError:
    """The refusal of whoever wants to go on with a suspended case."""
    return RefusedError("suspended", "工单已挂起,恢复之前不能操作")


def held_up(case: Case) -> RefusedError | None:
    """Why nobody can go on with a case now, whoever he is; None where that is nothing."""
    if case.suspended is not None:
        return suspended()
    if stopped(case):
        return RefusedError("incident", "工单停在故障处,请先由负责人重试", details=dict(case.incident or {}))
    return None


def _suspended(case: Case, event: Event, data: Data) -> Changes:
    state = {
        "at": event.at.isoformat(),
        "by": event.by,
        "reason": data["reason"],
        "deadlines": [d.as_json() for d in case.deadlines],
        "deferred": [],
    }
    return {"suspended": state, "deadlines": _deadlines(data)}


def _deferred(case: Case, event: Event, data: Data) -> Changes:
    state = case.suspended or {}
    return {"suspended": {**state, "deferred": [*state.get("deferred", ()), dict(data)]}}


def _deadlines(data: Data) -> tuple[Deadline, ...]:
    return tuple(Deadline.from_json(d) for d in data["deadlines"])


FOLDS: Mapping[str, Fold] = {
    "suspended": _suspended,
    "deferred": _deferred,
    "resumed": lambda case, event, data: {"suspended": None, "deadlines": _deadlines(data)},
}
