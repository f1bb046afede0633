"""Claim and release: a task of a pool becomes one person's, and goes back to the pool. One wins."""

from __future__ import annotations

from flowkit.engine.approval.asking import only
from flowkit.engine.approval.changes import claimed, put_back, together
from flowkit.engine.approval.mine import mine
from flowkit.engine.approval.sheet import Seat, Sheet, difference
from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values
from flowkit.engine.view import World
from flowkit.engine.who import is_among
from flowkit.errors import RefusedError


def _cannot_claim(world: World, actor: str) -> RefusedError | None:
    case = world.case
    if case.sheet is not None:
        found = mine(world, actor)
        if isinstance(found, RefusedError):
            return found if found.code != "not-yours" else _nothing(case.owner)
        holders = found[2].holders
        return None if not only(holders, world) and is_among(actor, holders, world) else _nothing(case.owner)
    if case.pool and case.owner != case.pool:
        return RefusedError("claimed", "已经有人认领了", details={"owner": list(case.owner)})
    if case.owner in ((), (actor,)) or not is_among(actor, case.owner, world):
        return _nothing(case.owner)
    return None


def _nothing(owner: tuple[str, ...]) -> RefusedError:
    return RefusedError("not-yours", "这里没有您可以认领的待办", details={"owner": list(owner)})


def _claim(draft: Draft, values: Values) -> None:
    found = mine(draft.world(), draft.by) if draft.case.sheet is not None else None
    if found is None or isinstance(found, RefusedError):
        return draft.add("claimed", holder=draft.by)
    _, sheet, seat = found
    draft.add("claimed", holder=draft.by, **difference(sheet, claimed(sheet, together(sheet, seat), draft.by)))


def _cannot_release(world: World, actor: str) -> RefusedError | None:
    case = world.case
    if case.sheet is not None and _taken(case.sheet, actor) is not None:
        return None
    if not case.pool or case.owner != (actor,):
        return RefusedError("not-claimed", "这个待办不是您从组里认领的", details={"owner": list(case.owner)})
    return None


def _release(draft: Draft, values: Values) -> None:
    sheet = draft.case.sheet
    seat = _taken(sheet, draft.by) if sheet is not None else None
    if sheet is None or seat is None:
        return draft.add("put_back", owner=list(draft.case.pool))
    draft.add("put_back", owner=list(seat.pool), **difference(sheet, put_back(sheet, together(sheet, seat))))


def _taken(sheet: Sheet, actor: str) -> Seat | None:
    """The signature that he has claimed."""
    return next((seat for seat in sheet.open if seat.pool and seat.holders == (actor,)), None)


CLAIM = Operation("claim", "认领", _cannot_claim, _claim)
RELEASE = Operation("release", "释放", _cannot_release, _release)
