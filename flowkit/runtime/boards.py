"""Views at work: which there are for somebody, their lanes and lines. One statement a lane, however many cases there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from flowkit.app.app import App
from flowkit.app.views import LaneShape, LinkedView
from flowkit.engine.case import Case
from flowkit.engine.row_condition import Among, Negated, RowCondition
from flowkit.engine.sight import Hands, Sight, settled
from flowkit.engine.viewer import Viewer
from flowkit.errors import RefusedError
from flowkit.runtime.board_views import BoardView, Card, FilterInfo, Lane, Listing, ViewInfo
from flowkit.runtime.cards import Cards
from flowkit.runtime.lists import Filters, Lists, opened, sealed, wrong
from flowkit.runtime.looks import Look, Looks
from flowkit.runtime.view import stored_case
from flowkit.store.database import Database
from flowkit.store.listing import IS_LATE, LATE, MOST_COUNTED, Order, Sought

CARDS_A_LANE = 20
MOST_LANES = 30
MOST_ROWS = 200

MOST_MINE = 5000
"Up to how many open cases of one person are named one by one."

FIRST = "first"
"The key of the lane of those that go before all others."

FIRST_TITLE = "先处理"
NOTHING_TITLE = "（未填）"
NOBODY_TITLE = "（没有负责人）"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What of a view is asked for, as `kit.board` says it. None leaves none out."""

    where: Mapping[str, Any] | None = None
    text: str | None = None
    unit: str | None = None
    late: bool | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A view as somebody asks for it: whoever he is, and which cases he seeks in it.

    `mine`: node and unit of each open case that has to do with him by name; None: not needed, or many.
    """

    look: Look
    viewer: Viewer
    view: LinkedView
    sought: Sought
    first: RowCondition | None
    mine: Mapping[str, tuple[str, str | None]] | None

    @property
    def rest(self) -> Sought:
        """Those that do not go before all others."""
        if self.first is None:
            return self.sought
        return replace(self.sought, conditions=(*self.sought.conditions, Negated(self.first)))


@dataclass(frozen=True, slots=True)
class _Read:
    """A lane as the database gave it."""

    key: str
    title: str
    rows: tuple[Case, ...]
    count: int
    order: Order
    more: bool


class Boards:
    def __init__(self, app: App, database: Database, looks: Looks, lists: Lists) -> None:
        self._app, self._database, self._looks, self._lists = app, database, looks, lists
        self._cards = Cards(app, looks)

    def views(self, by: str | None) -> tuple[ViewInfo, ...]:
        """The views that are for this person, as the app lists them."""
        viewer = self._looks.looking(lambda look: self._looks.viewer(look, by))
        return tuple(self._info(view) for view in self._app.views.values() if self._is_for(view, viewer))

    def cards(self, ids: Sequence[str], by: str | None) -> dict[str, Card]:
        """The cards of those of these cases that somebody sees, as their workflow is shown on the app's boards, by id."""

        def ask(look: Look) -> dict[str, Card]:
            viewer = self._looks.viewer(look, by)
            known = self._looks.seen_among(ids, viewer) if ids else frozenset[str]()
            seen = [case for id_ in ids if id_ in known and viewer.sees(case := self._looks.stored(id_, by))]
            made = self._cards.made(look, viewer, self._app.shapes, [(case, False) for case in seen])
            return {card.case: card for card in made}

        return self._looks.looking(ask)

    def board(self, name: str, by: str | None, narrowed: Narrowed) -> BoardView:
        """RefusedError for an unknown view, one that is not for him, one that is a list, and what cannot be asked."""

        def ask(look: Look) -> BoardView:
            asked = self._asked(look, name, by, narrowed)
            if asked.view.kind != "board":
                raise RefusedError("no-board", f"“{asked.view.title}”是列表,不是看板", details={"view": name})
            first = None if asked.first is None else self._first(asked, (), CARDS_A_LANE)
            lanes, more = self._lanes(asked)
            read = [self._lane(asked, lane, (), CARDS_A_LANE) for lane in lanes]
            # Lanes that only the cases tell are not there without any.
            filled = [r for r in read if r.count or (asked.view.lanes is not None and r.key)]
            made = iter(self._made(asked, ([first] if first is not None else []) + filled))
            shown = next(made) if first is not None else None
            return BoardView(asked.view.title, shown, tuple(made), more, self._late(asked))

        return self._looks.looking(ask)

    def lane(
        self,
        name: str,
        key: str,
        by: str | None,
        narrowed: Narrowed,
        after: str | None,
        limit: int,
    ) -> Lane:
        """More of one lane. RefusedError as for `board`, and for a lane that the view has not."""
        _must_be_few(limit)

        def ask(look: Look) -> Lane:
            asked = self._asked(look, name, by, narrowed)
            if key == FIRST and asked.first is not None:
                read = self._first(asked, opened(after, asked.view.order) if after is not None else (), limit)
                return self._made(asked, [read])[0]
            shape = self._shape(asked, key)
            order = _order(asked.view, shape)
            return self._made(asked, [self._lane(asked, shape, opened(after, order) if after else (), limit)])[0]

        return self._looks.looking(ask)

    def listing(
        self,
        name: str,
        by: str | None,
        narrowed: Narrowed,
        order: str | None,
        after: str | None,
        limit: int,
    ) -> Listing:
        """A page of a list, or of a board as one; in the view's own order unless another is asked for."""
        _must_be_few(limit)

        def ask(look: Look) -> Listing:
            asked = self._asked(look, name, by, narrowed)
            ordered = self._lists.order(order or asked.view.order)
            read = self._read(asked, asked.sought, FIRST, "", ordered, opened(after, ordered) if after else (), limit)
            lane = self._made(asked, [read])[0]
            columns = asked.view.columns or (("number", "编号"), ("node", "环节"), ("owner", "负责人"), ("due", "期限"))
            late = self._late(asked)
            return Listing(asked.view.title, columns, lane.cards, lane.next, lane.count, lane.capped, late)

        return self._looks.looking(ask)

    # --- what is asked for -------------------------------------------------------------------------------------------

    def _is_for(self, view: LinkedView, viewer: Viewer) -> bool:
        if viewer.actor is None:
            return True
        if viewer.outsider or not (view.roles is None or view.roles & viewer.roles):
            return False
        # Where a case stands would tell him what is hidden from him.
        fields = (
            f for name in view.workflows for n, f in self._app.workflows[name].fields.items() if n in view.sorts_by
        )
        return not any(viewer.hides(field) for field in fields)

    def _asked(self, look: Look, name: str, by: str | None, narrowed: Narrowed) -> _Asked:
        viewer, view = self._looks.viewer(look, by), self._app.views.get(name)
        if view is None or not self._is_for(view, viewer):
            said = f"没有“{name[:40]}”这个视图,或者它不归您看"
            raise RefusedError("unknown-view", said, details={"view": name})
        still = True if view.when is None else None
        filters = Filters(text=narrowed.text, unit=narrowed.unit, open=still, late=narrowed.late)
        fields = dict(narrowed.where or {})
        for column in ("node", "owner", "unit"):
            if fields.get(column) is not None:
                filters[column] = str(fields.pop(column))
        workflows = view.workflows
        if (one := fields.pop("workflow", None)) is not None:
            workflows = tuple(name for name in workflows if name == one)
        record = look.staff.people.records.get(by or "", {})
        when, first = (settled(c, by or "", record) if c is not None else None for c in (view.when, view.first))
        sought = self._lists.sought(viewer, {**filters, "where": fields}, view.workflows)
        conditions = () if when is None else (when,)
        # Of workflows that are none of the view's there is no case in it.
        sought = replace(sought, workflows=workflows, conditions=conditions, ids=None if workflows else ())
        mine = self._mine(viewer)
        sought = self._weighed(replace(sought, mine=None if mine is None else tuple(mine)))
        return _Asked(look, viewer, view, sought, first, mine)

    def _weighed(self, sought: Sought) -> Sought:
        return self._database.statements.listing.weighed(self._database.connection(), sought)

    def _mine(self, viewer: Viewer) -> dict[str, tuple[str, str | None]] | None:
        """Looked up once, not for every lane."""
        if viewer.actor is None or viewer.sight.everything:
            return None
        listing, connection = self._database.statements.listing, self._database.connection()
        found = listing.standing(connection, Sight(Hands(viewer.actor)), Sought(open=True))
        return {id_: (node, unit) for id_, node, unit in found} if len(found) <= MOST_MINE else None

    def _lanes(self, asked: _Asked) -> tuple[Sequence[LaneShape], bool]:
        """The lanes to be shown, and whether there are more."""
        view = asked.view
        if view.lanes is not None:
            unfilled = (LaneShape("", NOTHING_TITLE),) if view.by not in ("node", "owner") else ()
            return (*view.lanes, *unfilled), False
        listing, connection = self._database.statements.listing, self._database.connection()
        held = {key or "" for key in listing.held(connection, asked.viewer.sight, asked.rest, view.by, view.order)}
        keys = sorted(held, key=lambda key: (not key, key))[:MOST_LANES]
        return [LaneShape(key, self._called(asked, key)) for key in keys], len(held) > MOST_LANES

    def _shape(self, asked: _Asked, key: str) -> LaneShape:
        view = asked.view
        if view.lanes is None or not key:
            return LaneShape(key, self._called(asked, key))
        found = next((lane for lane in view.lanes if lane.key == key), None)
        if found is None:
            raise RefusedError("unknown-lane", f"“{view.title}”没有“{key[:40]}”这一栏", details={"lane": key})
        return found

    def _called(self, asked: _Asked, key: str) -> str:
        """What people call a lane that only its cases tell: a person, a pool, a record by its name, else as it is."""
        view, business = asked.view, self._app.business
        if not key:
            return NOBODY_TITLE if view.by == "owner" else NOTHING_TITLE
        if view.by == "owner":
            entity, _, key_ = key.partition(":")
            return business.roles.get(key_, key_) if entity == "role" else self._record(asked, entity, key_)
        fields = [self._app.workflows[name].fields.get(view.by) for name in view.workflows]
        pointed = [f.entity for f in fields if f is not None and f.entity is not None]
        found = business.units if view.by == "unit" else next(iter(pointed), None)
        return self._record(asked, found, key) if found is not None else key

    def _record(self, asked: _Asked, entity: str, key: str) -> str:
        definition = self._app.entities.get(entity)
        if definition is None or definition.label is None:
            return key
        label = definition.fields[definition.label]
        asked.look.view.fetch({"record": {(entity, key)}})
        name = (asked.look.view.records[entity, key] or {}).get(label.name)
        return key if label.personal or asked.viewer.hides(label) or name is None else str(name)

    def _late(self, asked: _Asked) -> int:
        """How many of these are late, as far as lanes are counted."""
        listing, connection = self._database.statements.listing, self._database.connection()
        where = (*(pair for pair in asked.sought.where if pair[0] != LATE), (LATE, IS_LATE))
        late = self._weighed(replace(asked.sought, where=where, open=True))
        return listing.count(connection, asked.viewer.sight, late, MOST_COUNTED)

    # --- what is read ------------------------------------------------------------------------------------------------

    def _first(self, asked: _Asked, after: tuple[Any, ...], limit: int) -> _Read:
        sought = self._weighed(replace(asked.sought, rarely=asked.first))
        return self._read(asked, sought, FIRST, FIRST_TITLE, asked.view.order, after, limit)

    def _lane(self, asked: _Asked, lane: LaneShape, after: tuple[Any, ...], limit: int) -> _Read:
        sought, by = asked.rest, asked.view.by
        if lane.ends:  # Nobody need do anything first of what has ended.
            late = (LATE, IS_LATE) in asked.sought.where  # nor is it late any more
            sought = self._weighed(replace(asked.sought, open=False, ids=() if late else asked.sought.ids))
        if by == "owner":
            sought = replace(sought, owner=lane.key)
        elif by == "node":
            sought = _narrowed(sought, "node", lane.key, asked.mine)
        elif by == "unit" and lane.key:
            sought = _narrowed(sought, "unit", lane.key, asked.mine)
        else:
            held = Among(by, (lane.key,)) if lane.key else Among(by, (), empty=True)
            sought = replace(sought, conditions=(*sought.conditions, held))
        return self._read(asked, sought, lane.key, lane.title, _order(asked.view, lane), after, limit)

    def _read(
        self, asked: _Asked, sought: Sought, key: str, title: str, order: Order, after: tuple[Any, ...], limit: int
    ) -> _Read:
        listing, connection = self._database.statements.listing, self._database.connection()
        rows, count = listing.lane(connection, asked.viewer.sight, sought, order, after, limit + 1)
        cases = tuple(stored_case(*row) for row in rows[:limit])
        return _Read(key, title, cases, count, order, len(rows) > limit)

    def _made(self, asked: _Asked, lanes: Sequence[_Read]) -> list[Lane]:
        """The lanes with their cards. Each case is asked again: a list never tells more than looking at it would."""
        viewer, first = asked.viewer, asked.first
        cases = [
            (case, first is not None and not case.ended and first.holds(case))
            for lane in lanes
            for case in lane.rows
            if viewer.sees(case)
        ]
        cards = {card.case: card for card in self._cards.made(asked.look, viewer, asked.view.cards, cases)}
        return [_shown(lane, cards) for lane in lanes]

    def _info(self, view: LinkedView) -> ViewInfo:
        filters = tuple(FilterInfo(f.name, f.title, f.options) for f in view.filters)
        return ViewInfo(view.name, view.title, view.kind, filters)


