"""Operations ask by choices: people, units and steps by name, and only what is possible."""

from __future__ import annotations

from typing import Any

import pytest

from flowkit.errors import RefusedError
from flowkit.runtime.forms import Acting
from flowkit.testing.demo import Trial
from tests.web.plain import Plain
from tests.web.trying import somebody


def quoted(trial: Trial, amount: str = "5000") -> str:
    """A quote of wang's that the supervisor is to sign."""
    case = trial.kit.submit("quote", {"elevator": "E008", "why": "门机该换了"}, by="employee:wang").id
    trial.kit.act(case, "submit", {"lines": [{"item": "门机", "amount": amount}]}, by="employee:wang")
    return case


def at_committee(trial: Trial) -> str:
    """A quote so large that the five of the committee vote on it."""
    case = quoted(trial, "68000")
    for signer in ("employee:tang", "employee:fang"):
        trial.kit.act(case, "approve", by=signer)
    return case


def options(trial: Trial, case: str, action: str, field: str, by: str, text: str = "") -> dict[str, str]:
    return {each.value: each.label for each in trial.kit.options(Acting(case, action), field, by, text=text)}


def choices(browser: Plain, button: str, field: str) -> list[str]:
    """The values that can be chosen on the page for a field."""
    return [value for value, _ in browser.form(button).choices[f"f-{field}"]]


# --- 移交 -----------------------------------------------------------------------------------------------------------


def test_a_task_is_reassigned_by_choosing_from_whom_and_to_whom(trial: Trial) -> None:
    """Whose it is stands there where it is one's alone; to whom is a list of names, and what is chosen is done."""
    case = trial.kit.submit("quote", {"elevator": "E008", "why": "门机该换了"}, by="employee:wang").id
    browser = somebody(trial, "employee:fang").get(f"/cases/{case}/do/reassign")
    assert choices(browser, "移交", "from") == ["employee:wang"]
    assert ("f-from", "employee:wang") in browser.form("移交").values
    assert {"employee:zhang", "role:dispatcher"} <= set(choices(browser, "移交", "to"))
    assert {"张伟 (zhang)", "调度员"} <= {label for _, label in browser.form("移交").choices["f-to"]}
    assert "employee:wang" not in choices(browser, "移交", "to")
    browser.send("移交", to="employee:zhang", reason="交班")
    assert trial.kit.case(case).owner == ("employee:zhang",), browser.words


def test_of_several_who_have_it_one_is_to_be_chosen(trial: Trial) -> None:
    """Nobody is chosen beforehand; nobody is offered who signs anyway, nor the applicant, who may not sign."""
    case = at_committee(trial)
    browser = somebody(trial, "employee:fang").get(f"/cases/{case}/do/reassign")
    committee = {f"employee:{each}" for each in ("fang", "gao", "qian", "tang", "zheng")}
    assert set(choices(browser, "移交", "from")) == committee
    assert [value for name, value in browser.form("移交").values if name == "f-from"] == []
    offered = set(options(trial, case, "reassign", "to", "employee:fang"))
    assert "employee:zhang" in offered
    assert offered & {*committee, "employee:wang"} == set()
    browser.send("移交", to="employee:zhang", reason="出差")
    assert "请说明移交谁的待办" in browser.words
    trial.kit.act(
        case, "reassign", {"from": "employee:gao", "to": "employee:han", "reason": "出差"}, by="employee:fang"
    )
    assert "employee:han" in trial.kit.case(case).owner


def test_who_may_only_reassign_his_own_is_offered_himself(trial: Trial) -> None:
    """He stands there already, and cannot choose himself again as the one who gets it."""
    case = trial.kit.submit("quote", {"elevator": "E008", "why": "门机该换了"}, by="employee:wang").id
    assert options(trial, case, "reassign", "from", "employee:wang") == {"employee:wang": "王磊 (wang)"}
    assert "employee:wang" not in options(trial, case, "reassign", "to", "employee:wang")


def test_who_works_here_is_told_to_no_customer(trial: Trial) -> None:
    """Whose turn it is outside could hand it over, and is offered nobody."""
    case = quoted(trial, "1000")
    trial.kit.act(case, "approve", by="employee:tang")
    assert trial.kit.case(case).owner == ("customer:P02",)
    assert options(trial, case, "reassign", "to", "customer:P02") == {}
    assert options(trial, case, "reassign", "from", "employee:fang") == {"customer:P02": "星澜物业"}


# --- 转单位 ---------------------------------------------------------------------------------------------------------


def test_another_unit_is_chosen_by_its_name(trial: Trial) -> None:
    """All units but the one where the case is."""
    case = quoted(trial)
    here, units = unit(trial, case), {"杭州", "滨江", "萧山", "西湖", "上城", "拱墅"}
    browser = somebody(trial, "employee:fang").get(f"/cases/{case}/do/move")
    assert set(choices(browser, "转单位", "unit")) == units - {here}
    there = min(units - {here})
    browser.send("转单位", unit=there, reason="填错了")
    assert unit(trial, case) == there, browser.words


def unit(trial: Trial, case: str) -> str | None:
    return trial.kit.cards([case], "employee:fang")[case].unit


# --- 退回 -----------------------------------------------------------------------------------------------------------


