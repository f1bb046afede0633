"""Claim and release: a task of a pool becomes one person's, and goes back to the pool. One wins."""

from __future__ import annotations

from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values
from flowkit.engine.view import World
from flowkit.engine.who import is_among
from flowkit.errors import RefusedError


def _cannot_claim(world: World, actor: str) -> RefusedError | None:
    case = world.case
    if case.pool and case.owner != case.pool:
        return RefusedError("claimed", "已经有人认领了", details={"owner": list(case.owner)})
    if case.owner in ((), (actor,)) or not is_among(actor, case.owner, world):
        return RefusedError("not-yours", "这里没有您可以认领的待办", details={"owner": list(case.owner)})
    return None


def _claim(draft: Draft, values: Values) -> None:
    draft.add("claimed", holder=draft.by)


def _cannot_release(world: World, actor: str) -> RefusedError | None:
    case = world.case
    if not case.pool or case.owner != (actor,):
        return RefusedError("not-claimed", "这个待办不是您从组里认领的", details={"owner": list(case.owner)})
    return None


def _release(draft: Draft, values: Values) -> None:
    draft.add("put_back", owner=list(draft.case.pool))


CLAIM = Operation("claim", "认领", _cannot_claim, _claim)
RELEASE = Operation("release", "释放", _cannot_release, _release)
