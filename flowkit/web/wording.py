"""Sentences made elsewhere as pages show them: people by name alone, full-width signs beside Chinese, refusals in the reader's
language as far as it has words for them.
"""

from __future__ import annotations

import re

from flowkit.errors import Problem
from flowkit.runtime.names import Names
from flowkit.web.languages import Language

_HAN = "\u4e00-\u9fff"
_SIGNS = {",": "，", ":": "：", ";": "；", "?": "？", "!": "！"}
_BETWEEN = re.compile(rf"(?<=[{_HAN}”）0-9A-Za-z%])([,;:?!])\s*(?=[{_HAN}“（])|(?<=[{_HAN}”）])([,;:?!])\s*")
_BRACKETS = re.compile(rf"\(([^()]*[{_HAN}][^()]*)\)")


def plain(text: str, names: Names) -> str:
    """Without the keys of people, which are for the command line."""
    for actor, called in names.people.items():
        text = text.replace(f"{called}({actor.partition(':')[2]})", called)
    return full_width(text.replace("岗位 ", ""))


def full_width(text: str) -> str:
    """Commas, colons and brackets beside Chinese as Chinese is set."""
    text = _BETWEEN.sub(lambda found: _SIGNS[found[1] or found[2]], text)
    return _BRACKETS.sub(r"（\1）", text)


def told(language: Language, sentence: str) -> str:
    """A sentence of the engine's."""
    return language.told(full_width(sentence))


def problem(language: Language, found: Problem) -> str:
    """What is wrong with a field: as the engine says it, else what kind of thing it is."""
    said = told(language, found.message)
    known = language.problems.get(found.code)
    return (
        said if known is None or said != full_width(found.message) else known.format(title=found.title or found.field)
    )


def deed(action: str) -> str:
    """What was done, by the title of its action, which may say 已 by itself."""
    return action.removeprefix("已")
