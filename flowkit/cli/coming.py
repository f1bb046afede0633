"""`flowkit coming`: what schedules will bring, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from flowkit.cli.opening import app_argument, database_option, format_option, looker_option, opened
from flowkit.cli.printing import columns, moment, say, say_json
from flowkit.kit import PlanView

_DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


@click.command()
@app_argument
@click.option("--days", type=click.IntRange(0, 3660), default=30, show_default=True, help="How far ahead.")
@click.option("--schedule", metavar="NAME", help="Only what comes by this schedule.")
@click.option("--most", type=click.IntRange(1), default=200, show_default=True, help="How many lines at most.")
@looker_option
@database_option
@format_option
def coming(
    app: Path, days: int, schedule: str | None, most: int, by: str | None, database: str | None, form: str
) -> int:
    """Tell what is due by schedules, day by day: what has begun and is not finished, what is late, what will come."""
    # Work by the calendar may be the first there is.
    with opened(app, database, must_exist=False) as kit:
        now = kit.clock.now()
        found = kit.coming(now + timedelta(days=days), by, schedule=schedule)
        if form == "json":
            say_json(found)
        elif not found:
            say(f"{days} 天内没有按计划要做的事")
        else:
            say("\n".join(_calendar(found[:most], now, kit.app.settings.timezone)))
            if len(found) > most:
                say(f"还有 {len(found) - most} 项,加 --most 看更多")
    return 0


def _calendar(found: list[PlanView], now: datetime, zone: ZoneInfo) -> Iterator[str]:
    for day, plans in groupby(found, key=lambda plan: plan.due.astimezone(zone).date()):
        of_day = list(plans)
        yield f"{day} {_DAYS[day.weekday()]}  {len(of_day)} 项"
        yield from (f"  {line}" for line in columns(_row(plan, now, zone) for plan in of_day))


def _row(plan: PlanView, now: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    late = "已过期" if plan.due < now else ""
    begun = f"已开单 {plan.number}" if plan.begin is None else f"{moment(plan.begin, zone)} 开单"
    of = f"{plan.record} {plan.label}".strip()
    return plan.due.astimezone(zone).strftime("%H:%M"), plan.title, of, begun, late, _moved(plan, zone)


def _moved(plan: PlanView, zone: ZoneInfo) -> str:
    """Why it is not due when somebody may expect it."""
    said = []
    if plan.planned is not None and plan.planned != plan.due:
        way = "顺延" if plan.due > plan.planned else "提前"
        said.append(f"{plan.planned.astimezone(zone):%m-%d} 不上班,{way}")
    if plan.was is not None:
        said.append(f"日历有变,原为 {moment(plan.was, zone)}")
    return ";".join(said)
