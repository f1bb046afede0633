"""Cases that begin other cases: joined, called off, in turn, and given back to."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import pytest

from flowkit.app.load import load_app
from flowkit.engine.apply import apply
from flowkit.engine.case import Case
from flowkit.engine.command import Command
from flowkit.engine.consequences import signals
from flowkit.engine.decide import decide
from flowkit.engine.facts import Facts, Need
from flowkit.errors import DefinitionError, RefusedError
from tests.unit.engine.shop import START

PARTS = """
app: 配件
catcher: 主管
roles: {主管: {}, 师傅: {}, 采购: {}}
staff: {entity: 员工, roles: 角色}
channels: {console: {preset: console}}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: role}
rows: [{工号: boss, 角色: 主管}, {工号: zhang, 角色: 师傅}, {工号: buyer, 角色: 采购}]
---
form: 报修
fields:
  缺件: {type: rows, of: {件: text, 数: number, 结果: text}}
  电话: {type: phone, personal: true}
---
workflow: 工单
from: 报修
number: "{{ sequence(3) }}"
fields: {运费: number}
nodes:
  等件:
    owner: 师傅
    run: {workflow: 采购单, each: 缺件, when: row.数 > 0, with: {件: =row.件, 数: =row.数, 联系: =电话}, back: {结果: =outcome}, join: all}
    next: [{when: "count(采购单, row.outcome == 'done') > 0", to: 装}, {to: 废}]
    timeouts: [{after: 2d, to: 废}]
  装:
    owner: 师傅
    actions: {装好: {do: [{start: {workflow: 回访单, with: {谁: =电话}}}], to: 完}}
    timeouts: [{after: 1d, to: 完}]
  完: {end: done}
  废: {end: rejected}
---
workflow: 采购单
fields: {件: text, 数: number, 联系: {type: phone, personal: true}}
nodes:
  采:
    owner: 采购
    actions: {到: {to: 到了}, 没: {to: 没有}}
    timeouts: [{after: 1d, escalate: 主管}]
  到了: {end: done}
  没有: {end: rejected}
---
workflow: 回访单
from: {谁: {type: phone, required: true, personal: true}}
nodes:
  访: {owner: 师傅, actions: {访过: {to: 好}}, timeouts: [{after: 1d, to: 好}]}
  好: {end: done}
