"""The shape of a `scenario`: what is given, the steps, what each step expects.

Knows YAML nodes and the words of a scenario; looks no name up (`scenario_names` does) and plays nothing
(`flowkit.testing` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from flowkit.diagnostics import Findings, Place
from flowkit.rules.language.expression import compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.source.keys import Key, read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.source.reading import Document
from flowkit.suggest import did_you_mean
from flowkit.values.durations import parse_duration
from flowkit.values.types import VALUE_TYPES, Settings, ValueProblem
from flowkit.version import VERSION

StepKind = Literal["submit", "act", "wait", "at", "signal"]

SCENARIO_KEYS = (
    Key("scenario", "name", "the story in a few words", required=True, example="困人报修走 VIP 通道"),
    Key("given", "mapping", "the moment at which it begins and what is known then"),
    Key("steps", "sequence", "what happens, in order, and what is expected after each", required=True),
)
GIVEN_KEYS = (
    Key(
        "now",
        "text",
        "when the story begins, in the app's zone; else Monday 2026-01-05 09:00",
        example="2026-03-02 09:00",
    ),
    Key("rows", "mapping", "records by entity, laid over the entity's own rows by key"),
    Key("replies", "mapping", "what outside systems answer"),
)
STEP_KEYS = (
    Key("submit", "name", "begin a case of this workflow"),
    Key("act", "name", "take this action"),
    Key("wait", "duration", "let time pass; whatever falls due meanwhile happens at its own time", example="15m"),
    Key("at", "text", "let time pass until this moment", example="2026-03-02 18:00"),
    Key("signal", "name", "something arrives from outside"),
    Key("by", "text", "who does it: ENTITY:KEY, or an =expression that gives a person", example="employee:zhang"),
    Key("with", "mapping", "what is filled in"),
    Key("applicant", "text", "for whom it is submitted, if not for `by`"),
    Key("key", "text", "the idempotency key that the command carries"),
    Key("as", "name", "a name for the case that this step begins"),
    Key("case", "text", "the case this step is about: a name given with `as`, or a case number; else the latest"),
    Key("expect", "mapping", "what must be true after the step"),
)
VERBS: tuple[StepKind, ...] = ("submit", "act", "wait", "at", "signal")
BESIDE: Mapping[StepKind, frozenset[str]] = MappingProxyType(
    {
        "submit": frozenset({"by", "with", "applicant", "key", "as", "expect"}),
        "act": frozenset({"by", "with", "key", "case", "expect"}),
        "wait": frozenset({"case", "expect"}),
        "at": frozenset({"case", "expect"}),
        "signal": frozenset({"by", "with", "key", "case", "expect"}),
    }
)

EXPECT_KEYS = (
    Key("node", "setting", "the node where the case is: its name or title", example="assigned"),
    Key(
        "owner", "any", "who must act: ENTITY:KEY, a role, or a list of them; null is nobody", example="employee:zhang"
    ),
    Key("outcome", "setting", "done, rejected, cancelled; null while it is open", example="done"),
    Key("refused", "text", "words that the refusal of this step contains; nothing has changed then", example="距电梯"),
    Key(
        "sent",
        "any",
        "the notifications sent since the step before: every one as often as sent, in any order",
        example="[vip_alert]",
    ),
    Key(
        "actions", "any", "the actions open to the present owner: all of them, in any order", example="[accept, refuse]"
    ),
    Key("incident", "setting", "words of the open incident; true for any, null for none", example="empty"),
    Key("due", "setting", "when the next deadline is: a duration from now, a moment, or null", example="15m"),
    Key("record", "mapping", "fields of records, by ENTITY:KEY", example='{"elevator:E001": {history.count: 1}}'),
)
"""What may be expected by name. Any other key is a dotted path to a value of the case, such as `urgency.total`."""

OF_THE_CASE = frozenset(key.name for key in EXPECT_KEYS)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that must be true. `name` is one of OF_THE_CASE or a dotted path; `record` is `ENTITY:KEY` or ""."""

    name: str
    value: Node
    place: Place
    record: str = ""

    def __str__(self) -> str:
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
    expect: tuple[Expectation, ...] = ()

    @property
    def refusal(self) -> Expectation | None:
        """The expectation that this step is refused, if there is one."""
        return next((e for e in self.expect if e.name == "refused" and not e.record), None)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`now` is the moment as typed; `rows` the records of `given` by the entity's name."""

    name: str
    place: Place
    now: ScalarNode | None = None
    rows: Mapping[str, tuple[MappingNode, ...]] = field(default_factory=dict)
    row_places: Mapping[str, Place] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()


