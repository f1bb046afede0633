"""Looking at cases: as they are, as they became so, and what people call what is in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from flowkit.app.app import App
from flowkit.engine.apply import fold
from flowkit.engine.approval.changes import closed
from flowkit.engine.case import Case, Event
from flowkit.engine.offers import offers, operations
from flowkit.engine.redaction import LINKING, references, visible, visible_event, visible_values
from flowkit.engine.view import World
from flowkit.engine.viewer import Viewer
from flowkit.errors import RefusedError
from flowkit.runtime.judging import unknown_case
from flowkit.runtime.looks import Look, Looks
from flowkit.runtime.names import Names, actors_in, label_field
from flowkit.runtime.personal import masked, with_values
from flowkit.runtime.standing import standing
from flowkit.runtime.surroundings import surroundings
from flowkit.runtime.taking import names_upload, unknown_upload
from flowkit.runtime.view import stored_case
from flowkit.runtime.views import CaseView, EventView, RelativeView, SignatureView, incident, nearest_due
from flowkit.store.database import Database

FILLING = ("created", "answered", "edited", "set")
"Kinds of events that hold values of fields, each judged: what else stands in a history, anybody may have typed."

T = TypeVar("T")


class Reader:
    def __init__(self, app: App, database: Database, looks: Looks) -> None:
        self._app, self._database, self._looks = app, database, looks

    # --- one case -----------------------------------------------------------------------------------------------------

    def case(self, case_id: str, by: str | None) -> CaseView:
        """The case now. With `by`, what that person may do.

        Raises RefusedError for an unknown actor, then for a case that is unknown or that he may not see: alike.
        """
        return self._looks.looking(lambda look: self._offered(look, *self._looks.seen_by(look, case_id, by)))

    def plain(self, case_id: str, by: str | None) -> CaseView:
        """The case now, after what that person did to it: also where he does not see it any more."""
        return self.shown(self._looks.stored(case_id), by)

    def at(self, case_id: str, sequence: int, by: str | None) -> CaseView:
        """The case as it was after that event."""

        def ask(look: Look) -> CaseView:
            viewer = self._looks.viewer(look, by)
            return self._view_of(fold(self._stored_events(case_id)[:sequence]), look, viewer)

        return self._looks.looking(ask)

    def look(self, case_id: str, ask: Callable[[World], T]) -> T:
        """What `ask` makes of the case as expressions see it now. It is asked again when facts were lacking."""
        return self._looks.looking(lambda look: self._looks.asked(look, self._looks.stored(case_id), ask))

    def shown(self, case: Case, by: str | None) -> CaseView:
        """A case at hand, as that person sees it."""
        return self._looks.looking(lambda look: self._view_of(case, look, self._looks.viewer(look, by)))

    def find(self, named: str, by: str | None) -> CaseView | None:
        """The case with that id, else with that number, that he may see; None when there is none.

        RefusedError when several share it.
        """

        def ask(look: Look) -> CaseView | None:
            viewer, connection = self._looks.viewer(look, by), self._database.connection()
            rows = self._database.statements.listing.named(connection, viewer.sight, named)
            if len(rows) > 1:
                raise RefusedError(
                    "ambiguous", f"有几个工单都是 {named},请用编号 id 查找", details={"ids": [r[0] for r in rows]}
                )
            if not rows:
                return None
            case = stored_case(*rows[0])
            return self._view_of(case, look, viewer, in_full=viewer.in_full(case))

        return self._looks.looking(ask)

    # --- its history --------------------------------------------------------------------------------------------------

    def history(self, case_id: str, by: str | None) -> list[EventView]:
        return [EventView.of(number, event) for number, event in enumerate(self.events(case_id, by), 1)]

    def events(self, case_id: str, by: str | None) -> list[Event]:
        """All events of a case as he may read them; RefusedError when there is none that he may see."""
        if by is None:
            return self._stored_events(case_id)
        case, viewer, linked = self._looks.looking(lambda look: self._read_by(look, case_id, by))
        known = self._looks.known(case)
        blind = known.blinds(viewer)
        return [visible_event(e, known, viewer, blind=blind, linked=linked) for e in self._stored_events(case_id)]

    def _read_by(self, look: Look, case_id: str, by: str) -> tuple[Case, Viewer, frozenset[str]]:
        """A case, who reads its history, and which of the cases he sees that it was ever linked to."""
        case, viewer = self._looks.seen_by(look, case_id, by)
        others = {e.data["case"] for e in self._stored_events(case_id) if e.kind in LINKING}
        return case, viewer, self._looks.seen_among(others, viewer) if others else frozenset()

    def _stored_events(self, case_id: str) -> list[Event]:
        rows = self._database.connection().read(self._database.statements.history, case_id)
        if not rows:
            raise unknown_case(case_id)
        return [Event.from_json(json.loads(body)) for _, body, _ in rows]

    def must_see_upload(self, case_id: str, upload: str, by: str | None) -> None:
        """RefusedError unless that person sees the case and a value in it, of now or of its history, that names the upload.

        `masked` where he must ask first to see it, as the field is personal.
        """

        def now(look: Look) -> bool:
            case, viewer = self._looks.seen_by(look, case_id, by)
            known, seen = self._looks.known(case), []
            if known.workflows or by is None:
                seen = [visible(case.values, known.own, viewer)]
                seen += [visible(a.values, known.answered(n), viewer) for n, all_ in case.answers.items() for a in all_]
            return self._shows(seen, upload, look, in_full=by is None or viewer.in_full(case))

        def once(look: Look) -> bool:
            case, viewer = self._looks.seen_by(look, case_id, by)
            return self._shows(told, upload, look, in_full=by is None or viewer.in_full(case))

        if not self._looks.looking(now):
            told = [event.data for event in self.events(case_id, by) if event.kind in FILLING]
            if not self._looks.looking(once):
                raise unknown_upload()

    def _shows(self, values: Any, upload: str, look: Look, *, in_full: bool) -> bool:
        """Whether values name an upload; RefusedError `masked` where only personal ones do, and they are not for him."""
        if names_upload(values, upload):
            return True
        refs = set(references(values))
        look.view.fetch({"personal": refs})
        if not any(names_upload(look.view.personal[ref], upload) for ref in refs):
            return False
        if not in_full:
            raise RefusedError("masked", "文件里有个人信息: 先“查看完整信息”,写明原因")
        return True

    # --- names --------------------------------------------------------------------------------------------------------

    def people(self, actors: Iterable[str], by: str | None = None) -> dict[str, str]:
        """What those of these actors are called whose names are known and not personal; an outsider knows no other."""
        named = set(actors)

        def ask(look: Look) -> dict[str, str]:
            viewer, staff = self._looks.viewer(look, by), look.staff.people.records
            wanted = {a for a in named if not viewer.outsider or a == by or a in staff}
            pairs = {tuple(a.partition(":")[::2]) for a in wanted}
            known = {entity: label for entity, _ in pairs if (label := label_field(self._app, entity)) is not None}
            return _labels(look, {(e, k) for e, k in pairs if e in known}, known)

        return self._looks.looking(ask)

    def labels(self, records: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """What those of these records (entity and key) are called that have a name which everybody may read."""
        wanted = {(entity, key) for entity, key in records if self._named(entity)}

        def ask(look: Look) -> dict[tuple[str, str], str]:
            labels = {entity: self._app.entities[entity].label or "" for entity, _ in wanted}
            found = _labels(look, wanted, labels)
            return {(entity, key): label for entity, key in wanted if (label := found.get(f"{entity}:{key}"))}

        return self._looks.looking(ask)

    def _named(self, entity: str) -> bool:
        made = self._app.entities.get(entity)
        field = made.fields.get(made.label) if made is not None and made.label is not None else None
        return field is not None and not field.personal and not field.hidden_from

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
        workflow = self._looks.version(name, version)
        channels = {name: channel.title for name, channel in self._app.channels.items()}
        return Names(workflow, people, business.roles, business.entities, channels)

    # --- its picture --------------------------------------------------------------------------------------------------

    def _offered(self, look: Look, case: Case, viewer: Viewer) -> CaseView:
        """A case with what may be done by whoever looks."""
        shown, by = self._view_of(case, look, viewer, in_full=viewer.in_full(case)), viewer.actor
        if by is None:
            return shown
        actions, others = (self._looks.offered(look, case, by, ask) for ask in (offers, operations))
        return replace(shown, actions=actions, operations=others)

    def _view_of(self, case: Case, look: Look, viewer: Viewer, *, in_full: bool = False) -> CaseView:
        look.view.fetch({"personal": _personal(case)})
        workflow = self._looks.workflow(case)
        answers = {name: all_[-1].values for name, all_ in case.answers.items()}
        values = visible_values(case.values, answers, self._looks.known(case), viewer)
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
            due=nearest_due(case),
            outcome=case.outcome,
            ended=case.ended,
            values=Names(workflow).in_order((with_values if in_full else masked)(values, look.view)),
            actions=(),
            incident=incident(case),
            sequence=case.sequence,
            helpers=case.helpers,
            deadlines=standing(case, workflow) if workflow is not None else (),
            signatures=_signatures(case),
            returned=_returned(case),
            late=case.late_since if not case.ended else None,
            **self._surroundings(case, look, viewer),
        )

    def _surroundings(self, case: Case, look: Look, viewer: Viewer) -> dict[str, Any]:
        """What stands around a case; of other cases only those that he sees too."""
        around = surroundings(case, look.view)
        if around["links"] and viewer.actor is not None:
            seen = self._looks.seen_among(case.collaboration.links, viewer)
            around["links"] = tuple(link for link in around["links"] if link.case in seen)
        around["relatives"] = self._relatives(case, look, viewer)
        return around

    def _relatives(self, case: Case, look: Look, viewer: Viewer) -> tuple[RelativeView, ...]:
        """Which began it, and which it has begun, of those that whoever looks may see."""
        how = {child.id: "child" for child in case.children if child.state != "waiting"}
        if case.parent is not None:
            how[str(case.parent["case"])] = "parent"
        seen = self._looks.seen_among(how, viewer) if viewer.actor is not None and how else frozenset(how)
        look.view.fetch({"case": {id_ for id_ in how if id_ in seen}})
        found = ((id_, held.case) for id_ in how if id_ in seen and (held := look.view.cases.get(id_)) is not None)
        return tuple(RelativeView(id_, other.number, other.workflow, how[id_], other.outcome) for id_, other in found)


def _labels(look: Look, wanted: set[tuple[str, str]], labels: Mapping[str, str]) -> dict[str, str]:
    people = look.staff.people.records
    look.view.fetch({"record": {(e, k) for e, k in wanted if f"{e}:{k}" not in people}})
    found = {
        f"{e}:{k}": (people.get(f"{e}:{k}") or look.view.records.get((e, k)) or {}).get(labels[e]) for e, k in wanted
    }
    return {actor: name for actor, name in found.items() if isinstance(name, str) and name != actor.partition(":")[2]}


def _signatures(case: Case) -> tuple[SignatureView, ...]:
    """Where a case was called off at an approval nobody is asked any more."""
    if case.sheet is None:
        return ()
    return tuple(SignatureView.of(seat) for seat in (closed(case.sheet) if case.ended else case.sheet))


def _returned(case: Case) -> SignatureView | None:
    told = case.returned
    if told is None or case.entered is None:
        return None
    return SignatureView((), "returned", str(told["by"]), case.entered.isoformat(), str(told["opinion"]))


def _personal(case: Case) -> set[str]:
    """The refs of the personal values that a picture of the case shows."""
    texts = [comment["text"] for comment in case.collaboration.comments]
    return set(references([case.values, [all_[-1].values for all_ in case.answers.values()], texts]))
