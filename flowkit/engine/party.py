"""Who has to do with a case: each tie between a case and people, told from the case alone.

What makes somebody a party stays: who submitted it, for whom, whose own task it ever was, who did anything with it. The rest
holds as long as it is so: owners, pools, helpers, readers, who must look at what a machine gave up on. Whoever has a tie
sees the case. To follow it is none: whose duplicate was joined to the case of somebody else is told how that goes on, and
sees no more of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowkit.engine.case import Case, Event

SYSTEM = ("system:", "connector:")
"""What acts by itself: it has no record. Nobody from outside may act under such a name."""


def party_after(case: Case, event: Event, changes: Mapping[str, Any]) -> tuple[str, ...]:
    """The parties of a case once that event has made these changes of it."""
    candidates = (changes.get("applicant", ""), event.by, *changes.get("owner", ()))
    new = (who for who in candidates if who and who not in case.party and not who.startswith((*SYSTEM, "role:")))
    return (*case.party, *dict.fromkeys(new))


def ties(case: Case) -> frozenset[str]:
    """Actors and pools (`role:NAME`) that have to do with the case now."""
    if not case.id:
        return frozenset()
    beside = case.collaboration
    found = {*case.party, *beside.readers, *beside.copies}
    if case.ended is None:
        found.update(case.owner, case.pool, case.helpers)
        if case.incident is not None:
            found.add(case.incident["holder"])
        if case.sheet is not None:
            found.update(holder for seat in case.sheet.live for holder in (*seat.holders, *seat.pool))
    return frozenset(found)
