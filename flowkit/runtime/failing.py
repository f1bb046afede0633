"""What becomes of timers and signals whose command fails: they are told to people, tried again later, at last listed.

A timer or signal has no caller who could be told. It must neither vanish nor be tried without end.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flowkit.app.app import App
from flowkit.engine.case import Case, Event
from flowkit.errors import RefusedError
from flowkit.runtime.rowtext import micros
from flowkit.runtime.staff import Staff
from flowkit.runtime.steps import Step, build
from flowkit.runtime.view import View
from flowkit.runtime.work import InboxRow, PlanRow, TimerRow, Work

WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12))
"How long the next try waits after each failed one; after the last the row stays and is listed."


def failed(app: App, work: Work, error: Exception, view: View, staff: Staff, now: datetime) -> Step:
    """What is written when a timer's or a signal's command fails; an empty step for a command that has a caller."""
    match work.source:
        case TimerRow(attempts=attempts):
            step, data = _incident(app, work, error, view, staff, now), work.command.data
            timer = (work.command.case, data["visit"], data["deadline"], data["n"])
            step.rows.put_off_timers.append((_later(now, attempts), *timer))
            return step
        case InboxRow(key=key, attempts=attempts):
            # Refused means judged: trying again later would change nothing, so it is listed at once.
            refused = isinstance(error, RefusedError)
            step = Step(Case()) if refused else _incident(app, work, error, view, staff, now)
            later = None if refused else _later(now, attempts)
            step.rows.put_off_inbox.append((later, f"{type(error).__name__}: {error}", key))
            return step
        case PlanRow(attempts=attempts):
            # Nobody waits for it, and what is lacking may be filled in meanwhile: it is tried again, and listed.
            step, later = Step(Case()), micros(now + WAITS[min(attempts, len(WAITS) - 1)])
            step.rows.put_off_plans.append((later, _said(error), *work.source.key, work.source.plan.n))
            return step
    return Step(Case())


def _said(error: Exception) -> str:
    problems = getattr(error, "problems", ())
    return "；".join(problem.words for problem in problems) or f"{type(error).__name__}: {error}"


def _later(now: datetime, attempts: int) -> int | None:
    return micros(now + WAITS[attempts]) if attempts < len(WAITS) else None


def _incident(app: App, work: Work, error: Exception, view: View, staff: Staff, now: datetime) -> Step:
    """A line in the case's history and a task for the app's catcher, unless one stands there already."""
    command = work.command
    held = view.cases.get(command.case)
    if held is None or held.case.incident is not None or held.case.ended:
        return Step(Case())
    where = str(command.data.get("deadline") or command.data.get("name") or command.kind)
    event = Event("incident", max(now, held.case.now or now), command.by, _told(app, where, error))
    # Its workflow is not asked: that it can no longer be linked may be what failed.
    return build(app, None, held, (event,), (), {}, view, staff)


def _told(app: App, where: str, error: Exception) -> dict[str, object]:
    return {
        "where": where,
        "message": f"{type(error).__name__}: {error}",
        "holder": f"role:{app.business.catcher}",
        "resume": {"step": "none"},
    }
