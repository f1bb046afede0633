"""The shapes of what stands behind a key: words, names, maps and lists of these. Only data about data.

`Named` refers to a table of keys, or to a shape that stands in many places; which there are is told by `tables`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from flowkit.source.keys import Key
from flowkit.values.types import VALUE_TYPES


@dataclass(frozen=True, slots=True)
class Words:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What a table, or a shape of SHAPES, says."""

    name: str


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map of names, each with such a value."""

    of: Shape


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of such values."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Either:
    """Any of these."""

    shapes: tuple[Shape, ...]


Shape = (
    Literal["scalar", "words", "languages", "expression", "null", "anything"] | Words | Named | MapOf | ListOf | Either
)


@dataclass(frozen=True, slots=True)
class Table:
    """The keys of one thing that an author writes; `help` says what it is, in one line."""

    help: str
    keys: Sequence[Key]
    inside: Mapping[str, Shape] = field(default_factory=dict)


def either(*shapes: Shape) -> Either:
    """Any of these."""
    return Either(shapes)


TYPES = Words(tuple(VALUE_TYPES))
VALUES: Shape = MapOf("anything")
FIELDS = MapOf(Named("field or type"))
ROWS = either("scalar", ListOf(MapOf("anything")))
WHO = Named("who")
WAYS = Named("ways")
FILLED = either("scalar", VALUES)
"""What fills fields: a mapping's name, or written out."""
