"""Whom an e-mail is from and for: `service@example.com`, `老王修车 <service@example.com>`. Pure; knows no server.

What is read here goes into headers and commands of SMTP, so nothing passes that could end a line or name somebody else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flowkit.values.texts import email

MOST = 5
"""How many addresses one person may have; more is a list of somebody's."""

_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_BETWEEN = re.compile(r"[,;\u3001\uff0c\uff1b\s]+")
_NOT_A_NAME = re.compile(r"[^\w -]+")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address, and the name people see for it or ""; the name holds no sign that means something in a header."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def read_mailbox(text: str) -> Mailbox | None:
    """The one address that `text` is, with or without a name before it; None where it is none."""
    named = _NAMED.fullmatch(text.strip())
    address = email((named["address"] if named is not None else text).strip())
    if address is None:
        return None
    name = " ".join(_NOT_A_NAME.sub(" ", named["name"]).split()) if named is not None else ""
    return Mailbox(address, name[:80])


def read_recipients(text: str) -> tuple[str, ...] | None:
    """The addresses of one person, each once; None where there is none, too many, or one that is no address."""
    pieces = [piece for piece in _BETWEEN.split(text) if piece] if len(text) <= 2000 else []
    found = tuple(dict.fromkeys(a for piece in pieces if (a := email(piece)) is not None))
    return found if found and len(pieces) <= MOST and all(email(piece) is not None for piece in pieces) else None
