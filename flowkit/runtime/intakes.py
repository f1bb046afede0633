"""Doors at work: what is asked there, and from what was typed to a case that may be begun in a customer's name.

Nothing is written here but a customer who comes for the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flowkit.app.app import App
from flowkit.app.intakes import LinkedIntake
from flowkit.engine.case import Case
from flowkit.engine.stored import Personal, refuse_in_the_open, store_value
from flowkit.engine.view import World, environment
from flowkit.engine.viewer import Viewer
from flowkit.errors import EvaluationError, Problem, RefusedError, invalid
from flowkit.fields.definition import OUTSIDERS
from flowkit.forms.form import Checked, Form
from flowkit.runtime.customers import Customers
from flowkit.runtime.intake_views import IntakeForm, IntakeInfo
from flowkit.runtime.looks import Look, Looks


@dataclass(frozen=True, slots=True)
class Submission:
    """What is to be submitted, by whom and for whom."""

    workflow: str
    values: Mapping[str, Any]
    by: str
    applicant: str | None


@dataclass(frozen=True, slots=True)
class Entered:
    """A door with what it fills in, and the fields that nobody is asked for there."""

    name: str
    title: str
    workflow: str
    form: Form
    values: Mapping[str, Any]
    unasked: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Filled:
    """What a door fills in by itself, in stored form, and which of it may be told."""

    values: Mapping[str, Any]
    open: Mapping[str, Any]
    label: str


class Intakes:
    def __init__(self, app: App, looks: Looks, customers: Customers) -> None:
        self._app, self._looks, self._customers = app, looks, customers

    def intakes(self, by: str | None) -> tuple[IntakeInfo, ...]:
        """The doors that are open to this person; None is somebody outside of whom nothing is known."""
        viewer = self._looks.looking(lambda look: self._looks.viewer(look, by)) if by is not None else None
        found = (intake for intake in self._app.intakes.values() if _is_open(intake, viewer))
        return tuple(IntakeInfo(i.name, i.title, i.workflow, i.per, i.desk) for i in found)

    def form(self, name: str, record: str | None, by: str | None) -> IntakeForm:
        """RefusedError for an unknown door or one that is not for him, and for a record that there is not."""

        def ask(look: Look) -> IntakeForm:
            intake = self._intake(look, name, by)
            filled = self._filled(look, intake, record, by)
            checked = self._checked(look, intake, filled.values, None)
            fields = intake.form.fields
            begun = {n: store_value(fields[n], v) for n, v in checked.values.items() if not fields[n].personal}
            hidden = {n for n, f in fields.items() if not intake.desk and OUTSIDERS in f.hidden_from}
            values = {n: v for n, v in {**begun, **filled.open}.items() if v is not None and n not in hidden}
            values = {n: v for n, v in values.items() if n in filled.open or n not in filled.values}
            return IntakeForm(
                name=intake.name,
                title=intake.title,
                form=intake.form,
                values=values,
                fixed=frozenset(filled.values),
                record=record or "",
                label=filled.label,
                applicant=intake.applicant,
                desk=intake.desk,
            )

        return self._looks.looking(ask)

    def entered(self, look: Look, name: str, record: str | None, by: str | None) -> Entered:
        """That door, come in through by that person. RefusedError as for `form`."""
        intake = self._intake(look, name, by)
        hidden = {n for n, f in intake.form.fields.items() if not intake.desk and OUTSIDERS in f.hidden_from}
        values = self._filled(look, intake, record, by).values
        return Entered(intake.name, intake.title, intake.workflow, intake.form, values, frozenset({*values, *hidden}))

    def submission(
        self,
        name: str,
        data: Mapping[str, Any],
        by: str | None,
        record: str | None,
        arrived: Callable[[str, str], None],
        visitor: str = "",
    ) -> Submission:
        """What comes of what was typed there; a customer who comes for the first time is made, and `arrived` is told.

        RefusedError names every field that is wrong; then nothing has changed.
        """
        intake, values, known = self._looks.looking(lambda look: self._judged(look, name, data, by, record, visitor))
        if known is None and intake.applicant is not None:
            known, new = self._customers.found_or_made(values[intake.applicant], values, intake.applicant)
            if new:
                arrived(*known.split(":", 1))
        if by is None:
            assert known is not None
            return Submission(intake.workflow, values, known, None)
        return Submission(intake.workflow, values, by, known if known != by else None)

    def _judged(
        self, look: Look, name: str, data: Mapping[str, Any], by: str | None, record: str | None, visitor: str
    ) -> tuple[LinkedIntake, Mapping[str, Any], str | None]:
        """The door, all that is to be submitted, and the customer it is for where he is known."""
        intake = self._intake(look, name, by)
        filled = self._filled(look, intake, record, by)
        problems = list(_strays(intake, data, filled.values))
        values = {**{n: v for n, v in data.items() if n not in filled.values}, **filled.values}
        known, field = None, intake.applicant
        if by is not None and self._looks.viewer(look, by).outsider:
            known = by
        elif field is not None:
            value, problem = self._customers.read(values.get(field), intake.form.fields[field])
            if problem is not None:
                problems.append(problem)
            else:
                known = self._customers.found(value)
        elif by is not None:
            known = by
        checked = self._checked(look, intake, values, known, (by or "", visitor))
        said = {problem.field for problem in problems}
        problems += [problem for problem in checked.problems if problem.field not in said]
        if problems:
            raise invalid(*problems)
        return intake, values, known

    # --- a door ------------------------------------------------------------------------------------------------------

    def _intake(self, look: Look, name: str, by: str | None) -> LinkedIntake:
        viewer = self._looks.viewer(look, by) if by is not None else None
        intake = self._app.intakes.get(name)
        if intake is None or not _is_open(intake, viewer):
            said = f"没有“{name[:40]}”这个入口,或者它不归您用"
            raise RefusedError("unknown-intake", said, details={"intake": name})
        return intake

    def _filled(self, look: Look, intake: LinkedIntake, record: str | None, by: str | None) -> _Filled:
        """What stands in its fields before anybody types. What comes out empty is asked."""
        if intake.per is not None and not record:
            raise RefusedError("unknown-record", "请扫描设备上的二维码", details={"intake": intake.name})
        workflow = self._app.workflows[intake.workflow]

        def ask(world: World) -> _Filled:
            label, row = "", None
            if intake.per is not None and record is not None:
                row = world.record(intake.per, record)
                if row is None or world.has_gone(intake.per, record):
                    title = self._app.entities[intake.per].title
                    raise RefusedError("unknown-record", f"没有这个{title}: {record[:40]}", details={"record": record})
                label = _open_label(self._app, intake.per, row.name, record)
            person = world.person(by)
            seen = world.with_(row=row, actor=person, me=person)
            values, told = dict[str, Any](), dict[str, Any]()
            for name, expression in intake.filled.items():
                field = intake.form.fields[name]
                found = expression.evaluate(seen)
                refuse_in_the_open(field, found)
                if (stored := store_value(field, found) if not isinstance(found, str) else str(found)) is None:
                    continue
                values[name] = stored
                if not field.personal and not isinstance(found, Personal):
                    told[name] = stored
            return _Filled(values, told, label)

        try:
            return self._looks.judged(look, workflow, Case(), ask)
        except EvaluationError as error:
            raise RefusedError("cannot-judge", f"“{intake.title}”现在打不开: {error}") from None

    def _checked(
        self,
        look: Look,
        intake: LinkedIntake,
        values: Mapping[str, Any],
        applicant: str | None,
        uploaders: tuple[str, ...] = (),
    ) -> Checked:
        """The form as it would be judged on submitting."""
        workflow = self._app.workflows[intake.workflow]
        assert workflow.form is not None
        form, case = workflow.form, Case(applicant=applicant or "")
        return self._looks.judged(
            look, workflow, case, lambda world: form.check(values, world, environment(world.sent_by(*uploaders)))
        )


def _is_open(intake: LinkedIntake, viewer: Viewer | None) -> bool:
    """A desk is for its roles; any other door is for everybody."""
    return intake.roles is None or (viewer is not None and bool(intake.roles & viewer.roles))


def _strays(intake: LinkedIntake, data: Mapping[str, Any], filled: Mapping[str, Any]) -> list[Problem]:
    """What was typed where nobody is asked: another value for what the door fills in, or a field it does not ask."""
    found = []
    for name, value in data.items():
        field = intake.form.fields.get(name)
        if name in filled:
            if value not in (None, "", filled[name]) and str(value) != str(filled[name]):
                title = field.title if field is not None else name
                found.append(Problem(name, "readonly", "这一项已经定了,不能改成别的", title))
        elif intake.asked is not None and name not in intake.asked:
            found.append(Problem(name, "unknown-field", "这里不问这一项", field.title if field is not None else name))
    return found


def _open_label(app: App, entity: str, name: Any, key: str) -> str:
    """What a record is called, where everybody may read it."""
    label = app.entities[entity].label
    field = app.entities[entity].fields[label] if label is not None else None
    return key if field is None or field.personal or OUTSIDERS in field.hidden_from else str(name)
