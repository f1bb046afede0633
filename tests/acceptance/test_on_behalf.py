"""Whom a child case is for, and whose its personal values are: over a real database, across kills and erasure."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowkit
from tests.shop import NINE

APP = """\
app: 修车
catcher: 店长
roles: {店长: {}, 师傅: {}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 客户}
channels: {console: {preset: console}}
---
entity: 员工
key: 号
fields: {号: text, 角色: role, 手机: {type: phone, personal: true}}
rows: [{号: boss, 角色: 店长, 手机: "13800000009"}, {号: zhang, 角色: 师傅}]
---
entity: 客户
key: 号
fields: {号: text, 备用: {type: phone, personal: true}}
rows: [{号: li, 备用: "13800000002"}]
---
form: 报修
fields: {电话: {type: phone, personal: true}, 活: {type: rows, of: {事: text}}}
---
workflow: 报修单
from: 报修
fields: {谁: person}
nodes:
  待接:
    owner: 店长
    actions: {接: {set: {谁: =actor}, to: 修}}
    timeouts: [{after: 1d, to: 完}]
  修:
    run: {workflow: 维修单, with: {电话: =电话}, applicant: applicant, join: in_turn}
    next: [{to: 完}]
    timeouts: [{after: 9d, to: 完}]
  完: {end: done}
---
workflow: 维修单
fields: {电话: {type: phone, personal: true}, 备用: {type: phone, personal: true}, 店: {type: phone, personal: true}, 记: text}
nodes:
  修车:
    owner: 店长
    actions:
      打单: {print: 结算单}
      记下: {set: {备用: =applicant.备用, 店: =actor.手机}}
      签字: {form: {签: {type: text, personal: true}}}
      取消: {who: applicant, to: 完}
      好: {to: 完}
    timeouts: [{after: 1d, to: 完}]
  完: {end: done}
---
print: 结算单
page: 结算单.html
"""
LI, BOSS = "客户:li", "员工:boss"
PHONE = "13800000001"


def opened(folder: Path, text: str = APP) -> flowkit.FlowKit:
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    (folder / "结算单.html").write_text("<p>{{ 电话 }} {{ 店 }}</p>", encoding="utf-8")
    clock = flowkit.VirtualClock(NINE)
    return flowkit.FlowKit(flowkit.load_app(folder), f"sqlite:///{folder}/work.db", clock=clock)


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[flowkit.FlowKit]:
    with opened(tmp_path) as kit:
        yield kit
        assert kit.verify() == []


def erase(folder: Path, person: str) -> None:
    """Destroy a person's key: what was kept under it cannot be read by anybody any more."""
    with sqlite3.connect(folder / "work.db") as database:
        assert database.execute("delete from person_keys where subject = ?", [person]).rowcount == 1


def in_the_shop(kit: flowkit.FlowKit) -> str:
    """A child that the manager's act began for the customer."""
    case = kit.submit("报修单", {"电话": PHONE}, by=LI)
    kit.act(case.id, "接", by=BOSS)
    (task,) = kit.tasks(by=BOSS)
    return task.case


def test_a_child_is_for_whom_it_says(kit: flowkit.FlowKit) -> None:
    """The manager's act begins it and the customer is its applicant, so the customer may do what applicants may."""
    child = in_the_shop(kit)
    assert kit.case(child).applicant == LI
    assert kit.history(child)[0].by == BOSS
    assert [name for name, _ in kit.case(child, by=LI).actions] == ["取消"]


def test_without_a_word_it_is_for_who_acted(tmp_path: Path) -> None:
    """The default stays."""
    with opened(tmp_path, APP.replace("applicant: applicant, ", "")) as kit:
        assert kit.case(in_the_shop(kit)).applicant == BOSS


@pytest.mark.parametrize("said", ["applicant: applicant, ", ""])
def test_erasing_a_person_erases_the_copies_too(tmp_path: Path, said: str) -> None:
    """A value that went from case to case belongs to whom it is about in both, whoever the child is for; so does a page."""
    with opened(tmp_path, APP.replace("applicant: applicant, ", said)) as kit:
        child = in_the_shop(kit)
        kit.act(child, "打单", by=BOSS)
        kit.advance()
        (filed,) = kit.files(child)
        assert kit.case(child).values["电话"] == "138****0001"
        assert kit.file(filed.id) is not None
        erase(tmp_path, LI)
        parent = kit.case(child.partition(".")[0])
        assert (parent.values["电话"], kit.case(child).values["电话"]) == ("(已删除)", "(已删除)")
        assert kit.file(filed.id) is None
        assert kit.verify() == []


