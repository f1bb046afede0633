"""Somebody who looks: which cases he sees, and whether personal values in full. Pure; masks nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flowkit.engine.case import Case
from flowkit.engine.people import People
from flowkit.engine.sight import HOST, Sees, Sight, sight_of
from flowkit.fields.definition import OUTSIDERS, Field


@dataclass(frozen=True, slots=True)
class Viewer:
    """`actor` is None for the program that holds flowkit: it sees every case, and no personal value.

    `outsider`: he is none of the staff. `roles` are his.
    """

    actor: str | None = None
    sight: Sight = HOST
    roles: frozenset[str] = frozenset()
    outsider: bool = False
    people: People = field(default_factory=People, repr=False, compare=False)
    now: datetime | None = None

    def sees(self, case: Case) -> bool:
        return self.sight.admits(case)

    def hides(self, field: Field) -> bool:
        """Whether a field is hidden from him: one of his roles is enough."""
        if self.actor is None or not field.hidden_from:
            return False
        return (self.outsider and OUTSIDERS in field.hidden_from) or not self.roles.isdisjoint(field.hidden_from)

    def in_full(self, case: Case) -> bool:
        """Whether he sees personal values unmasked: who handles the case, and for whom it is.

        Of outsiders only the applicant: an owner among them signs for a case that others reported.
        """
        if self.actor is None or self.now is None:
            return False
        return self.actor == case.applicant or (not self.outsider and handles(case, self.actor, self.people, self.now))


def handles(case: Case, actor: str, people: People, now: datetime) -> bool:
    """Whether the case is that person's to act on now, or he asked at this visit to see all of it, which was written down.

    Also for one for whom he stands in.
    """
    if actor in case.revealed:
        return True
    names = (actor, *people.substitutes.persons(actor, now, case.workflow))
    holders = () if case.ended else (*case.owner, *case.helpers)
    return any(people.holds(name, holder, case.unit) for name in names for holder in holders)


THE_HOST = Viewer()


def viewer_of(actor: str, people: People, sees: Mapping[str, Sees], now: datetime) -> Viewer:
    """That person, looking. He must be known to be somebody."""
    roles = frozenset(people.roles.get(actor, ()))
    return Viewer(actor, sight_of(actor, people, sees, now), roles, actor not in people.records, people, now)
