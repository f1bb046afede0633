"""What an expression sees of a case: stored values shown as people mean them, references followed, facts asked for.

A `World` is one case at one moment with the facts at hand; looking at what is not at hand raises `Need`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flowkit.engine.case import Case, Event
from flowkit.engine.definition import Workflow
from flowkit.engine.facts import Facts, Former
from flowkit.engine.party import SYSTEM
from flowkit.engine.stored import Personal, mark
from flowkit.fields.definition import Environment, Field


@dataclass(slots=True)
class Written:
    """What a command has done to records so far: fields by record, added rows by record and field."""

    fields: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    lines: dict[tuple[str, str, str], list[Any]] = field(default_factory=dict)

    def note(self, event: Event) -> None:
        if event.kind != "recorded":
            return
        entity, key = event.data["entity"], event.data["key"]
        self.fields.setdefault((entity, key), {}).update(event.data["set"])
        for name, row in event.data["add"].items():
            self.lines.setdefault((entity, key, name), []).append(row)

    def only(self, events: Iterable[Event]) -> None:
        """What only these events have done."""
        self.fields.clear()
        self.lines.clear()
        for event in events:
            self.note(event)


@dataclass(frozen=True)
class World:
    """One case as judged at `now`. `extra` holds the things at hand (`actor`, `candidate`, `row`, `event`, a form's fields).

    `sealed` shows personal values as marks; `secrets` are personal values of this very command, by ref; `written` is what
    this command has done to records so far, and grows while it is judged. `uploaders` are those in whose name this command
    may take what they have sent.
    """

    workflow: Workflow
    case: Case
    facts: Facts
    now: datetime
    extra: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict)
    sealed: bool = False
    written: Written = field(default_factory=Written)
    uploaders: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Any:
        if name in self.extra:
            return self.extra[name]
        return self.workflow.names[name](self)

    def with_(self, **extra: Any) -> World:
        more = {**self.extra, **extra}
        made = (self.workflow, self.case, self.facts, self.now, more, self.secrets, self.sealed, self.written)
        return World(*made, self.uploaders)

    def sent_by(self, *uploaders: str) -> World:
        """The same for a form that these fill in: they may use what they have sent."""
        return replace(self, uploaders=uploaders)

    def record(self, entity: str, key: str) -> RecordView | None:
        """The record as expressions see it, or None when there is none."""
        return None if self.stored(entity, key) is None else RecordView(self, entity, key)

    def stored(self, entity: str, key: str) -> Mapping[str, Any] | None:
        """The record's fields in stored form, as this command has left them so far."""
        found, changes = self._fetched(entity, key), self.written.fields.get((entity, key))
        return found if found is None or changes is None else {**found, **changes}

    def lines(self, entity: str, key: str, name: str) -> list[Any]:
        """The rows added to a field of a record, those of this command last."""
        return [*self.facts["lines", entity, key, name], *self.written.lines.get((entity, key, name), ())]

    def _fetched(self, entity: str, key: str) -> Mapping[str, Any] | None:
        business, people = self.workflow.business, self.facts.people
        if entity in (business.staff, business.units):
            records = people.records if entity == business.staff else people.tree.records
            found = records.get(f"{entity}:{key}" if entity == business.staff else key)
            if found is not None:
                return found
        stored: Mapping[str, Any] | None = self.facts["record", entity, key]
        return stored

    def person(self, actor: str | None) -> RecordView | str | None:
        """A person by actor (`employee:zhang`): the record behind it, or the bare text for `system:` and the unknown."""
        if not actor:
            return None
        entity, _, key = actor.partition(":")
        if entity in self.workflow.business.entities:
            return self.record(entity, key) or actor
        return actor

    def has_gone(self, entity: str, key: str) -> bool:
        """Whether that record is none, or has gone from the app's files; who works here stands in the snapshot of staff."""
        if entity == self.workflow.business.staff and f"{entity}:{key}" in self.facts.people.records:
            return False
        found = self._fetched(entity, key)
        return found is None or isinstance(found, Former)

    def choosable(self, entity: str, key: str) -> RecordView | None:
        """The record if somebody may choose it: one that has gone only where the case points to it already."""
        if self.has_gone(entity, key) and not _holds(self.case.values, key):
            return None
        return self.record(entity, key)

    def taken_upload(self, id: str) -> Mapping[str, Any] | None:
        """What somebody sent, where a machine puts it into this case: it belongs to a case already, or may be taken."""
        found: Mapping[str, Any] | None = self.facts["upload", id]
        return found if found is not None and (found["case"] or found["by"] in self.uploaders) else None

    def upload(self, id: str) -> Mapping[str, Any] | None:
        """The same where somebody puts it there by hand: this case has it, or nobody has and it is his."""
        found = self.taken_upload(id)
        if found is None or not found["case"] or found["case"] == self.case.id:
            return found
        if self.case.created is None and (
            self.case.parent is not None or any(u.startswith(SYSTEM) for u in self.uploaders)
        ):
            return found  # What begins a case for another one hands on what that one has.
        return found if _holds(self.case.values, id) else None

    def personal(self, ref: str) -> Any:
        if self.sealed:
            return mark(ref)
        return self.secrets[ref] if ref in self.secrets else self.facts["personal", ref]


def _holds(stored: Any, key: str) -> bool:
    """Whether a value in stored form is that key, or has it in it."""
    if isinstance(stored, Mapping):
        return any(_holds(member, key) for member in stored.values())
    return any(_holds(one, key) for one in stored) if isinstance(stored, list) else bool(stored == key)


class RecordView:
    """One record: its fields by name, references followed. Equal to the same record and to its key as text."""

    __slots__ = ("entity", "key", "world")

    def __init__(self, world: World, entity: str, key: str) -> None:
        self.world, self.entity, self.key = world, entity, key

    @property
    def stored(self) -> Mapping[str, Any]:
        return self.world.stored(self.entity, self.key) or {}

    @property
    def actor(self) -> str:
        return f"{self.entity}:{self.key}"

    def attribute(self, name: str) -> Any:
        business = self.world.workflow.business
        definition = business.entities[self.entity].fields.get(name)
        if definition is not None:
            if definition.type.name == "rows":
                rows = self.world.lines(self.entity, self.key, name)
                return [show_row(definition, row, self.world) for row in rows]
            return show(definition, self.stored.get(name), self.world)
        if name == "key":
            return self.key
        if name == "open_tasks" and self.entity == business.staff:
            loads = self.world.extra.get("loads")
            return (loads if loads is not None else self.world.facts["loads", (self.actor,)]).get(self.actor, 0)
        if name == "on_duty" and self.entity == business.staff:
            return self.world.facts.people.on_duty(self.actor, self.world.now)
        return None

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RecordView):
            return (self.entity, self.key) == (other.entity, other.key)
        return isinstance(other, str) and other in (self.key, self.actor)

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def name(self) -> Any:
        """What people call it: its label, else its key."""
        entity = self.world.workflow.business.entities[self.entity]
        label = self.attribute(entity.label) if entity.label else None
        return self.key if label is None else label

    def __str__(self) -> str:
        return str(self.name)


