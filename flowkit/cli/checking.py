"""`flowkit check`: every mistake of an app, with its place and a way out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from flowkit.app.app import App
from flowkit.app.load import load_app
from flowkit.cli.opening import app_argument, file_of, format_option, require_file, told
from flowkit.cli.printing import say, say_json
from flowkit.diagnostics import Diagnostic
from flowkit.errors import DefinitionError
from flowkit.runtime.opening import stranded_in


def _stranded(app: App, database: str) -> tuple[Diagnostic, ...]:
    require_file(file_of(database))
    return stranded_in(app, database)


@click.command()
@app_argument
@click.option(
    "--database", metavar="URL", help="Also whether its open cases could go on under this app; changes nothing."
)
@click.option(
    "--at",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Also whether the holidays of that day's year, and of the three months after it, are known for good.",
)
@format_option
def check(app: Path, database: str | None, day: datetime | None, form: str) -> int:
    """Find every mistake in an app.

    Silent when all is well. Exits with 1 when there is an error; warnings alone are printed and exit with 0.
    """
    try:
        loaded = load_app(app)
        stranded = _stranded(loaded, database) if database is not None else ()
        unknown = loaded.provisional(day.replace(tzinfo=loaded.settings.timezone)) if day is not None else ()
        found, failed = (*loaded.diagnostics, *unknown, *stranded), bool(stranded)
    except DefinitionError as error:
        found, failed = error.diagnostics, True
    if form == "json":
        say_json([d.as_json() for d in found])
    elif found:
        say(told(found, app))
    return int(failed)
