"""Where a preset may send to: the receiver's own hosts over TLS, or a stand-in on this very machine. Pure."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address

from flowkit.notify.target import read_target
from flowkit.wire.addresses import Address
from flowkit.wire.guard import refused

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def allowed(text: str, hosts: Collection[str]) -> Address | None:
    """The address that `text` is, where it is one of those; None for every other."""
    target = read_target(text)
    if target is None:
        return None
    return target if target.host in LOOPBACK or (target.scheme == "https" and target.host in hosts) else None


def permits(target: Address, address: str) -> bool:
    """Whether the host of an allowed target may be at that address of the network: a name leads nowhere else."""
    if target.host in LOOPBACK:
        return ip_address(address.partition("%")[0]).is_loopback
    return not refused(address, private=False)
