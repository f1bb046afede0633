"""Which cases are meant: `sees` of a role, or a condition of a view, read and made one that lists can follow.

A condition is first read as any expression, so that names and types are judged as everywhere; of what the language knows,
only comparisons that a list can make without asking anybody are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flowkit.app.settings import AppDefinition
from flowkit.diagnostics import Findings
from flowkit.engine.definition import Business, Workflow
from flowkit.engine.instructions import Who
from flowkit.engine.listed import COMPARED, listed_bands, listed_fields
from flowkit.engine.reading import WorkflowDefinition
from flowkit.engine.row_condition import COLUMNS, Among
from flowkit.engine.sight import OUTSIDERS_SEE, Joined, OfActor, Sees, Unsettled
from flowkit.fields.definition import Field
from flowkit.rules.language import tree
from flowkit.rules.language.expression import compile_expression, compile_setting
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.reading import parse
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN, TEXT, Type
from flowkit.source.nodes import ScalarNode
from flowkit.suggest import did_you_mean

WORDS = ("own", "unit", "all")
_FORMS = "compare row.… by ==, <> or in with texts or with what the person has (actor.…), joined by and, or, not"


@dataclass(frozen=True, slots=True)
class Around:
    """What a condition may speak of: the app's workflows, whoever looks as one of an entity, and his fields."""

    workflows: Mapping[str, Workflow]
    entity: str | None
    fields: Mapping[str, Field]
    person: Type


def sees_of(
    definition: AppDefinition, business: Business, workflows: Mapping[str, Workflow], person: Type, findings: Findings
) -> dict[str, Sees]:
    """By role what it sees; under OUTSIDERS_SEE which cases are an outsider's own.

    The catcher's people see their unit's cases where nothing is said: what is lost comes to them.
    """
    found: dict[str, Sees] = {business.catcher: "unit"} if business.catcher else {}
    fields = business.entities[business.staff].fields if business.staff is not None else {}
    around = Around(workflows, business.staff, fields, person)
    for role, written in definition.role_definitions.items():
        if written.sees is not None and (sees := _sees(written.sees, around, findings)) is not None:
            found[role] = sees
    outside = definition.customers.sees if definition.customers is not None else None
    if outside is not None and (own := _own(outside, replace(around, entity=business.customers, fields={}), findings)):
        found[OUTSIDERS_SEE] = own
    return found


def _own(node: ScalarNode, around: Around, findings: Findings) -> Sees | None:
    """A condition that names whoever looks: an outsider sees nothing but his own."""
    if not node.typed.startswith("="):
        help = "write which field names him: =row.customer == actor"
        findings.error("unknown-option", node.place, f'expected an =expression, found "{node.typed[:40]}"', help)
        return None
    sees = _sees(node, around, findings)
    if sees is None or isinstance(sees, str) or _names_him(sees):
        return sees
    message = "an outsider sees only cases that name him, and this holds for others too"
    findings.error("unknown-option", node.place, message, "compare a field with actor, and join the rest with and")
    return None


def _names_him(condition: Unsettled) -> bool:
    match condition:
        case OfActor(_, field):
            return not field
        case Joined("and", parts):
            return any(_names_him(part) for part in parts)
        case Joined("or", parts):
            return all(_names_him(part) for part in parts)
    return False


def _sees(node: ScalarNode, around: Around, findings: Findings) -> Sees | None:
    if not node.typed.startswith("="):
        if node.typed in WORDS:
            return node.typed
        help = did_you_mean(node.typed, WORDS) or f"write {', '.join(WORDS)}, or an =expression over row"
        findings.error("unknown-option", node.place, f'expected what the role sees, found "{node.typed[:40]}"', help)
        return None
    if compile_setting(node, _scope(around), findings, BOOLEAN) is None:
        return None
    try:
        return _translated(parse(node.typed[1:]), around)
    except ExpressionError as error:
        place = node.inner(error.offset + 1, error.end + 1)
        findings.error(error.code, place, error.message, error.help)
        return None


def condition_of(node: ScalarNode, around: Around, findings: Findings) -> Unsettled | None:
    """A condition over `row` that stands where a key is one; None, and findings, where lists cannot follow it."""
    if compile_expression(node, _scope(around), findings, BOOLEAN) is None:
        return None
    try:
        return _translated(parse(node.typed), around)
    except ExpressionError as error:
        findings.error(error.code, node.inner(error.offset, error.end), error.message, error.help)
        return None


def _scope(around: Around) -> Scope:
    columns = dict.fromkeys(COLUMNS, TEXT) | {
        "workflow": Type("text", options=tuple(around.workflows)),
        "open": BOOLEAN,
        "applicant": around.person,
        "unit": Type("any"),
    }
    fields = {n: f.expression_type for w in around.workflows.values() for n, f in listed_fields(w).items()}
    bands = {name.partition(".")[0] for w in around.workflows.values() for name in listed_bands(w)}
    scores = dict.fromkeys(bands, Type("record", members=lambda: {"band": TEXT}))
    row = Type("record", optional=False, members=lambda: {**scores, **fields, **columns})
    return Scope({"row": row, "actor": around.person, "me": around.person})


