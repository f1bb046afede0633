"""Everything there is to look at, walked as strangers: not one foreign row, name, number, file or page.

The walk is made from the public face: a way of looking that is not in it fails the test, so none can be forgotten.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from flowkit import FlowKit, FlowKitError, RefusedError, VirtualClock
from flowkit.cli.main import flowkit as commands
from flowkit.cli.main import perform
from flowkit.engine.case import Case
from flowkit.engine.sight import HOST, Sight
from flowkit.runtime.forms import Acting, Beginning
from flowkit.store.listing import Listing
from tests.offices import OFFICES, offices
from tests.shop import NINE

STRANGERS = {
    "another office's dispatcher": "员工:ann",
    "another office's repairer": "员工:bob",
    "an outsider": "客户:li",
    "without a role": "员工:hans",
}
NEIGHBOUR = "员工:carl"
"A dispatcher of the office whose cases they are: what he sees shows that the walk would find it."

TEXT, PHONE, REASON, SAID = "绝密甲", "13987654321", "绝密乙", "绝密丙"


VISITED = """
---
schedule: 巡检
every: 1d
start: {workflow: 工单, with: {门店: 西湖, 品类: 空调, 说明: 巡检}}
---
view: 看板
of: 工单
board: {by: node}
card: {title: "{{ 说明 }} {{ 备注 }}", lines: ["{{ 电话 }}"], flag: "{{ case.number }}"}
---
view: 表
of: [工单, 领料]
---
intake: 柜台
who: 调度
opens: {workflow: 工单}
"""
"""West Lake is inspected daily; boards show all there is to see; dispatchers sit at a desk."""


@dataclass(frozen=True)
class Foreign:
    """A case of West Lake with a child, a page and messages; `marks` stand nowhere but in what belongs to it."""

    case: str
    number: str
    child: str
    page: str
    upload: str
    substitution: str
    marks: tuple[str, ...]


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlowKit]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("flowkit.prints.paper.can_print", lambda: False)  # Typesetting takes seconds a page.
    clock = VirtualClock(NINE)
    monkeypatch.setattr("flowkit.kit.SystemClock", lambda: clock)
    with FlowKit(offices(tmp_path / "app", OFFICES + VISITED), f"sqlite:///{tmp_path}/work.db", clock=clock) as kit:
        yield kit


@pytest.fixture
def foreign(kit: FlowKit) -> Foreign:
    upload = kit.upload(b"%PDF-1.7\n%%EOF", f"{TEXT}.pdf", by="客户:wu").id
    report: dict[str, Any] = {"门店": "西湖", "品类": "空调", "说明": TEXT, "电话": PHONE}
    case = kit.submit("工单", {**report, "附件": [{"upload": upload}]}, by="客户:wu", key="theirs").id
    kit.act(case, "接单", by="员工:dora")
    kit.act(case, "加急", by=NEIGHBOUR)
    kit.act(case, "完工", {"费用": "991"}, by="员工:dora")
    kit.act(case, "驳回", {"原因": REASON}, by="员工:emil")
    kit.act(case, "领料", by="员工:dora")
    kit.act(case, "comment", {"text": SAID}, by="员工:dora")
    (child,) = kit.cases(None, workflow="领料").items
    kit.signal(case, "传真", by="员工:dora", key="fax")
    kit.advance()
    kit.clock.move(timedelta(days=2))  # type: ignore[attr-defined]
    kit.advance(messages=False)
    page = kit.files(case)[0].id
    # One that fell to the catcher, as nobody could inspect it.
    caught = kit.submit("工单", report, by="客户:wu").id
    kit.act(caught, "接单", by="员工:dora")
    kit.import_records("员工", [{"号": "emil", "角色": ["客服"]}])
    kit.act(caught, "完工", {"费用": "992"}, by="员工:dora")
    kit.import_records("员工", [{"号": "emil", "角色": ["质检"]}])
    with pytest.raises(RefusedError):
        kit.act(case, "接单", by="客户:wu")
    number = kit.case(case).number
    until = kit.clock.now() + timedelta(days=9)
    stands_in = kit.substitute("员工:dora", "员工:hugo", kit.clock.now(), until, by="员工:dora").id
    # Each stranger has a case of his own, so that nothing he sees is empty by chance.
    for by in STRANGERS.values():
        kit.submit("工单", {"门店": "滨江", "品类": "空调", "说明": "自己的"}, by=by)
    kit.advance(messages=False)
    planned = next(plan.case for plan in kit.coming(kit.clock.now() + timedelta(days=9)) if plan.case)
    marks = (
        planned,
        case,
        number,
        child.id,
        page,
        upload,
        stands_in,
        caught,
        TEXT,
        PHONE,
        REASON,
        SAID,
        "吴氏",
        "客户:wu",
    )
    return Foreign(case, number, child.id, page, upload, stands_in, marks)


Way = Callable[[FlowKit, str, Foreign], Any]


ABSENT = "c0000000000000000000z"


def each(ask: Callable[[str], Any], *ids: str) -> list[Any]:
    """What comes of asking for each of these, with a mark where it is another answer than for what is not there.

    What was asked is no news in a refusal.
    """
    found: list[Any] = []
    for id_ in ids:
        told = answer(ask, id_)
        found.append(told)
        if repr(told) != repr(answer(ask, ABSENT)):
            found.append(f"other than none: {id_}")
    return found


def answer(ask: Callable[[str], Any], id_: str) -> Any:
    try:
        return ask(id_)
    except FlowKitError as error:
        return f"{error} {getattr(error, 'code', '')} {getattr(error, 'details', '')}".replace(id_, "…")


def written(kit: FlowKit, by: str, **filters: Any) -> str:
    out = io.BytesIO()
    kit.export(out, by, **filters)
    return out.getvalue().decode()


def lists(kit: FlowKit, by: str, f: Foreign) -> list[Any]:
    """Lists in every order and by every filter that would find the foreign case."""
    asked: list[dict[str, Any]] = [
        *({"order": order} for order in ("-created", "created", "due")),
        {"workflow": "工单"},
        {"workflow": "领料"},
        {"node": "等料"},
        {"unit": "西湖"},
        {"open": True},
        {"open": False},
        {"owner": "员工:dora"},
        {"owner": "role:经理"},
        {"text": f.number},
        {"text": "绝密"},
        {"where": {"门店": "西湖"}},
        {"where": {"加急": True}},
        {"where": {"备注": TEXT}},
        {"where": {"件": TEXT}},
        {"where": {"门店": None}},
    ]
    return [answer(lambda _, asked_=a: kit.cases(by, **asked_), "") for a in asked]


def counts(kit: FlowKit, by: str, f: Foreign) -> list[str]:
    """A mark for each foreign case that is counted."""
    asked: list[dict[str, Any]] = [{"unit": "西湖"}, {"workflow": "领料"}, {"text": TEXT}, {"where": {"门店": "西湖"}}]
    asked += [{"text": f.number}, {"owner": "员工:dora"}, {"node": "等料"}]
    own = kit.count(by) - len(kit.cases(by, limit=200).items)
    return [f.case] * (sum(kit.count(by, **a) for a in asked) + own)


WALK: Mapping[str, Way] = {
    "submit": lambda kit, by, f: answer(
        lambda k: kit.submit("工单", {"门店": "滨江", "品类": "空调", "说明": "x"}, by=by, key=k), "theirs"
    ),
    "act": lambda kit, by, f: [
        each(lambda i, a=action: kit.act(i, a, by=by), f.case, f.child, f.number)
        for action in ("接单", "发出", "加急", "claim", "没有")
    ],
    "retry": lambda kit, by, f: each(lambda i: kit.retry(i, by=by), f.case, f.child),
    "signal": lambda kit, by, f: each(lambda i: kit.signal(i, "到货", by=by), f.case, f.child),
    "case": lambda kit, by, f: each(lambda i: kit.case(i, by), f.case, f.child, f.number, f.page),
    "find": lambda kit, by, f: each(lambda i: kit.find(i, by), f.case, f.child, f.number),
    "case_by_number": lambda kit, by, f: each(lambda i: kit.case_by_number(i, by), f.case, f.child, f.number),
    "cases": lists,
    "count": counts,
    "export": lambda kit, by, f: [written(kit, by), written(kit, by, workflow="领料"), written(kit, by, text="绝密")],
    "tasks": lambda kit, by, f: kit.tasks(by),
    "count_tasks": lambda kit, by, f: [f.case] * abs(kit.count_tasks(by) - len(kit.tasks(by))),
    "caught": lambda kit, by, f: kit.caught(by),
    "views": lambda kit, by, f: answer(lambda _: kit.views(by), ""),
    "board": lambda kit, by, f: [
        answer(lambda _, a=a: kit.board("看板", by, **a), "")
        for a in ({}, {"text": TEXT}, {"unit": "西湖"}, {"text": f.number})
    ],
    "lane": lambda kit, by, f: [
        answer(lambda _, n=n: kit.lane("看板", n, by), "") for n in ("等料", "质检", "已派", "完成")
    ],
    "listing": lambda kit, by, f: [
        answer(lambda _, a=a: kit.listing("表", by, **a), "") for a in ({}, {"text": TEXT}, {"unit": "西湖"})
    ],
    "cards": lambda kit, by, f: each(lambda i: kit.cards([i], by), f.case, f.child),
    "form": lambda kit, by, f: [
        each(lambda i, a=action: kit.form(Acting(i, a), by), f.case, f.child)
        for action in ("发出", "加急", "comment", "没有")
    ],
    "alike": lambda kit, by, f: answer(
        lambda _: kit.alike(Beginning("工单"), by, {"门店": "西湖", "品类": "空调", "说明": "x"}), ""
    ),
    "options": lambda kit, by, f: [
        each(lambda i, a=action: kit.options(Acting(i, a), "to", by), f.case, f.child) for action in ("发出", "copy")
    ],
    "messages": lambda kit, by, f: each(lambda i: kit.messages(i, by), f.case, f.child),
    "on_file": lambda kit, by, f: each(lambda i: kit.on_file(i, by), f.case, f.child),
    "intakes": lambda kit, by, f: kit.intakes(by),
    "intake_form": lambda kit, by, f: answer(lambda _: kit.intake_form("柜台", by=by), ""),
    "take_in": lambda kit, by, f: answer(
        lambda k: kit.take_in("柜台", {"门店": "滨江", "品类": "空调", "说明": "x"}, by=by, key=k), "theirs"
    ),
    "caller": lambda kit, by, f: answer(lambda _: kit.caller(PHONE, by), ""),
    "coming": lambda kit, by, f: kit.coming(kit.clock.now() + timedelta(days=9), by),
    "stuck": lambda kit, by, f: kit.stuck(by),
    "substitute": lambda kit, by, f: answer(
        lambda _: kit.substitute("员工:dora", "员工:carl", NINE, NINE + timedelta(days=9), by=by), ""
    ),
    "end_substitution": lambda kit, by, f: each(lambda i: kit.end_substitution(i, by), f.substitution),
    "substitutions": lambda kit, by, f: answer(lambda _: kit.substitutions(by), ""),
    "reassign_all": lambda kit, by, f: answer(lambda _: kit.reassign_all("员工:dora", "员工:ivan", by, "离职"), ""),
    "migrate": lambda kit, by, f: answer(lambda _: kit.migrate("工单", by=by), ""),
    "upload": lambda kit, by, f: answer(lambda _: kit.upload(b"%PDF-1.7\n%%EOF", "x.pdf", by).name, ""),
    "own_upload": lambda kit, by, f: each(lambda i: kit.own_upload(i, by), f.upload),
    "discard_upload": lambda kit, by, f: each(lambda i: kit.discard_upload(i, by), f.upload),
    "upload_content": lambda kit, by, f: [
        *each(lambda i: kit.upload_content(i, f.upload, by), f.case, f.child),
        *(answer(lambda i: kit.upload_content(i, f.upload, by), row.id) for row in kit.cases(by).items),
    ],
    "history": lambda kit, by, f: each(lambda i: kit.history(i, by), f.case, f.child),
    "explain": lambda kit, by, f: each(lambda i: kit.explain(i, by).lines, f.case, f.child),
    "names": lambda kit, by, f: each(lambda i: kit.names(i, by).people, f.case, f.child),
    "people": lambda kit, by, f: kit.people({"客户:wu", "员工:dora"}, by) if by.startswith("客户") else {},
    "outbox": lambda kit, by, f: [
        kit.outbox(state, by) for state in ("pending", "standing", "done", "dead", "dropped")
    ],
    "refusals": lambda kit, by, f: answer(lambda _: kit.refusals(by), ""),
    "files": lambda kit, by, f: each(lambda i: kit.files(i, by), f.case, f.child),
    "file": lambda kit, by, f: [
        f.page for found in each(lambda i: kit.file(i, by), f.page) if isinstance(found, bytes)
    ],
}
"""By method of the public face, what a person gets out of it who wants to see what is not his."""

HOSTS_OWN = {
    "withdraw": "in the name of the system only",
    "receive": "signed by an outside system",
    "believed": "of whoever stands in for an outside system",
    "import_records": "records have no owner; whoever runs the business brings them in",
    "look": "runs the caller's own code",
    "resend": "whoever runs the business",
    "link_with": "whoever serves the pages",
    "key_for": "whoever signs links and forms",
    "roles": "roles are no secret of anybody's",
    "colleagues": "who works here; pages show it to staff alone",
    "labels": "names of records that everybody may read",
    "intake_records": "keys and names of records that codes are stuck on",
    "under_way": "tells a yes or no of the whole",
    "next_due": "tells one moment of the whole",
    "verify": "whoever runs the business",
    "stranded": "whoever runs the business",
    "given_up": "whoever runs the business",
    "spent": "counts statements",
    "advance": "the clock",
    "start_background": "the clock",
    "close": "ends it",
}
"""What takes no person: it is for the program that holds flowkit."""

CLI: Mapping[str, Callable[[Foreign], list[list[str]]]] = {
    "submit": lambda f: [["submit", "app", "工单", "--with", "说明=x", "--key", "theirs"]],
    "act": lambda f: [["act", "app", i, a] for i in (f.case, f.number, f.child) for a in ("接单", "发出", "reveal")],
    "retry": lambda f: [["retry", "app", i] for i in (f.case, f.number, f.child)],
    "migrate": lambda f: [["migrate", "app", "工单"]],
    "tasks": lambda f: [["tasks", "app"], ["tasks", "app", "--format", "json"]],
    "case": lambda f: [["case", "app", i, "--history", *j] for i in (f.case, f.number, f.child) for j in _FORMATS],
    "cases": lambda f: [
        ["cases", "app", *a, *j]
        for a in (
            [],
            ["--text", "绝密"],
            ["--unit", "西湖"],
            ["--where", "门店=西湖"],
            ["--owner", "员工:dora"],
            ["--ended"],
        )
        for j in _FORMATS
    ],
    "export": lambda f: [["export", "app", "-"], ["export", "app", "-", "--workflow", "领料"]],
    "coming": lambda f: [["coming", "app", *j] for j in _FORMATS],
    "explain": lambda f: [["explain", "app", i, *j] for i in (f.case, f.number, f.child) for j in _FORMATS],
    "files": lambda f: [["files", "app", i, "--save", "saved"] for i in (f.case, f.number, f.child)],
    "outbox": lambda f: [["outbox", "app", "--state", s, *j] for s in ("pending", "done", "dead") for j in _FORMATS],
    "refusals": lambda f: [["refusals", "app", *j] for j in _FORMATS],
    "substitute": lambda f: [["substitute", "app", *a, *j] for a in ([], ["--end", f.substitution]) for j in _FORMATS],
    "reassign": lambda f: [["reassign", "app", "员工:dora", "--to", "员工:hugo", "--reason", "x"]],
}
_FORMATS: tuple[list[str], ...] = ([], ["--format", "json"])


def leaks(kit: FlowKit, by: str, f: Foreign) -> list[str]:
    """The methods that told that person something foreign, with what they told."""
    found = []
    for method, way in WALK.items():
        told = repr(way(kit, by, f))
        found += [f"{method}: {mark}" for mark in f.marks if mark in told and mark not in by]
    return found


def test_the_walk_goes_everywhere() -> None:
    """Each public method is in the walk, or is the host's own and takes no person; each command with --by is in it too."""
    face = {name: member for name, member in inspect.getmembers(FlowKit) if not name.startswith("_")}
    assert face.keys() == WALK.keys() | HOSTS_OWN.keys()
    takes_a_person = {
        n for n, m in face.items() if inspect.isfunction(m) and "by" in inspect.signature(m).parameters
    } - {"withdraw"}
    assert takes_a_person == WALK.keys()
    with_by = {n for n, c in commands.commands.items() if any(p.name == "by" for p in c.params)}
    assert with_by == CLI.keys()


