"""One database: opened, migrated, with a connection for each thread that asks. Knows no row."""

from __future__ import annotations

import threading
from collections.abc import Callable
from weakref import WeakSet

from flowkit.errors import ClosedError
from flowkit.store.connection import Connection
from flowkit.store.dialect import dialect_for
from flowkit.store.migration import migrate, must_be_known, secret_of
from flowkit.store.statements import Statements


class Database:
    """`reach` is told the name of each step at which a harness may end the process.

    With `only_look` nothing is migrated, and a database that is none of flowkit's is a StoreError. `secret` is the database's
    own, for digests of what may be personal.
    """

    def __init__(self, url: str, reach: Callable[[str], None], *, only_look: bool = False) -> None:
        self.dialect = dialect_for(url)
        self.statements = Statements(self.dialect)
        self.notice = self.dialect.notice()
        self._local = threading.local()
        self._open: WeakSet[Connection] = WeakSet()
        self._lock = threading.Lock()
        self._closed = False
        try:
            if only_look:
                must_be_known(self.connection(), self.statements)
            else:
                migrate(self.dialect, self.connection(), self.statements, reach)
            self.secret = secret_of(self.connection(), self.statements)
        except BaseException:
            self.close()
            raise

    def connection(self) -> Connection:
        """The calling thread's own connection; it ends with the thread."""
        if self._closed:
            raise ClosedError("the database was closed")
        found: Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = Connection(self.dialect)
            self._local.connection = found
            with self._lock:
                self._open.add(found)
        return found

    def close(self) -> None:
        """Close every connection. No thread may be using one."""
        with self._lock:
            self._closed = True
            for connection in list(self._open):
                connection.close()
            self._open.clear()
        self.dialect.close()
