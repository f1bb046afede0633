"""What is filled in with an exit: its form, earlier fields that it opens again, its checks."""

from __future__ import annotations

from typing import Any

from flowkit.engine.definition import Exit
from flowkit.engine.draft import Draft
from flowkit.engine.view import World, environment
from flowkit.errors import Problem, invalid
from flowkit.forms.form import Form


def filled_in(draft: Draft, exit_: Exit, raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Check what was typed: (edited earlier fields, the exit's own form). All problems of both at once."""
    world, subject = draft.world(), draft.case.applicant
    problems: list[Problem] = []
    edited: dict[str, Any] = {}
    if exit_.edit is not None:
        given = {n: raw.pop(n) for n in list(raw) if n in exit_.edit.fields}
        if given:
            checked = exit_.edit.check({**present(exit_.edit, world), **given}, world, environment(world))
            problems += checked.problems
            follows = {n for n, field in exit_.edit.fields.items() if field.value is not None}
            found = {n: checked.values.get(n) for n in given.keys() | follows}
            edited = draft.stored(exit_.edit.fields, found, subject, "edit/")
            edited = {n: v for n, v in edited.items() if n in given or v != draft.case.values.get(n)}
    answered: dict[str, Any] | None = None
    if exit_.form is not None:
        checked = exit_.form.check(raw, world, environment(world))
        problems += checked.problems
        answered = (
            draft.stored(exit_.form.fields, checked.values, subject, f"{exit_.answer}/") if not problems else None
        )
    elif raw:
        problems += [Problem(n, "unknown-field", "这一步不需要填写这一项") for n in raw]
    if problems:
        raise invalid(*problems)
    return edited, answered


def present(form: Form, world: World) -> dict[str, Any]:
    """The present values of the fields that are open again; what is computed follows from them."""
    values = {n: world[n] for n, field in form.fields.items() if field.value is None}
    return {n: getattr(v, "key", v) for n, v in values.items() if v is not None}


def take_up(draft: Draft, exit_: Exit, edited: dict[str, Any], answered: dict[str, Any] | None) -> None:
    """Write down what was filled in, if the exit's checks hold."""
    if answered is not None:
        draft.add("answered", name=exit_.answer, values=answered)
    if edited:
        draft.add("edited", values=edited, old={n: draft.case.values.get(n) for n in edited})
    _check(draft, exit_)


def _check(draft: Draft, exit_: Exit) -> None:
    """The exit's own checks, which see what was just filled in."""
    problems = []
    world = draft.world()
    for check in exit_.checks:
        problem = check.judge(world, draft.workflow.business.locale, draft.workflow.business.settings.timezone)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise invalid(*problems)
