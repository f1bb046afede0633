"""Personal values on their way to people: masked where a case is shown, in full where a message is delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from flowkit.runtime.view import View

ERASED = "(已删除)"


def references(value: Any) -> Iterator[str]:
    """The refs of all personal values inside a stored value."""
    if isinstance(value, Mapping):
        if "personal" in value:
            yield value["personal"]
        else:
            for member in value.values():
                yield from references(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from references(member)


def with_values(value: Any, view: View) -> Any:
    """The stored value with personal ones in their places; the view must hold them."""
    if isinstance(value, Mapping):
        if "personal" in value:
            return view.personal[value["personal"]]
        return {name: with_values(member, view) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_values(member, view) for member in value]
    return value


def masked(value: Any, view: View) -> Any:
    """The stored value with personal ones in it masked; the view must hold them."""
    if isinstance(value, Mapping):
        if "personal" in value:
            return mask(view.personal[value["personal"]])
        return {name: masked(member, view) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(member, view) for member in value]
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
