"""An operation: something people do with a case besides the actions of its workflow. Knows no single one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowkit.diagnostics import Findings
from flowkit.engine.definition import Business
from flowkit.engine.draft import Draft
from flowkit.engine.people import People
from flowkit.engine.suspension import suspended
from flowkit.engine.view import World, environment
from flowkit.errors import RefusedError, invalid
from flowkit.forms.form import Form, link_form, parse_inline_form
from flowkit.rules.language.scope import Scope
from flowkit.source.reading import read

Values = Mapping[str, Any]
"""What was filled in, by field, as `Form.check` gives it."""

Offered = Callable[[World, str], Iterable[tuple[str, str]]]
"""What an actor can choose from now: value and name of each, worked out one after the other. May raise Need."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, offered and taken like an action; an action of the same name goes first.

    refusal   why `actor` may not do it now; None when he may. Asked for each picture of a case, so it is cheap.
    perform   writes down what it comes to; may still refuse, and then nothing has changed
    after_end whether it is open when the case has ended
    while_suspended
              whether it is open while the case is suspended
    granted   whether only those may do it whose role `may`, and the catcher's people
    grantable whether those whose role `may` it are among those who may
    own       whether whoever has the task in person may do it ungranted, though it is not offered to him
    help      what it does, in a sentence or two for the reference
    asks      the form where that depends on the case and on who does it; `perform` then checks what was typed itself, and
              `form` is what is asked in any case
    offers    of fields of `form` what can be chosen, which pages then show as choices; `perform` judges what was typed
    """

    name: str
    title: str
    refusal: Callable[[World, str], RefusedError | None]
    perform: Callable[[Draft, Values], None]
    form: Form | None = None
    after_end: bool = False
    granted: bool = False
    own: bool = False
    while_suspended: bool = False
    grantable: bool = False
    help: str = ""
    asks: Callable[[World, str], Form | None] | None = None
    offers: Mapping[str, Offered] = field(default_factory=dict)

    def form_for(self, world: World, actor: str) -> Form | None:
        """What it asks of that actor."""
        return self.form if self.asks is None else self.asks(world, actor)

    def offers_in(self, form: Form | None) -> Mapping[str, Offered]:
        """What can be chosen in that form of its own; an author's field that happens to be called the same is not meant."""
        theirs = form.fields if form is not None else {}
        ours = self.form.fields if self.form is not None else {}
        return {n: o for n, o in self.offers.items() if n in theirs and theirs[n].definition is ours[n].definition}

    def why_not(self, world: World, actor: str) -> RefusedError | None:
        """Why that actor may not do it now; None when he may."""
        if world.case.ended and not self.after_end:
            return RefusedError("ended", "工单已结束,不能再操作")
        if world.case.suspended is not None and not self.while_suspended:
            return suspended()
        has = self.own and actor in (*world.case.owner, *world.case.helpers)
        if self.granted and not has and not may(self.name, actor, world):
            return RefusedError("not-granted", f"您没有“{self.title}”的权限")
        return self.refusal(world, actor)

    def offered(self, world: World, actor: str) -> bool:
        """Whether it is among what that actor is shown that he may do."""
        return self.why_not(world, actor) is None and (not self.granted or may(self.name, actor, world))


def may(operation: str, actor: str, world: World) -> bool:
    """Whether one of that actor's roles, in the case's unit, grants an operation that needs a right of its own."""
    return is_granted(operation, actor, world.workflow.business, world.facts.people, (world.case.unit,))


def is_granted(operation: str, actor: str, business: Business, people: People, units: Iterable[str | None]) -> bool:
    """Whether one of that actor's roles in one of these units grants an operation; the catcher's people may all."""
    return any(people.holds(actor, f"role:{role}", unit) for role in granting(operation, business) for unit in units)


def granting(operation: str, business: Business) -> tuple[str, ...]:
    """The roles whose people may do it: those it is granted to, and the catcher."""
    return (business.catcher, *(role for role, granted in business.may.items() if operation in granted))


def checked(draft: Draft, form: Form, raw: Values) -> dict[str, Any]:
    """What was typed into that form, as values. RefusedError with all that is wrong with it."""
    world = draft.world()
    found = form.check(raw, world, environment(world))
    if found.problems:
        raise invalid(*found.problems)
    return found.values


def operation_form(name: str, fields: str) -> Form:
    """The form that an operation asks for; `fields` as in YAML, each with its type and title."""
    findings = Findings()
    [document] = read(f"form: {name}\nfields: {fields}", f"{name}.yaml", findings)
    body = document.node.get("fields")
    assert body is not None
    form = link_form(parse_inline_form(body, findings, name), Scope({}), findings, {}, lambda entity: None)
    assert not findings.errors, list(findings)
    return form
