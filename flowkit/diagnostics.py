"""What can be wrong with an author's file, as data: a place, a code, words, a way out.

Knows nothing of YAML or of any noun. Text, JSON and editor output are renderers of `Diagnostic`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from unicodedata import combining, east_asian_width

from flowkit.suggest import did_you_mean

Severity = Literal["error", "warning"]

# Longer lines are shown in part, around the mistake.
_WINDOW = 200


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
    """One mistake: `code` names its kind (`unknown-key`), `message` says it, `help` says what to do.

    `secret`: what stands at its place may not be shown to whoever reads about the mistake.
    """

    code: str
    severity: Severity
    message: str
    place: Place
    help: str = ""
    related: tuple[Related, ...] = ()
    secret: bool = False

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
        self,
        code: str,
        place: Place,
        message: str,
        help: str = "",
        related: Sequence[Related] = (),
        *,
        secret: bool = False,
    ) -> None:
        self._found[Diagnostic(code, "error", message, place, help, tuple(related), secret)] = None

    def warning(self, code: str, place: Place, message: str, help: str = "", related: Sequence[Related] = ()) -> None:
        self._found[Diagnostic(code, "warning", message, place, help, tuple(related))] = None

    def knows(self, name: str, known: Collection[str], place: Place, message: str) -> bool:
        """Whether that name is one of the known; else it is told, with the one that may be meant."""
        if name in known:
            return True
        self.error("unknown-name", place, message, did_you_mean(name, known))
        return False

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        self._found.update(dict.fromkeys(diagnostics))

    @property
    def errors(self) -> list[Diagnostic]:
        return [d for d in self if d.severity == "error"]

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._found, key=lambda d: (d.place, d.severity, d.code, d.message)))

    def __len__(self) -> int:
        return len(self._found)


def shown(text: str, limit: int = 40, quotes: bool = True) -> str:
    """`text` as a message quotes it: on one line, cut where it is long, without characters that move a cursor."""
    flat = "".join(c if c.isprintable() else "·" for c in " ".join(text.split()))
    flat = flat if len(flat) <= limit else flat[: limit - 1] + "…"
    return f'"{flat}"' if quotes else flat


def without_secrets(
    diagnostics: Iterable[Diagnostic], line_text: Callable[[str, int], str | None]
) -> Callable[[str, int], str | None]:
    """`line_text` with a star for each character of what may not be shown, also where another mistake shows the line."""
    places = [d.place for d in diagnostics if d.secret]

    def shown_line(file: str, number: int) -> str | None:
        line = line_text(file, number)
        for place in places if line is not None else ():
            if place.file == file and place.line <= number <= place.end_line:
                assert line is not None
                start = place.column - 1 if number == place.line else 0
                end = place.end_column - 1 if number == place.end_line else len(line)
                line = line[:start] + "*" * (min(end, len(line)) - start) + line[end:]
        return line

    return shown_line


def render(diagnostic: Diagnostic, line_text: Callable[[str, int], str | None]) -> str:
    """One diagnostic as text with a caret; `line_text(file, line)` gives the source line or None."""
    place = diagnostic.place
    out = [f"{place}: {diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    source = line_text(place.file, place.line)
    if source is not None:
        source = source.rstrip("\r\n")
        end = place.end_column if place.end_line == place.line else len(source) + 1
        out += _marked(source, place.column - 1, max(end - 1, place.column))
    if diagnostic.help:
        out.append(f"  help: {diagnostic.help}")
    out += [f"  see {r.place}: {r.message}" for r in diagnostic.related]
    return "\n".join(out)


def _marked(source: str, start: int, end: int) -> list[str]:
    """The line and the carets below it. Of a long line only the part around the mistake is given."""
    cut = max(0, start - _WINDOW // 2) if len(source) > _WINDOW else 0
    window = source[cut : cut + _WINDOW]
    text = "".join(c if c == "\t" or c.isprintable() else "·" for c in window)
    before, after = "…" if cut else "", "…" if cut + _WINDOW < len(source) else ""
    # A wide character takes two cells of a terminal; the caret line must take as many.
    lead = " " * len(before) + "".join(_blank(c) for c in text[: start - cut])
    carets = "^" * max(1, sum(len(_blank(c)) for c in text[start - cut : end - cut]))
    return [f"    {before}{text}{after}", f"    {lead}{carets}"]


def _blank(character: str) -> str:
    """As many blanks as the character takes cells."""
    if character == "\t":
        return "\t"
    if combining(character):
        return ""
    return "  " if east_asian_width(character) in "WF" else " "
