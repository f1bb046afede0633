"""Which known name was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# Comparing is quadratic in the length; no name that people mistype is longer.
_LONGEST = 100
_LOOKED_AT = 10


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, or None when none is near. Two-character Chinese names may differ in one."""
    lower = name.lower()
    names = [k for k in dict.fromkeys(known) if k != name and len(k) <= _LONGEST]
    by_lower = {k.lower(): k for k in reversed(names)}
    if not lower or len(lower) > _LONGEST:
        return None
    similar = get_close_matches(lower, by_lower, n=_LOOKED_AT, cutoff=0.4)
    ranked = [
        # Of two names equally near the one that begins alike: people seldom mistype the first character.
        (slips, k[:1] != lower[:1], rank, k)
        for rank, k in enumerate(similar)
        if (slips := _slips(lower, k)) <= _allowed(lower, k)
    ]
    if ranked:
        return by_lower[min(ranked)[3]]
    # Not a slip of the keys, but perhaps half of the name, or its words in another order.
    found = get_close_matches(lower, by_lower, n=1, cutoff=0.6 if len(lower) > 3 else 0.5)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Words for a diagnostic's help: `did you mean "x"?`, else the names there are (at most eight), else nothing."""
    known = sorted(set(known))
    near = closest(name, known)
    if near is not None:
        return f'did you mean "{near}"?'
    if known and len(known) <= 8:
        return "known here: " + ", ".join(known)
    return ""


def _allowed(name: str, candidate: str) -> int:
    """How many slips two names may be apart: one, in long names one for each three characters."""
    return max(1, min(len(name), len(candidate)) // 3)


def _slips(left: str, right: str) -> int:
    """How many characters were left out, put in, mistyped or swapped with a neighbour."""
    above: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        above, two_above, row = row, above, [i]
        for j, b in enumerate(right, 1):
            slips = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                slips = min(slips, two_above[j - 2] + 1)
            row.append(slips)
    return row[-1]
