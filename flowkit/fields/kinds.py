"""How a field's type reads its values and what expressions take them for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flowkit.fields.definition import UNREADABLE, Field, FieldDefinition
from flowkit.rules.language.types import NUMBER, TEXT, Kind, Type
from flowkit.values.lists import ListType, RowsType
from flowkit.values.texts import TextType
from flowkit.values.types import VALUE_TYPES, Settings, ValueType

_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "text": "text",
        "number": "number",
        "boolean": "boolean",
        "date": "date",
        "time": "time",
        "datetime": "datetime",
        "duration": "duration",
        "location": "location",
        "list": "list",
        "record": "record",
    }
)

_FILE: Mapping[str, Type] = MappingProxyType(
    {"name": TEXT, "kind": TEXT, "seconds": NUMBER, "size": NUMBER, "width": NUMBER, "height": NUMBER}
)


PEOPLE = ""
"""Under this name, which no entity has, are asked the attributes of people, staff and customers: None where there are none."""


@dataclass(frozen=True, slots=True)
class UnreadableType:
    """Stands where a field's type could not be read, so that one mistake is told and not what follows from it."""

    name: str = UNREADABLE
    kind: str = "any"

    def read(self, raw: object, settings: Settings) -> Any:
        return None if raw == "" else raw

    def store(self, value: Any) -> Any:
        return value

    def load(self, stored: Any) -> Any:
        return stored


def value_type(
    definition: FieldDefinition, max_length: int | None, item: Field | None, of: Mapping[str, Field] | None
) -> ValueType:
    """What reads, stores and loads the field's values; a list knows its item's type, rows their columns' types."""
    if of is not None:
        return RowsType({name: column.type for name, column in of.items()})
    if item is not None:
        return ListType("list", item.type)
    if definition.type == UNREADABLE:
        return UnreadableType()
    kind = VALUE_TYPES[definition.type]
    if max_length is not None and isinstance(kind, TextType):
        return TextType(kind.name, kind.kind, max_length, kind.trimmed, kind.expected)
    return kind


def expression_type(
    definition: FieldDefinition,
    item: Field | None,
    of: Mapping[str, Field] | None,
    options: tuple[str, ...],
    entity: str | None,
    entity_types: Callable[[str], Mapping[str, Type] | None],
) -> Type:
    """What an expression takes the field's value for. Attributes of records are asked for late: they may form circles."""
    kind, title = definition.type, definition.title
    if of is not None:
        row = Type("record", optional=False, members=lambda: {n: f.expression_type for n, f in of.items()})
        return Type("list", item=row, title=title)
    if item is not None:
        return Type("list", item=item.expression_type, title=title)
    if kind == "media":
        return Type("list", item=Type("record", optional=False, members=lambda: _FILE), title=title)
    if entity is not None:
        record = Type("record", members=lambda: entity_types(entity) or {}, title=title)
        return Type("list", item=record, title=title) if kind == "choices" else record
    if kind == "choices":
        return Type("list", item=Type("text", options=options), title=title)
    if kind == "person" and entity_types(PEOPLE) is not None:
        return Type("record", members=lambda: entity_types(PEOPLE) or {}, title=title)
    known = VALUE_TYPES.get(kind)
    return Type(_KINDS.get(known.kind, "any") if known is not None else "any", options=options, title=title)
