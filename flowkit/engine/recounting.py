"""A calendar that is another than it was: what is open is counted again, and the history says so. Never by a clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowkit.engine.case import Deadline
from flowkit.engine.deadlines import recounted
from flowkit.engine.draft import Draft


def recount(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    """The calendar is another than it was: every deadline in business time is counted again."""
    count_again(draft, "calendar")


def count_again(draft: Draft, because: str) -> None:
    """Note the deadlines that are due at another moment now that the calendar, or the unit whose it is, is another."""
    world = draft.world()
    note_changed(draft, [d for stood in draft.case.deadlines if (d := recounted(stood, world)) != stood], because)


def note_changed(draft: Draft, changed: Sequence[Deadline], because: str) -> None:
    if changed:
        draft.add("due_changed", because=because, deadlines=[deadline.as_json() for deadline in changed])
