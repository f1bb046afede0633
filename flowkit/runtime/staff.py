"""The snapshot of people in memory, and which records they point to. Read again when the counter of its revision moved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowkit.app.app import App
from flowkit.engine.people import People
from flowkit.store.connection import Connection
from flowkit.store.statements import Statements

COUNTER = "people"


@dataclass(frozen=True, slots=True)
class Staff:
    """`records` are the staff entity's, by key; `references` the keys that they point to, by entity."""

    revision: int = -1
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    people: People = field(default_factory=People)
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)


def staff_at(revision: int, known: Staff, app: App, connection: Connection, statements: Statements) -> Staff:
    """Staff as of that revision: what is known already, or what the database holds."""
    if known.revision == revision:
        return known
    if app.staff_entity is None:
        return Staff(revision)
    rows = connection.read(statements.records_of, app.staff_entity)
    return staff_of(app, {key: json.loads(body) for key, body in rows}, revision)


def staff_of(app: App, records: Mapping[str, Mapping[str, Any]], revision: int) -> Staff:
    found: dict[str, set[str]] = {}
    fields = app.entities[app.staff_entity].fields if app.staff_entity else {}
    for name, definition in fields.items():
        if definition.entity is not None:
            for record in records.values():
                found.setdefault(definition.entity, set()).update(keys_in(record.get(name)))
    return Staff(revision, records, app.people(records), {entity: frozenset(keys) for entity, keys in found.items()})


def keys_in(value: Any) -> list[str]:
    """The keys that a reference, or a list of them, holds."""
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value if one not in (None, "")]
    return [] if value in (None, "") or isinstance(value, dict) else [str(value)]
