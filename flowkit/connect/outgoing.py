"""A request as it leaves: its secrets read, its address taken apart. Nothing of it may be shown. Pure.

The last step before the network, and the only place where a secret becomes text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from flowkit.connect.content import usable_in_header
from flowkit.connect.hosts import plain_host
from flowkit.connect.json_text import write_json
from flowkit.connect.operation import Request
from flowkit.connect.secret import MissingSecretError, Secret, read_text
from flowkit.connect.sign_in import Shown
from flowkit.version import VERSION

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """What goes over the wire. `target` is path and parameters; `secrets` are to be masked in whatever is told of it."""

    method: str
    scheme: str
    host: str
    port: int
    target: str
    headers: Mapping[str, str]
    body: bytes | None
    secrets: frozenset[str] = field(default=frozenset())

    @property
    def authority(self) -> str:
        """Host and port as the header Host has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def base_host(base: str | Secret, environment: Mapping[str, str]) -> str:
    """The host of an address that may stand in the environment. Raises `MissingSecretError`."""
    return _split(base, environment)[1]


def settle(request: Request, shown: Shown, environment: Mapping[str, str]) -> Outgoing:
    """The request with its secrets. Raises `MissingSecretError` where one is missing or cannot be sent."""
    used = set(shown.secrets)

    def text(value: str | Secret) -> str:
        if isinstance(value, Secret):
            used.add(value.read(environment))
        return read_text(value, environment)

    scheme, host, port, prefix = _split(request.base, environment)
    pairs = [*((name, text(value)) for name, value in request.query), *shown.query]
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    # An answer in pieces that must be unpacked could unpack to anything: none is asked for.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": f"flowkit/{VERSION}"}
    for name, value in [*((name, text(value)) for name, value in request.headers), *shown.headers]:
        if not usable_in_header(value):
            raise MissingSecretError(name, f"请求头 {name} 要用的环境变量含有不允许的字符")
        headers[name] = value
    body = None
    if request.content is not None:
        body = write_json(_with_secrets(request.content, text)).encode("ascii")
        headers.setdefault("Content-Type", "application/json")
    used |= {quote(secret, safe="") for secret in used}
    target = f"{prefix}{request.path}" + (f"?{query}" if query else "")
    return Outgoing(request.method, scheme, host, port, target, headers, body, frozenset(used))


def _split(base: str | Secret, environment: Mapping[str, str]) -> tuple[str, str, int, str]:
    """Scheme, host, port and path prefix of a base. What is wrong with one is said without repeating it."""
    where = base.variable if isinstance(base, Secret) else "base"
    try:
        split = urlsplit(read_text(base, environment).strip())
        host, port = plain_host(split.hostname or ""), split.port or _PORTS.get(split.scheme, 0)
    except ValueError:
        host, port, split = "", 0, urlsplit("")
    fine = host and port and split.username is None and not split.query and not split.fragment
    if not fine or not host.isascii() or not split.path.isprintable() or " " in split.path:
        raise MissingSecretError(where, f"{where} 不是可用的网址,应如 https://erp.example.com")
    return split.scheme, host, port, quote(split.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")


def _with_secrets(content: Any, text: Any) -> Any:
    if isinstance(content, Secret):
        return text(content)
    if isinstance(content, Mapping):
        return {name: _with_secrets(value, text) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_with_secrets(value, text) for value in content]
    return content
