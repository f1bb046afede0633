"""Move: a case goes to another unit. Whose it is there is found anew, where those who have it are not there for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flowkit.engine.approval.deciding import relieve
from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values, operation_form
from flowkit.engine.recounting import count_again
from flowkit.engine.verbs import tell_task
from flowkit.engine.view import World
from flowkit.engine.who import Found, as_roles, find_or_catch, kept_away
from flowkit.errors import Problem, RefusedError, invalid


def _cannot(world: World, actor: str) -> RefusedError | None:
    return None if world.workflow.business.units else RefusedError("no-units", "这里没有划分单位")


def _move(draft: Draft, values: Values) -> None:
    old, unit = draft.case.unit, _meant(values["unit"], draft.world())
    if unit == old:
        raise _wrong("已经在这个单位了")
    draft.add("moved", unit=unit, old=old, reason=values["reason"])
    count_again(draft, "unit")
    if not draft.case.owner:
        return
    world = draft.world()
    approval = world.workflow.nodes[draft.case.node].approval
    if approval is not None:
        relieve(draft, approval, _stays)
    elif not all(_stays(holder, world) for holder in draft.case.owner):
        found = _found(world)
        kept = {"owner": list(found.holders), "why": found.why, "helpers": list(draft.case.helpers)}
        draft.add("reassigned", **kept, **as_roles(found, world))
    tell_task(draft, draft.case.owner)


def _found(world: World) -> Found:
    """Whose it is in the new unit: theirs who stay, else the pool's it was claimed from, else whom the node asks."""
    case = world.case
    staying = tuple(h for h in case.owner if _stays(h, world)) or tuple(h for h in case.pool if _stays(h, world))
    node = world.workflow.nodes[case.node]
    if staying or node.owner is None:
        return Found(staying, {"kind": "unit", "text": ""})
    return find_or_catch(node.owner, world, kept_away(world))


def _stays(holder: str, world: World) -> bool:
    """Whether a pool has people in the unit, or a person of the staff is there for it; outsiders have none."""
    staff, unit = world.facts.people, world.case.unit
    if holder.startswith("role:"):
        return staff.any_with_role(holder.removeprefix("role:"), unit)
    return staff.there_for(holder, unit)


def _meant(typed: str, world: World) -> str:
    """The unit that somebody typed, by its key or by what it is called."""
    units = _units(world)
    if typed in units:
        return typed
    called = [key for key, name in units.items() if name == typed]
    if len(called) != 1:
        business = world.workflow.business
        raise _wrong(f"没有“{typed}”这个{business.entities[business.units or ''].title}")
    return called[0]


def _units(world: World) -> dict[str, str]:
    """What each unit is called, by its key."""
    business = world.workflow.business
    label = business.entities[business.units].label if business.units is not None else None
    named = {key: stored.get(label or "") for key, stored in world.facts.people.tree.records.items()}
    return {key: name if isinstance(name, str) else key for key, name in named.items()}


def _others(world: World, actor: str) -> Iterator[tuple[str, str]]:
    units = _units(world)
    several = Counter(units.values())
    for key, name in units.items():
        if key != world.case.unit:
            yield key, name if several[name] == 1 else f"{name} ({key})"


def _wrong(message: str) -> RefusedError:
    return invalid(Problem("unit", "option", message))


MOVE = Operation(
    "move",
    "转单位",
    _cannot,
    _move,
    operation_form(
        "move",
        """
  unit: {type: text, title: 转到, required: true, max_length: 200}
  reason: {type: text, title: 原因, required: true, max_length: 500}
""",
    ),
    granted=True,
    while_suspended=True,
    help="The case goes to another unit. A pool is read there; who has the case and is not there for that unit gives"
    " it up to whom the step asks there.",
    offers={"unit": _others},
)
