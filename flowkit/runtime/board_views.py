"""Boards and lists as they are shown: frozen pictures for pages. Nothing in them is more than whoever asked may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class FilterInfo:
    """By what people narrow a view down: goes into `where` by `name`. `options` (text, title); empty: any text."""

    name: str
    title: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ViewInfo:
    """A view that somebody may look at."""

    name: str
    title: str
    kind: Literal["board", "list"]
    filters: tuple[FilterInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A case on a board, or a line of a list. Moments are UTC; texts are for people, personal values in them masked.

    owner    what people call those whose task it is; `owner_ids` actors and pools (`role:NAME`)
    flag     a word that stands out, "" where there is none
    values   what a list shows of fields, by column
    visit    goes into `kit.act`, so that what was meant for this visit does nothing at a later one
    actions  name and title of what whoever looks may do now
    late     since when it is late where it stands, None while it is not
    first    whether it goes before all others
    """

    case: str
    number: str
    workflow: str
    title: str
    lines: tuple[str, ...]
    flag: str
    node: str
    node_title: str
    owner: tuple[str, ...]
    owner_ids: tuple[str, ...]
    unit: str | None
    due: datetime | None
    created: datetime
    visit: int
    actions: tuple[tuple[str, str], ...] = ()
    first: bool = False
    incident: bool = False
    late: datetime | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of a board. `count` is of all its cases; where there are more than are counted, it is `capped`.

    `next` goes into `after` of `kit.lane` for the cards behind these; None when there are none.
    """

    key: str
    title: str
    count: int
    capped: bool
    cards: tuple[Card, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class BoardView:
    """A board. `first` are the cases that go before all others, in no other lane then; None where the view names none.

    `more`: there are more lanes than are shown. `late`: how many of what is asked for are late, counted up to 1000.
    """

    title: str
    first: Lane | None
    lanes: tuple[Lane, ...]
    more: bool = False
    late: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines of a list: `columns` (name, title), those named number, workflow, node, owner, unit, due, created are the card's own.

    `count` and `next` as those of a lane, for `after` of `kit.listing`; `late` as of a board.
    """

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[Card, ...]
    next: str | None
    count: int
    capped: bool
    late: int = 0
