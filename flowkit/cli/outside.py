"""`flowkit outbox`, `receive`, `files`: what goes out, what comes in, what was filed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

import click

from flowkit.cli.opening import app_argument, case_argument, database_option, format_option, looker_option, opened
from flowkit.cli.printing import columns, moment, say, say_json
from flowkit.kit import STATES


@click.command()
@app_argument
@click.option("--state", type=click.Choice(STATES), default=None, help="Only these. [default: pending and dead]")
@click.option("--resend", metavar="KEY", help="Try this one again, from the beginning.")
@click.option("--resend-all", is_flag=True, help="Try all that were given up again.")
@looker_option
@database_option
@format_option
def outbox(
    app: Path, state: str | None, resend: str | None, resend_all: bool, by: str | None, database: str | None, form: str
) -> int:
    """Tell what waits to be sent, and what was given up: also what came in and found no use."""
    if by and (resend or resend_all):
        raise click.UsageError("--resend is for whoever runs the business: leave --by out")
    with opened(app, database) as kit:
        if resend or resend_all:
            count = kit.resend(resend)
            say(f"{count} 条重新发送")
            return 0 if count else 1
        effects = [e for s in ([state] if state else ["pending", "dead"]) for e in kit.outbox(s, by)]
        effects += kit.stuck(by) if state in (None, "dead") else []
        if form == "json":
            say_json([e.as_json() for e in effects])
            return 0
        if not effects:
            say("没有等待发送的,也没有放弃的")
            return 0
        rows = [(e.state, e.kind, e.target, str(e.attempts), e.key, e.error) for e in effects]
        for line in columns([("状态", "类型", "对方", "次数", "键", "原因"), *rows]):
            say(line)
    return 0


@click.command()
@app_argument
@click.argument("file", type=click.File("rb"))
@database_option
def receive(app: Path, file: BinaryIO, database: str | None) -> int:
    """Hand in an event that an outside system has sent, as it came.

    FILE holds {"connector", "event", "headers", "body"} as JSON, the body as text; - reads standard input.
    """
    event = _event(file.read())
    with opened(app, database) as kit:
        case = kit.receive(event["connector"], event["event"], event["body"].encode(), event["headers"])
        say(f"{case.number}: {case.node_title}")
    return 0


def _event(content: bytes) -> dict[str, Any]:
    """What stands in an event file. Whether it may be believed, the connector's secret decides."""
    try:
        read = json.loads(content)
    except ValueError as error:
        raise click.UsageError(f"FILE is no JSON: {error}") from None
    texts = (
        all(isinstance(read.get(k), str) for k in ("connector", "event", "body")) if isinstance(read, dict) else False
    )
    if not texts or not isinstance(read.get("headers"), dict):
        raise click.UsageError('FILE needs "connector", "event" and "body" as text and "headers" as an object')
    return {**read, "headers": {str(k): str(v) for k, v in read["headers"].items()}}


@click.command()
@app_argument
@case_argument
@click.option("--save", type=click.Path(path_type=Path, file_okay=False), help="Write them into this folder.")
@looker_option
@database_option
def files(app: Path, case: str, save: Path | None, by: str | None, database: str | None) -> int:
    """Tell which pages were filed for a CASE."""
    with opened(app, database) as kit:
        found = kit.files(kit.case_by_number(case, by).id, by)
        if not found:
            say("没有存档的文件")
        for file in found:
            say(
                f"{moment(file.at, kit.app.settings.timezone)}  {file.title}  {file.kind}  {file.size} 字节  sha256 {file.sha256}"
            )
            content = kit.file(file.id, by) if save is not None else None
            if save is not None and content is not None:
                save.mkdir(parents=True, exist_ok=True)
                (save / f"{file.name}-{file.sha256[:8]}.{file.kind}").write_bytes(content)
    return 0
