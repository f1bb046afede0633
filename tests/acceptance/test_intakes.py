"""Doors: a case comes in for the customer who is recognised, what a door fixes nobody changes, and nobody is told too much."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowkit import FlowKit, RefusedError, VirtualClock, load_app
from flowkit.app.app import App
from flowkit.errors import DefinitionError
from flowkit.runtime.forms import Entering
from tests.shop import NINE

KNOWN, NEW, CODE = "13800000001", "13912345678", "door-4711"

TEXT = """
app: lifts
catcher: head
roles: {desk: {title: 接待, sees: all}, worker: {title: 师傅}, head: {sees: all}}
staff: {entity: employee, roles: roles}
customers: {entity: customer, by: phone}
---
entity: employee
key: code
fields: {code: text, roles: {type: list, of: role}}
rows:
  - {code: dina, roles: [desk]}
  - {code: wes, roles: [worker]}
  - {code: boss, roles: [head]}
---
entity: customer
key: code
label: name
fields:
  code:  {type: text, required: true}
  name:  {type: text, required: true, personal: true}
  kind:  {type: choice, options: [house, office], required: true}
  phone: {type: phone, personal: true}
rows: [{code: li, name: 李女士, kind: house, phone: "13800000001"}]
---
entity: lift
key: code
label: place
fields:
  code:     text
  place:    text
  floors:   number
  customer: {type: reference, entity: customer}
  door:     {type: text, personal: true}
rows:
  - {code: L1, place: 东楼, floors: 9, customer: li, door: door-4711}
  - {code: L2, place: 西楼}
---
form: report
fields:
  lift:   {type: reference, entity: lift, required: true}
  floors: {type: number, min: 1}
  door:   {type: text, personal: true}
  fault:  {type: choice, options: [困人, 异响], required: true}
  phone:  {type: phone, title: 电话, required: true, personal: true}
  name:   {type: text, personal: true}
  half:   {type: number, default: =floors / 2}
  cost:   {type: number, default: "7", hidden_from: customers}
---
workflow: repair
from: report
number: "{{ sequence(4) }}"
nodes:
  waiting:
    owner: worker
    actions: {done: {form: {phone: {type: phone}}, record: =applicant, set: {phone: =done.phone}, to: finished}}
    timeouts: [{after: 1h, escalate: head}]
  finished: {end: done}
