"""Which addresses no app has business with. Pure: names are resolved elsewhere; here what they resolve to is judged."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# Where clouds answer questions about the machine itself, credentials among the answers. Never, whatever an app allows.
_METADATA = frozenset(
    map(
        ip_address,
        ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"),
    )
)
_NOWHERE = IPv4Network("0.0.0.0/8")
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
Address = IPv4Address | IPv6Address


def refused(address: str, private: bool) -> bool:
    """Whether an address must not be connected to. With `private`, the machine's own and the house's may."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    return any(_refused(each, private) for each in _meant(found))


def _meant(address: Address) -> Iterator[Address]:
    """The address and those it stands for: IPv4 in IPv6 clothes of every cut."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address
        yield from (each for each in (address.sixtofour, *(address.teredo or ())) if each is not None)


def _refused(address: Address, private: bool) -> bool:
    if address in _METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
        return True
    if isinstance(address, IPv4Address) and address in _NOWHERE:
        return True
    # The standard library takes the site-local ones for global.
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    inside = address.is_loopback or address.is_private or site_local or not address.is_global
    return (inside and not private) or (address.is_reserved and not address.is_loopback)
