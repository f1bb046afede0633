"""What a program that holds flowkit types, as the README shows it: load an app, run it, ask; and use its rules alone."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import flowkit
from flowkit.app.app import App
from tests.shop import NINE, shop

ELEVATORS = Path(__file__).parents[2] / "examples" / "elevator_maintenance"
REPORT = {
    "elevator": "E008",
    "fault_type": "门机故障",
    "impact": "单梯停运",
    "description": "3 楼厅门关一半又弹开",
    "phone": "13800000104",
}
TRAPPED = {
    "elevator": "E001",
    "fault_type": "困人",
    "impact": "整栋停电",
    "description": "两个人",
    "phone": "13800000100",
}


@pytest.fixture(scope="module")
def elevators() -> App:
    return flowkit.load_app(ELEVATORS)


@pytest.fixture
def clock() -> flowkit.VirtualClock:
    return flowkit.VirtualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


@pytest.fixture
def kit(elevators: App, tmp_path: Path, clock: flowkit.VirtualClock) -> Iterator[flowkit.FlowKit]:
    with flowkit.FlowKit(elevators, f"sqlite:///{tmp_path}/work.db", clock=clock) as kit:
        yield kit


# --- a case ----------------------------------------------------------------------------------------------------------


def test_a_repair_through_the_public_face(kit: flowkit.FlowKit, clock: flowkit.VirtualClock) -> None:
    """Submit, look, act, wait, ask why: with nothing but what the package offers."""
    case = kit.submit("repair_order", REPORT, by="customer:P02", key="phone-1")
    assert not case.id.isdigit()
    assert (case.node, case.applicant, case.outcome) == ("assigned", "customer:P02", "")
    (technician,) = case.owner
    assert kit.submit("repair_order", REPORT, by="customer:P02", key="phone-1").id == case.id

    (task,) = kit.tasks(by=technician)
    assert (task.case, task.node, task.due) == (case.id, "assigned", clock.now() + timedelta(minutes=15))
    assert "accept" in dict(task.actions)
    case = kit.act(case.id, "accept", by=technician, key="tap-1", visit=case.visit)
    assert case.node == "travelling"

    clock.move(timedelta(hours=3))
    done = kit.advance()
    assert done.timers > 0
    assert done.messages > 0
    assert len(done.lines) == done.timers + done.signals + done.messages
    late = kit.case(case.id, by=technician)
    assert (late.node, late.owner) == ("travelling", (technician,))
    assert "arrive" in dict(late.actions)

    kinds = [event.kind for event in kit.history(case.id)]
    assert kinds[0] == "created"
    assert {"acted", "fired", "escalated"} <= set(kinds)
    assert [event.sequence for event in kit.history(case.id)] == list(range(1, len(kinds) + 1))
    why = kit.explain(case.id)
    assert any("派单" in line for line in why.lines)
    assert kit.find(case.number) is not None
    assert kit.verify() == []


def test_a_refusal_names_every_field_and_changes_nothing(kit: flowkit.FlowKit) -> None:
    """A half-filled form comes back whole: each problem with its field, and no case was made."""
    with pytest.raises(flowkit.RefusedError) as refused:
        kit.submit(
            "repair_order", {**REPORT, "phone": "12", "fault_type": "困人", "description": ""}, by="customer:P02"
        )
    assert refused.value.code == "invalid"
    assert {problem.field for problem in refused.value.problems} >= {"phone", "description"}
    assert kit.tasks(by="employee:wang") == []


OFFICE = ("source", "flag", "arrival")


def as_told(case: flowkit.kit.CaseView) -> flowkit.kit.CaseView:
    """Without what the customer is not told and the program is: the points of the score, and what the office notes for itself."""
    values = {name: value for name, value in case.values.items() if name not in OFFICE}
    score = {name: value for name, value in values["urgency"].items() if name != "points"}
    return replace(case, values={**values, "urgency": score})


def test_everything_survives_closing(elevators: App, tmp_path: Path, clock: flowkit.VirtualClock) -> None:
    """Another program that opens the database finds the case, its tasks, its timers and its keys."""
    url = f"sqlite:///{tmp_path}/work.db"
    with flowkit.FlowKit(elevators, url, clock=clock) as kit:
        before = kit.submit("repair_order", REPORT, by="customer:P02", key="k")
        tasks = kit.tasks(by=before.owner[0])
    with pytest.raises(flowkit.ClosedError):
        kit.case(before.id)
    with flowkit.FlowKit(elevators, url, clock=clock) as kit:
        assert as_told(kit.case(before.id)) == as_told(before)
        assert kit.tasks(by=before.owner[0]) == tasks
        assert kit.submit("repair_order", REPORT, by="customer:P02", key="k") == before
        clock.move(timedelta(minutes=15))
        assert kit.advance().timers == 1


# --- several at once -------------------------------------------------------------------------------------------------


def test_two_threads_share_one_kit(kit: flowkit.FlowKit) -> None:
    """Each sees what it was told at once; numbers are given once; nobody is in another's way."""
    made: list[list[flowkit.kit.CaseView]] = [[], []]
    wrong: list[BaseException] = []

    def work(mine: list[flowkit.kit.CaseView], by: str) -> None:
        try:
            for i in range(15):
                case = kit.submit("repair_order", REPORT, by=by, key=f"{i}")
                assert as_told(kit.case(case.id)) == as_told(case)
                assert case.id in {task.case for task in kit.tasks(by=case.owner[0])}
                mine.append(kit.act(case.id, "accept", by=case.owner[0], key=case.id))
        except BaseException as error:
            wrong.append(error)

    threads = [
        threading.Thread(target=work, args=(mine, by))
        for mine, by in zip(made, ("customer:P01", "customer:P02"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong
    assert {case.node for mine in made for case in mine} == {"travelling"}
    assert len({case.number for mine in made for case in mine}) == 30
    assert kit.verify() == []


def test_a_host_may_hold_two_apps(elevators: App, tmp_path: Path, clock: flowkit.VirtualClock) -> None:
    """Two businesses in one process, each on its own database: neither sees anything of the other."""
    garage = shop(tmp_path / "garage", 2)
    with (
        flowkit.FlowKit(elevators, f"sqlite:///{tmp_path}/a.db", clock=clock) as one,
        flowkit.FlowKit(garage, f"sqlite:///{tmp_path}/b.db", clock=flowkit.VirtualClock(NINE)) as other,
    ):
        lift = one.submit("repair_order", REPORT, by="customer:P02", key="k")
        car = other.submit("工单", {"故障": "异响", "车": "A1"}, by="客户:li", key="k")
        assert (lift.node, car.node) == ("assigned", "待接单")
        with pytest.raises(flowkit.RefusedError) as unknown:
            one.submit("工单", {"故障": "异响"}, by="customer:P02")
        assert unknown.value.code == "unknown-workflow"
        with pytest.raises(flowkit.RefusedError) as stranger:
            other.submit("工单", {"故障": "异响"}, by="customer:P02")
        assert stranger.value.code == "unknown-actor"
        assert one.find(car.id) is None
        assert Counter(fault.kind for kit in (one, other) for fault in kit.verify()) == {}


def test_two_kits_may_hold_one_app_on_one_database(elevators: App, tmp_path: Path, clock: flowkit.VirtualClock) -> None:
    """What one has acknowledged the other finds, acts on, and does not do twice."""
    url = f"sqlite:///{tmp_path}/work.db"
    with flowkit.FlowKit(elevators, url, clock=clock) as one, flowkit.FlowKit(elevators, url, clock=clock) as other:
        case = one.submit("repair_order", REPORT, by="customer:P02", key="k")
        assert other.submit("repair_order", REPORT, by="customer:P02", key="k") == case
        assert other.act(case.id, "accept", by=case.owner[0]).node == "travelling"
        with pytest.raises(flowkit.RefusedError) as stale:
            one.act(case.id, "accept", by=case.owner[0], visit=case.visit)
        assert stale.value.code == "stale"
        clock.move(timedelta(hours=3))
        fired = one.advance().timers + other.advance().timers
        assert fired == sum(event.kind == "fired" for event in one.history(case.id))
        assert one.verify() == []


# --- rules alone -----------------------------------------------------------------------------------------------------


def test_a_card_alone_takes_keys_of_the_apps_own_rows(elevators: App) -> None:
    """`elevator: E001` is looked up in the app's files: its customer is a government office, which counts two."""
    result = elevators.scorecards["urgency"].evaluate({"fault_type": "困人", "impact": "整栋停电", "elevator": "E001"})
    assert (result.total, result.band) == (10, "vip")
    assert {w.label: w.points for w in result.why if w.hit} == {"困人": 5, "整栋停电": 3, "政府单位": 2}
    assert result.sets == {"flag": "红"}


@pytest.mark.parametrize(("kind", "total"), [("政府", 7), ("物业", 5), (None, 5)])
def test_a_card_alone_takes_mappings(elevators: App, kind: str | None, total: int) -> None:
    """A reference may be given as a mapping: no row, no database, no case."""
    elevator = {"code": "X", "customer": {"kind": kind}}
    result = elevators.scorecards["urgency"].evaluate({"fault_type": "困人", "elevator": elevator})
    assert result.total == total


def test_a_table_alone_gives_what_its_first_fitting_row_says(elevators: App) -> None:
    """By key or by mapping the same answer, with the row's number; a value of the wrong kind is told as such."""
    by_key = elevators.decisions["response"].evaluate(
        {"elevator": "E001", "fault_type": "困人", "urgency": {"total": 10}}
    )
    by_mapping = elevators.decisions["response"].evaluate(
        {"elevator": {"region": {"name": "滨江"}}, "fault_type": "困人", "urgency": {"total": 10}}
    )
    assert by_key.values == by_mapping.values
    assert by_key.row == by_mapping.row
    assert by_key.values is not None
    assert by_key.values["班组"]


def test_a_form_alone_tells_everything_that_is_wrong(elevators: App) -> None:
    """The same problems as a submission gives, without a database; defaults are filled in from the rows."""
    form = elevators.forms["repair_report"]
    good = form.check(REPORT)
    assert good.problems == ()
    assert good.values["building"] == "B04"
    assert good.values["phone"] == "13800000104"
    bad = form.check({"elevator": "E999", "fault_type": "困人", "phone": "12", "colour": "red"})
    assert {problem.field for problem in bad.problems} >= {"elevator", "phone", "description", "colour"}
    trapped = form.check(TRAPPED)
    assert [(problem.field, problem.message) for problem in trapped.problems] == [("media", "请拍摄现场视频(≤30秒)")]


def test_a_form_alone_takes_a_reference_as_a_mapping(elevators: App) -> None:
    """What the reference points to comes with it: its building is the default, and may be chosen."""
    elevator = {"code": "X1", "building": "B04", "customer": "P02", "region": "滨江"}
    checked = elevators.forms["repair_report"].check({**REPORT, "elevator": elevator})
    assert checked.problems == (), checked.problems


def test_rules_alone_and_within_a_case_say_the_same(elevators: App, kit: flowkit.FlowKit) -> None:
    """What the card gives for the plain data is what the case's history tells."""
    data = {**TRAPPED, "media": ["a.mp4"]}
    case = kit.submit("repair_order", data, by="customer:G01")
    alone = elevators.scorecards["urgency"].evaluate(data)
    scored = next(event.data for event in kit.history(case.id) if event.kind == "scored")
    assert (scored["result"]["total"], scored["result"]["band"]) == (alone.total, alone.band)
    assert [(w["label"], w["hit"]) for w in scored["why"]] == [(w.label, w.hit) for w in alone.why]


# --- what a mistake looks like ---------------------------------------------------------------------------------------


def test_a_bad_app_is_told_at_once_and_whole(tmp_path: Path) -> None:
    """Every mistake with file, line and column in one exception."""
    (tmp_path / "app.yaml").write_text(
        "app: x\ntimzone: Asia/Shanghai\n---\nform: f\nfields: {a: txt}\n", encoding="utf-8"
    )
    with pytest.raises(flowkit.DefinitionError) as wrong:
        flowkit.load_app(tmp_path)
    found = {(d.place.line, d.code) for d in wrong.value.diagnostics}
    assert (2, "unknown-key") in found
    assert any(line == 5 for line, _ in found)
