"""A calendar that has changed: what is still open is counted again, and the history says so. Never by a clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowkit.engine.case import Deadline
from flowkit.engine.deadlines import recounted
from flowkit.engine.draft import Draft


def recount(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    """The calendar is another than it was: count every deadline in business time again, and note those that change."""
    world = draft.world()
    note_changed(draft, [again for stood in draft.case.deadlines if (again := recounted(stood, world)) != stood])


def note_changed(draft: Draft, changed: Sequence[Deadline]) -> None:
    """These deadlines are due at other moments than before, because the calendar is another."""
    if changed:
        draft.add("due_changed", because="calendar", deadlines=[deadline.as_json() for deadline in changed])
