"""A list of options written at the field itself, chosen from in whatever width or case people type."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flowkit.diagnostics import Findings, Related, shown
from flowkit.source.nodes import ScalarNode, SequenceNode


def fold(text: str) -> str:
    """What stays of a spelling when width, case and spaces are forgotten: `ＡＢ c` and `abc` are one."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True, slots=True)
class Options:
    """Options in the author's order; a text means the option it equals once width, case and spaces are forgotten."""

    options: tuple[str, ...]
    _spellings: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, options: Sequence[str]) -> Options:
        spellings: dict[str, str] = {}
        for option in options:
            spellings.setdefault(fold(option), option)
        return cls(tuple(options), spellings)

    def resolve(self, text: str) -> str | None:
        if text in self.options:
            return text
        return self._spellings.get(fold(text))


def options_of(node: SequenceNode, findings: Findings) -> Options | None:
    """The options written as a list; equal ones and what is no text are reported."""
    texts: dict[str, ScalarNode] = {}
    for option in node:
        if not isinstance(option, ScalarNode) or not option.typed.strip():
            findings.error("wrong-kind", option.place, "expected the text of an option")
            continue
        text = option.typed.strip()
        if text in texts:
            related = [Related(texts[text].place, "the first stands here")]
            findings.error("duplicate-name", option.place, f"option {shown(text)} stands twice", "remove one", related)
        texts.setdefault(text, option)
    if not texts:
        findings.error("wrong-kind", node.place, "expected at least one option, found none", "options: [有, 无]")
        return None
    return Options.of(tuple(texts))
