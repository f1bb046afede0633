"""A refusal as people read it: what is wrong stands at the field's title, not at its name. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.errors import Problem, RefusedError
from flowkit.forms.form import Form


def titles(*forms: Form | None) -> dict[str, str]:
    """The title of each field of these forms, by its name."""
    return {name: field.title for form in forms if form is not None for name, field in form.fields.items()}


def problem_words(problem: Problem, titled: Mapping[str, str]) -> str:
    """One problem: 所属楼栋: … ; a row's or a file's path stands behind the title."""
    if not problem.field:
        return problem.message
    name, _, rest = problem.field.partition(".")
    return f"{titled.get(name, name)}{f' {rest}' if rest else ''}: {problem.message}"


def refusal_words(error: RefusedError, titled: Mapping[str, str]) -> str:
    """The refusal with each of its problems."""
    return "; ".join(part for part in (error.message, *(problem_words(p, titled) for p in error.problems)) if part)
