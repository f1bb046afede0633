"""What asserted steps touched of the workflows: nodes, exits, timeouts, calls, runs, checks that held, checks that refused.

A stage's exits and timeouts stand under the stage's name; what a node has of its own wins over them.

Only steps that expect something count: a story that expects nothing proves nothing, however far it runs. Reads events and
linked workflows; plays nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from flowkit.engine.calls import WITHIN
from flowkit.engine.definition import Exit, Node, Stage, Workflow
from flowkit.engine.operations.signing import APPROVE, REJECT, RETURN
from flowkit.errors import Problem, RefusedError
from flowkit.forms.form import Check, Form
from flowkit.testing.report import KINDS, Share

_HOLE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


Applies = Callable[[Check, Exit | None], bool]


class Happened(Protocol):
    """One line of a case's history."""

    @property
    def kind(self) -> str: ...

    @property
    def data(self) -> Mapping[str, Any]: ...


@dataclass(slots=True)
class Touched:
    """Names touched in one workflow so far, by the kinds of KINDS."""

    names: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})

    def events(self, workflow: Workflow, happened: Iterable[Happened], node: str, applies: Applies) -> None:
        """Count what an asserted step brought about; `node` is where the case was before it.

        A check whose `when` does not hold has not been tried: `applies` tells.
        """
        for event in happened:
            match event.kind:
                case "created":
                    self._held("submit", workflow.form, None, applies)
                case "entered":
                    self._entered(workflow, event.data["via"])
                    node = event.data["node"]
                    self.names["nodes"].add(node)
                case "acted":
                    exit_ = workflow.actions_at(event.data["node"])[event.data["action"]]
                    name = action_name(workflow, event.data["node"], exit_)
                    self.names["exits"].add(name)
                    self._held(name, exit_.form, exit_, applies)
                case "signed":
                    exit_ = workflow.nodes[node].outcomes[event.data["answer"]]
                    self._held(f"{node}.{exit_.name}", exit_.form, exit_, applies)
                case "concluded":
                    self.names["exits"].add(f"{node}.{event.data['outcome']}")
                case "signalled" | "consumed":
                    self.names["exits"].add(_event_name(workflow, node, event.data["name"]))
                case "fired" if event.data.get("held", True):
                    self._fired(workflow, node, event.data["deadline"])
                case "replied":
                    self.names["answered" if event.data["ok"] else "failed"].add(node)
                case _:
                    pass

    def refused(self, place: str, form: Form | None, exit_: Exit | None, error: RefusedError) -> None:
        """Count the checks whose words stand in a refusal that an asserted step met."""
        for name, check in _checks(place, form, exit_):
            if any(_speaks(check, problem) for problem in error.problems):
                self.names["checks_refused"].add(name)

    def _held(self, place: str, form: Form | None, exit_: Exit | None, applies: Applies) -> None:
        tried = (name for name, check in _checks(place, form, exit_) if applies(check, exit_))
        self.names["checks_held"].update(tried)

    def _entered(self, workflow: Workflow, via: Mapping[str, Any]) -> None:
        """A node with children is left by its own way on when they are joined."""
        before = workflow.nodes.get(via["from"])
        if via["kind"] == "route" and before is not None and before.run is not None:
            self.names["joined"].add(before.name)

    def _fired(self, workflow: Workflow, node: str, deadline: str) -> None:
        here = workflow.nodes[node]
        if here.call is not None and deadline == WITHIN:
            self.names["failed"].add(node)
        places: list[Node | Stage] = [here, *workflow.stages_at(node)]
        for place in places:
            for number, timeout in enumerate(place.timeouts):
                if timeout.exit.name == deadline:
                    self.names["timeouts"].add(_timeout(place, number))


def shares(workflow: Workflow, touched: Touched) -> dict[str, Share]:
    """What there is and what was touched, by the kinds of KINDS."""
    places: list[Node | Stage] = [*workflow.nodes.values(), *workflow.stages.values()]
    calls = [n.name for n in workflow.nodes.values() if n.call is not None]
    checks = [name for name, _ in _all_checks(workflow)]
    there = {
        "nodes": list(workflow.nodes),
        "exits": [f"{p.name}.{e}" for p in places for e in (*_by_hand(p), *p.events)],
        "timeouts": [_timeout(p, i) for p in places for i in range(len(p.timeouts))],
        "answered": calls,
        "failed": calls,
        "joined": [n.name for n in workflow.nodes.values() if n.run is not None],
        "checks_held": checks,
        "checks_refused": checks,
    }
    return {kind: Share(tuple(there[kind]), frozenset(touched.names[kind])) for kind in KINDS}


def _by_hand(place: Node | Stage) -> Mapping[str, Exit]:
    """What people take: actions and, of an approval, what their answers come to."""
    return {**place.actions, **(place.outcomes if isinstance(place, Node) else {})}


def outcome_of(workflow: Workflow, node: str, operation: str) -> Exit | None:
    """The way on of an approval that an answer is about: 同意, approve; None for anything else."""
    names = {"approved": (APPROVE.name, APPROVE.title), "rejected": (REJECT.name, REJECT.title)}
    names["returned"] = (RETURN.name, RETURN.title)
    outcomes = workflow.nodes[node].outcomes
    return next((outcomes[name] for name in outcomes if operation in names[name]), None)


def action_name(workflow: Workflow, node: str, exit_: Exit) -> str:
    """What coverage calls an action that was taken at a node: the node's own, or that of the stage that has it."""
    stages = (s.name for s in workflow.stages_at(node) if exit_.name in s.actions)
    own = exit_.name in workflow.nodes[node].actions
    return f"{node if own else next(stages, node)}.{exit_.name}"


def _event_name(workflow: Workflow, node: str, event: str) -> str:
    stages = (s.name for s in workflow.stages_at(node) if event in s.events)
    own = event in workflow.nodes[node].events
    return f"{node if own else next(stages, node)}.{event}"


def _timeout(place: Node | Stage, number: int) -> str:
    return f"{place.name}.timeouts[{number}]"


def _all_checks(workflow: Workflow) -> Iterator[tuple[str, Check]]:
    yield from _checks("submit", workflow.form, None)
    places: list[Node | Stage] = [*workflow.nodes.values(), *workflow.stages.values()]
    for place in places:
        for exit_ in _by_hand(place).values():
            yield from _checks(f"{place.name}.{exit_.name}", exit_.form, exit_)


def _checks(place: str, form: Form | None, exit_: Exit | None) -> Iterator[tuple[str, Check]]:
    of_form = form.checks if form is not None else ()
    of_exit = exit_.checks if exit_ is not None else ()
    for number, check in enumerate((*of_form, *of_exit)):
        yield f"{place}.checks[{number}]", check


def _speaks(check: Check, problem: Problem) -> bool:
    """Whether a problem is that check's: at its field and in its words, with anything in the holes of its template."""
    if problem.code != "check" or problem.field != check.at:
        return False
    literal = [re.escape(part) for part in _HOLE.split(check.message.text.strip())]
    return re.fullmatch(".*".join(literal), problem.message.strip(), re.DOTALL) is not None
