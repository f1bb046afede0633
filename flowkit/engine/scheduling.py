"""What is due by a schedule for one record: whether a case begins now, for which moment, and when to look again. Pure.

Knows a schedule, the record and what was due last; the shell keeps that in a row for each record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flowkit.engine.children import given, on_behalf
from flowkit.engine.counting import add
from flowkit.engine.definition import Business
from flowkit.engine.draft import Draft
from flowkit.engine.facts import Former
from flowkit.engine.instructions import Schedule
from flowkit.engine.view import World
from flowkit.errors import EvaluationError
from flowkit.rules.schedule import Later, Length

LOOK_AGAIN = timedelta(days=1)
"""When a record that work is not for just now is looked at again, where nothing else says when."""

MORNING = time(9)
"""A day without a time of day begins then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How it stands with one record. `n` grows with every change, so that nothing is begun twice.

    last   when it was finished (`after_last`) or due (`every`) last
    due    the next moment at which it is due, or at which what was begun is due
    begin  when the case for it begins; None while the one that was begun has not ended
    case   the case that was begun last, "" before the first
    """

    n: int
    last: datetime
    due: datetime
    begin: datetime | None
    case: str = ""


def planned(schedule: Schedule, last: datetime, business: Business, n: int = 0, case: str = "") -> Plan:
    """The plan after it was finished or due at `last`. Raises EvaluationError beyond what a calendar reaches."""
    try:
        due = schedule.definition.following(last, _later(business), business.settings.timezone)
    except (ValueError, OverflowError) as error:
        raise EvaluationError(f"算不出“{schedule.title}”的下一次: {error}") from None
    return Plan(n, last, due, due - schedule.definition.ahead, case)


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
    rule, business, n = schedule.definition, world.workflow.business, plan.n + 1
    done = last_done(schedule, record, world)
    if done is not None and done > plan.last:
        # It was done elsewhere since.
        later = planned(schedule, done, business, n, plan.case)
        if later.begin is not None and later.begin > world.now:
            return Due(later)
        plan = later
    if not applies(schedule, record, world):
        if rule.every is None:
            return Due(replace(plan, n=n, begin=world.now + LOOK_AGAIN))
        return Due(planned(schedule, _caught_up(schedule, plan.due, world)[0], business, n, plan.case))
    due, missed = _caught_up(schedule, plan.due, world)
    if rule.every is None:
        return Due(Plan(n, plan.last, due, None, case_id), due)
    return Due(planned(schedule, due, business, n, case_id), due, missed)


def finished(schedule: Schedule, at: datetime, business: Business) -> Plan | None:
    """The plan once the case that was begun has ended; None where that changes nothing. Its `n` is not told."""
    return planned(schedule, at, business) if schedule.definition.after_last is not None else None


def filled(draft: Draft, scheduled: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """What a case begins with by its schedule, and for whom; `scheduled` is that of the command."""
    schedule = draft.workflow.business.schedules[scheduled["schedule"]]
    world = of(schedule, scheduled["record"], draft.world())
    applicant = on_behalf(schedule.start.applicant, world).get("applicant", draft.by)
    draft.case = replace(draft.case, applicant=applicant)
    return given(draft, schedule.start.values, schedule.start.fields, world), applicant


def following(schedule: Schedule, due: datetime, business: Business) -> Iterator[datetime]:
    """When it will be due after that, again and again, where it does not wait for the last one to be finished."""
    while True:
        try:
            due = schedule.definition.following(due, _later(business), business.settings.timezone)
        except (ValueError, OverflowError):
            return
        yield due


def applies(schedule: Schedule, record: str, world: World) -> bool:
    """Whether there is work for that record now: it is still there, and the schedule's condition holds."""
    if schedule.entity is not None:
        stored = world.stored(schedule.entity, record)
        if stored is None or isinstance(stored, Former):
            return False
    return schedule.when is None or schedule.when.evaluate(of(schedule, record, world)) is True


def _caught_up(schedule: Schedule, due: datetime, world: World) -> tuple[datetime, int]:
    business = world.workflow.business
    return schedule.definition.caught_up(due, world.now, _later(business), business.settings.timezone)


def _later(business: Business) -> Later:
    """So much later by the app's calendar: a schedule is over many records, and their units may keep other hours."""

    def later(moment: datetime, length: Length) -> datetime:
        if isinstance(length, timedelta):
            return moment + length
        if business.calendar is None:
            raise ValueError("there is no calendar")
        return add(moment, length, business.calendar).due

    return later
