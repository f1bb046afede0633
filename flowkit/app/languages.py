"""Texts for people in several languages: `{zh: 维修工单, en: Repair order}` becomes its Chinese, by which all else goes.

The others are gathered, by language and by their Chinese. Where such texts stand is known from the key tables alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flowkit.app.files import Source
from flowkit.app.nouns.shapes import Either, ListOf, MapOf, Named, Shape, Table
from flowkit.app.nouns.tables import NOUNS, PARTS, SHAPES, document_keys
from flowkit.diagnostics import Findings, Place, Related, shown
from flowkit.source.keys import LANGUAGES, Key
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.source.rows import read_rows

Texts = Mapping[str, Mapping[str, str]]
"""By language: each Chinese text of an app in that language. Templates stand as they are written, with their `{{ }}`."""

HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
"""What a template fills in."""

FIRST = LANGUAGES[0]
_READ: Mapping[str, Shape] = {"words": "words", "template": "languages"}
"""How keys of these kinds stand: a template keeps its languages, for it leaves in that of the app."""
_AS = "write {zh: 维修工单, en: Repair order}"


def gather(source: Source, findings: Findings) -> Texts:
    """The texts of all documents, which keep their Chinese only. Reports what is no text in several languages."""
    gathering = _Gathering(findings)
    for noun, documents in source.documents.items():
        for name, document in documents.items():
            node = gathering.table(document.node, NOUNS[noun], document_keys(noun))
            documents[name] = replace(document, node=node)
            listed = node.get("texts") if noun == "app" else None
            for row in read_rows(listed, source.table(document.place.file), findings) if listed is not None else ():
                gathering.text(row)
    return {code: {zh: text for zh, (text, _) in found.items()} for code, found in gathering.found.items()}


@dataclass(frozen=True, slots=True)
class _Gathering:
    findings: Findings
    found: dict[str, dict[str, tuple[str, Place]]] = field(
        default_factory=lambda: {code: {} for code in LANGUAGES if code != FIRST}
    )

    def table(self, node: MappingNode, table: Table, keys: Sequence[Key]) -> MappingNode:
        texts: dict[str, Shape] = {key.name: _READ[key.kind] for key in keys if key.kind in _READ}
        shapes = {**texts, **table.inside}
        return replace(
            node,
            entries={k: self._plain(each, shapes[k]) if k in shapes else each for k, each in node.entries.items()},
        )

    def _plain(self, node: Node, shape: Shape) -> Node:
        """The same with the Chinese alone, as far as it has that shape: what else is wrong with it others report."""
        match shape, node:
            case "words", MappingNode() if set(LANGUAGES) & node.entries.keys():
                return self.text(node)
            case "languages", MappingNode() if set(LANGUAGES) & node.entries.keys():
                self.text(node)
            case Named(name), _ if name in SHAPES:
                return self._plain(node, SHAPES[name])
            case Named(name), MappingNode():
                table = PARTS.get(name) or NOUNS[name]
                return self.table(node, table, table.keys)
            case MapOf(of), MappingNode():
                return replace(node, entries={k: self._plain(each, of) for k, each in node.entries.items()})
            case ListOf(of), SequenceNode():
                return replace(node, items=tuple(self._plain(each, of) for each in node))
            case Either(shapes), _:
                for each in shapes:
                    node = self._plain(node, each)
        return node

    def text(self, node: MappingNode) -> ScalarNode:
        """Its Chinese, the others kept; what has none is told here and by nobody else."""
        given = ((name, self._read(name, node.keys[name], each)) for name, _, each in node.items())
        texts = {name: each for name, each in given if each is not None}
        chinese = texts.pop(FIRST, None)
        if FIRST not in node:
            self._wrong(node.place, "this text has no Chinese", f"write {FIRST}: … too: all else goes by it")
        if chinese is None:
            return ScalarNode("", "", node.place, refused=True)
        for code, text in texts.items():
            self._keep(code, chinese, text)
        return chinese

    def _read(self, code: str, place: Place, node: Node) -> ScalarNode | None:
        if code not in LANGUAGES:
            help = f"there are {', '.join(LANGUAGES)}"
            self._wrong(place, f"{shown(code)} is no language that texts stand in", help)
            return None
        if not isinstance(node, ScalarNode) or node.value is None or not node.typed.strip():
            self._wrong(node.place, f"there is no text for {code}", _AS)
            return None
        return node

    def _keep(self, code: str, chinese: ScalarNode, text: ScalarNode) -> None:
        holes = sorted(" ".join(each.split()) for each in HOLE.findall(chinese.typed))
        if (
            holes != sorted(" ".join(each.split()) for each in HOLE.findall(text.typed))
            or "{%" in chinese.typed + text.typed
        ):
            help = (
                "the same {{ }} in both, in any order, and no {% %}: pages tell it again from what it became in Chinese"
            )
            self.findings.warning("bad-languages", text.place, "these two texts do not fill in the same", help)
            return
        known = self.found[code].setdefault(chinese.typed, (text.typed, text.place))
        if known[0] != text.typed:
            message = f"{shown(chinese.typed)} is already {shown(known[0])}, and here {shown(text.typed)}"
            related = [Related(known[1], "the other stands here")]
            self.findings.error(
                "two-translations", text.place, message, "say it alike, or give one another Chinese", related
            )

    def _wrong(self, place: Place, message: str, help: str) -> None:
        self.findings.error("bad-languages", place, message, help)