---
intake: scan
title: 扫码报修
per: lift
opens: {workflow: repair, with: {lift: =row, floors: =row.floors, door: =row.door}}
---
intake: web
opens: {workflow: repair}
ask: [lift, fault, phone, name]
---
intake: phone_desk
who: desk
applicant: {by: phone}
opens: {workflow: repair}
"""


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


def come(kit: FlowKit, phone: str = NEW, **more: Any) -> str:
    return kit.take_in("scan", {"fault": "困人", "phone": phone}, by=None, record="L1", **more).applicant


def test_who_is_known_is_recognised_and_who_is_not_is_made(kit: FlowKit) -> None:
    """However the number is written; the second time the new customer is the same, with a key that tells nothing."""
    assert come(kit, KNOWN) == come(kit, "138 0000 0001") == come(kit, "+86-13800000001") == "customer:li"
    made = come(kit)
    assert come(kit, "139-1234-5678") == made
    assert made.startswith("customer:c")
    assert NEW not in made
    assert kit.cases(made).items
    assert kit.verify() == []


def test_a_door_fills_in_what_it_knows_and_asks_the_rest(kit: FlowKit) -> None:
    """What is personal or hidden is filled in and not told; what comes out empty is asked; defaults follow."""
    form = kit.intake_form("scan", "L1")
    assert (dict(form.values), form.label) == ({"lift": "L1", "floors": 9, "half": "4.5"}, "东楼")
    assert form.fixed == {"lift", "floors", "door"}
    assert CODE not in str(form.values)
    assert [asked.field.name for asked in kit.form(Entering("scan", "L1"), None).fields] == [
        "fault",
        "phone",
        "name",
        "half",
    ]
    assert "floors" not in kit.intake_form("scan", "L2").fixed
    case = kit.take_in("scan", {"fault": "困人", "phone": NEW}, by=None, record="L1")
    assert kit.case(case.id, case.applicant).values["door"] == CODE
    assert [asked.field.name for asked in kit.form(Entering("web"), None).fields] == ["lift", "fault", "phone", "name"]


def test_what_a_door_fixes_cannot_be_typed_over(kit: FlowKit) -> None:
    """Another lift than that of the code is refused at its field, and nobody is made; the same one passes."""
    for name, data, at in (
        ("scan", {"lift": "L2"}, "lift"),
        ("scan", {"phone": "12"}, "phone"),
        ("scan", {"phone": ""}, "phone"),
        ("scan", {"fault": ""}, "fault"),
        ("web", {"lift": "L1", "cost": "0"}, "cost"),
        ("web", {"lift": "L1", "colour": "red"}, "colour"),
    ):
        with pytest.raises(RefusedError) as refused:
            kit.take_in(name, {"fault": "困人", "phone": NEW, **data}, by=None, record="L1" if name == "scan" else None)
        assert [problem.field for problem in refused.value.problems] == [at]
    assert kit.caller(NEW, "employee:dina").customer is None
    assert kit.count(None) == 0
    kit.take_in("scan", {"fault": "困人", "phone": NEW, "lift": "L1"}, by=None, record="L1")


def test_a_desk_takes_in_for_who_calls(kit: FlowKit) -> None:
    """The clerk submits, the customer applies; who comes himself and is known needs no number to be recognised by."""
    data = {"lift": "L2", "fault": "异响", "phone": KNOWN}
    case = kit.take_in("phone_desk", data, by="employee:dina")
    assert case.applicant == "customer:li"
    assert kit.history(case.id)[0].by == "employee:dina"
    own = kit.take_in("scan", {"fault": "困人", "phone": NEW}, by="customer:li", record="L1")
    assert (own.applicant, kit.history(own.id)[0].by) == ("customer:li", "customer:li")


def test_a_door_is_open_to_whom_it_is_for(kit: FlowKit) -> None:
    """Everybody sees public doors, a desk only who sits there; all else is as if it were not there."""
    assert [i.name for i in kit.intakes(None)] == ["scan", "web"]
    assert [(i.name, i.desk, i.per) for i in kit.intakes("employee:dina")] == [
        ("scan", False, "lift"),
        ("web", False, None),
        ("phone_desk", True, None),
    ]
    assert [i.name for i in kit.intakes("employee:wes")] == ["scan", "web"]
    for by in (None, "employee:wes", "customer:li"):
        for ask in (
            lambda by=by: kit.intake_form("phone_desk", by=by),
            lambda by=by: kit.take_in("phone_desk", {}, by=by),
        ):
            with pytest.raises(RefusedError) as refused:
                ask()
            assert refused.value.code == "unknown-intake"
    for record in (None, "L9"):
        with pytest.raises(RefusedError) as refused:
            kit.intake_form("scan", record)
        assert refused.value.code == "unknown-record"


def test_the_same_number_at_once_is_one_customer(app: App, tmp_path: Path) -> None:
    """Eight come together with one number, in two programs on one database: one customer, eight cases."""
    url = f"sqlite:///{tmp_path / 'work.db'}"
    with FlowKit(app, url, clock=VirtualClock(NINE)) as one, FlowKit(app, url, clock=VirtualClock(NINE)) as two:
        found: list[str] = []
        threads = [threading.Thread(target=lambda kit=kit: found.append(come(kit))) for kit in (one, two) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert len(set(found)) == 1
        assert one.count(found[0]) == 8
        assert one.verify() == []


def test_the_same_key_is_one_case(kit: FlowKit) -> None:
    """A form that is sent twice makes one case, also when the customer was made by it."""
    assert come(kit, key="k1") == come(kit, key="k1")
    assert kit.count(None) == 1


def test_no_number_stands_in_the_open(app: App, tmp_path: Path) -> None:
    """Neither in the index by which customers are found nor anywhere else in the database's file."""
    file = tmp_path / "work.db"
    with FlowKit(app, f"sqlite:///{file}", clock=VirtualClock(NINE)) as kit:
        come(kit)
        kit.caller(NEW, "employee:dina")
    base = sqlite3.connect(file)
    names = [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    whole = "".join(str(row) for name in names for row in base.execute(f"SELECT * FROM {name}"))
    assert "record_index" in names
    assert NEW not in whole
    assert KNOWN not in whole


def test_what_is_changed_is_found_by_what_it_is_now(app: App, tmp_path: Path) -> None:
    """A number that an import, a case or a later version of the files changes leads to the customer at once."""
    url = f"sqlite:///{tmp_path / 'work.db'}"
    with FlowKit(app, url, clock=VirtualClock(NINE)) as kit:
        kit.import_records("customer", [{"code": "wu", "name": "吴", "kind": "office", "phone": "13700000001"}])
        assert come(kit, "13700000001") == "customer:wu"
        case = kit.take_in("scan", {"fault": "困人", "phone": KNOWN}, by=None, record="L1")
        kit.act(case.id, "done", {"phone": "13600000001"}, by="employee:wes")
        assert come(kit, "13600000001") == "customer:li"
        assert come(kit, KNOWN) != "customer:li"
    other = load_app(write(tmp_path / "later", TEXT.partition("---\nintake")[0].replace("by: phone}", "by: kind}")))
    with FlowKit(other, url, clock=VirtualClock(NINE)):
        pass
    with FlowKit(app, url, clock=VirtualClock(NINE)) as kit:
        assert come(kit, "13600000001") == "customer:li"


def test_a_desk_sees_who_calls(kit: FlowKit) -> None:
    """The customer by a masked name, what is his, and the open cases about it that the clerk may see."""
    mine = kit.take_in("scan", {"fault": "困人", "phone": KNOWN}, by=None, record="L2").id
    about = kit.take_in("scan", {"fault": "困人", "phone": NEW}, by=None, record="L1").id
    kit.take_in("scan", {"fault": "困人", "phone": NEW}, by=None, record="L2")
    found = kit.caller("138-0000-0001", "employee:dina")
    assert (found.customer, found.name, found.devices) == ("customer:li", "李**", (("lift", "L1", "东楼"),))
    assert {row.id for row in found.open_cases} == {mine, about}
    assert kit.caller("13511112222", "employee:dina").customer is None
    for by in ("employee:wes", "customer:li"):
        with pytest.raises(RefusedError) as refused:
            kit.caller(KNOWN, by)
        assert refused.value.code == "not-yours"
    with pytest.raises(RefusedError):
        kit.caller("zzz", "employee:dina")


def test_a_made_customer_has_what_was_typed(kit: FlowKit) -> None:
    """Fields of the same name come along, personal ones kept apart; what was not asked stays empty."""
    case = kit.take_in("web", {"lift": "L1", "fault": "困人", "phone": NEW, "name": "钱先生"}, by=None)
    assert kit.caller(NEW, "employee:dina").name == "钱**"
    body = kit.look(case.id, lambda world: dict(world.stored(*case.applicant.split(":")) or {}))
    assert body["kind"] is None if "kind" in body else True
    assert "钱先生" not in json.dumps(body, ensure_ascii=False)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(
        st.sampled_from(["13800000001", "13912345678", "13912345679", "021-55556666", "138 0000 0001"]), max_size=6
    )
)
def test_as_many_customers_as_numbers(app: App, numbers: list[str]) -> None:
    """In whatever order and spelling they come, one number is one customer and one customer one number."""
    with FlowKit(app, "sqlite://", clock=VirtualClock(NINE)) as kit:
        found = [come(kit, number) for number in numbers]
        same = {(a.replace(" ", ""), b) for a, b in zip(numbers, found, strict=True)}
        assert len(same) == len({number for number, _ in same}) == len({customer for _, customer in same})


