"""What linking a workflow asks of the app: definitions by name or written out, and what is live around them.

The app resolves names; the engine only says what it needs. Every method reports what it cannot find, at its place, and then
gives None.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flowkit.diagnostics import Findings, Place
from flowkit.engine.definition import Business
from flowkit.engine.instructions import Page
from flowkit.fields.definition import Field, FieldDefinition
from flowkit.forms.checks import Check, CheckDefinition
from flowkit.forms.form import Form, FormDefinition
from flowkit.rules.decision import Decision, DecisionDefinition
from flowkit.rules.dispatch import DispatchDefinition
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.rules.scorecard import ScorecardDefinition
from flowkit.rules.watch import WatchDefinition
from flowkit.source.nodes import Node, ScalarNode


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification as the engine needs it: its parts as written, and the words compiled by whoever knows messages."""

    name: str
    to: Node | None
    cc: Node | None
    channels: tuple[str, ...]
    title: Node | None
    text: Node | None


@dataclass(frozen=True, slots=True)
class ChildShape:
    """A workflow as its parent needs it: the fields it begins with, and those without which it cannot begin."""

    name: str
    title: str
    fields: Mapping[str, Field]
    required: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperationShape:
    """An operation of an outside system as the engine needs it.

    `name` is CONNECTOR.OPERATION; `fields` what can go along, `required` what must; `result` is how expressions see an
    answer, `load` makes that of its stored form.
    """

    name: str
    title: str
    connector: str
    operation: str
    fields: Mapping[str, Field]
    required: Collection[str]
    result: Type
    load: Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class EventShape:
    """What an event from outside gives: `type` is how expressions see it, `load` makes that of its stored form."""

    type: Type
    load: Callable[[Mapping[str, Any]], dict[str, Any]]


class Library(Protocol):
    """The app as a workflow sees it while it is linked."""

    @property
    def business(self) -> Business: ...

    @property
    def findings(self) -> Findings: ...

    def form(self, node: Node, name: str) -> FormDefinition | None:
        """A form by name, or its fields written out, which then go under `name`."""

    def scorecard(self, node: Node) -> ScorecardDefinition | None: ...

    def decision(self, node: Node) -> DecisionDefinition | None: ...

    def dispatch(self, node: Node) -> DispatchDefinition | None: ...

    def notification(self, node: Node) -> Notice | None: ...

    def child(self, node: ScalarNode) -> ChildShape | None:
        """The workflow of that name, to be begun from another."""

    def operation(self, node: ScalarNode) -> OperationShape | None:
        """The operation that `CONNECTOR.OPERATION` names."""

    def event(self, name: str, place: Place) -> EventShape | None:
        """What the event CONNECTOR.EVENT gives; None for a name without a connector, and for one that is not there."""

    def mapped(self, node: Node) -> Mapping[str, tuple[Place, Node]] | None:
        """What fills which field: written out, or by the name of a mapping; with the place of each field's name."""

    def page(self, node: Node, scope: Scope, fields: tuple[str, ...]) -> Page | None:
        """A print by name or written out, compiled; `fields` are what one without a page shows."""

    def watches(self, workflow: str) -> tuple[WatchDefinition, ...]:
        """The watches over cases of that workflow."""

    def role(self, node: ScalarNode) -> str | None:
        """The role of that name."""

    def own_fields(self, node: Node | None) -> FormDefinition:
        """The workflow's own `fields` as a form without checks."""

    def field_types(self, fields: Mapping[str, FieldDefinition]) -> Mapping[str, Type]:
        """How expressions see these fields."""

    def person(self, staff_only: bool = False) -> Type:
        """How expressions see a person."""

    def link_form(self, definition: FormDefinition, scope: Scope) -> Form: ...

    def link_decision(self, definition: DecisionDefinition, scope: Scope) -> Decision: ...

    def checks(self, node: Node) -> tuple[CheckDefinition, ...]: ...

    def link_checks(
        self,
        definitions: tuple[CheckDefinition, ...],
        scope: Scope,
        fields: Collection[str],
        answer: str,
        beside: Collection[str],
    ) -> tuple[Check, ...]:
        """The checks of an exit whose form goes under `answer`, with the other actions `beside` it."""
