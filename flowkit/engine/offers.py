"""Which actions somebody may take now: what pages show as buttons and what `decide` insists on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flowkit.engine.acting import taking_for
from flowkit.engine.case import Case
from flowkit.engine.definition import Exit, Workflow
from flowkit.engine.facts import Facts
from flowkit.engine.machine import offered
from flowkit.engine.operations.table import OPERATIONS
from flowkit.engine.suspension import held_up
from flowkit.engine.view import World
from flowkit.errors import EvaluationError, RefusedError
from flowkit.forms.form import Form


@dataclass(frozen=True, slots=True)
class Offer:
    """An action or operation that is open to somebody, with the form it asks for (None: it needs none)."""

    name: str
    title: str
    form: Form | None


def offers(workflow: Workflow, case: Case, actor: str, facts: Facts, now: datetime) -> tuple[Offer, ...]:
    """The actions that `actor` may take now. May raise Need."""
    if case.ended or not case.node:
        return ()
    world = World(workflow, case, facts, now)
    world = world.with_(actor=world.person(actor), me=world.person(actor))
    actions = workflow.actions_at(case.node).values()
    return tuple(Offer(e.name, e.title, e.form) for e in actions if refusal(e, actor, world) is None)


def operations(workflow: Workflow, case: Case, actor: str, facts: Facts, now: datetime) -> tuple[Offer, ...]:
    """What `actor` may do besides: what an action of the workflow hides by its name is not among it. May raise Need."""
    world = World(workflow, case, facts, now)
    actions = workflow.actions_at(case.node) if case.node else {}
    return tuple(
        Offer(o.name, o.title, o.form_for(world, actor))
        for o in OPERATIONS.values()
        if o.name not in actions and o.offered(world, actor)
    )


def refusal(exit_: Exit, actor: str, world: World) -> RefusedError | None:
    """Why that actor may not take this exit now; None when he may."""
    try:
        return _refusal(exit_, actor, world)
    except EvaluationError as error:
        return RefusedError("cannot-judge", f"无法判断: {error}")


def _refusal(exit_: Exit, actor: str, world: World) -> RefusedError | None:
    case = world.case
    if (refused := held_up(case)) is not None:
        return refused
    if not offered(world.workflow.machine, case.node, f"act:{exit_.name}"):
        return RefusedError("not-offered", f"“{exit_.title}”现在不可用")
    if taking_for(exit_, actor, world) is None:
        return RefusedError("not-yours", f"“{exit_.title}”不归您处理", details={"owner": list(case.owner)})
    if exit_.when is not None and not exit_.when.evaluate(world):
        return RefusedError("not-offered", f"“{exit_.title}”的条件还不满足: {exit_.when.text}")
    return None
