"""What stands around a case, as it is shown: comments with their text, copies with their read marks, links, suspension."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flowkit.engine.case import Case
from flowkit.runtime.personal import filled_in
from flowkit.runtime.view import View
from flowkit.runtime.views import CommentView, CopyView, LinkView, SuspendedView


def surroundings(case: Case, view: View) -> dict[str, Any]:
    """The fields of a CaseView that tell of it; the view must hold the texts of the comments."""
    beside, state = case.collaboration, case.suspended
    return {
        "comments": tuple(
            CommentView(datetime.fromisoformat(c["at"]), c["by"], filled_in([c["text"]], view), tuple(c["mention"]))
            for c in beside.comments
        ),
        "followers": beside.followers,
        "copies": tuple(
            CopyView(to, datetime.fromisoformat(c["at"]), datetime.fromisoformat(c["read"]) if c["read"] else None)
            for to, c in sorted(beside.copies.items(), key=lambda each: (each[1]["at"], each[0]))
        ),
        "links": tuple(
            LinkView(id_, link["number"], link["workflow"], link["how"])
            for id_, link in sorted(beside.links.items(), key=lambda each: (each[1]["number"], each[0]))
        ),
        "urged": beside.urges.get("times", 0),
        "suspended": SuspendedView(datetime.fromisoformat(state["at"]), state["by"], state["reason"])
        if state
        else None,
    }


def flags(case: Case, kind: str) -> Iterator[str]:
    """Words to be shown with a task because of what stands around its case."""
    if kind == "copy":
        yield "抄送"
    if case.suspended is not None:
        yield "挂起"
    if kind != "copy" and (times := case.collaboration.urged(case.visit)):
        yield f"催办 {times} 次"
