"""Passwords as they are kept: Argon2id with the library's own parameters, which follow RFC 9106."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from flowkit.errors import RefusedError

SHORTEST, LONGEST = 8, 200


def kept(password: str) -> str:
    """What is kept of a password. RefusedError for one that is too short or too long; no other rules, as NIST advises."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise RefusedError("invalid", f"密码为 {SHORTEST} 到 {LONGEST} 个字符")
    return PasswordHasher().hash(password)


def is_right(kept_: str | None, password: str) -> bool:
    """Whether it is the password that was kept; as slow where there is none."""
    try:
        PasswordHasher().verify(kept_ or _nobodys(), password)
        return kept_ is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return PasswordHasher().hash("nobody has this password")
