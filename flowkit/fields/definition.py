"""What a field is: as its author wrote it (`FieldDefinition`) and ready for use (`Field`).

Knows shapes only: `parsing` makes definitions, `linking` makes fields, `filling` fills them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from flowkit.diagnostics import Place
from flowkit.rules.language.expression import Expression
from flowkit.rules.language.types import Type
from flowkit.source.nodes import Node, ScalarNode
from flowkit.values.types import Settings, ValueType

OUTSIDERS = "customers"
"""What `hidden_from` says for those who are no staff."""

UNREADABLE = "unreadable"
"""The type of a field whose own cannot be read: that was reported; the field is there all the same, and takes any value."""


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field as written. `nodes` holds the well-formed entries by key; `place` is that of its name.

    `item` is what a list holds, `columns` are the fields of a row.
    """

    name: str
    type: str
    title: str
    place: Place
    nodes: Mapping[str, Node] = field(default_factory=dict, repr=False)
    item: FieldDefinition | None = None
    columns: Mapping[str, FieldDefinition] | None = None


class Choices(Protocol):
    """What can be chosen: a vocabulary or a list of options."""

    @property
    def options(self) -> tuple[str, ...]:
        """The canonical texts, in the author's order."""

    def resolve(self, text: str) -> str | None:
        """The option that a text means, or None."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A constant, or an expression whose names are looked up when it is asked. `roots` are the top-level names it reads."""

    constant: Any = None
    expression: Expression | None = None
    roots: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Field:
    """A field with its expressions compiled and the names of other nouns resolved.

    type         reads, stores and loads its values; a list knows its item, rows their columns
    expression_type
                 what an expression takes its value for: a choice has its options, a reference its record's attributes
    of           the fields of a row, else None
    item         the field each entry of a list is read by, else None
    entity       whose records it points to (a reference, a list of them, a choice with `options: {entity: …}`), else None
    choices      what can be chosen, else None; `selectable` narrows the records of `options: {entity: …, when: …}`
    personal     whether its value is kept apart, under a person's key
    hidden_from  roles that do not get to see it; OUTSIDERS among them for those who are no staff
    """

    name: str
    title: str
    type: ValueType
    expression_type: Type = field(repr=False)
    definition: FieldDefinition = field(repr=False)
    of: Mapping[str, Field] | None = None
    item: Field | None = None
    entity: str | None = None
    choices: Choices | None = field(default=None, repr=False)
    selectable: Setting | None = None
    required: Setting | None = None
    visible: Setting | None = None
    readonly: Setting | None = None
    default: Setting | None = None
    value: Setting | None = None
    min: Setting | None = None
    max: Setting | None = None
    accept: tuple[str, ...] = ()
    video_seconds: int | None = None
    coordinates: str | None = None
    personal: bool = False
    hidden_from: frozenset[str] = frozenset()

    @property
    def help(self) -> str:
        """The line under the field, "" where its author wrote none."""
        node = self.definition.nodes.get("help")
        return node.typed if isinstance(node, ScalarNode) else ""

    @property
    def followed(self) -> frozenset[str]:
        """The top-level names that its value depends on."""
        settings = (self.visible, self.readonly, self.default, self.value)
        return frozenset().union(*(s.roots for s in settings if s is not None))


@dataclass(frozen=True, slots=True)
class Environment:
    """What filling in may ask of the world around it.

    record   the record of an entity as expressions see it (a mapping, or an object with `attribute(name)`), or None when
             there is none. What it raises passes through: filling in is pure and can be done again.
    person   the same for an actor (`employee:zhang`); without it a person is just that text
    roles    titles of the roles there are, by name; without it every text is one
    alone    whether a form is used by itself, without records: a reference may then be given as a mapping
    choosable
             `record` where somebody chooses by hand, for records that may be read and not chosen any more
    upload   what is known of something that was sent, in stored form, or None; without it nothing was
    own_upload
             `upload` where somebody hands it in
    """

    settings: Settings
    record: Callable[[str, str], object | None]
    person: Callable[[str], object | None] | None = None
    roles: Mapping[str, str] | None = None
    alone: bool = False
    locale: str = "zh"
    choosable: Callable[[str, str], object | None] | None = None
    upload: Callable[[str], Mapping[str, Any] | None] | None = None
    own_upload: Callable[[str], Mapping[str, Any] | None] | None = None

    @property
    def by_hand(self) -> Environment:
        """The same for what somebody types."""
        if self.choosable is None:
            return self
        return replace(self, record=self.choosable, choosable=None, upload=self.own_upload, own_upload=None)
