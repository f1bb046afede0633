"""`flowkit serve`: the pages of an app and its background work in one process. `flowkit user`: who may sign in."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from flowkit.app.app import App
from flowkit.cli.opening import MISSING, app_argument, base_option, database_option, load, opened
from flowkit.cli.printing import columns, moment, say
from flowkit.kit import FlowKit
from flowkit.testing.demo import Trial

AT_ONCE = 200
"Requests under way at once; beyond that people are told to try again."

NO_BASE = (
    "without --base links in messages, if any, have no host, and those to customers lead to pages that need an account"
)


@click.command()
@app_argument
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens; 0.0.0.0 is everywhere.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8600, show_default=True)
@base_option
@click.option(
    "--maps",
    default="",
    metavar="URL",
    help="What a place leads to, with {longitude} and {latitude} in it, or {gcj_longitude} and {gcj_latitude}. [default: geo:]",
)
@click.option(
    "--demo", is_flag=True, help="With sample data, as anybody, with a clock that can be pushed. On this machine only."
)
def serve(app: Path, database: str | None, host: str, port: int, base: str, maps: str, demo: bool) -> int:
    """Serve the pages and do the background work, until Ctrl-C.

    Nobody is let in without an account: `flowkit user add` makes one. With --demo everybody is, as whomever he likes,
    and nothing is sent to anybody.
    """
    try:
        import uvicorn

        from flowkit.web import create_app
    except ImportError:
        raise click.ClickException(MISSING) from None
    if demo and host not in ("127.0.0.1", "::1", "localhost"):
        raise click.UsageError("--demo lets everybody be anybody: it is served on this machine only")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    with _trial(app, database) if demo else _working(app, database, base) as (kit, trial):
        try:
            served = create_app(kit, demo=trial, base=base or (f"http://{host}:{port}" if demo else ""), maps=maps)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        # A proxy takes the path of `base` away from what it passes on; links begin with it all the same.
        root = urlsplit(base).path.rstrip("/")
        config = uvicorn.Config(
            served, host=host, port=port, root_path=root, log_level="warning", limit_concurrency=AT_ONCE, ws="none"
        )
        kit.start_background()
        say(f"{kit.app.title}: http://{host}:{port}{'/demo' if demo else '/'}  (Ctrl-C ends it)")
        uvicorn.Server(config).run()
    return 0


@contextmanager
def _working(app: Path, database: str | None, base: str) -> Iterator[tuple[FlowKit, Trial | None]]:
    with opened(app, database, must_exist=False) as kit:
        if not base and _sends_links(kit.app):
            say(NO_BASE, to_errors=True)
        for notice in (*kit.notices, *(fault.message for fault in kit.stranded())):
            say(notice, to_errors=True)
        if not kit.accounts.listed():
            say("nobody can sign in yet: flowkit user add APP ENTITY:KEY", to_errors=True)
        yield kit, None


def _sends_links(app: App) -> bool:
    """Whether the app has customers, to whom messages may go, or a text with a link in it."""
    texts = (document.text for documents in app.source.documents.values() for document in documents.values())
    return app.customer_entity is not None or any("case.link" in text for text in texts)


@contextmanager
def _trial(app: Path, database: str | None) -> Iterator[tuple[FlowKit, Trial | None]]:
    trial = Trial(load(app, scenarios=True), database or "sqlite://")
    try:
        yield trial.kit, trial
    finally:
        trial.close()


@click.group()
def user() -> None:
    """Who may sign in to the pages."""


@user.command("add")
@app_argument
@click.argument("actor", metavar="ACTOR")
@click.option("--name", metavar="NAME", help="What is typed at signing in. [default: the key of ACTOR]")
@click.option(
    "--password", envvar="FLOWKIT_PASSWORD", metavar="TEXT", help="Asked for when it is not given, which is safer."
)
@database_option
def add(app: Path, actor: str, name: str | None, password: str | None, database: str | None) -> int:
    """Let ACTOR, ENTITY:KEY, sign in; the same NAME again sets a new password."""
    try:
        from flowkit.web.passwords import kept
    except ImportError:
        raise click.ClickException(MISSING) from None
    with opened(app, database, must_exist=False) as kit:
        kit.tasks(actor)  # refuses whoever is not known
        typed = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
        called = name or actor.partition(":")[2]
        kit.accounts.keep(called, actor, kept(typed))
        say(f"{called} signs in as {actor}")
    return 0


@user.command("list")
@app_argument
@database_option
def list_(app: Path, database: str | None) -> int:
    """Tell who may sign in."""
    with opened(app, database) as kit:
        zone = kit.app.settings.timezone
        rows = [(a.name, a.actor, moment(a.created, zone), moment(a.locked_until, zone)) for a in kit.accounts.listed()]
        for line in columns([("登录名", "是谁", "开通", "锁定到"), *rows]):
            say(line)
    return 0


@user.command("remove")
@app_argument
@click.argument("name", metavar="NAME")
@database_option
def remove(app: Path, name: str, database: str | None) -> int:
    """Take an account away; whoever is signed in with it is signed out."""
    with opened(app, database) as kit:
        kit.accounts.remove(name)
        say(f"{name} cannot sign in any more")
    return 0
