"""Taking in what happened outside: a signal for a case that is named, an event of a system for the case it speaks of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from flowkit.clock import Clock
from flowkit.connect.connector import Connector
from flowkit.connect.incoming import Received, verify
from flowkit.errors import RefusedError
from flowkit.runtime.inbox import Signal, keep
from flowkit.runtime.judging import Judge
from flowkit.runtime.view import View
from flowkit.runtime.work import signal_work
from flowkit.runtime.writer import Writer
from flowkit.store.database import Database


@dataclass(frozen=True, slots=True)
class Outside:
    """What outside systems and we have in common: `environment` holds their secrets, `clock` is the one they go by too."""

    environment: Mapping[str, str]
    clock: Clock


class Receiving:
    """What was taken in is kept before its case hears of it."""

    def __init__(self, database: Database, writer: Writer, judge: Judge, clock: Clock, outside: Outside) -> None:
        self._database, self._writer, self._judge, self._clock = database, writer, judge, clock
        self._outside = outside

    def take_in(self, signal: Signal) -> None:
        """Keep a signal, then let its case have it. Raises RefusedError as `inbox.keep` does."""
        statements, now, people = self._database.statements, self._clock.now(), self._writer.people
        secret = self._database.secret
        if self._writer.perform(lambda inside: keep(signal, self._judge, people, inside, statements, secret, now)):
            work = signal_work(signal.row_key, signal.case, "signal", signal.body, 0)
            self._writer.put([work], first=True)
            # Whatever it comes to is the case's affair: its sender has done his part.
            work.done.exception()

    def receive(self, connector: Connector, event: str, body: bytes, headers: Mapping[str, str]) -> str:
        """An event of an outside system, if it is what it says; gives the id of the case it is for.

        Raises RefusedError as `flowkit.connect.incoming.verify` does, and `unknown-case` when it is for none;
        MissingSecretError where nothing can be proved.
        """
        now, environment = self._outside.clock.now(), self._outside.environment
        # One that was taken before is found by its key below: told again, it is answered as the first time.
        return self.believed(connector, verify(connector, event, body, headers, now, lambda _: False, environment))

    def believed(self, connector: Connector, received: Received) -> str:
        """An event that is what it says; gives the id of the case it is for. Raises RefusedError `unknown-case`."""
        name, sender = f"{connector.name}.{received.event}", f"connector:{connector.name}"
        # Its case may have ended by it: told again, it is for the same.
        case = self._taken(f"{sender}/{received.id}") or self._case_of(connector, received)
        self.take_in(Signal(case, name, received.values, sender, received.id))
        return case

    def _taken(self, key: str) -> str:
        """The case that an event was for which was taken in before; "" for a new one."""
        view = View(self._database.connection(), self._database.statements)
        view.fetch({"key": {("inbox", key)}})
        known = view.keys["inbox", key]
        return str(json.loads(known[1])["case"]) if known is not None else ""

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
