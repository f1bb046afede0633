"""`flowkit test` and `flowkit try`: an app is tried on its author's stories and on tickets that others recorded."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from flowkit.cli.opening import app_argument, format_option, load
from flowkit.cli.printing import counting, say, say_json
from flowkit.testing.junit import junit
from flowkit.testing.replay import Replay, replay
from flowkit.testing.scenarios import Report, play
from flowkit.testing.tickets import TicketsError


@click.command()
@app_argument
@click.option("--scenario", "names", multiple=True, metavar="NAME", help="Only this story; may be given several times.")
@click.option(
    "--minimum",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="How much the asserted steps must cover of all there is; less exits with 1.",
)
@click.option(
    "--junit",
    "junit_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the outcome there as JUnit XML too.",
)
@format_option
def test(app: Path, names: tuple[str, ...], minimum: float | None, junit_file: Path | None, form: str) -> int:
    """Play the scenarios of an app.

    Tells of each whether it holds, and which nodes and actions the asserted steps covered. Each plays on an empty
    database and a clock of its own; outside systems answer what the story says. Exits with 1 when an expectation does not
    hold.
    """
    loaded = load(app, scenarios=True)
    with counting("scenarios") as step:
        report = play(loaded, list(names) or None, on_progress=step)
    least = None if minimum is None else Decimal(str(minimum))
    if junit_file is not None:
        _write(junit_file, junit(report, loaded.title, least))
    code = _tell(report, form)
    if least is not None and report.percent < least:
        say(f"覆盖 {report.percent}%, 低于要求的 {least.normalize():f}%", to_errors=True)
        return 1
    return code


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}") from None


@click.command("try")
@app_argument
@click.argument(
    "tickets", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="[TICKETS.csv]"
)
@click.option(
    "--map",
    "map_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="MAP.yaml",
    help="A mapping: which column fills which field, when a ticket came in, by whom.",
)
@format_option
def try_(app: Path, tickets: Path | None, map_file: Path | None, form: str) -> int:
    """Tell what would have become of recorded tickets.

    Each row is submitted at its own time on a virtual clock; nobody acts. Told for each: accepted or refused and why,
    score, who would have been asked, when it would have escalated. Without TICKETS.csv the app's own tickets/ are taken.
    Exits with 0 when every row is accounted for.
    """
    loaded = load(app)
    with counting("tickets") as step:
        try:
            outcome = replay(loaded, tickets, map_file, on_progress=step)
        except TicketsError as error:
            raise click.ClickException(str(error)) from None
    return _tell(outcome, form)


def _tell(outcome: Report | Replay, form: str) -> int:
    if form == "json":
        say_json(outcome.as_json())
    else:
        say("\n".join(outcome.lines()))
    return 0 if outcome.ok else 1
