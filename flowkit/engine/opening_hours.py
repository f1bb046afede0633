"""The calendar of a case, and a sum of business time in words that a person can check with a calendar on the wall."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import groupby

from flowkit.calendars.calendar import Calendar, DayPlan, Sum
from flowkit.calendars.hours import DAY, read_week
from flowkit.engine.view import World
from flowkit.errors import EvaluationError
from flowkit.values.durations import format_duration

_WEEKDAYS = "一二三四五六日"
_MOST = 12
"""How many lines a sum has at most between its beginning and its end; of more the first and the last are told."""


def calendar_of(world: World) -> Calendar:
    """The calendar of the case's unit: with the hours of the unit or of the nearest one above it, else the app's.

    Raises EvaluationError where the app has none, or the hours a unit holds are none.
    """
    business = world.workflow.business
    if business.calendar is None:
        raise EvaluationError("没有工作日历,算不出工作时间")
    for unit, hours in _held(world, business.hours):
        try:
            return business.calendar.with_hours(hours)
        except ValueError:
            raise EvaluationError(f"“{unit}”的营业时间读不懂: {hours}") from None
    return business.calendar


def quiet_of(world: World) -> Calendar | None:
    """The quiet hours of the case's unit, or of the nearest one above it that has some, else the app's.

    Nothing waits for ever: hours that leave no time to remind anybody are passed over, and so are those that are none.
    """
    business = world.workflow.business
    for _, hours in _held(world, business.quiet_hours):
        with suppress(ValueError):
            week = read_week(hours)
            if sum(ends - begins for spans in week for begins, ends in spans) < 7 * DAY:
                return Calendar(business.settings.timezone, week)
    return business.quiet


def _held(world: World, field: str | None) -> Iterator[tuple[str, str]]:
    """What the case's unit and those above it hold in that field, the nearest first, each with its unit."""
    business, unit = world.workflow.business, world.case.unit
    if unit is None or business.units is None or field is None:
        return
    for each in world.facts.people.tree.line(unit):
        hours = (world.stored(business.units, each) or {}).get(field)
        if hours:
            yield each, hours


def told(found: Sum, start: datetime, calendar: Calendar) -> tuple[str, ...]:
    """The lines of a sum between its beginning and its end."""
    lines = [*_days(found), *_spans(found, calendar), *_passed(found.passed, calendar)]
    if found.begins != start:
        begins = found.begins.astimezone(calendar.zone)
        day = _day(calendar.plan(begins.date()))
        lines.insert(0, (begins.date(), f"不在上班时间,等到 {day} {_time(begins)} 起算"))
    words = [line for _, line in sorted(lines, key=lambda each: each[0])]
    if len(words) > _MOST:
        half = _MOST // 2
        words = [*words[:half], f"…… 中间 {len(words) - 2 * half} 行略", *words[-half:]]
    if found.moved:
        words.append(f"那天 {_time(found.begins.astimezone(calendar.zone))} 不在上班时间,顺延到下一次上班")
    words += [f"{year} 年的放假安排尚未公布,暂按法定节日计算" for year in found.provisional]
    return tuple(words)


def _days(found: Sum) -> Iterator[tuple[date, str]]:
    for number, plan in enumerate(found.days, 1):
        yield plan.day, f"第 {number} 个工作日 {_day(plan)}"


def _spans(found: Sum, calendar: Calendar) -> Iterator[tuple[date, str]]:
    for plan, counted in groupby(found.counted, key=lambda each: each.plan):
        spans, total = list[str](), timedelta(0)
        for each in counted:
            since, until = (moment.astimezone(calendar.zone) for moment in (each.since, each.until))
            spans.append(f"{_time(since)}–{_time(until)}")
            total += each.until - each.since
        yield plan.day, f"{_day(plan)} {' '.join(spans)} 计 {format_duration(total)}"


def _passed(plans: tuple[DayPlan, ...], calendar: Calendar) -> Iterator[tuple[date, str]]:
    """Days off that lay between; those that follow each other together, but for those that are closed anyway."""
    for _, group in groupby(enumerate(plans), key=lambda each: each[1].day.toordinal() - each[0]):
        days = [plan for _, plan in group]
        if not any(calendar.week[plan.day.weekday()] for plan in days):
            continue
        # A name in brackets says which day it was exchanged for: the holiday's own name is among the others.
        names = dict.fromkeys(p.name for p in days if p.name and "（" not in p.name and "(" not in p.name)
        said = f"({'、'.join(names)})" if names else ""
        until = f" 至 {days[-1].day:%m-%d}" if len(days) > 1 else ""
        yield days[0].day, f"{days[0].day:%m-%d}{until} 放假{said},不计"


_KINDS = {"made up": "(调休上班)", "special": "(另行安排)"}


def _day(plan: DayPlan) -> str:
    return f"{plan.day:%m-%d} 周{_WEEKDAYS[plan.day.weekday()]}{_KINDS.get(plan.kind, '')}"


def _time(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}".removesuffix(":00")
