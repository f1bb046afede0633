"""Children: cases that a case begins and waits for. One transaction changes one case, so what passes between them is a signal.

A `run` plans its children on entering; each is wanted, ends, and is joined; what leaving finds open is called off or kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowkit.engine.case import Case, Child
from flowkit.engine.definition import Run
from flowkit.engine.draft import Draft
from flowkit.engine.instructions import Who
from flowkit.engine.stored import Personal, as_stored, origins, refuse_in_the_open
from flowkit.engine.view import RecordView, World, show
from flowkit.engine.who import find
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
            values=given(draft, run.values, run.fields, here),
            state=OPEN if run.join != "in_turn" or index == rows[0][0] else WAITING,
            **on_behalf(run.applicant, here),
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


def given(draft: Draft, values: Mapping[str, Expression], fields: Mapping[str, Field], world: World) -> dict[str, Any]:
    """What another case begins with, by its own fields: one that holds a person gets who he is, not only his key.

    What is to fill a personal field goes as a reference, also when it was worked out from personal values.
    """
    return {name: _given(draft, fields[name], e.evaluate(world)) for name, e in values.items()}


def _given(draft: Draft, field: Field, value: Any) -> Any:
    if isinstance(value, Personal):
        refuse_in_the_open(field, value)
        return carried(value)
    if isinstance(value, RecordView) and field.type.name == "person":
        value = value.actor
    if field.personal and value is not None:
        return draft.put_aside(draft.case.applicant, f"with/{field.name}", as_stored(value))
    return carried(value)


def on_behalf(who: Who | None, world: World) -> dict[str, str]:
    """The person for whom another case is begun. Raises EvaluationError when that is not one person who is known."""
    if who is None:
        return {}
    found = find(who, world, stand_ins=False).holders
    people = (world.workflow.business.staff, world.workflow.business.customers)
    if len(found) == 1 and not found[0].startswith("role:"):
        known = world.person(found[0])
        if found[0] == world.case.applicant or (isinstance(known, RecordView) and known.entity in people):
            return {"applicant": found[0]}
    said = who.expression.text.strip() if who.expression is not None else "负责人"
    raise EvaluationError(f"“{said}”不是一个人,无法替他发起")


def carried(value: Any) -> Any:
    """A value on its way out of the case; a personal one goes as a reference to where it is kept."""
    if isinstance(value, Personal):
        return {"personal": value.ref}
    stored = as_stored(value)
    if _looks_like_a_reference(stored):
        # Data from outside may have any shape; read as a reference it would fetch what somebody else has told.
        raise EvaluationError("数据里有名为 personal 的一项,不能这样传给别的工单或系统")
    return stored


def _looks_like_a_reference(stored: Any) -> bool:
    if isinstance(stored, dict):
        return "personal" in stored or any(_looks_like_a_reference(v) for v in stored.values())
    return isinstance(stored, list) and any(_looks_like_a_reference(v) for v in stored)


def of_visit(case: Case) -> tuple[Child, ...]:
    """The children wanted in the present visit."""
    return tuple(c for c in case.children if c.visit == case.visit)


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
        on_behalf = {"applicant": waiting.applicant} if waiting.applicant else {}
        draft.add("begun", child=waiting.id, name=waiting.name, values=dict(waiting.values), **on_behalf)


def _give_back(draft: Draft, run: Run, child: Child, data: Mapping[str, Any]) -> None:
    """`back`: fills the row the child was made from or, without `each`, the case."""
    if not run.back:
        return
    world = draft.world()
    seen = {name: show(field, data["values"].get(name), world) for name, field in run.fields.items()}
    here = world.with_(**seen, outcome=data["outcome"], number=data["number"])
    found = {name: e.evaluate(here) for name, e in run.back.items()}
    if run.rows is None:
        draft.add("set", values={name: _taken_back(draft, name, value) for name, value in found.items()})
        return
    for value in found.values():
        if isinstance(value, Personal):
            raise EvaluationError("个人信息不能填进表格里的一行")
    given = {name: as_stored(value) for name, value in found.items()}
    rows = list(draft.case.values.get(run.rows) or [])
    rows[child.index] = {**rows[child.index], **given}
    draft.add("set", values={run.rows: rows})


def _taken_back(draft: Draft, name: str, value: Any) -> Any:
    field = draft.workflow.fields[name]
    refuse_in_the_open(field, value)
    if field.personal and value is not None:
        return draft.stored({name: field}, {name: value}, draft.case.applicant, kept=origins({name: value}))[name]
    return as_stored(value)


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


def start(
    draft: Draft, workflow: str, title: str, values: Mapping[str, Any], index: int, on_behalf: Mapping[str, str]
) -> None:
    """Begin another case and go on: nobody waits for it."""
    draft.add(
        "started",
        child=f"{draft.case.id}.{draft.case.sequence}.{index}",
        name=workflow,
        title=title,
        values=dict(values),
        **on_behalf,
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
