"""What `set` and `add` write: each name sought among the fields there are, each value held against its field's type.

Knows fields only as expressions see them. What a field's own rules say of a value is judged when it is written.
"""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.diagnostics import Findings, Place
from flowkit.rules.language.expression import Expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.keys import found
from flowkit.source.nodes import MappingNode, Node, ScalarNode

Fields = Mapping[str, Type]

_CHECKED = frozenset({"number", "boolean", "time", "datetime", "duration"})
"""Kinds that take nothing else. A date takes a moment too, a text a number, a person a record."""


def assignments(
    node: Node, scope: Scope, fields: Fields | None, findings: Findings, where: str = "to set"
) -> dict[str, Expression]:
    """The values by the name of their field. Where the fields are not known (None) every name may be right."""
    written = {}
    for name, place, value in node.items() if isinstance(node, MappingNode) else ():
        if not _known(name, place, fields, findings, where):
            continue
        wanted = fields[name] if fields is not None else None
        if wanted is not None and wanted.kind in (*_CHECKED, "text", "date") and not isinstance(value, ScalarNode):
            findings.error("type-mismatch", value.place, f"expected {wanted.words}, found {found(value)}")
            continue
        expression = compile_setting(value, scope, findings, _expected(wanted))
        if expression is not None:
            written[name] = expression
    return written


def additions(node: Node, scope: Scope, fields: Fields | None, findings: Findings) -> dict[str, dict[str, Expression]]:
    """The rows to be added, by the name of the field that holds them."""
    added = {}
    for name, place, row in node.items() if isinstance(node, MappingNode) else ():
        if _known(name, place, fields, findings, "in this record"):
            item = fields[name].item if fields is not None else None
            columns = item.attributes() if item is not None else None
            added[name] = assignments(row, scope, columns, findings, f'in a row of "{name}"')
    return added


def _known(name: str, place: Place, fields: Fields | None, findings: Findings, where: str) -> bool:
    return fields is None or findings.knows(name, fields, place, f'no field "{name}" {where}')


def _expected(field: Type | None) -> Type | None:
    if field is None or not (field.kind in _CHECKED or field.options):
        return None
    return Type(field.kind, options=field.options)
