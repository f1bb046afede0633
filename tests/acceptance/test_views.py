"""Boards and lists: every case somebody sees stands in one lane, and nothing that is hidden from him stands on a card."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowkit import FlowKit, RefusedError, VirtualClock, load_app
from flowkit.app.app import App
from flowkit.engine import seen_world
from flowkit.errors import DefinitionError
from flowkit.kit import BoardView, Card
from flowkit.store.connection import Connection, Statement
from tests.shop import NINE

FEE, COST, PHONE = "84177.66", "61234.5", "13912345678"

APP = """
app: garage
catcher: head
units: {entity: shop}
roles:
  mechanic: {title: 师傅}
  keeper:   {title: 店长, sees: unit}
  clerk:    {title: 文员, sees: all}
  head:     {sees: all}
staff: {entity: employee, roles: roles, unit: shop}
customers: {entity: customer}
---
entity: shop
key: name
fields: {name: text}
rows: [{name: east}, {name: west}]
---
entity: employee
key: code
label: name
fields: {code: text, name: text, roles: {type: list, of: role}, shop: {type: reference, entity: shop}}
rows:
  - {code: mei, name: 梅师傅, roles: [mechanic], shop: east}
  - {code: max, name: 马师傅, roles: [mechanic], shop: west}
  - {code: kim, name: 金店长, roles: [keeper], shop: east}
  - {code: cleo, name: 文员, roles: [clerk]}
  - {code: boss, name: 老板, roles: [head]}
---
entity: customer
key: code
fields: {code: text, phone: {type: phone, personal: true}}
rows: [{code: li, phone: "PHONE"}]
---
entity: car
key: plate
label: model
fields: {plate: text, model: text, cost: {type: number, hidden_from: [clerk]}}
rows: [{plate: A1, model: 轿车, cost: COST}]
---
scorecard: urgency
factors: [{label: 急, when: fault == '抛锚', points: 5}]
bands: [{name: red, title: 红, at_least: 5}, {name: normal, at_least: 0}]
---
workflow: repair
title: 修车
number: "{{ sequence(4) }}"
from:
  shop:  {type: reference, entity: shop, required: true}
  fault: {type: choice, options: [漏油, 抛锚], required: true}
  car:   {type: reference, entity: car}
  fee:   {type: money, hidden_from: [clerk]}
  phone: {type: phone, personal: true}
  parts: {type: rows, of: {name: text, price: {type: money, hidden_from: [clerk]}}}
unit: =shop
nodes:
  judging: {do: [{score: urgency}], next: [{to: waiting}]}
  waiting:
    title: 待接
    owner: mechanic
    actions: {take: {title: 接单, to: working}, call_off: {to: gone}}
    timeouts: [{after: 2h, escalate: keeper}]
  working:
    title: 在修
    owner: =waiting.owner
    actions: {finish: {title: 完工, form: {bill: {type: money, hidden_from: [clerk]}}, to: done}}
    timeouts: [{after: 8h, escalate: keeper}]
  done: {title: 修好, end: done}
  gone: {end: cancelled}
---
view: stages
title: 车间
of: repair
first: row.urgency.band == 'red'
board: {by: node, lanes: [waiting, working, done]}
card:
  title: "{{ car }} {{ fault }}"
  lines:
    - "{{ fee }}{{ finish.bill }}{{ car.cost }}{% for row in parts %}{{ row.price }}{% endfor %}{{ sum(parts, row.price) }}"
    - "{{ phone }} {{ applicant.phone }}"
    - "{% if fee > 0 %}billed{% endif %}{% for one in finish.all %}{{ one.bill }}{% endfor %}"
  flag: "=urgency.band == 'red' ? '急' : ''"
