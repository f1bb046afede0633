"""FlowKit: one app on one database. The face of flowkit for programs; everything it does is done by the runtime."""

from __future__ import annotations

import secrets
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from flowkit.app.app import App
from flowkit.clock import Clock, SystemClock
from flowkit.engine.case import Command
from flowkit.engine.view import World
from flowkit.errors import RefusedError
from flowkit.insight.explain import Explanation, explain
from flowkit.notify.channel import Channel
from flowkit.notify.console import Console
from flowkit.runtime.definitions import Definitions
from flowkit.runtime.due import Due
from flowkit.runtime.failpoints import reach
from flowkit.runtime.gate import Gate
from flowkit.runtime.inbox import Signal, keep, signal_work
from flowkit.runtime.judging import SYSTEM, Judge
from flowkit.runtime.names import Names
from flowkit.runtime.outbox import Outbox
from flowkit.runtime.reader import Reader, unknown_case
from flowkit.runtime.records import bring_in_app, import_records
from flowkit.runtime.rowtext import digest, moment
from flowkit.runtime.staff import COUNTER, Staff, staff_at
from flowkit.runtime.verify import given_up, verify
from flowkit.runtime.views import Advanced, CaseView, EventView, Fault, TaskView
from flowkit.runtime.wake import Waker
from flowkit.runtime.work import Work, new_case_id
from flowkit.runtime.writer import Writer
from flowkit.store.connection import Connection
from flowkit.store.database import Database
from flowkit.store.writing import Rows

T = TypeVar("T")

__all__ = ["Advanced", "CaseView", "EventView", "Explanation", "Fault", "FlowKit", "TaskView"]


