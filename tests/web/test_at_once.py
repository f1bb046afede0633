"""Two at the same thing, twice the same thing, and pages that are older than what they speak of."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from flowkit import FlowKit
from tests.web.branch import Branch

REPORT = {"f-门店": "西湖", "f-品类": "空调", "f-说明": "一次"}


def both(*works: Any) -> list[Any]:
    """What comes of it when all begin at the same moment."""
    together, found = threading.Barrier(len(works), timeout=20), list[Any]()

    def run(work: Any) -> None:
        together.wait()
        found.append(work())

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_form_that_is_sent_twice_is_one_case(fresh: Branch) -> None:
    """At the same moment and once more later: the same case is answered, and there is one."""
    browsers = [fresh.browser("员工:bob") for _ in range(4)]
    before = fresh.kit.count(None)
    sent = {**REPORT, "_key": "once"}
    told = both(*(lambda b=b: b.submit("/new/工单", sent) for b in browsers))
    told.append(browsers[0].submit("/new/工单", sent))
    assert {answer.status_code for answer in told} == {303}
    assert len({answer.headers["location"] for answer in told}) == 1
    assert fresh.kit.count(None) == before + 1


def test_a_report_that_is_sent_twice_is_one_case(fresh: Branch) -> None:
    """By somebody nobody knows, at a code that was scanned."""
    browser, before = fresh.browser(), fresh.kit.count(None)
    sent = {"f-品类": "空调", "f-说明": "x", "f-电话": "13912340000", "_key": "once"}
    told = both(*(lambda: browser.submit(f"/report/{fresh.report}", sent) for _ in range(3)))
    assert {answer.status_code for answer in told} == {303}
    assert fresh.kit.count(None) == before + 1


def test_of_two_who_accept_one_has_it(fresh: Branch) -> None:
    """The other reads that it is taken, by whom nothing is lost, and nothing is done twice."""
    one, two = fresh.browser("员工:dora"), fresh.browser("员工:hugo")
    path = f"/cases/{fresh.free}/do/接单"
    told = both(lambda: one.submit(path), lambda: two.submit(path))
    assert sorted(answer.status_code for answer in told) in ([303, 404], [303, 409])
    assert [e.kind for e in fresh.kit.history(fresh.free)].count("acted") == 1
    late = next(answer for answer in told if answer.status_code != 303)
    assert "看工单" in late.text or "刚由别人接走" in late.text


def test_who_is_beaten_between_looking_and_doing_is_told(fresh: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form that he had seen a moment ago is not shown again: the case is another's by now."""
    act = FlowKit.act

    def beaten(kit: FlowKit, case: str, action: str, given: Any = None, **how: Any) -> Any:
        monkeypatch.setattr(FlowKit, "act", act)
        act(kit, case, action, by="员工:hugo")
        return act(kit, case, action, given, **how)

    browser = fresh.browser("员工:dora")
    monkeypatch.setattr(FlowKit, "act", beaten)
    answer = browser.submit(f"/cases/{fresh.free}/do/接单")
    assert answer.status_code in (404, 409)
    assert "看工单" in answer.text or "刚由别人接走" in answer.text


def test_a_form_whose_answer_got_lost_is_told_as_done(fresh: Branch) -> None:
    """He reloads and his browser sends it again: the case has gone on, and nothing is told as not sent."""
    dora = fresh.browser("员工:dora")
    path, visit = f"/cases/{fresh.case}/do/完工", fresh.kit.case(fresh.case).visit
    given = {"f-费用": "5", "_visit": str(visit), "_key": "first"}
    assert dora.submit(path, given).status_code == 303
    before = fresh.dump()
    again = dora.submit(path, given)
    assert (again.status_code, again.headers["location"]) == (303, f"/cases/{fresh.case}")
    assert dora.submit(path, {**given, "_key": "another"}).status_code == 409
    assert fresh.dump()["cases"] == before["cases"]


def test_a_form_of_somebody_else_is_refused(fresh: Branch) -> None:
    """Another one has signed in meanwhile: what the first had open is not done in his name."""
    emil, before = fresh.browser("员工:emil"), fresh.dump()
    given = {"f-费用": "5", "_visit": str(fresh.kit.case(fresh.case).visit), "_me": "0123456789abcdef"}
    assert emil.submit(f"/cases/{fresh.case}/do/完工", given).status_code == 403
    assert fresh.dump()["cases"] == before["cases"]


def test_a_page_of_a_visit_that_is_over_does_nothing(fresh: Branch) -> None:
    """Who finished it, had it sent back and goes back in his browser is told that this comes too late."""
    dora, emil = fresh.browser("员工:dora"), fresh.browser("员工:emil")
    path, visit = f"/cases/{fresh.case}/do/完工", fresh.kit.case(fresh.case).visit
    old = {"f-费用": "512", "_visit": str(visit), "_key": "first"}
    assert dora.submit(path, old).status_code == 303
    assert emil.submit(f"/cases/{fresh.case}/do/驳回", {"f-原因": "再看"}).status_code == 303
    before = fresh.dump()
    back = dora.submit(path, {**old, "_key": "second"})
    assert back.status_code == 409
    assert "您刚才填的，没有提交" in back.text
    assert "512" in back.text, "what was typed can be read, and copied"
    again = dora.submit(path, old)
    assert again.status_code == 303, "the same form once more is what was done already"
    assert fresh.dump() == before


def test_several_at_once_are_each_done(fresh: Branch) -> None:
    """What was chosen together is acted on by one form; what could not be done is told with why."""
    dora = fresh.browser("员工:dora")
    more = fresh.kit.submit("工单", {"门店": "西湖", "品类": "空调", "说明": "又一"}, by="客户:wu").id
    foreign = fresh.kit.cases("员工:bob").items[0].id
    sent = {"_also": f"{more},{foreign},none", "_key": "k"}
    answer = dora.submit(f"/cases/{fresh.free}/do/接单", sent)
    assert answer.status_code == 200
    assert "2 件没有办成" in answer.text
    assert foreign not in answer.text
    assert {fresh.kit.case(case).node for case in (fresh.free, more)} == {"处理中"}
    assert fresh.kit.case(foreign).node == "待接单"
