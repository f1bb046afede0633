"""Who tried what and was refused: written down after the refusal, in a transaction that nobody waits for.

At most so many a day and actor, so that nobody can fill the disk with what he may not do. Nothing that was typed is kept but
names the app itself knows: a case that is there, an action that there is, a person who is known.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property

from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.engine.operations.table import OPERATIONS
from flowkit.errors import ClosedError, RefusedError
from flowkit.runtime.rowtext import micros, moment
from flowkit.runtime.views import RefusalView
from flowkit.runtime.work import Chore
from flowkit.runtime.writer import Writer
from flowkit.store.connection import Connection, Row
from flowkit.store.database import Database

MOST_A_DAY = 200
"How many refusals of one actor are kept a day; of all unknown ones together as many."

DAY = 86_400_000_000

TYPED = frozenset({"invalid"})
"Refusals of what was typed, not of who did it: a form that is filled in by halves is no trespass."


class Refusals:
    """Notes refusals; tells them again."""

    def __init__(self, app: App, database: Database, writer: Writer, clock: Clock) -> None:
        self._app, self._database, self._writer, self._clock = app, database, writer, clock
        self._lock = threading.Lock()
        self._pending: list[Row] = []
        self._noted: Counter[tuple[int, str]] = Counter()

    @contextmanager
    def noted(self, by: str | None, tried: str, case: str = "") -> Iterator[None]:
        """Note a refusal of what happens inside. The host's own are not noted."""
        try:
            yield
        except RefusedError as error:
            if by is not None and error.code not in TYPED:
                unknown = error.code == "unknown-actor" and error.details.get("actor") == by
                self.note("" if unknown else by, tried, error.code, case)
            raise

    def note(self, actor: str, tried: str, code: str, case: str) -> None:
        """Write one down, soon. Once there are enough of that actor's today it does nothing."""
        now = micros(self._clock.now())
        day = now // DAY
        with self._lock:
            if any(known < day for known, _ in self._noted):
                self._noted.clear()
            self._noted[day, actor] += 1
            if self._noted[day, actor] > MOST_A_DAY:
                return
            self._pending.append((now, day, actor, self._known(tried), code, case))
            if len(self._pending) > 1:
                return  # Whoever writes the one before takes this one along.
        with suppress(ClosedError):
            self._writer.put([Chore(self._write)])

    def listed(self) -> list[RefusalView]:
        """The newest thousand, newest first."""
        self._writer.perform(self._write)
        rows = self._database.connection().read(self._database.statements.refusals)
        return [RefusalView(moment(at), actor, tried, code, case or "") for at, actor, tried, code, case in rows]

    def _write(self, inside: Connection) -> None:
        with self._lock:
            rows, self._pending = self._pending, []
        if rows:
            inside.write(self._database.statements.note_refusal, [(*row, MOST_A_DAY) for row in rows])

    def _known(self, tried: str) -> str:
        """What was tried, without a name that nobody gave: somebody may have typed anything for an action."""
        verb, _, name = tried.partition(" ")
        return tried if not name or name in self._names else verb

    @cached_property
    def _names(self) -> frozenset[str]:
        found = {n for o in OPERATIONS.values() for n in (o.name, o.title)} | set(self._app.workflows)
        for workflow in self._app.workflows.values():
            nodes, stages = workflow.nodes.values(), workflow.stages.values()
            for actions in (*(node.actions for node in nodes), *(stage.actions for stage in stages)):
                found |= {name for exit_ in actions.values() for name in (exit_.name, exit_.title)}
        return frozenset(found)
