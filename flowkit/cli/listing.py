"""`flowkit cases`, `export`, `refusals`: the cases that somebody sees, as pages and as a table; who was refused what."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, BinaryIO

import click

from flowkit.cli.inputs import read_data
from flowkit.cli.opening import F, app_argument, database_option, format_option, looker_option, opened
from flowkit.cli.printing import columns, moment, say, say_json
from flowkit.cli.telling import Teller

_FILTERS: tuple[Callable[[Any], Any], ...] = (
    click.option("--workflow", metavar="NAME", help="Only cases of this workflow."),
    click.option("--node", metavar="NAME", help="Only those that are at this node."),
    click.option("--unit", metavar="KEY", help="Only those of this unit."),
    click.option("--owner", metavar="ACTOR", help="Only those that wait for this person, or this pool: role:NAME."),
    click.option("--open/--ended", "open_", default=None, help="Only those that have not ended, or that have."),
    click.option("--late", is_flag=True, default=None, help="Only those that are late."),
    click.option("--text", metavar="TEXT", help="Only those with this in their number or in a value that lists hold."),
    click.option("--where", multiple=True, metavar="FIELD=VALUE", help="Only those whose field holds this."),
    click.option(
        "--order",
        type=click.Choice(["-created", "created", "due"]),
        default="-created",
        show_default=True,
        help="Newest first, oldest first, or most urgent first.",
    ),
)


def filters(command: F) -> F:
    """The options that say which cases a list is about."""
    return reduce(lambda made, option: option(made), reversed(_FILTERS), command)


def _asked(chosen: dict[str, Any]) -> dict[str, Any]:
    """What was chosen, as the public face takes it."""
    where = read_data(chosen.pop("where"), None)
    return {"open": chosen.pop("open_"), "where": where or None, **chosen}


@click.command()
@app_argument
@filters
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="How many a page.")
@click.option("--after", metavar="MARK", help="The page behind this mark, as the page before told it.")
@click.option("--count", is_flag=True, help="Only how many there are.")
@looker_option
@database_option
@format_option
def cases(
    app: Path,
    limit: int,
    after: str | None,
    count: bool,
    by: str | None,
    database: str | None,
    form: str,
    **chosen: Any,
) -> int:
    """List cases: those that a person sees, or all."""
    order, asked = chosen.pop("order"), _asked(chosen)
    with opened(app, database) as kit:
        if count:
            say(str(kit.count(by, **asked)))
            return 0
        page = kit.cases(by, order=order, limit=limit, after=after, **asked)
        if form == "json":
            say_json(page)
        elif not page.items:
            say("没有工单")
        else:
            say("\n".join(Teller(kit, by).cases(page.items)))
            if page.next is not None:
                say(f"下一页: --after {page.next}")
    return 0


@click.command()
@app_argument
@click.argument("file", type=click.File("wb", atomic=True), metavar="FILE.csv")
@filters
@looker_option
@database_option
def export(app: Path, file: BinaryIO, by: str | None, database: str | None, **chosen: Any) -> int:
    """Write cases into a table for a spreadsheet: those that a person sees, or all.

    FILE.csv is UTF-8, as Excel reads it; - writes to standard output. No cell becomes a formula, and no personal value is
    in it.
    """
    order, asked = chosen.pop("order"), _asked(chosen)
    with opened(app, database) as kit:
        rows = kit.export(file, by, order=order, **asked)
    say(f"{rows} 个工单", to_errors=True)
    return 0


@click.command()
@app_argument
@looker_option
@database_option
@format_option
def refusals(app: Path, by: str | None, database: str | None, form: str) -> int:
    """Tell who tried what and was refused, newest first."""
    with opened(app, database) as kit:
        found = kit.refusals(by)
        if form == "json":
            say_json(found)
        elif not found:
            say("没有拒绝记录")
        else:
            zone = kit.app.settings.timezone
            rows = [(moment(r.at, zone), r.actor or "(不明)", r.tried, r.case, r.code) for r in found]
            say("\n".join(columns([("时间", "谁", "想做", "工单", "原因"), *rows])))
    return 0
