"""A connector: what an outside system does for us and what it tells us, as an author writes it and as a program uses it.

Knows the keys and their meaning. It asks nothing itself: `http` does, and who is told of an event is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TypeVar

from flowkit.connect.events import EventDefinition, IncomingEvent, link_event, parse_event
from flowkit.connect.hosts import AllowedHost, host_of
from flowkit.connect.keys import ALLOW_KEYS, KEYS, PRESETS, TIMEOUT_KEYS
from flowkit.connect.operation import Operation
from flowkit.connect.operations import OperationDefinition, link_operation, parse_operation, round_the_clock
from flowkit.connect.secret import Secret, secret_of, text_or_secret
from flowkit.connect.sign_in import SignIn
from flowkit.connect.signing_in import SignInDefinition, link_sign_in, parse_sign_in
from flowkit.diagnostics import Findings, Place
from flowkit.fields.definition import Choices
from flowkit.source.keys import boolean_of, found, integer_of, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import did_you_mean
from flowkit.values.types import Settings
from flowkit.version import VERSION
from flowkit.wire.addresses import split

__all__ = ["KEYS", "Connector", "ConnectorDefinition", "Limits", "link", "parse"]

MOST_BYTES = 50_000_000
_NO_VOCABULARIES: Mapping[str, Choices] = MappingProxyType({})
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long asking may take, and how many bytes an answer may have.

    `connect` until it is reached, `read` while it says nothing, `total` over all, signing in included.
    """

    connect: timedelta = timedelta(seconds=5)
    read: timedelta = timedelta(seconds=15)
    total: timedelta = timedelta(seconds=30)
    size: int = 1_048_576


@dataclass(frozen=True, slots=True)
class ConnectorDefinition:
    """A connector as written; whatever is a secret is a `Secret`, never text."""

    name: str
    title: str
    base: str | Secret
    sign_in: SignInDefinition | None
    secrets: tuple[Secret, ...]
    allow: tuple[AllowedHost, ...]
    limits: Limits
    operations: Mapping[str, OperationDefinition]
    events: Mapping[str, EventDefinition]
    place: Place


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector ready for use."""

    definition: ConnectorDefinition
    sign_in: SignIn | None = field(repr=False)
    operations: Mapping[str, Operation] = field(repr=False)
    events: Mapping[str, IncomingEvent] = field(repr=False)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def title(self) -> str:
        return self.definition.title

    @property
    def base(self) -> str | Secret:
        return self.definition.base

    @property
    def limits(self) -> Limits:
        return self.definition.limits

    @property
    def allow(self) -> tuple[AllowedHost, ...]:
        return self.definition.allow

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What its events may be signed with: one, or two while one replaces the other."""
        return self.definition.secrets


def parse(node: Node, findings: Findings, name: str = "") -> ConnectorDefinition | None:
    """A connector as written. None when it cannot be used."""
    read = read_keys(node, "connector", KEYS, findings)
    if read is None or not _known_preset(read.get("preset"), findings) or "base" not in read:
        return None
    base = _base(read["base"], findings)
    title = text_of(read["title"], findings) if "title" in read else None
    secrets = _secrets(read, findings)
    allow = _allowed(read.get("allow"), findings)
    if isinstance(base, str):
        _refuse_open(base, read["base"].place, allow, findings)
    events = _each(read.get("events"), parse_event, findings)
    if events and not secrets and not any(key in read for key in ("secret", "secrets")):
        message = "a connector with events needs the secret they are signed with"
        findings.error("missing-key", read["events"].place, message, "write secret: ${env:NAME}")
    return ConnectorDefinition(
        name=name,
        title=title or name,
        base=base or "",
        sign_in=parse_sign_in(read["sign_in"], findings) if "sign_in" in read else None,
        secrets=secrets,
        allow=allow,
        limits=_limits(read, findings),
        operations=_each(read.get("operations"), parse_operation, findings),
        events=events,
        place=node.place,
    )


def link(
    definition: ConnectorDefinition,
    findings: Findings,
    settings: Settings,
    vocabularies: Mapping[str, Choices] = _NO_VOCABULARIES,
) -> Connector:
    """Compile a connector. `settings` say in which zone and coordinate system answers without one are."""
    linked = {}
    for name, each in definition.operations.items():
        operation = link_operation(each, definition.base, findings, settings, vocabularies)
        if operation is not None:
            linked[name] = operation
            _refuse_other_hosts(operation, each, definition, findings)
    events = {n: link_event(e, findings, settings, vocabularies) for n, e in definition.events.items()}
    sign_in = None
    if definition.sign_in is not None:
        sign_in = link_sign_in(definition.sign_in, definition.base, findings, settings)
    return Connector(definition, sign_in, linked, events)


def _known_preset(node: Node | None, findings: Findings) -> bool:
    if not isinstance(node, ScalarNode) or node.typed in PRESETS:
        return True
    findings.error(
        "unknown-preset",
        node.place,
        f"flowkit {VERSION} does not know preset `{node.typed}` yet",
        did_you_mean(node.typed, PRESETS),
    )
    return False