"""
ZHANG, BUYER = "员工:zhang", "员工:buyer"


class Office:
    """Several cases; signals between them are carried out one after another, each on its own."""

    def __init__(self, folder: Path, text: str) -> None:
        (folder / "app.yaml").write_text(text, encoding="utf-8")
        self.app = load_app(folder)
        self.cases: dict[str, Case] = {}
        self.secrets: dict[str, Any] = {}
        self.kinds: dict[str, list[str]] = {}
        self.held: list[Any] = []
        self.hold = False

    def submit(self, **values: Any) -> Office:
        return self.do(Command("submit", "c", ZHANG, {"workflow": "工单", "values": values}, "salt"))

    def act(self, case: str, action: str, by: str) -> Office:
        return self.do(Command("act", case, by, {"action": action, "values": {}}))

    def do(self, command: Command) -> Office:
        line = deque([command])
        while line:
            line += self._one(line.popleft())
            if self.hold:
                self.held += line
                line.clear()
        return self

    def release(self) -> Office:
        self.hold = False
        while self.held:
            self.do(self.held.pop(0))
        return self

    def children(self, parent: str = "c") -> list[str]:
        return sorted(id_ for id_ in self.cases if id_.startswith(f"{parent}."))

    def _one(self, command: Command) -> list[Command]:
        case = self.cases.get(command.case, Case())
        workflow = self.app.workflows[case.workflow or command.data["workflow"]]
        got: dict[Any, Any] = {}
        while True:
            try:
                people = self.app.people(self.app.rows)
                decision = decide(workflow, case, command, Facts(people, got), START)
                break
            except Need as need:
                got.update({want: self._fetch(want) for want in need.wants})
        follow: list[Command] = []
        for event in decision.events:
            case = apply(case, event)
            self.kinds.setdefault(case.id, []).append(event.kind)
            for signal in signals(case, event):
                data = {k: v for k, v in signal.data.items() if k != "by"}
                follow.append(Command(signal.kind, signal.case, signal.data["by"], {**data, "key": signal.key}, "s"))  # type: ignore[arg-type]
        self.secrets |= {s.ref: s for s in decision.secrets}
        self.cases[case.id] = case
        assert Case.from_json(case.as_json()) == case
        return follow

    def _fetch(self, want: tuple[Any, ...]) -> Any:
        found = {
            "personal": lambda: self.secrets[want[1]].value,
            "subject": lambda: self.secrets[want[1]].subject,
            "sequence": lambda: 7,
        }
        return found.get(want[0], lambda: None)()


LINES = [{"件": "门锁", "数": 1}, {"件": "免费贴纸", "数": 0}, {"件": "光幕", "数": 2}]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, PARTS)


def test_one_child_for_each_row_that_is_wanted(office: Office) -> None:
    """Rows for which `when` does not hold make none; each child begins with what `with` says."""
    office.submit(缺件=LINES)
    assert [office.cases[c].values["件"] for c in office.children()] == ["门锁", "光幕"]
    assert office.cases["c"].node == "等件"


def test_all_are_joined_before_the_case_goes_on(office: Office) -> None:
    """The second that ends moves the parent, and each fills its own row."""
    office.submit(缺件=LINES)
    one, two = office.children()
    office.act(one, "没", BUYER)
    assert office.cases["c"].node == "等件"
    office.act(two, "到", BUYER)
    assert office.cases["c"].node == "装"
    assert [row.get("结果") for row in office.cases["c"].values["缺件"]] == ["rejected", None, "done"]


def test_nothing_to_wait_for_goes_on_at_once(office: Office) -> None:
    """A join over no rows does not hold anybody up."""
    assert office.submit(缺件=[]).cases["c"].outcome == "rejected"


def test_any_goes_on_with_the_first_and_calls_off_the_rest(tmp_path: Path) -> None:
    """What leaving finds open is cancelled; its end comes too late and is only recorded."""
    office = Office(tmp_path, PARTS.replace("join: all", "join: any")).submit(缺件=LINES)
    one, two = office.children()
    office.act(one, "到", BUYER)
    assert office.cases["c"].node == "装"
    assert office.cases[two].outcome == "cancelled"
    assert office.kinds["c"][-1] == "late"


def test_children_that_are_kept_go_on(tmp_path: Path) -> None:
    """`children: keep` lets those still open live."""
    office = Office(tmp_path, PARTS.replace("join: all", "join: 1, children: keep")).submit(缺件=LINES)
    one, two = office.children()
    office.act(one, "到", BUYER)
    assert office.cases["c"].node == "装"
    assert not office.cases[two].ended


def test_in_turn_the_next_begins_when_the_one_before_has_ended(tmp_path: Path) -> None:
    """Only one is open at a time, in the order of the rows."""
    office = Office(tmp_path, PARTS.replace("join: all", "join: in_turn")).submit(缺件=LINES)
    (one,) = office.children()
    assert office.cases[one].values["件"] == "门锁"
    office.act(one, "到", BUYER)
    assert len(office.children()) == 2
    assert office.act(office.children()[1], "到", BUYER).cases["c"].node == "装"


def test_a_child_that_ends_after_the_parent_left_is_recorded_as_late(office: Office) -> None:
    """The signal crosses the parent's move and changes nothing."""
    office.submit(缺件=LINES)
    one, two = office.children()
    office.hold = True
    office.act(one, "到", BUYER)
    office.do(Command("timeout", "c", "system:timer", {"deadline": "1", "visit": 1, "n": 0}))
    assert office.cases["c"].node == "等件"
    office.release()
    assert office.act(two, "到", BUYER).cases["c"].node == "装"


def test_a_child_that_cannot_begin_is_looked_at_by_a_person(tmp_path: Path) -> None:
    """A form that refuses what it is given ends the child; the parent waits, with an incident, until somebody retries."""
    text = PARTS.replace("数: number, 联系", "数: {type: number, max: 1}, 联系")
    office = Office(tmp_path, text).submit(缺件=[{"件": "门锁", "数": 5}])
    (child,) = office.children()
    assert "unfit" in office.kinds[child]
    incident = office.cases["c"].incident
    assert incident is not None
    assert "数" in incident["message"]
    with pytest.raises(RefusedError, match="已结束"):
        office.act(child, "到", BUYER)
    office.do(Command("retry", "c", "员工:boss"))
    assert office.cases["c"].outcome == "rejected"


