"""Who stands in for whom: set by the person himself or by whom it is granted to, ended, listed.

Holds from the next act on, as the people in memory are brought up to date by the same counter.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.engine.operations.operation import is_granted
from flowkit.engine.people import People
from flowkit.engine.substitutes import Substitution
from flowkit.errors import RefusedError
from flowkit.runtime.failpoints import reach
from flowkit.runtime.rowtext import dump
from flowkit.runtime.staff import COUNTER, Snapshot
from flowkit.runtime.views import SubstitutionView
from flowkit.runtime.writer import Writer
from flowkit.store.connection import Connection
from flowkit.store.database import Database
from flowkit.store.writing import Rows, write

SUBSTITUTE = "substitute"
"The operation that a role must be granted to do this for others."

FIRST_YEAR, LAST_YEAR = 2000, 2200
"""Of moments that a zone could still move by a day without leaving the calendar, those that anybody means."""


class Substituting:
    """Substitutions of one app on one database."""

    def __init__(self, app: App, database: Database, writer: Writer, people: Snapshot, clock: Clock) -> None:
        self._app, self._database, self._writer = app, database, writer
        self._people, self._clock = people, clock

    def begin(
        self,
        person: str,
        substitute: str,
        since: datetime,
        until: datetime,
        workflows: Sequence[str] | None,
        by: str,
    ) -> SubstitutionView:
        """Raises RefusedError for who is no staff, for oneself, for times that cannot be and for who may not."""
        named = None if workflows is None else [self._workflow(name) for name in workflows]
        begins, ends = self._moment(since), self._moment(until)
        asked = {"person": person, "substitute": substitute, "by": by, "workflows": named}
        moments = {"since": begins.isoformat(), "until": ends.isoformat(), "at": self._clock.now().isoformat()}

        def run(inside: Connection) -> SubstitutionView:
            revision, people = self._now(inside)
            for actor in (by, person, substitute):
                _must_be_staff(actor, people)
            self._must_be_right(person, substitute, begins, ends, named, by, people)
            return self._write(inside, secrets.token_hex(8), {**asked, **moments}, revision)

        return self._writer.perform(run)

    def end(self, id: str, by: str) -> SubstitutionView:
        """Raises RefusedError for one that is not there, that is over, and for who may not."""

        def run(inside: Connection) -> SubstitutionView:
            revision, people = self._now(inside)
            _must_be_staff(by, people)
            rows = inside.read(self._database.statements.substitution, id)
            body = json.loads(rows[0][0]) if rows else None
            # Who may not even know of it is told the same as when there were none.
            if body is None or not (by == body["substitute"] or self._may(by, body["person"], people)):
                raise RefusedError("unknown-substitution", f"没有这项代理: {id}", details={"id": id})
            if Substitution.from_json(id, body).over(self._clock.now()):
                raise RefusedError("ended", "这项代理已经结束")
            if not self._may(by, body["person"], people):
                raise RefusedError("not-yours", "代理由本人或有权限的人结束")
            ended = {"ended": self._clock.now().isoformat(), "ended_by": by}
            return self._write(inside, id, {**body, **ended}, revision)

        return self._writer.perform(run)

    def listed(self, by: str, people: People) -> list[SubstitutionView]:
        """Those that have not ended and concern that person, or that he may end; the soonest first."""
        _must_be_staff(by, people)
        now = self._clock.now()
        return [
            _view(each)
            for each in people.substitutes.all.values()
            if not each.over(now) and (by == each.substitute or self._may(by, each.person, people))
        ]

    def _now(self, inside: Connection) -> tuple[int, People]:
        rows = inside.read(self._database.statements.counter, COUNTER)
        revision = rows[0][0] if rows else 0
        return revision, self._people.at(revision, inside, self._clock.now()).people

    def _write(self, inside: Connection, id: str, body: dict[str, Any], revision: int) -> SubstitutionView:
        row = (id, body["person"], body["substitute"], dump(body), revision + 1)
        rows = Rows(substitutions=[row], counters=[(COUNTER, revision + 1)])
        write(inside, self._database.statements, rows, reach)
        return _view(Substitution.from_json(id, body))

    def _may(self, by: str, person: str, people: People) -> bool:
        return by == person or (
            is_granted(SUBSTITUTE, by, self._app.business, people, people.units.get(person) or (None,))
            and people.reaches(by, person)
        )

    def _must_be_right(
        self,
        person: str,
        substitute: str,
        since: datetime,
        until: datetime,
        workflows: list[str] | None,
        by: str,
        people: People,
    ) -> None:
        if not self._may(by, person, people):
            raise RefusedError("not-yours", "代理由本人设置,或由有权限的人代为设置")
        if person == substitute:
            raise RefusedError("invalid", "不能请自己代理")
        if until <= since:
            raise RefusedError("invalid", "结束时间要晚于开始时间")
        if until <= self._clock.now():
            raise RefusedError("invalid", "结束时间已经过去")
        if workflows == []:
            raise RefusedError("invalid", "没有选流程;代理所有流程时不填")

    def _workflow(self, named: str) -> str:
        """A workflow by its name or title."""
        known = self._app.workflows
        name = named if named in known else next((n for n, w in known.items() if w.title == named), None)
        if name is None:
            raise RefusedError("unknown-workflow", f"没有流程“{named}”,现有: {'、'.join(known)}")
        return name

    def _moment(self, moment: datetime) -> datetime:
        """What has no zone is meant in the app's. RefusedError for a year that no calendar on the pages could show."""
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise RefusedError("invalid", f"年份要在 {FIRST_YEAR} 到 {LAST_YEAR} 之间")
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=self._app.settings.timezone)


def _must_be_staff(actor: str, people: People) -> None:
    if actor not in people.records:
        raise RefusedError("unknown-actor", f"没有这个员工: {actor}", details={"actor": actor})


def _view(each: Substitution) -> SubstitutionView:
    return SubstitutionView(each.id, each.person, each.substitute, each.since, each.until, each.workflows)
