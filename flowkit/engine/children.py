"""Children: cases that a case begins and waits for. One transaction changes one case, so what passes between them is a signal.

A `run` plans its children on entering; each is wanted, ends, and is joined; what leaving finds open is called off or kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowkit.engine.case import Case, Child
from flowkit.engine.definition import Run
from flowkit.engine.draft import Draft
from flowkit.engine.view import Personal, RecordView, World, as_stored, show
from flowkit.errors import EvaluationError
from flowkit.fields.definition import Field
from flowkit.rules.language.expression import Expression

ENDED, OPEN, WAITING = "ended", "open", "waiting"


def plan(draft: Draft, run: Run) -> None:
    """Want the children of this visit: all at once, or the first of them when they go in turn."""
    world = draft.world()
    rows = _rows(run, world)
    for index, row in rows:
        here = world if row is None else world.with_(row=row)
        draft.add(
            "wanted",
            child=f"{draft.case.id}.{draft.case.visit}.{index}",
            name=run.workflow,
            title=run.title,
            visit=draft.case.visit,
            index=index,
            values=given(run.values, run.fields, here),
            state=OPEN if run.join != "in_turn" or index == rows[0][0] else WAITING,
        )


def _rows(run: Run, world: World) -> list[tuple[int, Any]]:
    if run.each is None:
        return [(0, None)]
    found = run.each.evaluate(world) or []
    if not isinstance(found, (list, tuple)):
        raise EvaluationError(f"“{run.each.text.strip()}”不是若干行,无法逐行发起")
    chosen = ((i, row) for i, row in enumerate(found))
    if run.when is None:
        return list(chosen)
    return [(i, row) for i, row in chosen if run.when.evaluate(world.with_(row=row)) is True]


def given(values: Mapping[str, Expression], fields: Mapping[str, Field], world: World) -> dict[str, Any]:
    """What another case begins with, by its own fields: one that holds a person gets who he is, not only his key."""
    found = {name: expression.evaluate(world) for name, expression in values.items()}
    return {
        name: value.actor if isinstance(value, RecordView) and fields[name].type.name == "person" else carried(value)
        for name, value in found.items()
    }


def carried(value: Any) -> Any:
    """A value on its way out of the case; a personal one goes as a reference to where it is kept."""
    if isinstance(value, Personal):
        return {"personal": value.ref}
    return as_stored(value)


def of_visit(case: Case, visit: int | None = None) -> tuple[Child, ...]:
    """The children wanted in that visit, by default the present one."""
    return tuple(c for c in case.children if c.visit == (case.visit if visit is None else visit))


def joined(draft: Draft, run: Run) -> bool:
    """Whether what this visit waits for has come about."""
    children = of_visit(draft.case)
    done = sum(c.state == ENDED for c in children)
    if run.join in ("all", "in_turn"):
        return done == len(children)
    wanted = 1 if run.join == "any" else int(run.join)
    return done >= min(wanted, len(children))


def finished(draft: Draft, data: Mapping[str, Any]) -> Run | None:
    """A child has ended. Gives the run that waits for it; None when nobody waits any more, which is recorded."""
    case, node = draft.case, draft.workflow.nodes[draft.case.node]
    child = next((c for c in case.children if c.id == data["child"]), None)
    waits = child is not None and child.visit == case.visit and child.state == OPEN and not case.ended
    if not waits or child is None or node.run is None:
        draft.add("late", name=data["child"], values={"outcome": data["outcome"]}, key=data["key"])
        return None
    draft.add("joined", child=child.id, name=child.name, outcome=data["outcome"], number=data["number"])
    return node.run


def after_joining(draft: Draft, run: Run, data: Mapping[str, Any]) -> None:
    """Take back what the child gives back, and begin the next when they go in turn."""
    child = next(c for c in draft.case.children if c.id == data["child"])
    _give_back(draft, run, child, data)
    waiting = next((c for c in of_visit(draft.case) if c.state == WAITING), None)
    if run.join == "in_turn" and waiting is not None:
        draft.add("begun", child=waiting.id, name=waiting.name, values=dict(waiting.values))


def _give_back(draft: Draft, run: Run, child: Child, data: Mapping[str, Any]) -> None:
    """`back`: fills the row the child was made from or, without `each`, the case."""
    if not run.back:
        return
    world = draft.world()
    seen = {name: show(field, data["values"].get(name), world) for name, field in run.fields.items()}
    here = world.with_(**seen, outcome=data["outcome"], number=data["number"])
    given = {name: as_stored(e.evaluate(here)) for name, e in run.back.items()}
    if run.rows is None:
        draft.add("set", values=given)
        return
    rows = list(draft.case.values.get(run.rows) or [])
    rows[child.index] = {**rows[child.index], **given}
    draft.add("set", values={run.rows: rows})


def leave_children(draft: Draft) -> None:
    """What leaving a visit does to children still open: they are called off, unless they are to be kept."""
    node = draft.workflow.nodes.get(draft.case.node)
    if node is None or node.run is None:
        return
    open_ = [c.id for c in of_visit(draft.case) if c.state == OPEN]
    waiting = any(c.state == WAITING for c in of_visit(draft.case))
    if open_ or waiting:
        draft.add("released", children=[] if node.run.keep else open_)


def call_off_all(draft: Draft) -> None:
    """A case that ends takes its open children with it."""
    open_ = [c.id for c in draft.case.children if c.state == OPEN]
    if open_:
        draft.add("released", children=open_)


def start(draft: Draft, workflow: str, title: str, values: Mapping[str, Any], index: int) -> None:
    """Begin another case and go on: nobody waits for it."""
    draft.add(
        "started",
        child=f"{draft.case.id}.{draft.case.sequence}.{index}",
        name=workflow,
        title=title,
        values=dict(values),
    )


class ChildrenView:
    """Children by their workflow's name: gone through and counted; `.outcome` is that of the one that ended last."""

    __slots__ = ("_children",)

    def __init__(self, case: Case, name: str) -> None:
        named = [c for c in case.children if c.name == name]
        latest = max((c.visit for c in named), default=0)
        self._children = [c for c in named if c.visit == latest]

    def __iter__(self) -> Any:
        return iter([{"outcome": c.outcome or None, "number": c.number or None, "id": c.id} for c in self._children])

    def __len__(self) -> int:
        return len(self._children)

    def attribute(self, name: str) -> Any:
        ended = [c for c in self._children if c.state == ENDED]
        if name in ("outcome", "number") and ended:
            last = max(ended, key=lambda c: c.order)
            return last.outcome if name == "outcome" else last.number
        return len(self._children) if name == "count" else None
