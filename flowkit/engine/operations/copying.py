"""Copy: somebody is given a case to read, once, and says when he has. It holds nothing up, and outlives the case."""

from __future__ import annotations

from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values, operation_form
from flowkit.engine.seeing import is_staff, unseen
from flowkit.engine.telling import called, not_staff, tell, this_case
from flowkit.engine.verbs import give_copies
from flowkit.engine.view import World
from flowkit.errors import Problem, RefusedError, invalid


def _cannot_copy(world: World, actor: str) -> RefusedError | None:
    return None if is_staff(actor, world) else unseen()


def _copy(draft: Draft, values: Values) -> None:
    world = draft.world()
    strangers = [actor for actor in values["to"] if not is_staff(actor, world)]
    if strangers:
        problems = (Problem("to", "unknown-actor", not_staff(actor, world), "抄送给") for actor in strangers)
        raise invalid(*problems)
    new = give_copies(draft, values["to"])
    if not new:
        raise RefusedError("copied", "这些人都已经抄送过了")
    tell(draft, new, "抄送", [f"{called(draft.by, world)}把{this_case(draft)}抄送给您"], lane="copy")


def _cannot_mark_read(world: World, actor: str) -> RefusedError | None:
    copy = world.case.collaboration.copies.get(actor)
    if copy is None:
        return RefusedError("not-yours", "没有抄送给您")
    return RefusedError("read", "已经标为已读") if copy["read"] is not None else None


def _mark_read(draft: Draft, values: Values) -> None:
    draft.add("read", who=draft.by)


COPY = Operation(
    "copy",
    "抄送",
    _cannot_copy,
    _copy,
    operation_form("copy", "{to: {type: list, of: person, title: 抄送给, required: true, max: 100}}"),
    after_end=True,
    while_suspended=True,
    help="These members of staff find the case in their list until they mark it as read, even when it has ended, and"
    " may see it. Once a person a case; `cc` of a notification gives copies too. Nothing waits for it.",
)
MARK_READ = Operation(
    "mark_read",
    "已读",
    _cannot_mark_read,
    _mark_read,
    after_end=True,
    while_suspended=True,
    help="You have read what was copied to you: it leaves your list, and the case shows when.",
)
