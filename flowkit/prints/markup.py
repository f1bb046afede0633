"""Where in a page of HTML a value may stand: in text, and inside the quotes of an ordinary attribute.

There, escaping makes it plain text. In a script, a style, the name of a tag, an attribute without quotes or an address as a
whole it could still act, so such a page is refused when it is loaded. Knows HTML; knows no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

_BRACES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_VALUE, _BLOCK = "\ue000", "\ue001"  # of the private area: no page's own text means anything by them
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+)""")
_ADDRESSES = frozenset({"href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "cite"})
_CODE = frozenset({"style", "srcdoc", "srcset"})
_OWN_LINK = re.compile(r"\{\{\s*case\s*\.\s*link\s*\}\}")


@dataclass(frozen=True, slots=True)
class UnsafeValue:
    """A value that stands where it could act. `start` and `end` count characters of the page."""

    start: int
    end: int
    message: str
    help: str


def unsafe_values(text: str) -> tuple[UnsafeValue, ...]:
    """The values of a page that stand where escaping does not make them harmless, in the order of their places."""
    reader = _Reader(text)
    reader.feed(_BRACES.sub(_marked, text.replace(_VALUE, " ").replace(_BLOCK, " ")))
    reader.close()
    return tuple(sorted(reader.found, key=lambda value: value.start))


def _marked(match: re.Match[str]) -> str:
    """As many signs as there were characters, so that places stay; line ends stay line ends."""
    sign = _VALUE if match[0].startswith("{{") else _BLOCK
    return "".join("\n" if c == "\n" else sign for c in match[0])


class _Reader(HTMLParser):
    """Goes through a page in which each value is a run of one sign."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self._text = text
        self._lines = [0, *(m.end() for m in re.finditer("\n", text))]
        self._within = ""
        self.found: list[UnsafeValue] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag if tag in {"script", "style"} else ""
        raw, at = self.get_starttag_text() or "", self._offset()
        for start, end in _values(raw):
            self._judge(raw, at, start, end)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._within = ""

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within:
            at = self._offset()
            for start, end in _values(data):
                self._refuse(at, start, end, f"a value cannot stand within <{self._within}>", "put it into the text")

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _judge(self, raw: str, at: int, start: int, end: int) -> None:
        """One value within a tag."""
        attribute = next((m for m in _ATTRIBUTE.finditer(raw) if m.start(2) <= start < m.end(2)), None)
        if attribute is None or raw[attribute.start(2)] not in "\"'":
            message = "within a tag a value stands inside the quotes of an attribute"
            self._refuse(at, start, end, message, 'write title="{{ … }}"')
            return
        name = attribute[1].lower()
        if name in _CODE or name.startswith("on"):
            self._refuse(at, start, end, f"a value cannot stand in {name}=", "put it into the text")
        elif name in _ADDRESSES and not raw[attribute.start(2) + 1 : start].strip(f" \t\n\r\f{_VALUE}{_BLOCK}"):
            self._judge_address(name, at, start, end)

    def _judge_address(self, name: str, at: int, start: int, end: int) -> None:
        """A value with which an address begins: it could say `javascript:`. The case's own link cannot."""
        if not _OWN_LINK.fullmatch(self._text, at + start, at + end):
            message = "an address cannot be a value as a whole, nor begin with one"
            self._refuse(at, start, end, message, f'write {name}="https://example.com/{{{{ … }}}}"')

    def _refuse(self, at: int, start: int, end: int, message: str, help: str) -> None:
        self.found.append(UnsafeValue(at + start, at + end, message, help))


def _values(marked: str) -> Iterator[tuple[int, int]]:
    return ((m.start(), m.end()) for m in re.finditer(f"{_VALUE}[{_VALUE}\n]*", marked))
