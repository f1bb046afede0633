"""Values that not everybody sees: hidden from roles, masked for all who do not handle the case."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowkit import FlowKit, RefusedError, VirtualClock
from flowkit.errors import DefinitionError
from tests.offices import OFFICES, offices
from tests.shop import NINE

FEE, COST, PHONE = "84177.66", "168355.32", "13912345678"
"What it costs us is twice the fee, in this business."
WHO_REVEALS = OFFICES.replace("调度: {sees: unit}", "调度: {sees: unit, may: [reveal]}")


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlowKit]:
    monkeypatch.setattr("flowkit.prints.paper.can_print", lambda: False)  # Typesetting takes seconds a page.
    with FlowKit(offices(tmp_path / "app", WHO_REVEALS), "sqlite://", clock=VirtualClock(NINE)) as kit:
        yield kit


@pytest.fixture
def case(kit: FlowKit) -> str:
    """One that bob has repaired: its fee is hidden from whoever minds a kind, its cost from repairers and customers."""
    id_ = kit.submit("工单", {"门店": "滨江", "品类": "电梯", "说明": "门响", "电话": PHONE}, by="客户:li").id
    kit.act(id_, "接单", by="员工:bob")
    kit.act(id_, "完工", {"费用": FEE}, by="员工:bob")
    return id_


def shown_to(kit: FlowKit, case: str, by: str | None) -> str:
    """Everything that a person can get out of a case, as text."""
    table = io.BytesIO()
    kit.export(table, by)
    listed = kit.cases(by)
    told: list[Any] = [kit.case(case, by), kit.history(case, by), kit.explain(case, by).lines, listed, table.getvalue()]
    return f"{told}{table.getvalue().decode()}"


@pytest.mark.parametrize("by", ["员工:bob", "客户:li"])
def test_a_hidden_value_never_reaches_its_roles(kit: FlowKit, case: str, by: str) -> None:
    """Not in the case, its lists and tables, its history and reasons; others see it in each of these."""
    assert shown_to(kit, case, "员工:ann").count(COST) >= 5
    hidden = shown_to(kit, case, by)
    assert COST not in hidden
    assert FEE in hidden
    assert "成本" not in kit.case(case, by).values


def test_a_field_of_a_form_on_the_way_is_hidden_too(kit: FlowKit, case: str) -> None:
    """Dora minds lifts and repairs: neither the fee of the form nor the cost that was made of it reaches her."""
    told = shown_to(kit, case, "员工:dora")
    assert FEE not in told
    assert COST not in told
    assert kit.case(case, "员工:dora").values["完工"] == {}


def test_of_several_roles_one_that_may_not_see_is_enough(kit: FlowKit, case: str) -> None:
    """Roles add cases to what is seen; they do not add fields that were hidden."""
    assert kit.find(case, "员工:dora") is not None
    assert "成本" not in kit.case(case, "员工:dora").values


def test_what_is_hidden_cannot_be_searched_for(kit: FlowKit, case: str) -> None:
    """Neither by its value nor by where it stands: a list would tell what it does not show."""
    assert [row.id for row in kit.cases("员工:ann", where={"成本": COST}).items] == [case]
    with pytest.raises(RefusedError) as refused:
        kit.cases("员工:bob", where={"成本": COST})
    with pytest.raises(RefusedError) as unknown:
        kit.cases("员工:bob", where={"成夲": COST})
    assert refused.value.code == unknown.value.code == "unknown-field"
    assert "成本" not in str(unknown.value)
    assert str(unknown.value) == "不能按“成夲”查找,可用: " + "、".join(
        sorted(["仓库", "件", "加急", "品类", "备注", "门店"])
    )


def test_nobody_fills_in_what_he_is_not_asked_for(kit: FlowKit, case: str) -> None:
    """Neither the workflow's own fields, nor those of another form, nor what the case itself is: each is refused by name."""
    kit.act(case, "驳回", {"原因": "再看看"}, by="员工:emil")
    before = kit.history(case)
    for extra in ("成本", "加急", "原因", "number", "applicant", "unit", "完工", "没有"):
        with pytest.raises(RefusedError) as begun:
            kit.submit("工单", {"品类": "电梯", "说明": "门响", extra: "1"}, by="客户:li")
        with pytest.raises(RefusedError) as acted:
            kit.act(case, "完工", {"费用": "1", extra: "1"}, by="员工:bob")
        for refused in (begun, acted):
            assert [(p.field, p.code) for p in refused.value.problems] == [(extra, "unknown-field")]
    assert kit.history(case) == before


