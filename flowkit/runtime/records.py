"""Records of entities in the database: the rows of the app's files when it is opened, and rows that are brought in later.

What a file gives overwrites what stands in a record only when the file's row has changed; a cell that was emptied empties the
field. What no file gives any more is gone: it can be read where it is referred to. What was imported stays in any case.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flowkit.app.app import App
from flowkit.engine.draft import commitment
from flowkit.engine.facts import Former
from flowkit.engine.stored import store_value
from flowkit.engine.units import Units
from flowkit.errors import Problem, RefusedError
from flowkit.fields.definition import Environment
from flowkit.records.entity import Entity
from flowkit.runtime.record_index import MARK, RecordIndex, bring_in_index
from flowkit.runtime.rowtext import digest, dump
from flowkit.runtime.staff import COUNTER
from flowkit.runtime.view import View
from flowkit.store.connection import Connection
from flowkit.store.shelf import new_key, seal
from flowkit.store.statements import Statements
from flowkit.store.writing import Rows, write

Stored = Mapping[str, Any]


@dataclass(slots=True)
class Records:
    """Puts records into the rows of one transaction."""

    app: App
    view: View
    index: RecordIndex
    rows: Rows = field(default_factory=Rows)

    def put(self, entity: Entity, key: str, given: Stored, source: str = "") -> None:
        """Lay these stored values over the record of that key; the view must hold the record and its person key.

        `source` is the digest of the row of the app's file that gives them; without it they are imported.
        """
        where, subject = (entity.name, key), f"{entity.name}:{key}"
        present = self.view.records[where]
        if entity.name in (self.app.staff_entity, self.app.customer_entity):
            self._key_of(subject)
        record = dict(present or {})
        for name, value in given.items():
            definition = entity.fields[name]
            if definition.type.name == "rows":
                self.rows.record_lines += [(*where, name, dump(line)) for line in value or () if present is None]
            elif definition.personal and value is not None:
                record[name] = self._put_aside(subject, name, value)
            else:
                record[name] = value
        self.view.records[where] = record
        self.rows.record_index += self.index.rows(entity.name, key, given)
        revision = self._counted(entity)
        if source:
            filled = [name for name, value in given.items() if value is not None]
            self.rows.given_records.append((*where, dump(record), source, revision, dump(filled), 0, 0))
        else:
            self.rows.imported_records.append((*where, dump(record), "", revision, "", 1, 0))

    def leave(self, entity: Entity, key: str) -> None:
        """No file gives the record of that key any more."""
        self.rows.leave_records.append((self._counted(entity), entity.name, key))

    def _counted(self, entity: Entity) -> int:
        """The revision of what becomes of a record that is held in memory, which others must learn of; of any other 0."""
        if entity.name not in self.app.staffing.entities:
            return 0
        revision = self.view.counters[COUNTER] + 1
        self.rows.counters.append((COUNTER, revision))
        return revision

    def _put_aside(self, subject: str, name: str, value: Any) -> dict[str, str]:
        ref, salt = f"{subject}/{name}/{secrets.token_hex(8)}", secrets.token_hex(32)
        self.rows.personal.append(
            (ref, subject, seal(self._key_of(subject), ref, {"value": value, "salt": salt}), None)
        )
        return {"personal": ref, "commitment": commitment(ref, salt, value)}

    def _key_of(self, subject: str) -> str:
        key = self.view.persons[subject]
        if key is None:
            key = self.view.persons[subject] = new_key()
            self.rows.person_keys.append((subject, key))
        return key


def bring_in_app(
    app: App, connection: Connection, statements: Statements, secret: bytes, reach: Callable[[str], None]
) -> None:
    """The app's rows and the closures of its workflows into the database, inside the transaction that is open."""
    index = RecordIndex(app, secret)
    records = Records(app, View(connection, statements), index)
    records.rows.record_index += bring_in_index(index, connection, statements)
    records.rows.meta.append((MARK, dump(index.held)))
    for name in app.entities:
        _bring_in_rows(app, name, records, connection, statements, secret)
    known = connection.read(statements.definitions)
    have = {version for (version,) in known}
    records.rows.definitions = [
        (workflow.version, name, app.closure(name))
        for name, workflow in app.workflows.items()
        if workflow.version not in have
    ]
    write(connection, statements, records.rows, reach)


