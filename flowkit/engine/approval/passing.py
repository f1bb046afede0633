"""A signature goes into other hands: for good (hand over), or to come back (delegate). Taken by the operations on a task."""

from __future__ import annotations

from flowkit.engine.acting import told
from flowkit.engine.approval.changes import passed, together
from flowkit.engine.approval.mine import cannot_receive, given, mine
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
    return None if allowed in found.approval.allow else RefusedError("not-allowed", f"这一步不允许{title}")


def pass_on(draft: Draft, to: str, reason: str | None, *, back: bool) -> None:
    """Give what is the actor's to sign to somebody; with `back` it returns to him when that one has answered."""
    world = draft.world()
    here = given(world, draft.by)
    refused = cannot_receive(world, here, to, draft.by)
    if refused is not None:
        raise refused
    new = passed(here.sheet, together(here.sheet, here.seat), here.person, to, back=back)
    data = {"from": here.person, "to": to, "reason": reason, **told(draft.by, here.person)}
    draft.add("delegated" if back else "handed_over", **data, **difference(here.sheet, new))
    tell_task(draft, (to,))
