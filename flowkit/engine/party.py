"""Who has to do with a case: each tie between a case and people, told from the case alone.

What makes somebody a party stays: who submitted it, for whom, who held a node of it, who took an action. The rest holds as
long as it is so: owners, pools, helpers, who must look at what a machine gave up on. Whoever has a tie sees the case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from flowkit.engine.case import Case, Event

_INTERNAL = ("system:", "connector:", "role:")


def _alone(event: Event) -> Iterable[str]:
    owner = event.data["owner"]
    return owner if len(owner) == 1 else ()


JOINING: Mapping[str, Callable[[Event], Iterable[str]]] = {
    "created": lambda event: (event.data["applicant"], event.by),
    "assigned": _alone,
    "reassigned": _alone,
    "claimed": lambda event: (event.data["holder"],),
    "acted": lambda event: (event.by,),
}
"""By kind of event, whom it makes a party for good."""


def party_after(case: Case, event: Event) -> tuple[str, ...]:
    """The parties of a case once that event has happened to it."""
    joining = JOINING.get(event.kind)
    if joining is None:
        return case.party
    new = (who for who in joining(event) if who and who not in case.party and not who.startswith(_INTERNAL))
    return (*case.party, *dict.fromkeys(new))


def ties(case: Case) -> frozenset[str]:
    """Actors and pools (`role:NAME`) that have to do with the case now."""
    if not case.id:
        return frozenset()
    found = set(case.party)
    if case.ended is None:
        found.update(case.owner, case.pool, case.helpers)
        if case.incident is not None:
            found.add(case.incident["holder"])
    return frozenset(found)
