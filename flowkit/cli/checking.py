"""`flowkit check`: every mistake of an app, with its place and a way out."""

from __future__ import annotations

from pathlib import Path

import click

from flowkit.app.load import load_app
from flowkit.cli.opening import app_argument, format_option, told
from flowkit.cli.printing import say, say_json
from flowkit.errors import DefinitionError


@click.command()
@app_argument
@format_option
def check(app: Path, form: str) -> int:
    """Find every mistake in an app.

    Silent when all is well. Exits with 1 when there is an error; warnings alone are printed and exit with 0.
    """
    try:
        found, failed = tuple(load_app(app).diagnostics), False
    except DefinitionError as error:
        found, failed = error.diagnostics, True
    if form == "json":
        say_json([d.as_json() for d in found])
    elif found:
        say(told(found, app))
    return int(failed)
