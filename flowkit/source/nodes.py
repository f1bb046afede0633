"""What YAML text becomes: values that keep what was typed and the place of every key and value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flowkit.diagnostics import Place
from flowkit.source.offsets import Style, offsets

ScalarValue = str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One scalar. `value` is what it reads as (rule 7 of the language), `typed` the text as written, without quotes.

    `written` is the source with its quotes or block header and `style` how it was written; empty, the text stands in the
    source just as it was typed. What is `refused` was reported where it stands (an alias): nobody needs to report it again.
    """

    value: ScalarValue
    typed: str
    place: Place
    quoted: bool = False
    written: str = field(default="", repr=False, compare=False)
    style: Style = field(default="plain", repr=False, compare=False)
    refused: bool = field(default=False, repr=False, compare=False)

    def inner(self, start: int, end: int | None = None) -> Place:
        """The place of characters `start` to `end` of `typed`, for mistakes inside an expression or a template."""
        at = self._offsets()
        if at is None:
            return self.place
        stop = start + 1 if end is None else max(end, start)
        first = at[start] if 0 <= start < len(at) else self._end()
        last = (at[stop - 1] + 1 if stop - 1 < len(at) else self._end()) if stop > start else first
        return self._stretch(first, max(last, first))

    def _offsets(self) -> Sequence[int] | None:
        if self.written:
            return offsets(self.written, self.typed, self.style)
        place = self.place
        if place.line == place.end_line and place.end_column - place.column == len(self.typed):
            return range(len(self.typed))
        return None

    def _end(self) -> int:
        """Just past the last character of the text, so before a closing quote."""
        if self.style in ("single", "double") or (self.style == "cell" and self.written.startswith('"')):
            return len(self.written) - 1
        return len(self.written.rstrip("\n")) or len(self.typed)

    def _stretch(self, first: int, last: int) -> Place:
        source = self.written or self.typed
        line, column = self._position(source, first)
        end_line, end_column = self._position(source, last)
        return Place(self.place.file, line, column, end_line, end_column)

    def _position(self, source: str, index: int) -> tuple[int, int]:
        breaks = source.count("\n", 0, index)
        if breaks:
            return self.place.line + breaks, index - source.rindex("\n", 0, index)
        return self.place.line, self.place.column + index

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
    """Keys are always text as typed. `keys[name]` is the place of the key, `entries[name]` the value's node.

    Not `complete`: what follows could not be read, so a key that is not here may stand there.
    """

    entries: Mapping[str, Node]
    keys: Mapping[str, Place]
    place: Place
    complete: bool = field(default=True, compare=False)

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