@pytest.mark.parametrize("by", STRANGERS.values(), ids=STRANGERS.keys())
def test_a_stranger_finds_nothing(kit: FlowKit, foreign: Foreign, by: str) -> None:
    """By every method, id, number, filter, count, page, file and table: no foreign row, and his own are there."""
    assert leaks(kit, by, foreign) == []
    assert any(row.applicant == by for row in kit.cases(by).items)


def test_a_neighbour_finds_it(kit: FlowKit, foreign: Foreign) -> None:
    """Who may see it does so by each of these ways, so that a walk that looks past it would be noticed."""
    told = {leak.partition(":")[0] for leak in leaks(kit, NEIGHBOUR, foreign)}
    others = {"submit", "tasks", "people", "refusals", "file", "substitute", "end_substitution", "substitutions"}
    others |= {
        "count_tasks",
        "upload",
        "own_upload",
        "discard_upload",
        "views",
        "intakes",
        "intake_form",
        "take_in",
        "caller",
        "alike",
    }
    assert told == WALK.keys() - others - {"migrate"}
    assert foreign.case in repr(WALK["tasks"](kit, "员工:dora", foreign))
    assert foreign.substitution in repr(WALK["substitutions"](kit, "员工:hugo", foreign))
    assert foreign.substitution in repr(WALK["end_substitution"](kit, "员工:hugo", foreign))
    assert "refusals: " + foreign.case in leaks(kit, "员工:boss", foreign)
    assert foreign.page in repr(WALK["file"](kit, "客户:wu", foreign))


