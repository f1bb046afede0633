"""Looking at cases: each thread over its own connection, over one state of the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.engine.acting import acting_for
from flowkit.engine.apply import fold
from flowkit.engine.case import Case, Event, deadlines
from flowkit.engine.definition import Workflow
from flowkit.engine.facts import Need
from flowkit.engine.offers import Offer, offers, operations
from flowkit.engine.people import People
from flowkit.engine.redaction import LINKING, Known, references, visible_event, visible_values
from flowkit.engine.verbs import WATCH
from flowkit.engine.view import World
from flowkit.engine.viewer import THE_HOST, Viewer, viewer_of
from flowkit.errors import RefusedError, StoreError
from flowkit.runtime.definitions import Definitions
from flowkit.runtime.judging import SYSTEM, Judge, unknown_case
from flowkit.runtime.names import Names, actors_in, label_field
from flowkit.runtime.personal import masked, with_values
from flowkit.runtime.staff import COUNTER, Snapshot, Staff
from flowkit.runtime.standing import standing
from flowkit.runtime.steps import CAUGHT
from flowkit.runtime.surroundings import flags as more_flags
from flowkit.runtime.surroundings import surroundings
from flowkit.runtime.view import View, facts_of, lacking, stored_case
from flowkit.runtime.views import CaseView, CaughtView, EventView, RefusalView, SignatureView, TaskView
from flowkit.store.database import Database
from flowkit.store.listing import Sought

T = TypeVar("T")

DAMAGED = "损坏"
"The flag of a task whose case, or what it points to, cannot be read."
PERSONAL_KINDS = frozenset({"copy", "suspended"})
"""Kinds of tasks that stand for one person alone, and for nobody who stands in for him."""


@dataclass(slots=True)
class Look:
    """One look at the database: what was read so far, and staff as of then."""

    view: View
    staff: Staff


class Reader:
    def __init__(
        self, app: App, database: Database, definitions: Definitions, judge: Judge, clock: Clock, people: Snapshot
    ) -> None:
        self._app, self._database, self._definitions = app, database, definitions
        self._judge, self._clock, self._people = judge, clock, people

    # --- one case ----------------------------------------------------------------------------------------------------

    def case(self, case_id: str, by: str | None) -> CaseView:
        """The case now. With `by`, what that person may do.

        Raises RefusedError for an unknown actor, then for a case that is unknown or that he may not see: alike.
        """
        return self.looking(lambda look: self._offered(look, *self._seen_by(look, case_id, by)))

    def plain(self, case_id: str, by: str | None) -> CaseView:
        """The case now, after what that person did to it: also where he does not see it any more."""
        return self.shown(self._stored(case_id), by)

    def at(self, case_id: str, sequence: int, by: str | None) -> CaseView:
        """The case as it was after that event."""

        def ask(look: Look) -> CaseView:
            viewer = self.viewer(look, by)
            return self._view_of(fold(self._stored_events(case_id)[:sequence]), look, viewer)

        return self.looking(ask)

    def look(self, case_id: str, ask: Callable[[World], T]) -> T:
        """What `ask` makes of the case as expressions see it now. It is asked again when facts were lacking."""
        return self.looking(lambda look: self._seen(look, self._stored(case_id), ask))

    def shown(self, case: Case, by: str | None) -> CaseView:
        """A case at hand, as that person sees it."""
        return self.looking(lambda look: self._view_of(case, look, self.viewer(look, by)))

    def find(self, named: str, by: str | None) -> CaseView | None:
        """The case with that id, else with that number, that he may see; None when there is none.

        RefusedError when several share it.
        """

        def ask(look: Look) -> CaseView | None:
            viewer, connection = self.viewer(look, by), self._database.connection()
            rows = self._database.statements.listing.named(connection, viewer.sight, named)
            if len(rows) > 1:
                raise RefusedError(
                    "ambiguous", f"有几个工单都是 {named},请用编号 id 查找", details={"ids": [r[0] for r in rows]}
                )
            if not rows:
                return None
            case = stored_case(*rows[0])
            return self._view_of(case, look, viewer, in_full=viewer.in_full(case))

        return self.looking(ask)

    def history(self, case_id: str, by: str | None) -> list[EventView]:
        return [EventView.of(number, event) for number, event in enumerate(self.events(case_id, by), 1)]

    def events(self, case_id: str, by: str | None) -> list[Event]:
        """All events of a case as he may read them; RefusedError when there is none that he may see."""
        if by is None:
            return self._stored_events(case_id)
        case, viewer, linked = self.looking(lambda look: self._read_by(look, case_id, by))
        known = self.known(case)
        blind = viewer.outsider or known.hides_from(viewer)
        return [visible_event(e, known, viewer, blind=blind, linked=linked) for e in self._stored_events(case_id)]

    def _read_by(self, look: Look, case_id: str, by: str) -> tuple[Case, Viewer, frozenset[str]]:
        """A case, who reads its history, and which of the cases he sees that it was ever linked to."""
        case, viewer = self._seen_by(look, case_id, by)
        others = {e.data["case"] for e in self._stored_events(case_id) if e.kind in LINKING}
        return case, viewer, self._seen_among(others, viewer) if others else frozenset()

    def may_read(self, case_id: str, by: str | None, *, personal: bool) -> bool:
        """Whether he may read what belongs to a case; RefusedError `masked` if he must ask first, as it is `personal`."""
        if by is None:
            return True

        def ask(look: Look) -> bool:
            viewer, case = self.viewer(look, by), self._stored(case_id, by)
            if viewer.sees(case) and personal and not viewer.in_full(case):
                raise RefusedError("masked", "文件里有个人信息: 先“查看完整信息”,写明原因", details={"case": case_id})
            return viewer.sees(case)

        return self.looking(ask)

    def must_see(self, case_id: str, by: str | None) -> None:
        """RefusedError unless there is such a case and he may see it."""
        self.looking(lambda look: self._seen_by(look, case_id, by))

    def caretaker(self, by: str) -> Viewer:
        """One of the catcher's people, who look after the whole; RefusedError for everybody else."""
        viewer, catcher = self.looking(lambda look: self.viewer(look, by)), self._app.business.catcher
        if catcher not in viewer.roles:
            title = self._app.business.roles.get(catcher, catcher)
            raise RefusedError("not-granted", f"这件事只归{title}")
        return viewer

    def refused(self, found: Sequence[RefusalView], by: str | None) -> list[RefusalView]:
        """What that person may know of refusals: the catcher's people those that concern cases they see, nobody else any."""
        if by is None:
            return list(found)

        whole, seen = self.caretaker(by).sight.everything, self.seen({each.case for each in found if each.case}, by)
        return [each for each in found if each.case in seen or (whole and not each.case)]

    def seen(self, cases: Collection[str], by: str | None) -> frozenset[str]:
        """Those of these cases that he may see."""
        if by is None:
            return frozenset(cases)

        return self.looking(lambda look: self._seen_among(cases, self.viewer(look, by)))

    def _stored_events(self, case_id: str) -> list[Event]:
        rows = self._database.connection().read(self._database.statements.history, case_id)
        if not rows:
            raise unknown_case(case_id)
        return [Event.from_json(json.loads(body)) for _, body, _ in rows]

    # --- who looks ---------------------------------------------------------------------------------------------------

    def viewer(self, look: Look, by: str | None) -> Viewer:
        """Whoever looks; None is the program that holds us. RefusedError `unknown-actor`."""
        if by is None:
            return THE_HOST
        if by.startswith(SYSTEM):
            raise RefusedError("unknown-actor", f"没有这个人: {by}", details={"actor": by})
        self._must_be_known(look, by)
        return viewer_of(by, look.staff.people, self._app.business.sees, self._clock.now())

    def _seen_by(self, look: Look, case_id: str, by: str | None) -> tuple[Case, Viewer]:
        """A case and who looks at it, if he may see it."""
        viewer = self.viewer(look, by)
        case = self._stored(case_id, by)
        if not viewer.sees(case):
            raise unknown_case(case_id, by)
        return case, viewer

    # --- names -------------------------------------------------------------------------------------------------------

    def staff(self) -> People:
        """The people as they are now."""
        return self.looking(lambda look: look.staff.people)

    def must_be_known(self, actor: str) -> None:
        """Raises RefusedError for who is neither staff nor a customer."""
        self.looking(lambda look: self._must_be_known(look, actor))

    def people(self, actors: Iterable[str], by: str | None = None) -> dict[str, str]:
        """What those of these actors are called whose names are known and not personal; an outsider knows no other."""
        named = set(actors)

        def ask(look: Look) -> dict[str, str]:
            viewer, staff = self.viewer(look, by), look.staff.people.records
            wanted = {a for a in named if not viewer.outsider or a == by or a in staff}
            pairs = {tuple(a.partition(":")[::2]) for a in wanted}
            known = {entity: label for entity, _ in pairs if (label := label_field(self._app, entity)) is not None}
            return _labels(look, {(e, k) for e, k in pairs if e in known}, known)

        return self.looking(ask)

    def names(self, case_id: str, by: str | None) -> Names:
        """What people call everything that the history of a case speaks of."""
        events = self.events(case_id, by)
        people = self.people({*(e.by for e in events), *actors_in([e.data for e in events])}, by)
        version = next((e.data["to"] for e in reversed(events) if e.kind == "migrated"), events[0].data["version"])
        return self._names(events[0].data["workflow"], version, people)

    def names_for(self, cases: Sequence[Case]) -> list[Names]:
        """The same for each of these cases, of people only its owners: read at once for all."""
        people = self.people({actor for case in cases for actor in case.owner}) if cases else {}
        return [self._names(case.workflow, case.version, people) for case in cases]

    def _names(self, name: str, version: str, people: Mapping[str, str]) -> Names:
        business = self._app.business
        workflow = self._workflow(name, version)
        channels = {name: channel.title for name, channel in self._app.channels.items()}
        return Names(workflow, people, business.roles, business.entities, channels)

    def workflow(self, case: Case) -> Workflow | None:
        """What judges a case; None for a version that no longer fits what is live."""
        return self._workflow(case.workflow, case.version)

    def known(self, case: Case) -> Known:
        """What is known of a case's fields."""
        live, pinned = self._app.workflows.get(case.workflow), self.workflow(case)
        workflows = dict.fromkeys(workflow for workflow in (pinned, live) if workflow is not None)
        return Known(tuple(workflows), self._app.entities, self._app.workflows.get)

    def _workflow(self, name: str, version: str) -> Workflow | None:
        """None for a version that no longer fits what is live: it has no say in what things are called, and offers nothing."""
        try:
            return self._definitions.of(name, version)
        except StoreError:
            return None

    # --- to-do lists -------------------------------------------------------------------------------------------------

    def tasks(self, by: str) -> list[TaskView]:
        """What waits for that person, his own and his pools', most urgent first."""
        return self.looking(lambda look: self._tasks(look, by))

    def _tasks(self, look: Look, by: str) -> list[TaskView]:
        self.viewer(look, by)
        people, now = look.staff.people, self._clock.now()
        names = (by, *people.substitutes.persons(by, now))
        held = dict.fromkeys(h for name in names for h in (name, *(f"role:{r}" for r in people.roles.get(name, ()))))
        units = None if any(not people.units.get(name) for name in names) else people.below(names)
        asked = (json.dumps(list(held), ensure_ascii=False), json.dumps(units, ensure_ascii=False))
        rows = self._database.connection().read(self._database.statements.tasks_held, *asked)
        found: dict[tuple[str, str], TaskView] = {}
        for holder, kind, visit, case_id, unit, number, workflow, node, body in rows:
            if (case_id, kind) in found:
                continue
            try:
                case = stored_case(case_id, body)
                person = self._acting_for(look, case, by, holder)
                # What somebody was given to read himself is nothing that another could do for him.
                if person is not None and (person == by or kind not in PERSONAL_KINDS):
                    found[case_id, kind] = self._task(look, case, kind, by, person, now)
            except StoreError as failure:
                # What cannot be read of it must not hide the others, nor itself.
                if any(people.holds(name, holder, unit) for name in names):
                    told = TaskView(case_id, number, workflow, node, node, (holder,), visit, kind, None, (), (DAMAGED,))
                    found[case_id, kind] = replace(told, incident=str(failure))
        return list(found.values())

    def _acting_for(self, look: Look, case: Case, by: str, holder: str) -> str | None:
        """Whose task of that holder it is that this person sees: his own, or that of one for whom he stands in."""
        if look.staff.people.holds(by, holder, case.unit):
            return by
        if self._workflow(case.workflow, case.version) is None:
            return None
        return self._seen(look, case, lambda world: acting_for(by, (holder,), world))

    def _task(self, look: Look, case: Case, kind: str, by: str, person: str, now: datetime) -> TaskView:
        workflow = self._workflow(case.workflow, case.version)
        due = min((d.due for d in deadlines(case)), default=None)
        flags = {
            "逾期": due is not None and due <= now,
            "代理": person != by,
            "升级": kind == "helper",
            WATCH: kind in ("owner", "helper") and workflow is not None and workflow.is_to_be_watched(case.node),
            "故障": case.incident is not None or workflow is None,
        }
        return TaskView(
            case=case.id,
            number=case.number,
            workflow=case.workflow,
            title=workflow.nodes[case.node].title if workflow is not None else case.node,
            node=case.node,
            owner=case.owner,
            visit=case.visit,
            kind=kind,
            due=due,
            actions=self._offers(look, case, by, offers),
            operations=self._offers(look, case, by, operations),
            flags=(*(word for word, holds in flags.items() if holds), *more_flags(case, kind)),
            incident=_incident(case),
            urged=case.collaboration.urged(case.visit),
            acting_for=person if person != by else "",
        )

    def caught(self) -> list[CaughtView]:
        """The open cases that nobody else was found for, and those at which a machine gave up; the oldest first."""
        rows = self._database.connection().read(self._database.statements.cases_named, CAUGHT)
        found = []
        for case_id, reason, body in rows:
            case = stored_case(case_id, body)
            workflow = self._workflow(case.workflow, case.version)
            title = workflow.nodes[case.node].title if workflow is not None and case.node else case.node
            found.append(CaughtView(case_id, case.number, case.workflow, title, case.owner, case.entered, reason))
        return found

    # --- the parts ---------------------------------------------------------------------------------------------------

    def looking(self, ask: Callable[[Look], T]) -> T:
        connection, statements = self._database.connection(), self._database.statements
        with connection.snapshot():
            view = View(connection, statements)
            view.fetch({"counter": {COUNTER}})
            return ask(Look(view, self._people.at(view.counters[COUNTER], connection, self._clock.now())))

    def _stored(self, case_id: str, by: str | None = None) -> Case:
        rows = self._database.connection().read(self._database.statements.case, case_id)
        if not rows:
            raise unknown_case(case_id, by)
        return stored_case(case_id, rows[0][3])

    def _offered(self, look: Look, case: Case, viewer: Viewer) -> CaseView:
        """A case with what may be done by whoever looks."""
        shown, by = self._view_of(case, look, viewer, in_full=viewer.in_full(case)), viewer.actor
        if by is None:
            return shown
        actions, others = (self._offers(look, case, by, ask) for ask in (offers, operations))
        return replace(shown, actions=actions, operations=others)

    def _view_of(self, case: Case, look: Look, viewer: Viewer, *, in_full: bool = False) -> CaseView:
        look.view.fetch({"personal": _personal(case)})
        workflow = self._workflow(case.workflow, case.version)
        answers = {name: all_[-1].values for name, all_ in case.answers.items()}
        values = visible_values(case.values, answers, self.known(case), viewer)
        node = workflow.nodes.get(case.node) if workflow is not None else None
        assert case.created is not None
        return CaseView(
            id=case.id,
            number=case.number,
            workflow=case.workflow,
            node=case.node,
            node_title=node.title if node else case.node,
            visit=case.visit,
            owner=case.owner,
            applicant=case.applicant,
            created=case.created,
            due=min((d.due for d in deadlines(case)), default=None),
            outcome=case.outcome,
            ended=case.ended,
            values=Names(workflow).in_order((with_values if in_full else masked)(values, look.view)),
            actions=(),
            incident=_incident(case),
            sequence=case.sequence,
            helpers=case.helpers,
            deadlines=standing(case, workflow) if workflow is not None else (),
            signatures=tuple(SignatureView.of(seat) for seat in case.sheet) if case.sheet is not None else (),
            returned=_returned(case),
            **self._surroundings(case, look, viewer),
        )

    def _surroundings(self, case: Case, look: Look, viewer: Viewer) -> dict[str, Any]:
        """What stands around a case; of other cases only those that he sees too."""
        around = surroundings(case, look.view)
        if around["links"] and viewer.actor is not None:
            seen = self._seen_among(case.collaboration.links, viewer)
            around["links"] = tuple(link for link in around["links"] if link.case in seen)
        return around

    def _seen_among(self, cases: Collection[str], viewer: Viewer) -> frozenset[str]:
        listing, sought = self._database.statements.listing, Sought(ids=tuple(sorted(cases)))
        return frozenset(listing.ids(self._database.connection(), viewer.sight, sought))

    def _offers(
        self, look: Look, case: Case, by: str, offered: Callable[..., tuple[Offer, ...]]
    ) -> tuple[tuple[str, str], ...]:
        if self._workflow(case.workflow, case.version) is None:
            return ()
        open_to_him = self._seen(look, case, lambda w: offered(w.workflow, case, by, w.facts, w.now))
        return tuple((offer.name, offer.title) for offer in open_to_him)

    def _seen(self, look: Look, case: Case, ask: Callable[[World], T]) -> T:
        workflow = self._definitions.of(case.workflow, case.version)
        while True:
            facts, _ = facts_of(look.view, look.staff.people)
            try:
                return ask(World(workflow, case, facts, self._clock.now()))
            except Need as need:
                look.view.fetch(self._judge.following(look.view, look.staff, lacking(need)))

    def _must_be_known(self, look: Look, actor: str) -> None:
        while True:
            try:
                self._judge.must_be_known(actor, look.view, look.staff)
            except Need as need:
                look.view.fetch(lacking(need))
                continue
            return


def _labels(look: Look, wanted: set[tuple[str, str]], labels: Mapping[str, str]) -> dict[str, str]:
    people = look.staff.people.records
    look.view.fetch({"record": {(e, k) for e, k in wanted if f"{e}:{k}" not in people}})
    found = {
        f"{e}:{k}": (people.get(f"{e}:{k}") or look.view.records.get((e, k)) or {}).get(labels[e]) for e, k in wanted
    }
    return {actor: name for actor, name in found.items() if isinstance(name, str) and name != actor.partition(":")[2]}


def _returned(case: Case) -> SignatureView | None:
    told = case.returned
    if told is None or case.entered is None:
        return None
    return SignatureView((), "returned", str(told["by"]), case.entered.isoformat(), str(told["opinion"]))


def _incident(case: Case) -> str | None:
    return f"{case.incident['where']}: {case.incident['message']}" if case.incident is not None else None


def _personal(case: Case) -> set[str]:
    """The refs of the personal values that a picture of the case shows."""
    texts = [comment["text"] for comment in case.collaboration.comments]
    return set(references([case.values, [all_[-1].values for all_ in case.answers.values()], texts]))
