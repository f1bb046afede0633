"""Who stands in for whom, from when until when, in which workflows. A plain value; reads no database and no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Substitution:
    """`substitute` may do the tasks of `person` from `since` up to `until`; in all workflows, or in these."""

    id: str
    person: str
    substitute: str
    since: datetime
    until: datetime
    workflows: tuple[str, ...] | None = None

    @classmethod
    def from_json(cls, id: str, stored: Mapping[str, Any]) -> Substitution:
        """One out of its row; one that was ended earlier holds up to then."""
        until = min(filter(None, (stored["until"], stored.get("ended"))), key=datetime.fromisoformat)
        workflows = stored["workflows"]
        return cls(
            id,
            stored["person"],
            stored["substitute"],
            datetime.fromisoformat(stored["since"]),
            datetime.fromisoformat(until),
            None if workflows is None else tuple(workflows),
        )

    def over(self, by: datetime) -> bool:
        """Whether it had ended by then."""
        return self.until <= by

    def holds(self, now: datetime, workflow: str | None = None) -> bool:
        """Whether it holds at that moment, in that workflow or in any."""
        meant = self.workflows is None or workflow is None or workflow in self.workflows
        return meant and self.since <= now < self.until


@dataclass(frozen=True, slots=True)
class Substitutes:
    """All that have not been ended, by id, by substitute and by person."""

    all: Mapping[str, Substitution] = field(default_factory=dict)
    by_substitute: Mapping[str, tuple[Substitution, ...]] = field(default_factory=dict)
    by_person: Mapping[str, tuple[Substitution, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, substitutions: Iterable[Substitution]) -> Substitutes:
        listed = sorted(substitutions, key=lambda s: (s.since, s.id))
        found: tuple[dict[str, list[Substitution]], dict[str, list[Substitution]]] = ({}, {})
        for each in listed:
            found[0].setdefault(each.substitute, []).append(each)
            found[1].setdefault(each.person, []).append(each)
        by_substitute, by_person = ({actor: tuple(s) for actor, s in by.items()} for by in found)
        return cls({s.id: s for s in listed}, by_substitute, by_person)

    def persons(self, substitute: str, now: datetime, workflow: str | None = None) -> tuple[str, ...]:
        """Those for whom he stands in now, in that workflow or in any. For whom these in turn stand in is not followed."""
        held = (s.person for s in self.by_substitute.get(substitute, ()) if s.holds(now, workflow))
        return tuple(dict.fromkeys(held))

    def of_person(self, person: str, now: datetime, workflow: str) -> tuple[str, ...]:
        """Those who stand in for him now."""
        held = (s.substitute for s in self.by_person.get(person, ()) if s.holds(now, workflow))
        return tuple(dict.fromkeys(held))
