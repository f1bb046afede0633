"""Notices that business time is counted otherwise than before, and has open cases and plans look at their moments again.

What cases are to do is written in the transaction that notes the change; each is counted again in a step of its own.
"""

from __future__ import annotations

from flowkit.app.app import App
from flowkit.calendars.public_days import EDITION
from flowkit.clock import Clock
from flowkit.engine.people import People
from flowkit.runtime.planning import Planning
from flowkit.runtime.rowtext import digest, dump, micros
from flowkit.runtime.staff import COUNTER
from flowkit.runtime.writer import Writer
from flowkit.store import schema
from flowkit.store.connection import Connection
from flowkit.store.database import Database

MARK = "calendar"
"Under which name `meta` keeps by which calendar deadlines were counted last."
BY = "system:calendar"


class Recounting:
    """The calendars of the app and its units as this process has them."""

    def __init__(self, app: App, database: Database, writer: Writer, clock: Clock, planning: Planning) -> None:
        self._app, self._database, self._writer, self._clock = app, database, writer, clock
        self._planning = planning
        self._revision, self._mark = -1, ""

    def opened(self) -> None:
        """Look whether anything has changed since a process looked last: the app, the hours of a unit, the holidays."""
        if self._app.business.calendar is not None:
            self._writer.perform(self._look)
            self._planning.calendar(self._mark)
            while self._planning.recount():
                pass

    def look(self) -> None:
        """Look again where the records of units have changed since this process looked: costs one read else."""
        if self._app.business.hours is not None and self._read(self._database.connection()) != self._revision:
            self._writer.perform(self._look)
            self._planning.calendar(self._mark)

    def _read(self, connection: Connection) -> int:
        found = connection.read(self._database.statements.counter, COUNTER)
        return int(found[0][0]) if found else 0

    def _look(self, inside: Connection) -> None:
        statements, now = self._database.statements, self._clock.now()
        self._revision = self._read(inside)
        mark = self._marked(self._writer.people.at(self._revision, inside, now).people)
        # What another process counts by is its own affair: only what has changed for this one is noted.
        if mark == self._mark or inside.read(statements.meta, MARK) == [(mark,)]:
            self._mark = mark
            return
        self._mark = mark
        inside.write(statements.upsert(schema.META), [(MARK, mark)])
        inside.write(statements.recount, [(dump({"by": BY}), micros(now))])

    def _marked(self, people: People) -> str:
        """What must have changed before a sum can have: a digest."""
        business = self._app.business
        calendar = business.calendar
        assert calendar is not None
        hours = business.hours or ""
        units = {unit: record.get(hours) for unit, record in people.tree.records.items() if record.get(hours)}
        special = sorted((day.isoformat(), said) for day, said in calendar.overrides.items())
        told = [calendar.zone.key, calendar.week, calendar.country, special, sorted(units.items())]
        lines = sorted((unit, people.tree.line(unit)) for unit in people.tree.lines) if units else []
        return digest([EDITION if calendar.country else "", told, lines], self._database.secret)
