"""Values in one line that YAML cannot hold unquoted, and what their author meant.

Expressions hold quotes, brackets, commas and colons; YAML gives these a meaning of its own and breaks off or, worse, tears
the value apart in silence. Looked at only where YAML has stumbled or the result is odd, so a fine text is never accused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flowkit.diagnostics import shown
from flowkit.source.scalars import quote

_ITEM = re.compile(r"(?:- +)*")
_KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s"'\[\]{},&*!|>%@`#-][^:\n]*?|-[^\s:][^:\n]*?)[ ]*:(?=\s|$)""")
_FLOW_KEY = re.compile(r"""[ ]*("[^"]*"|'[^']*'|[^\s"'\[\]{},&*!|>%@`#:][^:,\[\]{}]*?)[ ]*:(?=[\s,\[\]{}"']|$)""")
_BLOCK_HEADER = re.compile(r"[|>](?:[+-]?[1-9]?|[1-9][+-])(?:[ ]+#.*)?\Z")
_WIDE = str.maketrans({"｛": "{", "｝": "}", "［": "[", "］": "]", "，": ", ", "：": ": "})
_WIDE_KEY = re.compile(r"""([^\s"'：:,()\[\]{}]+)：""")
_WIDE_COMMA = re.compile(r"， *[^，:()]+:(?: |\Z)")
_PAIRS = {"(": ")", "[": "]", "{": "}"}
# Beyond this length a line is data rather than something a person can look at.
_LONGEST_LINE = 2000


@dataclass(frozen=True, slots=True)
class Value:
    """Where the value of `key` stands in a line, columns from 0. An item of a list has "", an entry without key None."""

    key: str | None
    start: int
    end: int
    flow: bool


@dataclass(frozen=True, slots=True)
class Torn:
    """A stretch of a line that should read as `text`; `message` says what YAML takes it for, `advice` what to write."""

    code: str
    start: int
    end: int
    text: str
    message: str
    advice: str


def torn_values(line: str, inside: bool = False) -> list[Torn]:
    """Every value of the line that must be written otherwise; `inside`: the line begins within braces or brackets."""
    if len(line) > _LONGEST_LINE:
        return []
    return [torn for value in _values(line, inside) if (torn := _torn(line, value)) is not None]


def _values(line: str, inside: bool) -> Iterator[Value]:
    at = len(line) - len(line.lstrip(" "))
    if inside:
        yield from _inside(line, at, "}")
        return
    item = _ITEM.match(line, at)
    assert item is not None
    at = item.end()
    key = _KEY.match(line, at)
    if key:
        at = _skip(line, key.end())
    yield from _value(line, at, key.group(1) if key else "", False)


def _value(line: str, at: int, key: str | None, flow: bool) -> Iterator[Value]:
    """The value at `at`, or those inside it when it is a map or a list."""
    end = value_end(line, at, flow)
    if line[at : at + 1] in ("{", "[") and line[at : at + 2] != "{{":
        close = _closing(line, at)
        if close is None or not line[close + 1 : end].strip():
            yield from _inside(line, at + 1, _PAIRS[line[at]])
            return
    if line[at:end].strip():
        yield Value(key, at, end, flow)


def _inside(line: str, at: int, closer: str) -> Iterator[Value]:
    """The values of a map or list from behind its opening bracket on."""
    while at < len(line):
        at = _skip(line, at)
        if line[at : at + 1] in ("}", "]"):
            return
        key = _FLOW_KEY.match(line, at) if closer == "}" else None
        start = _skip(line, key.end()) if key else at
        yield from _value(line, start, key.group(1) if key else None if closer == "}" else "", True)
        end = value_end(line, start, True)
        at = end + 1 if end > at or line[end : end + 1] == "," else at + 1
        if line[end : end + 1] in ("}", "]"):
            return


def _skip(line: str, at: int) -> int:
    while at < len(line) and line[at] == " ":
        at += 1
    return at


