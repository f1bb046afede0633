"""Lists of cases: pages, counts and tables of what one person sees. Knows what may be asked for; the store finds it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from flowkit.app.app import App
from flowkit.engine.case import Case
from flowkit.engine.definition import Workflow
from flowkit.engine.listed import listed_bands, listed_fields
from flowkit.engine.redaction import open_values, visible_values
from flowkit.engine.viewer import Viewer
from flowkit.errors import Problem, RefusedError
from flowkit.fields.definition import Environment, Field
from flowkit.fields.reading import read
from flowkit.runtime.looks import Look, Looks
from flowkit.runtime.rowtext import micros
from flowkit.runtime.steps import indexed
from flowkit.runtime.view import stored_case
from flowkit.runtime.views import nearest_due, urgent_at
from flowkit.store.database import Database
from flowkit.store.listing import IS_LATE, LATE, LATEST, ORDERS, Order, Sought
from flowkit.suggest import closest

MOST = 200
"How many cases a page may hold."

BY_DUE = ("due", "-due")

LONGEST_SEARCH = 100


class Filters(TypedDict, total=False):
    """Which cases a list is about. What is not given, or None, leaves none out.

    workflow, node, unit  by name
    open                  only those that have not ended; False: only those that have
    owner                 whose task it is: an actor, or a pool as `role:NAME`
    late                  only those that are late; False: only those that are not
    text                  part of the number, or of a value that lists hold
    where                 fields and the value they hold, as typed; None: they hold nothing
    """

    workflow: str | None
    node: str | None
    unit: str | None
    open: bool | None
    owner: str | None
    late: bool | None
    text: str | None
    where: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as lists show it. Moments are UTC; `values` are fields in stored form, personal ones are left out."""

    id: str
    number: str
    workflow: str
    title: str
    node: str
    node_title: str
    unit: str | None
    owner: tuple[str, ...]
    applicant: str
    created: datetime
    due: datetime | None
    ended: datetime | None
    outcome: str
    incident: bool
    late: datetime | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some cases of a list; `next` goes into `after` for those behind them, None when there are none."""

    items: tuple[CaseRow, ...]
    next: str | None = None


class Lists:
    """`page` and `count` are one statement each, whatever there is."""

    def __init__(self, app: App, database: Database, looks: Looks) -> None:
        self._app, self._database, self._looks = app, database, looks

    def page(self, by: str | None, order: str, limit: int, after: str | None, filters: Filters) -> Page:
        """RefusedError for an unknown person, and for what cannot be asked."""
        ordered = self.order(order)
        if not 1 <= limit <= MOST:
            raise wrong("limit", f"每页 1 到 {MOST} 个")
        behind = () if after is None else opened(after, ordered)

        def ask(look: Look) -> Page:
            viewer, listing = self._looks.viewer(look, by), self._database.statements.listing
            sought = self._weighed(self.sought(viewer, filters))
            rows = listing.page(self._database.connection(), viewer.sight, sought, ordered, behind, limit + 1)
            cases = [stored_case(*row) for row in rows[:limit]]
            # Asked again of each: a list never tells more than looking at the case would.
            items = tuple(self._row(case, viewer) for case in cases if viewer.sees(case))
            return Page(items, sealed(ordered, cases[-1]) if len(rows) > limit else None)

        return self._looks.looking(ask)

    def count(self, by: str | None, filters: Filters, most: int | None = None) -> int:
        """How many there are; with `most` no more than that are counted."""

        def ask(look: Look) -> int:
            viewer, listing = self._looks.viewer(look, by), self._database.statements.listing
            sought = self._weighed(self.sought(viewer, filters))
            return listing.count(self._database.connection(), viewer.sight, sought, most)

        return self._looks.looking(ask)

    def _weighed(self, sought: Sought) -> Sought:
        """What is late may be few or many: looked for accordingly."""
        if not any(name == LATE for name, _ in sought.where):
            return sought
        return self._database.statements.listing.weighed(self._database.connection(), sought)

    def pages(self, by: str | None, order: str, filters: Filters) -> Iterator[Page]:
        """All of them, page after page; each sees the database as it is then."""
        page = self.page(by, order, MOST, None, filters)
        yield page
        while page.next is not None:
            page = self.page(by, order, MOST, page.next, filters)
            yield page

    def columns(self, by: str | None, workflow: str | None) -> Mapping[str, Field]:
        """The fields of a workflow, or of all, that this person may see in lists."""

        def ask(look: Look) -> Mapping[str, Field]:
            viewer = self._looks.viewer(look, by)
            hidden = self._hidden(viewer)
            fields = (pair for w in self._asked(workflow) for pair in w.fields.items())
            return {name: field for name, field in fields if not field.personal and name not in hidden}

        return self._looks.looking(ask)

    def matching(self, viewer: Viewer, asked: Sequence[Sought], limit: int) -> tuple[CaseRow, ...]:
        """Cases for which one of these holds, the most urgent first, at most so many."""
        connection, listing = self._database.connection(), self._database.statements.listing
        rows: dict[str, str] = {}
        for sought in asked:
            rows |= {row[0]: row[1] for row in listing.page(connection, viewer.sight, sought, "due", (), limit)}
        found = [case for id_, body in rows.items() if viewer.sees(case := stored_case(id_, body))]
        found.sort(key=lambda case: (urgent_at(case) is None, urgent_at(case), case.id))
        return tuple(self._row(case, viewer) for case in found[:limit])

    # --- what is asked for -------------------------------------------------------------------------------------------

    def order(self, order: str) -> Order:
        """RefusedError unless that is one of the orders there are."""
        if order not in ORDERS:
            raise wrong("order", f"没有“{str(order)[:40]}”这种排序,可用 {'、'.join(ORDERS)}")
        return order

    def sought(self, viewer: Viewer, filters: Filters, workflows: Sequence[str] | None = None) -> Sought:
        """What these filters ask, of cases of one workflow, of these, or of all. RefusedError for what cannot be asked."""
        hidden, text = self._hidden(viewer), filters.get("text")
        if text is not None and not 0 < len(text) <= LONGEST_SEARCH:
            raise wrong("text", f"查找的文字为 1 到 {LONGEST_SEARCH} 个字")
        fields: dict[str, Field] = {}
        bands = set[str]()
        for workflow in self._asked(filters.get("workflow"), workflows):
            bands |= set(listed_bands(workflow))
            fields |= {n: f for n, f in listed_fields(workflow).items() if n not in hidden}
        where, late, still = filters.get("where") or {}, filters.get("late"), filters.get("open")
        held = [(n, str(v) if n in bands else self._held(n, v, fields)) for n, v in sorted(where.items())]
        held += [] if late is None else [(LATE, IS_LATE if late else None)]
        return Sought(
            filters.get("workflow"),
            filters.get("node"),
            filters.get("unit"),
            # What has ended is late no more.
            True if late and still is None else still,
            filters.get("owner"),
            text,
            tuple(sorted({*hidden, LATE})),
            tuple(held),
            ids=() if late and still is False else None,
        )

    def _asked(self, workflow: str | None, among: Sequence[str] | None = None) -> Sequence[Workflow]:
        known = self._app.workflows if among is None else {name: self._app.workflows[name] for name in among}
        if workflow is not None and workflow not in known:
            said = f"没有流程“{workflow[:40]}”,现有: {'、'.join(known)}"
            raise RefusedError("unknown-workflow", said, details={"workflow": workflow})
        return tuple(known.values()) if workflow is None else (known[workflow],)

    def _hidden(self, viewer: Viewer) -> frozenset[str]:
        """Names of fields that are hidden from him in any workflow: he can neither see nor search by them."""
        fields = (pair for workflow in self._app.workflows.values() for pair in workflow.fields.items())
        return frozenset(name for name, field in fields if viewer.hides(field))

    def _held(self, name: str, value: Any, fields: Mapping[str, Field]) -> str | float | None:
        """What the index holds for a value as typed."""
        field = fields.get(name)
        if field is None:
            near = closest(name, fields)
            help = f"是否指“{near}”?" if near else f"可用: {'、'.join(sorted(fields))}"
            raise RefusedError("unknown-field", f"不能按“{name[:40]}”查找,{help}")
        if value is None:
            return None
        if field.entity is not None or field.type.name == "person":
            return str(value)
        found = read(field, value, Environment(self._app.settings, lambda entity, key: None))
        if found.misfits:
            misfit = found.misfits[0]
            raise RefusedError("invalid", "查找条件需要更正", [Problem(name, misfit.code, misfit.message, field.title)])
        text, number, _ = indexed(field.type.name, field.type.store(found.value))
        return text if number is None else number

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _row(self, case: Case, viewer: Viewer) -> CaseRow:
        workflow = self._looks.workflow(case)
        node = workflow.nodes.get(case.node) if workflow is not None else None
        assert case.created is not None
        return CaseRow(
            id=case.id,
            number=case.number,
            workflow=case.workflow,
            title=workflow.title if workflow is not None else case.workflow,
            node=case.node,
            node_title=node.title if node is not None else case.node,
            unit=case.unit,
            owner=case.owner,
            applicant=case.applicant,
            created=case.created,
            due=nearest_due(case),
            ended=case.ended,
            outcome=case.outcome,
            incident=case.incident is not None,
            late=case.late_since if not case.ended else None,
            values=open_values(visible_values(case.values, {}, self._looks.known(case), viewer)),
        )


def sealed(order: Order, case: Case) -> str:
    """The key of a page's last case, as text that nobody need read."""
    due = urgent_at(case)
    key = [micros(due) if due else LATEST, case.id] if order in BY_DUE else [case.id]
    return base64.urlsafe_b64encode(json.dumps([order, *key]).encode()).decode()


def opened(after: str, order: str) -> tuple[Any, ...]:
    try:
        found = json.loads(base64.urlsafe_b64decode(after.encode()))
    except (ValueError, binascii.Error, RecursionError):
        found = None
    kinds = [str, int, str] if order in BY_DUE else [str, str]
    if not isinstance(found, list) or [type(part) for part in found] != kinds or found[0] != order:
        raise wrong("after", "不是这个列表的下一页标记")
    if order in BY_DUE and not -(2**63) <= found[1] < 2**63:
        raise wrong("after", "不是这个列表的下一页标记")
    return tuple(found[1:])


def wrong(name: str, message: str) -> RefusedError:
    return RefusedError("invalid", "查找条件需要更正", [Problem(name, "range", message)])