def test_what_is_typed_on_the_way_is_the_customers(kit: flowkit.FlowKit, tmp_path: Path) -> None:
    """A form of the child belongs to the child's applicant."""
    child = in_the_shop(kit)
    kit.act(child, "签字", {"签": "李四先生"}, by=BOSS)
    erase(tmp_path, LI)
    assert kit.case(child).values["签字"] == {"签": "(已删除)"}


def test_a_copy_of_a_record_stays_with_its_record(kit: flowkit.FlowKit, tmp_path: Path) -> None:
    """`set` from somebody's record keeps it under his key: erasing another leaves it, erasing him does not."""
    child = in_the_shop(kit)
    kit.act(child, "记下", by=BOSS)
    erase(tmp_path, LI)
    values = kit.case(child).values
    assert (values["备用"], values["店"]) == ("(已删除)", "138****0009")
    erase(tmp_path, BOSS)
    assert kit.case(child).values["店"] == "(已删除)"


def test_a_page_with_values_of_two_falls_with_either(kit: flowkit.FlowKit, tmp_path: Path) -> None:
    """Who is not the applicant takes the page with him as well."""
    child = in_the_shop(kit)
    kit.act(child, "记下", by=BOSS)
    kit.act(child, "打单", by=BOSS)
    kit.advance()
    (filed,) = kit.files(child)
    assert kit.file(filed.id) is not None
    erase(tmp_path, BOSS)
    assert kit.file(filed.id) is None


IN_TURN = APP.replace("with: {电话: =电话}", "each: 活, with: {记: =row.事}")


def killed(folder: Path, case: str, action: str) -> None:
    """The manager acts, and the process dies as soon as that is committed: nothing that follows from it was carried out."""
    code = f"import sys; from tests.acceptance.test_on_behalf import *; kit = opened(Path(sys.argv[1]), IN_TURN); kit.act({case!r}, {action!r}, by=BOSS)"
    env = {**os.environ, "FLOWKIT_FAILPOINT": "before-ack:1"}
    root = str(Path(__file__).parents[2])
    assert subprocess.run([sys.executable, "-c", code, str(folder)], env=env, cwd=root).returncode == -signal.SIGKILL


def test_it_survives_kills(tmp_path: Path) -> None:
    """The signal tells whom a child is for, and so does the parent as long as the child waits for its turn."""
    with opened(tmp_path, IN_TURN) as kit:
        parent = acted = kit.submit("报修单", {"电话": PHONE, "活": [{"事": "刹车"}, {"事": "机油"}]}, by=LI).id
    for before, action in enumerate(("接", "好")):
        killed(tmp_path, acted, action)
        with opened(tmp_path, IN_TURN) as kit:
            kit.advance()
            (task,) = kit.tasks(by=BOSS)
            assert task.case == f"{parent}.2.{before}"
            assert kit.case(task.case).applicant == LI
            acted = task.case
            assert kit.verify() == []


@pytest.mark.parametrize("said", ["=谁", "='客户:wu'", "='报修单'", "owner"])
def test_who_is_not_one_person_is_an_incident(tmp_path: Path, said: str) -> None:
    """Nobody, a text that is no person, or a pool: nothing is begun under a wrong name, and somebody looks at it."""
    text = APP.replace("applicant: applicant", f"applicant: {said}").replace("set: {谁: =actor}, ", "")
    with opened(tmp_path, text) as kit:
        case = kit.submit("报修单", {"电话": PHONE}, by=LI)
        kit.act(case.id, "接", by=BOSS)
        assert "人" in (kit.case(case.id).incident or "")
        assert kit.tasks(by="员工:zhang") == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("applicant: applicant", "applicant: 店长", "expected one person, found a role"),
        ("applicant: applicant", "applicant: [applicant, owner]", "expected one person, found a list"),
        (
            "applicant: applicant",
            "applicant: {dispatch: {among: 师傅, otherwise: 店长}}",
            "expected one person, found a dispatch",
        ),
        ("with: {电话: =电话}", "with: {记: =电话}", '"电话" is personal and field "记" of "维修单" is not'),
        ("with: {电话: =电话}", "with: {电话: =电话}, back: {谁: =电话}", '"电话" is personal and field "谁" is not'),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    """A pool or a list is not whom a case is for; a personal value does not cross into the open."""
    with pytest.raises(flowkit.DefinitionError) as error:
        opened(tmp_path, APP.replace(old, new))
    assert [d.message for d in error.value.diagnostics] == [said]
