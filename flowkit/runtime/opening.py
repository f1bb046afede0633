"""Opening an app on a database: whose it is, whether open cases can go on, what the app's files bring, who has left.

Knows what must hold before anything is done; carries out nothing that is due.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flowkit.app.app import App
from flowkit.diagnostics import Diagnostic
from flowkit.engine.command import Command
from flowkit.engine.party import SYSTEM
from flowkit.engine.people import People
from flowkit.errors import StoreError, StrandedError
from flowkit.runtime.definitions import Definitions
from flowkit.runtime.failpoints import reach
from flowkit.runtime.records import bring_in_app
from flowkit.runtime.staff import COUNTER
from flowkit.runtime.work import Work
from flowkit.runtime.writer import Writer
from flowkit.store import schema
from flowkit.store.connection import Connection
from flowkit.store.database import Database
from flowkit.store.statements import Statements

OWNER, FITS = "app", "fits"
"Under which names `meta` keeps whose database it is, and what was found to fit the versions in use."


def open_app(
    app: App,
    definitions: Definitions,
    database: Database,
    writer: Writer,
    now: datetime,
    renamed_from: str | None = None,
    *,
    allow_stranded: bool = False,
) -> None:
    """Make sure that it is the app's own database and that open cases can go on; bring in what the files give.

    Raises StoreError when the database is another app's, StrandedError for cases that could not go
    on, unless that is allowed.
    """
    _refuse_another(app, renamed_from, database.connection(), database.statements)
    fits = _refuse_stranded(definitions, database, allow_stranded=allow_stranded)

    def bring_in(inside: Connection) -> None:
        statements = database.statements
        _refuse_another(app, renamed_from, inside, statements)
        known = [row for row in ((OWNER, app.name), (FITS, fits)) if inside.read(statements.meta, row[0]) != [row[1:]]]
        if known:
            inside.write(statements.upsert(schema.META), known)
        bring_in_app(app, inside, statements, database.secret, reach)
        revision = inside.read(statements.counter, COUNTER)
        writer.people.at(revision[0][0] if revision else 0, inside, now)

    writer.perform(bring_in)


def stranded_in(app: App, url: str) -> tuple[Diagnostic, ...]:
    """What would keep open cases of a database from going on under this app. Looks only: nothing is opened for work.

    Raises StoreError when there is no such database, or when it is another app's.
    """
    database = Database(url, reach, only_look=True)
    try:
        _refuse_another(app, None, database.connection(), database.statements)
        return Definitions(app, database).stranded()
    finally:
        database.close()


def _refuse_another(app: App, renamed_from: str | None, connection: Connection, statements: Statements) -> None:
    """One database never serves two apps; one from before names were kept is the first one's that opens it."""
    found = connection.read(statements.meta, OWNER)
    owner = found[0][0] if found else None
    if owner not in (None, app.name, renamed_from):
        raise StoreError(
            f'expected a database of the app "{app.name}", found that of the app "{owner}": name another database; '
            f'or, if "{owner}" is what this app was called before, say so once: '
            f'flowkit run APP --renamed-from "{owner}" (in a program: FlowKit(…, renamed_from="{owner}"))'
        )


def _refuse_stranded(definitions: Definitions, database: Database, *, allow_stranded: bool) -> str:
    """What is to be kept as found to fit: linking every version takes long, so what was asked is not asked again."""
    if allow_stranded:
        return ""
    mark = definitions.mark()
    if database.connection().read(database.statements.meta, FITS) != [(mark,)]:
        stranded = definitions.stranded()
        if stranded:
            raise StrandedError(stranded)
    return mark


def catch_what_is_nobodys(app: App, database: Database, writer: Writer) -> None:
    """Give the catcher the cases that nobody can act on any more, each in a step of its own.

    One that cannot be judged is left as it is: it is told where such cases are.
    """
    people = writer.people.newest.people
    works = [Work(Command("catch", case, "system:opening")) for case in _nobodys(app, people, database)]
    writer.put(works)
    for work in works:
        work.done.exception()


def _nobodys(app: App, people: People, database: Database) -> list[str]:
    """The cases with a task whose holder can do nothing: somebody who has gone, a pool without people."""
    connection, statements = database.connection(), database.statements
    gone = {key for (key,) in connection.read(statements.gone_of, app.customer_entity or "")}
    found: dict[str, None] = {}
    for (holder,) in connection.read(statements.holders):
        if holder.startswith("role:"):
            role = holder.removeprefix("role:")
            # Who belongs to no unit can act in all of them; and nobody takes from the catcher what he has.
            if role == app.business.catcher or None in people.members.get(role, {}):
                continue
            cases = connection.read(statements.cases_held, holder)
            found |= dict.fromkeys(case for case, unit in cases if not people.any_with_role(role, unit))
        elif not _may_act(app, holder, people, gone):
            found |= dict.fromkeys(case for case, _ in connection.read(statements.cases_held, holder))
    return list(found)


def _may_act(app: App, actor: str, people: People, gone: Collection[str]) -> bool:
    entity, _, key = actor.partition(":")
    return actor in people.records or actor.startswith(SYSTEM) or (entity == app.customer_entity and key not in gone)
