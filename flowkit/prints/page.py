"""A print: a page of HTML or text whose values a case fills in.

Knows templates and how values become harmless in HTML. It makes no PDF (see `paper`), reads no file itself, and does not
know where a page is filed.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Literal

from flowkit.diagnostics import Findings, Place
from flowkit.prints.fields import page_of
from flowkit.prints.markup import unsafe_values
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.template_reading import PAGE
from flowkit.rules.language.templates import Template, compile_all
from flowkit.source.keys import Key, read_keys, text_of
from flowkit.source.nodes import Node, ScalarNode
from flowkit.source.rows import ReadFile
from flowkit.version import VERSION

KEYS = (
    Key("title", "words", "what people see instead of the name", example="结算单"),
    Key(
        "page",
        "text",
        "the page, a .html or .txt file beside the YAML; without it the case's own fields",
        example="templates/settlement.html",
    ),
)

Kind = Literal["html", "text"]

_KINDS: dict[str, Kind] = {"html": "html", "htm": "html", "txt": "text"}
_LATER = ("docx", "doc", "odt", "xlsx")
_WHOLE = re.compile(r"<!doctype|<html[\s>]", re.IGNORECASE)
_HEAD = re.compile(r"<head(?:\s[^<>]*)?>", re.IGNORECASE)
_CHARSET = re.compile(r"<meta[^<>]*charset", re.IGNORECASE)
_STYLE = """@page { size: A4; margin: 18mm }
body { font-family: "Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "PingFang SC", sans-serif;
  font-size: 11pt; line-height: 1.5 }
h1 { font-size: 16pt } table { border-collapse: collapse; width: 100% }
th, td { border: 0.5pt solid #888; padding: 3pt 6pt; text-align: left; vertical-align: top; white-space: pre-line }"""


@dataclass(frozen=True, slots=True)
class PrintDefinition:
    """A print as written; `page` names its file, None where the case's own fields are meant."""

    name: str
    title: str
    page: ScalarNode | None
    place: Place


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page filled in: UTF-8, the same bytes for the same values. `sha256` is over `content`, in hexadecimal."""

    kind: Kind
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Print:
    """A print ready to be filled in. Pure."""

    definition: PrintDefinition
    kind: Kind
    template: Template = field(repr=False)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """Every path that the page reads, so that it can be fetched beforehand."""
        return self.template.reads

    def render(self, names: Any, locale: str = "zh", timezone: tzinfo | None = None) -> Rendered:
        """Fill in the page. Moments are shown on the clock of `timezone`, by default that of `names["now"]`.

        Values are data: what a person typed as `<script>` comes out as those eight characters. Raises EvaluationError where
        a value does not fit or the page becomes too long; whatever else `names` raises passes.
        """
        if self.kind == "text":
            return _rendered("text", self.template.render(names, locale, timezone))
        text = self.template.render(names, locale, timezone, html.escape)
        return _rendered("html", _whole(text, self.definition.title, locale))


def parse(node: Node, findings: Findings, name: str = "") -> PrintDefinition | None:
    """A print as written. Every mistake in its keys is reported; None when its page is of a kind that cannot be filled in."""
    read = read_keys(node, "print", KEYS, findings)
    if read is None:
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    page = read.get("page")
    if not isinstance(page, ScalarNode):
        return PrintDefinition(name, title or name, None, node.place)
    if _kind(page.typed) is None:
        _report_kind(page, findings)
        return None
    return PrintDefinition(name, title or name, page, node.place)


def link(
    definition: PrintDefinition,
    scope: Scope,
    findings: Findings,
    read_file: ReadFile,
    fields: Sequence[str] = (),
) -> Print | None:
    """Compile a print in the scope of what it prints; None, and findings, where that fails.

    `read_file` gives the text of the page by its name. `fields` are the names that a print without a page shows, in order.
    """
    if definition.page is None:
        found = compile_all(page_of(definition.title, fields, scope), scope, PAGE)
        if isinstance(found, Template):
            return Print(definition, "html", found)
        for error in found:
            findings.error(error.code, definition.place, error.message, error.help)
        return None
    kind = _kind(definition.page.typed)
    text = _text(definition.page, read_file, findings)
    if text is None or kind is None:
        return None
    name = definition.page.typed
    unsafe = unsafe_values(text) if kind == "html" else ()
    for value in unsafe:
        findings.error("unsafe-value", _place(name, text, value.start, value.end), value.message, value.help)
    found = compile_all(text, scope, PAGE)
    if isinstance(found, Template):
        return Print(definition, kind, found) if not unsafe else None
    for error in found:
        findings.error(error.code, _place(name, text, error.offset, error.end), error.message, error.help)
    return None


def _kind(name: str) -> Kind | None:
    return _KINDS.get(name.rpartition(".")[2].lower()) if "." in name else None


def _report_kind(page: ScalarNode, findings: Findings) -> None:
    ending = page.typed.rpartition(".")[2].lower()
    if "." in page.typed and ending in _LATER:
        message = f"flowkit {VERSION} does not fill in `.{ending}` yet"
        findings.error("not-yet", page.place, message, "write the page as .html or .txt")
        return
    message = f'expected the name of a .html or .txt file, found "{page.typed[:80]}"'
    findings.error("type-mismatch", page.place, message, "write page: templates/settlement.html")


def _text(page: ScalarNode, read_file: ReadFile, findings: Findings) -> str | None:
    try:
        return read_file(page.typed)
    except UnicodeDecodeError:
        findings.error("bad-encoding", page.place, f'"{page.typed}" is not UTF-8 text', "save it as UTF-8")
    except OSError as error:
        findings.error("missing-file", page.place, f'cannot read "{page.typed}": {error.strerror or error}')
    return None


def _place(file: str, text: str, start: int, end: int) -> Place:
    """The stretch of characters `start` to `end` of a file's text."""
    line, column = _position(text, start)
    end_line, end_column = _position(text, max(end, start + 1))
    return Place(file, line, column, end_line, end_column)


def _position(text: str, at: int) -> tuple[int, int]:
    at = min(at, len(text))
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _whole(text: str, title: str, locale: str) -> str:
    """A whole document that says which characters it is written in. What can be found in it no value can have written."""
    if not _WHOLE.search(text):
        head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
        return (
            f'<!doctype html>\n<html lang="{html.escape(locale)}"><head>{head}</head><body>\n{text}\n</body></html>\n'
        )
    if _CHARSET.search(text):
        return text
    found = _HEAD.search(text)
    at = found.end() if found is not None else 0
    return f'{text[:at]}<meta charset="utf-8">{text[at:]}'


def _rendered(kind: Kind, text: str) -> Rendered:
    content = text.encode("utf-8", "replace")
    return Rendered(kind, content, hashlib.sha256(content).hexdigest())
