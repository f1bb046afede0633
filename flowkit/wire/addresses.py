"""Web addresses, taken apart and put together by the strictest reading there is. Pure text.

One reading for judging and for connecting: where two readers of one address disagree, a host slips past its judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address

PORTS = {"http": 80, "https": 443}
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<six>[0-9a-f:.]{2,45})\]|(?P<host>[^\s/?#@:\\\[\]]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^\s?#\\]*)?",
    re.IGNORECASE,
)
_PLAIN_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_IN_PATH = _UNRESERVED | frozenset(b"/%:@!$&'()*+,;=")


@dataclass(frozen=True, slots=True)
class Address:
    """`host` in its plain form, IPv6 without brackets; `path` percent-encoded, "" or from / on."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the header Host has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def split(text: str) -> Address | None:
    """An address such as `https://erp.example.com:8443/api`; None for anything else, also with a name in front of @."""
    found = _ADDRESS.fullmatch(text.strip())
    if found is None:
        return None
    scheme = found["scheme"].lower()
    port = int(found["port"]) if found["port"] else PORTS[scheme]
    host = plain_host(found["six"] or found["host"])
    return Address(scheme, host, port, in_path(found["path"] or "")) if host and 1 <= port <= 65_535 else None


def plain_host(host: str) -> str:
    """A host as it is compared and sent: lower case, Chinese names in their ASCII form; "" for what is none."""
    host = host.rstrip(".").lower()
    try:
        if ":" in host:
            return str(IPv6Address(host))
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:
        return ""
    return host if _PLAIN_HOST.fullmatch(host) else ""


def in_path(text: str) -> str:
    """What an author wrote as a path, with everything encoded that has no place in one; a percent sign is his own."""
    return _encoded(text, _IN_PATH)


def encoded(text: str) -> str:
    """A value, so that it stays one segment of a path or one parameter."""
    return _encoded(text, _UNRESERVED)


def _encoded(text: str, kept: frozenset[int]) -> str:
    return "".join(chr(b) if b in kept else f"%{b:02X}" for b in text.encode("utf-8", "replace"))
