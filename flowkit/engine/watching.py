"""Patterns over many cases: each hit is an event of the case that made it, and the one by which the count rises does more.

Judged in the transaction in which the case comes to the node, so that of two hits at once one is the later one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flowkit.engine.definition import Node, Watching
from flowkit.engine.draft import Draft
from flowkit.engine.verbs import perform
from flowkit.errors import EvaluationError
from flowkit.values.types import ValueProblem


def watch(draft: Draft, node: Node) -> None:
    """The case has come to `node`: count it where it is watched for. A watch that fails says so and holds up nobody."""
    for watching in draft.workflow.watches:
        if node.name not in watching.nodes:
            continue
        before = draft.checkpoint()
        try:
            _judge(draft, watching)
        except (EvaluationError, ValueProblem) as error:
            draft.back_to(before)
            draft.add("unwatched", watch=watching.watch.name, message=str(error))


def _judge(draft: Draft, watching: Watching) -> None:
    applies, key = watching.watch.judge(draft.world())
    if not applies or key is None:
        return
    hits: dict[str, Any] = draft.facts["hits", watching.watch.name, key]
    if draft.case.id in hits:
        return
    moments = [datetime.fromisoformat(at) for at in hits.values()]
    rises = watching.watch.rising(moments, draft.now)
    within = watching.watch.definition.within
    count = 1 + sum(1 for moment in moments if draft.now - moment <= within)
    title = watching.watch.definition.title
    draft.add("watched", watch=watching.watch.name, title=title, key=key, count=count, rises=rises)
    if rises:
        for verb in watching.do:
            perform(verb, draft, {"watch": {"key": key, "count": count, "title": title}})
