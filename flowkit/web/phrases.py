"""Texts found by their Chinese, whatever signs they are set with, and said in another language. Knows nothing of any page.

What is filled in stands as `{{ … }}` where the author of an app wrote it, as `{name}` where we did, as `{0}` where it is a
number: a sentence that was made of such a text is known by its shape, and what was filled in is kept as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

_SIGNS = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）"}
SIGN = re.compile(r"\s*([,;:?!()，；：？！（）])\s*")
_HOLE = re.compile(r"\{\{(.*?)\}\}|\{(\w+)\}", re.DOTALL)


@dataclass(frozen=True)
class Phrases:
    """What each Chinese text is called in one other language; `shaped`, also what is made of those with holes."""

    words: Mapping[str, str]
    shaped: bool = True

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
        shaped = [words for words in self.words if self.shaped and _HOLE.search(words)]
        return tuple(
            _Shape(re.compile("".join(_parts(words)), re.DOTALL), self.words[words])
            for words in sorted(shaped, key=lambda words: len(_HOLE.sub("", words)), reverse=True)
        )


@dataclass(frozen=True, slots=True)
class _Shape:
    pattern: re.Pattern[str]
    other: str

    def said(self, words: str, inner: Callable[[str], str]) -> str | None:
        found = self.pattern.fullmatch(words)
        if found is None:
            return None
        names = {_name(hole): hole for hole in _HOLE.finditer(self.other)}
        filled = {n: inner(found[n]) if n.startswith("title") else found[n] for n in names}
        return _HOLE.sub(lambda hole: filled[_name(hole)], self.other)


def _key(words: str) -> str:
    """The same for texts that differ only in the width of their signs and the blanks beside these."""
    return SIGN.sub(lambda sign: _SIGNS.get(sign[1], sign[1]), words)


def _name(hole: re.Match[str]) -> str:
    """A name for what is filled in that a pattern may hold."""
    if hole[2]:
        return f"n{hole[2]}" if hole[2].isdigit() else str(hole[2])
    return f"title_{''.join(hole[1].split()).encode().hex()}"


def _parts(words: str) -> Iterator[str]:
    """What a text with holes looks like once they are filled."""
    at, seen = 0, set[str]()
    for hole in _HOLE.finditer(words):
        yield _literal(words[at : hole.start()])
        at, name = hole.end(), _name(hole)
        # What an author fills in ends, more often than it begins, with something that is called otherwise elsewhere.
        what = r".*" if not hole[2] else r"\d+(?:\.\d+)?" if hole[2].isdigit() else r".*?"
        yield f"(?P={name})" if name in seen else f"(?P<{name}>{what})"
        seen.add(name)
    yield _literal(words[at:])


def _literal(words: str) -> str:
    return "".join(_either(part) if SIGN.fullmatch(part) else re.escape(part) for part in SIGN.split(words))


def _either(sign: str) -> str:
    wide = _SIGNS.get(sign, sign)
    return rf"\s*[{re.escape(wide)}{''.join(re.escape(n) for n, w in _SIGNS.items() if w == wide)}]\s*"