def test_the_step_to_go_back_to_is_chosen_by_its_title(trial: Trial) -> None:
    """Those the case has come through, in their order; that one is to be chosen is said before, not after."""
    case = at_committee(trial)
    browser = somebody(trial, "employee:gao").get(f"/cases/{case}/do/return")
    assert choices(browser, "退回", "to") == ["pricing", "review"]
    assert "退回到哪一步 （选填）" not in browser.words
    assert "退回到哪一步 报价 报价审批 意见 （选填）" in browser.words
    browser.send("退回")
    assert "请选择退回到哪一步：报价、报价审批" in browser.words
    browser.send("退回", to="review")
    assert trial.kit.case(case).node == "review", browser.words


def test_a_step_can_still_be_typed_by_its_title(trial: Trial) -> None:
    """What programs and the command line type means what it meant."""
    case = at_committee(trial)
    trial.kit.act(case, "退回", {"to": "报价审批"}, by="employee:gao")
    assert trial.kit.case(case).node == "review"


def test_steps_and_roles_are_offered_in_the_readers_language(trial: Trial) -> None:
    """They are the author's words, who has said them in English."""
    case = at_committee(trial)
    browser = somebody(trial, "employee:fang")
    browser.client.headers["accept-language"] = "en"
    browser.get(f"/cases/{case}/do/reassign")
    assert "Technical committee" in [label for _, label in browser.form("Reassign").choices["f-to"]]


# --- 加签、减签、委派、转办 ------------------------------------------------------------------------------------------


def test_a_signer_is_added_in_one_of_three_places(trial: Trial) -> None:
    """By what people call them; each is there once, and who signs anyway or has applied is not among those to add."""
    case = quoted(trial)
    browser = somebody(trial, "employee:tang").get(f"/cases/{case}/do/add_signer")
    assert choices(browser, "加签", "where") == ["before", "after", "beside"]
    assert "前加签 后加签 并加签" in browser.words
    who = set(choices(browser, "加签", "who"))
    assert "employee:qian" in who
    assert who & {"employee:tang", "employee:wang", "employee:fang"} == set()
    browser.send("加签", who=["employee:qian", "employee:gao"], where="before")
    assert trial.kit.case(case).owner == ("employee:qian", "employee:gao"), browser.words


@pytest.mark.parametrize("where", ["before", "前", "after", "后", "beside", "并"])
def test_where_a_signer_is_added_can_be_typed_as_ever(trial: Trial, where: str) -> None:
    """Its name and its first sign."""
    case = quoted(trial)
    trial.kit.act(case, "add_signer", {"who": ["employee:qian"], "where": where}, by="employee:tang")
    [added] = [each for each in trial.kit.history(case) if each.kind == "signers_added"]
    assert added.data["where"] in ("before", "after", "beside")


def test_only_who_can_be_taken_off_is_offered(trial: Trial) -> None:
    """Of those who sign, whom he has added and who has not signed yet."""
    case = quoted(trial)
    given: dict[str, Any] = {"who": ["employee:qian", "employee:gao"], "where": "before"}
    trial.kit.act(case, "add_signer", given, by="employee:tang")
    assert set(options(trial, case, "remove_signer", "who", "employee:tang")) == {"employee:qian", "employee:gao"}
    trial.kit.act(case, "approve", by="employee:gao")
    browser = somebody(trial, "employee:tang").get(f"/cases/{case}/do/remove_signer")
    assert choices(browser, "减签", "who") == ["employee:qian"]


@pytest.mark.parametrize("action", ["delegate", "hand_over"])
def test_a_signature_is_given_only_to_who_can_receive_it(trial: Trial, action: str) -> None:
    """Who is offered is not refused, and who is refused is not offered."""
    case = quoted(trial)
    offered = options(trial, case, action, "to", "employee:tang")
    assert offered["employee:zheng"] == "郑洁 (zheng)"
    assert offered.keys() & {"employee:tang", "employee:wang", "employee:fang"} == set()
    with pytest.raises(RefusedError, match="本来就在审批人里"):
        trial.kit.act(case, action, {"to": "employee:fang"}, by="employee:tang")


def test_a_task_goes_only_to_who_has_not_handed_it_on(trial: Trial) -> None:
    """Neither he himself is offered, nor whoever has had it; what is searched for narrows it down."""
    case = trial.kit.submit("quote", {"elevator": "E008", "why": "门机该换了"}, by="employee:wang").id
    trial.kit.act(case, "hand_over", {"to": "employee:li"}, by="employee:wang")
    offered = options(trial, case, "hand_over", "to", "employee:li")
    assert "employee:zhang" in offered
    assert offered.keys() & {"employee:li", "employee:wang"} == set()
    assert options(trial, case, "hand_over", "to", "employee:li", text="张") == {"employee:zhang": "张伟 (zhang)"}


# --- many at once ---------------------------------------------------------------------------------------------------


def test_at_the_end_of_a_shift_many_cases_are_handed_over_at_once(trial: Trial) -> None:
    """From a board, by whoever may reassign; nobody else is offered it."""
    cases = [
        trial.kit.submit("quote", {"elevator": e, "why": "门机该换了"}, by="employee:wang").id for e in ("E007", "E008")
    ]
    assert ("reassign", "移交") not in _bulk(somebody(trial, "employee:tang").get("/views/quotes"))
    browser = somebody(trial, "employee:fang").get("/views/quotes")
    assert ("reassign", "移交") in _bulk(browser)
    browser.send("一起办", action="reassign", case=cases)
    assert "同时办理另外 1 件" in browser.words
    browser.send("移交", to="employee:zhang", reason="交班")
    assert [trial.kit.case(case).owner for case in cases] == [("employee:zhang",)] * 2, browser.words
    assert "另外 1 件也已办" in browser.words


def _bulk(browser: Plain) -> list[tuple[str, str]]:
    return browser.form("一起办").choices["action"]
