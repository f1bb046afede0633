"""Texts found by their Chinese, whatever signs they are set with, and said in another language. Knows nothing of any page.

What is filled in stands as `{{ … }}` where the author of an app wrote it, as `{name}` where we did, as `{0}` where it is a
number: a sentence that was made of such a text is known by its shape, and what was filled in is kept as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

_SIGNS = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）"}
SIGN = re.compile(r"\s*([,;:?!()，；：？！（）])\s*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_HOLE = re.compile(r"\{\{(.*?)\}\}|\{(\w+)\}", re.DOTALL)
_AUTHORS_HOLE = re.compile(r"\{\{(.*?)\}\}()", re.DOTALL)
"""Single braces of an author's are text: so what stands in them is never found."""

MOST = 2000
"""A longer text was made of no sentence."""


@dataclass(frozen=True)
class Phrases:
    """What each Chinese text is called in one other language; `shaped`, also what is made of those with holes. `authored`: they
    are of the author of an app.
    """

    words: Mapping[str, str]
    shaped: bool = True
    authored: bool = False

    def find(self, words: str, inner: Callable[[str], str] = str) -> str | None:
        """The other text, None for one that is not known. What is filled in is kept, but for titles: these are said by
        `inner`, which is also asked for each thing that fills a text of an author's.
        """
        found = self._known.get(_key(words))
        if found is not None:
            return found
        return next((said for shape in self._shapes if (said := shape.said(words, inner)) is not None), None)

    def exact(self, words: str) -> str:
        """The other text for one that stands here just so, else itself."""
        return self._known.get(_key(words), words)

    @cached_property
    def _known(self) -> Mapping[str, str]:
        return {_key(words): other for words, other in self.words.items()}

    @cached_property
    def _shapes(self) -> tuple[_Shape, ...]:
        """Those that say the most by themselves first."""
        hole = _AUTHORS_HOLE if self.authored else _HOLE
        shaped = [words for words in self.words if self.shaped and hole.search(words)]
        shaped.sort(key=lambda words: len(hole.sub("", words)), reverse=True)
        return tuple(_Shape.of(words, self.words[words], hole) for words in shaped)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A text with holes: what stands before, between and after these. Found without going back, in time of its length.

    `core` stands in every such text. `late`: of several places where a hole may end, the last.
    """

    between: tuple[re.Pattern[str], ...]
    holes: tuple[re.Match[str], ...]
    core: str
    late: bool
    other: str
    hole: re.Pattern[str]

    @classmethod
    def of(cls, words: str, other: str, hole: re.Pattern[str]) -> _Shape:
        holes = tuple(hole.finditer(words))
        ends = [0, *(hole.end() for hole in holes)]
        parts = [words[at:until] for at, until in zip(ends, [*(h.start() for h in holes), len(words)], strict=True)]
        patterns = [*map(_literal, parts[:-1]), rf"(?:{_literal(parts[-1])})\Z"]
        core = max((piece for part in parts for piece in SIGN.split(part)), key=len)
        # What an author fills in ends, more often than it begins, with something that is called otherwise elsewhere.
        return cls(tuple(map(re.compile, patterns)), holes, core, any(not each[2] for each in holes), other, hole)

    def said(self, words: str, inner: Callable[[str], str]) -> str | None:
        if self.core not in words or len(words) > MOST:
            return None
        found: dict[str, str] = {}
        for hole, filled in zip(self.holes, self._filled(words), strict=False):
            number = bool(hole[2]) and hole[2].isdigit()
            if found.setdefault(_name(hole), filled) != filled or (number and not _NUMBER.fullmatch(filled)):
                return None
        if not found:
            return None
        told = {name: inner(filled) if name.startswith("title") else filled for name, filled in found.items()}
        return self.hole.sub(lambda hole: told[_name(hole)], self.other)

    def _filled(self, words: str) -> list[str]:
        """What fills the holes, in order; nothing where it is another text."""
        first, *middle, last = self.between
        begins = first.match(words)
        ends = last.search(words, begins.end()) if begins is not None else None
        if begins is None or ends is None:
            return []
        inside = self._places(middle, words, begins.end(), ends.start())
        spans = [begins.span(), *inside, ends.span()]
        between = [words[before[1] : after[0]] for before, after in pairwise(spans)]
        return between if len(inside) == len(middle) else []

    def _places(self, parts: Sequence[re.Pattern[str]], words: str, at: int, until: int) -> list[tuple[int, int]]:
        """Where these stand one after another in that stretch; fewer where one does not."""
        found: list[tuple[int, int]] = []
        for part in reversed(parts) if self.late else parts:
            places = [place.span() for place in part.finditer(words, at, until)]
            if not places:
                break
            if self.late:
                found.insert(0, places[-1])
                until = places[-1][0]
            else:
                found.append(places[0])
                at = places[0][1]
        return found


def _key(words: str) -> str:
    """The same for texts that differ only in the width of their signs and the blanks beside these."""
    return SIGN.sub(lambda sign: _SIGNS.get(sign[1], sign[1]), words)


def _name(hole: re.Match[str]) -> str:
    """What stands in a hole of that name; what fills an author's may be a title."""
    return str(hole[2]) if hole[2] else f"title {' '.join(hole[1].split())}"


def _literal(words: str) -> str:
    return "".join(_either(part) if SIGN.fullmatch(part) else re.escape(part) for part in SIGN.split(words))


def _either(sign: str) -> str:
    wide = _SIGNS.get(sign, sign)
    return rf"\s*[{re.escape(wide)}{''.join(re.escape(n) for n, w in _SIGNS.items() if w == wide)}]\s*"
