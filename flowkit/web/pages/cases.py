"""All cases somebody sees: found by words and by where they are; the search stands in the address."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from flowkit.errors import RefusedError
from flowkit.kit import Page as CasePage
from flowkit.web.pages.page import Page
from flowkit.web.shell import called, page, people, refused, telling
from flowkit.web.site import Ask

A_PAGE = 50
STATES = {"open": True, "late": True, "ended": False, "all": None}
MOST_COUNTED = 1000


def cases(ask: Ask) -> Response:
    asked = ask.query
    state = asked["state"] if asked.get("state") in STATES else "open"
    filters: dict[str, Any] = {
        "open": STATES[state],
        "late": True if state == "late" else None,
        **{each: asked.get(each) or None for each in ("workflow", "node", "unit")},
        "text": asked.get("q", "").strip()[:100] or None,
    }
    order = "due" if state in ("open", "late") else "-created"
    problem, count_late = "", 0
    try:
        count_late = ask.kit.count(ask.by, most=MOST_COUNTED, **{**filters, "open": True, "late": True})
        found = ask.kit.cases(ask.by, order=order, limit=A_PAGE, after=asked.get("after") or None, **filters)
    except RefusedError as error:
        found, problem = CasePage(()), refused(ask, error)
    names, tell = people(ask, {actor for row in found.items for actor in row.owner}), telling(ask)
    cards = ask.kit.cards([row.id for row in found.items], ask.by)
    workflows = ask.kit.app.workflows
    rows = [
        {
            "row": row,
            "card": cards[row.id],
            "owner": called(ask, names, row.owner),
            "due": tell.due(row.due, row.created, row.late) if row.ended is None else None,
            "created": tell.moment(row.created),
            "state": tell.state(workflows.get(row.workflow), row.node, row.node_title, outcome=row.outcome),
        }
        for row in found.items
        if row.id in cards
    ]
    return page(
        ask,
        "cases.html",
        rows=rows,
        next=found.next,
        state=state,
        count_late=count_late if count_late < MOST_COUNTED else f"{MOST_COUNTED - 1}+",
        q=asked.get("q", ""),
        workflow=asked.get("workflow", ""),
        workflows=workflows,
        problem=problem,
        starts=_starts(ask),
    )


def _starts(ask: Ask) -> list[tuple[str, str]]:
    """The workflows that this person may begin by hand."""
    roles = set(ask.kit.roles(ask.by)) or {"customers"}
    return [
        (name, ask.language.called(workflow.title))
        for name, workflow in ask.kit.app.workflows.items()
        if workflow.form is not None and (workflow.who is None or roles & workflow.who)
    ]


PAGES = (Page("/cases", cases),)
