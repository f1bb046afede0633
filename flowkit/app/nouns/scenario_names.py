"""Whether the names that a scenario uses exist in its app. Plays nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from flowkit.app.app import App
from flowkit.app.nouns.scenario import OF_THE_CASE, Expectation, Scenario, Step, parse_scenario
from flowkit.diagnostics import Findings, Place
from flowkit.engine.definition import Workflow
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import closest, did_you_mean


@dataclass(frozen=True, slots=True)
class WorkflowNames:
    """Names of one workflow. `nodes` holds titles too; `values` is what an expression may begin with, None: unknown."""

    nodes: Collection[str] = ()
    actions: Collection[str] = ()
    signals: Collection[str] = ()
    values: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class AppNames:
    """All names that a scenario may use, by what they name. `fields` are those of each entity; `roles` holds titles too."""

    workflows: Mapping[str, WorkflowNames] = field(default_factory=dict)
    notifications: Collection[str] = ()
    fields: Mapping[str, Collection[str]] = field(default_factory=dict)
    roles: Collection[str] = ()


def check_scenarios(app: App, findings: Findings) -> None:
    """Read every scenario of the app and report what is wrong with it."""
    names = AppNames(
        workflows={name: _names_of(workflow) for name, workflow in app.workflows.items()},
        notifications=app.notifications,
        fields={name: entity.fields for name, entity in app.entities.items()},
        roles={*app.business.roles, *app.business.roles.values()},
    )
    for document in app.scenarios:
        scenario = parse_scenario(document, findings)
        if scenario is not None:
            check_scenario(scenario, names, findings)


def _names_of(workflow: Workflow) -> WorkflowNames:
    nodes = workflow.nodes.values()
    return WorkflowNames(
        nodes={word for node in nodes for word in (node.name, node.title)},
        actions={word for node in nodes for exit_ in node.actions.values() for word in (exit_.name, exit_.title)},
        signals={name for node in nodes for name in node.events},
        values=frozenset(workflow.names),
    )


def check_scenario(scenario: Scenario, names: AppNames, findings: Findings) -> None:
    """Report every name of the scenario that the app does not know, where it is used."""
    for entity, place in scenario.row_places.items():
        if _known("entity", entity, names.fields, place, findings):
            for row in scenario.rows[entity]:
                for key, at, _ in row.items():
                    _known(f"field of {entity}", key, names.fields[entity], at, findings)
    cases: dict[str, str] = {}
    latest = ""
    for step in scenario.steps:
        if step.kind == "submit":
            _known("workflow", step.subject.typed, names.workflows, step.subject.place, findings)
            latest = step.subject.typed
            if step.name:
                cases[step.name] = latest
        if step.case is not None:
            # What no step named may be a case's number, which is known only when it is played.
            near = closest(step.case.typed, cases) if step.case.typed not in cases else None
            if near is not None:
                findings.error(
                    "unknown-name", step.case.place, f'unknown case "{step.case.typed}"', f'did you mean "{near}"?'
                )
            latest = cases.get(step.case.typed, "")
        _check_step(step, names, names.workflows.get(latest), findings)


def _check_step(step: Step, names: AppNames, workflow: WorkflowNames | None, findings: Findings) -> None:
    for actor in (step.by, step.applicant):
        if actor is not None and not actor.typed.startswith("="):
            _check_actor(actor, names, findings)
    if workflow is not None and step.kind == "act":
        _known("action", step.subject.typed, workflow.actions, step.subject.place, findings)
    if workflow is not None and step.kind == "signal":
        _known("event", step.subject.typed, workflow.signals, step.subject.place, findings)
    for expectation in step.expect:
        _check_expectation(expectation, names, workflow, findings)


def _check_actor(actor: ScalarNode, names: AppNames, findings: Findings) -> None:
    entity, colon, key = actor.typed.partition(":")
    if not colon or not key:
        message = f'expected an actor such as employee:zhang, found "{actor.typed}"'
        findings.error("type-mismatch", actor.place, message)
    else:
        _known("entity", entity, names.fields, actor.place, findings)


def _check_expectation(
    expectation: Expectation, names: AppNames, workflow: WorkflowNames | None, findings: Findings
) -> None:
    if expectation.record:
        entity = expectation.record.partition(":")[0]
        if _known("entity", entity, names.fields, expectation.place, findings):
            first = expectation.name.partition(".")[0]
            _known(f"field of {entity}", first, names.fields[entity], expectation.place, findings)
        return
    for text in _constants(expectation.value):
        match expectation.name:
            case "node" if workflow is not None:
                _known("node", text.typed, workflow.nodes, text.place, findings)
            case "actions" if workflow is not None:
                _known("action", text.typed, workflow.actions, text.place, findings)
            case "sent":
                _known("notification", text.typed, names.notifications, text.place, findings)
            case "owner" if ":" not in text.typed:
                _known("role", text.typed, names.roles, text.place, findings)
            case "owner":
                _check_actor(text, names, findings)
            case _:
                break
    if expectation.name not in OF_THE_CASE and workflow is not None and workflow.values is not None:
        first = expectation.name.partition(".")[0]
        _known("value", first, {*workflow.values, *OF_THE_CASE, "case"}, expectation.place, findings)


def _constants(node: Node) -> Iterator[ScalarNode]:
    match node:
        case SequenceNode():
            for item in node:
                yield from _constants(item)
        case ScalarNode() if node.value is not None and node.typed and not node.typed.startswith("="):
            yield node
        case ScalarNode() | MappingNode():
            return


def _known(what: str, name: str, known: Collection[str], place: Place, findings: Findings) -> bool:
    if name in known:
        return True
    findings.error("unknown-name", place, f'unknown {what} "{name}"', did_you_mean(name, known))
    return False
