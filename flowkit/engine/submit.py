"""Beginning a case: the form is checked whole, then the case gets its number, its unit and its first node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowkit.engine.case import Case
from flowkit.engine.draft import Draft
from flowkit.engine.moves import enter
from flowkit.engine.numbering import Numbering
from flowkit.engine.scheduling import filled
from flowkit.engine.view import RecordView, World, environment
from flowkit.errors import EvaluationError, Problem, RefusedError, invalid
from flowkit.fields.definition import OUTSIDERS


def submit(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    if draft.case.id:
        return
    workflow, applicant = draft.workflow, data.get("applicant") or draft.by
    parent, scheduled = data.get("parent"), data.get("scheduled")
    if parent is None and scheduled is None:
        _refuse_beginner(draft)
    if applicant != draft.by and parent is None and _is_outsider(draft):
        raise RefusedError("not-yours", "只能为自己提交", details={"applicant": applicant})
    draft.case = replace(draft.case, id=case_id, applicant=applicant, parent=parent)
    raw = data["values"]
    if scheduled is not None:
        raw, applicant = filled(draft, scheduled)
    inside = parent is not None or scheduled is not None
    values, problems = _filled_in(draft, raw, applicant, inside=inside)
    if problems and parent is None:
        raise invalid(*problems)
    own = {n: None for n in workflow.own_fields.fields if n not in values}
    began = replace(draft.case, values={**own, **values}, created=draft.now)
    draft.case, number, unit = Case(), case_id, None
    problem: EvaluationError | None = None
    try:
        number, unit = _number_and_unit(draft, began)
    except EvaluationError as error:
        problem = error
    draft.add(
        "created",
        id=case_id,
        workflow=workflow.name,
        version=workflow.version,
        number=number,
        unit=unit,
        applicant=applicant,
        values=dict(began.values),
        parent=parent,
        **({"scheduled": scheduled} if scheduled is not None else {}),
    )
    if problems:
        # Nobody can be refused here: the parent must learn that this came to nothing.
        draft.add("unfit", problems=[p.as_json() for p in problems])
        draft.add("ended", outcome="rejected", unfit="；".join(p.words for p in problems))
        return
    enter(draft, workflow.first.name, {"kind": "submit", "name": workflow.title, "from": "", "origin": ""})
    if problem is not None and draft.case.incident is None:
        draft.add(
            "incident",
            where="number, unit",
            message=str(problem),
            holder=f"role:{workflow.business.catcher}",
            resume={"step": "none"},
        )


def _refuse_beginner(draft: Draft) -> None:
    """Raises RefusedError for whoever may not begin a case of this workflow."""
    who, people = draft.workflow.who, draft.facts.people
    own = people.roles.get(draft.by, ()) if draft.by in people.records else (OUTSIDERS,)
    if who is not None and who.isdisjoint(own):
        raise RefusedError(
            "not-yours", f"您不能发起“{draft.workflow.title}”", details={"workflow": draft.workflow.name}
        )


def _is_outsider(draft: Draft) -> bool:
    """Whether it is submitted by one of the customers who is none of the staff."""
    customers = draft.workflow.business.customers
    return draft.by.partition(":")[0] == customers and draft.by not in draft.facts.people.records


def _filled_in(
    draft: Draft, raw: Mapping[str, Any], applicant: str, *, inside: bool
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """The values a case begins with, in stored form. A parent may fill the workflow's own fields too."""
    workflow, world = draft.workflow, draft.world()
    kept: dict[str, str] = {}
    if inside:
        kept = {n: v["personal"] for n, v in raw.items() if _is_reference(v)}
        raw = {n: world.personal(kept[n]) if n in kept else v for n, v in raw.items()}
    own = {n: v for n, v in raw.items() if inside and n in workflow.own_fields.fields}
    rest = {n: v for n, v in raw.items() if n not in own}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    own_fields = workflow.own_fields
    if not own:
        # Nobody fills these in: they are what they are by themselves.
        fixed = [n for n, field in own_fields.fields.items() if field.default and not field.default.roots]
        own_fields = own_fields.part(fixed)
    for form, given in ((own_fields, own), (workflow.form, rest)):
        if form is None:
            continue
        checked = form.check(given, world, environment(world))
        problems += checked.problems
        values |= draft.stored(form.fields, checked.values, applicant, kept=kept)
    if workflow.form is None:
        problems += [Problem(n, "unknown-field", "此工单没有这个字段") for n in rest]
    return values, tuple(problems)


def _is_reference(value: Any) -> bool:
    """Whether it is a personal value that comes from the parent, told by where it is kept."""
    return isinstance(value, Mapping) and "personal" in value


def _number_and_unit(draft: Draft, began: Case) -> tuple[str, str | None]:
    """The number people read, and the unit the case belongs to."""
    workflow = draft.workflow
    before, draft.case = draft.case, began
    try:
        world = draft.world()
        unit = _unit(workflow.unit.evaluate(world), world) if workflow.unit is not None else _own_unit(world)
        number = began.id
        if workflow.number is not None:
            number = workflow.number.render(
                Numbering(world), workflow.business.locale, workflow.business.settings.timezone
            )
        return number, unit
    finally:
        draft.case = before


def _unit(meant: Any, world: World) -> str | None:
    """The key of the unit that is meant. Raises EvaluationError when there is no such unit."""
    if meant is None:
        return None
    key, units = str(getattr(meant, "key", meant)), world.workflow.business.units
    misled = isinstance(meant, RecordView) and meant.entity != units
    if units is not None and (misled or key not in world.facts.people.tree.records):
        raise EvaluationError(f"没有“{key}”这个{world.workflow.business.entities[units].title}")
    return key


def _own_unit(world: World) -> str | None:
    """The unit of the applicant, where he has one and no more."""
    own = world.facts.people.units.get(world.case.applicant, ())
    return own[0] if len(own) == 1 else None