def test_what_a_field_held_before_it_was_taken_back_is_hidden_too(tmp_path: Path) -> None:
    """Taking back writes down what a machine had changed meanwhile: not for whom the field is hidden from."""
    before, behind = OFFICES.split("  质检:\n    owner: 质检\n")
    signed = (
        "  质检:\n    approval: {by: 质检}\n    approved: {to: 完成}\n    rejected: {to: 处理中}\n    timeouts"
        + behind.split("    timeouts", 1)[1]
    )
    with FlowKit(offices(tmp_path, before + signed), "sqlite://", clock=VirtualClock(NINE)) as kit:
        case = kit.submit("工单", {"门店": "滨江", "品类": "电梯", "说明": "门响"}, by="客户:li").id
        kit.act(case, "接单", by="员工:bob")
        kit.act(case, "完工", {"费用": FEE}, by="员工:bob")
        kit.act(case, "拒绝", by="员工:emil")
        kit.act(case, "完工", {"费用": "1"}, by="员工:bob")
        kit.act(case, "拿回", by="员工:bob")
        (taken_back,) = [e.data["values"] for e in kit.history(case, "员工:ann") if e.kind == "taken_back"]
        assert taken_back == {"成本": COST}
        assert COST not in shown_to(kit, case, "员工:bob")


def test_the_answer_of_a_command_hides_it_too(kit: FlowKit, case: str) -> None:
    """What `act` gives back is what its actor may see."""
    kit.act(case, "驳回", {"原因": "再看看"}, by="员工:emil")
    assert "成本" not in kit.act(case, "完工", {"费用": FEE}, by="员工:bob", key="k").values
    assert "成本" not in kit.act(case, "完工", {"费用": FEE}, by="员工:bob", key="k").values
    assert "成本" in kit.act(case, "通过", by="员工:emil").values


def test_outsiders_and_the_blind_get_no_evidence(kit: FlowKit, case: str) -> None:
    """What a choice was made of could tell a hidden value, and is nothing to customers."""
    assert any("why" in event.data for event in kit.history(case, "员工:ann") if event.kind == "assigned")
    for by in ("客户:li", "员工:bob"):
        assert not any("why" in event.data for event in kit.history(case, by) if event.kind == "assigned")


def test_what_a_score_was_made_of_is_evidence(tmp_path: Path) -> None:
    """What each factor gave would tell a hidden value: who gets no evidence gets total and band alone, wherever he looks."""
    card = (
        "scorecard: 急\nfactors: [{label: 贵, when: 押金 > 100, points: 3}]\nbands: [{name: 普通, at_least: 0}]\n---\n"
    )
    text = OFFICES.replace("form: 报修", card + "form: 报修", 1)
    text = text.replace("说明: {type: text, required: true}", "说明: text\n  押金: {type: money, hidden_from: 维修}", 1)
    text = text.replace("    owner: 维修\n", "    do: [{score: 急}]\n    owner: 维修\n", 1)
    with FlowKit(offices(tmp_path, text), "sqlite://", clock=VirtualClock(NINE)) as kit:
        case = kit.submit("工单", {"门店": "滨江", "品类": "电梯", "押金": "200"}, by="客户:li").id
        seen = {}
        for by in ("员工:ann", "员工:bob", "客户:li", None):
            (listed,) = [row for row in kit.cases(by).items if row.id == case]
            (scored,) = [e.data for e in kit.history(case, by) if e.kind == "scored"]
            seen[by] = [kit.case(case, by).values["急"], listed.values["急"], scored["result"]]
        assert all(value["points"] == {"贵": 3} for value in seen["员工:ann"] + seen[None])
        assert all(value.keys() == {"total", "band"} for value in seen["员工:bob"] + seen["客户:li"])
        assert kit.act(case, "接单", by="员工:bob").values["急"].keys() == {"total", "band"}
        assert kit.explain(case, "员工:bob").lines


def test_who_handles_a_case_sees_personal_values_in_full(kit: FlowKit, case: str) -> None:
    """Its owner, who was called in, and for whom it is; all others see the mask, the host too."""
    seen = {by: kit.case(case, by).values["电话"] for by in ("客户:li", "员工:emil", "员工:ann", "员工:bob", None)}
    assert seen["客户:li"] == seen["员工:emil"] == PHONE
    assert seen["员工:ann"] == seen["员工:bob"] == seen[None] == "139****5678"
    for by in ("员工:emil", "员工:ann", None):
        assert PHONE not in str((kit.cases(by), kit.history(case, by), kit.explain(case, by).lines))


