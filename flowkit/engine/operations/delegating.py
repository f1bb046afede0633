"""Delegate: somebody else answers first, and then it is the delegator's again, who has to finish it."""

from __future__ import annotations

from flowkit.engine.approval.passing import cannot_pass, pass_on
from flowkit.engine.draft import Draft
from flowkit.engine.operations.choosing import receiving
from flowkit.engine.operations.operation import Operation, Values, operation_form
from flowkit.engine.view import World
from flowkit.errors import RefusedError

FORM = operation_form(
    "delegate",
    "{to: {type: person, title: 委派给, required: true}, reason: {type: text, title: 说明, max_length: 2000}}",
)


def _cannot(world: World, actor: str) -> RefusedError | None:
    return cannot_pass(world, actor, "delegate", "委派")


def _perform(draft: Draft, values: Values) -> None:
    pass_on(draft, values["to"], values.get("reason"), back=True)


DELEGATE = Operation(
    "delegate",
    "委派",
    _cannot,
    _perform,
    FORM,
    help="At an approval: somebody else says first what he thinks of it, then it is the delegator's again, who has "
    "to finish it; however far it was delegated on, it returns to the first.",
    offers={"to": receiving},
)