def _translated(node: tree.Node, around: Around) -> Unsettled:
    match node:
        case tree.Logic(_, _, word, items):
            return Joined(word, tuple(_translated(item, around) for item in items))
        case tree.Not(_, _, operand):
            return Joined("not", (_translated(operand, around),))
        case tree.Equality(_, _, left, right, negated):
            name, other = (left, right) if _column(left) else (right, left)
            found = _compared(node, name, other, around)
            return Joined("not", (found,)) if negated else found
        case tree.Contains(_, _, member, container):
            return _compared(node, member, container, around)
    if (name_ := _column(node)) and _kind(name_, node, around) == "switch":
        return Among(name_, ("True",))
    raise _cannot(node)


def _cannot(node: tree.Node) -> ExpressionError:
    return ExpressionError("a list of cases cannot ask this", node.at, _FORMS, end=node.end)


def _column(node: tree.Node) -> str:
    """The name of `row.NAME` or of `row.SCORECARD.band`, else ""."""
    match node:
        case tree.Attribute(_, _, tree.Attribute(_, _, tree.Name(_, _, "row"), card), "band"):
            return f"{card}.band"
        case tree.Attribute(_, _, tree.Name(_, _, "row"), name):
            return name
    return ""


def _compared(node: tree.Node, left: tree.Node, right: tree.Node, around: Around) -> Unsettled:
    """One of the person's own things, or constants, against a column."""
    name = _column(left)
    if not name:
        raise _cannot(node)
    kind = _kind(name, left, around)
    match right:
        case tree.Name(_, _, "actor" | "me"):
            if kind not in ("person", _keys_of(around.entity)):
                raise ExpressionError(f'"{name}" is no person', left.at, end=left.end, code="type-mismatch")
            return OfActor(name, "", None if kind == "person" else around.entity)
        case tree.Attribute(_, _, tree.Name(_, _, "actor" | "me"), field):
            return _of_actor(name, kind, field, right, around)
        case tree.Constant(_, _, value):
            return Among(name, (), True) if value is None else Among(name, (_text(value, right),))
        case tree.ListOf(_, _, items):
            values = [item.value if isinstance(item, tree.Constant) else _refuse(item) for item in items]
            texts = tuple(_text(value, right) for value in values if value is not None)
            return Among(name, texts, None in values)
    raise _cannot(right)


def _refuse(node: tree.Node) -> object:
    raise _cannot(node)


def _text(value: object, node: tree.Node) -> str:
    if isinstance(value, (str, bool)):
        return str(value)
    raise _cannot(node)


def _of_actor(name: str, kind: str, field: str, node: tree.Node, around: Around) -> Unsettled:
    definition = around.fields.get(field)
    held = None if definition is None else _field_kind(definition.item or definition, several=True)
    if definition is None or held is None or definition.personal:
        message = f'"{field}" of a person cannot be compared in a list'
        raise ExpressionError(message, node.at, _FORMS, end=node.end)
    if kind != held and not (name == "unit" and held != "person"):
        message = f'"{name}" and "{field}" never hold the same'
        raise ExpressionError(message, node.at, end=node.end, code="type-mismatch")
    return OfActor(name, field)


def _kind(name: str, node: tree.Node, around: Around) -> str:
    """What a column's texts are: `text`, `switch`, `person`, or keys of an entity; the same in every workflow that has it."""
    if name in COLUMNS:
        return {"open": "switch", "applicant": "person"}.get(name, "text")
    if any(name in listed_bands(w) for w in around.workflows.values()):
        return "text"
    having = [w for w in around.workflows.values() if name in w.fields]
    kinds = {_field_kind(listed_fields(w).get(name)) for w in having}
    if len(kinds) == 1 and (kind := kinds.pop()) is not None:
        return kind
    message = f'"{name}" is not held by lists as the same kind of text in every workflow that has it'
    raise ExpressionError(message, node.at, _FORMS, end=node.end)


def _field_kind(field: Field | None, *, several: bool = False) -> str | None:
    """What texts a field holds; None where it holds no single one that lists compare. With `several` of many each."""
    if field is None:
        return None
    kind = field.type.name
    if field.entity is not None and kind in ("reference", "choice", *(["choices", "list"] if several else [])):
        return _keys_of(field.entity)
    if kind in COMPARED:
        return kind if kind in ("person", "switch") else "text"
    return "text" if several and kind == "choices" else None


def _keys_of(entity: str | None) -> str:
    return f"keys of {entity}"


def warn_of_unseen(
    definition: WorkflowDefinition, workflow: Workflow, sees: Mapping[str, Sees], findings: Findings
) -> None:
    """Tell of roles that may use an action of cases with which they have nothing to do, and so do not see."""
    stages = [(d.actions, workflow.stages[n].actions, workflow.stages[n].nodes) for n, d in definition.stages.items()]
    nodes = [(d.actions, workflow.nodes[n].actions, frozenset({n})) for n, d in definition.nodes.items()]
    for written, actions, places in (*nodes, *stages):
        owning = {role for place in places for role in _roles(workflow.nodes[place].owner)}
        for name, action in actions.items():
            for role in _roles(action.who):
                if sees.get(role, "own") == "own" and role not in owning:
                    title = workflow.business.roles.get(role, role)
                    message = f'"{title}" may use "{action.title}", and sees only cases it has to do with already'
                    findings.warning("unseen", written[name].place, message, f"give {role} sees: unit, or all")


def _roles(who: Who | None) -> set[str]:
    """The roles that a who names outright."""
    if who is None:
        return set()
    return {role for part in who.parts for role in _roles(part)} | set(who.roles if who.kind == "role" else ())
