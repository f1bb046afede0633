"""Where each character of a scalar's text stands in the source it was written as.

Follows YAML's rules of folding, escaping and block indentation; a CSV cell is quoted like a single-quoted scalar.
"""

from __future__ import annotations

import re
from typing import Literal

Style = Literal["plain", "single", "double", "literal", "folded", "cell"]

_BREAKS = re.compile(r"\n(?:[ \t]*\n)*[ \t]*")
_ESCAPE_LENGTH = {"x": 4, "u": 6, "U": 10}


def offsets(written: str, text: str, style: Style) -> list[int]:
    """For each character of `text` its index in `written`, the source with its quotes or block header.

    One entry a character; what cannot be found (line breaks that `|+` keeps at the end) stands at the end of `written`.
    """
    if style == "literal":
        found = _literal(written, text)
    elif style == "folded":
        found = _folded(written, text)
    elif style == "cell":
        found = _cell(written)
    else:
        found = _flow(written, style)
    found = found[: len(text)]
    return found + [len(written)] * (len(text) - len(found))


def _flow(written: str, style: Style) -> list[int]:
    """Plain and quoted scalars: line breaks fold, quotes are doubled or escaped."""
    at, end = (0, len(written)) if style == "plain" else (1, len(written) - 1)
    found: list[int] = []
    while at < end:
        character = written[at]
        if character in " \t\n":
            at = _space(written, at, end, found)
        elif style == "single" and character == "'":
            found.append(at)
            at += 2
        elif style == "double" and character == "\\":
            at = _escape(written, at, found)
        else:
            found.append(at)
            at += 1
    return found


def _space(written: str, at: int, end: int, found: list[int]) -> int:
    stop = at
    while stop < end and written[stop] in " \t":
        stop += 1
    breaks = _BREAKS.match(written, stop, end)
    if breaks is None:
        found.extend(range(at, stop))
        return stop
    lines = [i for i in range(breaks.start(), breaks.end()) if written[i] == "\n"]
    # One line break reads as a space; of several, each but the first reads as itself.
    found.extend(lines if len(lines) == 1 else lines[1:])
    return breaks.end()


def _escape(written: str, at: int, found: list[int]) -> int:
    following = written[at + 1]
    if following == "\n":
        breaks = _BREAKS.match(written, at + 1)
        assert breaks is not None
        found.extend([i for i in range(breaks.start(), breaks.end()) if written[i] == "\n"][1:])
        return breaks.end()
    found.append(at)
    return at + _ESCAPE_LENGTH.get(following, 2)


def _literal(written: str, text: str) -> list[int]:
    """Line by line: a line of the text is the end of a line of the source."""
    found: list[int] = []
    lines = written.split("\n")
    start = len(lines[0]) + 1
    for line, value in zip(lines[1:], text.split("\n"), strict=False):
        end = start + len(line)
        found.extend(range(max(start, end - len(value)), end))
        found.append(end)
        start = end + 1
    return found


def _folded(written: str, text: str) -> list[int]:
    found: list[int] = []
    lines = written.split("\n")
    start = len(lines[0]) + 1
    indent = -1
    for line in lines[1:]:
        bare = line.lstrip(" ")
        if bare:
            # What separates two lines reads as one space or as line breaks; all stand at the end of the line before.
            while len(found) < len(text) and text[len(found)] == "\n":
                found.append(max(start - 1, 0))
            if indent < 0:
                own = len(text) - len(found) - len(text[len(found) :].lstrip(" "))
                indent = len(line) - len(bare) - own
            content = line[indent:]
            if not text.startswith(content, len(found)) and len(found) < len(text) and text[len(found)] == " ":
                found.append(max(start - 1, 0))
            found.extend(range(start + indent, start + len(line)))
        start += len(line) + 1
    return found


def _cell(written: str) -> list[int]:
    if not written.startswith('"'):
        return list(range(len(written)))
    found: list[int] = []
    at, end = 1, len(written) - 1
    while at < end:
        found.append(at)
        at += 2 if written[at] == '"' else 1
    return found
