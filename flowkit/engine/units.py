"""The units of a business as a tree: regions, stores, departments. A plain value; knows no person and no case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Units:
    """`records` are stored fields by key, `parent` the field that names the unit above.

    `lines` holds for each unit itself, then what it belongs to, up to the top.
    """

    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parent: str | None = None
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Mapping[str, Mapping[str, Any]], parent: str | None) -> Units:
        """The tree that the field `parent` makes of these records; without one each unit stands alone."""
        above = {key: stored.get(parent) if parent else None for key, stored in records.items()}
        return cls(records, parent, {key: tuple(_upwards(key, above)) for key in records})

    def line(self, unit: str) -> tuple[str, ...]:
        """That unit and all above it; one that is not known stands alone."""
        return self.lines.get(unit, (unit,))

    def below(self, unit: str) -> frozenset[str]:
        """That unit and all below it."""
        return frozenset({unit, *(each for each, line in self.lines.items() if unit in line)})

    def ring_with(self, changed: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
        """The ring that there would be if these records became so; empty when there would be none."""
        changes = {key: {**self.records.get(key, {}), **stored} for key, stored in changed.items()}
        return ring({**self.records, **changes}, self.parent) if self.parent is not None else ()


def ring(records: Mapping[str, Mapping[str, Any]], parent: str) -> tuple[str, ...]:
    """Units that belong to each other in a ring, the first one again last; empty when there is none."""
    above = {key: stored.get(parent) for key, stored in records.items()}
    sound: set[str] = set()
    for key in records:
        line: list[str] = []
        here: str | None = key
        while here is not None and here not in sound:
            if here in line:
                return (*line[line.index(here) :], here)
            line.append(here)
            here = above.get(here)
        sound.update(line)
    return ()


def _upwards(key: str, above: Mapping[str, str | None]) -> Iterator[str]:
    """From a unit to the top. A ring, which nobody may make, ends where it would begin again."""
    seen: set[str] = set()
    here: str | None = key
    while here is not None and here not in seen:
        seen.add(here)
        yield here
        here = above.get(here)
