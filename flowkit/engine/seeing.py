"""Who may see a case: whoever may not, may do nothing with it either, and does not learn that there is one."""

from __future__ import annotations

from flowkit.engine.party import SYSTEM
from flowkit.engine.sight import sight_of
from flowkit.engine.view import World
from flowkit.errors import RefusedError


def may_see(actor: str, world: World) -> bool:
    """Whether that actor sees the case; what acts by itself sees all."""
    if actor.startswith(SYSTEM):
        return True
    return sight_of(actor, world.facts.people, world.workflow.business.sees, world.now).admits(world.case)


def unseen() -> RefusedError:
    """The refusal of whoever may not see a case."""
    return RefusedError("not-yours", "您看不到这个工单")


def is_staff(actor: str, world: World) -> bool:
    return actor in world.facts.people.records
