"""What YAML text becomes: values that keep what was typed and the place of every key and value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flowkit.diagnostics import Place

ScalarValue = str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One scalar. `value` is what it reads as (rule 7 of the language), `typed` the text as written, without quotes.

    `offsets[i]` is the (line, column) of the i-th character of `typed`, empty where that was not worked out.
    """

    value: ScalarValue
    typed: str
    place: Place
    quoted: bool = False
    offsets: tuple[tuple[int, int], ...] = field(default=(), repr=False, compare=False)

    def inner(self, start: int, end: int | None = None) -> Place:
        """The place of characters `start` to `end` of `typed`, for mistakes inside an expression or a template."""
        if not self.offsets:
            return self.place
        end = start + 1 if end is None else end
        first = self.offsets[start] if start < len(self.offsets) else (self.place.end_line, self.place.end_column)
        last = self.offsets[end - 1] if 0 < end <= len(self.offsets) else (self.place.end_line, self.place.end_column - 1)
        return Place(self.place.file, first[0], first[1], last[0], max(last[1] + 1, first[1] + 1))

    def plain(self) -> Any:
        return self.value

    def as_typed(self) -> Any:
        """What the field's type is given to read: the text as typed, None for an unquoted null."""
        return None if self.value is None else self.typed


@dataclass(frozen=True, slots=True)
class SequenceNode:
    items: tuple[Node, ...]
    place: Place

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def plain(self) -> list[Any]:
        return [i.plain() for i in self.items]

    def as_typed(self) -> list[Any]:
        return [i.as_typed() for i in self.items]


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys are always text as typed. `keys[name]` is the place of the key, `entries[name]` the value's node."""

    entries: Mapping[str, Node]
    keys: Mapping[str, Place]
    place: Place

    def get(self, key: str) -> Node | None:
        return self.entries.get(key)

    def items(self) -> Iterator[tuple[str, Place, Node]]:
        for key, node in self.entries.items():
            yield key, self.keys[key], node

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def plain(self) -> dict[str, Any]:
        return {k: n.plain() for k, n in self.entries.items()}

    def as_typed(self) -> dict[str, Any]:
        return {k: n.as_typed() for k, n in self.entries.items()}


Node = ScalarNode | SequenceNode | MappingNode
