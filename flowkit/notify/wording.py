"""An approved wording: the words of a template as its provider has approved them, with `${name}` where something varies.

A notification says the same words; what stands at the places of the names is what goes along. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import re2

_BLANKS = re.compile(r"\s+")
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """`pattern` has one group a name, in order; a name that stands twice must stand for the same. Blanks do not count."""

    names: tuple[str, ...]
    pattern: str

    def values(self, text: str) -> Mapping[str, str] | None:
        """What `text` says at the places of the names; None where it says other words."""
        found = re2.fullmatch(self.pattern, " ".join(text.split()))
        if found is None:
            return None
        values: dict[str, str] = {}
        for name, value in zip(self.names, found.groups(), strict=True):
            if values.setdefault(name, value.strip()) != value.strip():
                return None
        return values


def read_wording(text: str) -> Wording | str:
    """The wording that a text is, or what is wrong with it, in English."""
    text = " ".join(text.split())
    pieces = _VARIABLE.split(text)
    fixed, names = pieces[::2], tuple(pieces[1::2])
    if any("${" in piece for piece in fixed):
        return "expected ${name} with letters, digits and _"
    if any(not piece for piece in fixed[1:-1]):
        return "two variables stand side by side: nobody could tell where one ends"
    return Wording(names, "(.+?)".join(map(_pattern, fixed)))


def _pattern(text: str) -> str:
    """What the words of a wording match: themselves, with blanks or without."""
    return r"\s*".join(re2.escape(word) for word in _BLANKS.split(text))