WRONG = [
    ("opens: {workflow: repare}", 'no workflow "repare"'),
    ("opens: {workflow: repair, with: {lfit: =row}}", "lfit"),
    ("opens: {workflow: repair, with: {lift: =row}}", '"row"'),
    ("opens: {workflow: repair, with: {fault: 困住}}", '"fault" has no option “困住”'),
    ("per: lfit\nopens: {workflow: repair}", 'no entity "lfit"'),
    ("opens: {workflow: repair}\nwho: dsk", 'no role "dsk"'),
    ("opens: {workflow: repair}\napplicant: {by: tel}", 'no field "tel"'),
    ("opens: {workflow: repair}\nask: [fault, phone]", '"lift" must be filled in and is not asked'),
    ("opens: {workflow: repair}\nask: [lift, falt, phone, fault]", 'no field "falt"'),
    ("per: lift\nopens: {workflow: repair, with: {name: =row.door, lift: =row, floors: =row.door}}", "is personal"),
    ("opens: {workflow: inside}", "customers may not begin"),
    ("opens: {workflow: silent}", "asks nothing"),
    ("opens: {workflow: secret}", '"who" must be filled in and is one of the staff'),
    ("opens: {workflow: veiled}", '"note" must be filled in and is hidden from outsiders'),
    ("opens: {workflow: lost}", "nothing that is asked tells which customer it is for"),
    ("title: x", 'intake needs the key "opens"'),
]
MORE = "".join(
    f"\n---\nworkflow: {name}\n{begins}\nnodes: {{a: {{owner: desk, actions: {{b: {{to: c}}}}, timeouts: [{{after: 1h, escalate: head}}]}}, c: {{end: done}}}}"
    for name, begins in (
        ("inside", "who: desk\nfrom: {phone: phone}"),
        ("silent", "number: '{{ sequence(2) }}'"),
        ("secret", "from: {phone: phone, who: {type: person, required: true}}"),
        ("veiled", "from: {phone: phone, note: {type: text, required: true, hidden_from: customers}}"),
        ("lost", "from: {note: text}"),
    )
)


@pytest.mark.parametrize(("body", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_door_through_which_nobody_could_come_is_refused(tmp_path: Path, body: str, said: str) -> None:
    """When the app is loaded, with its place."""
    with pytest.raises(DefinitionError) as refused:
        load_app(write(tmp_path / "app", f"{TEXT}{MORE}\n---\nintake: wrong\n{body}\n"))
    told = [d for d in refused.value.diagnostics if d.severity == "error"]
    assert any(said in f"{d.message} {d.help}" for d in told), told
    assert len(told) == 1, told


def test_a_public_door_needs_something_to_recognise_people_by(tmp_path: Path) -> None:
    """An app that says nothing of customers has no outsiders whose cases they could be."""
    with pytest.raises(DefinitionError, match="recognised"):
        load_app(
            write(
                tmp_path / "app",
                TEXT.replace("customers: {entity: customer, by: phone}", "customers: {entity: customer}"),
            )
        )
