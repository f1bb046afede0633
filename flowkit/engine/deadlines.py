"""When something is due, and the sum behind it: round the clock, or in business time by the calendar of the case's unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from flowkit.engine.case import Deadline
from flowkit.engine.counting import Counted, Span, add
from flowkit.engine.definition import Timeout
from flowkit.engine.opening_hours import calendar_of, quiet_of, told
from flowkit.engine.view import World
from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import Expression
from flowkit.values.durations import BusinessDuration, format_duration

LONGEST = timedelta(days=365 * 200)
"""No deadline lies further away: what somebody typed may have been multiplied into it, and no calendar goes on for ever."""


def deadline_of(timeout: Timeout, visit: int, entered: datetime, world: World) -> Deadline:
    """The deadline that a timeout gives a visit, or an entry into a stage, that began at `entered`.

    Raises EvaluationError when its moment or span comes out empty: that is never "at once" or "never".
    """
    return undisturbing(_first(timeout, visit, entered, world), timeout, world)


def _first(timeout: Timeout, visit: int, entered: datetime, world: World) -> Deadline:
    """The deadline before anything is repeated, stands still or waits."""
    name, zone = timeout.exit.name, world.workflow.business.settings.timezone
    if timeout.at is None:
        assert timeout.after is not None
        return deadline_after(name, timeout.after, visit, entered, world)
    moment = timeout.at.evaluate(world)
    if not isinstance(moment, datetime):
        raise EvaluationError(_empty(timeout.at))
    return Deadline(name, visit, 0, moment, (f"{_clock(moment, zone)}（{timeout.at.text}）",))


def anew(stood: Deadline, timeout: Timeout, entered: datetime, world: World) -> Deadline:
    """The deadline as what it is read from has it now: which repetition it is stays, and how long it stood still.

    A moment is meant as it is said: what stood still before it was said does not count. Raises EvaluationError when it
    comes out empty.
    """
    found = _first(timeout, stood.visit, entered, world)
    every = timeout.every or timeout.after
    if stood.n and every is not None:
        found = _again(found, stood.n, stood.n, duration(every, world), world)
    if timeout.at is not None:
        found = replace(found, said=world.now)
    else:
        for since, until, word in stood.still:
            found = _put_off(found, since, until, word, world)
    return undisturbing(found, timeout, world)


def undisturbing(stood: Deadline, timeout: Timeout | None, world: World) -> Deadline:
    """The same deadline; one that only reminds and falls into quiet hours waits for their end."""
    quiet = quiet_of(world) if timeout is not None and timeout.may_wait else None
    until = quiet.closing(stood.due) if quiet is not None else None
    if quiet is None or until is None:
        return stood
    return replace(stood, due=until, why=(*stood.why, f"免打扰时段,等到 {_clock(until, quiet.zone)}"))


def _meant(stood: Deadline, world: World) -> Timeout | None:
    """The timeout that a deadline comes from; None for one that the engine set by itself."""
    node = world.case.node
    return world.workflow.timeouts_at(node).get(stood.name) if node in world.workflow.nodes else None


def deadline_after(name: str, after: Expression, visit: int, entered: datetime, world: World) -> Deadline:
    """A deadline so long after `entered`."""
    zone = world.workflow.business.settings.timezone
    span = duration(after, world)
    source = "" if after.constant else f"（{after.text}）"  # What was said outright is told in words already.
    start = (f"进入 {_clock(entered, zone)}", f"+ {format_duration(span)}{source}")
    if isinstance(span, BusinessDuration):
        return _counted(Deadline(name, visit, 0, entered, start), span, world)
    due = entered + span
    return Deadline(name, visit, 0, due, (*start, f"= {_clock(due, zone)}"))


def next_repetition(timeout: Timeout, due: Deadline, world: World) -> tuple[Deadline | None, int]:
    """The same deadline once more, counted from when it was due, None after the last; and how many are passed over.

    Those whose time has come too are not made up for: nobody wants at once what was to be said one after another.
    """
    left = timeout.repeat - due.n
    expression = timeout.every or timeout.after
    if left <= 0 or expression is None:
        return None, 0
    span = duration(expression, world)
    if not (span.amount > 0 if isinstance(span, BusinessDuration) else span > timedelta(0)):
        return None, 0
    missed = min(_missed(due.due, span, left, world), left)
    if missed == left:
        return None, missed
    return undisturbing(_again(due, due.n + 1 + missed, missed + 1, span, world), timeout, world), missed


def _again(due: Deadline, n: int, times: int, span: timedelta | BusinessDuration, world: World) -> Deadline:
    """The deadline's repetition number `n`, so many spans later than it is."""
    again = replace(due, n=n, why=(*due.why, f"第 {n + 1} 次"), counted=None)
    if isinstance(span, BusinessDuration):
        return _counted(again, span, world, times=times)
    return replace(again, due=due.due + span * times)


