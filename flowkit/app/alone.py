"""Forms, scorecards and decisions used by themselves, on plain data and without a database.

A reference is given as a mapping, or as the key of one of the app's own rows. A card that a workflow uses reads values by
that workflow's fields; one that none uses has an open scope: whatever is given is seen as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flowkit.app.library import AppLibrary
from flowkit.diagnostics import Findings
from flowkit.engine.case import Case
from flowkit.engine.definition import Workflow
from flowkit.engine.facts import Facts, Want
from flowkit.engine.instructions import DecideVerb, ScoreVerb, Verb
from flowkit.engine.people import People
from flowkit.engine.view import World
from flowkit.errors import EvaluationError
from flowkit.fields.definition import Environment, Field
from flowkit.forms.form import Checked, Form, parse_form
from flowkit.rules import decision as decisions
from flowkit.rules import scorecard as scorecards
from flowkit.rules.decision import Decision, DecisionResult
from flowkit.rules.language.scope import Scope
from flowkit.rules.scorecard import Scorecard, ScoreResult
from flowkit.values.types import ValueProblem


@dataclass(frozen=True)
class RowFacts(Facts):
    """The app's own rows, as its files give them; nobody has anything to do."""

    rows: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)

    def __getitem__(self, want: Want) -> Any:
        match want:
            case ("record", entity, key):
                return self.rows.get(str(entity), {}).get(str(key))
            case ("lines", *_):
                return []
            case ("loads", *_):
                return {}
        return None


class _Given:
    """The names of an expression, from what the caller gave; what was not given is empty."""

    __slots__ = ("_data", "_fields", "_world")

    def __init__(self, data: Mapping[str, Any], fields: Mapping[str, Field], world: World) -> None:
        self._data, self._fields, self._world = data, fields, world

    def __getitem__(self, name: str) -> Any:
        value = self._data.get(name)
        definition = self._fields.get(name)
        if definition is None or value is None or isinstance(value, Mapping):
            return value
        try:
            if definition.entity is not None:
                return self._world.record(definition.entity, str(value))
            read = definition.type.read(value, self._world.workflow.business.settings)
        except ValueProblem as problem:
            raise EvaluationError(f"{definition.title}: {problem.message}") from problem
        if definition.choices is not None and isinstance(read, str):
            return definition.choices.resolve(read) or read
        return read


@dataclass(frozen=True, eq=False)
class CardAlone:
    """A scorecard on plain data."""

    card: Scorecard
    fields: Mapping[str, Field] = field(repr=False)
    world: World = field(repr=False)

    def evaluate(self, data: Mapping[str, Any]) -> ScoreResult:
        """Total, band, points by factor, what the band sets, and why.

        Raises EvaluationError for a value that does not fit.
        """
        return self.card.evaluate(_Given(data, self.fields, self.world))


@dataclass(frozen=True, eq=False)
class DecisionAlone:
    """A decision table on plain data."""

    decision: Decision
    fields: Mapping[str, Field] = field(repr=False)
    world: World = field(repr=False)

    def evaluate(self, data: Mapping[str, Any]) -> DecisionResult:
        """The values of the first row that fits, its number, and why. Raises EvaluationError."""
        return self.decision.evaluate(_Given(data, self.fields, self.world))


@dataclass(frozen=True, eq=False)
class FormAlone:
    """A form on plain data."""

    form: Form
    world: World = field(repr=False)

    @property
    def fields(self) -> Mapping[str, Field]:
        return self.form.fields

    def check(self, data: Mapping[str, object], now: datetime | None = None) -> Checked:
        """The values as the form takes them, and every problem at once.

        Without `now`, an aware moment, fields that need it are empty. `today` is the day in the app's zone.
        """
        business = self.world.workflow.business
        here = now.astimezone(business.settings.timezone) if now is not None else None
        outer = _Given({"now": here, "today": here.date() if here is not None else None}, {}, self.world)
        return self.form.check(data, outer, Environment(business.settings, self.world.record, alone=True))


def forms_alone(library: AppLibrary, used: set[tuple[str, str]]) -> dict[str, FormAlone]:
    world, found = _world(library), {}
    for name in library.source.documents["form"]:
        definition = library.named("form", name, parse_form)
        if definition is not None:
            with_findings = _findings(library, ("form", name), used)
            found[name] = FormAlone(library.link_form(definition, Scope({}, open=True), with_findings), world)
    return found


def cards_alone(
    library: AppLibrary, workflows: Mapping[str, Workflow], used: set[tuple[str, str]]
) -> dict[str, CardAlone]:
    world, found = _world(library), {}
    for name in library.source.documents["scorecard"]:
        definition = library.named("scorecard", name, scorecards.parse)
        if definition is not None:
            card = scorecards.link(definition, Scope({}, open=True), _findings(library, ("scorecard", name), used))
            found[name] = CardAlone(card, _fields(workflows, name), world)
    return found


def decisions_alone(
    library: AppLibrary, workflows: Mapping[str, Workflow], used: set[tuple[str, str]]
) -> dict[str, DecisionAlone]:
    world, found = _world(library), {}
    for name in library.source.documents["decision"]:
        definition = library.named("decision", name, decisions.parse)
        if definition is not None:
            findings = _findings(library, ("decision", name), used)
            table = library.link_decision(definition, Scope({}, open=True), findings)
            found[name] = DecisionAlone(table, _fields(workflows, name), world)
    return found


def _findings(library: AppLibrary, what: tuple[str, str], used: set[tuple[str, str]]) -> Findings:
    """What a workflow uses was reported there, with its names known; here only the rest is reported."""
    return Findings() if what in used else library.findings


def _world(library: AppLibrary) -> World:
    """A world in which nothing has happened and the records are the app's own rows."""
    nothing = Workflow(
        name="",
        title="",
        version="",
        business=library.business,
        form=None,
        own_fields=library.link_form(library.own_fields(None), Scope({})),
        fields={},
        number=None,
        unit=None,
        nodes={},
        names={},
    )
    facts = RowFacts(People(), {}, library.rows)
    return World(nothing, Case(), facts, datetime.fromtimestamp(0, UTC))


def _fields(workflows: Mapping[str, Workflow], name: str) -> Mapping[str, Field]:
    """The fields of the first workflow that uses the card or table of that name."""
    for workflow in workflows.values():
        for verb in _verbs(workflow):
            if (isinstance(verb, ScoreVerb) and verb.card.name == name) or (
                isinstance(verb, DecideVerb) and verb.decision.name == name
            ):
                return workflow.fields
    return {}


def _verbs(workflow: Workflow) -> Iterator[Verb]:
    for node in workflow.nodes.values():
        yield from node.do
        for exit_ in node.exits:
            yield from exit_.do
