"""Boards and lists as the app's views describe them: filters and search stand in the address, several cases at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from flowkit.engine.definition import Workflow
from flowkit.engine.operations.operation import granting
from flowkit.engine.operations.reassigning import REASSIGN
from flowkit.errors import RefusedError
from flowkit.kit import BoardView, Card, Lane, ViewInfo
from flowkit.web.pages.page import Page
from flowkit.web.shell import offered, page, refused, telling
from flowkit.web.site import Ask
from flowkit.web.telling import Due, State


@dataclass(frozen=True, slots=True)
class ShownCard:
    """`owner` is whose it is, or what it waits for where nobody is to act."""

    card: Card
    due: Due | None
    state: State
    owner: str
    actions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownLane:
    lane: Lane
    icon: str
    cards: tuple[ShownCard, ...]

    @property
    def rest(self) -> int:
        return self.lane.count - len(self.cards)


def view(ask: Ask) -> Response:
    name = ask.param("view")
    info = _info(ask, name)
    where = {f.name: ask.query[f"f.{f.name}"] for f in info.filters if ask.query.get(f"f.{f.name}")}
    text = ask.query.get("q", "").strip()[:100] or None
    late = True if ask.query.get("late") else None
    narrowed: dict[str, Any] = {"where": where, "text": text, "late": late}
    shown: dict[str, Any] = {"info": info, "where": where, "q": text or "", "late": bool(late), "problem": ""}
    try:
        if info.kind == "list" or ask.query.get("as") == "list":
            return _list(ask, name, narrowed, shown)
        if lane := ask.query.get("lane"):
            return _lane(ask, name, lane, narrowed, shown)
        board = ask.kit.board(name, ask.by, **narrowed)
    except RefusedError as error:
        if not error.problems:
            raise
        shown["problem"], board = refused(ask, error), BoardView(info.title, None, (), False)
    first = _shown(ask, board.first) if board.first is not None and board.first.cards else None
    lanes = [_shown(ask, lane) for lane in board.lanes]
    bulk = _bulk_actions(ask, lanes, first)
    return page(ask, "board.html", first=first, lanes=lanes, more=board.more, bulk=bulk, count_late=board.late, **shown)


def _info(ask: Ask, name: str) -> ViewInfo:
    found = next((each for each in ask.kit.views(ask.by) if each.name == name), None)
    if found is None:
        raise RefusedError("unknown-view", "没有这个看板")
    return found


def _shown(ask: Ask, lane: Lane) -> ShownLane:
    tell, workflows = telling(ask), ask.kit.app.workflows
    cards = tuple(
        ShownCard(
            card,
            tell.due(card.due, card.created, card.late),
            tell.state(workflows.get(card.workflow), card.node, card.node_title),
            ask.language.text("、").join(map(ask.language.called, card.owner))
            or _awaited(ask, workflows.get(card.workflow), card.node),
            offered(ask, card.actions),
        )
        for card in lane.cards
    )
    icon = cards[0].state.icon if cards else "s0"
    return ShownLane(lane, icon, cards)


def _lane(ask: Ask, name: str, key: str, narrowed: dict[str, Any], shown: dict[str, Any]) -> Response:
    lane = ask.kit.lane(name, key, ask.by, after=ask.query.get("after") or None, limit=50, **narrowed)
    return page(ask, "lane.html", lane=_shown(ask, lane), **shown)


def _awaited(ask: Ask, workflow: Workflow | None, node: str) -> str:
    """What goes on at a node that nobody owns."""
    found = workflow.nodes.get(node) if workflow is not None else None
    if found is None or found.kind == "end":
        return ""
    if found.run is not None:
        return ask.language.text("等{title}办完", title=ask.language.called(found.run.title))
    return ask.language.text("等回复" if found.call is not None or found.events else "没有负责人")


def _list(ask: Ask, name: str, narrowed: dict[str, Any], shown: dict[str, Any]) -> Response:
    tell = telling(ask)
    found = ask.kit.listing(name, ask.by, after=ask.query.get("after") or None, **narrowed)
    rows = [(card, tell.due(card.due, card.created, card.late), tell.moment(card.created)) for card in found.rows]
    return page(ask, "list.html", found=found, rows=rows, count_late=found.late, **shown)


def _bulk_actions(ask: Ask, lanes: list[ShownLane], first: ShownLane | None) -> list[tuple[str, str]]:
    """What can be done with several of these cases at once: actions that more than one of them offers; claiming, reassigning."""
    cards = [shown.card for lane in (*lanes, *([first] if first else [])) for shown in lane.cards]
    counted: dict[tuple[str, str], int] = {}
    for card in cards:
        for action in offered(ask, card.actions):
            counted[action] = counted.get(action, 0) + 1
    done = [action for action, count in counted.items() if count > 1]
    return [*done, ("claim", ask.language.text("认领")), *offered(ask, _handed(ask))]


def _handed(ask: Ask) -> list[tuple[str, str]]:
    """At the end of a shift many cases go to somebody else; in which units he may do that, each case tells by itself."""
    may = granting(REASSIGN.name, ask.kit.app.business)
    return [(REASSIGN.name, REASSIGN.title)] if set(may) & set(ask.kit.roles(ask.by)) else []


def changes(ask: Ask) -> Response:
    """How many cases a view holds now: a page asks now and then and says that there is something new."""
    board = ask.kit.board(ask.param("view"), ask.by)
    return JSONResponse(
        {"counts": [lane.count for lane in board.lanes], "first": board.first.count if board.first else 0}
    )


PAGES = (
    Page("/views/{view}", view),
    Page("/views/{view}/changes", changes),
)
