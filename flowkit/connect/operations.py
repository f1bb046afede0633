"""Operations and logins as an author writes them: parsed to definitions, linked to what can be asked.

Knows the keys of both; what a request is and what an answer means stands in `operation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flowkit.connect.answers import link_answer, without_records
from flowkit.connect.content import Computed, Content, Record, compile_content, compile_pairs, compile_path
from flowkit.connect.due_fields import ANSWERED, TAKEN, DueFields, parse_due_fields
from flowkit.connect.failure import RetryPolicy
from flowkit.connect.keys import METHODS, OPERATION_KEYS, RETRY_KEYS, SESSION_KEYS
from flowkit.connect.operation import Operation
from flowkit.connect.secret import Secret
from flowkit.diagnostics import Findings, Place, shown
from flowkit.fields.definition import Choices, FieldDefinition
from flowkit.fields.linking import link_fields
from flowkit.rules.language.expression import Expression, compile_expression
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN, NUMBER, TEXT, Type
from flowkit.source.keys import integer_of, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.values.durations import BusinessDuration, parse_duration
from flowkit.values.types import Settings

MOST_TRIES = 100
_SAFE = frozenset({"get", "put", "delete"})
_CALL = Type("record", optional=False, members=lambda: {"key": TEXT})


@dataclass(frozen=True, slots=True)
class OperationDefinition:
    """An operation as written. `nodes` holds the well-formed entries by key."""

    name: str
    title: str
    method: str
    path: ScalarNode
    takes: DueFields
    returns: DueFields
    retry: RetryPolicy
    place: Place
    nodes: Mapping[str, Node] = field(default_factory=dict, repr=False)


def parse_operation(name: str, place: Place, node: Node, findings: Findings) -> OperationDefinition | None:
    """One operation. None when nothing can be asked with it."""
    read = read_keys(node, "operation", OPERATION_KEYS, findings)
    asked = _method(read, place, findings) if read is not None else None
    if read is None or asked is None:
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    takes = parse_due_fields(read.get("with"), TAKEN, findings)
    if "call" in takes.definitions:
        findings.error("bad-name", takes.definitions["call"].place, '"call" is the call itself: call.key')
    returns = parse_due_fields(read.get("returns"), ANSWERED, findings)
    return OperationDefinition(
        name, title or name, *asked, takes, returns, _retry(read.get("retry"), findings), place, read
    )


def parse_login(place: Place, node: Node, findings: Findings) -> OperationDefinition | None:
    """The login of a session: an operation that takes nothing and returns the token."""
    read = read_keys(node, "session", SESSION_KEYS, findings)
    asked = _method(read, place, findings) if read is not None else None
    if read is None or asked is None or "token" not in read:
        return None
    token = FieldDefinition("token", "text", "token", read["token"].place, {"value": read["token"]})
    return OperationDefinition(
        "sign_in", "登录", *asked, DueFields(), DueFields({"token": token}), RetryPolicy(), place, read
    )


def _method(read: Mapping[str, Node], place: Place, findings: Findings) -> tuple[str, ScalarNode] | None:
    """The one method and its path."""
    asked = [(method, read[method]) for method in METHODS if method in read]
    if len(asked) != 1:
        said = f"found {' and '.join(method for method, _ in asked)}" if asked else "found none"
        findings.error("missing-key", place, f"expected one of {', '.join(METHODS)}, {said}", "get: /stock/{{ part }}")
        return None
    ((method, path),) = asked
    if method == "get" and "body" in read:
        findings.error(
            "wrong-key", read["body"].place, '"body" makes no sense beside "get"', "write query: {…} or post"
        )
    return (method, path) if isinstance(path, ScalarNode) else None


def _retry(node: Node | None, findings: Findings) -> RetryPolicy:
    read = read_keys(node, "retry", RETRY_KEYS, findings) if node is not None else None
    if read is None:
        return RetryPolicy()
    standard = RetryPolicy()
    tries = integer_of(read["times"], findings) if "times" in read else standard.tries
    if tries is not None and not 1 <= tries <= MOST_TRIES:
        message = f"expected a whole number from 1 to {MOST_TRIES}, found {tries}"
        findings.error("out-of-range", read["times"].place, message)
        tries = None
    first = round_the_clock(read.get("after"), standard.first, findings)
    longest = round_the_clock(read.get("at_most"), max(standard.longest, first), findings)
    return RetryPolicy(tries or standard.tries, first, longest)


def round_the_clock(node: Node | None, otherwise: timedelta, findings: Findings) -> timedelta:
    """A length of time, not of business hours; reports what is none."""
    if node is None:
        return otherwise
    try:
        length = parse_duration(node.typed) if isinstance(node, ScalarNode) else None
    except ValueError:
        length = None
    if length is None or isinstance(length, BusinessDuration) or length <= timedelta(0):
        said = shown(node.typed) if isinstance(node, ScalarNode) else "a list or map"
        findings.error("wrong-kind", node.place, f"expected a duration such as 10s or 2m, found {said}")
        return otherwise
    return length


def link_operation(
    definition: OperationDefinition,
    base: str | Secret,
    findings: Findings,
    settings: Settings,
    vocabularies: Mapping[str, Choices],
) -> Operation | None:
    """Compile an operation. None where its path is none; other mistakes are reported and left out."""
    nodes = definition.nodes
    fields = link_fields(definition.takes.definitions, Scope({}), findings, vocabularies, lambda name: None)
    scope = Scope({name: each.expression_type for name, each in fields.items()} | {"call": _CALL})
    answers = Scope({"reply": Type("any"), "status": NUMBER})
    path = compile_path(definition.path, scope, findings)
    query, headers = _pairs(nodes, "query", scope, findings), _pairs(nodes, "headers", scope, findings)
    body = compile_content(nodes["body"], scope, findings) if "body" in nodes else None
    answer = link_answer(definition.returns, "reply", {"status": NUMBER}, findings, settings, vocabularies)
    ok = _expression(nodes.get("ok"), answers, findings, BOOLEAN)
    message = _expression(nodes.get("message"), answers, findings)
    headers, keyed = _with_key(nodes.get("idempotent"), scope, headers, (body, query), findings)
    if path is None:
        return None
    return Operation(
        name=definition.name,
        title=definition.title,
        method=definition.method.upper(),
        base=base,
        path=path,
        fields=fields,
        optional=definition.takes.optional,
        answer=answer,
        repeatable=definition.method in _SAFE or keyed,
        retry=definition.retry,
        environment=without_records(settings),
        query=query,
        headers=headers,
        body=body,
        ok=ok,
        message=message,
    )


def _pairs(nodes: Mapping[str, Node], key: str, scope: Scope, findings: Findings) -> Mapping[str, Content]:
    node = nodes.get(key)
    return compile_pairs(node if isinstance(node, MappingNode) else None, scope, findings, headers=key == "headers")


def _expression(node: Node | None, scope: Scope, findings: Findings, expects: Type | None = None) -> Expression | None:
    """The key that is an expression."""
    return compile_expression(node, scope, findings, expects) if node is not None else None


def _with_key(
    node: Node | None,
    scope: Scope,
    headers: Mapping[str, Content],
    others: tuple[Content | Mapping[str, Content] | None, ...],
    findings: Findings,
) -> tuple[Mapping[str, Content], bool]:
    """The headers, and whether the request carries call.key where `idempotent` says.

    The name of a header that the author did not write is added; a field must be written, for only he knows where.
    """
    if not isinstance(node, ScalarNode):
        return headers, False
    places = [headers, *(each.entries if isinstance(each, Record) else each for each in others)]
    entries = {k.lower(): c for place in places if isinstance(place, Mapping) for k, c in place.items()}
    there = entries.get(node.typed.lower())
    if there is None and "-" in node.typed:
        key = compile_expression(ScalarNode("call.key", "call.key", node.place), scope, findings)
        return ({**headers, node.typed: Computed(key)}, True) if key is not None else (headers, False)
    if there is None:
        message = f"nothing that is sent is named {shown(node.typed)}"
        findings.error("unknown-name", node.place, message, f"write body: {{{node.typed}: =call.key}}")
    elif not isinstance(there, Computed) or there.expression.text.strip() != "call.key":
        message = f"{shown(node.typed)} does not carry the key of the call, so a repeat would not be known as one"
        findings.error("not-the-key", node.place, message, f"write {node.typed}: =call.key")
    else:
        return headers, True
    return headers, False
