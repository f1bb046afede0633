"""The words of the pages in the languages there are. Pages are written in Chinese; a catalogue gives the others.

What the author of an app wrote is said as he says it in that language, else as it stands; what people typed stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

from flowkit.web.phrases import SIGN, Phrases

DEFAULT = "zh"

_NONE = Phrases({})


@dataclass(frozen=True, slots=True)
class Language:
    """`code` as people choose it, `tag` as browsers know it. What no catalogue has stays Chinese.

    words     what templates and pages say
    engine    what the engine says and pages show
    story     what the story of a case says
    problems  what is wrong with a field, by code, for sentences that are not in `engine`
    scripts   what scripts say
    app       what the author of the app says
    """

    code: str
    tag: str
    name: str
    words: Phrases = _NONE
    engine: Phrases = _NONE
    story: Phrases = _NONE
    problems: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    app: Phrases = _NONE

    def at(self, texts: Mapping[str, str]) -> Language:
        """The same for the pages of an app whose author says these texts in it."""
        return replace(self, app=Phrases(texts, authored=True))

    def text(self, words: str, /, **given: object) -> str:
        """Words of ours."""
        found = self.words.words.get(words)
        if found is None:
            found = self.called(words)
        return found.format(**given) if given else found

    def called(self, words: str) -> str:
        """A text of the author's: a title, an option, what is made of a template."""
        found = self._of_app(words)
        return words if found is None else found

    def _of_app(self, words: str) -> str | None:
        return self.app.find(words, self.app.exact)

    def told(self, words: str) -> str:
        """A sentence of the engine's, or of a refusal of ours, with what is filled into it."""
        return self._said(words, self.engine, self.words)

    def look(self, words: str) -> str:
        """What the story of a case is made of: sentences that are not filled in yet, and titles."""
        return self._said(words, self.story, self.engine, self.words)

    def _said(self, words: str, *known: Phrases) -> str:
        found = self._of_app(words)
        if found is None:
            found = next((said for each in known if (said := each.find(words, self.told)) is not None), None)
        if found is None and "、" in words and not SIGN.search(words):
            return self.text("、").join(self._said(each, *known) for each in words.split("、"))
        return found if found is not None else self._case(words)

    def _case(self, words: str) -> str:
        """How messages call a case, `维修工单 WX20260302-0001`, and where it is, `维修工单 WX20260302-0001：待接单`."""
        case, colon, node = words.partition("：")
        title, _, number = case.rpartition(" ")
        found = self._of_app(title)
        if found is None:
            return words
        return f"{found} {number}" + (f": {self.told(node)}" if colon else "")


@cache
def languages() -> Mapping[str, Language]:
    """By code. The English catalogue is read once."""
    catalogue = yaml.safe_load((Path(__file__).parent / "english.yaml").read_text(encoding="utf-8"))
    words, story = (Phrases(catalogue[name], shaped=False) for name in ("pages", "story"))
    problems, scripts = (MappingProxyType(catalogue[name]) for name in ("problems", "scripts"))
    chinese = Language("zh", "zh-CN", "中文")
    english = Language("en", "en", "English", words, Phrases(catalogue["engine"]), story, problems, scripts)
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
