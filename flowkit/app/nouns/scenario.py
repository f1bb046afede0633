"""The shape of a `scenario`: what is given, the steps, what each step expects.

Knows YAML nodes and the words of a scenario; looks no name up (`scenario_names` does) and plays nothing
(`flowkit.testing` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from flowkit.app.nouns.scenario_keys import (
    BESIDE,
    GIVEN_KEYS,
    OF_THE_CASE,
    OF_THE_STEP,
    SCENARIO_KEYS,
    STEP_KEYS,
    VERBS,
    StepKind,
)
from flowkit.app.nouns.scenario_replies import Replies, parse_replies
from flowkit.diagnostics import Findings, Place
from flowkit.rules.language.expression import compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.source.keys import found, names_of, read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.source.reading import Document
from flowkit.suggest import did_you_mean
from flowkit.values.durations import parse_duration
from flowkit.values.types import VALUE_TYPES, Settings, ValueProblem


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that must be true. `name` is one of OF_THE_CASE or a dotted path; `record` is `ENTITY:KEY` or "".

    `children` names a workflow; `each` then says what is expected of each child, None where only their number is.
    """

    name: str
    value: Node
    place: Place
    record: str = ""
    children: str = ""
    each: tuple[tuple[Expectation, ...], ...] | None = None

    def __str__(self) -> str:
        if self.children:
            return f"children {self.children}"
        return f"record {self.record} {self.name}" if self.record else self.name


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `subject` is what stands behind the verb; `values` what stands under `with`; both as typed."""

    number: int
    kind: StepKind
    subject: ScalarNode
    place: Place
    by: ScalarNode | None = None
    applicant: ScalarNode | None = None
    key: str | None = None
    name: str | None = None
    case: ScalarNode | None = None
    values: MappingNode | None = None
    replies: tuple[Replies, ...] = ()
    expect: tuple[Expectation, ...] = ()
    until: ScalarNode | None = None
    workflows: tuple[ScalarNode, ...] | None = None

    @property
    def refusal(self) -> Expectation | None:
        """The expectation that this step is refused, if there is one."""
        return next((e for e in self.expect if e.name == "refused" and not e.record), None)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`now` is the moment as typed; `rows` the records of `given` by the entity's name; `replies` what is given there."""

    name: str
    place: Place
    now: ScalarNode | None = None
    rows: Mapping[str, tuple[MappingNode, ...]] = field(default_factory=dict)
    row_places: Mapping[str, Place] = field(default_factory=dict)
    replies: tuple[Replies, ...] = ()
    steps: tuple[Step, ...] = ()


def parse_scenario(document: Document, findings: Findings) -> Scenario | None:
    """The scenario of a document; mistakes go to `findings`, and what is well formed is kept."""
    read = read_keys(document.node, "scenario", SCENARIO_KEYS, findings)
    if read is None:
        return None
    name = document.name.typed if document.name else ""
    node = read.get("given")
    given = (read_keys(node, "given", GIVEN_KEYS, findings) if node is not None else None) or {}
    now = given.get("now")
    rows, places = _rows(given.get("rows"), findings)
    steps: list[Step] = []
    listed = read.get("steps")
    for number, item in enumerate(listed if isinstance(listed, SequenceNode) else (), start=1):
        step = _step(number, item, findings)
        if step is not None:
            steps.append(step)
    if isinstance(listed, SequenceNode) and not len(listed):
        findings.error("missing-key", listed.place, "a scenario without steps proves nothing", 'write "- submit: …"')
    return Scenario(
        name,
        document.place,
        now if isinstance(now, ScalarNode) and _is_moment(now, findings) else None,
        rows,
        places,
        _replies(given.get("replies"), findings),
        tuple(steps),
    )


def _rows(node: Node | None, findings: Findings) -> tuple[dict[str, tuple[MappingNode, ...]], dict[str, Place]]:
    rows: dict[str, tuple[MappingNode, ...]] = {}
    places: dict[str, Place] = {}
    for entity, place, listed in node.items() if isinstance(node, MappingNode) else ():
        if not isinstance(listed, SequenceNode) or not all(isinstance(row, MappingNode) for row in listed):
            findings.error("type-mismatch", listed.place, f'expected a list of records of "{entity}"', "[{code: …}, …]")
            continue
        rows[entity] = tuple(row for row in listed if isinstance(row, MappingNode))
        places[entity] = place
    return rows, places


