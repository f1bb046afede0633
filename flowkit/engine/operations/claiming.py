"""Claim and release: a task of a pool becomes one person's, and goes back to the pool. One wins."""

from __future__ import annotations

from flowkit.engine.acting import acting_for, told
from flowkit.engine.approval.asking import only
from flowkit.engine.approval.changes import claimed, put_back, together
from flowkit.engine.approval.mine import mine
from flowkit.engine.approval.sheet import Seat, Sheet, difference
from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values
from flowkit.engine.view import World
from flowkit.engine.who import as_roles_of, is_among
from flowkit.errors import RefusedError


def _cannot_claim(world: World, actor: str) -> RefusedError | None:
    case = world.case
    if case.sheet is not None:
        found = mine(world, actor)
        if isinstance(found, RefusedError):
            return found if found.code != "not-yours" else _nothing(case.owner)
        holders = found.seat.holders
        return None if not only(holders, world) and is_among(found.person, holders, world) else _nothing(case.owner)
    if case.pool and case.owner != case.pool:
        return RefusedError("claimed", "已经有人认领了", details={"owner": list(case.owner)})
    person = acting_for(actor, case.owner, world)
    if person is None or case.owner == (person,):
        return _nothing(case.owner)
    return None


def _nothing(owner: tuple[str, ...]) -> RefusedError:
    return RefusedError("not-yours", "这里没有您可以认领的待办", details={"owner": list(owner)})


def _claim(draft: Draft, values: Values) -> None:
    world = draft.world()
    found = mine(world, draft.by) if draft.case.sheet is not None else None
    if found is not None and not isinstance(found, RefusedError):
        new = claimed(found.sheet, together(found.sheet, found.seat), found.person)
        seats = difference(found.sheet, new)
        return draft.add("claimed", holder=found.person, **told(draft.by, found.person), **seats)
    # Who stands in for somebody claims it for him: it stays that person's when he is back.
    person = acting_for(draft.by, draft.case.owner, world) or draft.by
    draft.add("claimed", holder=person, **told(draft.by, person), **as_roles_of(person, world))


def _cannot_release(world: World, actor: str) -> RefusedError | None:
    case = world.case
    if case.sheet is not None and _taken(case.sheet, actor, world) is not None:
        return None
    if not case.pool or len(case.owner) != 1 or acting_for(actor, case.owner, world) is None:
        return RefusedError("not-claimed", "这个待办不是您从组里认领的", details={"owner": list(case.owner)})
    return None


def _release(draft: Draft, values: Values) -> None:
    sheet = draft.case.sheet
    seat = _taken(sheet, draft.by, draft.world()) if sheet is not None else None
    if sheet is None or seat is None:
        return draft.add("put_back", owner=list(draft.case.pool), **told(draft.by, draft.case.owner[0]))
    back = difference(sheet, put_back(sheet, together(sheet, seat)))
    draft.add("put_back", owner=list(seat.pool), **told(draft.by, seat.holders[0]), **back)


def _taken(sheet: Sheet, actor: str, world: World) -> Seat | None:
    """The signature that he has claimed, or the one for whom he stands in."""
    return next((seat for seat in sheet.open if seat.pool and acting_for(actor, seat.holders, world)), None)


CLAIM = Operation(
    "claim", "认领", _cannot_claim, _claim, help="A task of a pool becomes the task of one of its people. One wins."
)
RELEASE = Operation(
    "release", "释放", _cannot_release, _release, help="A task that was claimed goes back to the pool it came from."
)
