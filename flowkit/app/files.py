"""The files of an app: which there are, their text, and the documents in them, sorted by noun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flowkit.diagnostics import Diagnostic, Findings, Place, Related
from flowkit.source.files import read_text
from flowkit.source.likeness import LIKE, with_likeness
from flowkit.source.nodes import MappingNode, ScalarNode
from flowkit.source.reading import Document, read
from flowkit.source.rows import beside
from flowkit.source.screening import Limits
from flowkit.suggest import did_you_mean
from flowkit.version import VERSION

KNOWN = (
    "app",
    "vocabulary",
    "entity",
    "form",
    "scorecard",
    "decision",
    "dispatch",
    "workflow",
    "notification",
    "channel",
    "mapping",
    "connector",
    "print",
    "watch",
    "schedule",
    "view",
    "intake",
    "scenario",
)
LATER = ("knowledge", "metric")
_LOST = frozenset(
    {"not-a-mapping", "no-noun", "too-large", "too-many", "too-deep", "bad-encoding", "no-file", "outside-app"}
)
"""Mistakes for which a whole document is not there, beside those at which one breaks off."""

PINNED = ("workflow", "form", "scorecard", "decision", "dispatch", "mapping")
"""What judges a case: a case keeps the version of these that it began with. All else is live."""

MOST_BYTES = 80_000_000
"""How large a table may be: more could not be read anyway."""


@dataclass(slots=True)
class Source:
    """The documents of an app by noun and name, and where each came from.

    `tables` holds the text of files that documents name, by (file of the document, name as written); `lines` the lines
    of every file by the name that places give it. `unread` are the mistakes for which a part of the app is not there.
    """

    root: Path
    findings: Findings
    documents: dict[str, dict[str, Document]] = field(default_factory=lambda: {noun: {} for noun in KNOWN})
    tables: dict[tuple[str, str], str] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)
    unread: list[Diagnostic] = field(default_factory=list)

    def add(self, document: Document) -> None:
        """Take up one document; an unknown noun or a second document of that name is reported."""
        noun, place = document.noun, document.place
        if noun in LATER:
            self.findings.error("not-yet", place, f"flowkit {VERSION} does not know `{noun}` yet")
            return
        if noun not in KNOWN:
            help = did_you_mean(noun, (*KNOWN, *LATER))
            self.findings.error("unknown-noun", place, f'"{noun}" is nothing that flowkit knows', help)
            return
        name = document.name.typed if document.name is not None else ""
        if not name:
            return  # whoever read the document has said so
        first = self.documents[noun].get(name) or (
            next(iter(self.documents["app"].values()), None) if noun == "app" else None
        )
        if first is not None:
            message = f'a second {noun} "{name}"' if noun != "app" else "an app has one `app` document"
            self.findings.error(
                "duplicate-name", place, message, related=[Related(first.place, "the first stands here")]
            )
            return
        self.documents[noun][name] = document

    def inside(self, file: str) -> str:
        """A file as it is called within the app's folder, wherever one stands who looks at it."""
        return Path(file).relative_to(self.root).as_posix()

    def table(self, document_file: str) -> Callable[[str], str]:
        """Reads files that a document names, relative to the document's own folder, never outside the app."""

        def read_named(name: str) -> str:
            key = (document_file, name)
            if key not in self.tables:
                file = beside(document_file, name)
                path = Path(file).resolve()
                if not path.is_relative_to(self.root.resolve()):
                    raise OSError("it lies outside the app's folder")
                if path.exists() and not path.is_file():
                    raise OSError("it is no ordinary file")
                if path.exists() and path.stat().st_size > MOST_BYTES:
                    raise OSError(f"it is larger than {MOST_BYTES} bytes")
                self.tables[key] = path.read_text(encoding="utf-8-sig")
                self.lines[file] = self.tables[key].splitlines()
            return self.tables[key]

        return read_named

    def body(self, document: Document) -> MappingNode:
        """A document without the key that says what it defines, and with what it takes from another by `like`."""
        own = _own(document)
        if LIKE not in own.entries:
            return own
        there = {name: _own(d) for name, d in self.documents[document.noun].items()}
        return with_likeness(own, there, document.noun, self.findings)

    def likenesses(self, document: Document) -> list[str]:
        """The document's name and those of all that it takes from."""
        names: list[str] = []
        following: Document | None = document
        while following is not None and following.name is not None and following.name.typed not in names:
            names.append(following.name.typed)
            like = following.node.get("like")
            following = self.documents[document.noun].get(like.typed) if isinstance(like, ScalarNode) else None
        return names

    def line(self, file: str, number: int) -> str | None:
        lines = self.lines.get(file, [])
        return lines[number - 1] if 0 < number <= len(lines) else None


def _own(document: Document) -> MappingNode:
    node = document.node
    return MappingNode(
        {k: v for k, v in node.entries.items() if k != document.noun},
        {k: p for k, p in node.keys.items() if k != document.noun},
        node.place,
        node.complete,
    )


def read_folder(path: Path, findings: Findings, *, scenarios: bool = True) -> Source:
    """Every YAML file below `path` (hidden ones and folders left out), in the order of their names.

    Without `scenarios` those documents are left out, and whatever is wrong with them.
    """
    source = Source(path, findings)
    if not path.is_dir():
        where = "it is a file" if path.exists() else "there is no such folder"
        findings.error("missing-app", Place(str(path)), f"an app is a folder of YAML: {where}")
        return source
    # What is no ordinary file is told when it is read.
    files = sorted(f for f in path.rglob("*") if f.suffix.lower() in (".yaml", ".yml") and not _hidden(f, path))
    if not files:
        findings.error("missing-app", Place(str(path)), "there is no .yaml file in this folder")
    for file in files:
        unread = Findings()
        text = read_text(file, path, unread, Limits().characters * 4)
        # Places name files as the user would from where he stands, so that a terminal can open them.
        placed = [replace(d, place=replace(d.place, file=str(file))) for d in unread]
        findings.extend(placed)
        source.unread += placed
        if text is not None:
            source.lines[str(file)] = text.splitlines()
            _take_up(text, str(file), source, scenarios)
    return source


def _take_up(text: str, file: str, source: Source, scenarios: bool) -> None:
    """The documents of one file; what it broke off at, or could not be read for, is `unread` too."""
    told = Findings()
    documents = read(text, file, told)
    left_out = [d for d in documents if d.noun == "scenario" and not scenarios]
    documents = [d for d in documents if d not in left_out]
    found = Findings()
    found.extend(d for d in told if not any(o.place.line <= d.place.line <= o.end for o in left_out))
    source.findings.extend(found)
    if any(not d.node.complete for d in documents) or any(d.code in _LOST for d in found):
        source.unread += found.errors
    for document in documents:
        source.add(document)


def read_pinned(closure: Mapping[str, Any], live: Source, findings: Findings) -> Source:
    """A source of which the pinned nouns and their tables come from a closure's texts, and all else from `live`.

    Nothing is read from the disk: an author may be at work there.
    """
    tables = {(str(live.root / t["file"]), t["name"]): t["text"] for t in closure["tables"]}
    source = Source(live.root, findings, tables={**live.tables, **tables})
    for noun, documents in live.documents.items():
        if noun not in PINNED:
            source.documents[noun].update(documents)
    for stored in closure["documents"]:
        for document in read(stored["text"], str(live.root / stored["file"]), findings):
            source.add(document)
    return source


def _hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts)
