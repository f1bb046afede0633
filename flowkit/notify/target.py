"""Where a webhook goes: a URL, whether it gives away a secret, and which addresses no app has business with.

Pure: names are resolved elsewhere; here what they resolve to is only judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>\d{1,5}))?(?P<path>/[!\"$-;=?-~]*)?",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_=~.-]{16,}|[A-Za-z0-9_=~]{24,}")
# Where clouds answer questions about the machine itself, credentials among the answers.
_METADATA = frozenset(map(ip_address, ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254")))
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """`path` begins with a slash and holds the query too; `host` is without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host as the `Host` header says it: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


_PORTS = {"https": 443, "http": 80}


def read_target(text: str) -> Target | None:
    """The target that a URL names; None for one with user, fragment, other signs than ASCII, or of another scheme."""
    found = _URL.fullmatch(text.strip()) if len(text) <= 2000 else None
    if found is None:
        return None
    scheme = found["scheme"].lower()
    port = int(found["port"]) if found["port"] else _PORTS[scheme]
    return Target(scheme, found["host"].lower().strip("[]"), port, found["path"] or "/") if 0 < port < 65536 else None


def gives_away_a_secret(target: Target) -> bool:
    """Whether a URL looks as if knowing it were enough to use it: it has a query, or a piece like a token."""
    path, question, _ = target.path.partition("?")
    return bool(question) or any(_TOKEN.fullmatch(piece) for piece in path.split("/"))


def refused(address: str, *, private: bool) -> bool:
    """Whether an address must not be connected to. With `private` the machine's own and the house's may."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    return any(_refused(each, private) for each in _meant(found))


def _meant(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 addresses that it carries in whichever of the known ways."""
    yield address
    if isinstance(address, IPv6Address):
        carried = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
        yield from (each for each in carried if each is not None)
        if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
            yield IPv4Address(int(address) & 0xFFFFFFFF)


def _refused(address: Address, private: bool) -> bool:
    if address in _METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
        return True
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return False  # judged by what it carries
    if isinstance(address, IPv6Address) and address.is_site_local:
        return not private  # which the standard library takes for global
    return not address.is_global and not private
