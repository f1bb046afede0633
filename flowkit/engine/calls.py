"""Calls of outside systems: asked for with the step that enters the node, answered by a signal, late ones recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowkit.engine.case import Deadline
from flowkit.engine.children import carried
from flowkit.engine.deadlines import deadline_after
from flowkit.engine.definition import Call
from flowkit.engine.draft import Draft

WITHIN = "within"
"""The name of the deadline up to which an answer is waited for."""

CALL_KEY = "{case}/{visit}"


def within(draft: Draft, call: Call) -> Deadline:
    entered = draft.case.entered or draft.now
    return deadline_after(WITHIN, call.within, draft.case.visit, entered, draft.world())


def ask(draft: Draft, call: Call) -> None:
    """Write down what is to be asked. The key is the same however often it is tried."""
    world = draft.world()
    draft.add(
        "called",
        connector=call.connector,
        operation=call.operation,
        key=CALL_KEY.format(case=draft.case.id, visit=draft.case.visit),
        visit=draft.case.visit,
        arguments={name: carried(e.evaluate(world)) for name, e in call.values.items()},
    )


def answered(draft: Draft, data: Mapping[str, Any]) -> Call | None:
    """An answer has come. Gives the call that waits for it; None when it is too late, which is recorded with its content."""
    case, call = draft.case, draft.workflow.nodes[draft.case.node].call
    if case.ended or call is None or data["visit"] != case.visit:
        content = {k: data[k] for k in ("ok", "values", "error")}
        draft.add("late", name=f"{data['connector']}.{data['operation']}", values=content, key=data["key"])
        return None
    saved = call.save if data["ok"] else ""
    draft.add("replied", ok=data["ok"], save=saved, values=data["values"], error=data["error"])
    return call
