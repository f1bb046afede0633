"""The people of a business at one moment: records, roles, units, managers, duty, who stands in for whom.

A plain value; reads no database and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flowkit.engine.duty import DutyPlan
from flowkit.engine.substitutes import Substitutes
from flowkit.engine.units import Units

Members = Mapping[str, Mapping[str | None, tuple[str, ...]]]
"""Actors, sorted, by role and by unit; under None those who belong to no unit, and so to all."""


@dataclass(frozen=True, slots=True)
class People:
    """Staff at one moment, by actor (`employee:zhang`).

    records      stored fields
    roles        each one's roles
    units        each one's units; none: he belongs to all. Who belongs to a unit is there for it and for all below it
    managers     each one's own manager, an actor, where one is named
    tree         the units there are
    duty         the plan of who is on duty when; None where the business keeps none
    substitutes  who stands in for whom
    members      derived: who to look among for a role and a unit, so that asking never scans everybody
    """

    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    managers: Mapping[str, str] = field(default_factory=dict)
    tree: Units = field(default_factory=Units)
    duty: DutyPlan | None = None
    substitutes: Substitutes = field(default_factory=Substitutes)
    members: Members = field(default_factory=dict)

    def indexed(self) -> People:
        """The same people with `members` worked out."""
        found: dict[str, dict[str | None, list[str]]] = {}
        for actor in sorted(self.roles):
            for role in self.roles[actor]:
                for unit in self.units.get(actor) or (None,):
                    found.setdefault(role, {}).setdefault(unit, []).append(actor)
        return replace(self, members={r: {u: tuple(a) for u, a in by.items()} for r, by in found.items()})

    def with_role(self, role: str, unit: str | None = None) -> tuple[str, ...]:
        """Actors of that role, sorted; with a unit only those who are there for it."""
        return tuple(sorted({actor for group in self._groups(role, unit) for actor in group}))

    def any_with_role(self, role: str, unit: str | None) -> bool:
        """Whether there is anybody of that role, in that unit."""
        return any(self._groups(role, unit))

    def there_for(self, actor: str, unit: str | None) -> bool:
        """Whether that person belongs to a unit or to one above it; who belongs to none is there for all."""
        own = self.units.get(actor, ())
        return not own or unit is None or not set(own).isdisjoint(self.tree.line(unit))

    def holds(self, actor: str, holder: str, unit: str | None = None) -> bool:
        """Whether `actor` is that holder: the same actor, or one of that pool (`role:NAME`) in that unit."""
        if not holder.startswith("role:"):
            return actor == holder
        return holder.removeprefix("role:") in self.roles.get(actor, ()) and self.there_for(actor, unit)

    def served(self, actor: str) -> frozenset[str] | None:
        """The units that person is there for; None: all."""
        return frozenset(self.below((actor,))) if self.units.get(actor) else None

    def below(self, actors: Iterable[str]) -> list[str]:
        """The units that these people are there for, sorted, as far as they belong to any."""
        own = {unit for actor in actors for unit in self.units.get(actor, ())}
        return sorted({each for unit in own for each in self.tree.below(unit)})

    def reaches(self, actor: str, person: str) -> bool:
        """Whether `actor` is there for every unit of that person; who belongs to all is reached only by his like."""
        theirs = self.units.get(person, ())
        return not self.units.get(actor) or (bool(theirs) and all(self.there_for(actor, unit) for unit in theirs))

    def on_duty(self, actor: str, now: datetime) -> bool | None:
        """Whether the plan has that person on duty; None where there is no plan, and for who is no staff."""
        return self.duty.on_duty(actor, now) if self.duty is not None and actor in self.records else None

    def _groups(self, role: str, unit: str | None) -> Iterator[tuple[str, ...]]:
        by_unit = self.members.get(role, {})
        if unit is None:
            yield from by_unit.values()
            return
        wanted: Iterable[str | None] = (None, *self.tree.line(unit))
        yield from (by_unit[each] for each in wanted if each in by_unit)
