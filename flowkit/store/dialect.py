"""What differs between databases, in one place. The rest of the store is written against `Dialect`.

Knows drivers, pragmas, JSON functions and upserts; knows no table of ours.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine, Executable, Insert, Table, create_engine, func, literal_column, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import TableValuedAlias

from flowkit.errors import StoreError

BUSY_MILLISECONDS = 10_000


class Dialect(Protocol):
    """How one database is opened and spoken to."""

    engine: Engine
    begin: str
    "The statement that opens a writing transaction and takes the right to write at once."

    def prepare(self, driver: Any) -> None:
        """Set a fresh connection up."""

    def notice(self) -> str | None:
        """What an operator should know about this build of the database, or None."""

    def each(self, bind: ColumnElement[Any]) -> TableValuedAlias:
        """The members of a JSON list as rows with a column `value`."""

    def member(self, each: TableValuedAlias, index: int) -> ColumnElement[Any]:
        """One member of a row of `each` that is itself a list."""

    def upsert(self, table: Table, keep: tuple[str, ...] = ()) -> Executable:
        """Insert a row, or write over the one that has its primary key, but for the columns to be kept."""

    def insert_new(self, table: Table) -> Insert:
        """Insert a row, or leave things as they are if one with a unique column equal stands there."""

    def close(self) -> None:
        """Give back what opening took."""


class SQLite:
    """SQLite through the standard library's driver, in WAL with full sync: acknowledged means on the disk.

    `sqlite://` is a database that goes with this object: a file in a temporary folder, which needs no full sync.
    """

    begin = "BEGIN IMMEDIATE"

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._folder: AbstractContextManager[str | None] = nullcontext()
        self.lasting = bool(parsed.database) and parsed.database != ":memory:"
        if not self.lasting:
            self._folder = tempfile.TemporaryDirectory(prefix="flowkit-", ignore_cleanup_errors=True)
            parsed = parsed.set(database=str(Path(self._folder.name) / "work.db"))
        elif not Path(str(parsed.database)).resolve().parent.is_dir():
            raise StoreError(f"there is no folder for the database {parsed.database}")
        # The driver must not open transactions by itself: it would begin deferred ones, which fail as soon as they write.
        self.engine = create_engine(
            parsed, poolclass=NullPool, connect_args={"isolation_level": None, "check_same_thread": False}
        )

    def prepare(self, driver: Any) -> None:
        for pragma in (
            f"busy_timeout={BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            f"synchronous={'FULL' if self.lasting else 'OFF'}",
            "temp_store=MEMORY",
        ):
            driver.execute(f"PRAGMA {pragma}")

    def notice(self) -> str | None:
        dbapi = self.engine.dialect.dbapi
        version: tuple[int, ...] = getattr(dbapi, "sqlite_version_info", ())
        return wal_reset_notice(version) if self.lasting else None

    def each(self, bind: ColumnElement[Any]) -> TableValuedAlias:
        return func.json_each(bind).table_valued("value")

    def member(self, each: TableValuedAlias, index: int) -> ColumnElement[Any]:
        return func.json_extract(each.c.value, literal_column(f"'$[{int(index)}]'"))

    def upsert(self, table: Table, keep: tuple[str, ...] = ()) -> Executable:
        statement = sqlite.insert(table)
        rest = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key and c.name not in keep}
        return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=rest)

    def insert_new(self, table: Table) -> Insert:
        return sqlite.insert(table).on_conflict_do_nothing()

    def close(self) -> None:
        self.engine.dispose()
        if isinstance(self._folder, tempfile.TemporaryDirectory):
            self._folder.cleanup()


def wal_reset_notice(version: tuple[int, ...]) -> str | None:
    """A line about builds of SQLite that can lose commits when a WAL is reset while two connections write, else None.

    The fault is in 3.7.0 to 3.51.2; 3.50.7 and 3.44.6 carry the repair. See https://sqlite.org/wal.html.
    """
    repaired = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if version < (3, 7) or repaired:
        return None
    found = ".".join(map(str, version))
    return (
        f"SQLite {found} can lose commits when two processes write to one database (fixed in 3.51.3, 3.50.7 and 3.44.6): "
        "use one process, or a newer build"
    )


DIALECTS: dict[str, Callable[[str], Dialect]] = {"sqlite": SQLite}


def dialect_for(url: str) -> Dialect:
    """The dialect of a database URL such as `sqlite:///work.db`; StoreError for one that cannot be used."""
    scheme = url.split(":", 1)[0].split("+", 1)[0]
    if scheme not in DIALECTS or "://" not in url:
        raise StoreError(f'expected a database such as "sqlite:///work.db", found "{url}"')
    return DIALECTS[scheme](url)
