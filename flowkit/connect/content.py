"""What is sent: a path, parameters, headers and a body with expressions in them, filled from arguments.

Pure: a secret stays a `Secret` until the request leaves. What a value holds can never change where a request goes: in a
path and in parameters it is percent-encoded, in headers line ends are refused, in a body it is JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowkit.connect.json_text import write_text
from flowkit.connect.secret import Secret, names_a_secret, text_or_secret
from flowkit.diagnostics import Findings, Place, shown
from flowkit.errors import RefusedError
from flowkit.rules.language.expression import Expression, compile_expression
from flowkit.rules.language.scope import Scope
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.wire.addresses import encoded, in_path, split

_HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_ORIGIN = re.compile(r"https?://[^/?#\s\\]+(?=/)", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-encoding", "accept-encoding"})
Names = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Path:
    """A path with holes. `texts` stand around the `holes`, one more of them than of those.

    `origin` is scheme and host where the address is whole; "" where the base goes before it.
    """

    origin: str
    texts: tuple[str, ...]
    holes: tuple[Expression, ...] = field(repr=False)

    def fill(self, names: Names) -> str:
        """The path, percent-encoded. Raises RefusedError where a hole is empty or would climb to another path."""
        out = in_path(self.texts[0])
        for hole, text in zip(self.holes, self.texts[1:], strict=True):
            value = hole.evaluate(names)
            if value is None or value == "":
                raise RefusedError("invalid", f"地址里的“{hole.text.strip()}”是空的")
            out += encoded(write_text(value)) + in_path(text)
        if self.holes and any(part in {".", ".."} for part in out.split("/")):
            raise RefusedError("invalid", "地址里不能有“.”或“..”")
        return out


def compile_path(node: ScalarNode, scope: Scope, findings: Findings) -> Path | None:
    """A path such as `/stock/{{ part }}`, or a whole address whose host is written out."""
    texts, holes = _HOLE.split(node.typed)[::2], []
    origin = _ORIGIN.match(texts[0])
    if origin is not None:
        texts[0] = texts[0][origin.end() :]
    advice = _misplaced(origin, texts)
    if advice:
        # Not quoted: an address with a name and a password in it is a secret.
        findings.error("bad-path", node.place, "expected a path such as /stock/{{ part }}", advice)
        return None
    for hole in _HOLE.finditer(node.typed):
        place = node.inner(hole.start(1), hole.end(1))
        compiled = compile_expression(ScalarNode(hole[1], hole[1], place), scope, findings)
        if compiled is None:
            return None
        holes.append(compiled)
    return Path(origin[0] if origin is not None else "", tuple(texts), tuple(holes))


def _misplaced(origin: re.Match[str] | None, texts: list[str]) -> str:
    """What to do about a path that is none: what holes hold may never be part of the host."""
    written = "".join(texts)
    if origin is not None and "@" in origin[0]:
        return "who asks stands under sign_in, not in an address"
    if origin is not None and split(origin[0]) is None:
        return "write the host out: https://erp.example.com/stock/{{ part }}"
    if not texts[0].startswith("/") or texts[0].startswith("//"):
        whole = "https://erp.example.com/stock/{{ part }}"
        return f"write the host out: {whole}" if "://" in written else "write a path from / on"
    if "?" in written or "#" in written:
        return "parameters stand under query: {part: =part}"
    if "{" in written or "}" in written:
        return "a value stands between double braces: /stock/{{ part }}"
    return "no blanks in a path" if any(c.isspace() or not c.isprintable() for c in written) else ""


@dataclass(frozen=True, slots=True)
class Constant:
    value: Any

    def fill(self, names: Names) -> Any:
        return self.value


@dataclass(frozen=True, slots=True)
class Computed:
    expression: Expression

    def fill(self, names: Names) -> Any:
        return self.expression.evaluate(names)


@dataclass(frozen=True, slots=True)
class Many:
    items: tuple[Content, ...]

    def fill(self, names: Names) -> Any:
        return [item.fill(names) for item in self.items]


@dataclass(frozen=True, slots=True)
class Record:
    entries: Mapping[str, Content]

    def fill(self, names: Names) -> Any:
        return {name: entry.fill(names) for name, entry in self.entries.items()}


Content = Constant | Computed | Many | Record
"""What fills a body: JSON data with expressions and secrets in it."""


def compile_content(node: Node, scope: Scope, findings: Findings, name: str = "") -> Content | None:
    """A constant (`3` stays a number, as JSON has it), a secret, an `=expression`, or a list or map of these."""
    if isinstance(node, SequenceNode):
        items = [compile_content(item, scope, findings, name) for item in node]
        return Many(tuple(item for item in items if item is not None))
    if isinstance(node, MappingNode):
        entries = {key: compile_content(value, scope, findings, key) for key, _, value in node.items()}
        return Record({key: entry for key, entry in entries.items() if entry is not None})
    if isinstance(node.value, str) and node.typed.startswith("="):
        inner = ScalarNode(node.typed[1:], node.typed[1:], node.inner(1, len(node.typed)))
        expression = compile_expression(inner, scope, findings)
        return Computed(expression) if expression is not None else None
    if not isinstance(node.value, str):
        return Constant(node.value)
    text = text_or_secret(node, findings)
    if isinstance(text, str) and names_a_secret(name):
        findings.error(
            "literal-secret",
            node.place,
            f'"{name}" is a secret and may not stand in a file',
            f"write {name}: ${{env:NAME}} and set NAME where flowkit runs",
        )
        return None
    return Constant(text) if text is not None else None


def compile_pairs(
    node: MappingNode | None, scope: Scope, findings: Findings, *, headers: bool = False
) -> Mapping[str, Content]:
    """The parameters or headers of a request, by name."""
    pairs = {}
    for name, place, value in node.items() if node is not None else ():
        if headers and not _usable_header(name, place, findings):
            continue
        if isinstance(value, MappingNode) or (headers and isinstance(value, SequenceNode)):
            findings.error("wrong-kind", value.place, "expected a value or an =expression")
            continue
        compiled = compile_content(value, scope, findings, name)
        if compiled is not None:
            pairs[name] = compiled
    return pairs


def _usable_header(name: str, place: Place, findings: Findings) -> bool:
    if not _HEADER.fullmatch(name):
        findings.error("bad-name", place, f"{shown(name)} is no name of a header")
        return False
    if name.lower() in _OURS:
        findings.error("wrong-key", place, f'the header "{name}" is set by the program itself', "leave it out")
        return False
    return True


def fill_pairs(pairs: Mapping[str, Content], names: Names) -> tuple[tuple[str, str | Secret], ...]:
    """Each name with its text; empty ones are left out, a list gives its name several times."""
    out: list[tuple[str, str | Secret]] = []
    for name, content in pairs.items():
        value = content.fill(names)
        several = value if isinstance(value, (list, tuple)) else (value,)
        out += [(name, v if isinstance(v, Secret) else write_text(v)) for v in several if v is not None]
    return tuple(out)


def fill_headers(pairs: Mapping[str, Content], names: Names) -> tuple[tuple[str, str | Secret], ...]:
    """The headers. Raises RefusedError where a value holds what no header can."""
    filled = fill_pairs(pairs, names)
    for name, text in filled:
        if isinstance(text, str) and not usable_in_header(text):
            raise RefusedError("invalid", f"请求头 {name} 的内容含有不允许的字符")
    return filled


def usable_in_header(text: str) -> bool:
    """Whether a header can hold the text: printable ASCII only, so that it can never become a second header."""
    return text.isascii() and text.isprintable() and len(text) <= 8_000
