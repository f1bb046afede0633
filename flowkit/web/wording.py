"""Sentences made elsewhere as pages show them: people by name alone, and full-width signs beside Chinese."""

from __future__ import annotations

import re

from flowkit.runtime.names import Names
from flowkit.values.durations import format_duration, parse_duration

_HAN = "\u4e00-\u9fff"
_SIGNS = {",": "，", ":": "：", ";": "；", "?": "？", "!": "！"}
_BETWEEN = re.compile(rf"(?<=[{_HAN}”）0-9A-Za-z%])([,;:?!])\s*(?=[{_HAN}“（])|(?<=[{_HAN}”）])([,;:?!])\s*")
_LENGTH = re.compile(r"(?<=[“= ])(\d+(?:\.\d+)?[smhd])(?=[”，；。、]|$)")
_BRACKETS = re.compile(rf"\(([^()]*[{_HAN}][^()]*)\)")


def plain(text: str, names: Names) -> str:
    """Without the keys of people, which are for the command line."""
    for actor, called in names.people.items():
        text = text.replace(f"{called}({actor.partition(':')[2]})", called)
    return full_width(_LENGTH.sub(lambda found: format_duration(parse_duration(found[1])), text.replace("岗位 ", "")))


def full_width(text: str) -> str:
    """Commas, colons and brackets beside Chinese as Chinese is set."""
    text = _BETWEEN.sub(lambda found: _SIGNS[found[1] or found[2]], text)
    return _BRACKETS.sub(r"（\1）", text)
