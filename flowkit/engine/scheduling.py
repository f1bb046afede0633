"""What is due by a schedule for one record: whether a case begins now, for which moment, and when to look again. Pure.

Knows a schedule, the record and what was due last; the shell keeps that in a row for each record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flowkit.engine.case import Case
from flowkit.engine.children import carried, given, on_behalf
from flowkit.engine.draft import Draft
from flowkit.engine.facts import Former
from flowkit.engine.instructions import Schedule
from flowkit.engine.opening_hours import calendar_of
from flowkit.engine.view import World
from flowkit.errors import EvaluationError
from flowkit.rules.timing import Occurrence, Timing

LOOK_AGAIN = timedelta(days=1)
"""When a record that work is not for just now is looked at again, where nothing else says when."""

MORNING = time(9)
"""A day without a time of day begins then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How it stands with one record. `n` grows with every change, so that nothing is begun twice.

    last   when it was finished (`after_last`), or the day of the grid on which it was due (`every`) last
    due    the next moment at which it is due, or at which what was begun is due
    begin  when the case for it begins; None while the one that was begun has not ended
    case   the case that was begun last, "" before the first
    was    when it was due before the calendar changed; None where nothing has
    """

    n: int
    last: datetime
    due: datetime
    begin: datetime | None
    case: str = ""
    was: datetime | None = None


def planned(schedule: Schedule, record: str, last: datetime, world: World, n: int = 0, case: str = "") -> Plan:
    """The plan after it was finished or due at `last`. Raises EvaluationError beyond what a calendar reaches."""
    return _planned(schedule, timing_of(schedule, record, world), last, n, case)


def _planned(schedule: Schedule, timing: Timing, last: datetime, n: int, case: str) -> Plan:
    with _told(schedule):
        due = timing.after(last).due
        return Plan(n, last, due, timing.begin(due), case)


def replanned(schedule: Schedule, record: str, plan: Plan, world: World) -> Plan:
    """The plan as the present calendar has it; the same where that changes nothing, or what was begun is open yet."""
    if plan.begin is None:
        return plan
    anew = planned(schedule, record, plan.last, world, plan.n + 1, plan.case)
    if anew.due != plan.due:
        return replace(anew, was=plan.due)
    # What begins later is not begun before that when its time has come; it may also have been put off.
    return plan if anew.begin is None or anew.begin >= plan.begin else replace(anew, was=plan.was)


@contextmanager
def _told(schedule: Schedule) -> Iterator[None]:
    try:
        yield
    except (ValueError, OverflowError) as error:
        raise EvaluationError(f"算不出“{schedule.title}”的下一次: {error}") from None


def timing_of(schedule: Schedule, record: str, world: World) -> Timing:
    """When it is due for that record: by the hours of the unit whose the case will be, where it has some, else the app's."""
    business = world.workflow.business
    calendar, zone = business.calendar, business.settings.timezone
    if schedule.definition.in_business_time and calendar is not None and business.hours is not None:
        # What nobody can tell of a unit must not keep its work from coming: then it comes by the app's hours.
        with suppress(EvaluationError):
            calendar = calendar_of(replace(world, case=Case(unit=_unit(schedule, record, world))))
    return Timing(schedule.definition, zone, calendar)


def _unit(schedule: Schedule, record: str, world: World) -> str | None:
    """The unit that a case for that record will belong to, as far as it is told by what the case begins with."""
    if _has_gone(schedule, record, world):
        return None
    if schedule.entity is not None and schedule.entity == world.workflow.business.units:
        return record
    row, unit, start = of(schedule, record, world), world.workflow.unit, schedule.start
    applicant = on_behalf(start.applicant, row).get("applicant", "")
    if unit is None:
        own = world.facts.people.units.get(applicant, ())
        return own[0] if len(own) == 1 else None
    read = {path[0] for path in unit.reads}
    values = {name: carried(e.evaluate(row)) for name, e in start.values.items() if name in read}
    begun = replace(world, case=Case(applicant=applicant, values=values)).with_(actor=None, me=None)
    found = unit.evaluate(begun)
    return None if found is None else str(getattr(found, "key", found))


def last_done(schedule: Schedule, record: str, world: World) -> datetime | None:
    """Since when a record's work counts, as the author says it."""
    if schedule.since is None:
        return None
    found = schedule.since.evaluate(of(schedule, record, world))
    if isinstance(found, date) and not isinstance(found, datetime):
        return datetime.combine(found, MORNING, world.workflow.business.settings.timezone).astimezone(UTC)
    return found.astimezone(UTC) if isinstance(found, datetime) else None


def of(schedule: Schedule, record: str, world: World) -> World:
    """The same with the record as `row`."""
    return world if schedule.entity is None else world.with_(row=world.record(schedule.entity, record))


@dataclass(frozen=True, slots=True)
class Due:
    """What a look at a plan comes to: the plan as it is then; with `at` a case begins that is due then.

    `missed`: so many before it were never begun.
    """

    plan: Plan
    at: datetime | None = None
    missed: int = 0


def look(schedule: Schedule, record: str, plan: Plan, case_id: str, world: World) -> Due:
    """What is to happen for a record whose time to begin has come; `case_id` is what a case would be called."""
    rule, n, timing = schedule.definition, plan.n + 1, timing_of(schedule, record, world)
    done, last = last_done(schedule, record, world), plan.last
    with _told(schedule):
        if done is not None and done > last and (rule.every is None or done > timing.due(last)):
            # It was done elsewhere since.
            last = done
        plan = _planned(schedule, timing, last, n, plan.case)
        if plan.begin is not None and plan.begin > world.now:
            return Due(plan)
        found, missed = timing.caught_up(last, world.now)
    if not applies(schedule, record, world):
        if rule.every is None:
            return Due(replace(plan, begin=world.now + LOOK_AGAIN))
        return Due(_planned(schedule, timing, found.grid, n, plan.case))
    if rule.every is None:
        return Due(Plan(n, last, found.due, None, case_id), found.due)
    return Due(_planned(schedule, timing, found.grid, n, case_id), found.due, missed)


def finished(schedule: Schedule, record: str, at: datetime, world: World) -> Plan | None:
    """The plan once the case that was begun has ended; None where that changes nothing. Its `n` is not told."""
    return planned(schedule, record, at, world) if schedule.definition.after_last is not None else None


def filled(draft: Draft, scheduled: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """What a case begins with by its schedule, and for whom; `scheduled` is that of the command."""
    schedule = draft.workflow.business.schedules[scheduled["schedule"]]
    world = of(schedule, scheduled["record"], draft.world())
    applicant = on_behalf(schedule.start.applicant, world).get("applicant", draft.by)
    draft.case = replace(draft.case, applicant=applicant)
    return given(draft, schedule.start.values, schedule.start.fields, world), applicant


def following(schedule: Schedule, record: str, last: datetime, world: World) -> Iterator[Occurrence]:
    """When it will be due after `last`, again and again, where it does not wait for the last one to be finished."""
    timing = timing_of(schedule, record, world)
    while True:
        try:
            found = timing.after(last)
        except (ValueError, OverflowError):
            return
        yield found
        last = found.grid


def applies(schedule: Schedule, record: str, world: World) -> bool:
    """Whether there is work for that record now: it is still there, and the schedule's condition holds."""
    if _has_gone(schedule, record, world):
        return False
    return schedule.when is None or schedule.when.evaluate(of(schedule, record, world)) is True


def _has_gone(schedule: Schedule, record: str, world: World) -> bool:
    stored = world.stored(schedule.entity, record) if schedule.entity is not None else {}
    return stored is None or isinstance(stored, Former)
