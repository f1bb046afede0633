"""Personal values on their way to people: masked where a case is shown, in full where a message is delivered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from flowkit.runtime.view import View

ERASED = "(已删除)"

_NUMBER = re.compile(r"[+\d][\d -]{8,29}[\dXx]", re.ASCII)
"""Of phones, identity cards, accounts: long enough for its two ends to be told."""


def with_values(value: Any, view: View) -> Any:
    """The stored value with personal ones in their places; the view must hold them."""
    return _replaced(value, view, lambda personal: personal)


def masked(value: Any, view: View) -> Any:
    """The stored value with personal ones in it masked; the view must hold them."""
    return _replaced(value, view, mask)


def _replaced(value: Any, view: View, by: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        if "personal" in value:
            return by(view.personal[value["personal"]])
        return {name: _replaced(member, view, by) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(member, view, by) for member in value]
    return value


def mask(value: Any) -> str:
    """Enough to recognise, too little to know: 138****0001 for a long number, z***@example.com, 张** for all else."""
    if value is None:
        return ERASED
    text = value if isinstance(value, str) else ""
    if _NUMBER.fullmatch(text):
        return f"{text[:3]}****{text[-4:]}"
    name, at, host = text.rpartition("@")
    if at and name:
        return f"{name[:1]}***@{host}"
    return f"{text[:1] if len(text) > 1 else ''}**"


def filled_in(segments: Iterable[Any], view: View, escape: Callable[[str], str] = str) -> str:
    """A text with the personal values in their places; the view must hold them.

    `escape` makes each of them harmless where the text is one of HTML: what stands around them has been made so before.
    """
    return "".join(s if isinstance(s, str) else escape(_plain(view.personal[s["personal"]])) for s in segments)


def _plain(value: Any) -> str:
    return ERASED if value is None else str(value)