def parse_scenario(document: Document, findings: Findings) -> Scenario | None:
    """The scenario of a document; mistakes go to `findings`, and what is well formed is kept."""
    read = read_keys(document.node, "scenario", SCENARIO_KEYS, findings)
    if read is None:
        return None
    name = document.name.typed if document.name else ""
    now, rows, places = _given(read.get("given"), findings)
    steps: list[Step] = []
    node = read.get("steps")
    for number, item in enumerate(node if isinstance(node, SequenceNode) else (), start=1):
        step = _step(number, item, findings)
        if step is not None:
            steps.append(step)
    if isinstance(node, SequenceNode) and not len(node):
        findings.error("missing-key", node.place, "a scenario without steps proves nothing", 'write "- submit: …"')
    return Scenario(name, document.place, now, rows, places, tuple(steps))


def _given(
    node: Node | None, findings: Findings
) -> tuple[ScalarNode | None, dict[str, tuple[MappingNode, ...]], dict[str, Place]]:
    read = (read_keys(node, "given", GIVEN_KEYS, findings) if node is not None else None) or {}
    if "replies" in read and isinstance(node, MappingNode):
        place = node.keys["replies"]
        findings.error("not-yet", place, f"flowkit {VERSION} does not know `replies` yet", "leave it out")
    now = read.get("now")
    if not isinstance(now, ScalarNode) or not _is_moment(now, findings):
        now = None
    rows: dict[str, tuple[MappingNode, ...]] = {}
    places: dict[str, Place] = {}
    given = read.get("rows")
    for entity, place, listed in given.items() if isinstance(given, MappingNode) else ():
        if not isinstance(listed, SequenceNode) or not all(isinstance(row, MappingNode) for row in listed):
            findings.error("type-mismatch", listed.place, f'expected a list of records of "{entity}"', "[{code: …}, …]")
            continue
        rows[entity] = tuple(row for row in listed if isinstance(row, MappingNode))
        places[entity] = place
    return now, rows, places


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
    if kind in {"submit", "act"} and "by" not in node:
        findings.error("missing-key", node.place, f'"{kind}" needs "by": who does it', "by: employee:zhang")
    if kind == "wait" and not _is_wait(subject, findings):
        return None
    if kind == "at" and not _is_moment(subject, findings):
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
        expect=_expectations(kind, read.get("expect"), findings),
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
    found: list[Expectation] = []
    for name, place, value in node.items() if isinstance(node, MappingNode) else ():
        _check_settings(value, findings)
        if name == "record":
            found += _records(value, findings)
        elif name == "refused" and kind in {"wait", "at"}:
            findings.error("unknown-key", place, f'"{kind}" is never refused', "leave it out")
        elif name == "refused" and not (isinstance(value, ScalarNode) and value.typed.strip()):
            findings.error("type-mismatch", value.place, "expected words that the refusal contains", "refused: 距电梯")
        elif not _is_path(name):
            findings.error("unknown-name", place, f'"{name}" is no value of a case', did_you_mean(name, OF_THE_CASE))
        else:
            found.append(Expectation(name, value, place))
    return tuple(found)


def _records(node: Node, findings: Findings) -> list[Expectation]:
    if not isinstance(node, MappingNode):
        findings.error(
            "type-mismatch", node.place, "expected records by ENTITY:KEY", "record: {elevator:E001: {status: …}}"
        )
        return []
    found: list[Expectation] = []
    for record, place, fields in node.items():
        if ":" not in record or not isinstance(fields, MappingNode):
            findings.error(
                "type-mismatch", place, f'expected ENTITY:KEY with fields, found "{record}"', "elevator:E001: {…}"
            )
            continue
        found += [Expectation(path, value, at, record) for path, at, value in fields.items()]
    return found


def _is_path(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _is_wait(node: ScalarNode, findings: Findings) -> bool:
    try:
        if isinstance(parse_duration(node.typed), timedelta):
            return True
        message = f'"wait" runs round the clock, found "{node.typed}"'
    except ValueError:
        message = f'expected a duration such as 2h or 30m, found "{node.typed}"'
    findings.error("type-mismatch", node.place, message, 'or a moment: at: "2026-03-02 18:00"')
    return False


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
