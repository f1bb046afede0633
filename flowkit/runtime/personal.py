"""Personal values on their way to people: masked where a case is shown, in full where a message is delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flowkit.runtime.view import View

ERASED = "(已删除)"


def references(value: Any) -> list[str]:
    """The refs of all personal values inside a stored value."""
    found: list[str] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[str]) -> None:
    # Stored values are plain JSON. Asking for a Mapping instead of a dict takes several times as long, and every picture of
    # a case is walked through.
    if isinstance(value, dict):
        if "personal" in value:
            found.append(value["personal"])
        else:
            for member in value.values():
                _collect(member, found)
    elif isinstance(value, (list, tuple)):
        for member in value:
            _collect(member, found)


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
    """138****0001: enough to recognise, too little to know."""
    if value is None:
        return ERASED
    text = value if isinstance(value, str) else ""
    if len(text) >= 9:
        return f"{text[:3]}****{text[-4:]}"
    return f"{text[:1]}**"


def filled_in(segments: Iterable[Any], view: View, escape: Callable[[str], str] = str) -> str:
    """A text with the personal values in their places; the view must hold them.

    `escape` makes each of them harmless where the text is one of HTML: what stands around them has been made so before.
    """
    return "".join(s if isinstance(s, str) else escape(_plain(view.personal[s["personal"]])) for s in segments)


def _plain(value: Any) -> str:
    return ERASED if value is None else str(value)
