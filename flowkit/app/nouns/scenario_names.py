"""Whether the names that a scenario uses exist in its app. Plays nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from flowkit.app.app import App
from flowkit.app.nouns.scenario import Expectation, Scenario, Step
from flowkit.app.nouns.scenario_answers import check_given, check_replies
from flowkit.app.nouns.scenario_examples import tellings
from flowkit.app.nouns.scenario_keys import OF_THE_CASE, SENT_KEYS
from flowkit.connect.answers import Answer
from flowkit.diagnostics import Findings, Place
from flowkit.engine.definition import Node as WorkflowNode
from flowkit.engine.definition import Stage, Workflow
from flowkit.engine.instructions import StartVerb
from flowkit.engine.operations.table import WORDS
from flowkit.source.keys import read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import closest


@dataclass(frozen=True, slots=True)
class WorkflowNames:
    """Names of one workflow. `nodes` and `stages` hold titles too; `children` are the workflows that it begins.

    `values` is what an expression may begin with, None: unknown.
    """

    nodes: Collection[str] = ()
    actions: Collection[str] = ()
    signals: Collection[str] = ()
    stages: Collection[str] = ()
    children: Collection[str] = ()
    values: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class AppNames:
    """All names that a scenario may use, by what they name. `fields` are those of each entity; `roles` holds titles too.

    `operations` and `events` are those of all connectors, CONNECTOR.NAME, with what each returns or gives.
    """

    workflows: Mapping[str, WorkflowNames] = field(default_factory=dict)
    notifications: Collection[str] = ()
    fields: Mapping[str, Collection[str]] = field(default_factory=dict)
    roles: Collection[str] = ()
    prints: Collection[str] = ()
    operations: Mapping[str, Answer] = field(default_factory=dict)
    events: Mapping[str, Answer] = field(default_factory=dict)


def check_scenarios(app: App, findings: Findings) -> None:
    """Read every scenario of the app and report what is wrong with it."""
    names = names_of(app)
    for document in app.scenarios:
        for telling in tellings(document, findings):
            check_scenario(telling.scenario, names, findings)


def names_of(app: App) -> AppNames:
    connectors = app.connectors.items()
    return AppNames(
        workflows={name: _names_of(workflow) for name, workflow in app.workflows.items()},
        notifications=app.notifications,
        fields={name: entity.fields for name, entity in app.entities.items()},
        roles={*app.business.roles, *app.business.roles.values()},
        prints=app.source.documents["print"],
        operations={f"{c}.{name}": o.answer for c, connector in connectors for name, o in connector.operations.items()},
        events={f"{c}.{name}": e.answer for c, connector in connectors for name, e in connector.events.items()},
    )


def _names_of(workflow: Workflow) -> WorkflowNames:
    nodes, stages = workflow.nodes.values(), workflow.stages.values()
    places: list[WorkflowNode | Stage] = [*nodes, *stages]
    exits = [exit_ for place in places for exit_ in place.exits]
    runs = {node.run.workflow for node in nodes if node.run is not None}
    verbs = [verb for do in (*(node.do for node in nodes), *(exit_.do for exit_ in exits)) for verb in do]
    return WorkflowNames(
        nodes={word for node in nodes for word in (node.name, node.title)},
        actions={word for place in places for e in place.actions.values() for word in (e.name, e.title)},
        signals={name for place in places for name in place.events},
        stages={word for stage in stages for word in (stage.name, stage.title)},
        children=runs | {verb.workflow for verb in verbs if isinstance(verb, StartVerb)},
        values=frozenset(workflow.names),
    )


def check_scenario(scenario: Scenario, names: AppNames, findings: Findings) -> None:
    """Report every name of the scenario that the app does not know, where it is used."""
    for entity, place in scenario.row_places.items():
        if _known("entity", entity, names.fields, place, findings):
            for row in scenario.rows[entity]:
                for key, at, _ in row.items():
                    _known(f"field of {entity}", key, names.fields[entity], at, findings)
    check_replies(scenario.replies, names.operations, findings)
    cases: dict[str, str] = {}
    latest = ""
    for step in scenario.steps:
        if step.kind == "submit":
            _known("workflow", step.subject.typed, names.workflows, step.subject.place, findings)
            latest = step.subject.typed
            if step.name:
                cases[step.name] = latest
        if step.case is not None:
            latest = _case(step.case, cases, names, findings)
        check_replies(step.replies, names.operations, findings)
        _check_step(step, names, names.workflows.get(latest), findings)


def _case(case: ScalarNode, cases: Mapping[str, str], names: AppNames, findings: Findings) -> str:
    """The workflow of the case that a step names; "" where only playing it will tell."""
    if case.typed in cases:
        return cases[case.typed]
    begun = {child for workflow in names.workflows.values() for child in workflow.children}
    child = case.typed.partition(".")[0]
    if child in begun:
        return child
    # What no step named may be a case's number, which is known only when it is played.
    near = closest(child, {*cases, *begun})
    if near is not None:
        findings.error("unknown-name", case.place, f'unknown case "{case.typed}"', f'did you mean "{near}"?')
    return ""


def _check_step(step: Step, names: AppNames, workflow: WorkflowNames | None, findings: Findings) -> None:
    standing_in = step.subject if step.kind == "substitute" else None
    for actor in (step.by, step.applicant, standing_in):
        if actor is not None and not actor.typed.startswith("="):
            _check_actor(actor, names, findings)
    for workflow_name in step.workflows or ():
        _known("workflow", workflow_name.typed, names.workflows, workflow_name.place, findings)
    subject = step.subject
    if workflow is not None and step.kind == "act":
        _known("action", subject.typed, {*workflow.actions, *WORDS}, subject.place, findings)
    if workflow is not None and step.kind == "signal":
        _known("event", subject.typed, workflow.signals, subject.place, findings)
    if step.kind == "receive" and _known("event", subject.typed, names.events, subject.place, findings):
        given = step.values or MappingNode({}, {}, subject.place)
        check_given(names.events[subject.typed], given, f'event "{subject.typed}"', findings)
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
    if expectation.children:
        _check_children(expectation, names, workflow, findings)
        return
    if expectation.name == "sent":
        _check_sent(expectation.value, names, findings)
    for text in _constants(expectation.value):
        _check_constant(expectation.name, text, names, workflow, findings)
    if expectation.name not in OF_THE_CASE and workflow is not None and workflow.values is not None:
        first = expectation.name.partition(".")[0]
        _known("value", first, {*workflow.values, *OF_THE_CASE, "case"}, expectation.place, findings)


def _check_sent(node: Node, names: AppNames, findings: Findings) -> None:
    """Messages of which more is said than their name."""
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        read = read_keys(item, "sent", SENT_KEYS, findings) if isinstance(item, MappingNode) else None
        named = (read or {}).get("notification")
        if isinstance(named, ScalarNode):
            _known("notification", named.typed, names.notifications, named.place, findings)
        for actor in _constants((read or {}).get("to") or ScalarNode(None, "", node.place)):
            _check_actor(actor, names, findings)


def _check_children(
    expectation: Expectation, names: AppNames, workflow: WorkflowNames | None, findings: Findings
) -> None:
    if workflow is not None:
        _known("child", expectation.children, workflow.children, expectation.place, findings)
    for child in expectation.each or ():
        for inner in child:
            _check_expectation(inner, names, names.workflows.get(expectation.children), findings)


def _check_constant(
    expected: str, text: ScalarNode, names: AppNames, workflow: WorkflowNames | None, findings: Findings
) -> None:
    """What is expected of a name, where it is one of the app's."""
    known: tuple[str, Collection[str]] | None = None
    match expected:
        case "node" if workflow is not None:
            known = "node", workflow.nodes
        case "stage" if workflow is not None:
            known = "stage", workflow.stages
        case "actions" if workflow is not None:
            known = "action", workflow.actions
        case "operations":
            known = "operation", WORDS
        case "sent":
            known = "notification", names.notifications
        case "called":
            known = "operation", names.operations
        case "printed":
            known = "print", names.prints
        case "owner" if ":" not in text.typed:
            known = "role", names.roles
        case "owner" | "seen_by" | "not_seen_by":
            _check_actor(text, names, findings)
        case _:
            pass
    if known is not None:
        _known(known[0], text.typed, known[1], text.place, findings)


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
    return findings.knows(name, known, place, f'unknown {what} "{name}"')
