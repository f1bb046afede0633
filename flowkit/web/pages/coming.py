"""What comes by the calendar, day by day: late, begun, still to come."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from starlette.responses import Response

from flowkit.kit import PlanView
from flowkit.web.pages.page import Page
from flowkit.web.shell import page, telling
from flowkit.web.site import Ask
from flowkit.web.telling import Telling

AHEAD = (7, 30, 90, 365)
"How many days one may look ahead."

MOST = 300
"How many lines a page shows."

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def coming(ask: Ask) -> Response:
    asked = ask.query.get("days", "")
    days = int(asked) if asked in {str(each) for each in AHEAD} else 30
    schedules = ask.kit.app.business.schedules
    chosen = ask.query.get("schedule") if ask.query.get("schedule") in schedules else None
    tell = telling(ask)
    found = ask.kit.coming(tell.now + timedelta(days=days), ask.by, schedule=chosen)
    by_day = groupby(found[:MOST], key=lambda plan: plan.due.astimezone(tell.zone).date())
    shown = [
        (tell.day(plans[0].due), ask.language.text(WEEKDAYS[day.weekday()]), [_row(ask, plan, tell) for plan in plans])
        for day, each in by_day
        if (plans := list(each))
    ]
    return page(
        ask,
        "coming.html",
        shown=shown,
        days=days,
        ahead=AHEAD,
        schedules={name: ask.language.called(each.title) for name, each in schedules.items()},
        chosen=chosen or "",
        rest=max(0, len(found) - MOST),
    )


def _row(ask: Ask, plan: PlanView, tell: Telling) -> dict[str, str]:
    """One thing that is due: what, for which record, and how far it is."""
    text = ask.language.text
    late = plan.due < tell.now
    if plan.begin is None:
        state = ("s2", text("已开单"), "warn" if late else "")
    else:
        state = ("clock", text("已过期"), "bad") if late else ("s0", text("{at} 开单", at=tell.moment(plan.begin)), "")
    before = next((each for each in (plan.was, plan.planned) if each not in (None, plan.due)), None)
    moved = text("原为 {at}", at=tell.moment(before)) if before is not None else ""
    record = f"{plan.record} {plan.label}".strip() if plan.label != plan.record else plan.record
    named = {
        "title": ask.language.called(plan.title),
        "record": record,
        "case": plan.case,
        "number": plan.number,
        "moved": moved,
    }
    return {**named, **dict(zip(("icon", "state", "tone"), state, strict=True))}


PAGES = (Page("/coming", coming),)
