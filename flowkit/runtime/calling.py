"""Who calls: the customer, the devices and the open cases that a desk wants to see before anything is typed."""

from __future__ import annotations

from flowkit.app.app import App
from flowkit.engine.row_condition import Among, Some
from flowkit.engine.viewer import Viewer
from flowkit.errors import RefusedError
from flowkit.runtime.customers import MADE, Customers, nameless
from flowkit.runtime.intake_views import CallerView
from flowkit.runtime.lists import CaseRow, Lists
from flowkit.runtime.looks import Look, Looks
from flowkit.runtime.personal import masked
from flowkit.store.listing import Sought

MOST_DEVICES = 50
MOST_CASES = 50


class Calling:
    def __init__(self, app: App, looks: Looks, customers: Customers, lists: Lists) -> None:
        self._app, self._looks, self._customers, self._lists = app, looks, customers, lists

    def caller(self, typed: str, by: str) -> CallerView:
        """RefusedError for who sits at no desk, and for what cannot be what customers are recognised by."""
        return self._looks.looking(lambda look: self._caller(look, typed, by))

    def _caller(self, look: Look, typed: str, by: str) -> CallerView:
        viewer = self._looks.viewer(look, by)
        desks = (i for i in self._app.intakes.values() if i.roles is not None and i.roles & viewer.roles)
        desk = next((i for i in desks if i.applicant is not None), None)
        if desk is None or desk.applicant is None:
            raise RefusedError("not-yours", "查来电的人要坐在接待的岗位上")
        value, problem = self._customers.read(typed, desk.form.fields[desk.applicant])
        if problem is not None:
            raise RefusedError("invalid", problem.message, [problem])
        actors = self._customers.all_found(value)
        if not actors:
            return CallerView(None, "")
        devices = self._devices(look, viewer, actors[0])
        cases = self._open_cases(viewer, actors[0], devices)
        return CallerView(actors[0], self._called(look, viewer, *_parted(actors[0])), devices, cases, tuple(actors[1:]))

    def _devices(self, look: Look, viewer: Viewer, actor: str) -> tuple[tuple[str, str, str], ...]:
        """The records that point to the customer by a field that is not hidden from who asks."""
        key, found = actor.partition(":")[2], list[tuple[str, str]]()
        for entity, name in self._customers.pointing():
            if not viewer.hides(self._app.entities[entity].fields[name]):
                found += [(entity, each) for each in self._customers.keys(entity, name, key)]
        some = list(dict.fromkeys(found))[:MOST_DEVICES]
        look.view.fetch({"record": set(some)})
        return tuple((entity, each, self._called(look, viewer, entity, each)) for entity, each in some)

    def _called(self, look: Look, viewer: Viewer, entity: str, key: str) -> str:
        """What a record is called: a personal name masked, a hidden one not at all."""
        name = self._shown(look, viewer, entity, key, self._app.entities[entity].label)
        if name is None and entity == self._app.customer_entity and MADE.fullmatch(key):
            known_by = self._shown(look, viewer, entity, key, self._app.recognised_by)
            return nameless(self._app.entities[entity].title, known_by)
        return key if name is None else name

    def _shown(self, look: Look, viewer: Viewer, entity: str, key: str, name: str | None) -> str | None:
        """A field of a record as text, masked where it is personal; None where it is empty or hidden."""
        look.view.fetch({"record": {(entity, key)}})
        record = look.view.records[entity, key]
        if name is None or record is None or viewer.hides(self._app.entities[entity].fields[name]):
            return None
        value = record.get(name)
        if isinstance(value, dict):
            look.view.fetch({"personal": {value["personal"]}})
            value = masked(value, look.view)
        return None if value is None else str(value)

    def _open_cases(self, viewer: Viewer, actor: str, devices: tuple[tuple[str, str, str], ...]) -> tuple[CaseRow, ...]:
        keys: dict[str, set[str]] = {}
        for entity, key, _ in devices:
            keys.setdefault(entity, set()).add(key)
        pairs = {
            (name, field.entity)
            for workflow in self._app.workflows.values()
            for name, field in workflow.fields.items()
            if field.entity in keys and not viewer.hides(field) and not field.personal
        }
        about = tuple(Among(name, tuple(sorted(keys[entity or ""]))) for name, entity in sorted(pairs, key=str))
        asked = [Sought(open=True, tied=actor)]
        if about:
            asked.append(Sought(open=True, rarely=Some(about)))
        return self._lists.matching(viewer, asked, MOST_CASES)


def _parted(actor: str) -> tuple[str, str]:
    entity, _, key = actor.partition(":")
    return entity, key
