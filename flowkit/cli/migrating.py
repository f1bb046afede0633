"""`flowkit migrate`: open cases go over to the present version of their workflow."""

from __future__ import annotations

from pathlib import Path

import click

from flowkit.cli.opening import app_argument, by_option, database_option, format_option, opened
from flowkit.cli.printing import columns, say, say_json


@click.command()
@app_argument
@click.argument("workflow")
@by_option
@click.option("--from", "version", default="", metavar="VERSION", help="Only cases of versions that begin so.")
@database_option
@format_option
def migrate(app: Path, workflow: str, by: str, version: str, database: str | None, form: str) -> int:
    """Let the open cases of a WORKFLOW go on under its present version.

    A case keeps its step, its values and its deadlines at their moments. One that cannot stand there as it stands stays as
    it is, with the reason; then it exits with 1.
    """
    with opened(app, database, allow_stranded=True) as kit:
        found = kit.migrate(workflow, by=by, from_version=version)
    if form == "json":
        say_json(found)
    elif not found:
        say("没有要换的工单")
    else:
        say("\n".join(columns((m.number, "已换到现在的流程" if m.moved else m.reason) for m in found)))
    return 0 if all(m.moved for m in found) else 1
