"""The border to PyYAML: text into a stream of parse events, by libyaml where it is there, else in pure Python.

Both give the same events and the same kinds of failure. Nothing above this file sees an exception of PyYAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError
from yaml.tokens import ScalarToken, TagToken

# Absent where PyYAML was built without libyaml.
_LIBYAML: Any = getattr(getattr(yaml, "cyaml", None), "CParser", None)

_TAG = re.compile(r"(!(?:[-_0-9A-Za-z]*!)?)((?:[-0-9A-Za-z;/?:@&=+$_.!~*'()]|%[0-9A-Fa-f]{2})*)")

# How the two loaders word one failure, and what it is called here; the first that fits counts.
_KINDS = (
    ("sign", re.compile(r"scanning an? (?:anchor|alias|tag)|tag handle|parsing a tag")),
    ("escape", re.compile("escape|hexdecimal|hexadecimal")),
    ("open-quote", re.compile(r"quoted scalar.*unexpected (?:end of stream|document)")),
    ("block-header", re.compile("scanning a block scalar")),
    ("directive", re.compile("scanning a directive")),
    ("start", re.compile("cannot start any token")),
    ("colon", re.compile("mapping values are not allowed")),
    ("dash", re.compile("sequence entries are not allowed")),
    ("question", re.compile("mapping keys are not allowed")),
    ("no-colon", re.compile("could not find expected ':'")),
    ("flow-colon", re.compile("unexpected ':'")),
    ("flow-end", re.compile(r"expected ',' or")),
    ("no-content", re.compile("expected (?:the )?node content")),
    ("misfit", re.compile(r"did not find expected (?:key|'-' indicator)|expected <block end>")),
    ("second-root", re.compile(r"expected '?<document start>")),
)


@dataclass(frozen=True, slots=True)
class BrokenTextError(Exception):
    """The text is not YAML. `kind` says how; `index` where it was noticed, `context` where what failed had begun."""

    kind: str
    index: int
    context: int


class _PureParser(Reader, Scanner, Parser):
    """PyYAML's own parser, brought in line with libyaml on `?` and `:` inside braces, on tags and escapes."""

    def __init__(self, stream: str) -> None:
        Reader.__init__(self, stream)
        Scanner.__init__(self)
        Parser.__init__(self)

    def scan_plain(self) -> ScalarToken:
        scanner: Any = self
        chunks: list[str] = []
        spaces: list[str] = []
        start = end = scanner.get_mark()
        indent = scanner.indent + 1
        while scanner.peek() != "#":
            length = self._plain_length(start)
            if length == 0:
                break
            scanner.allow_simple_key = False
            chunks += [*spaces, scanner.prefix(length)]
            scanner.forward(length)
            end = scanner.get_mark()
            spaces = scanner.scan_plain_spaces(indent, start)
            if not spaces or scanner.peek() == "#" or (not scanner.flow_level and scanner.column < indent):
                break
        return ScalarToken("".join(chunks), True, start, end)

    def scan_directive(self) -> Any:
        scanner: Any = super()
        mark: Any = self.get_mark()
        if re.compile("%(?:YAML|TAG)[ \\n]").match(self.buffer, self.pointer) is None:
            raise ScannerError("while scanning a directive", mark, "found unknown directive name", mark)
        return scanner.scan_directive()

    def scan_tag(self) -> TagToken:
        scanner: Any = self
        start = scanner.get_mark()
        tag = _TAG.match(scanner.buffer, scanner.pointer)
        scanner.forward(tag.end() - tag.start() if tag else 1)
        if tag is None or not (scanner.peek() in "\0 \n" or (scanner.flow_level and scanner.peek() == ",")):
            raise ScannerError("while scanning a tag", start, "did not find expected whitespace", scanner.get_mark())
        return TagToken((tag.group(1), tag.group(2)), start, scanner.get_mark())

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Any) -> list[str]:
        scanner: Any = super()
        try:
            chunks: list[str] = scanner.scan_flow_scalar_non_spaces(double, start_mark)
        except (ValueError, OverflowError):
            chunks = ["\ud800"]
        if any("\ud800" <= chunk <= "\udfff" for chunk in chunks if len(chunk) == 1):
            raise ScannerError("while scanning a quoted scalar", start_mark, "found invalid escape", start_mark)
        return chunks

    def _plain_length(self, start: Any) -> int:
        scanner: Any = self
        length = 0
        while (character := scanner.peek(length)) not in "\0 \n":
            following = scanner.peek(length + 1) if character == ":" else ""
            if character == ":" and following in "\0 \n":
                break
            if scanner.flow_level and character == ":" and following in ",?[]{}":
                scanner.forward(length)
                raise ScannerError("while scanning a plain scalar", start, "found unexpected ':'", scanner.get_mark())
            if scanner.flow_level and character in ",[]{}":
                break
            length += 1
        return length


def events(text: str, pure: bool = False) -> Iterator[Any]:
    r"""The parse events of one document, marks counting characters from 0; raises BrokenTextError where the text breaks off.

    `text` has `\n` line ends, no tabs and no control characters: there the two loaders disagree.
    """
    parser: Any = _PureParser(text) if pure or _LIBYAML is None else _LIBYAML(text)
    try:
        while parser.check_event():
            yield parser.get_event()
    except yaml.MarkedYAMLError as error:
        raise _broken(error, len(text.rstrip())) from None
    finally:
        parser.dispose()


def _broken(error: yaml.MarkedYAMLError, end: int) -> BrokenTextError:
    words = f"{error.context or ''} {error.problem or ''}"
    kind = next((kind for kind, pattern in _KINDS if pattern.search(words)), "other")
    # The loaders place the end of the text differently, and libyaml gives an unknown context as 0 lines.
    index = min(error.problem_mark.index, end) if error.problem_mark else end
    context = min(error.context_mark.index, end) if error.context_mark else index
    return BrokenTextError(kind, index, context)