def _bring_in_rows(
    app: App, name: str, records: Records, connection: Connection, statements: Statements, secret: bytes
) -> None:
    given = app.rows[name]
    whole = digest([[key, dict(row)] for key, row in given.items()], secret)
    mark = f"rows:{name}"
    if connection.read(statements.meta, mark) == [(whole,)]:
        return
    entity = app.entities[name]
    stored = {key: (source, filled) for key, source, filled in connection.read(statements.sources_of, name)}
    digests = {key: digest(dict(row), secret) for key, row in given.items()}
    changed = [key for key in given if stored.get(key, ("", ""))[0] != digests[key]]
    fetch(records.view, name, changed)
    for key in changed:
        before = json.loads(stored.get(key, ("", ""))[1] or "[]")
        emptied = {n: None for n in before if n in entity.fields}
        records.put(entity, key, {**emptied, **{n: v for n, v in given[key].items() if v is not None}}, digests[key])
    for key, (source, _) in stored.items():
        if source and key not in given:
            records.leave(entity, key)
    records.rows.meta.append((mark, whole))


def fetch(view: View, entity: str, keys: Sequence[str]) -> None:
    """Read what it takes to lay values over these records."""
    subjects = {f"{entity}:{key}" for key in keys}
    view.fetch({"record": {(entity, key) for key in keys}, "person": subjects, "counter": {COUNTER}})


def import_records(
    app: App,
    entity_name: str,
    given: Sequence[Mapping[str, Any]],
    connection: Connection,
    statements: Statements,
    reach: Callable[[str], None],
    secret: bytes,
) -> int:
    """Rows as typed, laid over the records there are: a field that a row does not name keeps what it holds.

    All rows or none: raises RefusedError with every problem of every row. Says how many rows there were.
    """
    entity = app.entities.get(entity_name)
    if entity is None:
        known = "、".join(app.entities)
        raise RefusedError(
            "unknown-entity", f"没有“{entity_name}”这种记录,现有: {known}", details={"entity": entity_name}
        )
    view = View(connection, statements)
    environment = Environment(
        app.settings, lambda name, key: _exists(view, entity_name, named, name, key), roles=app.business.roles
    )
    keys = [_key(entity, row, environment) for row in given]
    named = {key for key in keys if key is not None}
    fetch(view, entity_name, sorted(named))
    records, problems, laid = Records(app, view, RecordIndex(app, secret)), list[Problem](), dict[str, Stored]()
    for number, (key, row) in enumerate(zip(keys, given, strict=True), 1):
        present = None if key is None else view.records[entity_name, key]
        values, wrong = entity.read(row, environment, None if present is None else _shown(entity, present))
        problems += [replace(p, field=f"{number}.{p.field}") for p in wrong]
        if key is not None and not problems:
            stored = {n: store_value(entity.fields[n], v) for n, v in values.items() if present is None or n in row}
            records.put(entity, key, stored)
            laid[key] = stored
    if problems:
        raise RefusedError("invalid", f"{entity.title}有 {len(problems)} 处需要更正,一行都没有导入", problems)
    if entity_name == app.staffing.units:
        present = {k: json.loads(body) for k, body in connection.read(statements.records_of, entity_name)}
        if ring := Units.of(present, app.staffing.parent).ring_with(laid):
            raise RefusedError("circular-units", f"{entity.title}不能互相隶属: {' → '.join(ring)},一行都没有导入")
    write(connection, statements, records.rows, reach)
    return len(given)


def _key(entity: Entity, row: Mapping[str, Any], environment: Environment) -> str | None:
    """The key of a row as typed; None when it is missing or cannot be read, which reading the row will tell."""
    values, _ = entity.read({n: v for n, v in row.items() if n == entity.key}, environment, {})
    return entity.key_of(values)


def _exists(view: View, importing: str, named: set[str], entity: str, key: str) -> dict[str, Any] | None:
    if entity == importing and key in named:
        return {}
    view.fetch({"record": {(entity, key)}})
    found = view.records[entity, key]
    return None if found is None or isinstance(found, Former) else dict(found)


def _shown(entity: Entity, stored: Stored) -> dict[str, Any]:
    """A stored record as plain values; personal ones are not needed to check others, so they stay sealed."""
    return {
        name: value if definition.entity is not None or isinstance(value, dict) else definition.type.load(value)
        for name, definition in entity.fields.items()
        if (value := stored.get(name)) is not None and definition.type.name != "rows"
    }
