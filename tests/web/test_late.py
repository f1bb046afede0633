"""What is late is a filter: on boards, lists, all cases and one's own tasks, in the address, with a count."""

from __future__ import annotations

from flowkit.testing.demo import Trial
from tests.web.trying import somebody


def reported(trial: Trial, elevator: str) -> str:
    report = {"elevator": elevator, "fault_type": "门机故障", "description": "门关不上", "phone": "13800000104"}
    return trial.kit.submit("repair_order", report, by="customer:P02").number


PAGES = ("/views/dispatch_board", "/views/dispatch_board?as=list", "/cases", "/tasks")


def test_late_cases_are_one_click_away_and_counted(trial: Trial) -> None:
    """On each page the link says how many; behind it stand these alone, at an address that can be kept."""
    late = reported(trial, "E008")
    trial.push(40)
    fresh = reported(trial, "E009")
    browser = somebody(trial, "employee:lin")
    for page in PAGES:
        browser.get(page)
        browser.click("逾期 1")
        assert "late" in browser.path, page
        assert late in browser.words or "E008" in browser.words, page
        assert fresh not in browser.words, page
        assert "E009" not in browser.words, page
        assert browser.get(browser.path).words.count("逾期 1") == 1


def test_what_is_late_goes_before_what_is_not(trial: Trial) -> None:
    """However soon the other is due, on boards, lists and among tasks, and page after page."""
    late = reported(trial, "E008")
    trial.push(40)
    fresh = reported(trial, "E009")
    first, second = (trial.kit.find(number) for number in (late, fresh))
    assert first is not None
    assert second is not None
    assert first.due is not None
    assert second.due is not None
    assert second.due < first.due
    found = trial.kit.cases("employee:lin", order="due", limit=1)
    assert [row.number for row in found.items] == [late]
    assert [row.number for row in trial.kit.cases("employee:lin", order="due", after=found.next).items] == [fresh]
    assert [task.number for task in trial.kit.tasks("employee:lin")] == [late]
    browser = somebody(trial, "employee:lin")
    for page in ("/views/dispatch_board", "/views/dispatch_board?as=list", "/cases"):
        links = [href for href, _ in browser.get(page).links]
        assert links.index(f"/cases/{first.id}") < links.index(f"/cases/{second.id}"), page


def test_nothing_late_asks_for_no_filter_and_going_on_ends_it(trial: Trial) -> None:
    """A reminder makes nothing late, and who goes on with a case takes it out again."""
    case = reported(trial, "E008")
    trial.push(20)
    office = somebody(trial, "employee:lin")
    assert "逾期" not in office.get("/views/dispatch_board").words
    assert trial.kit.count("employee:lin", late=True) == 0
    trial.push(20)
    assert trial.kit.count("employee:lin", late=True) == trial.kit.count_tasks("employee:lin", late=True) == 1
    assert trial.kit.count("employee:lin", late=False) == 0
    found = trial.kit.find(case)
    assert found is not None
    trial.kit.act(found.id, "accept", by="employee:lin")
    assert trial.kit.count("employee:lin", late=True) == trial.kit.count_tasks("employee:lin", late=True) == 0
    assert trial.kit.board("dispatch_board", "employee:lin", late=True).late == 0
    assert trial.kit.count("employee:lin", late=False) == 1


def test_a_late_case_that_ends_is_late_no_more(trial: Trial) -> None:
    """Neither in lists of what is open nor of all."""
    number = reported(trial, "E008")
    trial.push(40)
    found = trial.kit.find(number)
    assert found is not None
    trial.kit.act(found.id, "cancel", {"reason": "修好了"}, by="customer:P02")
    assert trial.kit.case(found.id).outcome == "cancelled"
    assert trial.kit.count(None, late=True) == trial.kit.count(None, late=True, open=False) == 0


def test_the_filter_stays_while_somebody_searches(trial: Trial) -> None:
    """A search within what is late finds nothing else, and all of what is late goes on being what is looked at."""
    reported(trial, "E008")
    trial.push(40)
    office = somebody(trial, "employee:lin").get("/views/dispatch_board?late=1")
    office.send("查找", q="门机")
    assert "late=1" in office.path
    assert "E008" in office.words
