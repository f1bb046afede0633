"""`flowkit peer`: stand-ins for outside systems, to be broken on demand: those of an example, and messengers."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import click

from flowkit.app.app import App
from flowkit.cli.opening import load
from flowkit.cli.printing import say
from flowkit.cli.stopping import until_stopped
from flowkit.connect.incoming import signing_key
from flowkit.connect.secret import MissingSecretError
from flowkit.testing.peer import Business, Peer, Plays
from flowkit.testing.peer_book import Book
from flowkit.testing.peer_events import Events
from flowkit.testing.peer_faults import KINDS, Fault, Faults, read_fault
from flowkit.testing.peer_ledger import Ledger
from flowkit.testing.peer_vendor import Vendor
from flowkit.testing.peer_vendors import VENDORS

_KINDS = "  ".join(f"{kind}: {does};" for kind, does in KINDS.items())


def _read_faults(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> list[Fault]:
    try:
        return [read_fault(text) for text in texts]
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _read_stock(context: click.Context, option: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    stock = {}
    for pair in pairs:
        part, _, quantity = pair.rpartition("=")
        try:
            float(quantity)
        except ValueError:
            part = ""
        if not part:
            raise click.BadParameter(f'expected PART=QUANTITY, found "{pair}"')
        stock[part] = quantity
    return stock


@click.command(epilog=f"Faults are written [/PATH:]KIND[-after][=VALUE][*TIMES]. {_KINDS}")
@click.argument("what", metavar="APP|" + "|".join(("erp", *VENDORS)))
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8700, show_default=True, help="0 takes any that is free."
)
@click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that holds what it took; it only grows. [default: peer-orders.jsonl, of a messenger peer-messages.jsonl]",
)
@click.option("--stock", multiple=True, callback=_read_stock, metavar="PART=N", help="*=N is that of all other parts.")
@click.option("--fault", "faults", multiple=True, callback=_read_faults, metavar="FAULT", help="What it does wrong.")
@click.option("--events", default="", metavar="URL|FOLDER", help="Where shipped and delivered go; {event} in a URL.")
@click.option("--connector", default="supplier", show_default=True, help="The connector that event files name.")
@click.option("--ship-after", type=click.FloatRange(min=0), metavar="SECONDS", help="Ships and delivers by itself.")
@click.option(
    "--token-env",
    metavar="NAME",
    help="The variable that holds the token a caller must show: of a messenger the robot's, the AppKey, the AccessKey ID.",
)
@click.option(
    "--secret-env",
    metavar="NAME",
    help="The variable that holds the secret events are signed with, and messages to a messenger.",
)
def peer(
    what: str,
    port: int,
    ledger: Path | None,
    stock: dict[str, str],
    faults: list[Fault],
    events: str,
    connector: str,
    ship_after: float | None,
    token_env: str | None,
    secret_env: str | None,
) -> int:
    """Stand in for an ERP and a supplier, or for a messenger.

    Serves on this machine only, until Ctrl-C: /stock and /orders; or what a robot of dingtalk, wecom or feishu, the to-dos of
    dingtalk, or the text messages of aliyun are asked by, as public documentation has it. With APP, the parts that the app's
    records hold a `stock` of are in stock; `erp` knows only what --stock says. It is no vendor's system. POST /_peer/faults
    changes the faults while it runs; POST /_peer/events sends an event of an order now; GET /_peer/ledger tells what a
    messenger took, DELETE /_peer/limits forgets how often it was asked.
    """
    token = os.environ.get(token_env, "") if token_env else ""
    plays: Plays
    if what in VENDORS:
        if stock or events or ship_after is not None:
            raise click.UsageError(f"{what} has no stock and ships nothing: leave out --stock, --events, --ship-after")
        ledger = ledger or Path("peer-messages.jsonl")
        secret = os.environ.get(secret_env, "") if secret_env else ""
        plays, token, kept = VENDORS[what](Book(ledger), token, secret), "", f"What it takes is kept in {ledger}."
    else:
        known = {} if what == "erp" else _stock_of(load(_folder(what)))
        ledger = ledger or Path("peer-orders.jsonl")
        sending = Events(events, _secret(secret_env) if events else "", connector, ship_after)
        plays = Business(Ledger(ledger), {**known, **(stock or ({} if known else {"*": "10"}))}, sending)
        kept = f"Orders are kept in {ledger}."
    _serve(plays, Faults(faults), port, token, kept)
    return 0


def _serve(plays: Plays, faults: Faults, port: int, token: str, kept: str) -> None:
    try:
        server = Peer(plays, faults, port, token)
    except OSError as error:
        raise click.UsageError(f"port {port} cannot be had: {error.strerror}") from None
    with until_stopped() as stop:
        listens = f"stand-in {plays.what}" if isinstance(plays, Vendor) else "stand-in ERP and supplier"
        say(f"a {listens} listens at {server.url}")
        say(f"{plays.about} {kept}", to_errors=True)
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        stop.wait()
        server.stopping.set()
        server.shutdown()
        server.server_close()


def _folder(what: str) -> Path:
    path = Path(what)
    if not path.exists():
        raise click.BadParameter(
            f'expected erp or the folder of an app, or {", ".join(VENDORS)}, found "{what}"', param_hint="APP|erp|…"
        )
    return path


def _secret(name: str | None) -> str:
    secret = os.environ.get(name, "") if name else ""
    if not secret:
        raise click.UsageError("--events needs --secret-env NAME, and NAME set to whsec_… as the app has it")
    try:
        signing_key(secret)
    except MissingSecretError as error:
        raise click.UsageError(str(error)) from None
    return secret


def _stock_of(app: App) -> dict[str, str]:
    """What the app's own records say is in stock, by their key."""
    found: dict[str, str] = {}
    for rows in app.rows.values():
        for key, row in rows.items():
            if row.get("stock") is not None:
                found[key] = str(row["stock"])
    return found
