"""Opening an app on a database: whose database it is, and what the app's files bring into it. One transaction.

Knows what must hold before anything is done; carries out nothing that is due.
"""

from __future__ import annotations

from flowkit.app.app import App
from flowkit.errors import StoreError
from flowkit.runtime.failpoints import reach
from flowkit.runtime.records import bring_in_app
from flowkit.runtime.staff import COUNTER, Staff, staff_at
from flowkit.store import schema
from flowkit.store.connection import Connection
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