def _base(node: Node, findings: Findings) -> str | Secret | None:
    """The address, without a slash at its end. One with a name, a password or parameters in it is a literal secret."""
    if not isinstance(node, ScalarNode):
        return None
    base = text_or_secret(node, findings)
    if not isinstance(base, str):
        return base
    if any(mark in base for mark in "@?#"):
        message = "an address with a name, a password or parameters in it is a secret and may not stand in a file"
        findings.error("literal-secret", node.place, message, "write base: ${env:NAME}, or use sign_in")
        return None
    if split(base) is None:
        findings.error("bad-address", node.place, "expected an address such as https://erp.example.com")
        return None
    return base.strip().rstrip("/")


def _secrets(read: Mapping[str, Node], findings: Findings) -> tuple[Secret, ...]:
    nodes = [read["secret"]] if "secret" in read else []
    many = read.get("secrets")
    if isinstance(many, SequenceNode):
        if nodes:
            findings.error("wrong-key", many.place, '"secrets" makes no sense beside "secret"', "keep one of them")
        if not 1 <= len(many) <= 2:
            message = f"expected one secret, or two while one replaces the other, found {len(many)}"
            findings.error("out-of-range", many.place, message)
        nodes = list(many)[:2]
    secrets = (secret_of(each, "secret", findings) for each in nodes)
    return tuple(secret for secret in secrets if secret is not None)


def _allowed(node: Node | None, findings: Findings) -> tuple[AllowedHost, ...]:
    entries = []
    for item in node if isinstance(node, SequenceNode) else ():
        read = {"host": item} if isinstance(item, ScalarNode) else read_keys(item, "allow", ALLOW_KEYS, findings)
        host = read.get("host") if read is not None else None
        if read is None or not isinstance(host, ScalarNode):
            continue
        named = text_or_secret(host, findings)
        private = boolean_of(read["private"], findings) if "private" in read else False
        if isinstance(named, str) and not host_of(named):
            findings.error("bad-address", host.place, "expected a host such as erp.example.com")
        elif named is not None:
            entries.append(AllowedHost(named, bool(private)))
    return tuple(entries)


def _limits(read: Mapping[str, Node], findings: Findings) -> Limits:
    node, standard = read.get("timeout"), Limits()
    parts = read_keys(node, "timeout", TIMEOUT_KEYS, findings) or {} if isinstance(node, MappingNode) else {}
    total = parts.get("total") if isinstance(node, MappingNode) else node
    size = integer_of(read["max_size"], findings) if "max_size" in read else standard.size
    if size is not None and not 1 <= size <= MOST_BYTES:
        message = f"expected a whole number of bytes from 1 to {MOST_BYTES}, found {size}"
        findings.error("out-of-range", read["max_size"].place, message)
    return Limits(
        connect=round_the_clock(parts.get("connect"), standard.connect, findings),
        read=round_the_clock(parts.get("read"), standard.read, findings),
        total=round_the_clock(total, standard.total, findings),
        size=size or standard.size,
    )


def _each(
    node: Node | None, parse_one: Callable[[str, Place, Node, Findings], Parsed | None], findings: Findings
) -> dict[str, Parsed]:
    """The entries of a map of names, those that cannot be used left out."""
    parsed = {}
    for name, place, value in node.items() if isinstance(node, MappingNode) else ():
        if not isinstance(value, MappingNode):
            findings.error("wrong-kind", value.place, f"expected a map with the keys of it, found {found(value)}")
            continue
        one = parse_one(name, place, value, findings)
        if one is not None:
            parsed[name] = one
    return parsed


def _refuse_other_hosts(
    operation: Operation, written: OperationDefinition, definition: ConnectorDefinition, findings: Findings
) -> None:
    """A whole address needs its host in `allow`; where those stand in the environment, calling it will tell."""
    host, names = host_of(operation.path.origin), [definition.base, *(entry.host for entry in definition.allow)]
    if not host or any(isinstance(name, Secret) for name in names):
        return
    known = {host_of(name) for name in names if isinstance(name, str)}
    if host in known:
        _refuse_open(operation.path.origin, written.path.place, definition.allow, findings)
    else:
        findings.error("unknown-host", written.path.place, f'"{host}" is not allowed here', f"write allow: [{host}]")


def _refuse_open(url: str, place: Place, allow: Sequence[AllowedHost], findings: Findings) -> None:
    """Without TLS only a host within the house is asked; where hosts stand in the environment, calling it will tell."""
    address = split(url)
    if address is None or address.scheme != "http" or any(isinstance(entry.host, Secret) for entry in allow):
        return
    if not any(entry.private and host_of(str(entry.host)) == address.host for entry in allow):
        help = f"write https://, or allow: [{{host: {address.host}, private: true}}] where it stays within the house"
        findings.error("open-url", place, "what is asked would go over the network in the clear", help)
