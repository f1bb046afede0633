"""Messages that operations send by themselves, and what people are called in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flowkit.engine.draft import Draft
from flowkit.engine.stored import Personal
from flowkit.engine.view import RecordView, World


def tell(
    draft: Draft, to: Iterable[str], title: str, text: list[Any], *, lane: str = "", visit: int | None = None
) -> None:
    """Write down one message to these people over all channels. Who does it is not told, nor is a machine.

    `lane` keeps it out of the way of others; with `visit` it is dropped once the case has left that visit.
    """
    told = [a for a in dict.fromkeys(to) if a != draft.by and not a.startswith("system:")]
    if told:
        draft.add(
            "notified",
            notification="",
            to=told,
            channels=list(draft.workflow.business.channels),
            title=title,
            text=text,
            while_visit=visit,
            lane=lane,
        )


def called(actor: str, world: World) -> str:
    """A person by name; who is called by something personal, or has no record, by his actor."""
    record = world.person(actor)
    named = isinstance(record, RecordView) and not isinstance(record.name, Personal)
    return str(record) if named else actor


def not_staff(actor: str, world: World) -> str:
    """What is said of an actor who is none of the staff."""
    staff = actor.partition(":")[0] == world.workflow.business.staff
    return f"没有这个人: {actor}" if staff else f"{actor} 不是员工"


def this_case(draft: Draft) -> str:
    """What a message calls the case: 维修工单 WX20260302-0001."""
    return f"{draft.workflow.title} {draft.case.number}"
