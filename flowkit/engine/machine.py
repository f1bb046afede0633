"""Targets and buttons: which trigger leads from which node to which. The one place that knows `transitions`.

A trigger is `act:NAME`, `event:NAME`, `timeout:N`, `next`, `failed`, `approved`, `rejected` or `returned`; its guards are
the compiled `when` of the routes. The machine holds no case: each question is asked with a probe that stands at one node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from transitions import EventData, Machine, MachineError

if TYPE_CHECKING:
    from flowkit.engine.definition import Route, Workflow
    from flowkit.engine.view import World

__all__ = ["BACK", "Machine", "build_machine", "offered", "target"]


class _Probe:
    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


BACK = "back"
"""Where `to: back` leads: the node the case came from, which only the case knows."""


def build_machine(workflow: Workflow) -> Machine:
    """One machine for a version of a workflow. No model and no automatic `to_X` triggers: those would skip every guard."""
    nodes = workflow.nodes
    machine = Machine(
        model=None, states=[*nodes, BACK], initial=next(iter(nodes)), auto_transitions=False, send_event=True
    )
    for node in nodes.values():
        _add(machine, "next", node.name, node.next)
        if node.call is not None:
            _add(machine, "failed", node.name, node.call.failed.to, stays=True)
        for name, exit_ in node.outcomes.items():
            _add(machine, name, node.name, exit_.to, stays=True)
        for name, exit_ in workflow.actions_at(node.name).items():
            _add(machine, f"act:{name}", node.name, exit_.to, stays=True)
        for name, exit_ in workflow.events_at(node.name).items():
            _add(machine, f"event:{name}", node.name, exit_.to, stays=True)
        for name, timeout in workflow.timeouts_at(node.name).items():
            _add(machine, f"timeout:{name}", node.name, timeout.exit.to, stays=True)
    return machine


def _add(machine: Machine, trigger: str, source: str, routes: Iterable[Route], stays: bool = False) -> None:
    routes = tuple(routes)
    for route in routes:
        machine.add_transition(trigger, source, route.to, conditions=_guard(route))
    if stays and not routes:
        machine.add_transition(trigger, source, None)  # an internal transition: the case stays where it is


def _guard(route: Route) -> Callable[[EventData], bool] | None:
    when = route.when
    if when is None:
        return None

    def holds(event: EventData) -> bool:
        return bool(when.evaluate(event.kwargs["world"]))

    return holds


def offered(machine: Machine, node: str, trigger: str) -> bool:
    """Whether that trigger leads anywhere from that node."""
    event = machine.events.get(trigger)
    return event is not None and bool(event.transitions.get(node))


def target(machine: Machine, node: str, trigger: str, world: World) -> str | None:
    """The node that the first route whose guard holds leads to; None when no route holds or there is no such trigger.

    An internal transition (an exit without `to`) answers the node itself.
    """
    event: Any = machine.events.get(trigger)
    if event is None:
        return None
    probe = _Probe(node)
    try:
        moved = event.trigger(probe, world=world)
    except MachineError:
        return None
    return probe.state if moved else None
