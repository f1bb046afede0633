"""What can be chosen in the forms of operations: values with the names that people know. Whether one is fit, `perform` judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowkit.engine.approval.mine import given, receivers
from flowkit.engine.seeing import is_staff
from flowkit.engine.telling import called
from flowkit.engine.view import World


def receiving(world: World, actor: str) -> Iterator[tuple[str, str]]:
    """Into whose hands that actor can give what he is to sign now."""
    return persons(receivers(world, given(world, actor), actor), world, actor)


def persons(holders: Iterable[str], world: World, actor: str) -> Iterator[tuple[str, str]]:
    """These people and pools with their names. Who works here is told to nobody outside."""
    if is_staff(actor, world):
        yield from ((holder, named(holder, world)) for holder in holders)


def named(holder: str, world: World) -> str:
    """A pool by its role's title, one of the staff by name with the key behind it, somebody else as far as he has a name."""
    business, (entity, _, key) = world.workflow.business, holder.partition(":")
    if entity == "role":
        return business.roles.get(key, key)
    if entity == business.staff:
        name = str(world.person(holder))
        return f"{name} ({key})" if name != holder else holder
    name = called(holder, world)
    # The key of an outsider is nobody's name.
    return business.entities[entity].title if name == holder and entity in business.entities else name
