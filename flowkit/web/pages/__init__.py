"""Every address there is."""

from __future__ import annotations

from flowkit.web.pages import (
    acting,
    case,
    cases,
    coming,
    demo,
    files,
    incidents,
    me,
    progress,
    reporting,
    several,
    signing_in,
    starting,
    tasks,
    viewing,
)
from flowkit.web.pages.page import Page

ROOMS = (
    signing_in,
    tasks,
    case,
    acting,
    cases,
    coming,
    starting,
    viewing,
    several,
    reporting,
    progress,
    incidents,
    files,
    me,
    demo,
)

PAGES: tuple[Page, ...] = tuple(page for room in ROOMS for page in room.PAGES)
