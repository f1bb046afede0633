"""Where a webhook goes: a URL, and whether it gives away a secret. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from flowkit.wire.addresses import Address, split

MOST = 2000
"How many signs a URL may have."


_QUERY = re.compile(r"[!\"$-~]*", re.ASCII)
_TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_=~.-]{16,}|[A-Za-z0-9_=~]{24,}")


def read_target(text: str) -> Address | None:
    """The address that a URL names, its `path` with the query; None for one with user, fragment or other signs than ASCII."""
    address, question, query = text.strip().partition("?")
    found = split(address) if text.isascii() and len(text) <= MOST and _QUERY.fullmatch(query) else None
    return replace(found, path=(found.path or "/") + question + query) if found is not None else None


def gives_away_a_secret(target: Address) -> bool:
    """Whether a URL looks as if knowing it were enough to use it: it has a query, or a piece like a token."""
    path, question, _ = target.path.partition("?")
    return bool(question) or any(_TOKEN.fullmatch(piece) for piece in path.split("/"))
