"""Take back: who made the last move undoes it while nobody after him has acted and nothing has gone out for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowkit.engine.approval.folding import way
from flowkit.engine.approval.sheet import Sheet
from flowkit.engine.deadlines import deadline_of
from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values
from flowkit.engine.stages import leave_stages, rest_in_stages
from flowkit.engine.suspension import held_up
from flowkit.engine.verbs import tell_task
from flowkit.engine.view import World
from flowkit.errors import RefusedError


def _cannot(world: World, actor: str) -> RefusedError | None:
    case, nodes = world.case, world.workflow.nodes
    last = case.last
    if (refused := held_up(case)) is not None:
        return refused
    if last is None or last["node"] not in nodes or (last["visit"] == case.visit and last["sheet"] is None):
        return RefusedError("nothing-to-take-back", "没有可以拿回的一步")
    approvals = [a for name in (last["node"], case.node) if (a := nodes[name].approval) is not None]
    if not approvals:
        return RefusedError("nothing-to-take-back", "没有可以拿回的一步")
    if last["by"] != actor:
        return RefusedError("not-yours", "最后一步不是您办的")
    if last["after"]:
        return RefusedError("taken-up", "后面已经有人办了,不能拿回")
    if last["sent"]:
        return RefusedError("sent", f"{last['sent']},不能拿回")
    if any("take_back" not in approval.allow for approval in approvals):
        return RefusedError("not-allowed", "这一步不允许拿回")
    return None


def _perform(draft: Draft, values: Values) -> None:
    case, last = draft.case, draft.case.last
    assert last is not None
    here = last["visit"] == case.visit
    draft.add(
        "taken_back",
        node=last["node"],
        title=draft.workflow.nodes[last["node"]].title,
        here=here,
        sheet=last["sheet"],
        values=last["values"],
    )
    if not here:
        _go_back(draft, last, case.node)
    # Who was asked all along has been told.
    before = case.sheet.owner if here and case.sheet is not None else ()
    newly = tuple(holder for holder in draft.case.owner if holder not in before)
    if newly:
        tell_task(draft, newly)


def _go_back(draft: Draft, last: Mapping[str, Any], left: str) -> None:
    """Stand again where the move was made, as it was; deadlines are anew, nothing that entering does is done."""
    node, visit = draft.workflow.nodes[last["node"]], draft.case.visit + 1
    via = {"kind": "take_back", "name": "拿回", "from": left, "origin": last["came_from"]}
    draft.add(
        "entered",
        node=node.name,
        title=node.title,
        visit=visit,
        via=via,
        left_out=[],
        path=list(way(draft.case, node.name)),
    )
    leave_stages(draft, node)
    owner = list(last["owner"])
    if last["sheet"] is not None:
        sheet = Sheet.from_json(last["sheet"])
        draft.add("asked", visit=visit, sheet=last["sheet"], why=[])
        owner = list(sheet.owner)
    world = draft.world()
    due = [deadline_of(timeout, visit, draft.now, world) for timeout in node.timeouts]
    why = {"kind": "taken_back", "text": "拿回"}
    draft.add("assigned", owner=owner, why=why, deadlines=[d.as_json() for d in due])
    rest_in_stages(draft, node)


TAKE_BACK = Operation(
    "take_back",
    "拿回",
    _cannot,
    _perform,
    help="Whoever made the last move at or into an approval undoes it, while nobody after him has acted and nothing "
    "has gone out that cannot be undone: a message to somebody who is to act, a call, a changed record, another case.",
)
