"""Urge: whoever waits for a case reminds its owner, and each of them only now and then."""

from __future__ import annotations

from datetime import datetime, timedelta

from flowkit.engine.acting import acting_for, with_substitutes
from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values
from flowkit.engine.seeing import may_see, unseen
from flowkit.engine.telling import called, tell, this_case
from flowkit.engine.view import World
from flowkit.engine.who import people
from flowkit.errors import RefusedError

AGAIN_AFTER = timedelta(minutes=30)
"""How long somebody who has urged waits until he may urge the same case again."""


def _cannot_urge(world: World, actor: str) -> RefusedError | None:
    case = world.case
    if not may_see(actor, world):
        return unseen()
    node = world.workflow.nodes.get(case.node)
    if node is not None and node.approval is not None and "urge" not in node.approval.allow:
        return RefusedError("not-allowed", "这一步不允许催办")
    if acting_for(actor, _holders(world), world) is not None:
        return RefusedError("yours", "这就是您的待办,不用催自己")
    if not people(_holders(world), world):
        return RefusedError("nobody", "这一步没有人在办,无人可催")
    last = case.collaboration.urges.get("last", {}).get(actor)
    again = datetime.fromisoformat(last) + AGAIN_AFTER if last is not None else None
    if again is not None and world.now < again:
        clock = again.astimezone(world.workflow.business.settings.timezone).strftime("%Y-%m-%d %H:%M:%S")
        return RefusedError("too-soon", f"您刚催过,{clock} 之后可以再催", details={"again": again.isoformat()})
    return None


def _holders(world: World) -> tuple[str, ...]:
    """Who must act: the owner, and who must look at what a machine gave up on."""
    incident = world.case.incident
    return (*world.case.owner, *((incident["holder"],) if incident is not None else ()))


def _urge(draft: Draft, values: Values) -> None:
    case = draft.case
    draft.add("urged", visit=case.visit, to=list(_holders(draft.world())))
    times = draft.case.collaboration.urged(case.visit)
    said = f"{called(draft.by, draft.world())}催您办理{this_case(draft)}"
    again = f"(第 {times} 次催办)" if times > 1 else ""
    holders = with_substitutes(people(_holders(draft.world()), draft.world()), draft.world())
    tell(draft, holders, "催办", [said + again], visit=case.visit)


URGE = Operation(
    "urge",
    "催办",
    _cannot_urge,
    _urge,
    help="Whoever must act is reminded, and sees how often he was urged. For the applicant and whoever else may see "
    "the case; each of them once in 30 minutes a case.",
)