filters: [fault, unit, urgency.band]
---
view: mine
title: 我店里的
of: repair
for: [mechanic, keeper]
when: row.open and row.unit == actor.shop
columns: [number, car, fault, fee, owner, due]
---
view: shops
of: repair
for: head
board: {by: unit}
---
view: people
of: repair
for: [head, keeper]
board: {by: owner}
---
view: faults
of: repair
for: head
board: {by: fault}
order: -created
---
view: fees
of: repair
for: [clerk, head]
when: row.open
columns: [number, fee]
"""
TEXT = APP.replace("PHONE", PHONE).replace("COST", COST)
STAFF = [f"employee:{code}" for code in ("mei", "max", "kim", "cleo", "boss")]


def write(folder: Path, text: str = TEXT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return load_app(write(tmp_path_factory.mktemp("app")))


@pytest.fixture
def kit(app: App) -> Iterator[FlowKit]:
    with FlowKit(app, "sqlite://", clock=VirtualClock(NINE)) as kit:
        yield kit


def report(kit: FlowKit, shop: str = "east", fault: str = "漏油", **more: Any) -> str:
    return kit.submit("repair", {"shop": shop, "fault": fault, **more}, by="customer:li").id


def cards(board: BoardView) -> list[Card]:
    lanes = ((board.first,) if board.first is not None else ()) + board.lanes
    return [card for lane in lanes for card in lane.cards]


def lane(board: BoardView, key: str) -> list[str]:
    return [card.case for each in board.lanes if each.key == key for card in each.cards]


def test_a_board_has_a_lane_for_each_stage_and_one_for_what_goes_first(kit: FlowKit) -> None:
    """A red case stands in the lane of those that go first and in no other; one that has ended in the lane of its end."""
    red, plain, done = report(kit, fault="抛锚"), report(kit), report(kit)
    kit.act(done, "take", by="employee:mei")
    kit.act(done, "finish", by="employee:mei")
    board = kit.board("stages", "employee:boss")
    assert [(each.key, each.title, each.count) for each in board.lanes] == [
        ("waiting", "待接", 1),
        ("working", "在修", 0),
        ("done", "修好", 1),
    ]
    assert board.first is not None
    assert [(card.case, card.flag, card.first) for card in board.first.cards] == [(red, "急", True)]
    assert lane(board, "waiting") == [plain]
    assert lane(board, "done") == [done]
    assert not board.first.capped


def test_a_card_says_what_the_author_wrote_and_what_may_be_done(kit: FlowKit) -> None:
    """Title, owner by name, the actions that are open to whoever looks, the visit that they are meant for."""
    case = report(kit, car="A1")
    (card,) = cards(kit.board("stages", "employee:mei"))
    assert (card.title, card.owner, card.owner_ids) == ("轿车 漏油", ("师傅",), ("role:mechanic",))
    assert [name for name, _ in card.actions] == ["take", "call_off"]
    kit.act(case, "take", by="employee:mei", visit=card.visit)
    (card,) = cards(kit.board("stages", "employee:kim"))
    assert (card.owner, card.actions, card.node_title) == (("梅师傅",), (), "在修")


def told(kit: FlowKit, by: str) -> str:
    """Everything that views tell somebody, as text."""
    shown = [kit.board(v.name, by) if v.kind == "board" else kit.listing(v.name, by) for v in kit.views(by)]
    return str([kit.views(by), shown, kit.listing("stages", by), kit.lane("stages", "done", by)])


def billed(kit: FlowKit) -> None:
    given = {"fee": FEE, "car": "A1", "phone": PHONE, "parts": [{"name": "机油", "price": FEE}]}
    report(kit, **given)
    case = report(kit, **given)
    kit.act(case, "take", by="employee:mei")
    kit.act(case, "finish", {"bill": FEE}, by="employee:mei")


def test_what_is_hidden_stands_on_no_card(kit: FlowKit) -> None:
    """Neither fields, nor columns of rows, nor fields of forms and records, nor what a template makes of them."""
    billed(kit)
    seen, hidden = told(kit, "employee:boss"), told(kit, "employee:cleo")
    assert all(seen.count(value) >= 2 for value in (FEE, "61234.5", "billed"))
    assert all(value not in hidden for value in (FEE, "84177", "61234", "billed", "168355"))


def test_personal_values_are_masked_on_every_card(kit: FlowKit) -> None:
    """For those who may read them in full elsewhere too: a board is read over shoulders."""
    billed(kit)
    for by in ("employee:boss", "employee:mei", "employee:kim"):
        assert PHONE not in told(kit, by)
    assert "139****5678 139****5678" in told(kit, "employee:mei")


@pytest.mark.parametrize("slip", ["values", "records", "marks"])
def test_a_card_that_forgets_to_hide_is_caught(kit: FlowKit, monkeypatch: pytest.MonkeyPatch, slip: str) -> None:
    """Each part of what hides does something: without it the tests above would fail."""
    billed(kit)
    if slip == "values":
        monkeypatch.setattr(seen_world, "_visible", lambda case, known, viewer: case)
    elif slip == "records":
        monkeypatch.setattr(
            seen_world.SeenWorld, "stored", lambda self, e, k: super(seen_world.SeenWorld, self).stored(e, k)
        )
    else:
        plain = seen_world.seen_by
        monkeypatch.setattr(
            "flowkit.runtime.cards.seen_by",
            lambda viewer, world, known: replace(plain(viewer, world, known), sealed=False),
        )
    found = told(kit, "employee:cleo")
    assert any(value in found for value in (FEE, "61234", PHONE))


def test_a_view_is_for_its_roles(kit: FlowKit) -> None:
    """What is not for somebody is to him as if there were none; an outsider has no view at all."""
    names = {by: [view.name for view in kit.views(by)] for by in STAFF}
    assert names["employee:mei"] == ["stages", "mine"]
    assert names["employee:kim"] == ["stages", "mine", "people"]
    assert names["employee:boss"] == ["stages", "shops", "people", "faults", "fees"]
    assert kit.views("customer:li") == ()
    for by, name in (("employee:mei", "shops"), ("employee:mei", "nothing"), ("customer:li", "stages")):
        with pytest.raises(RefusedError) as refused:
            kit.board(name, by)
        assert refused.value.code == "unknown-view"
        assert str(refused.value) == f"没有“{name}”这个视图,或者它不归您看"
    assert len(kit.refusals()) == 3


def test_a_list_follows_who_looks(kit: FlowKit) -> None:
    """`actor` of a condition is whoever looks; columns are texts as they are shown."""
    east = report(kit, car="A1", fee=FEE)
    report(kit, shop="west")
    listing = kit.listing("mine", "employee:mei")
    assert [title for _, title in listing.columns] == ["编号", "car", "fault", "fee", "负责人", "期限"]
    assert [(row.case, dict(row.values)) for row in listing.rows] == [
        (east, {"car": "轿车", "fault": "漏油", "fee": FEE})
    ]
    assert (listing.count, listing.capped, listing.next) == (1, False, None)


def test_pages_of_a_list_and_of_a_lane_miss_nothing(kit: FlowKit) -> None:
    """`after` goes on where the page before ended, in every order."""
    made = {report(kit) for _ in range(7)}
    for order in ("due", "created", "-created"):
        found: list[str] = []
        page = kit.listing("stages", None, order=order, limit=3)
        found += [row.case for row in page.rows]
        while page.next is not None:
            page = kit.listing("stages", None, order=order, limit=3, after=page.next)
            found += [row.case for row in page.rows]
        assert sorted(found) == sorted(made)
    for case in made:
        kit.act(case, "call_off", by="employee:mei")
    assert kit.board("stages", None).lanes[0].count == 0


def test_ended_cases_of_a_lane_come_newest_first(kit: FlowKit) -> None:
    """A lane for an end shows what has ended there last, page by page."""
    made = [report(kit) for _ in range(5)]
    for case in made:
        kit.act(case, "take", by="employee:mei")
        kit.act(case, "finish", by="employee:mei")
    first = kit.lane("stages", "done", "employee:boss", limit=2)
    second = kit.lane("stages", "done", "employee:boss", limit=3, after=first.next)
    ids = [card.case for card in (*first.cards, *second.cards)]
    assert ids == sorted(made, reverse=True)
    assert (first.count, second.next) == (5, None)


def test_filters_narrow_every_lane(kit: FlowKit) -> None:
    """By field, band, unit, node and text; what cannot be asked is refused and named."""
    red, east, west = report(kit, fault="抛锚"), report(kit), report(kit, shop="west")
    by = "employee:boss"
    asked: list[tuple[dict[str, Any], set[str]]] = [
        ({"where": {"fault": "抛锚"}}, {red}),
        ({"where": {"urgency.band": "normal"}}, {east, west}),
        ({"unit": "west"}, {west}),
        ({"where": {"unit": "east"}}, {red, east}),
        ({"where": {"node": "working"}}, set()),
        ({"where": {"owner": "role:mechanic"}}, {red, east, west}),
        ({"where": {"workflow": "other"}}, set()),
        ({"text": "0002"}, {east}),
    ]
    for question, expected in asked:
        assert {card.case for card in cards(kit.board("stages", by, **question))} == expected, question
        assert {card.case for card in kit.listing("stages", by, **question).rows} == expected, question
    with pytest.raises(RefusedError, match="不能按“fee”查找"):
        kit.board("stages", "employee:cleo", where={"fee": FEE})
    with pytest.raises(RefusedError, match="没有“nowhere”这一栏"):
        kit.lane("stages", "nowhere", by)
    with pytest.raises(RefusedError, match="是列表,不是看板"):
        kit.board("mine", "employee:mei")


@pytest.mark.parametrize("few", [0, 1, 2000])
def test_however_many_hold_a_value_the_same_are_found(kit: FlowKit, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """Whether the cases that hold what is sought are looked up, or each case is asked, is to be seen on no board."""
    made = {fault: [report(kit, fault=fault) for _ in range(2)] for fault in ("漏油", "抛锚")}
    kit.act(made["漏油"][0], "take", by="employee:mei")
    kit.act(made["漏油"][0], "finish", by="employee:mei")
    monkeypatch.setattr("flowkit.store.listing.FEW", few)
    for by in ("employee:mei", "employee:kim", "employee:boss"):
        board = kit.board("stages", by)
        assert board.first is not None
        assert {card.case for card in board.first.cards} == set(made["抛锚"])
        for fault, cases in made.items():
            board = kit.board("stages", by, where={"fault": fault})
            assert sorted(card.case for card in cards(board)) == sorted(cases), (by, fault)
        assert cards(kit.board("stages", by, where={"fault": "漏油", "urgency.band": "red"})) == []


@pytest.mark.parametrize("by", ["employee:mei", "employee:kim", "employee:boss"])
def test_lanes_are_looked_up(kit: FlowKit, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    """However many cases there are, no lane reads through a table, and one of a unit begins with its unit and its node."""
    report(kit)
    asked: list[tuple[Statement, tuple[Any, ...]]] = []
    read = Connection.read

    def noted(self: Connection, statement: Statement, *given: Any) -> list[Any]:
        asked.append((statement, given))
        return read(self, statement, *given)

    with monkeypatch.context() as watched:
        watched.setattr(Connection, "read", noted)
        kit.board("stages", by)
        kit.board("stages", by, where={"fault": "漏油"})
    plans = [
        [
            row[3]
            for row in kit._database.connection().read(replace(each, text=f"EXPLAIN QUERY PLAN {each.text}"), *given)
        ]
        for each, given in asked
    ]
    scanned = {step.split()[1] for plan in plans for step in plan if step.startswith("SCAN")}
    assert all(re.match("found|anon_", name) for name in scanned), scanned
    lanes = [plan for (each, _), plan in zip(asked, plans, strict=True) if "WITH found" in each.text]
    assert len(lanes) == 8
    if by == "employee:kim":
        wanted = "SEARCH cases USING COVERING INDEX cases_unit_lane (workflow=? AND unit=? AND node=?"
        assert [any(step.startswith(wanted) for step in plan) for plan in lanes] == [False, True, True, True] * 2


def test_lanes_that_only_cases_tell(kit: FlowKit) -> None:
    """By unit, owner and field: a lane for each there is, and one for those that hold nothing."""
    east, west = report(kit), report(kit, shop="west", fault="抛锚")
    kit.act(east, "take", by="employee:mei")
    boss = "employee:boss"
    assert [(each.key, lane(kit.board("shops", boss), each.key)) for each in kit.board("shops", boss).lanes] == [
        ("east", [east]),
        ("west", [west]),
    ]
    people = kit.board("people", boss)
    assert [(each.key, each.title) for each in people.lanes] == [
        ("employee:mei", "梅师傅"),
        ("role:mechanic", "师傅"),
    ]
    assert [(each.key, each.count) for each in kit.board("faults", boss).lanes] == [("漏油", 1), ("抛锚", 1)]
    assert [each.key for each in kit.board("people", "employee:kim").lanes] == ["employee:mei"]


def test_a_view_sorted_by_what_is_hidden_from_somebody_is_none_of_his(kit: FlowKit) -> None:
    """Where a case stands would tell him; a column of his list is only left empty."""
    report(kit, fee=FEE)
    assert [row.values["fee"] for row in kit.listing("fees", "employee:cleo").rows] == [""]
    assert [row.values["fee"] for row in kit.listing("fees", "employee:boss").rows] == [FEE]


CASES = st.lists(
    st.tuples(st.sampled_from(["east", "west"]), st.sampled_from(["漏油", "抛锚"]), st.integers(0, 3)), max_size=8
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=CASES)
def test_every_case_that_somebody_sees_stands_in_one_lane(app: App, made: list[tuple[str, str, int]]) -> None:
    """For each who looks the lanes together hold just the cases that a plain list gives him, each once."""
    with FlowKit(app, "sqlite://", clock=VirtualClock(NINE)) as kit:
        for shop, fault, stop in made:
            case, by = report(kit, shop, fault), f"employee:{'mei' if shop == 'east' else 'max'}"
            for action in ((), ("take",), ("take", "finish"), ("call_off",))[stop]:
                kit.act(case, action, by=by)
        for by in STAFF:
            for view in ("stages", "people", "shops", "faults"):
                if view not in [each.name for each in kit.views(by)]:
                    continue
                board = kit.board(view, by)
                found = [card.case for card in cards(board)]
                plain = {
                    row.id
                    for row in kit.cases(by).items
                    if row.ended is None or (view == "stages" and row.node == "done")
                }
                assert sorted(found) == sorted(plain), (by, view)
                lanes = (*board.lanes, *((board.first,) if board.first else ()))
                assert all(each.count == len(each.cards) for each in lanes)


WRONG = [
    ("of: repair\nboard: {by: nod}", 'no field "nod"'),
    ("of: repair\nboard: {by: parts}", 'lists do not hold "parts"'),
    ("of: repare", 'no workflow "repare"'),
    ("of: repair\nfor: clark", 'no role "clark"'),
    ("of: repair\nboard: {by: node, lanes: [wating]}", 'no node "wating" for a lane'),
    ("of: repair\nboard: {by: node}\ncolumns: [number]", "a board has lanes, not columns"),
    ("of: repair\nwhen: row.number > '3'", "a list of cases cannot ask this"),
    ("of: repair\nwhen: =row.open", 'unexpected "="'),
    ("of: repair\nfirst: row.urgncy.band == 'red'", "urgncy"),
    ("of: repair\ncolumns: [numbr]", 'no field "numbr"'),
    ('of: repair\ncard: {title: "{{ falt }}"}', "falt"),
    ("of: repair\ncard: {titel: x}", 'unknown key "titel"'),
    ("of: repair\norder: newest", 'no order "newest"'),
    ("of: repair\nfilters: [colour]", 'no field "colour"'),
    ("of: repair\nfor: clerk\nboard: {by: note}", '"note" is hidden from clerk'),
    ("title: x", 'view needs the key "of"'),
]


@pytest.mark.parametrize(("body", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_view_that_cannot_be_shown_is_refused_when_it_is_loaded(tmp_path: Path, body: str, said: str) -> None:
    """With the place of the mistake."""
    text = TEXT.replace(
        'number: "{{ sequence', 'fields: {note: {type: text, hidden_from: [clerk]}}\nnumber: "{{ sequence'
    )
    with pytest.raises(DefinitionError) as refused:
        load_app(write(tmp_path / "app", f"{text}\n---\nview: wrong\n{body}\n"))
    told = [d for d in refused.value.diagnostics if d.severity == "error"]
    assert [said in f"{d.message} {d.help}" for d in told] == [True], told
    assert told[0].place.line > text.count("\n")


def test_cases_scored_before_lists_held_bands_are_found_by_them(app: App, tmp_path: Path) -> None:
    """The migration writes what the steps of today write."""
    file = tmp_path / "work.db"
    with FlowKit(app, f"sqlite:///{file}", clock=VirtualClock(NINE)) as kit:
        made = [report(kit, fault=fault) for fault in ("抛锚", "漏油", "抛锚")]
        migration = importlib.import_module("flowkit.store.migrations.versions.0009_views_and_intakes")
        later = importlib.import_module("flowkit.store.migrations.versions.0012_what_is_open")
        engine = sqlalchemy.create_engine(f"sqlite:///{file}")
        with engine.begin() as bind:
            written = bind.execute(sqlalchemy.text(BANDS)).all()
            bind.execute(sqlalchemy.text("DELETE FROM case_index WHERE name LIKE '%.band'"))
            migration._bands(bind)
            bind.execute(sqlalchemy.text(later.MARK))
            assert bind.execute(sqlalchemy.text(BANDS)).all() == written
        engine.dispose()
        first = kit.board("stages", None).first
        assert first is not None
        assert {card.case for card in first.cards} == {made[0], made[2]}


BANDS = "SELECT case_id, text, open FROM case_index WHERE name = 'urgency.band' ORDER BY case_id"
