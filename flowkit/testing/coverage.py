"""What asserted steps touched of the workflows: nodes, exits, timeouts, checks that held, checks that refused.

Only steps that expect something count: a story that expects nothing proves nothing, however far it runs. Reads events and
linked workflows; plays nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from flowkit.engine.definition import Exit, Node, Workflow
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
                    node = event.data["node"]
                    self.names["nodes"].add(node)
                case "acted":
                    exit_ = workflow.nodes[event.data["node"]].actions[event.data["action"]]
                    name = f"{event.data['node']}.{exit_.name}"
                    self.names["exits"].add(name)
                    self._held(name, exit_.form, exit_, applies)
                case "signalled" | "consumed":
                    self.names["exits"].add(f"{node}.{event.data['name']}")
                case "fired" if event.data.get("held", True):
                    self._fired(workflow.nodes[node], event.data["deadline"])
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

    def _fired(self, node: Node, deadline: str) -> None:
        for number, timeout in enumerate(node.timeouts):
            if timeout.exit.name == deadline:
                self.names["timeouts"].add(_timeout(node, number))


def shares(workflow: Workflow, touched: Touched) -> dict[str, Share]:
    """What there is and what was touched, by the kinds of KINDS."""
    exits = [f"{n.name}.{e}" for n in workflow.nodes.values() for e in (*n.actions, *n.events)]
    checks = [name for name, _ in _all_checks(workflow)]
    there = {
        "nodes": list(workflow.nodes),
        "exits": exits,
        "timeouts": [_timeout(n, i) for n in workflow.nodes.values() for i in range(len(n.timeouts))],
        "checks_held": checks,
        "checks_refused": checks,
    }
    return {kind: Share(tuple(there[kind]), frozenset(touched.names[kind])) for kind in KINDS}


def _timeout(node: Node, number: int) -> str:
    return f"{node.name}.timeouts[{number}]"


def _all_checks(workflow: Workflow) -> Iterator[tuple[str, Check]]:
    yield from _checks("submit", workflow.form, None)
    for node in workflow.nodes.values():
        for exit_ in node.actions.values():
            yield from _checks(f"{node.name}.{exit_.name}", exit_.form, exit_)


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
