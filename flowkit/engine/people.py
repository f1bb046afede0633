"""The people of a business at one moment: their records, roles and units. A plain value; reads no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class People:
    """Staff at one moment. `records` holds stored fields by actor (`employee:zhang`); `roles` each actor's roles.

    The shell rebuilds it when a record of the staff entity changes; nothing here reads a database.
    """

    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, str | None] = field(default_factory=dict)

    def with_role(self, role: str, unit: str | None = None) -> tuple[str, ...]:
        """Actors of that role, sorted; with a unit only those of it and those that belong to none."""
        return tuple(
            sorted(
                actor
                for actor, roles in self.roles.items()
                if role in roles and (unit is None or self.units.get(actor) in (None, unit))
            )
        )

    def served(self, actor: str) -> frozenset[str] | None:
        """The units whose work is that person's: his own; None where he belongs to none, and so to all."""
        own = self.units.get(actor)
        return None if own is None else frozenset({own})

    def serves(self, actor: str, unit: str) -> bool:
        """Whether the work of that unit is that person's."""
        served = self.served(actor)
        return served is None or unit in served

    def holds(self, actor: str, holder: str, unit: str | None = None) -> bool:
        """Whether `actor` is that holder: the same actor, or one of that pool (`role:NAME`) in that unit."""
        if not holder.startswith("role:"):
            return actor == holder
        return actor in self.with_role(holder.removeprefix("role:"), unit)
