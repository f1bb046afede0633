"""Which hosts may be called: an app's allow-list. Pure; what a host resolves to is judged elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flowkit.connect.secret import Secret, read_text
from flowkit.wire.addresses import split


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """A host that may be called; `private`: also where its address is the machine's own or within the house."""

    host: str | Secret
    private: bool = False


def host_of(text: str) -> str:
    """The host that `erp.example.com`, `erp.example.com:8443` or an address names, in its plain form; "" for none."""
    address = split(text if "://" in text else f"http://{text.strip()}")
    return address.host if address is not None else ""


def permission(
    host: str, base: str, allow: Sequence[AllowedHost], environment: Mapping[str, str]
) -> AllowedHost | None:
    """The entry that lets `host` be called, or None. The host of `base` may be called without one.

    Raises `MissingSecretError` where an entry stands in the environment, which lacks it.
    """
    named = [entry for entry in allow if host_of(read_text(entry.host, environment)) == host]
    if named:
        return AllowedHost(host, any(entry.private for entry in named))
    return AllowedHost(host) if host == base else None