def test_looking_at_all_of_it_is_written_down(kit: FlowKit, case: str) -> None:
    """With the right, a reason and a line in the history a role sees the rest, until the case has gone on."""
    assert ("reveal", "查看完整信息") in kit.case(case, "员工:ann").operations
    assert "reveal" not in dict(kit.case(case, "员工:emil").operations)
    with pytest.raises(RefusedError, match="原因"):
        kit.act(case, "reveal", by="员工:ann")
    with pytest.raises(RefusedError, match="没有“查看完整信息”的权限"):
        kit.act(case, "reveal", {"reason": "想看"}, by="员工:bob")
    kit.act(case, "查看完整信息", {"reason": "客户来电核对"}, by="员工:ann")
    assert kit.case(case, "员工:ann").values["电话"] == PHONE
    assert kit.case(case, "员工:boss").values["电话"] != PHONE
    (line,) = [e for e in kit.history(case) if e.kind == "revealed"]
    assert (line.by, line.data) == ("员工:ann", {"reason": "客户来电核对"})
    assert any("客户来电核对" in told for told in kit.explain(case).lines)
    kit.act(case, "通过", by="员工:emil")
    assert kit.case(case, "员工:ann").values["电话"] == "139****5678"
    assert not kit.verify()


def test_a_page_with_personal_values_is_for_who_sees_them(kit: FlowKit, case: str) -> None:
    """Its bytes cannot be masked: who sees the mask is told to ask first; who does not see the case gets nothing."""
    kit.advance()
    (page,) = kit.files(case, "员工:ann")
    assert kit.file(page.id, "客户:li") == kit.file(page.id)
    with pytest.raises(RefusedError) as refused:
        kit.file(page.id, "员工:ann")
    assert refused.value.code == "masked"
    assert kit.file(page.id, "员工:carl") is None
    assert kit.file("nothing", "员工:carl") is None
    kit.act(case, "reveal", {"reason": "核对"}, by="员工:ann")
    assert kit.file(page.id, "员工:ann") is not None


def test_hiding_it_now_hides_it_in_old_cases(tmp_path: Path) -> None:
    """A field that an author hides later is hidden in the cases that began before."""
    url = f"sqlite:///{tmp_path}/work.db"
    with FlowKit(offices(tmp_path / "old"), url, clock=VirtualClock(NINE)) as kit:
        case = kit.submit("工单", {"门店": "滨江", "品类": "电梯", "说明": "绝密说明"}, by="客户:li").id
        assert "绝密说明" in shown_to(kit, case, "员工:bob")
    later = OFFICES.replace(
        "说明: {type: text, required: true}", "说明: {type: text, required: true, hidden_from: 维修}"
    )
    with FlowKit(offices(tmp_path / "new", later), url, clock=VirtualClock(NINE)) as kit:
        assert "绝密说明" not in shown_to(kit, case, "员工:bob")


def test_a_column_can_be_hidden(tmp_path: Path) -> None:
    """Rows are shown without it."""
    rows = (
        "说明: {type: text, required: true}\n  料: {type: rows, of: {件: text, 价: {type: money, hidden_from: [维修]}}}"
    )
    text = OFFICES.replace("说明: {type: text, required: true}", rows)
    with FlowKit(offices(tmp_path, text), "sqlite://", clock=VirtualClock(NINE)) as kit:
        data = {"门店": "滨江", "品类": "电梯", "说明": "门响", "料": [{"件": "皮带", "价": FEE}]}
        case = kit.submit("工单", data, by="客户:li").id
        assert kit.case(case, "员工:bob").values["料"] == [{"件": "皮带"}]
        assert FEE not in shown_to(kit, case, "员工:bob")
        assert FEE in shown_to(kit, case, "员工:ann")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("hidden_from: [维修, customers]", "hidden_from: [维俢]", 'no role "维俢" to hide "成本" from'),
        ("hidden_from: 品类}", "hidden_from: 客户}", 'no role "客户" to hide "费用" from'),
    ],
)
def test_hiding_from_nobody_is_a_mistake(tmp_path: Path, old: str, new: str, words: str) -> None:
    """A role that is not there is told with its place: what it hides would be hidden from nobody."""
    with pytest.raises(DefinitionError) as wrong:
        offices(tmp_path, OFFICES.replace(old, new))
    assert any(d.message in words for d in wrong.value.diagnostics)
