"""Linking of nodes that call an outside system."""

from __future__ import annotations

from flowkit.engine.definition import Call, Exit
from flowkit.engine.library import Library
from flowkit.engine.link_children import filled_with
from flowkit.engine.reading import NodeDefinition
from flowkit.engine.timing import check_span
from flowkit.rules.language.expression import compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import DURATION
from flowkit.source.nodes import ScalarNode


def link_call(node: NodeDefinition, failed: Exit | None, scope: Scope, library: Library) -> Call | None:
    """The call of a node; None when it is not in order, which is reported."""
    named, span, save = (node.entries.get(k) for k in ("call", "within", "save"))
    operation = library.operation(named) if isinstance(named, ScalarNode) else None
    within = compile_setting(span, scope, library.findings, DURATION) if span is not None else None
    if span is not None and within is not None:
        check_span("within", within, span, library.business, library.findings)
    if operation is None or within is None or failed is None:
        return None
    values = filled_with(
        node.entries.get("with"), operation.name, operation.fields, operation.required, scope, library, node.place
    )
    return Call(
        connector=operation.connector,
        operation=operation.operation,
        values=values,
        within=within,
        failed=failed,
        save=save.typed if isinstance(save, ScalarNode) else "",
    )