def _shown(lane: _Read, cards: Mapping[str, Card]) -> Lane:
    following = sealed(lane.order, lane.rows[-1]) if lane.more else None
    shown = tuple(cards[case.id] for case in lane.rows if case.id in cards)
    return Lane(lane.key, lane.title, min(lane.count, MOST_COUNTED), lane.count > MOST_COUNTED, shown, following)


def _narrowed(
    sought: Sought, column: Literal["node", "unit"], key: str, mine: Mapping[str, tuple[str, str | None]] | None
) -> Sought:
    """With that in the column; where another was asked for there is none."""
    asked = sought.node if column == "node" else sought.unit
    if asked not in (None, key):
        return replace(sought, ids=())
    place = 0 if column == "node" else 1
    there = None if mine is None else tuple(id_ for id_, stands in mine.items() if stands[place] == key)
    return replace(sought, node=key, mine=there) if column == "node" else replace(sought, unit=key, mine=there)


def _order(view: LinkedView, lane: LaneShape) -> Order:
    """Cases that have ended are due no more: the newest first."""
    return "-due" if lane.ends else view.order


def _must_be_few(limit: int) -> None:
    if not 1 <= limit <= MOST_ROWS:
        raise wrong("limit", f"每页 1 到 {MOST_ROWS} 个")
