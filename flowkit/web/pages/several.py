"""One action on several cases: each is done by itself, and what could not be done is told case by case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from flowkit.errors import RefusedError
from flowkit.web.pages.page import Page
from flowkit.web.shell import page, refused
from flowkit.web.site import Ask

MOST_AT_ONCE = 50
"How many cases one click may change."


@dataclass(frozen=True, slots=True)
class Left:
    """A case that stayed as it was, and why; "" each where he does not see it."""

    case: str
    number: str
    title: str
    why: str


def several(ask: Ask) -> Response:
    """What was chosen on a board. An action with a form is filled in once, at the first case it is open for, for all of them."""
    back, action = f"/views/{ask.param('view')}", str(ask.form.get("action") or "")
    cases = chosen(each for each in ask.form.getlist("case") if isinstance(each, str))
    if not cases:
        return ask.go(back, ask.language.text("还没有选中工单"))
    if action != "claim":
        first = next((each for each in cases if _is_open(ask, each, action)), cases[0])
        also = ",".join(each for each in cases if each != first)
        return ask.go(f"/cases/{first}/do/{action}", also=also, view=ask.param("view"))
    left = each_by_itself(ask, cases, action)
    return told(ask, back, ask.language.text("已办 {n} 件", n=len(cases) - len(left)), left)


def _is_open(ask: Ask, case: str, action: str) -> bool:
    try:
        found = ask.kit.case(case, ask.by)
    except RefusedError:
        return False
    return action in dict((*found.actions, *found.operations))


def chosen(cases: Iterable[str]) -> list[str]:
    return [each for each in dict.fromkeys(cases) if each][:MOST_AT_ONCE]


def each_by_itself(
    ask: Ask, cases: Iterable[str], action: str, given: dict[str, Any] | None = None, key: str = ""
) -> dict[str, str]:
    """Why each of those was refused that were. `key`: the one under which the same was done to another case."""
    left = dict[str, str]()
    for case in cases:
        try:
            ask.kit.act(case, action, given, by=ask.by, key=f"{key}/{case}"[-200:] if key else None)
        except RefusedError as error:
            left[case] = refused(ask, error)
    return left


def told(ask: Ask, after: str, said: str, left: dict[str, str]) -> Response:
    """The page to go on with, or first what was left, for somebody to look after."""
    if not left:
        return ask.go(after, said)
    cards = ask.kit.cards(list(left), ask.by)
    rows = [
        Left(case, cards[case].number, ask.language.called(cards[case].title), why)
        if case in cards
        else Left("", "", "", "")
        for case, why in left.items()
    ]
    return page(ask, "several.html", done=said, left=rows, after=after)


PAGES = (Page("/views/{view}/several", several, post=True, get=False),)
