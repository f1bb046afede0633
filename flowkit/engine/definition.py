"""A workflow that has been read, linked and compiled: what `decide` judges by. Frozen; holds no state of a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from flowkit.calendars.calendar import Calendar
from flowkit.engine.approval.rules import Rule
from flowkit.engine.instructions import EscalateVerb, NotifyVerb, ReassignVerb, Schedule, ScoreVerb, Verb, Who
from flowkit.engine.machine import Machine, build_machine
from flowkit.engine.sight import Sees
from flowkit.fields.definition import Field
from flowkit.forms.checks import Check
from flowkit.forms.form import Form
from flowkit.records.entity import Entity
from flowkit.rules.language.expression import Expression
from flowkit.rules.language.templates import Template
from flowkit.rules.language.types import Type
from flowkit.rules.scorecard import Scorecard
from flowkit.rules.watch import Watch
from flowkit.values.types import Settings

if TYPE_CHECKING:
    from flowkit.engine.view import World

NodeKind = Literal["route", "task", "wait", "run", "call", "approval", "end"]
Outcome = Literal["done", "rejected", "cancelled"]


@dataclass(frozen=True, slots=True)
class Route:
    """One way on: taken when `when` holds (None: always)."""

    when: Expression | None
    to: str


@dataclass(frozen=True, slots=True)
class Exit:
    """A way in which a visit goes on: an action, an event from outside, or what a timeout does.

    who       who may use it instead of the owner; `without` takes some of them away
    leave_out who is not to be asked at the node that comes next (a refusal: `not: owner`)
    answer    under which name the form's values are kept
    edit      earlier fields that are opened again, as a form of their own
    to        ways on in order; empty: the case stays and its deadlines run on
    """

    name: str
    title: str
    who: Who | None = None
    without: Who | None = None
    leave_out: Who | None = None
    when: Expression | None = None
    form: Form | None = None
    answer: str = ""
    checks: tuple[Check, ...] = ()
    edit: Form | None = None
    do: tuple[Verb, ...] = ()
    to: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeout:
    """An exit that time takes: `after` a duration from entering, or `at` a moment; then `repeat` times more.

    An `urgent` one disturbs people in quiet hours even if it only reminds.
    """

    exit: Exit
    after: Expression | None
    at: Expression | None
    repeat: int = 0
    every: Expression | None = None
    urgent: bool = False

    @property
    def depends(self) -> frozenset[str]:
        """The names that its moment or length is read from."""
        expression = self.at or self.after
        return frozenset(path[0] for path in expression.reads) if expression is not None else frozenset()

    @property
    def calls_in(self) -> bool:
        """Whether it calls in, or hands the case to, somebody else: then the case is late where it stays."""
        return any(isinstance(verb, (EscalateVerb, ReassignVerb)) for verb in self.exit.do)

    @property
    def may_wait(self) -> bool:
        """Whether it does nothing but say something, and that is not urgent: it may wait until nobody is disturbed."""
        verbs = self.exit.do
        says = not self.exit.to and bool(verbs) and all(isinstance(verb, NotifyVerb) for verb in verbs)
        return says and not self.urgent


@dataclass(frozen=True, slots=True)
class Run:
    """Children of a node: one, or one for each row.

    workflow  what is begun, with `values` in its fields; `fields` are those fields, to see what it gives back
    join      all, any, in_turn, or how many must have ended
    back      what an ended child fills: columns of its row (of the case's field `rows`) or, without it, fields of the case
    keep      whether leaving lets those still open go on
    applicant the person for whom they are begun; None: who acted
    """

    workflow: str
    title: str
    values: Mapping[str, Expression]
    fields: Mapping[str, Field]
    each: Expression | None = None
    when: Expression | None = None
    rows: str | None = None
    back: Mapping[str, Expression] = field(default_factory=dict)
    join: str | int = "all"
    keep: bool = False
    applicant: Who | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of an outside system that a node waits for, at most `within`; then `failed` is taken.

    `save` is the name under which the answer stands, "" for nowhere.
    """

    connector: str
    operation: str
    values: Mapping[str, Expression]
    within: Expression
    failed: Exit
    save: str = ""


@dataclass(frozen=True, slots=True)
class Signer:
    """One entry of `by`: one signature of whoever `who` means, or with `each` one of each; asked for where `when` holds."""

    who: Who
    each: bool = False
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Who signs at a node, by which rule, and what that leads to.

    otherwise  who signs what nobody was found for; None: the app's catcher
    own        what happens where the applicant is among them: manager (his signs instead), skip or allow
    carry      whether who has approved before is not asked again
    allow      what those who sign may do besides answering
    outcomes   the ways on: `approved`, `rejected` and, where there is one, `returned`
    """

    by: tuple[Signer, ...]
    rule: Rule
    otherwise: Who | None
    own: str
    carry: bool
    allow: frozenset[str]
    outcomes: Mapping[str, Exit]


@dataclass(frozen=True, slots=True)
class Node:
    """One place of a workflow. `kind` follows from its keys: next, owner + actions, events, approval or end.

    At a node with `pauses` the clocks of the stages stand still; its own deadlines run. `progress` is what customers read
    while a case is here, "" where nothing is said.
    """

    name: str
    title: str
    kind: NodeKind
    do: tuple[Verb, ...] = ()
    next: tuple[Route, ...] = ()
    owner: Who | None = None
    others: Who | None = None
    actions: Mapping[str, Exit] = field(default_factory=dict)
    events: Mapping[str, Exit] = field(default_factory=dict)
    timeouts: tuple[Timeout, ...] = ()
    outcome: Outcome | None = None
    pauses: bool = False
    run: Run | None = None
    call: Call | None = None
    approval: Approval | None = None
    progress: str = ""

    @property
    def outcomes(self) -> Mapping[str, Exit]:
        """What an approval here leads to, by name."""
        return self.approval.outcomes if self.approval is not None else {}

    @property
    def exits(self) -> tuple[Exit, ...]:
        """Every way out of it: actions, events, timeouts, outcomes."""
        failed = (self.call.failed,) if self.call is not None else ()
        timed = (t.exit for t in self.timeouts)
        return (*self.actions.values(), *self.events.values(), *timed, *failed, *self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Stage:
    """A named set of nodes with clocks and exits of its own; they run from entering the set until it is left."""

    name: str
    title: str
    nodes: frozenset[str]
    actions: Mapping[str, Exit] = field(default_factory=dict)
    events: Mapping[str, Exit] = field(default_factory=dict)
    timeouts: tuple[Timeout, ...] = ()

    @property
    def exits(self) -> tuple[Exit, ...]:
        return (*self.actions.values(), *self.events.values(), *(t.exit for t in self.timeouts))


@dataclass(frozen=True, slots=True)
class Watching:
    """A watch over cases of this workflow: at which nodes they count, and what happens when the count rises."""

    watch: Watch
    nodes: frozenset[str]
    do: tuple[Verb, ...]


@dataclass(frozen=True, slots=True)
class Business:
    """What is live around all workflows: it is looked at as it is now, not as it was when a case began.

    `staff` and `customers` name entities; `catcher` is the role that gets what fits nobody and what a machine gave up on.
    `managers` holds the role that a role's people answer to; `may` the operations that need a right of their own, by role;
    `sees` which cases a role sees besides those its people have to do with.
    `manager` is the field of staff that names a person's own manager, if there is one.
    `units` names the entity whose records are the units that cases and people belong to, None where there are none.
    `calendar` says when it is open, None where nobody said so; `hours` the field in which a unit may hold its own. While
    `quiet` is open, reminders wait; `quiet_hours` is the field in which a unit may hold its own.
    """

    settings: Settings
    locale: str
    entities: Mapping[str, Entity]
    roles: Mapping[str, str]
    staff: str | None
    customers: str | None
    catcher: str
    channels: tuple[str, ...]
    managers: Mapping[str, str] = field(default_factory=dict)
    may: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sees: Mapping[str, Sees] = field(default_factory=dict)
    manager: str | None = None
    units: str | None = None
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    calendar: Calendar | None = None
    hours: str | None = None
    quiet: Calendar | None = None
    quiet_hours: str | None = None


@dataclass(frozen=True, eq=False)
class Workflow:
    """One version of a workflow, linked.

    fields   bare names: the start form's fields and the workflow's own
    forms    by the name under which their answers are kept
    names    how each root name of an expression is read from a `World`; `types` what expressions take them for
    heard    how expressions see an event of a connector, by CONNECTOR.EVENT, made of its stored form
    who      the roles whose people may begin one, OUTSIDERS for those who are no staff; None: everybody who is known
    """

    name: str
    title: str
    version: str
    business: Business
    form: Form | None
    own_fields: Form
    fields: Mapping[str, Field]
    number: Template | None
    unit: Expression | None
    nodes: Mapping[str, Node]
    names: Mapping[str, Callable[[World], Any]]
    types: Mapping[str, Type] = field(default_factory=dict, repr=False)
    stages: Mapping[str, Stage] = field(default_factory=dict)
    watches: tuple[Watching, ...] = ()
    heard: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    who: frozenset[str] | None = None

    @property
    def first(self) -> Node:
        return next(iter(self.nodes.values()))

    @cached_property
    def machine(self) -> Machine:
        """Which triggers lead from which node to which; built on first use (about 5 ms for 30 nodes)."""
        return build_machine(self)

    @cached_property
    def signs(self) -> bool:
        """Whether it has approvals: then a case keeps the way it has come."""
        return any(node.approval is not None for node in self.nodes.values())

    @cached_property
    def cards(self) -> Mapping[str, Scorecard]:
        """Its scorecards by name."""
        exits = [e for node in self.nodes.values() for e in node.exits]
        exits += [e for stage in self.stages.values() for e in stage.exits]
        verbs = [*(v for node in self.nodes.values() for v in node.do), *(v for e in exits for v in e.do)]
        verbs += [verb for watching in self.watches for verb in watching.do]
        return {verb.card.name: verb.card for verb in verbs if isinstance(verb, ScoreVerb)}

    def seen_event(self, name: str, stored: Mapping[str, Any]) -> Mapping[str, Any]:
        """An event from outside as expressions see it; one that no connector describes is seen as it came."""
        return self.heard[name](stored) if name in self.heard else stored

    def stages_at(self, node: str) -> tuple[Stage, ...]:
        return tuple(s for s in self.stages.values() if node in s.nodes)

    def actions_at(self, node: str) -> dict[str, Exit]:
        """The actions there are at a node: its own win over its stages'."""
        return {**_first(s.actions for s in self.stages_at(node)), **self.nodes[node].actions}

    def is_to_be_watched(self, node: str) -> bool:
        """Whether whoever has a case there has nothing to do but to see how it goes: it waits for others."""
        waits = self.nodes[node].kind in ("run", "wait", "call")
        return waits and all(action.who is not None for action in self.actions_at(node).values())

    def events_at(self, node: str) -> dict[str, Exit]:
        return {**_first(s.events for s in self.stages_at(node)), **self.nodes[node].events}

    def timeouts_at(self, node: str) -> dict[str, Timeout]:
        """By the name of the deadline: `1` for a node's own, `STAGE/1` for a stage's."""
        found = {t.exit.name: t for t in self.nodes[node].timeouts}
        return found | {t.exit.name: t for s in self.stages_at(node) for t in s.timeouts}


def _first(exits: Iterable[Mapping[str, Exit]]) -> dict[str, Exit]:
    found: dict[str, Exit] = {}
    for each in exits:
        for name, exit_ in each.items():
            found.setdefault(name, exit_)
    return found