def _missed(due: datetime, span: timedelta | BusinessDuration, left: int, world: World) -> int:
    """How many repetitions of something that was due then have come up to now."""
    if world.now < due:
        return 0
    if isinstance(span, timedelta):
        return (world.now - due) // span
    calendar, missed = calendar_of(world), 0
    if span.unit == "hours":
        return calendar.between(due, world.now) // span.time
    while missed < left and add(due, span, calendar, missed + 1).due <= world.now:
        missed += 1
    return missed


def later(stood: Deadline, since: datetime, word: str, world: World) -> Deadline:
    """A deadline that stood still from `since` until now: later by that long, in business time by as long as it was open."""
    return undisturbing(_put_off(stood, since, world.now, word, world), _meant(stood, world), world)


def _put_off(stood: Deadline, since: datetime, until: datetime, word: str, world: World) -> Deadline:
    """The deadline later by what it stood still; as it is where it had come before, or was said anew after that."""
    since = since if stood.said is None else max(since, stood.said)
    if since >= until or stood.due <= since:
        return stood
    zone, pause = world.workflow.business.settings.timezone, until - since
    said = f"+ {word} {format_duration(pause)}（{_clock(since, zone)} 起）"
    still = (*stood.still, (since, until, word))
    if stood.counted is None:
        due = stood.due + pause
        return replace(stood, due=due, why=(*stood.why, said, f"= {_clock(due, zone)}"), still=still)
    stood, calendar = recounted(stood, world), calendar_of(world)
    assert stood.counted is not None
    open_, due = calendar.between(since, until), stood.due
    why = (*stood.why, f"{said},其中工作时间 {format_duration(open_)}")
    if open_:
        found = calendar.add_time(stood.due, open_)
        due, why = found.due, (*why, *told(found, stood.due, calendar))
    again = Counted(until, calendar.between(until, due)) if due > until else Counted(stood.due, open_)
    return replace(stood, due=due, why=(*why, f"= {_clock(due, zone)}"), counted=again, still=still)


def recounted(stood: Deadline, world: World) -> Deadline:
    """The deadline as the present calendar has it; as it was where that is the same moment, or cannot be told."""
    if stood.counted is None:
        return stood
    since, span = stood.counted.since, stood.counted.span
    try:
        calendar = calendar_of(world)
        found = add(since, span, calendar)
    except (EvaluationError, ValueError):
        return stood  # Nothing says that it is due at another time.
    timeout = _meant(stood, world)
    if undisturbing(replace(stood, due=found.due), timeout, world).due == stood.due:
        return stood
    begun, due = (moment.astimezone(calendar.zone) for moment in (since, found.due))
    why = (
        f"按现在的日历重新计算: 自 {begun:%Y-%m-%d %H:%M}",
        f"+ {_said(span)}",
        *told(found, since, calendar),
        f"= {due:%Y-%m-%d %H:%M}",
    )
    return undisturbing(replace(stood, due=found.due, why=why), timeout, world)


def _said(span: Span) -> str:
    return format_duration(span) if isinstance(span, BusinessDuration) else f"工作时间 {format_duration(span)}"


def duration(expression: Expression, world: World) -> timedelta | BusinessDuration:
    """A span that an expression gives."""
    span = expression.evaluate(world)
    if isinstance(span, BusinessDuration):
        return span
    if not isinstance(span, timedelta):
        raise EvaluationError(_empty(expression))
    if abs(span) > LONGEST:
        raise EvaluationError(f"“{expression.text.strip()}”太长,算不出期限")
    return span


def _counted(begun: Deadline, span: BusinessDuration, world: World, times: int = 1) -> Deadline:
    """The deadline that so much business time after `begun.due` makes of it, with the sum in words."""
    calendar = calendar_of(world)
    try:
        found = add(begun.due, span, calendar, times)
    except ValueError:
        raise EvaluationError(f"“{format_duration(span)}”太长,或者日历不再营业,算不出期限") from None
    why = (*begun.why, *told(found, begun.due, calendar), f"= {_clock(found.due, calendar.zone)}")
    since = begun.due if times == 1 else add(begun.due, span, calendar, times - 1).due
    return replace(begun, due=found.due, why=why, counted=Counted(since, span))


def _empty(expression: Expression) -> str:
    return f"“{expression.text.strip()}”是空的,算不出期限"


def _clock(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
