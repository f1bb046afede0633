"""One look at the database: one state of it, people as of then, and who looks.

Knows how a case is found, by whom it may be seen and what judging it takes. What is shown of it, others know.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.engine.case import Case
from flowkit.engine.definition import Workflow
from flowkit.engine.facts import Need
from flowkit.engine.offers import Offer
from flowkit.engine.party import SYSTEM
from flowkit.engine.people import People
from flowkit.engine.redaction import Known
from flowkit.engine.view import World
from flowkit.engine.viewer import THE_HOST, Viewer, viewer_of
from flowkit.errors import RefusedError, StoreError
from flowkit.runtime.definitions import Definitions
from flowkit.runtime.judging import Judge, unknown_case
from flowkit.runtime.staff import COUNTER, Snapshot, Staff
from flowkit.runtime.view import View, Wants, facts_of, join, lacking, stored_case
from flowkit.runtime.views import RefusalView
from flowkit.store.database import Database
from flowkit.store.listing import Sought

T = TypeVar("T")


@dataclass(slots=True)
class Look:
    """What was read so far of one state of the database, and staff as of then."""

    view: View
    staff: Staff


class Looks:
    """Each thread looks over its own connection.

    A case that whoever looks may not see is for him as one that is not there: RefusedError `unknown-case` for both.
    """

    def __init__(
        self, app: App, database: Database, definitions: Definitions, judge: Judge, clock: Clock, people: Snapshot
    ) -> None:
        self._app, self._database, self._definitions = app, database, definitions
        self._judge, self._clock, self._people = judge, clock, people

    def looking(self, ask: Callable[[Look], T]) -> T:
        """What `ask` makes of one look."""
        connection, statements = self._database.connection(), self._database.statements
        with connection.snapshot():
            view = View(connection, statements)
            view.fetch({"counter": {COUNTER}})
            return ask(Look(view, self._people.at(view.counters[COUNTER], connection, self._clock.now())))

    # --- a case -------------------------------------------------------------------------------------------------------

    def stored(self, case_id: str, by: str | None = None) -> Case:
        """The case, whoever may see it; `by` is who is told that there is none."""
        rows = self._database.connection().read(self._database.statements.case, case_id)
        if not rows:
            raise unknown_case(case_id, by)
        return stored_case(case_id, rows[0][3])

    def workflow(self, case: Case) -> Workflow | None:
        """What judges a case; None as `version` says."""
        return self.version(case.workflow, case.version)

    def version(self, name: str, version: str) -> Workflow | None:
        """None for a version that no longer fits what is live: it has no say in what things are called, and offers nothing."""
        try:
            return self._definitions.of(name, version)
        except StoreError:
            return None

    def known(self, case: Case) -> Known:
        """What is known of a case's fields."""
        live, pinned = self._app.workflows.get(case.workflow), self.workflow(case)
        workflows = dict.fromkeys(workflow for workflow in (pinned, live) if workflow is not None)
        return Known(tuple(workflows), self._app.entities, self._app.workflows.get)

    def asked(self, look: Look, case: Case, ask: Callable[[World], T]) -> T:
        """What `ask` makes of the case as expressions see it. It is asked again when facts were lacking."""
        return self.judged(look, self._definitions.of(case.workflow, case.version), case, ask)

    def judged(self, look: Look, workflow: Workflow, case: Case, ask: Callable[[World], T]) -> T:
        """The same of a case that need not have begun yet."""
        now = self._clock.now()
        # It is judged by the same moment: time never runs backwards for a case.
        now = now if case.now is None else max(now, case.now)
        while True:
            facts, _ = facts_of(look.view, look.staff.people)
            try:
                return ask(World(workflow, case, facts, now))
            except Need as need:
                look.view.fetch(self._judge.following(look.view, look.staff, lacking(need)))

    def asked_all(self, look: Look, cases: Sequence[Case], ask: Callable[[World], T]) -> list[T]:
        """What `ask` makes of each of these cases. What one lacks is read with what the others lack."""
        found: dict[int, T] = {}
        while len(found) < len(cases):
            wants: Wants = {}
            facts, _ = facts_of(look.view, look.staff.people)
            for number, case in enumerate(cases):
                if number in found:
                    continue
                now = self._clock.now() if case.now is None else max(self._clock.now(), case.now)
                try:
                    found[number] = ask(World(self._definitions.of(case.workflow, case.version), case, facts, now))
                except Need as need:
                    join(wants, lacking(need))
            if wants:
                look.view.fetch(self._judge.following(look.view, look.staff, wants))
        return [found[number] for number in range(len(cases))]

    def offered(
        self, look: Look, case: Case, by: str, offered: Callable[..., tuple[Offer, ...]]
    ) -> tuple[tuple[str, str], ...]:
        """Name and title of what is offered to him: `offered` is one of `engine.offers`."""
        if self.workflow(case) is None:
            return ()
        open_to_him = self.asked(look, case, lambda w: offered(w.workflow, case, by, w.facts, w.now))
        return tuple((offer.name, offer.title) for offer in open_to_him)

    # --- who looks ----------------------------------------------------------------------------------------------------

    def viewer(self, look: Look, by: str | None) -> Viewer:
        """Whoever looks; None is the program that holds us. RefusedError `unknown-actor`."""
        if by is None:
            return THE_HOST
        if by.startswith(SYSTEM):
            raise RefusedError("unknown-actor", f"没有这个人: {by}", details={"actor": by})
        self.must_be_known(look, by)
        return viewer_of(by, look.staff.people, self._app.business.sees, self._clock.now())

    def caretaker(self, by: str) -> Viewer:
        """One of the catcher's people, who look after the whole; RefusedError for everybody else."""
        viewer, catcher = self.looking(lambda look: self.viewer(look, by)), self._app.business.catcher
        if catcher not in viewer.roles:
            title = self._app.business.roles.get(catcher, catcher)
            raise RefusedError("not-granted", f"这件事只归{title}")
        return viewer

    def staff(self) -> People:
        """The people as they are now."""
        return self.looking(lambda look: look.staff.people)

    def must_be_known(self, look: Look, actor: str) -> None:
        """RefusedError `unknown-actor` for who is neither staff nor a customer."""
        while True:
            try:
                self._judge.must_be_known(actor, look.view, look.staff)
            except Need as need:
                look.view.fetch(lacking(need))
                continue
            return

    # --- what he may see ----------------------------------------------------------------------------------------------

    def seen_by(self, look: Look, case_id: str, by: str | None) -> tuple[Case, Viewer]:
        """A case and who looks at it, if he may see it."""
        viewer = self.viewer(look, by)
        case = self.stored(case_id, by)
        if not viewer.sees(case):
            raise unknown_case(case_id, by)
        return case, viewer

    def seen_among(self, cases: Collection[str], viewer: Viewer) -> frozenset[str]:
        """Those of these cases that whoever looks may see."""
        listing, sought = self._database.statements.listing, Sought(ids=tuple(sorted(cases)))
        return frozenset(listing.ids(self._database.connection(), viewer.sight, sought))

    def seen(self, cases: Collection[str], by: str | None) -> frozenset[str]:
        """The same in a look of its own."""
        if by is None:
            return frozenset(cases)
        return self.looking(lambda look: self.seen_among(cases, self.viewer(look, by)))

    def must_see(self, case_id: str, by: str | None) -> None:
        """RefusedError unless there is such a case and he may see it."""
        self.looking(lambda look: self.seen_by(look, case_id, by))

    def may_read(self, case_id: str, by: str | None, *, personal: bool) -> bool:
        """Whether he may read what belongs to a case; RefusedError `masked` if he must ask first, as it is `personal`."""
        if by is None:
            return True

        def ask(look: Look) -> bool:
            viewer, case = self.viewer(look, by), self.stored(case_id, by)
            if viewer.sees(case) and personal and not viewer.in_full(case):
                raise RefusedError("masked", "文件里有个人信息: 先“查看完整信息”,写明原因", details={"case": case_id})
            return viewer.sees(case)

        return self.looking(ask)

    def refused(self, found: Sequence[RefusalView], by: str | None) -> list[RefusalView]:
        """What that person may know of refusals: the catcher's people those that concern cases they see, nobody else any."""
        if by is None:
            return list(found)
        whole, seen = self.caretaker(by).sight.everything, self.seen({each.case for each in found if each.case}, by)
        return [each for each in found if each.case in seen or (whole and not each.case)]
