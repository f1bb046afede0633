"""Customers by what recognises them, such as a phone: found, or made when they come for the first time.

The key of one who is made follows from that and the database's secret: whoever comes twice at once is one customer, and
nobody can tell a phone from a key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flowkit.app.app import App
from flowkit.engine.stored import store_value
from flowkit.errors import Problem
from flowkit.fields.definition import Environment, Field
from flowkit.fields.reading import is_absent, read
from flowkit.records.entity import Entity
from flowkit.runtime.failpoints import reach
from flowkit.runtime.record_index import RecordIndex
from flowkit.runtime.records import Records, fetch
from flowkit.runtime.rowtext import digest
from flowkit.runtime.view import View
from flowkit.runtime.writer import Writer
from flowkit.store.connection import Connection
from flowkit.store.database import Database
from flowkit.store.writing import write

KEY_LENGTH = 20

MADE = re.compile(rf"(?<![0-9A-Za-z])c[0-9a-f]{{{KEY_LENGTH}}}(?![0-9A-Za-z])")
"""The key of one who was made: chance, and nobody's name."""


def nameless(title: str, masked: str | None) -> str:
    """What a customer is called of whom no name is known: 客户 138****0001, 客户 alone for whom the number is hidden from."""
    return f"{title} {masked}" if masked else title


class Customers:
    """Only of use where the app says by what customers are recognised."""

    def __init__(self, app: App, database: Database, writer: Writer) -> None:
        self._app, self._database, self._writer = app, database, writer
        self._index = RecordIndex(app, database.secret)

    @property
    def _entity(self) -> Entity:
        assert self._app.customer_entity is not None
        return self._app.entities[self._app.customer_entity]

    @property
    def _by(self) -> Field:
        assert self._app.recognised_by is not None
        return self._entity.fields[self._app.recognised_by]

    def read(self, typed: Any, asked: Field) -> tuple[Any, Problem | None]:
        """What was typed in that field, as customers hold it in stored form; or what is wrong with it."""
        if is_absent(typed):
            return None, Problem(asked.name, "required", f"请填写{asked.title}", asked.title)
        found = read(self._by, typed, Environment(self._app.settings, lambda entity, key: None))
        if found.misfits:
            misfit = found.misfits[0]
            return None, Problem(asked.name, misfit.code, misfit.message, asked.title)
        return store_value(self._by, found.value), None

    def found(self, value: Any, connection: Connection | None = None) -> str | None:
        """The customer who holds that value, in stored form: of several the first by key."""
        return next(iter(self.all_found(value, connection)), None)

    def all_found(self, value: Any, connection: Connection | None = None) -> list[str]:
        """All who hold it, as actors."""
        return [f"{self._entity.name}:{key}" for key in self.keys(self._entity.name, self._by.name, value, connection)]

    def keys(self, entity: str, name: str, value: Any, connection: Connection | None = None) -> list[str]:
        """The keys of the records of which the index holds that value under that field, sorted."""
        text = self._index.text(entity, name, value)
        if text is None:
            return []
        asked = connection or self._database.connection()
        return [key for key, _ in asked.read(self._database.statements.records_found, entity, name, text)]

    def pointing(self) -> list[tuple[str, str]]:
        """The fields, with their entities, that point to customers."""
        return [
            (entity, name) for entity, held in self._index.held.items() for name, sealed in held.items() if not sealed
        ]

    def found_or_made(self, typed: Any, values: Mapping[str, Any], asked: str) -> tuple[str, bool]:
        """The customer who is recognised by that; one who comes for the first time gets what was typed under the same names.

        Says whether he does. In a transaction of its own. A required field of customers that was not asked stays empty, for somebody to fill in.
        """
        entity, by = self._entity, self._by
        stored = store_value(by, read(by, typed, Environment(self._app.settings, lambda e, k: None)).value)

        def make(connection: Connection) -> tuple[str, bool]:
            if (known := self.found(stored, connection)) is not None:
                return known, False
            view = View(connection, self._database.statements)
            key = self._new_key(view, stored)
            records = Records(self._app, view, self._index)
            records.put(entity, key, {**self._known_of(values, asked), by.name: stored, entity.key: key})
            write(connection, self._database.statements, records.rows, reach)
            return f"{entity.name}:{key}", True

        return self._writer.perform(make)

    def _new_key(self, view: View, stored: Any) -> str:
        """A key that no record has; fetched, with what writing it takes."""
        entity, turn = self._entity, 0
        while True:
            made = digest(["customer", entity.name, str(stored), turn], self._database.secret)[:KEY_LENGTH]
            key = str(stored) if entity.key == self._by.name else f"c{made}"
            fetch(view, entity.name, [key])
            if view.records[entity.name, key] is None or entity.key == self._by.name:
                return key
            # It was made for somebody who is recognised by something else now.
            turn += 1

    def _known_of(self, values: Mapping[str, Any], asked: str) -> dict[str, Any]:
        """What was typed of the entity's own fields: those of the same name, as far as they fit."""
        entity, found = self._entity, {}
        given = {n: v for n, v in values.items() if n in entity.fields and n not in (asked, entity.key, self._by.name)}
        environment = Environment(self._app.settings, lambda e, k: None, roles=self._app.business.roles)
        for name, typed in given.items():
            field = entity.fields[name]
            if field.value is not None or field.entity is not None or is_absent(typed):
                continue
            result = read(field, typed, environment)
            if not result.misfits:
                found[name] = store_value(field, result.value)
        return found
