"""One document's text while it is read: what stands where, also after a line was mended to read on.

A mended line reads as its author most likely meant it; places keep pointing at what the author wrote.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flowkit.diagnostics import Place

_SAME = str.maketrans("：，｛｝［］", ":,{}[]")


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` of a line (all from 0) are to read as `text`."""

    line: int
    start: int
    end: int
    text: str


class Stretch:
    """The text of one document, which begins at line `first` (from 0) of its file."""

    def __init__(
        self, file: str, text: str, first: int, mended: Mapping[int, tuple[str, Sequence[int]]] | None = None
    ) -> None:
        self.file, self.text, self.first = file, text, first
        self.lines = text.split("\n")
        self._mended = dict(mended or {})
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def position(self, index: int) -> tuple[int, int]:
        """Line and column, both from 0, of a character of the text."""
        line = bisect_right(self._starts, index, 0, len(self.lines)) - 1
        return line, index - self._starts[line]

    def index(self, line: int, column: int) -> int:
        return self._starts[line] + column

    def place(self, line: int, column: int, end_line: int, end_column: int) -> Place:
        return Place(
            self.file,
            self.first + line + 1,
            self._column(line, column) + 1,
            self.first + end_line + 1,
            self._column(end_line, end_column) + 1,
        )

    def span(self, start: int, end: int) -> Place:
        """The place of characters `start` to `end` of the text."""
        return self.place(*self.position(start), *self.position(max(start, end)))

    def original(self, line: int, start: int, end: int) -> str | None:
        """What the author wrote at a stretch of a mended line; None for a line as it was."""
        if line not in self._mended:
            return None
        return self._mended[line][0][self._column(line, start) : self._column(line, end)]

    def mended(self, edits: Sequence[Edit]) -> Stretch:
        """The text with the edits made; of two that overlap the later in the line."""
        lines, mended = list(self.lines), dict(self._mended)
        free = {edit.line: len(lines[edit.line]) for edit in edits}
        for edit in sorted(edits, key=lambda e: (e.line, -e.start)):
            line = lines[edit.line]
            if edit.end > free[edit.line]:
                continue
            free[edit.line] = edit.start
            original, columns = mended.get(edit.line, (line, range(len(line) + 1)))
            new = [columns[edit.start + i] for i in _origins(line[edit.start : edit.end], edit.text)]
            lines[edit.line] = line[: edit.start] + edit.text + line[edit.end :]
            mended[edit.line] = original, [*columns[: edit.start], *new, *columns[edit.end :]]
        return Stretch(self.file, "\n".join(lines), self.first, mended)

    def _column(self, line: int, column: int) -> int:
        if line not in self._mended:
            return column
        columns = self._mended[line][1]
        return columns[min(column, len(columns) - 1)]


def _origins(old: str, new: str) -> list[int]:
    """For each character of `new`, which is `old` with characters put in or made half-width, where it comes from."""
    at, origins = 0, []
    for character in new:
        origins.append(min(at, len(old)))
        if at < len(old) and character == old[at].translate(_SAME):
            at += 1
    return origins
