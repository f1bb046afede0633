"""The words of the pages in the languages there are. Pages are written in Chinese; a catalogue gives the others.

What the author of an app wrote, and what people typed, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

DEFAULT = "zh"

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Language:
    """`code` as people choose it, `tag` as browsers know it. What the catalogue lacks stays Chinese.

    words     what templates and pages say
    engine    what the engine says and pages show; numbers stand as {0}, {1}
    problems  what is wrong with a field, by code, for sentences that are not in `engine`
    scripts   what scripts say
    """

    code: str
    tag: str
    name: str
    words: Mapping[str, str] = field(default_factory=dict)
    engine: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)

    def text(self, words: str, /, **given: object) -> str:
        found = self.words.get(words, words)
        return found.format(**given) if given else found

    def told(self, words: str) -> str:
        """A sentence of the engine's, or of a refusal of ours, with the numbers that are in it."""
        numbers: list[str] = []

        def taken(number: re.Match[str]) -> str:
            numbers.append(number[0])
            return f"{{{len(numbers) - 1}}}"

        found = self.engine.get(words) or self.words.get(words)
        if found is None:
            shape = _NUMBER.sub(taken, words)
            found = self.engine.get(shape) or self.words.get(shape)
        if found is None and "、" in words:
            return self.text("、").join(self.told(each) for each in words.split("、"))
        return words if found is None else found.format(*numbers)


@cache
def languages() -> Mapping[str, Language]:
    """By code. The English catalogue is read once."""
    catalogue = yaml.safe_load((Path(__file__).parent / "english.yaml").read_text(encoding="utf-8"))
    sections = (MappingProxyType(catalogue[name]) for name in ("pages", "engine", "problems", "scripts"))
    chinese, english = Language("zh", "zh-CN", "中文"), Language("en", "en", "English", *sections)
    return MappingProxyType({"zh": chinese, "en": english})


def chosen(cookie: str | None, accepted: str) -> str:
    """The language of a browser: what was chosen, else the first it accepts that there is."""
    if cookie in languages():
        return str(cookie)
    for part in accepted.lower().split(","):
        code = part.split(";")[0].strip()[:2]
        if code in languages():
            return code
    return DEFAULT