def _replies(node: Node | None, findings: Findings) -> tuple[Replies, ...]:
    if node is not None:
        _check_settings(node, findings)
    return parse_replies(node, findings)


def _step(number: int, node: Node, findings: Findings) -> Step | None:
    read = read_keys(node, "step", STEP_KEYS, findings)
    if read is None or not isinstance(node, MappingNode):
        return None
    kind = _verb(node, findings)
    subject = read.get(kind) if kind else None
    if kind is None or not isinstance(subject, ScalarNode):
        return None
    for key, place, _ in node.items():
        if key in read and key != kind and key not in BESIDE[kind]:
            findings.error("unknown-key", place, f'"{key}" says nothing beside "{kind}"', _may_stand(kind))
    if kind in {"submit", "act", "substitute"} and "by" not in node:
        findings.error("missing-key", node.place, f'"{kind}" needs "by": who does it', "by: employee:zhang")
    if kind == "wait" and not _is_wait(subject, findings):
        return None
    if kind == "at" and not _is_moment(subject, findings):
        return None
    until = _scalar(read.get("until"))
    if kind == "substitute" and (until is None or not _is_end(until, findings)):
        if until is None:
            message = '"substitute" needs "until": for how long, or up to which moment'
            findings.error("missing-key", node.place, message, "until: 3d")
        return None
    values = read.get("with")
    if values is not None:
        _check_settings(values, findings)
    named = _scalar(read.get("as"))
    token = _scalar(read.get("key"))
    return Step(
        number,
        kind,
        subject,
        node.place,
        by=_scalar(read.get("by")),
        applicant=_scalar(read.get("applicant")),
        key=token.typed if token is not None else None,
        name=named.typed if named is not None else None,
        case=_scalar(read.get("case")),
        values=values if isinstance(values, MappingNode) else None,
        replies=_replies(read.get("replies"), findings),
        expect=_expectations(kind, read.get("expect"), findings),
        until=until,
        workflows=names_of(within, findings) if (within := read.get("workflows")) is not None else None,
    )


def _verb(node: MappingNode, findings: Findings) -> StepKind | None:
    verbs = [verb for verb in VERBS if verb in node]
    if len(verbs) == 1:
        return verbs[0]
    if verbs:
        words = " and ".join(f'"{v}"' for v in verbs)
        findings.error(
            "type-mismatch", node.keys[verbs[1]], f"a step does one thing, found {words}", "make two steps of it"
        )
    elif node.entries.keys() <= {key.name for key in STEP_KEYS}:
        findings.error("missing-key", node.place, "a step that does nothing", f"one of: {', '.join(VERBS)}")
    return None


def _may_stand(kind: StepKind) -> str:
    return f'beside "{kind}" may stand: {", ".join(sorted(BESIDE[kind]))}'


def _scalar(node: Node | None) -> ScalarNode | None:
    return node if isinstance(node, ScalarNode) else None


def _expectations(kind: StepKind, node: Node | None, findings: Findings) -> tuple[Expectation, ...]:
    expected: list[Expectation] = []
    for name, place, value in node.items() if isinstance(node, MappingNode) else ():
        _check_settings(value, findings)
        if name == "record":
            expected += _records(value, findings)
        elif name == "children":
            expected += _children(value, findings)
        elif name == "refused" and kind in {"wait", "at"}:
            findings.error("unknown-key", place, f'"{kind}" is never refused', "leave it out")
        elif name == "refused" and not (isinstance(value, ScalarNode) and value.typed.strip()):
            findings.error("type-mismatch", value.place, "expected words that the refusal contains", "refused: 距电梯")
        elif _is_path(name, place, findings):
            expected.append(Expectation(name, value, place))
    return tuple(expected)