def value_end(line: str, at: int, flow: bool) -> int:
    """Where the value beginning at `at` ends as its author sees it: brackets and quotes hold together."""
    level, start = 0, at
    while at < len(line):
        character = line[at]
        if character in "\"'" and (at == start or line[at - 1] in " ([{,=<>!"):
            close = line.find(character, at + 1)
            at = close if close > 0 else at
        elif character == "#" and at > start and line[at - 1] in " \t" and line[at + 1 : at + 2] in (" ", "", "#"):
            break
        elif flow and character in "([{":
            level += 1
        elif flow and level and character in ")]}":
            level -= 1
        elif flow and not level and character in ",]}":
            break
        at += 1
    return start + len(line[start:at].rstrip())


def _closing(line: str, at: int) -> int | None:
    level = 0
    while at < len(line):
        character = line[at]
        if character in "\"'" and line[at - 1] in " ([{,":
            close = line.find(character, at + 1)
            at = close if close > 0 else at
        level += (character in "[{") - (character in "]}")
        if level == 0:
            return at
        at += 1
    return None


def _torn(line: str, value: Value) -> Torn | None:
    text = line[value.start : value.end]
    wide = _WIDE_KEY.match(text) if value.key is None else None
    if wide:
        return wide_colon(wide.group(1), value.start + wide.end(1), text[wide.end(1) + 1 :])
    prefix = f"{value.key}: " if value.key else ""
    if value.flow and _WIDE_COMMA.search(text):
        message, better = "a full-width comma does not separate values", text.translate(_WIDE)
    elif text[0] in "｛［":
        message, better = "full-width brackets do not hold values", text.translate(_WIDE)
    else:
        message, better = _reason(text, value.flow), quote(text)
    return (
        Torn("torn-expression", value.start, value.end, better, message, f"write {prefix}{better}") if message else None
    )


def header_is_text(header: str, value: str) -> bool:
    """Whether what YAML took for a block's header was meant as the text itself."""
    return not _BLOCK_HEADER.match(header) or (not value.strip() and re.fullmatch(r">\d", header) is not None)


def wide_colon(name: str, column: int, after: str) -> Torn:
    """The full-width colon that stands at `column`, behind a name."""
    short = shown(name, quotes=False)
    return Torn(
        "wide-colon",
        column,
        column + 1,
        ":" if after[:1] in ("", " ") else ": ",
        f'the colon after "{short}" is a full-width one',
        f"write a half-width colon and a space: {short}: {shown(after, quotes=False)}".rstrip(),
    )


def _reason(text: str, flow: bool) -> str:
    first = text[0]
    if text.startswith("{{"):
        return "YAML takes {{ for the beginning of a map"
    if first in "@`%&*!":
        return f"YAML gives {first} at the beginning of a value a meaning of its own"
    if first in "|>" and (flow or not _BLOCK_HEADER.match(text)):
        return f"YAML takes {first} at the beginning of a value for a text in the lines below"
    if first in "\"'":
        return _after_quote(text, first)
    if first in "[{":
        return f"YAML takes {first} at the beginning of a value for a {'list' if first == '[' else 'map'}"
    if first in "-?:" and text[1:2] in (" ", ""):
        return f"YAML gives {first} before a space a meaning of its own"
    if re.search(r":(?:\s|\Z)", text):
        return "YAML takes the colon for the end of a key"
    if flow and (held := re.search(r"[,\[\]{}]", text)):
        what = "comma" if held.group() == "," else held.group()
        return f"YAML tears this apart at the {what}, for it stands inside braces or brackets"
    return "YAML takes # after a space for the beginning of a comment" if " #" in text else ""


def _after_quote(text: str, first: str) -> str:
    """Why a value that begins with a quote cannot stay as it is: something follows the closing one."""
    at = 1
    while (at := text.find(first, at)) >= 0:
        if text[at + 1 : at + 2] == first and first == "'":
            at += 2
            continue
        if first == '"' and text[at - 1] == "\\":
            at += 1
            continue
        return "YAML takes the value to end at the closing quote" if text[at + 1 :].strip() else ""
    return ""
