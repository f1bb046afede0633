"""Hand over: a task becomes another person's, with its due time; who had it is done."""

from __future__ import annotations

from flowkit.engine.approval.passing import cannot_pass, pass_on
from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values, operation_form
from flowkit.engine.view import World
from flowkit.errors import RefusedError

FORM = operation_form(
    "hand_over",
    "{to: {type: person, title: 转给, required: true}, reason: {type: text, title: 说明, max_length: 2000}}",
)


def _cannot(world: World, actor: str) -> RefusedError | None:
    return cannot_pass(world, actor, "hand_over", "转办")


def _perform(draft: Draft, values: Values) -> None:
    pass_on(draft, values["to"], values.get("reason") or "", back=False)


HAND_OVER = Operation("hand_over", "转办", _cannot, _perform, form=FORM)
