"""How a command comes to its app and database, and the options that several commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import click

from flowkit.app.app import App
from flowkit.app.load import load_app
from flowkit.cli.printing import say
from flowkit.diagnostics import Diagnostic, render, without_secrets
from flowkit.errors import DefinitionError
from flowkit.kit import FlowKit

F = TypeVar("F", bound=Callable[..., Any])

app_argument = click.argument("app", type=click.Path(exists=True, path_type=Path), metavar="APP")
case_argument = click.argument("case", metavar="CASE")
by_option = click.option("--by", required=True, metavar="ACTOR", help="Who does it, ENTITY:KEY: employee:zhang.")
looker_option = click.option(
    "--by", metavar="ACTOR", help="Who looks, ENTITY:KEY: only what that person may see. [default: everything]"
)
key_option = click.option(
    "--key", metavar="TEXT", help="Names this command: typed again with the same key, it is not done a second time."
)
with_option = click.option(
    "--with",
    "pairs",
    multiple=True,
    metavar="FIELD=VALUE",
    help="A field of the form; FIELD:=JSON for lists and objects.",
)
json_option = click.option(
    "--json", "json_file", metavar="FILE", help="The form's fields as a JSON object in a file; - reads standard input."
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or programs.",
)
base_option = click.option(
    "--base",
    default="",
    metavar="URL",
    help="How addresses begin as seen from outside, such as https://example.com/service; links in messages begin with it.",
)
MISSING = 'the pages need more packages: pip install "flowkit[web]"'

ALLOW_STRANDED = "flowkit.allow_stranded"
"Where a command keeps that it opens the database whatever becomes of the cases that do not fit the app."


def _allow_stranded(context: click.Context, parameter: click.Parameter, allowed: bool) -> None:
    context.meta[ALLOW_STRANDED] = allowed


def database_option(command: F) -> F:
    """What every command that opens a database is asked."""
    stranded = click.option(
        "--allow-stranded",
        is_flag=True,
        expose_value=False,
        callback=_allow_stranded,
        help="Also if the app no longer fits open cases; these then stand still.",
    )
    database = click.option(
        "--database",
        envvar="FLOWKIT_DATABASE",
        metavar="URL",
        help="Where the cases are. [default: sqlite:///APP.db, or FLOWKIT_DATABASE]",
    )
    return database(stranded(command))


def load(folder: Path, *, scenarios: bool = False) -> App:
    """The app in a folder. One that does not load is told on the error stream with every mistake, and ends the command.

    A mistake in a scenario stops only a command that plays `scenarios`.
    """
    try:
        return load_app(folder, scenarios=scenarios)
    except DefinitionError as error:
        say(told(error.diagnostics, folder), to_errors=True)
        raise click.exceptions.Exit(1) from None


def source_line(folder: Path) -> Callable[[str, int], str | None]:
    """A reader of source lines for diagnostics, whose files are named from here or from the app's folder."""

    @cache
    def lines(file: str) -> list[str]:
        for path in (Path(file), folder / file, folder.parent / file):
            if path.is_file():
                return path.read_bytes().decode("utf-8-sig", "replace").splitlines()
        return []

    return lambda file, line: lines(file)[line - 1] if 0 < line <= len(lines(file)) else None


def told(diagnostics: tuple[Diagnostic, ...], folder: Path) -> str:
    """Diagnostics as text with a caret under each place, and how many there are."""
    reader = without_secrets(diagnostics, source_line(folder))
    errors = sum(d.severity == "error" for d in diagnostics)
    counts = ((errors, "error"), (len(diagnostics) - errors, "warning"))
    summary = ", ".join(f"{n} {noun}{'s' * (n != 1)}" for n, noun in counts if n)
    return "\n\n".join([*(render(d, reader) for d in diagnostics), summary])


def database_url(app: App, given: str | None) -> str:
    """The database that was asked for, or a file named after the app in the present folder."""
    if given:
        return given
    # Characters that a path or a URL would read as more than a letter are none of a file's name.
    name = re.sub(r"[^\w.-]", "_", app.name)
    return f"sqlite:///{name}.db"


def require_file(file: Path | None) -> None:
    """A database file that is not there is a mistake, not a new empty database."""
    if file is not None and not file.exists():
        raise click.UsageError(
            f'there is no database "{file}" here; "flowkit submit" and "flowkit import" make one, --database names another'
        )


def file_of(url: str) -> Path | None:
    """The file of an SQLite database, None for any other. One whose name this locale cannot write is a mistake."""
    name, slashes, rest = url.partition(":///")
    path = rest.partition("?")[0]
    if not name.startswith("sqlite") or not slashes or path in {"", ":memory:"}:
        return None
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise click.ClickException(
            f'this locale cannot write the file name "{path}": name another with --database, or set PYTHONUTF8=1'
        ) from None
    return Path(path)


@contextmanager
def opened(
    folder: Path,
    database: str | None,
    *,
    must_exist: bool = True,
    renamed_from: str | None = None,
    allow_stranded: bool = False,
) -> Iterator[FlowKit]:
    """The app on its database. With `must_exist`, a file that is not there is a mistake, not a new empty database."""
    app = load(folder)
    url = database_url(app, database)
    file = file_of(url)
    if file is None and url.startswith("sqlite"):
        raise click.UsageError(
            f'what "{url}" holds is gone when the command ends: name a file, such as sqlite:///work.db'
        )
    if must_exist:
        require_file(file)
    allowed = allow_stranded or click.get_current_context().meta.get(ALLOW_STRANDED, False)
    with FlowKit(app, url, renamed_from=renamed_from, allow_stranded=allowed) as kit:
        yield kit
