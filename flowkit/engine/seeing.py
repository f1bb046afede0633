"""Who may see a case: whoever may not, may do nothing with it either, and does not learn that there is one."""

from __future__ import annotations

from flowkit.engine.sight import sight_of
from flowkit.engine.view import World


def may_see(actor: str, world: World) -> bool:
    """Whether that actor sees the case; what acts by itself sees all."""
    if actor.startswith(("system:", "connector:")):
        return True
    return sight_of(actor, world.facts.people, world.workflow.business.sees, world.now).admits(world.case)


def is_staff(actor: str, world: World) -> bool:
    return actor in world.facts.people.records
