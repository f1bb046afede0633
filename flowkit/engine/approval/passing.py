"""A signature goes into other hands: for good (hand over), or to come back (delegate). Taken by the operations on a task."""

from __future__ import annotations

from flowkit.engine.approval.changes import passed, together
from flowkit.engine.approval.mine import cannot_receive, mine
from flowkit.engine.approval.sheet import difference
from flowkit.engine.draft import Draft
from flowkit.engine.verbs import tell_task
from flowkit.engine.view import World
from flowkit.errors import RefusedError


def cannot_pass(world: World, actor: str, allowed: str, title: str) -> RefusedError | None:
    """Why that actor has nothing here to give into other hands; None when he has."""
    found = mine(world, actor)
    if isinstance(found, RefusedError):
        return found
    if allowed not in found[0].allow:
        return RefusedError("not-allowed", f"这一步不允许{title}")
    return None


def pass_on(draft: Draft, to: str, reason: str, *, back: bool) -> None:
    """Give what is the actor's to sign to somebody; with `back` it returns to him when that one has answered."""
    world = draft.world()
    found = mine(world, draft.by)
    if isinstance(found, RefusedError):
        raise found
    _, sheet, seat = found
    refused = cannot_receive(world, sheet, to, draft.by, seat)
    if refused is not None:
        raise refused
    new = passed(sheet, together(sheet, seat), draft.by, to, back=back)
    kind = "delegated" if back else "handed_over"
    draft.add(kind, to=to, reason=reason, holders=list(seat.holders), **difference(sheet, new))
    tell_task(draft, (to,))
