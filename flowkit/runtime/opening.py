"""Opening an app on a database: whose database it is, and what the app's files bring into it. One transaction.

Knows what must hold before anything is done; carries out nothing that is due.
"""

from __future__ import annotations

from collections.abc import Collection

from flowkit.app.app import App
from flowkit.engine.case import Command
from flowkit.engine.people import People
from flowkit.errors import StoreError
from flowkit.runtime.failpoints import reach
from flowkit.runtime.judging import SYSTEM
from flowkit.runtime.records import bring_in_app
from flowkit.runtime.staff import COUNTER, Staff, staff_at
from flowkit.runtime.work import Work
from flowkit.runtime.writer import Writer
from flowkit.store import schema
from flowkit.store.connection import Connection
from flowkit.store.database import Database
from flowkit.store.statements import Statements

OWNER = "app"
"Under which name `meta` keeps the name of the app whose database it is."


def open_app(app: App, renamed_from: str | None, connection: Connection, statements: Statements) -> Staff:
    """Make sure that it is the app's own database, bring in what its files give, and read who works here.

    Raises StoreError when the database is another app's.
    """
    _claim(app, renamed_from, connection, statements)
    bring_in_app(app, connection, statements, reach)
    revision = connection.read(statements.counter, COUNTER)
    return staff_at(revision[0][0] if revision else 0, Staff(), app, connection, statements)


def hand_over(app: App, writer: Writer, database: Database) -> None:
    """Give the catcher the cases that nobody can act on any more, each in a step of its own.

    One that cannot be judged is left as it is: it is told where such cases are.
    """
    works = [
        Work(Command("hand_over", case, "system:opening")) for case in _nobodys(app, writer.staff.people, database)
    ]
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
            members = people.with_role(role)
            # Who belongs to no unit can act in all of them; and nobody takes from the catcher what he has.
            if role == app.business.catcher or any(people.units.get(member) is None for member in members):
                continue
            cases = connection.read(statements.cases_held, holder)
            found |= dict.fromkeys(case for case, unit in cases if not people.with_role(role, unit))
        elif not _may_act(app, holder, people, gone):
            found |= dict.fromkeys(case for case, _ in connection.read(statements.cases_held, holder))
    return list(found)


def _may_act(app: App, actor: str, people: People, gone: Collection[str]) -> bool:
    entity, _, key = actor.partition(":")
    return actor in people.records or actor.startswith(SYSTEM) or (entity == app.customer_entity and key not in gone)


def _claim(app: App, renamed_from: str | None, connection: Connection, statements: Statements) -> None:
    """Write the app's name down where none stands, or its former one; one database never serves two apps."""
    found = connection.read(statements.meta, OWNER)
    owner = found[0][0] if found else None
    if owner not in (None, app.name, renamed_from):
        raise StoreError(
            f'expected a database of the app "{app.name}", found that of the app "{owner}": name another database; '
            f'or, if "{owner}" is what this app was called before, say so once: '
            f'flowkit run APP --renamed-from "{owner}" (in a program: FlowKit(…, renamed_from="{owner}"))'
        )
    if owner != app.name:
        connection.write(statements.upsert(schema.META), [(OWNER, app.name)])
