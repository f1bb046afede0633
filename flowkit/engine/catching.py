"""A case whose people have all gone goes to the app's catcher, in plain sight: nobody is forgotten because somebody left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowkit.engine.approval.deciding import relieve
from flowkit.engine.draft import Draft
from flowkit.engine.verbs import tell_task
from flowkit.engine.who import somebody


def catch(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    """Give the catcher what nobody can act on any more: the case, or the incident that it stands at.

    What one of a pool had claimed goes back to the pool.
    """
    case, world, business = draft.case, draft.world(), draft.workflow.business
    catcher, title = f"role:{business.catcher}", business.roles.get(business.catcher, business.catcher)
    if case.ended:
        return
    approval = draft.workflow.nodes[case.node].approval if case.sheet is not None else None
    if approval is not None:
        relieve(draft, approval)
        tell_task(draft, tuple(h for h in draft.case.owner if h not in case.owner))
    elif case.owner not in ((), (catcher,)) and not any(somebody(holder, world) for holder in case.owner):
        if any(somebody(holder, world) for holder in case.pool):
            draft.add("put_back", owner=list(case.pool))
        else:
            why = {"kind": "caught", "text": f"原来的负责人已不在,由{title}兜底"}
            draft.add("reassigned", owner=[catcher], why=why)
        tell_task(draft, draft.case.owner)
    incident = case.incident
    if incident is not None and not somebody(incident["holder"], world) and incident["holder"] != catcher:
        draft.add("incident", **{**incident, "holder": catcher})
        tell_task(draft, (catcher,))
