"""Which signature is somebody's to give now, and in words why none is."""

from __future__ import annotations

from flowkit.engine.approval.asking import may_sign, only
from flowkit.engine.approval.changes import together
from flowkit.engine.approval.sheet import ANSWERED, Seat, Sheet
from flowkit.engine.case import stopped
from flowkit.engine.definition import Approval
from flowkit.engine.view import Personal, RecordView, World
from flowkit.engine.who import is_among
from flowkit.errors import RefusedError


def here(world: World) -> tuple[Approval, Sheet] | RefusedError:
    """The approval that is under way where the case is."""
    case, workflow = world.case, world.workflow
    approval = workflow.nodes[case.node].approval if case.node in workflow.nodes else None
    if approval is None or case.sheet is None:
        return RefusedError("not-yours", "这里没有要您签的")
    if stopped(case):
        return RefusedError("incident", "工单停在故障处,请先由负责人重试", details=dict(case.incident or {}))
    return approval, case.sheet


def mine(world: World, actor: str) -> tuple[Approval, Sheet, Seat] | RefusedError:
    """The signature that is that actor's to give now: his own before his group's before one he was called in for."""
    found = here(world)
    if isinstance(found, RefusedError):
        return found
    approval, sheet = found
    able = [seat for seat in sheet.open if may_sign(seat, actor, approval, world)]
    own = [seat for seat in able if actor in seat.holders]
    called_in = sheet.open if is_among(actor, world.case.helpers, world) else ()
    for seat in (*own, *able, *called_in):
        return approval, sheet, seat
    return _why_none(approval, sheet, actor, world)


def _why_none(approval: Approval, sheet: Sheet, actor: str, world: World) -> RefusedError:
    if actor == world.case.applicant and any(is_among(actor, s.holders, world) for s in sheet.open):
        return RefusedError("own-request", "申请人不能审批自己的申请")
    for seat in sheet:
        to = called(seat.holders[0], world)
        if seat.state == "open" and seat.back_to == actor:
            return RefusedError("delegated", f"您已经委派给 {to},等办完再由您签")
        if seat.state in ANSWERED and seat.by == actor:
            return RefusedError("already-signed", "您已经签过了")
        if seat.state == "waiting" and may_sign(seat, actor, approval, world):
            return RefusedError("not-your-turn", "还没有轮到您")
        if seat.state == "open" and actor in seat.passed:
            return RefusedError("handed-over", f"您已经转给 {to} 了")
        if seat.state == "open" and seat.pool and is_among(actor, seat.pool, world):
            return RefusedError("claimed", "已经有人认领了", details={"owner": list(seat.holders)})
        if seat.state in ANSWERED and is_among(actor, seat.asked, world):
            return RefusedError("already-signed", f"{called(seat.by, world)} 已经签了")
    return RefusedError("not-yours", "这里没有要您签的", details={"owner": list(world.case.owner)})


def called(holder: str, world: World) -> str:
    """What people call an actor or a pool in a message; somebody whose name is personal is called by his key."""
    if holder.startswith("role:"):
        role = holder.removeprefix("role:")
        return world.workflow.business.roles.get(role, role)
    person = world.person(holder)
    named = isinstance(person, RecordView) and not isinstance(person.name, Personal)
    return str(person) if named else holder.partition(":")[2] or holder


def cannot_receive(world: World, sheet: Sheet, to: str, by: str, seat: Seat) -> RefusedError | None:
    """Why a signature cannot be given into that person's hands; None when it can."""
    approval, name = world.workflow.nodes[world.case.node].approval, called(to, world)
    if to == by:
        return RefusedError("to-oneself", "不能交给自己")
    if to not in world.facts.people.records:
        return _no_staff(to, name, world)
    if approval is not None and to == world.case.applicant and approval.own != "allow":
        return RefusedError("own-request", f"{name} 是申请人,不能审批自己的申请")
    if to in seat.passed:
        return RefusedError("ring", f"{name} 已经手,再交给他就绕圈了")
    for other in sheet.live:
        if other.id in together(sheet, seat):
            continue
        answered_by = other.by if other.state in ANSWERED else ""
        if to in (answered_by, only(other.holders, world) if other.state not in ANSWERED else "", other.back_to):
            return RefusedError("among-them", f"{name} 本来就在审批人里")
    return None


def _no_staff(to: str, name: str, world: World) -> RefusedError:
    entity, _, key = to.partition(":")
    known = entity in world.workflow.business.entities and world.record(entity, key) is not None
    if known and entity != world.workflow.business.staff:
        return RefusedError("no-staff", f"{name} 不是员工,不能审批")
    return RefusedError("unknown-actor", f"没有这个人: {to}", details={"actor": to})
