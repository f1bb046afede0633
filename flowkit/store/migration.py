"""Brings a database to the newest migration when it is opened. Alembic is loaded only when there is something to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from flowkit.errors import StoreError
from flowkit.store.connection import Connection
from flowkit.store.dialect import Dialect
from flowkit.store.statements import Statements

HEAD = "0013"
"The newest migration. A test holds it to what the folder says."

FOLDER = Path(__file__).parent / "migrations"


def migrate(dialect: Dialect, connection: Connection, statements: Statements, reach: Callable[[str], None]) -> None:
    """All migrations that are lacking, in one transaction; two processes that open one database do it once.

    StoreError if the database was written by a newer flowkit.
    """
    if _present(connection, statements) == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["reach"] = reach
    with dialect.engine.connect() as upgrading:
        driver = upgrading.connection.driver_connection
        dialect.prepare(driver)
        upgrading.exec_driver_sql(dialect.begin)
        config.attributes["connection"] = upgrading
        try:
            command.upgrade(config, "head")
        except CommandError as failure:
            upgrading.exec_driver_sql("ROLLBACK")
            raise StoreError(f"this database was written by another version of flowkit: {failure}") from failure
        except SQLAlchemyError as failure:
            upgrading.exec_driver_sql("ROLLBACK")
            raise StoreError(f"this is no database of flowkit: {getattr(failure, 'orig', failure)}") from failure
        upgrading.exec_driver_sql("COMMIT")
        reach("migrated")


def must_be_known(connection: Connection, statements: Statements) -> None:
    """StoreError unless the database is one of flowkit, of this version or an older one."""
    present = _present(connection, statements)
    if present is None:
        raise StoreError("this is no database of flowkit")
    if present > HEAD:
        raise StoreError("this database was written by a newer version of flowkit")


def secret_of(connection: Connection, statements: Statements) -> bytes:
    """The secret that the database was given when it was made, or migrated; none in one from before."""
    rows = connection.read(statements.meta, "secret")
    return bytes.fromhex(rows[0][0]) if rows else b""


def _present(connection: Connection, statements: Statements) -> str | None:
    if not connection.read(statements.has_version):
        return None
    rows = connection.read(statements.version)
    return str(rows[0][0]) if rows else None
