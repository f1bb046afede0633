"""YAML text into documents, each with its noun; every mistake in one pass, no exception for what an author wrote.

Documents are split at `---` first, so that one broken document does not hide the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from flowkit.diagnostics import Findings, Place, shown
from flowkit.source.broken import diagnose
from flowkit.source.building import Builder, TooMuchError
from flowkit.source.events import BrokenTextError, events
from flowkit.source.files import read_text
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.source.screening import Limits, readable, within_limits
from flowkit.source.stretch import Edit, Stretch

_MARKER = re.compile(r"^(?:---|\.\.\.)(?=[ \t\n]|\Z)", re.MULTILINE)
_BARE = re.compile(r"(?:---)?(?:[ \t]*(?:#[^\n]*)?(?:\n|\Z))*+\Z")
# What stands before a document begins: blank lines, comments, directives.
_HEAD = re.compile(r"(?:(?:[ ]*(?:#[^\n]*)?|%[^\n]*)\n)*+(?:%[^\n]*)?")
# How often one file may be mended and read again: enough for dozens of mistakes in a document people write.
_MENDED_CHARACTERS = 1_500_000
_MENDED_TIMES = 40


@dataclass(frozen=True, slots=True)
class Document:
    r"""One document: `noun` is its first key, `name` that key's value (None, and reported, where there is none).

    `text` is its source with `\n` line ends; `place` runs from the noun to the name; `end` is the last line of the file that
    belongs to it, from 1.
    """

    node: MappingNode
    noun: str
    name: ScalarNode | None
    text: str = field(repr=False)
    place: Place
    end: int = 0


def read(
    text: str, file: str, findings: Findings, *, limits: Limits | None = None, pure: bool = False
) -> list[Document]:
    """The documents of a YAML text in order; what cannot be read is in `findings`, with `file` in its places.

    A document that breaks off is given as far as it was read, its maps not `complete`. `pure` reads with PyYAML's own
    parser even where libyaml is there.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    limits = limits or Limits()
    if not within_limits(text, file, findings, limits):
        return []
    reader = _Reader(file, findings, limits, pure)
    documents = (reader.document(part, line) for part, line in _split(text))
    return [document for document in documents if document is not None]


def read_file(path: Path, root: Path, findings: Findings, *, limits: Limits | None = None) -> list[Document]:
    """The documents of a YAML file below the folder `root`; places name the file as seen from there."""
    limits = limits or Limits()
    # A character takes at most four bytes.
    text = read_text(path, root, findings, limits.characters * 4)
    if text is None:
        return []
    return read(text, path.relative_to(root).as_posix(), findings, limits=limits)


def _split(text: str) -> Iterator[tuple[str, int]]:
    """The parts between `---` lines, each with the number of its first line, counted from 0."""
    starts = [0, *(marker.start() for marker in _MARKER.finditer(text)), len(text)]
    line = 0
    for start, end in pairwise(starts):
        part = text[start:end]
        # What `...` ends is over; the line itself says nothing.
        yield (" " * 3 + part[3:] if part.startswith("...") else part), line
        line += part.count("\n")


class _Reader:
    def __init__(self, file: str, findings: Findings, limits: Limits, pure: bool) -> None:
        self.file, self.findings, self.limits, self.pure = file, findings, limits, pure
        self.left = _MENDED_CHARACTERS

    def document(self, text: str, line: int) -> Document | None:
        stretch = Stretch(self.file, self._without_directives(text, line), line)
        if not readable(stretch, self.findings) or _BARE.match(stretch.text):
            return None
        root = self._root(stretch)
        if root is None or (isinstance(root, ScalarNode) and root.value is None):
            return None
        document = self._document(root, text)
        return replace(document, end=line + text.rstrip("\n").count("\n") + 1) if document is not None else None

    def _without_directives(self, text: str, line: int) -> str:
        head = _HEAD.match(text)
        if head is None or "%" not in head.group():
            return text
        lines = head.group().split("\n")
        for number, written in enumerate(lines):
            if len(self.findings) > self.limits.mistakes:
                break
            if written.startswith("%"):
                place = Place(self.file, line + number + 1, 1, line + number + 1, len(written) + 1)
                self.findings.error("directive", place, "YAML directives are not used here", "delete the line")
                lines[number] = "#" + written[1:]
        return "\n".join(lines) + text[head.end() :]

    def _root(self, stretch: Stretch) -> Node | None:
        """Reads the document; where a mistake can be mended with certainty, mends it and reads on."""
        torn = Findings()
        for _ in range(_MENDED_TIMES):
            found = Findings()
            root, edits = self._attempt(stretch, found, torn)
            if not edits or self.left < 0:
                break
            self.left -= len(stretch.text)
            stretch = stretch.mended(edits)
        self.findings.extend(torn)
        self.findings.extend(found)
        return root

    def _attempt(self, stretch: Stretch, found: Findings, torn: Findings) -> tuple[Node | None, list[Edit]]:
        builder = Builder(stretch, found, torn, self.limits)
        try:
            builder.build(events(stretch.text.replace("\t", " "), self.pure))
        except TooMuchError:
            builder.give_up()
        except BrokenTextError as broken:
            frames = list(builder.frames)
            builder.edits += diagnose(stretch, broken, frames, builder.edits, torn, found)
            builder.give_up()
        return builder.root, builder.edits

    def _document(self, root: Node, text: str) -> Document | None:
        if not isinstance(root, MappingNode):
            what = f"the text {shown(root.typed)}" if isinstance(root, ScalarNode) else "a list"
            advice = "write its first key and name with a half-width colon, such as form: 报修"
            self.findings.error(
                "not-a-mapping", root.place, f"a document says first what it defines, found {what}", advice
            )
            return None
        first = next(root.items(), None)
        if first is None:
            if root.complete:
                self.findings.error(
                    "no-noun", root.place, "a document says first what it defines", "such as form: 报修"
                )
            return None
        noun, place, value = first
        if isinstance(value, ScalarNode) and value.value is not None and value.typed.strip():
            end = value.place
            whole = Place(place.file, place.line, place.column, end.end_line, end.end_column)
            return Document(root, noun, value, text, whole)
        if root.complete:
            message = f"{shown(noun)} is the first key of this document but names nothing"
            self.findings.error("no-name", place, message, "the first key says what it defines, such as form: 报修")
        return Document(root, noun, None, text, place)