def test_a_person_is_the_same_person_in_a_child(tmp_path: Path) -> None:
    """Who is given to a field of type person arrives with his entity."""
    text = PARTS.replace("数: number, 联系", "数: number, 谁要: person, 联系").replace(
        "with: {件: =row.件,", "with: {谁要: =actor, 件: =row.件,"
    )
    office = Office(tmp_path, text).submit(缺件=LINES)
    assert office.cases[office.children()[0]].values["谁要"] == ZHANG


def test_personal_values_travel_as_references(office: Office) -> None:
    """A child gets the value itself, kept under its own reference; no event holds it."""
    office.submit(缺件=LINES, 电话="13800000001")
    child = office.cases[office.children()[0]]
    assert child.values["联系"]["personal"].startswith(child.id)
    assert office.secrets[child.values["联系"]["personal"]].value == "13800000001"
    assert "13800000001" not in repr(office.cases)


def test_what_is_worked_out_of_personal_values_travels_as_a_reference_too(tmp_path: Path) -> None:
    """A value without a mark of its own, such as a place, is put aside before it goes into the parent's history."""
    text = PARTS.replace("catcher: 主管", "catcher: 主管\ncoordinates: gcj02")
    text = text.replace("电话: {type: phone, personal: true}", "电话: {type: location, personal: true}")
    text = text.replace("联系: {type: phone", "联系: {type: location")
    text = text.replace("谁: =电话", "谁: ='13800000001'")
    office = Office(tmp_path, text).submit(缺件=LINES, 电话="30.2741,120.1551")
    child = office.cases[office.children()[0]]
    kept = office.secrets[child.values["联系"]["personal"]]
    assert (kept.subject, kept.value["latitude"]) == (ZHANG, "30.2741")
    assert "30.2741" not in repr(office.cases)


def test_data_from_outside_is_no_reference(tmp_path: Path) -> None:
    """What only looks like a reference to somebody's personal value fetches nothing: a person must look."""
    letter = "{来信: {start: {workflow: 采购单, with: {件: =event.号}}}}"
    text = PARTS.replace("nodes:\n  等件", f"stages: {{全程: {{nodes: all, events: {letter}}}}}\nnodes:\n  等件")
    office = Office(tmp_path, text).submit(缺件=LINES, 电话="13800000001")
    ref = office.cases["c"].values["电话"]["personal"]
    office.do(Command("signal", "c", "system:x", {"name": "来信", "values": {"号": {"personal": ref}}, "key": "k"}))
    incident = office.cases["c"].incident
    assert incident is not None
    assert "personal" in incident["message"]
    assert len(office.children()) == 2


def test_start_begins_a_case_nobody_waits_for(office: Office) -> None:
    """The case goes on at once; the other knows where it came from."""
    office.submit(缺件=LINES, 电话="13800000001")
    for child in office.children():
        office.act(child, "到", BUYER)
    office.act("c", "装好", ZHANG)
    assert office.cases["c"].outcome == "done"
    (started,) = [c for c in office.cases.values() if c.workflow == "回访单"]
    assert started.parent is not None
    assert started.parent["case"] == "c"
    office.act(started.id, "访过", ZHANG)
    assert "late" not in office.kinds["c"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("workflow: 采购单, each", "workflow: 采构单, each", "unknown-name"),
        ("with: {件: =row.件", "with: {品: =row.件", "unknown-name"),
        ("with: {谁: =电话}", "with: {}", "missing-key"),
        ("back: {结果: =outcome}", "back: {结局: =outcome}", "unknown-name"),
        ("join: all", "join: most", "unknown-name"),
    ],
)
def test_mistakes_in_a_run_are_told(tmp_path: Path, old: str, new: str, code: str) -> None:
    """Each wrong word gives a diagnostic of its kind."""
    with pytest.raises(DefinitionError) as error:
        Office(tmp_path, PARTS.replace(old, new))
    assert code in [d.code for d in error.value.diagnostics]
