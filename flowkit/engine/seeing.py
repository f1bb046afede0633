"""Who may see a case: whoever may not, may do nothing with it either, and does not learn that there is one."""

from __future__ import annotations

from flowkit.engine.view import World
from flowkit.engine.who import is_among


def may_see(actor: str, world: World) -> bool:
    """Staff see every case; others see those they began, have or had to act on, or were shown."""
    case = world.case
    if is_staff(actor, world) or actor in (case.applicant, *case.holders.values(), *case.collaboration.readers):
        return True
    return is_among(actor, (*case.owner, *case.helpers), world)


def is_staff(actor: str, world: World) -> bool:
    return actor in world.facts.people.records
