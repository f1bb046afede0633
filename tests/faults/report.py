"""A run of the harness in words: what was lost or doubled, where the kills fell, how soon a worker was ready again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from tests.faults.driver import POINTS, Result
from tests.faults.killing import Ends
from tests.faults.tracing import missing


def report(result: Result) -> str:
    return "\n".join(_lines(result))


def _lines(r: Result) -> Iterator[str]:
    yield fell(r.ends, r.took)
    yield f"{len(r.faults)} faults"
    yield from (f"  {fault}" for fault in r.faults[:20])
    told = ", ".join(f"{many:,} {kind}" for kind, many in r.acknowledged.most_common())
    yield f"acknowledged: {r.acknowledged.total():,} commands ({told}); {r.unheard:,} unheard ones sent again"
    yield f"refused: {', '.join(f'{many:,} {code}' for code, many in r.refused.most_common())}"
    yield f"{r.cases:,} cases, {r.events:,} events, {r.fired:,} timeouts took effect"
    yield f"{r.messages:,} messages, taken {r.taken:,} times, {r.hung_up:,} of them without an answer"
    yield f"ready again: {_spread(r.ready)} (forked); {_spread(r.cold)} (a new process, import and all)"
    yield f"opening the database: {_spread(r.opened)}"
    yield "killed at a named point:"
    yield from _histogram(r.ends.points)
    yield "killed at a call to the system; the file, and the point passed last:"
    yield from _histogram(r.ends.calls)
    yield "killed at any moment; the point passed last was:"
    yield from _histogram(r.ends.by_chance)
    missed = [name for name, _ in POINTS if name not in r.ends.points]
    if missed:
        yield f"never hit: {', '.join(missed)}"


def fell(ends: Ends, seconds: float) -> str:
    """How many fell how; why none did at calls to the system, where that is not possible."""
    traced = (
        f"{ends.calls.total()} at calls to the system" if not missing() else f"none at calls to the system: {missing()}"
    )
    named, by_chance = ends.points.total(), ends.by_chance.total()
    return f"{ends.total} kills in {seconds:.0f} s: {named} at named points, {traced}, {by_chance} at any moment"


def _histogram(counted: Counter[str]) -> Iterator[str]:
    for name, many in counted.most_common():
        yield f"  {name:<52}{many:>5} {'#' * min(many, 60)}"


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "never"
    return f"median {median(seconds):.3f} s [{min(seconds):.3f}..{max(seconds):.3f}]"
