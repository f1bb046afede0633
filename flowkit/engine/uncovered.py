"""Decision tables that may answer nothing where an answer is needed: for a deadline, for whose a case is, for a way on.

Knows a linked workflow. An answer that merely fills a field or a message may well be empty.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from flowkit.diagnostics import Findings
from flowkit.engine.definition import Approval, Exit, Node, Stage, Workflow
from flowkit.engine.instructions import DecideVerb, ReassignVerb, Who
from flowkit.errors import EvaluationError
from flowkit.rules.decision import Decision
from flowkit.rules.language.expression import Expression

_Use = tuple[Expression, str]


def warn(workflow: Workflow, findings: Findings) -> None:
    """Warn at each table without a row that holds for every case, of which one of these needs the answer."""
    tables = {d.name: d for d in _decisions(workflow) if not _covers_all(d)}
    # What asks a condition first may well have an answer for the empty one.
    uses = [(use, what) for use, what in _uses(workflow) if "?" not in use.text] if tables else []
    for use, what in (*uses, *_ways(workflow, tables)):
        for path in sorted(use.reads):
            table = tables.get(path[0])
            if table is None or len(path) < 2:
                continue
            message = f'no row holds for every case: "{path[1]}" may be empty, and "{workflow.title}" {what}'
            help = "end the table with a row whose asked columns are all empty"
            findings.warning("uncovered-row", table.definition.place, message, help)


def _ways(workflow: Workflow, tables: Collection[str]) -> Iterator[_Use]:
    """Ways on that these tables alone decide and of which the last is taken, as if by choice, where they answer nothing."""
    places = [(node.title, node.next) for node in workflow.nodes.values()]
    places += [(exit_.title, exit_.to) for exit_ in _exits(workflow)]
    for title, routes in places:
        conditions = [route.when for route in routes if route.when is not None]
        if conditions and all(_is_shut(condition, tables) for condition in conditions):
            what = f'then goes on after "{title}" by the last way, to "{routes[-1].to}"'
            yield from ((condition, what) for condition in conditions)


def _is_shut(condition: Expression, tables: Collection[str]) -> bool:
    """Whether a condition reads nothing but these tables, does not hold where they are empty, and does not ask for that."""
    asks = re.search(r"\?|\bempty\b|\bnull\b", condition.text)
    if asks or not condition.reads or not all(path[0] in tables for path in condition.reads):
        return False
    try:
        return condition.evaluate({}) is not True
    except EvaluationError:
        return False


def _covers_all(table: Decision) -> bool:
    return any(all(cell.alternatives is None for cell in row.cells) for row in table.rows)


def _exits(workflow: Workflow) -> Iterator[Exit]:
    places: list[Node | Stage] = [*workflow.nodes.values(), *workflow.stages.values()]
    for place in places:
        yield from place.exits


def _decisions(workflow: Workflow) -> Iterator[Decision]:
    places: list[Node | Exit] = [*workflow.nodes.values(), *_exits(workflow)]
    for place in places:
        yield from (verb.decision for verb in place.do if isinstance(verb, DecideVerb))


def _uses(workflow: Workflow) -> Iterator[_Use]:
    places: list[Node | Stage] = [*workflow.nodes.values(), *workflow.stages.values()]
    for place in places:
        for timeout in place.timeouts:
            spans = (timeout.after, timeout.at, timeout.every)
            yield from ((e, "uses it as a deadline") for e in spans if e is not None)
    for node in workflow.nodes.values():
        if node.call is not None:
            yield node.call.within, "uses it as a deadline"
        yield from _choosing(node.owner)
        yield from _signing(node.approval)
    for exit_ in _exits(workflow):
        for verb in exit_.do:
            if isinstance(verb, ReassignVerb):
                yield from _choosing(verb.to)


def _signing(approval: Approval | None) -> Iterator[_Use]:
    """What decides who must sign."""
    for signer in approval.by if approval is not None else ():
        if signer.when is not None:
            yield signer.when, "asks by it who signs"
        yield from _choosing(signer.who)


def _choosing(who: Who | None) -> Iterator[_Use]:
    """What decides whose it is."""
    if who is None:
        return
    if who.expression is not None:
        yield who.expression, "asks it for the owner"
    if who.dispatch is not None:
        wanted = [*(r.when for r in who.dispatch.require), *(p.value for p in who.dispatch.prefer)]
        yield from ((e, "chooses the owner by it") for e in wanted)
    for part in (*who.parts, who.otherwise):
        yield from _choosing(part)
