"""Handing over all open tasks of a person: a command for each case, refused or carried out by itself."""

from __future__ import annotations

import secrets

from flowkit.engine.command import Command
from flowkit.errors import RefusedError
from flowkit.runtime.looks import Looks
from flowkit.runtime.views import ReassignedView
from flowkit.runtime.work import Work
from flowkit.runtime.writer import Writer
from flowkit.store.database import Database


class Handing:
    def __init__(self, database: Database, writer: Writer, looks: Looks) -> None:
        self._database, self._writer, self._looks = database, writer, looks

    def all_of(self, person: str, to: str, by: str, reason: str) -> list[ReassignedView]:
        """What became of each case that `by` sees. Raises RefusedError for who is not there, before anything has changed."""
        staff = self._looks.staff()
        self._looks.looking(lambda look: self._looks.must_be_known(look, by))
        if not reason.strip():
            raise RefusedError("invalid", "请填写移交的原因")
        if to == person:
            raise RefusedError("invalid", "不能移交给本人")
        if ":" in to and not to.startswith("role:") and to not in staff.records:
            raise RefusedError("unknown-actor", f"没有这个员工: {to}", details={"actor": to})
        values = {"from": person, "to": to, "reason": reason}
        asked = {"action": "reassign", "operation": True, "values": values}
        rows = self._database.connection().read(self._database.statements.cases_of, person)
        seen = self._looks.seen({case for (case,) in rows}, by)
        if not seen and person not in staff.records:
            # Who has gone may have left cases behind. Whoever has none of them, and is not there, is most likely misspelt.
            raise RefusedError("unknown-actor", f"没有这个员工: {person}", details={"actor": person})
        works = [Work(Command("act", case, by, asked, secrets.token_hex(16))) for (case,) in rows if case in seen]
        self._writer.put(works)
        return sorted((self._became(work) for work in works), key=lambda d: (d.number, d.case))

    def _became(self, work: Work) -> ReassignedView:
        """How one of them ended; what no person can be told of is raised."""
        case, refused = work.command.case, ""
        try:
            work.done.result()
        except RefusedError as error:
            refused = "; ".join([error.message, *(p.words for p in error.problems)])
        return ReassignedView(case, self._looks.stored(case).number, refused)
