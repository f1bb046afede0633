"""`sign_in` as an author writes it: parsed to a definition, linked to what can be shown. Secrets are placeholders only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flowkit.connect.keys import BASIC_KEYS, SEND_AS_KEYS, SIGN_IN_KEYS
from flowkit.connect.operations import OperationDefinition, link_operation, parse_login
from flowkit.connect.secret import Secret, secret_of, text_or_secret
from flowkit.connect.sign_in import Basic, Bearer, Session, SignIn, Way
from flowkit.diagnostics import Findings, shown
from flowkit.rules.language.expression import compile_expression
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN, NUMBER, Type
from flowkit.source.keys import read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.values.types import Settings


@dataclass(frozen=True, slots=True)
class SessionDefinition:
    login: OperationDefinition
    way: Way
    name: str
    expired: Node | None


SignInDefinition = Bearer | Basic | SessionDefinition


def parse_sign_in(node: Node, findings: Findings) -> SignInDefinition | None:
    """One of bearer, basic, session."""
    read = read_keys(node, "sign_in", SIGN_IN_KEYS, findings)
    if read is None:
        return None
    if len(read) != 1:
        names = ", ".join(key.name for key in SIGN_IN_KEYS)
        said = f"found {' and '.join(read)}" if read else "found none"
        findings.error("missing-key", node.place, f"expected one of {names}, {said}", "bearer: ${env:NAME}")
        return None
    if "bearer" in read:
        token = secret_of(read["bearer"], "bearer", findings)
        return Bearer(token) if token is not None else None
    return _basic(read["basic"], findings) if "basic" in read else _session(read["session"], findings)


def _basic(node: Node, findings: Findings) -> Basic | None:
    read = read_keys(node, "basic", BASIC_KEYS, findings)
    if read is None or len(read) != 2 or not isinstance(read["user"], ScalarNode):
        return None
    user, password = text_or_secret(read["user"], findings), secret_of(read["password"], "password", findings)
    return Basic(user, password) if user is not None and password is not None else None


def _session(node: Node, findings: Findings) -> SessionDefinition | None:
    login = parse_login(node.place, node, findings)
    if login is None:
        return None
    way, name = _send_as(login.nodes.get("send_as"), findings)
    return SessionDefinition(login, way, name, login.nodes.get("expired"))


def _send_as(node: Node | None, findings: Findings) -> tuple[Way, str]:
    bearer: tuple[Way, str] = ("bearer", "Authorization")
    if node is None or (isinstance(node, ScalarNode) and node.typed == "bearer"):
        return bearer
    if isinstance(node, MappingNode):
        read = read_keys(node, "send_as", SEND_AS_KEYS, findings) or {}
        if len(read) == 1:
            ((way, name),) = read.items()
            return (cast("Way", way), name.typed) if isinstance(name, ScalarNode) else bearer
    said = shown(node.typed) if isinstance(node, ScalarNode) else "something else"
    findings.error(
        "wrong-kind",
        node.place,
        f"expected bearer or one of header, query, cookie, found {said}",
        "{query: access_token}",
    )
    return bearer


def link_sign_in(
    definition: SignInDefinition, base: str | Secret, findings: Findings, settings: Settings
) -> SignIn | None:
    """What can be shown to the system. None where a session's login has no path."""
    if not isinstance(definition, SessionDefinition):
        return definition
    login = link_operation(definition.login, base, findings, settings, {})
    expired = None
    if definition.expired is not None:
        scope = Scope({"reply": Type("any"), "status": NUMBER})
        expired = compile_expression(definition.expired, scope, findings, BOOLEAN)
    return Session(login, definition.way, definition.name, expired) if login is not None else None