def _children(node: Node, findings: Findings) -> list[Expectation]:
    """What is expected of children: by workflow their number, or a list with what is expected of each."""
    expected: list[Expectation] = []
    for workflow, place, value in node.items() if isinstance(node, MappingNode) else ():
        if isinstance(value, SequenceNode):
            each = tuple(_child(item, findings) for item in value)
            expected.append(Expectation("children", value, place, children=workflow, each=each))
        elif _is_count(value):
            expected.append(Expectation("children", value, place, children=workflow))
        else:
            message = f"expected how many, or what is expected of each, found {found(value)}"
            findings.error("type-mismatch", value.place, message, f"{workflow}: 2, or {workflow}: [{{outcome: done}}]")
    if not isinstance(node, MappingNode):
        message = f"expected children by their workflow, found {found(node)}"
        findings.error("type-mismatch", node.place, message, "children: {parts_request: 2}")
    return expected


def _is_count(node: Node) -> bool:
    return isinstance(node, ScalarNode) and (node.typed.isdecimal() or node.typed.startswith("="))


def _child(node: Node, findings: Findings) -> tuple[Expectation, ...]:
    expected = []
    for name, place, value in node.items() if isinstance(node, MappingNode) else ():
        if name in OF_THE_STEP:
            message = f'"{name}" is not said of one child, but of the step'
            findings.error("unknown-key", place, message, "or go to the child with `case`, and expect it there")
        elif _is_path(name, place, findings):
            expected.append(Expectation(name, value, place))
    if not isinstance(node, MappingNode):
        message = f"expected what must be true of that child, found {found(node)}"
        findings.error("type-mismatch", node.place, message, "{outcome: done}")
    return tuple(expected)


def _records(node: Node, findings: Findings) -> list[Expectation]:
    if not isinstance(node, MappingNode):
        findings.error(
            "type-mismatch", node.place, "expected records by ENTITY:KEY", "record: {elevator:E001: {status: …}}"
        )
        return []
    expected: list[Expectation] = []
    for record, place, fields in node.items():
        if ":" not in record or not isinstance(fields, MappingNode):
            findings.error(
                "type-mismatch", place, f'expected ENTITY:KEY with fields, found "{record}"', "elevator:E001: {…}"
            )
            continue
        expected += [Expectation(path, value, at, record) for path, at, value in fields.items()]
    return expected


def _is_path(name: str, place: Place, findings: Findings) -> bool:
    if all(part.isidentifier() for part in name.split(".")):
        return True
    findings.error("unknown-name", place, f'"{name}" is no value of a case', did_you_mean(name, OF_THE_CASE))
    return False


def _is_wait(node: ScalarNode, findings: Findings) -> bool:
    try:
        if isinstance(parse_duration(node.typed), timedelta):
            return True
        message = f'"wait" runs round the clock, found "{node.typed}"'
    except ValueError:
        message = f'expected a duration such as 2h or 30m, found "{node.typed}"'
    findings.error("type-mismatch", node.place, message, 'or a moment: at: "2026-03-02 18:00"')
    return False


def _is_end(node: ScalarNode, findings: Findings) -> bool:
    """A duration from now, or a moment."""
    try:
        return isinstance(parse_duration(node.typed), timedelta) or _is_wait(node, findings)
    except ValueError:
        return _is_moment(node, findings)


def _is_moment(node: ScalarNode, findings: Findings) -> bool:
    try:
        if VALUE_TYPES["datetime"].read(node.typed, Settings(ZoneInfo("UTC"), None)) is not None:
            return True
    except ValueProblem:
        pass
    findings.error("type-mismatch", node.place, f'expected a moment such as 2026-03-02 09:00, found "{node.typed}"')
    return False


def _check_settings(node: Node, findings: Findings) -> None:
    """Report what is wrong with each `=expression` within `node`; which names there are is known only when it is played."""
    match node:
        case ScalarNode() if node.typed.startswith("="):
            compile_setting(node, Scope({}, open=True), findings)
        case SequenceNode():
            for item in node:
                _check_settings(item, findings)
        case MappingNode():
            for _, _, value in node.items():
                _check_settings(value, findings)
        case _:
            pass
