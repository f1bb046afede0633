"""A story told once for each row of a table: `=example.COLUMN` stands for what that row holds in that column.

The row's own node is put in its place before the story is read, so that whatever is wrong with it is told where it
stands in the table. Within a longer expression `example` is a name like any other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flowkit.app.nouns.scenario import Scenario, parse_scenario
from flowkit.diagnostics import Findings, Place
from flowkit.rules.language.expression import compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.source.keys import found
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.source.reading import Document

_HOLE = re.compile(r"=\s*example\.(\w+)\s*")
_LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Telling:
    """A scenario as it is played: `name` tells the rows of a table apart, `example` holds the row's values, if there is one."""

    scenario: Scenario
    name: str
    example: Mapping[str, Any] | None = None


def tellings(document: Document, findings: Findings) -> tuple[Telling, ...]:
    """The scenario of a document, once for each row of its `examples`; mistakes go to `findings`."""
    table = document.node.get("examples")
    if not isinstance(table, SequenceNode):
        scenario = parse_scenario(document, findings)
        return (Telling(scenario, scenario.name),) if scenario is not None else ()
    rows = [row for row in table if _is_row(row, findings)]
    if not len(table):
        findings.error("missing-value", table.place, "a table without rows tells nothing", "leave `examples` out")
    columns = list(dict.fromkeys(name for row in rows if isinstance(row, MappingNode) for name in row.entries))
    told = []
    for number, row in enumerate(rows, start=1):
        assert isinstance(row, MappingNode)
        filler, whole = _Filler(row, columns, findings), document.node
        entries = {name: node if name == "examples" else filler.filled(node) for name, node in whole.entries.items()}
        story = MappingNode(entries, whole.keys, whole.place, whole.complete)
        scenario = parse_scenario(replace(document, node=story), findings)
        if scenario is not None:
            told.append(Telling(scenario, f"{scenario.name} #{number} ({_title(row)})", row.plain()))
    return tuple(told)


def _is_row(node: Node, findings: Findings) -> bool:
    if isinstance(node, MappingNode):
        return True
    findings.error("wrong-kind", node.place, f"expected a row of the table, found {found(node)}", "{fault: 困人}")
    return False


def _title(row: MappingNode) -> str:
    """What a row is told from the others by: its plain values."""
    said = ", ".join(node.typed for node in row.entries.values() if isinstance(node, ScalarNode) and node.typed)
    return said if len(said) <= _LONGEST_TITLE else said[: _LONGEST_TITLE - 1] + "…"


class _Filler:
    """Puts one row's values into a story."""

    def __init__(self, row: MappingNode, columns: Collection[str], findings: Findings) -> None:
        self._row, self._columns, self._findings = row, columns, findings

    def filled(self, node: Node) -> Node:
        match node:
            case MappingNode():
                entries = {name: self.filled(each) for name, each in node.entries.items()}
                return MappingNode(entries, node.keys, node.place, node.complete)
            case SequenceNode():
                return SequenceNode(tuple(self.filled(item) for item in node), node.place)
            case ScalarNode():
                return self._scalar(node)

    def _scalar(self, node: ScalarNode) -> Node:
        if not node.typed.startswith("="):
            return node
        hole = _HOLE.fullmatch(node.typed)
        if hole is None:
            self._check_columns(node)
            return node
        name = hole[1]
        if not self._known(name, node.place):
            return node
        # A row that says nothing about a column leaves it empty, as an empty cell does.
        return self._row.entries.get(name) or ScalarNode(None, "", node.place)

    def _check_columns(self, node: ScalarNode) -> None:
        """Report columns that are not there; what else is wrong with the expression is reported where it is read."""
        expression = compile_setting(node, Scope({}, open=True), Findings())
        for path in sorted(expression.reads) if expression is not None else ():
            if path[0] == "example" and len(path) > 1:
                self._known(path[1], node.place)

    def _known(self, name: str, place: Place) -> bool:
        return self._findings.knows(name, self._columns, place, f'the examples have no column "{name}"')