def show(definition: Field, stored: Any, world: World) -> Any:
    """A stored value as an expression sees it: moments as moments, references as records, personal values fetched."""
    if isinstance(stored, Mapping) and "personal" in stored:
        if world.sealed:
            return mark(stored["personal"])
        shown = show_plain(definition, world.personal(stored["personal"]), world)
        return Personal.kept(shown, stored["personal"]) if isinstance(shown, str) else shown
    return show_plain(definition, stored, world)


def show_plain(definition: Field, stored: Any, world: World) -> Any:
    """`show` for a value that stands where it belongs."""
    if stored is None:
        return None
    if definition.entity is not None:
        if isinstance(stored, list):
            return [world.record(definition.entity, key) for key in stored]
        return world.record(definition.entity, stored)
    if definition.type.name == "person":
        return world.person(stored)
    if definition.type.name == "rows":
        return [show_row(definition, row, world) for row in stored]
    return definition.type.load(stored)


def show_row(definition: Field, row: Mapping[str, Any], world: World) -> dict[str, Any]:
    """One row of a `rows` field, column by column."""
    return {name: show(column, row.get(name), world) for name, column in (definition.of or {}).items()}


def environment(world: World) -> Environment:
    """What a field may look up while it is read or checked."""
    business = world.workflow.business
    return Environment(
        business.settings,
        world.record,
        world.person,
        business.roles,
        choosable=world.choosable,
        upload=world.taken_upload,
        own_upload=world.upload,
    )
