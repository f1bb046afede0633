"""Hand over: a task becomes somebody else's, with the time that is left of it. Never in a ring, never to nobody.

`cannot_hand_over` and `successor` hold for tasks of every kind; an approval's own operations ask them too.
"""

from __future__ import annotations

from collections.abc import Iterable

from flowkit.engine.acting import acting_for, told
from flowkit.engine.approval.passing import cannot_pass, pass_on
from flowkit.engine.draft import Draft
from flowkit.engine.operations.choosing import persons, receiving
from flowkit.engine.operations.operation import Operation, Values, operation_form
from flowkit.engine.seeing import is_staff
from flowkit.engine.telling import called, not_staff
from flowkit.engine.verbs import tell_task
from flowkit.engine.view import World
from flowkit.engine.who import kept_away
from flowkit.errors import Problem, RefusedError, invalid

HANDED = frozenset({"task", "wait", "run"})
"""The kinds of nodes whose task is one person's or one pool's, so that it can be handed over as a whole."""


def cannot_hand_over(world: World, actor: str) -> RefusedError | None:
    """Why that actor has no task here that he may hand over; None when he has."""
    case = world.case
    if case.sheet is not None:
        return cannot_pass(world, actor, "hand_over", "转办")
    node = world.workflow.nodes.get(case.node)
    if node is None or node.kind not in HANDED or acting_for(actor, case.owner, world) is None:
        return RefusedError("not-yours", "这里没有您可以转办的待办", details={"owner": list(case.owner)})
    if not is_staff(actor, world):
        return RefusedError("not-staff", "只有员工之间可以转办")
    return None


def successor(draft: Draft, person: str, to: str) -> str:
    """The person to whom a task of that person's at this node may go. Raises RefusedError."""
    world = draft.world()
    name = called(to, world)
    if to in (draft.by, person):
        raise _unfit("self", "不能交给自己")
    if not is_staff(to, world):
        raise _unfit("unknown-actor", not_staff(to, world))
    if to in draft.case.handed:
        raise _unfit("ring", f"{name} 已经手,不能再转回去")
    if to in kept_away(world):
        raise _unfit("left-out", f"这一步不能由 {name} 办理")
    return to


def _unfit(code: str, message: str) -> RefusedError:
    return invalid(Problem("to", code, message, "转给"))


def _hand_over(draft: Draft, values: Values) -> None:
    if draft.case.sheet is not None:
        return pass_on(draft, values["to"], values.get("reason"), back=False)
    # Who stands in for somebody hands over what is that person's.
    person = acting_for(draft.by, draft.case.owner, draft.world()) or draft.by
    to = successor(draft, person, values["to"])
    draft.add("handed_over", **{"from": person, "to": to, "reason": values.get("reason")}, **told(draft.by, person))
    tell_task(draft, (to,))


def _successors(world: World, actor: str) -> Iterable[tuple[str, str]]:
    case = world.case
    if case.sheet is not None:
        return receiving(world, actor)
    out = {actor, acting_for(actor, case.owner, world), *case.handed, *kept_away(world)}
    return persons((each for each in world.facts.people.records if each not in out), world, actor)


HAND_OVER = Operation(
    "hand_over",
    "转办",
    cannot_hand_over,
    _hand_over,
    operation_form(
        "hand_over",
        "{to: {type: person, title: 转给, required: true}, reason: {type: text, title: 原因, max_length: 500}}",
    ),
    help="The task becomes another person's, with its deadlines as they stand. Only between staff; not to oneself, "
    "not to whoever has handed this very task on before, and not to whom the node keeps out. Of a pool's task "
    "one of the pool may do so; the other person may release it to that pool.",
    offers={"to": _successors},
)
