"""All entities of an app: read together, because records point at each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flowkit.diagnostics import Findings
from flowkit.engine.stored import store_values
from flowkit.fields.kinds import PEOPLE
from flowkit.fields.linking import link_fields
from flowkit.records import entity as entities
from flowkit.records.entity import Entity, EntityDefinition
from flowkit.records.rows import read_entity_rows
from flowkit.records.vocabulary import Vocabulary
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import NUMBER, TEXT, Type
from flowkit.source.nodes import MappingNode
from flowkit.source.rows import ReadFile
from flowkit.values.types import Settings


class EntityTypes:
    """How expressions see the records of each entity; worked out on first use, because entities may refer in a ring.

    `derived` are attributes of an entity's records that none of its fields holds; `people` the entities of those who are
    persons.
    """

    def __init__(
        self,
        parsed: Mapping[str, EntityDefinition],
        vocabularies: Mapping[str, Vocabulary],
        derived: Mapping[str, Mapping[str, Type]] | None = None,
        people: Sequence[str] = (),
    ) -> None:
        self._people = tuple(name for name in people if name in parsed)
        self._parsed, self._vocabularies, self._derived = parsed, vocabularies, derived or {}
        self._found: dict[str, Mapping[str, Type]] = {}

    def __call__(self, name: str) -> Mapping[str, Type] | None:
        return _Attributes(self, name) if name in self._parsed or (name == PEOPLE and self._people) else None

    def attributes(self, name: str) -> Mapping[str, Type]:
        if name == PEOPLE:
            return person_attributes(self, self._people)
        if name not in self._found:
            fields = link_fields(self._parsed[name].fields, Scope({}, open=True), Findings(), self._vocabularies, self)
            own = {n: f.expression_type for n, f in fields.items()}
            self._found[name] = {"key": TEXT, **self._derived.get(name, {}), **own}
        return self._found[name]


def person_attributes(
    entity_types: Callable[[str], Mapping[str, Type] | None], entities: Sequence[str]
) -> dict[str, Type]:
    """What expressions know of a person who is a record of one of these entities."""
    found: dict[str, Type] = {"key": TEXT, "open_tasks": NUMBER}
    for entity in entities:
        found.update(entity_types(entity) or {})
    return found


class _Attributes(Mapping[str, Type]):
    def __init__(self, types: EntityTypes, name: str) -> None:
        self._types, self._name = types, name

    def __getitem__(self, attribute: str) -> Type:
        return self._types.attributes(self._name)[attribute]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types.attributes(self._name))

    def __len__(self) -> int:
        return len(self._types.attributes(self._name))


def parse_entities(documents: Mapping[str, MappingNode], findings: Findings) -> dict[str, EntityDefinition]:
    parsed = ((name, entities.parse(node, findings, name)) for name, node in documents.items())
    return {name: definition for name, definition in parsed if definition is not None}


def link_entities(
    parsed: Mapping[str, EntityDefinition],
    types: EntityTypes,
    vocabularies: Mapping[str, Vocabulary],
    findings: Findings,
) -> dict[str, Entity]:
    return {
        name: entities.link(definition, Scope({}), findings, vocabularies, types, tuple(parsed))
        for name, definition in parsed.items()
    }


def read_rows(
    linked: Mapping[str, Entity],
    settings: Settings,
    table: Callable[[str], ReadFile],
    roles: Mapping[str, str],
    findings: Findings,
) -> dict[str, dict[str, dict[str, Any]]]:
    """The records that the app's files give, in stored form by entity and key; what they point at must be there."""
    read = {
        name: read_entity_rows(entity, settings, table(entity.definition.place.file), findings, roles)
        for name, entity in linked.items()
    }
    for rows in read.values():
        for reference in rows.references:
            known, whole = read[reference.entity].values, read[reference.entity].whole
            if whole:
                message = f'no {reference.entity} "{reference.key}" among its rows'
                findings.knows(reference.key, known, reference.place, message)
    return {
        name: {key: store_values(linked[name].fields, values) for key, values in rows.values.items()}
        for name, rows in read.items()
    }
