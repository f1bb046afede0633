"""By what records are found besides their key: customers by what recognises them, others by the customer they point to.

What may be personal stands as a digest under the database's own secret: whoever has the rows learns no phone number, and
asking costs one look at an index however many customers there are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flowkit.app.app import App
from flowkit.runtime.rowtext import digest, dump
from flowkit.runtime.view import View
from flowkit.store.connection import Connection, Row
from flowkit.store.statements import Statements

MARK = "record_index"
"Under this name META tells which fields are held."


@dataclass(frozen=True)
class RecordIndex:
    app: App
    secret: bytes

    @cached_property
    def held(self) -> Mapping[str, Mapping[str, bool]]:
        """By entity the fields that are held, with each whether it stands as a digest."""
        customers, by = self.app.customer_entity, self.app.recognised_by
        found: dict[str, dict[str, bool]] = {}
        for name, entity in self.app.entities.items():
            for field in entity.fields.values():
                if field.entity == customers is not None and field.type.name in ("reference", "choice"):
                    found.setdefault(name, {})[field.name] = False
        if customers is not None and by is not None:
            found.setdefault(customers, {})[by] = True
        return found

    def rows(self, entity: str, key: str, values: Mapping[str, Any]) -> list[Row]:
        """The rows of a record in which these values, plain and in stored form, have changed."""
        held = self.held.get(entity, {})
        return [(entity, key, name, self.text(entity, name, values[name])) for name in held if name in values]

    def text(self, entity: str, name: str, value: Any) -> str | None:
        """What stands for a value in the index; None for an empty one."""
        if value is None or value == "":
            return None
        return digest(["found by", entity, name, str(value)], self.secret) if self.held[entity][name] else str(value)


def bring_in_index(index: RecordIndex, connection: Connection, statements: Statements) -> list[Row]:
    """The rows for all records, where another set of fields was held until now; inside the transaction that is open."""
    mark = dump(index.held)
    if connection.read(statements.meta, MARK) == [(mark,)]:
        return []
    connection.write(statements.clear_record_index, [()])
    view, found = View(connection, statements), list[Row]()
    for entity, held in index.held.items():
        stored = {key: _stored(body) for key, body in connection.read(statements.records_of, entity)}
        refs = {v["personal"] for r in stored.values() for n in held if isinstance(v := r.get(n), dict)}
        view.fetch({"personal": refs})
        for key, record in stored.items():
            found += index.rows(entity, key, {n: plain(record.get(n), view.personal) for n in held})
    return found


def plain(value: Any, personal: Mapping[str, Any]) -> Any:
    """A stored value with a personal one in its place; what is neither at hand nor one value is empty."""
    if isinstance(value, dict):
        return personal.get(value.get("personal", ""))
    return None if isinstance(value, list) else value


def _stored(body: str) -> dict[str, Any]:
    return dict(json.loads(body))
