"""Linking of what begins other cases: `run`, which waits for them, and `start`, which does not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from flowkit.diagnostics import Findings, Place
from flowkit.engine.definition import Run
from flowkit.engine.instructions import StartVerb, Who
from flowkit.engine.keys import JOINS, RUN_KEYS, START_KEYS
from flowkit.engine.library import ChildShape, Library
from flowkit.fields.definition import Field
from flowkit.rules.language.expression import Expression, compile_expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import NUMBER, TEXT, Type
from flowkit.source.keys import read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.suggest import did_you_mean
from flowkit.values.contract import shown

People = Callable[[Node | None, Scope], Who | None]
"""How a *who* is linked."""


def link_run(node: Node, scope: Scope, settable: Mapping[str, Type], library: Library, who: People) -> Run | None:
    """A `run`. `settable` are the case's own fields: what `back` fills without `each`."""
    entries = read_keys(node, "run", RUN_KEYS, library.findings)
    child = _child(entries, library)
    if entries is None or child is None:
        return None
    each = entries.get("each")
    rows = compile_expression(each, scope, library.findings) if isinstance(each, ScalarNode) else None
    row = rows.type.item or Type("any") if rows is not None else None
    inner = scope.child({"row": row}) if row is not None else scope
    when = entries.get("when")
    back, field = _back(entries.get("back"), rows, settable, child, inner, library)
    return Run(
        workflow=child.name,
        title=child.title,
        values=filled_with(entries.get("with"), child.name, child.fields, child.required, inner, library, node.place),
        fields=child.fields,
        each=rows,
        when=compile_expression(when, inner, library.findings) if isinstance(when, ScalarNode) else None,
        rows=field,
        back=back,
        join=_join(entries.get("join"), library.findings),
        keep=_keep(entries.get("children"), library.findings),
        applicant=_applicant(entries.get("applicant"), inner, library.findings, who),
    )


def link_start(node: Node, each: Expression | None, scope: Scope, library: Library, who: People) -> StartVerb | None:
    """A `start`; `each` is what stands beside it, its row already in `scope`."""
    entries = read_keys(node, "start", START_KEYS, library.findings)
    child = _child(entries, library)
    if entries is None or child is None:
        return None
    written = entries.get("with")
    values = filled_with(written, child.name, child.fields, child.required, scope, library, node.place)
    applicant = _applicant(entries.get("applicant"), scope, library.findings, who)
    return StartVerb(child.name, child.title, values, child.fields, each, applicant)


def _applicant(node: Node | None, scope: Scope, findings: Findings, who: People) -> Who | None:
    """For whom a case is begun: one person, so no pool and no list."""
    found = who(node, scope)
    if node is None or found is None or found.kind in ("owner", "applicant"):
        return found
    if found.expression is not None and found.expression.type.kind != "list":
        return found
    said = "a list" if found.kind in ("several", "expression") else f"a {found.kind}"
    findings.error("wrong-kind", node.place, f"expected one person, found {said}", "such as applicant, or =FIELD")
    return None


def _child(entries: Mapping[str, Node] | None, library: Library) -> ChildShape | None:
    named = entries.get("workflow") if entries else None
    return library.child(named) if isinstance(named, ScalarNode) else None


def filled_with(
    node: Node | None,
    name: str,
    fields: Mapping[str, Field],
    required: Collection[str],
    scope: Scope,
    library: Library,
    place: Place,
) -> dict[str, Expression]:
    """`with`: what fills which of the `fields` of whatever `name` is begun or called; those required are filled."""
    found: dict[str, Expression] = {}
    written = library.mapped(node) if node is not None else {}
    for field, (where, value) in (written or {}).items():
        if not library.findings.knows(field, fields, where, f'"{name}" has no field "{field}" to fill'):
            continue
        expression = compile_setting(value, scope, library.findings)
        if expression is not None:
            found[field] = expression
            _must_be_offered(fields[field], expression, value.place, library.findings)
    missing = [f for f in required if f not in (written or {})]
    if missing and written is not None:
        help = f"write with: {{{missing[0]}: =…}}"
        library.findings.error("missing-key", place, f'"{name}" cannot do without {", ".join(missing)}', help)
    return found


def _must_be_offered(field: Field, expression: Expression, place: Place, findings: Findings) -> None:
    """Reports a constant that is none of the field's options."""
    if field.choices is None or not expression.constant:
        return
    value = expression.evaluate({})
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and field.choices.resolve(text) is None:
            message = f'"{field.name}" has no option {shown(text)}'
            findings.error("unknown-option", place, message, did_you_mean(text, field.choices.options))


def _back(
    node: Node | None,
    rows: Expression | None,
    settable: Mapping[str, Type],
    child: ChildShape,
    scope: Scope,
    library: Library,
) -> tuple[dict[str, Expression], str | None]:
    """What an ended child fills, and the field of the case whose rows that are."""
    if not isinstance(node, MappingNode):
        return {}, None
    given = {n: f.expression_type for n, f in child.fields.items()}
    inner = scope.child({**given, "outcome": TEXT, "number": NUMBER if "number" in given else TEXT})
    field: str | None = None
    known: Sequence[str] = tuple(settable)
    if rows is not None:
        paths = {path[0] for path in rows.reads if len(path) == 1}
        field = next(iter(paths)) if len(paths) == 1 and rows.text.strip() in paths else None
        if field is None or field not in settable:
            message = "`back` fills rows of a field of the case, and `each` names none"
            library.findings.error("not-yet", node.place, message, "write each: FIELD, or leave `back` out")
            return {}, None
        item = settable[field].item
        known = tuple((item.attributes() or {}) if item is not None else {})
    filled: dict[str, Expression] = {}
    for name, place, value in node.items():
        if not library.findings.knows(name, known, place, f'no field "{name}" to fill'):
            continue
        expression = compile_setting(value, inner, library.findings)
        if expression is not None:
            filled[name] = expression
    return filled, field


def _join(node: Node | None, findings: Findings) -> str | int:
    if not isinstance(node, ScalarNode):
        return "all"
    if isinstance(node.value, int) and not isinstance(node.value, bool) and node.value > 0:
        return node.value
    findings.knows(node.typed, JOINS, node.place, f'unknown join "{node.typed}"')
    return node.typed


def _keep(node: Node | None, findings: Findings) -> bool:
    if not isinstance(node, ScalarNode):
        return False
    findings.knows(node.typed, ("cancel", "keep"), node.place, f'children are to cancel or keep, not "{node.typed}"')
    return node.typed == "keep"
