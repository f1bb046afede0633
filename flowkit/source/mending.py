"""Where a text that YAML accepts, or stumbles over, is mended: reports what is torn, and how the line should read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from flowkit.diagnostics import Findings, shown
from flowkit.source.nodes import Node, ScalarNode
from flowkit.source.scalars import quote
from flowkit.source.stretch import Edit, Stretch
from flowkit.source.torn import torn_values, value_end, wide_colon


@dataclass(slots=True)
class Piece:
    """One value with what only its notation tells: where it stands in the text, and whether it is unquoted."""

    node: Node
    start: int
    end: int
    plain: bool = False


@dataclass(slots=True)
class Frame:
    """A map or list that is being filled; of a map the pieces alternate key, value."""

    mapping: bool
    flow: bool
    start: int
    pieces: list[Piece] = field(default_factory=list)


def mend_line(
    stretch: Stretch, line: int, frames: Sequence[Frame], done: Sequence[Edit], torn: Findings
) -> list[Edit] | None:
    """What to write instead of the torn values of a line; None if nothing is torn, [] if it is mended already."""
    if any(edit.line == line for edit in done):
        return []
    inside = any(frame.flow and stretch.position(frame.start)[0] < line for frame in frames)
    edits = []
    for part in torn_values(stretch.lines[line], inside):
        place = stretch.place(line, part.start, line, part.end)
        torn.error(part.code, place, part.message, part.advice)
        edits.append(Edit(line, part.start, part.end, part.text))
    return edits or None


def mend_cut(stretch: Stretch, line: int, frames: Sequence[Frame], done: Sequence[Edit], torn: Findings) -> list[Edit]:
    """A text that was cut off at a # together with the braces behind it, so that reading broke off only in a later line."""
    opened = next((stretch.position(frame.start)[0] for frame in reversed(frames) if frame.flow), line)
    for number in range(opened, line):
        if any(" #" in stretch.lines[number][part.start : part.end] for part in torn_values(stretch.lines[number])):
            return mend_line(stretch, number, frames, done, torn) or []
    return []


def mend_wide_colon(stretch: Stretch, start: int, end: int, flow: bool, torn: Findings) -> list[Edit]:
    """A name followed by a full-width colon, from `start` to `end` of the text."""
    before = stretch.text[start:end].split("：", 1)[0]
    line, column = stretch.position(start + len(before))
    text = stretch.lines[line]
    after = text[column + 1 : value_end(text, column + 1, flow)]
    part = wide_colon(before.strip(), column, after)
    torn.error(part.code, stretch.place(line, column, line, column + 1), part.message, part.advice)
    return [Edit(line, column, column + 1, part.text)]


def mend_bad_key(
    stretch: Stretch, key: Piece, frames: Sequence[Frame], done: Sequence[Edit], torn: Findings, findings: Findings
) -> list[Edit]:
    """A map or list where a key is due: mostly a template whose {{ YAML takes for two maps."""
    edits = mend_line(stretch, stretch.position(key.start)[0], frames, done, torn)
    if edits is not None:
        return edits
    findings.error(
        "bad-key",
        stretch.span(key.start, key.end),
        "a key must be a plain name",
        "put an expression or a template in quotes",
    )
    return []


def mend_torn(
    stretch: Stretch,
    frame: Frame,
    frames: Sequence[Frame],
    done: Sequence[Edit],
    torn: Findings,
    findings: Findings,
    most: int,
) -> list[Edit]:
    """A closed map in braces, or list in brackets, in which commas tore values apart; tells at most `most` mistakes."""
    around = [*frames, frame]
    if not frame.mapping:
        uneven = next((p for p in frame.pieces if p.plain and _level(p) != 0), None)
        edits = uneven and mend_line(stretch, stretch.position(uneven.start)[0], around, done, torn)
        return edits or []
    found: list[Edit] = []
    pairs = list(zip(frame.pieces[::2], frame.pieces[1::2], strict=False))
    before: Piece | None = None
    for key, value in pairs:
        bare = key.plain and value.plain and value.start == value.end
        if bare and not re.match(r"\s*:(?:[\s,\[\]{}]|$)", stretch.text[key.end : key.end + 80]):
            found += _mend_bare(stretch, key, before, around, [*done, *found], torn, findings)
        before = value
        if len(findings) + len(torn) > most:
            break
    return found


def _mend_bare(
    stretch: Stretch,
    key: Piece,
    before: Piece | None,
    around: Sequence[Frame],
    done: Sequence[Edit],
    torn: Findings,
    findings: Findings,
) -> list[Edit]:
    """A key in braces with nothing behind it: the tail of a torn value, or a colon that is none."""
    assert isinstance(key.node, ScalarNode)
    name = key.node.typed
    if "：" in name:
        return mend_wide_colon(stretch, key.start, key.end, True, torn)
    line, column = stretch.position(key.start)
    edits = mend_line(stretch, line, around, done, torn)
    if edits is not None:
        return edits
    if stretch.text[key.start : key.end] == name and re.match(r"[^:\s()]+:[^:/\s]", name):
        fixed = name.replace(":", ": ", 1)
        torn.error("missing-space", key.node.place, "a space is missing after the colon", f"write {fixed}")
        return [Edit(line, column, column + len(name), fixed)]
    if before is not None and before.plain and _level(before) > 0:
        whole = " ".join(stretch.text[before.start : key.end].split())
        place = stretch.span(before.start, key.end)
        findings.error("torn-expression", place, "YAML tears this apart at the comma", f"write {quote(whole)}")
        return []
    advice = "write NAME: VALUE; a text that holds a comma stands in quotes"
    findings.error("missing-value", key.node.place, f"{shown(name)} has no value here", advice)
    return []


def _level(piece: Piece) -> int:
    """How many round brackets a text opens and does not close."""
    text = piece.node.typed if isinstance(piece.node, ScalarNode) else ""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    return bare.count("(") - bare.count(")")
