"""When something is due, and the sum behind it."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from flowkit.engine.case import Deadline
from flowkit.engine.definition import Timeout
from flowkit.engine.view import World
from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import Expression
from flowkit.values.durations import format_duration

LONGEST = timedelta(days=365 * 200)
"""No deadline lies further away: what somebody typed may have been multiplied into it, and no calendar goes on for ever."""


def deadline_of(timeout: Timeout, visit: int, entered: datetime, world: World) -> Deadline:
    """The deadline that a timeout gives a visit, or an entry into a stage, that began at `entered`.

    Raises EvaluationError when its moment or span comes out empty: that is never "at once" or "never".
    """
    name, zone = timeout.exit.name, world.workflow.business.settings.timezone
    if timeout.at is not None:
        moment = timeout.at.evaluate(world)
        if not isinstance(moment, datetime):
            raise EvaluationError(_empty(timeout.at))
        return Deadline(name, visit, 0, moment, (f"{_clock(moment, zone)}（{timeout.at.text}）",))
    assert timeout.after is not None
    return deadline_after(name, timeout.after, visit, entered, world)


def deadline_after(name: str, after: Expression, visit: int, entered: datetime, world: World) -> Deadline:
    """A deadline so long after `entered`."""
    zone = world.workflow.business.settings.timezone
    span = duration(after, world)
    due = entered + span
    why = (f"进入 {_clock(entered, zone)}", f"+ {format_duration(span)}（{after.text}）", f"= {_clock(due, zone)}")
    return Deadline(name, visit, 0, due, why)


def next_repetition(timeout: Timeout, due: Deadline, world: World) -> tuple[Deadline | None, int]:
    """The same deadline once more, counted from when it was due, None after the last; and how many are passed over.

    Those whose time has come too are not made up for: nobody wants at once what was to be said one after another.
    """
    left = timeout.repeat - due.n
    expression = timeout.every or timeout.after
    if left <= 0 or expression is None or (span := duration(expression, world)) <= timedelta(0):
        return None, 0
    missed = min(max(0, (world.now - due.due) // span), left)
    if missed == left:
        return None, missed
    n = due.n + 1 + missed
    return Deadline(due.name, due.visit, n, due.due + span * (missed + 1), (*due.why, f"第 {n + 1} 次")), missed


def duration(expression: Expression, world: World) -> timedelta:
    """A span that an expression gives."""
    span = expression.evaluate(world)
    if not isinstance(span, timedelta):
        raise EvaluationError(_empty(expression))
    if abs(span) > LONGEST:
        raise EvaluationError(f"“{expression.text.strip()}”太长,算不出期限")
    return span


def _empty(expression: Expression) -> str:
    return f"“{expression.text.strip()}”是空的,算不出期限"


def _clock(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
