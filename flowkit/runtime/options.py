"""What can be chosen in a field: records, people, roles, what an operation offers; as far as a text fits, and not without end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from flowkit.app.app import App
from flowkit.engine.operations.choosing import named
from flowkit.engine.view import World
from flowkit.fields.definition import Field
from flowkit.fields.filling import Filling
from flowkit.runtime.looks import Look
from flowkit.store.database import Database

MOST_OPTIONS = 50
"How many records one list of options shows; the others are found by searching."

MOST_JUDGED = 2000
"How many records a condition is asked of, for one list of options."


@dataclass(frozen=True, slots=True)
class OptionView:
    """Something that can be chosen: `value` is what is typed for it, `label` what people call it."""

    value: str
    label: str


def fitting(pairs: Iterable[tuple[str, str]], text: str) -> Iterator[OptionView]:
    """The first MOST_OPTIONS of these values and names that hold the text."""
    found = (OptionView(*pair) for pair in pairs if text.casefold() in f"{pair[1]} {pair[0]}".casefold())
    return islice(found, MOST_OPTIONS)


class Options:
    def __init__(self, app: App, database: Database) -> None:
        self._app, self._database = app, database

    def of_field(
        self, look: Look, field: Field, filling: Filling, text: str, world: World, *, outsider: bool
    ) -> Iterator[OptionView]:
        """Of a field of a form; `filling` is how it stands. `outsider`: who chooses does not work here."""
        if field.entity is None:
            if field.type.name == "person" and not outsider:
                yield from fitting(((each, named(each, world)) for each in world.facts.people.records), text)
            if field.type.name == "role":
                yield from (OptionView(name, title) for name, title in self._app.business.roles.items())
            return
        if outsider and field.selectable is None:
            # Which records there are at all is nothing to be told outside, unless the author said which can be chosen.
            return
        found = 0
        for key, label in self.records(look, field.entity, text):
            record = world.record(field.entity, key)
            if record is not None and filling.may_choose(field, record):
                found += 1
                yield OptionView(key, f"{label} ({key})" if label != key else key)
                if found == MOST_OPTIONS:
                    return

    def records(self, look: Look, entity: str, text: str) -> list[tuple[str, str]]:
        """Key and name of records in use that `text` may mean, at most MOST_JUDGED; they are at hand then."""
        definition = self._app.entities[entity]
        label = definition.label
        if label is not None and (definition.fields[label].personal or definition.fields[label].hidden_from):
            label = None
        rows = self._database.connection().read(self._database.statements.records_in_use, entity)
        found = []
        for key, body in rows:
            name = (json.loads(body).get(label) if label is not None else None) or key
            if not text or text.casefold() in key.casefold() or text.casefold() in str(name).casefold():
                found.append((key, str(name)))
                if len(found) == MOST_JUDGED:
                    break
        if entity != self._app.staff_entity:
            look.view.fetch({"record": {(entity, key) for key, _ in found}})
        return found