@pytest.mark.parametrize("by", ["员工:ann", "客户:li", "员工:hans"])
def test_a_stranger_is_told_nothing_on_the_command_line(
    kit: FlowKit, foreign: Foreign, by: str, capfdbinary: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every command that takes --by, in words and in JSON, on both streams and in the files it writes."""
    monkeypatch.setattr("flowkit.cli.opening.load_app", lambda folder, **how: kit.app)
    for lines in (ask(foreign) for ask in CLI.values()):
        for line in lines:
            perform([*line, "--by", by, "--database", f"sqlite:///{tmp_path}/work.db"])
            told = "".join(part.decode() for part in capfdbinary.readouterr())
            for asked in line[2:]:
                told = told.replace(asked, "…")
            assert [mark for mark in foreign.marks if mark in told and mark not in line] == [], line
    assert not (tmp_path / "saved").exists()


def test_the_command_line_tells_who_may_see(kit: FlowKit, foreign: Foreign, capfdbinary: Any, tmp_path: Path) -> None:
    """The same lines, typed by somebody of that office, tell the case."""
    for line in (
        ["case", "app", foreign.number],
        ["explain", "app", foreign.case],
        ["cases", "app"],
        ["export", "app", "-"],
    ):
        assert perform([*line, "--by", NEIGHBOUR, "--database", f"sqlite:///{tmp_path}/work.db"]) == 0
        assert foreign.number in capfdbinary.readouterr().out.decode()


# --- planted: the walk finds it ------------------------------------------------------------------------------------------

_page, _count = Listing.page, Listing.count


def _forgotten_in_pages(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Listing, "page", lambda self, c, sight, *rest: _page(self, c, HOST, *rest))
    patch.setattr("flowkit.engine.viewer.Viewer.sees", lambda self, case: True)


def _forgotten_in_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Listing, "count", lambda self, c, sight, *asked: _count(self, c, HOST, *asked))


def _units_in_sql(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("flowkit.store.sought.Asked._served", lambda self, hands: sqlalchemy.true())


def _a_childs_unit(patch: pytest.MonkeyPatch) -> None:
    admits = Sight.admits

    def as_if_of_any(self: Sight, case: Case) -> bool:
        return admits(self, case) or (self.whole and case.unit is None)

    patch.setattr(Sight, "admits", as_if_of_any)


def _files_by_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("flowkit.runtime.looks.Looks.may_read", lambda self, case, by, personal: True)


def _history_by_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("flowkit.runtime.reader.Reader.events", lambda self, case, by: self._stored_events(case))


def _outbox_of_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("flowkit.runtime.looks.Looks.seen", lambda self, cases, by: frozenset(cases))


def _acts_unseen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("flowkit.runtime.judging.Judge.seen", lambda self, actor, held, staff, now: held)


@pytest.mark.parametrize(
    ("plant", "by", "method"),
    [
        (_forgotten_in_pages, "员工:bob", "cases"),
        (_forgotten_in_pages, "客户:li", "export"),
        (_forgotten_in_counts, "员工:hans", "count"),
        (_units_in_sql, "员工:ann", "count"),
        (_a_childs_unit, "员工:ann", "case"),
        (_files_by_id, "客户:li", "file"),
        (_history_by_id, "员工:bob", "history"),
        (_history_by_id, "员工:bob", "explain"),
        (_outbox_of_all, "员工:hans", "outbox"),
        (_acts_unseen, "客户:li", "act"),
    ],
    ids=lambda p: getattr(p, "__name__", p),
)
def test_a_planted_bug_is_found(
    kit: FlowKit, foreign: Foreign, monkeypatch: pytest.MonkeyPatch, plant: Any, by: str, method: str
) -> None:
    """One condition forgotten in one place, and the walk tells where."""
    plant(monkeypatch)
    assert method in {leak.partition(":")[0] for leak in leaks(kit, by, foreign)}
