"""Claim and release: a task of a pool becomes one person's, and goes back to the pool. One wins."""

from __future__ import annotations

from flowkit.engine.acting import acting_for, told
from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values
from flowkit.engine.view import World
from flowkit.engine.who import as_roles_of
from flowkit.errors import RefusedError


def _cannot_claim(world: World, actor: str) -> RefusedError | None:
    case = world.case
    if case.pool and case.owner != case.pool:
        return RefusedError("claimed", "已经有人认领了", details={"owner": list(case.owner)})
    person = acting_for(actor, case.owner, world)
    if person is None or case.owner == (person,):
        return RefusedError("not-yours", "这里没有您可以认领的待办", details={"owner": list(case.owner)})
    return None


def _claim(draft: Draft, values: Values) -> None:
    world = draft.world()
    # Who stands in for somebody claims it for him: it stays that person's when he is back.
    person = acting_for(draft.by, draft.case.owner, world) or draft.by
    draft.add("claimed", holder=person, **told(draft.by, person), **as_roles_of(person, world))


def _cannot_release(world: World, actor: str) -> RefusedError | None:
    case = world.case
    if not case.pool or len(case.owner) != 1 or acting_for(actor, case.owner, world) is None:
        return RefusedError("not-claimed", "这个待办不是您从组里认领的", details={"owner": list(case.owner)})
    return None


def _release(draft: Draft, values: Values) -> None:
    draft.add("put_back", owner=list(draft.case.pool), **told(draft.by, draft.case.owner[0]))


CLAIM = Operation(
    "claim", "认领", _cannot_claim, _claim, help="A task of a pool becomes the task of one of its people. One wins."
)
RELEASE = Operation(
    "release", "释放", _cannot_release, _release, help="A task that was claimed goes back to the pool it came from."
)
