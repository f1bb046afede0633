"""Void, suspend, resume: what an administrator does with a case, with a reason.

While a case is suspended its clocks stand still and nobody can act on it. What comes from outside or from its children
meanwhile is kept, and comes again, in order, when it goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flowkit.engine.acting import with_substitutes
from flowkit.engine.case import Deadline
from flowkit.engine.children import call_off_all
from flowkit.engine.deadlines import later
from flowkit.engine.draft import Draft
from flowkit.engine.operations.following import LANE
from flowkit.engine.operations.operation import Operation, Values, operation_form
from flowkit.engine.suspension import RESUME
from flowkit.engine.telling import tell, this_case
from flowkit.engine.view import World
from flowkit.engine.who import people
from flowkit.errors import Problem, RefusedError, invalid

DEFERRED = frozenset({"signal", "replied", "finished"})
"""Commands that wait until a suspended case goes on."""


def stands_still(draft: Draft, kind: str, data: Mapping[str, Any]) -> bool:
    """Whether a command is dealt with because the case is suspended: kept for later, or it is time to go on."""
    state = draft.case.suspended
    if state is None:
        return False
    if kind in DEFERRED:
        draft.add("deferred", kind=kind, key=data["key"], data={**data, "by": draft.by})
        return True
    if kind == "timeout" and data["deadline"] == RESUME:
        due = next((d for d in draft.case.deadlines if (d.name, d.visit) == (RESUME, data["visit"])), None)
        if due is not None and due.due <= draft.now:
            draft.add("fired", deadline=RESUME, title="恢复", visit=due.visit, n=0, held=True, next=None)
            _go_on(draft, "到了约定的时间")
        return True
    return False


def _cannot_void(world: World, actor: str) -> RefusedError | None:
    return None


def _void(draft: Draft, values: Values) -> None:
    owner = _at_work(draft)
    draft.add("voided", reason=values["reason"])
    call_off_all(draft)
    draft.add("ended", outcome="cancelled")
    tell(draft, owner, "作废", [f"{this_case(draft)}已作废: {values['reason']}"])


def _cannot_suspend(world: World, actor: str) -> RefusedError | None:
    return RefusedError("suspended", "工单已经挂起") if world.case.suspended is not None else None


def _suspend(draft: Draft, values: Values) -> None:
    until: datetime | None = values.get("until")
    if until is not None and until <= draft.now:
        raise invalid(Problem("until", "past", "要晚于现在", "挂起到"))
    # Each suspension has a deadline of its own: one that is found due late never ends the next suspension.
    number = draft.case.sequence + 1
    resume = (
        [] if until is None else [Deadline(RESUME, number, 0, until, (f"挂起到 {_clock(until, draft)}",)).as_json()]
    )
    draft.add("suspended", reason=values["reason"], deadlines=resume)
    back = "" if until is None else f",{_clock(until, draft)} 恢复"
    _tell(draft, "挂起", f"已挂起{back}: {values['reason']}")


def _cannot_resume(world: World, actor: str) -> RefusedError | None:
    return RefusedError("not-suspended", "工单没有挂起") if world.case.suspended is None else None


def _resume(draft: Draft, values: Values) -> None:
    _go_on(draft, values["reason"])


def _go_on(draft: Draft, reason: str) -> None:
    """Each deadline is later by as long as the case stood still."""
    state = draft.case.suspended
    assert state is not None
    since, world = datetime.fromisoformat(state["at"]), draft.world()
    again = [later(Deadline.from_json(d), since, "挂起", world).as_json() for d in state["deadlines"]]
    draft.add("resumed", reason=reason, deadlines=again, deferred=list(state["deferred"]))
    _tell(draft, "恢复", f"已恢复办理: {reason}")


def _at_work(draft: Draft) -> tuple[str, ...]:
    """Those whose task it is, and who stands in for them."""
    world = draft.world()
    return with_substitutes(people((*draft.case.owner, *draft.case.helpers), world), world)


def _tell(draft: Draft, title: str, said: str) -> None:
    """Tell those whose task it is, and those who follow the case, each in his lane."""
    owner = _at_work(draft)
    text = [this_case(draft) + said]
    tell(draft, owner, title, text)
    tell(draft, (f for f in draft.case.collaboration.followers if f not in owner), title, text, lane=LANE)


def _clock(moment: datetime, draft: Draft) -> str:
    return moment.astimezone(draft.workflow.business.settings.timezone).strftime("%Y-%m-%d %H:%M")


_REASON = "reason: {type: text, title: 原因, required: true, max_length: 500}"

VOID = Operation(
    "void",
    "作废",
    _cannot_void,
    _void,
    operation_form("void", f"{{{_REASON}}}"),
    granted=True,
    while_suspended=True,
    help="The case ends as cancelled, its open children with it. A parent that waits for it is told that it has ended.",
)
SUSPEND = Operation(
    "suspend",
    "挂起",
    _cannot_suspend,
    _suspend,
    operation_form("suspend", f"{{{_REASON}, until: {{type: datetime, title: 挂起到}}}}"),
    granted=True,
    help="All clocks of the case stand still, those of its stages too, and nobody may act on it. Replies, events and"
    " children that end meanwhile wait. It stays in the list of whoever suspended it, until it is resumed; "
    "`until` resumes it by itself. Its children go on.",
)
RESUME_CASE = Operation(
    "resume",
    "激活",
    _cannot_resume,
    _resume,
    operation_form("resume", f"{{{_REASON}}}"),
    granted=True,
    while_suspended=True,
    help="A suspended case goes on: each deadline is later by as long as it stood still, and what came meanwhile is "
    "worked off in order.",
)
