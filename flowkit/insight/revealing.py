"""That somebody looked at what is masked, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowkit.insight.words import Words

TELLERS: Mapping[str, Callable[[Mapping[str, Any], Words], tuple[str, list[str]]]] = {
    "revealed": lambda data, words: (
        words.say("查看完整信息"),
        [words.say("原因 {reason}", reason=data["reason"])],
    ),
}
