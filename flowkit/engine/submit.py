"""Beginning a case: the form is checked whole, then the case gets its number, its unit and its first node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowkit.engine.case import Case
from flowkit.engine.draft import Draft
from flowkit.engine.moves import enter
from flowkit.engine.numbering import Numbering
from flowkit.engine.view import World
from flowkit.errors import EvaluationError, Problem, RefusedError
from flowkit.forms.form import Environment


def submit(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    if draft.case.id:
        return
    workflow, applicant = draft.workflow, data.get("applicant") or draft.by
    draft.case = replace(draft.case, id=case_id, applicant=applicant)
    values: dict[str, Any] = {}
    if workflow.form is not None:
        world = draft.world()
        checked = workflow.form.check(data["values"], world, environment(world))
        if checked.problems:
            raise RefusedError("invalid", "有内容需要更正", checked.problems)
        values = draft.stored(workflow.form.fields, checked.values, applicant)
    elif data["values"]:
        raise RefusedError(
            "invalid", "此工单没有起始表单", [Problem(n, "unknown-field", "没有这个字段") for n in data["values"]]
        )
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
    )
    enter(draft, workflow.first.name, {"kind": "submit", "name": workflow.title, "from": "", "origin": ""})
    if problem is not None and draft.case.incident is None:
        draft.add(
            "incident",
            where="number, unit",
            message=str(problem),
            holder=f"role:{workflow.business.catcher}",
            resume={"step": "none"},
        )


def _number_and_unit(draft: Draft, began: Case) -> tuple[str, str | None]:
    """The number people read, and the unit the case belongs to."""
    workflow = draft.workflow
    before, draft.case = draft.case, began
    try:
        world = draft.world()
        unit = workflow.unit.evaluate(world) if workflow.unit is not None else None
        number = began.id
        if workflow.number is not None:
            number = workflow.number.render(
                Numbering(world), workflow.business.locale, workflow.business.settings.timezone
            )
        return number, None if unit is None else str(getattr(unit, "key", unit))
    finally:
        draft.case = before


def environment(world: World) -> Environment:
    """What a form may look up while it is checked."""
    return Environment(settings=world.workflow.business.settings, record=world.record)
