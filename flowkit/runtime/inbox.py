"""What comes in from outside: kept as a row once it is accepted, then carried out as a command of its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flowkit.clock import Clock
from flowkit.connect.connector import Connector
from flowkit.connect.incoming import Received, verify
from flowkit.errors import RefusedError
from flowkit.runtime.failpoints import reach
from flowkit.runtime.judging import Judge
from flowkit.runtime.reader import unknown_case
from flowkit.runtime.rowtext import digest, dump, micros
from flowkit.runtime.view import View
from flowkit.runtime.work import signal_work
from flowkit.runtime.writer import Writer
from flowkit.store import schema
from flowkit.store.connection import Connection
from flowkit.store.database import Database


class Inbox:
    """Takes signals for cases, once a key."""

    def __init__(self, database: Database, writer: Writer, judge: Judge, clock: Clock) -> None:
        self._database, self._writer, self._judge, self._clock = database, writer, judge, clock

    def signal(self, case: str, name: str, values: Mapping[str, Any], by: str, key: str | None) -> None:
        """Keep a signal, then let its case have it. Raises RefusedError for an unknown case or actor, or a key reused."""
        row_key = f"{by}/{key or secrets.token_hex(16)}"
        asked = digest([case, name, dict(values)])
        body = dump({"name": name, "values": dict(values), "by": by})
        if self._writer.perform(lambda inside: self._deposit(inside, case, by, row_key, asked, body)):
            work = signal_work(row_key, case, "signal", body, 0)
            self._writer.put([work], first=True)
            # Whatever it comes to is the case's affair: its sender has done his part.
            work.done.exception()

    def receive(
        self, connector: Connector, event: str, body: bytes, headers: Mapping[str, str], environment: Mapping[str, str]
    ) -> str:
        """An event of an outside system, if it is what it says; gives the id of the case it is for.

        Raises RefusedError as `flowkit.connect.incoming.verify` does, and `unknown-case` when it is for none.
        """
        now = self._clock.now()
        # One that was taken before is found by its key below: told again, it is answered as the first time.
        return self.believed(connector, verify(connector, event, body, headers, now, lambda _: False, environment))

    def believed(self, connector: Connector, received: Received) -> str:
        """An event that is what it says; gives the id of the case it is for. Raises RefusedError `unknown-case`."""
        case, name = self._case_of(connector, received), f"{connector.name}.{received.event}"
        self.signal(case, name, received.values, f"connector:{connector.name}", received.id)
        return case

    def _case_of(self, connector: Connector, received: Received) -> str:
        meant, match = connector.events[received.event].meant, received.match
        if meant == ("call", "key"):
            case, _, visit = match.rpartition("/")
            if case and visit.isdigit():
                return case
        else:
            statement = self._database.statements.cases_with
            rows = self._database.connection().read(statement, ".".join(meant), match)
            if len(rows) == 1:
                return str(rows[0][0])
        raise RefusedError("unknown-case", f"没有工单在等“{match}”", details={"match": match})

    def _deposit(self, connection: Connection, case: str, by: str, key: str, asked: str, body: str) -> bool:
        """A signal into the inbox, once a key; whether it is new."""
        statements = self._database.statements
        view = View(connection, statements)
        view.fetch({"case": {case}, "key": {("inbox", key)}, "record": self._judge.records_of(by)})
        if view.cases[case] is None:
            raise unknown_case(case)
        self._judge.must_be_known(by, view, self._writer.staff)
        known = view.keys["inbox", key]
        if known is not None:
            if known[0] != asked:
                raise RefusedError("key-reused", f"键“{key}”已用于另一个内容不同的信号", details={"key": key})
            return False
        connection.write(statements.insert(schema.KEYS), [("inbox", key, asked, dump({"case": case}))])
        reach("write-inbox")
        row = (key, case, "signal", body, micros(self._clock.now()), 0, "")
        connection.write(statements.insert_new(schema.INBOX), [row])
        return True
