"""What a workflow tells to be done, and whom it means by it: verbs and people as their author names them, linked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Literal, Protocol

from flowkit.fields.definition import Field
from flowkit.rules.decision import Decision as DecisionTable
from flowkit.rules.dispatch import Dispatch
from flowkit.rules.language.expression import Expression
from flowkit.rules.language.templates import Template
from flowkit.rules.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class Who:
    """People, said in one of the ways of rule 10; several parts make one pool.

    `roles` are the pool's role, that of which everyone is meant, or those a dispatch chooses among; `otherwise` is who gets
    what the dispatch finds nobody for; `without` takes some away again. `node`: the expression is NODE.owner.
    """

    kind: Literal["role", "everyone", "owner", "applicant", "manager", "expression", "dispatch", "several"]
    roles: tuple[str, ...] = ()
    expression: Expression | None = None
    dispatch: Dispatch | None = None
    otherwise: Who | None = None
    parts: tuple[Who, ...] = ()
    without: Who | None = None
    node: str = ""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What is done only `when` something holds (None: always); of a verb that goes row by row, for which rows."""

    when: Expression | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class ScoreVerb(Guarded):
    card: Scorecard


@dataclass(frozen=True, slots=True)
class DecideVerb(Guarded):
    decision: DecisionTable


@dataclass(frozen=True, slots=True)
class SetVerb(Guarded):
    values: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class RecordVerb(Guarded):
    """Change the record that `record` gives, under its entity's own rules."""

    record: Expression
    set: Mapping[str, Expression]
    add: Mapping[str, Mapping[str, Expression]]
    each: Expression | None = None


@dataclass(frozen=True, slots=True)
class NotifyVerb(Guarded):
    """Send a message; without `channels` over all the app has, without `to` to the owner.

    A `reminder` is pointless once the case has gone on: it is then dropped instead of sent.
    """

    name: str
    to: Who | None
    cc: Who | None
    channels: tuple[str, ...]
    title: Template | None
    text: Template | None
    reminder: bool = False


@dataclass(frozen=True, slots=True)
class ReassignVerb(Guarded):
    """The owner changes."""

    to: Who


@dataclass(frozen=True, slots=True)
class EscalateVerb(Guarded):
    """The owner stays; these may do all that the owner may, and are told."""

    to: Who


class Page(Protocol):
    """A printed page, ready to be filled in; the floor beside us makes it."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def kind(self) -> str: ...

    def text(self, names: Any, locale: str, timezone: tzinfo) -> str:
        """The page filled in, as it will be filed."""


@dataclass(frozen=True, slots=True)
class PrintVerb(Guarded):
    """File a page for the case."""

    page: Page


@dataclass(frozen=True, slots=True)
class StartVerb(Guarded):
    """Begin another case and go on: one, or one for each row; `applicant` as that of a `Run`."""

    workflow: str
    title: str
    values: Mapping[str, Expression]
    fields: Mapping[str, Field]
    each: Expression | None = None
    applicant: Who | None = None


ROW_BY_ROW = (RecordVerb, StartVerb)
"""Verbs that are done for each row when `each` stands beside them."""
Verb = ScoreVerb | DecideVerb | SetVerb | RecordVerb | NotifyVerb | ReassignVerb | EscalateVerb | StartVerb | PrintVerb
