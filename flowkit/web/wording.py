"""Sentences made elsewhere as pages show them: people by name alone, full-width signs beside Chinese, refusals in the reader's
language as far as it has words for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from flowkit.errors import Problem
from flowkit.runtime.names import Names
from flowkit.web.languages import DEFAULT, Language

_HAN = "\u4e00-\u9fff"
_SIGNS = {",": "，", ":": "：", ";": "；", "?": "？", "!": "！"}
_BETWEEN = re.compile(rf"(?<=[{_HAN}”）0-9A-Za-z%])([,;:?!])\s*(?=[{_HAN}“（])|(?<=[{_HAN}”）])([,;:?!])\s*")
_MADE = re.compile(r"\b(\w+):[0-9a-z]{16,}\b")
_SPAN = re.compile(r"(?<![\w.])(\d+)([smhd])(?![\w.])")
_UNITS = {"s": "秒", "m": "分钟", "h": "小时", "d": "天"}
LONGEST_VERB = 6
"Characters of an action's title that reads as a verb."

_BRACKETS = re.compile(rf"\(([^()]*[{_HAN}][^()]*)\)")


def plain(text: str, names: Names, language: Language) -> str:
    """Without the keys of people, which are for the command line, and with spans as people say them."""
    for actor, called in names.people.items():
        text = text.replace(f"{called}({actor.partition(':')[2]})", called)
    # The key of somebody who was made on first contact is chance, and nobody's name.
    text = _MADE.sub(
        lambda found: names.look(names.entities[found[1]].title) if found[1] in names.entities else found[0], text
    )
    return set_in(language, spelt(text.replace("岗位 ", ""), language.told))


def spelt(text: str, told: Callable[[str], str]) -> str:
    """Spans as people say them: 45 分钟 for `45m`."""
    return _SPAN.sub(lambda found: told(f"{found[1]} {_UNITS[found[2]]}"), text)


def set_in(language: Language, text: str) -> str:
    """A text as that language is set: signs beside Chinese are wide where Chinese is what is read."""
    return full_width(text) if language.code == DEFAULT else text


def full_width(text: str) -> str:
    """Commas, colons and brackets beside Chinese as Chinese is set."""
    before = ""
    while before != text:  # brackets within brackets
        before, text = text, _BRACKETS.sub(r"（\1）", text)
    return _BETWEEN.sub(lambda found: _SIGNS[found[1] or found[2]], text)


def told(language: Language, sentence: str) -> str:
    """A sentence of the engine's."""
    said = language.told(sentence)
    return full_width(said) if said == sentence else said


def problem(language: Language, found: Problem) -> str:
    """What is wrong with a field: as the engine says it, else what kind of thing it is."""
    said = told(language, found.message)
    known = language.problems.get(found.code)
    return (
        said
        if known is None or said != full_width(found.message)
        else known.format(title=language.called(found.title or found.field))
    )


def deed(action: str) -> str:
    """What was done, by the title of its action, which may say 已 by itself."""
    return action.removeprefix("已")


def is_verb(action: str) -> bool:
    """Whether 已 can stand before it: it is short, and speaks of nobody."""
    return len(action) <= LONGEST_VERB and not action.startswith("我")
