"""Follow: whoever may see a case is told, if he wishes, of each move to another node. It never holds anything up."""

from __future__ import annotations

from flowkit.engine.acting import with_substitutes
from flowkit.engine.case import Case
from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values
from flowkit.engine.seeing import may_see, unseen
from flowkit.engine.telling import tell, this_case
from flowkit.engine.view import World
from flowkit.engine.who import people
from flowkit.errors import RefusedError

LANE = "follow"
"""Messages to followers go in a lane of their own: one that cannot be delivered holds up no other."""

ENDS = {"done": "完成", "rejected": "未通过", "cancelled": "取消"}


def _cannot_follow(world: World, actor: str) -> RefusedError | None:
    if not may_see(actor, world):
        return unseen()
    if actor in world.case.collaboration.followers:
        return RefusedError("followed", "您已经在关注了")
    return None


def _cannot_unfollow(world: World, actor: str) -> RefusedError | None:
    if actor not in world.case.collaboration.followers:
        return RefusedError("not-followed", "您没有关注这个工单")
    return None


def _follow(draft: Draft, values: Values) -> None:
    draft.add("followed", who=draft.by)


def _unfollow(draft: Draft, values: Values) -> None:
    draft.add("unfollowed", who=draft.by)


def tell_followers(draft: Draft, before: Case) -> None:
    """One message when the command has taken the case to another node or ended it, however many it went through.

    Who does it, and whoever has the task there and was told of that, gets none. It goes in a lane of its own.
    """
    case = draft.case
    followers = case.collaboration.followers
    moved = case.visit != before.visit or (case.ended and not before.ended)
    if not followers or not before.id or not moved:
        return
    told = {a for e in draft.events if e.kind == "notified" and e.data.get("lane") == LANE for a in e.data["to"]}
    busy = told.union(with_substitutes(people((*case.owner, *case.helpers), draft.world()), draft.world()))
    where = f"已结束({ENDS.get(case.outcome, case.outcome)})" if case.ended else f"到了“{_title(draft)}”"
    text = [f"您关注的{this_case(draft)}{where}"]
    tell(draft, (f for f in followers if f not in busy), "关注", text, lane=LANE)


def _title(draft: Draft) -> str:
    node = draft.workflow.nodes.get(draft.case.node)
    return node.title if node is not None else draft.case.node


FOLLOW = Operation(
    "follow",
    "关注",
    _cannot_follow,
    _follow,
    while_suspended=True,
    help="You are told of each move of the case to another node, one message a move, and may urge its owner. For "
    "whoever may see the case.",
)
UNFOLLOW = Operation(
    "unfollow",
    "取消关注",
    _cannot_unfollow,
    _unfollow,
    while_suspended=True,
    help="You are told no more.",
)
