"""Reveal: who does not handle a case sees its personal values in full after saying why, and that is written down."""

from __future__ import annotations

from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values, operation_form
from flowkit.engine.redaction import references
from flowkit.engine.view import World
from flowkit.engine.viewer import handles
from flowkit.errors import RefusedError


def _cannot_reveal(world: World, actor: str) -> RefusedError | None:
    case = world.case
    if actor == case.applicant or handles(case, actor, world.facts.people, world.now):
        return RefusedError("not-needed", "您看到的已经是完整信息")
    answers = [answer.values for given in case.answers.values() for answer in given]
    if not references([case.values, answers]):
        return RefusedError("not-offered", "这个工单没有需要遮盖的个人信息")
    return None


def _reveal(draft: Draft, values: Values) -> None:
    draft.add("revealed", reason=values["reason"])


REVEAL = Operation(
    "reveal",
    "查看完整信息",
    _cannot_reveal,
    _reveal,
    operation_form("reveal", "{reason: {type: text, title: 原因, required: true, max_length: 200}}"),
    after_end=True,
    granted=True,
    help="Personal values of the case are shown to this person in full until it goes on to another node. The history"
    " tells who looked, when and why. For those who see the case and whose role `may` it.",
)
