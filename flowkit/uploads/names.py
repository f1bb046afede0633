"""The name of a file as a label for people: never a path, nothing that hides what follows, an ending that is true."""

from __future__ import annotations

import unicodedata

LONGEST = 100
"How many characters a name may have, its ending among them."
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"Signs that steer (control, direction of writing), and what is no sign at all."
_NEVER = frozenset('/\\<>:"|?*')


def clean_name(name: str, endings: tuple[str, ...], otherwise: str) -> str:
    """What is left of a name: without folders, hidden signs and a false ending; `otherwise` where nothing is left.

    `endings` are those that fit the content; the first is put on where it has none of them.
    """
    last = name[-1000:].replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in _HIDDEN)
    text = " ".join("".join("_" if c in _NEVER else c for c in shown).split()).rstrip(". ")
    stem, dot, ending = text.rpartition(".")
    if not dot:
        stem, ending = text, ""
    elif ending.lower() not in endings:
        # A short one was meant as an ending, and is false; else it is part of the name.
        stem, ending = (stem, "") if len(ending) <= 5 and ending.isascii() else (text, "")
    ending = ending.lower() or endings[0]
    stem = stem.strip(". ") or otherwise
    return f"{stem[: LONGEST - len(ending) - 1]}.{ending}"
