"""The words of the pages in the languages there are. Pages are written in Chinese; a catalogue gives the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

DEFAULT = "zh"


@dataclass(frozen=True, slots=True)
class Language:
    """`code` as people choose it, `tag` as browsers know it. What the catalogue lacks stays Chinese."""

    code: str
    tag: str
    name: str
    words: Mapping[str, str]

    def text(self, words: str, **given: object) -> str:
        found = self.words.get(words, words)
        return found.format(**given) if given else found


@cache
def languages() -> Mapping[str, Language]:
    """By code. The English catalogue is read once."""
    catalogue = yaml.safe_load((Path(__file__).parent / "english.yaml").read_text(encoding="utf-8"))
    chinese = Language("zh", "zh-CN", "中文", MappingProxyType({}))
    english = Language("en", "en", "English", MappingProxyType(catalogue))
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
