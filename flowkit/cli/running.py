"""`flowkit run`: the worker that keeps the time and sends the messages of an app."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from flowkit.cli.opening import MISSING, app_argument, base_option, database_option, opened
from flowkit.cli.printing import say
from flowkit.cli.stopping import until_stopped
from flowkit.errors import StoreError
from flowkit.kit import FlowKit


class Seconds(click.FloatRange):
    """A number within its bounds. click lets NaN pass, which no bound keeps out."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if math.isnan(found := super().convert(value, param, ctx)):
            self.fail(f"{value} is no number of seconds", param, ctx)
        return found


def _link(kit: FlowKit, base: str) -> None:
    """Have messages carry the links that the pages of this database take, signed by the same key."""
    try:
        from flowkit.web.links import message_links
        from flowkit.web.signing import Signer
    except ImportError:
        raise click.ClickException(MISSING) from None
    kit.link_with(message_links(kit, Signer(kit.key_for("links"), kit.clock), base))


@click.command()
@app_argument
@database_option
@click.option("--once", is_flag=True, help="Carry out what is due now, then end.")
@click.option(
    "--every",
    type=Seconds(min=0.1, max=3600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How often it looks.",
)
@click.option(
    "--renamed-from",
    metavar="NAME",
    help="What APP was called before: its database is then taken over. To be said once, with --database.",
)
@base_option
def run(app: Path, database: str | None, once: bool, every: float, renamed_from: str | None, base: str) -> int:
    """Keep the time and send the messages.

    Carries out what is due and tells what was done, until Ctrl-C. With --base links in messages lead to the pages that
    `flowkit serve` or a program serves there.
    """
    # A former name is that of a database there is.
    opening = opened(app, database, must_exist=renamed_from is not None, renamed_from=renamed_from)
    with opening as kit, until_stopped() as stop:
        if base:
            _link(kit, base)
        if not once:
            say(f"{kit.app.title}: at work; Ctrl-C ends it", to_errors=True)
            for notice in (*kit.notices, *(fault.message for fault in kit.stranded())):
                say(notice, to_errors=True)
        said, years = "", set[str]()
        while True:
            if not once:
                # It goes on for months, and comes near a year that nobody knows yet.
                for unknown in kit.app.provisional(kit.clock.now()):
                    if unknown.message not in years:
                        say(unknown.message, to_errors=True)
                        years.add(unknown.message)
            try:
                kit.advance(wait_for=once, tell=say)
                trouble = ""
            except StoreError as error:
                if once:
                    raise
                # A full disk, a lock held for long: it passes, and then somebody must still be there to keep the time.
                trouble = f"Error: {error}; what is due waits, trying again"
            if trouble != said:
                say(trouble or "the database can be used again", to_errors=True)
                said = trouble
            # What has ended lets more of its kind begin: then it looks again soon.
            if once or stop.wait(min(every, 0.05) if kit.under_way else every):
                return 0
