"""The snapshot of people in memory, and which records they point to. Brought up to date when the counter of its revision moved.

It holds staff, units, shifts and who stands in for whom, so that whose a task is costs no query. Only what has changed
since is read: where somebody is changes many times a day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flowkit.app.app import App
from flowkit.engine.duty import Shift
from flowkit.engine.facts import Former
from flowkit.engine.people import People
from flowkit.engine.substitutes import Substitution
from flowkit.store.connection import Connection
from flowkit.store.statements import Statements

COUNTER = "people"

SUBSTITUTION = ""
"Stands in place of an entity's name for a row that tells who stands in for whom."

KEPT = timedelta(days=7)
"How long shifts are kept in memory after their end."

Changed = tuple[str, str, Any]
"""A record that has become another: entity, key, stored fields; `Former` ones have gone."""


@dataclass(frozen=True, slots=True)
class Staff:
    """`records` are staff and units in stored form, by entity and key; `references` the keys that staff point to, by entity."""

    revision: int = -1
    records: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    shifts: Mapping[str, Shift] = field(default_factory=dict)
    substitutions: Mapping[str, Substitution] = field(default_factory=dict)
    people: People = field(default_factory=People)
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Snapshot:
    """The newest that a process knows of its people; the writer and all readers share it."""

    def __init__(self, app: App, statements: Statements) -> None:
        self._app, self._statements = app, statements
        self.newest = Staff()

    def at(self, revision: int, connection: Connection, now: datetime) -> Staff:
        """Staff as of that revision, or of a later one that is known already."""
        known = self.newest
        if known.revision >= revision:
            return known
        entities = json.dumps(self._app.staffing.entities, ensure_ascii=False)
        rows = connection.read(self._statements.people_since, entities, known.revision)
        changes = [(e, key, Former(json.loads(body)) if gone else json.loads(body)) for e, key, body, gone in rows]
        self.newest = changed(self._app, known, changes, revision, now)
        return self.newest


def changed(app: App, staff: Staff, changes: Iterable[Changed], revision: int, now: datetime) -> Staff:
    """Staff after these records have become others."""
    staffing, duty = app.staffing, app.staffing.duty
    records = {entity: dict(staff.records.get(entity, {})) for entity in (staffing.entity, staffing.units) if entity}
    shifts, substitutions = dict[str, Shift | None](), dict(staff.substitutions)
    looked_up, moved = False, {}
    for entity, key, stored in changes:
        if entity == SUBSTITUTION:
            looked_up, substitutions[key] = True, Substitution.from_json(key, stored)
        elif duty is not None and entity == duty.entity:
            shifts[key] = staffing.shift(stored) if not isinstance(stored, Former) else None
        elif entity == staffing.entity and isinstance(stored, Former):
            looked_up = looked_up or records[entity].pop(key, None) is not None
        elif entity in records:
            differs = entity != staffing.entity or staffing.differ(records[entity].get(key, {}), stored)
            looked_up, records[entity][key] = looked_up or differs, stored
            moved[f"{entity}:{key}"] = stored
    if not looked_up and not shifts and staff.revision >= 0:
        people = replace(staff.people, records={**staff.people.records, **moved})
        return replace(staff, revision=revision, records=records, people=people)
    kept = {**staff.shifts, **shifts}
    standing = {key: shift for key, shift in kept.items() if shift is not None and not shift.over(now - KEPT)}
    in_force = {id_: each for id_, each in substitutions.items() if not each.over(now - KEPT)}
    people = staffing.people(records, standing.values(), in_force.values())
    return Staff(revision, records, standing, in_force, people, _references(app, records))


def _references(app: App, records: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, frozenset[str]]:
    """What staff point to beyond what is in memory."""
    found: dict[str, set[str]] = {}
    fields = app.entities[app.staff_entity].fields if app.staff_entity else {}
    for name, definition in fields.items():
        if definition.entity is not None and definition.entity not in records:
            for record in records[app.staff_entity or ""].values():
                found.setdefault(definition.entity, set()).update(keys_in(record.get(name)))
    return {entity: frozenset(keys) for entity, keys in found.items()}


def keys_in(value: Any) -> list[str]:
    """The keys that a reference, or a list of them, holds."""
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value if one not in (None, "")]
    return [] if value in (None, "") or isinstance(value, dict) else [str(value)]
