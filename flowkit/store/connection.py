"""One thread's connection: compiled statements on the driver's own cursor, counted. Knows no table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.sql.compiler import SQLCompiler

from flowkit.errors import StoreError
from flowkit.store.dialect import Dialect

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and the names of what is to be given with it, in order.

    `order` says which place of the text takes which of them, where that is not simply one after another.
    """

    text: str
    names: tuple[str, ...] = ()
    order: tuple[int, ...] | None = None

    def bound(self, given: Row) -> Row:
        return given if self.order is None else tuple(given[i] for i in self.order)


def compiled(statement: Executable, dialect: Dialect) -> Statement:
    """Compile once what will be run many times: this is what SQLAlchemy would otherwise do at every call.

    Constants must stand in the text (`literal_column`), so that all parameters have a name.
    """
    made = statement.compile(dialect=dialect.engine.dialect)  # type: ignore[attr-defined]
    assert isinstance(made, SQLCompiler)
    places = tuple(made.positiontup or ())
    names = tuple(dict.fromkeys(places))
    assert not [n for n in names if made.params[n] is not None], f"a constant among the parameters of {made}"
    return Statement(str(made), names, None if names == places else tuple(names.index(p) for p in places))


class Connection:
    """Belongs to one thread at a time. `reads` and `writes` count statements, one `execute` or `executemany` each."""

    def __init__(self, dialect: Dialect) -> None:
        self._begin = dialect.begin
        # What the driver itself cannot take, such as halves of a character, it answers with errors of Python's own.
        self._errors = (dialect.engine.dialect.loaded_dbapi.Error, ValueError, OverflowError)
        try:
            pooled = dialect.engine.raw_connection()
            self._driver: Any = pooled.driver_connection
            assert self._driver is not None
            pooled.detach()
            dialect.prepare(self._driver)
        except Exception as failure:
            raise StoreError(f"the database cannot be opened: {failure}") from failure
        self._cursor = self._driver.cursor()
        self.reads = self.writes = 0

    def read(self, statement: Statement, *parameters: Any) -> list[Row]:
        self.reads += 1
        try:
            rows: list[Row] = self._cursor.execute(statement.text, statement.bound(parameters)).fetchall()
        except self._errors as failure:
            raise StoreError(f"reading failed: {failure}") from failure
        return rows

    def write(self, statement: Statement, rows: Sequence[Row]) -> int:
        """Run one statement for each row; says how many rows of the table it touched."""
        self.writes += 1
        try:
            if len(rows) == 1:
                self._cursor.execute(statement.text, statement.bound(rows[0]))
            else:
                self._cursor.executemany(statement.text, map(statement.bound, rows) if statement.order else rows)
        except self._errors as failure:
            raise StoreError(f"writing failed: {failure}") from failure
        return int(self._cursor.rowcount)

    def begin(self) -> None:
        self._run(self._begin)

    def commit(self) -> None:
        self._run("COMMIT")

    def rollback(self) -> None:
        if self._driver.in_transaction:
            self._run("ROLLBACK")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several reads over one state of the database."""
        self._run("BEGIN")
        try:
            yield
        finally:
            self.rollback()

    def close(self) -> None:
        self._driver.close()

    def _run(self, text: str) -> None:
        try:
            self._cursor.execute(text)
        except self._errors as failure:
            raise StoreError(f"{text.lower()} failed: {failure}") from failure
