"""What can be wrong with an author's file, as data: a place, a code, words, a way out.

Knows nothing of YAML or of any noun. Text, JSON and editor output are renderers of `Diagnostic`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from unicodedata import east_asian_width

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A stretch of one file. Lines and columns count characters from 1; the end is just past the last one."""

    file: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that explains a diagnostic, such as where a name was first defined."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: `code` names its kind (`unknown-key`), `message` says it, `help` says what to do."""

    code: str
    severity: Severity
    message: str
    place: Place
    help: str = ""
    related: tuple[Related, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The shape that `flowkit check --format json` prints."""
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "end_line": self.place.end_line,
            "end_column": self.place.end_column,
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "help": self.help,
            "related": [{"file": r.place.file, "line": r.place.line, "message": r.message} for r in self.related],
        }


class Findings:
    """Collects diagnostics during one reading, so that all are reported at once, sorted by place."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}

    def error(
        self, code: str, place: Place, message: str, help: str = "", related: Sequence[Related] = ()
    ) -> None:
        self._found[Diagnostic(code, "error", message, place, help, tuple(related))] = None

    def warning(
        self, code: str, place: Place, message: str, help: str = "", related: Sequence[Related] = ()
    ) -> None:
        self._found[Diagnostic(code, "warning", message, place, help, tuple(related))] = None

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        self._found.update(dict.fromkeys(diagnostics))

    @property
    def errors(self) -> list[Diagnostic]:
        return [d for d in self if d.severity == "error"]

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._found, key=lambda d: (d.place, d.severity, d.code, d.message)))

    def __len__(self) -> int:
        return len(self._found)


def render(diagnostic: Diagnostic, line_text: Callable[[str, int], str | None]) -> str:
    """One diagnostic as text with a caret; `line_text(file, line)` gives the source line or None."""
    place = diagnostic.place
    out = [f"{place}: {diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    source = line_text(place.file, place.line)
    if source is not None:
        width = max(1, (place.end_column if place.end_line == place.line else len(source) + 1) - place.column)
        # A wide character takes two cells of a terminal; the caret line must take as many.
        lead = "".join(_blank(c) for c in source[: place.column - 1])
        marked = source[place.column - 1 : place.column - 1 + width]
        out += [f"    {source}", f"    {lead}{'^' * max(1, sum(len(_blank(c)) for c in marked))}"]
    if diagnostic.help:
        out.append(f"  help: {diagnostic.help}")
    out += [f"  see {r.place}: {r.message}" for r in diagnostic.related]
    return "\n".join(out)


def _blank(character: str) -> str:
    if character == "\t":
        return "\t"
    return "  " if east_asian_width(character) in "WF" else " "