class FlowKit:
    """An app at work on a database such as `sqlite:///work.db`. May be used from many threads; a context manager.

    clock     where the present moment comes from; a VirtualClock for tests and replay
    channels  ways of sending by name; they take the place of the app's own of that name
    notices   what an operator should know about the database
    """

    def __init__(
        self,
        app: App,
        database: str,
        *,
        clock: Clock | None = None,
        channels: Mapping[str, Channel] | None = None,
    ) -> None:
        self.app = app
        self.clock: Clock = clock or SystemClock()
        self._database = Database(database, reach)
        self.notices: tuple[str, ...] = (self._database.notice,) if self._database.notice else ()
        definitions = Definitions(app, self._database)
        self._judge = judge = Judge(app, definitions.of)
        self._waker: Waker | None = None
        self._advancing = threading.Lock()
        self._gate = Gate()
        self._writer = Writer(self._database, judge, self.clock, self._committed)
        own: dict[str, Channel] = {name: Console(sys.stdout, name, app.settings.timezone) for name in app.channels}
        self._outbox = Outbox(app, self._database, self._writer, self.clock, {**own, **(channels or {})})
        self._reader = Reader(app, self._database, definitions, judge, self.clock)
        self._due = Due(self._database, self._writer, self.clock, self._reader, app.settings.timezone)
        try:
            self._writer.staff = self._reader.staff = self._writer.perform(self._open)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- commands ----------------------------------------------------------------------------------------------------

    def submit(
        self,
        workflow: str,
        data: Mapping[str, Any],
        by: str,
        key: str | None = None,
        applicant: str | None = None,
    ) -> CaseView:
        """Begin a case. `data` is the form as typed; `applicant` for whom it is, else `by`.

        With `key` it happens once: the same actor and key give the first result again. Raises RefusedError, which names
        every problem; then nothing has changed.
        """
        command = {"workflow": workflow, "values": dict(data), **({"applicant": applicant} if applicant else {})}
        return self._do("submit", new_case_id(self.clock.now()), by, command, key)

    def act(
        self,
        case: str,
        action: str,
        data: Mapping[str, Any] | None = None,
        *,
        by: str,
        key: str | None = None,
        visit: int | None = None,
    ) -> CaseView:
        """Take an action on a case. With `visit` it is refused as stale once the case has left that visit."""
        return self._do("act", case, by, {"action": action, "values": dict(data or {}), "visit": visit}, key)

    def retry(self, case: str, by: str) -> CaseView:
        """Try again what a machine gave up on."""
        return self._do("retry", case, by, {}, None)

    def withdraw(self, case: str, outcome: str, by: str = "system:records") -> CaseView:
        """End a case because it ended elsewhere, as records that are replayed tell. By `system:` only."""
        return self._do("withdraw", case, by, {"outcome": outcome}, None, internal=True)

    def signal(
        self, case: str, name: str, data: Mapping[str, Any] | None = None, *, by: str, key: str | None = None
    ) -> CaseView:
        """Something happened outside. Once this returns it is kept, listened to now or when a node listens.

        With `key` it counts once. `data` is what JSON can hold. Raises RefusedError for an unknown case or sender.
        """
        signal = Signal(case, name, dict(data or {}), by, key or secrets.token_hex(16))
        statements, now = self._database.statements, self.clock.now()
        with self._gate:
            staff = self._writer.staff
            if self._writer.perform(lambda inside: keep(signal, self._judge, staff, inside, statements, now)):
                work = signal_work(signal.row_key, case, "signal", signal.body, 0)
                self._writer.put([work], first=True)
                # Whatever it comes to is the case's affair: its sender has done his part.
                work.done.exception()
            return self._reader.case(case, None)

    def import_records(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Bring in records as typed: a new key makes a record, a known one is overwritten field by field. All or none."""
        statements = self._database.statements
        with self._gate:
            return self._writer.perform(
                lambda inside: import_records(self.app, entity, rows, inside, statements, reach)
            )

    # --- looking -----------------------------------------------------------------------------------------------------

    def case(self, id: str, by: str | None = None) -> CaseView:
        """A case by id; with `by` also what that person may do now. RefusedError `unknown-case`."""
        with self._gate:
            return self._reader.case(id, by)

    def find(self, id_or_number: str) -> CaseView | None:
        """A case by id or by the number that people read; None when there is none."""
        with self._gate:
            return self._reader.find(id_or_number)

    def case_by_number(self, number: str) -> CaseView:
        """A case by the number that people read. RefusedError `unknown-case`, or `ambiguous` when several share it."""
        found = self.find(number)
        if found is None:
            raise unknown_case(number)
        return found

    def tasks(self, by: str) -> list[TaskView]:
        """What waits for that person, most urgent first."""
        with self._gate:
            return self._reader.tasks(by)

    def history(self, id: str) -> list[EventView]:
        """Everything that happened to a case, oldest first. Personal values stand as references."""
        with self._gate:
            return self._reader.history(id)

    def look(self, id: str, ask: Callable[[World], T]) -> T:
        """What `ask` makes of a case as expressions see it now; asked again when facts were lacking, so it changes nothing."""
        with self._gate:
            return self._reader.look(id, ask)

    def explain(self, id: str) -> Explanation:
        """Why a case went where it went, told from its history alone; only names and titles are those of now."""
        with self._gate:
            return explain(self._reader.events(id), self.app.settings.timezone, self._reader.names(id))

    def names(self, id: str) -> Names:
        """What people call the fields, places, deadlines and persons of a case. RefusedError `unknown-case`."""
        with self._gate:
            return self._reader.names(id)

    def people(self, actors: Iterable[str]) -> Mapping[str, str]:
        """What those of these actors are called whose names are known, by actor."""
        with self._gate:
            return self._reader.people(actors)

    def next_due(self) -> datetime | None:
        """When the next timer is due; None when none stands."""
        with self._gate:
            due = self._database.connection().read(self._database.statements.next_timer)[0][0]
        return None if due is None else moment(due)

    def verify(self) -> list[Fault]:
        """What is not as it must be: a broken chain, a case that is not what its history tells, wrong tasks or timers."""
        with self._gate:
            return list(verify(self._database))

    def given_up(self) -> list[Fault]:
        """Timers, signals and messages that were tried in vain and lie there for people to look at."""
        with self._gate:
            return list(given_up(self._database))

    @property
    def spent(self) -> tuple[int, int]:
        """How many statements the last command's transaction took: reads, writes. One `execute` or `executemany` each."""
        return self._writer.spent

    # --- time --------------------------------------------------------------------------------------------------------

    def advance(self, *, messages: bool = True) -> Advanced:
        """Carry out everything that is due now: signals, timers, messages, and what these bring about.

        Without `messages` what is to be sent waits: a replay tells nobody.
        """
        done = Advanced()
        with self._gate, self._advancing:
            while True:
                round_ = self._due.signals().plus(self._due.timers())
                if messages:
                    round_ = round_.plus(self._outbox.perform())
                done = done.plus(round_)
                if round_.nothing:
                    return done

    def start_background(self) -> None:
        """Let a thread do what `advance` does, each second and whenever something was committed."""
        with self._gate:
            if self._waker is None:
                self._waker = Waker(self.advance)
                self._waker.wake()

    def close(self) -> None:
        """Refuse newcomers, finish what was accepted, stop the threads. Not to be called by a channel or a clock."""
        if self._waker is not None:
            self._waker.stop()
        if self._gate.close():
            self._writer.close()
            self._database.close()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _open(self, inside: Connection) -> Staff:
        statements = self._database.statements
        bring_in_app(self.app, inside, statements, reach)
        revision = inside.read(statements.counter, COUNTER)
        return staff_at(revision[0][0] if revision else 0, Staff(), self.app, inside, statements)

    def _do(
        self, kind: Any, case: str, by: str, data: dict[str, Any], key: str | None, *, internal: bool = False
    ) -> CaseView:
        if by.startswith(SYSTEM) and not internal:
            raise RefusedError("unknown-actor", f"没有这个人: {by}", details={"actor": by})
        command = Command(kind, case, by, data, secrets.token_hex(16))
        # A new case's id is chance: what tells one submission from another is what was typed.
        asked = digest([kind, None if kind == "submit" else case, data])
        work = Work(command, key, asked)
        with self._gate:
            self._writer.put([work])
            outcome = work.done.result()
            if outcome.case is None:
                return self._reader.at(outcome.case_id, outcome.sequence)
            return self._reader.shown(outcome.case)

    def _committed(self, rows: Rows) -> None:
        if self._waker is not None and (rows.outbox or rows.inbox or rows.timers):
            self._waker.wake()
