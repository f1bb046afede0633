"""Forms as people are asked to fill them in: what begins a case, what an action or an operation asks for.

Tells what is asked now, given what was typed so far, and what can be chosen. Whether it is in order the engine judges when it is
sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from flowkit.app.app import App
from flowkit.engine.case import Case
from flowkit.engine.definition import Exit
from flowkit.engine.filling import present
from flowkit.engine.offers import refusal
from flowkit.engine.operations.operation import Offered
from flowkit.engine.operations.table import operation_called
from flowkit.engine.view import World, environment
from flowkit.errors import RefusedError
from flowkit.fields.asked import Asked
from flowkit.fields.filling import Filling
from flowkit.forms.form import Form
from flowkit.runtime.intakes import Entered, Intakes
from flowkit.runtime.looks import Look, Looks
from flowkit.runtime.options import Options, OptionView, fitting
from flowkit.store.database import Database

T = TypeVar("T")
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Beginning:
    """The form that begins a case of that workflow."""

    workflow: str


@dataclass(frozen=True, slots=True)
class Acting:
    """What an action or operation on that case asks for."""

    case: str
    action: str


@dataclass(frozen=True, slots=True)
class Entering:
    """What a door asks, that of a record where it is one for each."""

    intake: str
    record: str | None = None


Target = Beginning | Acting | Entering


_Meant = Beginning | Acting | Entered


@dataclass(frozen=True, slots=True)
class FormView:
    """A form as somebody is asked for it. `fields` its own, `edited` those of before that are open again.

    `instead` are name and title of the actions that are open to him where a check cannot hold.
    """

    name: str
    title: str
    fields: tuple[Asked, ...] = ()
    edited: tuple[Asked, ...] = ()
    instead: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    """A form with what its fields hold before anybody has typed."""

    form: Form | None
    before: Given
    unasked: frozenset[str] = frozenset()

    def filling(self, given: Given, world: World) -> Filling | None:
        if self.form is None:
            return None
        own = {n: value for n, value in given.items() if n in self.form.fields and n not in self.unasked}
        return Filling(self.form.fields, {**self.before, **own}, world, environment(world))

    def asked(self, given: Given, world: World) -> tuple[Asked, ...]:
        filling = self.filling(given, world)
        return tuple(each for each in filling.asked() if each.field.name not in self.unasked) if filling else ()


@dataclass(frozen=True, slots=True)
class _Asking:
    name: str
    title: str
    own: _Form
    edit: _Form
    instead: tuple[tuple[str, str], ...] = ()
    offers: Mapping[str, Offered] = field(default_factory=dict)

    def fillings(self, given: Given, world: World) -> Iterator[Filling]:
        for form in (self.edit, self.own):
            if (filling := form.filling(given, world)) is not None:
                yield filling

    def view(self, given: Given, world: World) -> FormView:
        own = tuple(replace(each, offered=each.path in self.offers) for each in self.own.asked(given, world))
        return FormView(self.name, self.title, own, self.edit.asked(given, world), self.instead)


class Forms:
    def __init__(self, app: App, database: Database, looks: Looks, intakes: Intakes) -> None:
        self._app, self._looks, self._intakes = app, looks, intakes
        self._options = Options(app, database)

    def view(self, target: Target, by: str | None, given: Given, visitor: str = "") -> FormView:
        """RefusedError as sending it would give it for what is not open to him."""

        def ask(look: Look) -> FormView:
            meant = self._meant(look, target, by)

            def viewed(world: World) -> FormView:
                return _asking(meant, by, world).view(given, world.sent_by(by or "", visitor))

            return self._asked(look, meant, by, viewed)

        return self._looks.looking(ask)

    def options(
        self, target: Target, path: str, by: str | None, given: Given, text: str = ""
    ) -> tuple[OptionView, ...]:
        """What can be chosen in the field at that path, as far as its key or name holds `text`; the first of them."""

        def ask(look: Look) -> tuple[OptionView, ...]:
            meant = self._meant(look, target, by)
            return self._asked(
                look,
                meant,
                by,
                lambda world: self._chosen(look, _asking(meant, by, world), path, by, given, text, world),
            )

        return self._looks.looking(ask)

    def records(self, entity: str, text: str, after: str, limit: int) -> list[tuple[str, str]]:
        """Key and name of records in use behind that key, as far as they fit `text`."""
        found = self._looks.looking(lambda look: self._options.records(look, entity, text))
        return [pair for pair in found if pair[0] > after][:limit]

    # --- the case they are about ----------------------------------------------------------------------------------------

    def _meant(self, look: Look, target: Target, by: str | None) -> _Meant:
        if isinstance(target, Entering):
            return self._intakes.entered(look, target.intake, target.record, by)
        return target

    def _asked(self, look: Look, target: _Meant, by: str | None, ask: Callable[[World], T]) -> T:
        if isinstance(target, Entered):
            return self._looks.judged(look, self._app.workflows[target.workflow], Case(applicant=by or ""), ask)
        if isinstance(target, Beginning):
            known = self._app.workflows
            if target.workflow not in known:
                raise RefusedError("unknown-workflow", f"没有流程“{target.workflow[:40]}”")
            if by is not None:
                self._looks.must_be_known(look, by)
            workflow, case = known[target.workflow], Case(applicant=by or "")
            return self._looks.judged(look, workflow, case, ask)
        case, _ = self._looks.seen_by(look, target.case, by)
        return self._looks.asked(look, case, lambda world: ask(_as_actor(world, by)))

    # --- what can be chosen -----------------------------------------------------------------------------------------------

    def _chosen(
        self, look: Look, asking: _Asking, path: str, by: str | None, given: Given, text: str, world: World
    ) -> tuple[OptionView, ...]:
        if path in asking.offers:
            return tuple(fitting(asking.offers[path](world, by or ""), text))
        name, *rest = path.split(".")
        outsider = by not in world.facts.people.records
        for filling in asking.fillings(given, world):
            if name in filling.fields:
                made = filling.fields[name]
                for part in (part for part in rest if not part.isdigit()):
                    made = (made.of or {})[part]
                return tuple(self._options.of_field(look, made.item or made, filling, text, world, outsider=outsider))
        return ()


def _as_actor(world: World, by: str | None) -> World:
    person = world.person(by)
    return world.with_(actor=person, me=person)


def _asking(target: _Meant, by: str | None, world: World) -> _Asking:
    workflow = world.workflow
    if isinstance(target, Entered):
        own = _Form(target.form, target.values, target.unasked)
        return _Asking(target.name, target.title, own, _Form(None, {}))
    if isinstance(target, Beginning):
        return _Asking(workflow.name, workflow.title, _Form(workflow.form, {}), _Form(None, {}))
    exit_ = _exit(target.action, by or "", world)
    if exit_ is not None:
        before = present(exit_.edit, world) if exit_.edit is not None else {}
        own = _Form(exit_.form, _answered_before(exit_, world))
        return _Asking(exit_.name, exit_.title, own, _Form(exit_.edit, before), _instead(exit_, by or "", world))
    operation = operation_called(target.action)
    if operation is None:
        raise RefusedError("unknown-action", f"这一步没有“{target.action[:40]}”这个操作")
    refused = operation.why_not(world, by or "")
    if refused is not None:
        raise refused
    form = operation.form_for(world, by or "")
    offers = operation.offers_in(form)
    return _Asking(operation.name, operation.title, _Form(form, {}), _Form(None, {}), offers=offers)


def _instead(exit_: Exit, by: str, world: World) -> tuple[tuple[str, str], ...]:
    """The ways out that its checks name, as far as they are open to him."""
    actions = world.workflow.actions_at(world.case.node)
    named = dict.fromkeys(check.instead for check in exit_.checks if check.instead)
    found = [actions[name] for name in named if name in actions]
    return tuple((each.name, each.title) for each in found if refusal(each, by, world) is None)


def _answered_before(exit_: Exit, world: World) -> Given:
    """What was answered there before an approval returned it: it is mended, not typed anew. Personal values are not among it."""
    answers = world.case.answers.get(exit_.answer, ())
    if exit_.form is None or world.case.returned is None or not answers:
        return {}
    fields, held = exit_.form.fields, answers[-1].values
    return {n: v for n, v in held.items() if n in fields and not fields[n].personal and fields[n].value is None}


def _exit(name: str, by: str, world: World) -> Exit | None:
    """The workflow's own action of that name, if it is open to him. RefusedError where it is there and is not."""
    case = world.case
    actions = world.workflow.actions_at(case.node) if case.node and not case.ended else {}
    exit_ = actions.get(name)
    if exit_ is not None and (refused := refusal(exit_, by, world)) is not None:
        raise refused
    return exit_
