"""Which known name was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, or None when none is near. Two-character Chinese names may differ in one."""
    candidates = [k for k in dict.fromkeys(known) if k != name]
    lower = {k.lower(): k for k in reversed(candidates)}
    if name.lower() in lower:
        return lower[name.lower()]
    found = get_close_matches(name, candidates, n=1, cutoff=0.6 if len(name) > 3 else 0.5)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Words for a diagnostic's help: `did you mean "x"?`, else the names there are (at most eight), else nothing."""
    known = sorted(set(known))
    near = closest(name, known)
    if near is not None:
        return f'did you mean "{near}"?'
    if known and len(known) <= 8:
        return "known here: " + ", ".join(known)
    return ""
