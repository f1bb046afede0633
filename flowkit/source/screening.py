"""What is refused of a text before any of it is parsed: too much, too deep, characters no text file holds.

Everything here is one pass over the text, so that a bomb costs no more than its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flowkit.diagnostics import Findings
from flowkit.source.stretch import Stretch

_NOT_TEXT = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u200a\u200c-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_INDENT = re.compile(r"^ *([\t\u3000\xa0])[\t\u3000\xa0 ]*[^\s#]", re.MULTILINE)
_MOST_REPORTED = 10
_NAMES = {"\t": "a tab", "\u3000": "a full-width space", "\xa0": "a no-break space"}
_HINTS = {
    "\0": "the file is not UTF-8 text, or was damaged",
    "\r": "save the file with the line ends of Windows or of Linux",
    "\ufeff": "a byte order mark belongs at the beginning of a file only: delete it",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one YAML file may hold: characters, values (estimated from above), levels within each other.

    `mistakes`: after so many in one document the rest of it is not read.
    """

    characters: int = 500_000
    values: int = 150_000
    depth: int = 50
    mistakes: int = 300


def within_limits(text: str, file: str, findings: Findings, limits: Limits) -> bool:
    """Whether the text is small enough to be parsed."""
    whole = Stretch(file, text[:1], 0).span(0, 0)
    if len(text) > limits.characters:
        findings.error(
            "too-large",
            whole,
            f"the file holds {len(text)} characters, at most {limits.characters} are read",
            "split it into several files; many rows belong in a CSV file",
        )
        return False
    values = sum(map(text.count, (",", "\n", ":", "[", "{", "- ", "? ", "&", "*")))
    if values > limits.values:
        findings.error(
            "too-large",
            whole,
            f"the file holds more than {limits.values} values",
            "split it into several files; many rows belong in a CSV file",
        )
        return False
    deep = re.search(rf"(?:[\[{{][ \n]*+){{{limits.depth + 1}}}", text)
    if deep:
        findings.error(
            "too-deep",
            Stretch(file, text, 0).span(deep.start(), deep.start() + 1),
            f"nested deeper than {limits.depth} levels",
        )
        return False
    return True


def readable(stretch: Stretch, findings: Findings) -> bool:
    """Whether the characters and the indentation of one document are such that parsing it makes sense."""
    bad = [m.start() for m, _ in zip(_NOT_TEXT.finditer(stretch.text), range(_MOST_REPORTED), strict=False)]
    for index in bad:
        character = stretch.text[index]
        hint = _HINTS.get(character, "delete it; it may have come in with copied text")
        findings.error(
            "bad-character",
            stretch.span(index, index + 1),
            f"the character U+{ord(character):04X} cannot stand in a text",
            hint,
        )
    indents = zip(_INDENT.finditer(stretch.text), range(_MOST_REPORTED), strict=False)
    tabs = [(m.start(1), m.group(1)) for m, _ in indents]
    for index, character in tabs:
        findings.error(
            "bad-indent",
            stretch.span(index, index + 1),
            f"{_NAMES[character]} stands at the beginning of the line",
            "indent with plain spaces, two a level",
        )
    return not bad and not tabs
