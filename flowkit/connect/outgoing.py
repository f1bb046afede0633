"""A request as it leaves: its secrets read, its address taken apart. Nothing of it may be shown. Pure.

The last step before the network, and the only place where a secret becomes text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowkit.connect.content import usable_in_header
from flowkit.connect.json_text import write_json
from flowkit.connect.operation import Request
from flowkit.connect.secret import MissingSecretError, Secret, read_text
from flowkit.connect.sign_in import Shown
from flowkit.version import VERSION
from flowkit.wire.addresses import Address, encoded, split


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """What goes over the wire. `target` is path and parameters; `secrets` are to be masked in whatever is told of it."""

    method: str
    address: Address
    target: str
    headers: Mapping[str, str]
    body: bytes | None
    secrets: frozenset[str]


def base_host(base: str | Secret, environment: Mapping[str, str]) -> str:
    """The host of an address that may stand in the environment. Raises `MissingSecretError`."""
    return _address(base, environment).host


def settle(request: Request, shown: Shown, environment: Mapping[str, str]) -> Outgoing:
    """The request with its secrets. Raises `MissingSecretError` where one is missing or cannot be sent."""
    used = set(shown.secrets)

    def text(value: str | Secret) -> str:
        if isinstance(value, Secret):
            used.add(value.read(environment))
        return read_text(value, environment)

    address = _address(request.base, environment)
    pairs = [*((name, text(value)) for name, value in request.query), *shown.query]
    query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs)
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
    used |= {encoded(secret) for secret in used}
    target = address.path.rstrip("/") + request.path + (f"?{query}" if query else "")
    return Outgoing(request.method, address, target, headers, body, frozenset(used))


def _address(base: str | Secret, environment: Mapping[str, str]) -> Address:
    """The address of a base. What is wrong with one is said without repeating it."""
    address = split(read_text(base, environment))
    if address is None:
        where = base.variable if isinstance(base, Secret) else "base"
        raise MissingSecretError(where, f"{where} 不是可用的网址,应如 https://erp.example.com")
    return address


def _with_secrets(content: Any, text: Any) -> Any:
    if isinstance(content, Secret):
        return text(content)
    if isinstance(content, Mapping):
        return {name: _with_secrets(value, text) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_with_secrets(value, text) for value in content]
    return content
