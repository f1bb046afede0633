"""Which signature is somebody's to give now, and in words why none is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from flowkit.engine.acting import acting_for, barred
from flowkit.engine.approval.asking import only, signing_for
from flowkit.engine.approval.changes import together
from flowkit.engine.approval.sheet import ANSWERED, Seat, Sheet
from flowkit.engine.definition import Approval
from flowkit.engine.seeing import is_staff
from flowkit.engine.suspension import held_up
from flowkit.engine.telling import called, not_staff
from flowkit.engine.view import World
from flowkit.engine.who import is_among, kept_away
from flowkit.errors import RefusedError


def here(world: World) -> tuple[Approval, Sheet] | RefusedError:
    """The approval that is under way where the case is."""
    case, workflow = world.case, world.workflow
    approval = workflow.nodes[case.node].approval if case.node in workflow.nodes else None
    if approval is None or case.sheet is None:
        return RefusedError("not-yours", "这里没有要您签的")
    return held_up(case) or (approval, case.sheet)


@dataclass(frozen=True, slots=True)
class Mine:
    """A signature that somebody may give now. `person` in whose name: the actor himself, or for whom he stands in."""

    approval: Approval
    sheet: Sheet
    seat: Seat
    person: str


def mine(world: World, actor: str) -> Mine | RefusedError:
    """The signature that is that actor's to give now: his own before his group's, another's, one he was called in for."""
    found = here(world)
    if isinstance(found, RefusedError):
        return found
    approval, sheet = found
    able = [Mine(approval, sheet, seat, p) for seat in sheet.open if (p := signing_for(seat, actor, world)) is not None]
    if able:
        return min(able, key=lambda m: (m.person != actor, actor not in m.seat.holders))
    called_in = None if barred(actor, world) else acting_for(actor, world.case.helpers, world)
    if called_in is not None and sheet.open:
        return Mine(approval, sheet, sheet.open[0], called_in)
    return _why_none(sheet, actor, world)


def given(world: World, actor: str) -> Mine:
    """The same. Raises RefusedError where none is his."""
    found = mine(world, actor)
    if isinstance(found, RefusedError):
        raise found
    return found


def _why_none(sheet: Sheet, actor: str, world: World) -> RefusedError:
    for seat in sheet:
        answered, name = seat.state in ANSWERED, called(seat.by or seat.holders[0], world)
        if seat.state == "open" and seat.back_to == actor:
            return RefusedError("delegated", f"您已经委派给 {name},等办完再由您签")
        if answered and actor in (seat.by, seat.behalf):
            told = "您已经签过了" if seat.by == actor else f"{name} 已经代您签了"
            return RefusedError("already-signed", told)
        if seat.state == "waiting" and signing_for(seat, actor, world) is not None:
            return RefusedError("not-your-turn", "还没有轮到您")
        if seat.state == "open" and actor in seat.passed:
            return RefusedError("handed-over", f"您已经转给 {name} 了")
        if seat.state == "open" and seat.pool and is_among(actor, seat.pool, world):
            return RefusedError("claimed", "已经有人认领了", details={"owner": list(seat.holders)})
        if answered and is_among(actor, seat.asked, world):
            return RefusedError("already-signed", f"{name} 已经签了")
    return RefusedError("not-yours", "这里没有要您签的", details={"owner": list(world.case.owner)})


def cannot_receive(world: World, mine: Mine, to: str, by: str) -> RefusedError | None:
    """Why a signature cannot be given into that person's hands; None when it can."""
    sheet, seat, name = mine.sheet, mine.seat, called(to, world)
    if to in (by, mine.person):
        return RefusedError("to-oneself", "不能交给自己")
    if not is_staff(to, world):
        return RefusedError("not-staff", not_staff(to, world))
    if barred(to, world):
        return RefusedError("own-request", f"{name} 是申请人,不能审批自己的申请")
    if to in kept_away(world):
        return RefusedError("left-out", f"这一步不能由 {name} 办理")
    if to in seat.passed:
        return RefusedError("ring", f"{name} 已经手,再交给他就绕圈了")
    if to in sign_anyway(together(sheet, seat), sheet, world):
        return RefusedError("among-them", f"{name} 本来就在审批人里")
    return None


def receivers(world: World, mine: Mine, by: str) -> Iterator[str]:
    """Those of the staff who can receive it: the same as `cannot_receive` says of each, worked out for all at once."""
    signing = sign_anyway(together(mine.sheet, mine.seat), mine.sheet, world)
    out = {by, mine.person, *kept_away(world), *mine.seat.passed, *signing}
    return (person for person in world.facts.people.records if person not in out and not barred(person, world))


def sign_anyway(but: Collection[int], sheet: Sheet, world: World) -> frozenset[str]:
    """Who has signed, or has to, at another seat than these: nobody gives two of the signatures asked for."""
    return frozenset(person for seat in sheet.live if seat.id not in but for person in _signers(seat, world))


def _signers(seat: Seat, world: World) -> tuple[str, ...]:
    """Who has given a signature, or has to because nobody else can."""
    if seat.state in ANSWERED:
        return (seat.by, seat.behalf)
    return (only(seat.holders, world), seat.back_to)
