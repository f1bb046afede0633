"""Add a signer before, after or beside oneself; remove one who has not acted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flowkit.engine.acting import acting_for, told
from flowkit.engine.approval.changes import added, removed, together
from flowkit.engine.approval.deciding import judge
from flowkit.engine.approval.mine import Mine, cannot_receive, given, here, mine, receivers
from flowkit.engine.approval.sheet import UNANSWERED, Seat, Sheet, difference
from flowkit.engine.draft import Draft
from flowkit.engine.moves import leave_by
from flowkit.engine.operations.choosing import persons
from flowkit.engine.operations.operation import Operation, Values, may, operation_form
from flowkit.engine.telling import called
from flowkit.engine.view import World
from flowkit.engine.who import is_among, people
from flowkit.errors import RefusedError

WHERE = {"before": "前加签", "after": "后加签", "beside": "并加签"}
"""Where those added stand, and what people call it."""

_TYPED = {title[0]: where for where, title in WHERE.items()}
"""What may be typed as well."""

ADD_FORM = operation_form(
    "add_signer",
    f"{{who: {{type: list, of: person, title: 加签给, required: true, max: 20}}, "
    f"where: {{type: choice, title: 怎么加, options: [{', '.join((*WHERE, *_TYPED))}], required: true}}, "
    "reason: {type: text, title: 说明, max_length: 2000}}",
)
REMOVE_FORM = operation_form(
    "remove_signer",
    "{who: {type: person, title: 减去, required: true}, reason: {type: text, title: 说明, max_length: 2000}}",
)


def _cannot_add(world: World, actor: str) -> RefusedError | None:
    found = mine(world, actor)
    if isinstance(found, RefusedError):
        return found
    if "add" not in found.approval.allow:
        return RefusedError("not-allowed", "这一步不允许加签")
    if found.seat.back_to:
        return RefusedError("delegated", "您是受委派的,只能同意或拒绝,由委派的人定")
    if found.seat.added_by:
        return RefusedError("added", "加签来的人不能再加签")
    return None


def _giving(world: World, actor: str) -> Mine:
    """Whose signature is added to. Those through whose hands it went may well be asked beside: that makes no ring."""
    found = given(world, actor)
    return replace(found, seat=replace(found.seat, passed=()))


def _addable(world: World, actor: str) -> Iterator[tuple[str, str]]:
    return persons(receivers(world, _giving(world, actor), actor), world, actor)


def _places(world: World, actor: str) -> Iterator[tuple[str, str]]:
    return iter(WHERE.items())


def _add(draft: Draft, values: Values) -> None:
    world = draft.world()
    found = _giving(world, draft.by)
    who = list(dict.fromkeys(values["who"]))
    for person in who:
        refused = cannot_receive(world, found, person, draft.by)
        if refused is not None:
            raise refused
    where = _TYPED.get(values["where"], values["where"])
    sheet = found.sheet
    new = added(sheet, together(sheet, found.seat), who, found.person, where)  # type: ignore[arg-type]
    data = {"to": who, "where": where, "reason": values.get("reason"), **told(draft.by, found.person)}
    draft.add("signers_added", **data, **difference(sheet, new))
    _go_on(draft, sheet)


def _cannot_remove(world: World, actor: str) -> RefusedError | None:
    found = here(world)
    if isinstance(found, RefusedError):
        return found
    approval, sheet = found
    if not (any(_added_by(seat, actor, world) for seat in sheet.live) or may("remove_signer", actor, world)):
        return RefusedError("not-yours", "没有您可以减的人")
    return RefusedError("not-allowed", "这一步不允许减签") if "add" not in approval.allow else None


def _added_by(seat: Seat, actor: str, world: World) -> bool:
    """Whether he, or somebody for whom he stands in, has added it."""
    return bool(seat.added_by) and acting_for(actor, (seat.added_by,), world) is not None


def _removable(world: World, actor: str) -> Iterator[tuple[str, str]]:
    """Those who sit at a seat that he may take away, as long as it is not the last."""
    found = here(world)
    if isinstance(found, RefusedError) or len(found[1].live) == 1:
        return iter(())
    sheet, granted = found[1], may("remove_signer", actor, world)
    asked = people((holder for seat in sheet if seat.state in UNANSWERED for holder in seat.holders), world)
    return persons(
        (who for who in asked if granted or _added_by(_seat_of(sheet, who, who, world), actor, world)), world, actor
    )


def _remove(draft: Draft, values: Values) -> None:
    world, who = draft.world(), values["who"]
    found = here(world)
    if isinstance(found, RefusedError):
        raise found
    sheet, name = found[1], called(who, world)
    seat = _seat_of(sheet, who, name, world)
    if not _added_by(seat, draft.by, world) and not may("remove_signer", draft.by, world):
        raise RefusedError("not-yours", f"{name} 不是您加签的,不能减")
    if len(sheet.live) == 1:
        raise RefusedError("last-signer", "不能减掉最后一位审批人")
    new = removed(sheet, seat.id)
    draft.add("signer_removed", who=who, reason=values.get("reason"), **difference(sheet, new))
    _go_on(draft, sheet)


def _seat_of(sheet: Sheet, who: str, name: str, world: World) -> Seat:
    """The seat of that person which nobody has answered yet: his own before his group's."""
    left = [seat for seat in sheet if seat.state in UNANSWERED and is_among(who, seat.holders, world)]
    if left:
        return min(left, key=lambda seat: who not in seat.holders)
    if any(seat.by == who for seat in sheet.live):
        raise RefusedError("already-signed", f"{name} 已经签过,不能减")
    raise RefusedError("not-among-them", f"{name} 不在审批人里")


def _go_on(draft: Draft, before: Sheet) -> None:
    """Whether it is decided is judged again at once."""
    approval = draft.workflow.nodes[draft.case.node].approval
    assert approval is not None
    decided = judge(draft, approval, before)
    if decided:
        leave_by(draft, approval.outcomes[decided], decided)


ADD_SIGNER = Operation(
    "add_signer",
    "加签",
    _cannot_add,
    _add,
    ADD_FORM,
    help="At an approval: more people are asked. `before`: you wait until they have signed; `after`: they are asked "
    "once you have; `beside`: they are asked with you, under the same sign rule. On a vote they count like the "
    "others. Whoever was added may not add again.",
    offers={"who": _addable, "where": _places},
)
REMOVE_SIGNER = Operation(
    "remove_signer",
    "减签",
    _cannot_remove,
    _remove,
    REMOVE_FORM,
    help="At an approval: somebody who has not signed yet is not asked any more. For whoever has added him and for "
    "roles that `may: [remove_signer]`. Never the last; whether it is decided is judged at once.",
    grantable=True,
    offers={"who": _removable},
)
