"""What to tell the author of a text that is not YAML: where, what it was taken for, what to write.

Gives edits where the remedy is certain, so that what follows the mistake can be read and reported too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flowkit.diagnostics import Findings, shown
from flowkit.source.events import BrokenTextError
from flowkit.source.mending import Frame, mend_cut, mend_line, mend_wide_colon
from flowkit.source.scalars import quote
from flowkit.source.stretch import Edit, Stretch

_WIDE_KEY = re.compile(r"[ ]*(?:- +)*([^\s：:][^：:]*：[^\n]*)")
_TIGHT_KEY = re.compile(r"[ ]*(?:- +)*([^\s:'\"#!&*@%`|>]+):[^:/\s]")
_ESCAPE = re.compile(
    r"\\(?:x[0-9A-Fa-f]{2}|u(?![dD][89A-Fa-f])[0-9A-Fa-f]{4}|U(?:0010|000[0-9A-Fa-f])[0-9A-Fa-f]{4}|[0abt\tnvfre \"/\\N_LP\n])"
)

_WORDS = {
    "colon": (
        "this line is indented deeper than the one above, which has a value already",
        "indent it like its neighbours",
    ),
    "question": ("YAML gives ? a meaning of its own here", "put the text in quotes"),
    "no-colon": ("this line is neither NAME: VALUE nor an item of a list", "write a colon and a space after the name"),
    "no-content": ("a value is missing here", "remove the extra comma, or write the value in quotes"),
    "flow-end": (
        "the end of the entry is expected here",
        "separate entries with commas; quote what holds , [ ] { } : or #",
    ),
    "flow-colon": ("a space is missing after the colon", "write NAME: VALUE"),
    "start": ("a text cannot begin with this character", "put the text in quotes"),
    "directive": ("YAML directives are not used here", "put a text that begins with % in quotes"),
    "sign": ("a text cannot begin with this sign", "put the text in quotes"),
    "block-header": ("a text cannot begin with this sign", "put the text in quotes"),
    "second-root": ("this does not fit what the document began with", "indent it like its neighbours"),
    "other": ("this cannot be read as YAML", "put texts with signs in quotes"),
}


def diagnose(
    stretch: Stretch,
    broken: BrokenTextError,
    frames: Sequence[Frame],
    done: Sequence[Edit],
    torn: Findings,
    findings: Findings,
) -> list[Edit]:
    """Reports why the text broke off; the edits with which it can be read further, if there are any."""
    if broken.kind == "escape":
        return _escapes(stretch, broken.context, torn, findings)
    line, _ = stretch.position(broken.index)
    begun, _ = stretch.position(broken.context)
    if broken.kind in ("no-colon", "colon"):
        edits = _colons(stretch, begun if broken.kind == "no-colon" else line, torn)
        if edits:
            return edits
    edits = mend_cut(stretch, line, frames, done, torn)
    if edits:
        return edits
    if broken.kind == "dash":
        return _dash(stretch, broken.index, torn)
    if broken.kind != "open-quote":
        for number in dict.fromkeys((line, begun) if broken.kind == "no-colon" else (line,)):
            edits = mend_line(stretch, number, frames, done, torn) or []
            if edits or any(edit.line == number for edit in done):
                return edits
    return _plainly(stretch, broken, frames, torn, findings)


def _colons(stretch: Stretch, line: int, torn: Findings) -> list[Edit]:
    """A full-width colon after a name, or one without a space, in this line or the one that a value was read on from."""
    for number in (line, line - 1):
        text = stretch.lines[number] if number >= 0 else ""
        wide = _WIDE_KEY.fullmatch(text)
        if wide and len(text) < 2000:
            return mend_wide_colon(
                stretch, stretch.index(number, wide.start(1)), stretch.index(number, len(text)), False, torn
            )
        tight = _TIGHT_KEY.match(text)
        if tight and number == line:
            at = tight.end(1)
            place = stretch.place(number, tight.start(1), number, at + 1)
            value = shown(text[at + 1 :], quotes=False)
            advice = f"write {tight.group(1)}: {value}"
            torn.error("missing-space", place, "a space is missing after the colon", advice)
            return [Edit(number, at, at + 1, ": ")]
    return []


def _dash(stretch: Stretch, index: int, torn: Findings) -> list[Edit]:
    """A list that begins behind its key."""
    line, column = stretch.position(index)
    text = stretch.lines[line].rstrip()
    item = text[column + 1 :].strip()
    place = stretch.place(line, column, line, len(text))
    advice = f"write each item on a line of its own below the key, or [{shown(item, quotes=False)}]"
    torn.error("misplaced-list", place, "a list cannot begin behind a key", advice)
    return [Edit(line, column, len(text), f"[{quote(item)}]")]


def _escapes(stretch: Stretch, context: int, torn: Findings, findings: Findings) -> list[Edit]:
    """Every backslash of the line that begins no escape, from the first unknown one on."""
    edits: list[Edit] = []
    text = stretch.text
    at = text.find('"', context)
    while 0 <= at < len(text):
        at = text.find("\\", at)
        if at < 0 or (edits and stretch.position(at)[0] != edits[0].line):
            break
        known = _ESCAPE.match(text, at)
        if known:
            at = known.end()
            continue
        line, column = stretch.position(at)
        message = f"{shown(text[at : at + 2])} is no escape that YAML knows between double quotes"
        advice = "use single quotes, in which a backslash is just that, or write \\\\"
        torn.error("bad-escape", stretch.place(line, column, line, column + 2), message, advice)
        edits.append(Edit(line, column, column + 1, "\\\\"))
        at += 2
    if not edits:
        findings.error(
            "bad-escape", stretch.span(context, context + 1), "an escape in this text stands for no character"
        )
    return edits


def _plainly(
    stretch: Stretch, broken: BrokenTextError, frames: Sequence[Frame], torn: Findings, findings: Findings
) -> list[Edit]:
    """The failure as such, where nothing better is known."""
    index, text = broken.index, stretch.text
    if broken.kind == "open-quote":
        at = broken.context
        findings.error(
            "unclosed", stretch.span(at, at + 1), "this quote is never closed", f"write {text[at]} where it ends"
        )
        return []
    unclosed = _unclosed(stretch, frames) if broken.kind in ("flow-end", "no-content", "flow-colon", "start") else None
    if unclosed is not None:
        message = f"this {text[unclosed]} is never closed"
        close = {"{": "}", "[": "]"}[text[unclosed]]
        findings.error("unclosed", stretch.span(unclosed, unclosed + 1), message, f"write {close} where it ends")
        return []
    if broken.kind == "no-content" and text[index : index + 1] in ("]", "}"):
        findings.error("unclosed", stretch.span(index, index + 1), f"this {text[index]} closes nothing", "remove it")
        return []
    line, column = stretch.position(index)
    if broken.kind == "flow-colon":
        torn.error("missing-space", stretch.span(index, index + 1), *_WORDS["flow-colon"])
        return [Edit(line, column, column + 1, ": ")]
    words = _misfit(stretch, line, column) if broken.kind == "misfit" else _WORDS.get(broken.kind, _WORDS["other"])
    at = broken.context if broken.kind in ("no-colon", "sign") else index
    findings.error("not-yaml", stretch.span(at, _word_end(text, at)), *words)
    return []


def _misfit(stretch: Stretch, line: int, column: int) -> tuple[str, str]:
    if stretch.lines[line][:column].strip(" -"):
        return "nothing may follow here", "put the whole value in quotes"
    if not re.search(r"^\s*[^\s\[{].*:(?:\s|\Z)|^\s*-(?:\s|\Z)", stretch.lines[line]):
        return _WORDS["no-colon"]
    return "the indentation does not fit the lines above", "indent it like its neighbours"


def _unclosed(stretch: Stretch, frames: Sequence[Frame]) -> int | None:
    """The innermost brace or bracket that is open and that nothing in the rest of the text closes."""
    start = next((f.start for f in reversed(frames) if f.flow and stretch.text[f.start] in "{["), None)
    if start is None:
        return None
    pattern = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^'\n]*'|(?<=[ \n])#[^\n]*|([\[{])|([\]}])", re.DOTALL)
    level = 0
    for sign in pattern.finditer(stretch.text, start):
        level += bool(sign.group(1)) - bool(sign.group(2))
        if level == 0 and sign.lastindex:
            return None
    return start


def _word_end(text: str, at: int) -> int:
    """The end of the word at `at`, so that the caret marks something."""
    word = re.compile(r"[^\s:,\[\]{}]+").match(text, at)
    return word.end() if word else min(at + 1, len(text))
