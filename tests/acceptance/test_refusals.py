"""Refusals are written down: who tried what on which case, and why not; nothing that was typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flowkit import FlowKit, RefusedError, VirtualClock
from flowkit.runtime import refusals
from tests.offices import offices
from tests.shop import NINE

SECRET = "13912345678"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[FlowKit]:
    with FlowKit(offices(tmp_path / "app"), f"sqlite:///{tmp_path}/work.db", clock=VirtualClock(NINE)) as kit:
        yield kit


@pytest.fixture
def case(kit: FlowKit) -> str:
    return kit.submit("工单", {"门店": "滨江", "品类": "电梯", "说明": "门响", "电话": SECRET}, by="客户:li").id


def refuse(ask: Any) -> None:
    with pytest.raises(RefusedError):
        ask()


def test_who_was_refused_what_is_written_down(kit: FlowKit, case: str) -> None:
    """Looking, acting, listing: the actor, what he tried, the case if there is one, the code, the moment."""
    number = kit.case(case).number
    refuse(lambda: kit.case(case, "员工:carl"))
    refuse(lambda: kit.act(case, "接单", by="员工:carl"))
    refuse(lambda: kit.act(case, "通过", by="员工:ann"))
    refuse(lambda: kit.act(case, "加急", by="员工:bob"))
    assert kit.find(number, "员工:carl") is None
    assert kit.find("没有这个", "员工:carl") is None
    refuse(lambda: kit.case(case, "员工:nobody"))
    found = [(r.actor, r.tried, r.code, r.case) for r in reversed(kit.refusals())]
    assert found == [
        ("员工:carl", "case", "unknown-case", case),
        ("员工:carl", "act 接单", "unknown-case", case),
        ("员工:ann", "act 通过", "unknown-action", case),
        ("员工:bob", "act 加急", "not-yours", case),
        ("员工:carl", "find", "unknown-case", case),
        ("员工:carl", "find", "unknown-case", ""),
        ("", "case", "unknown-actor", case),
    ]
    assert {r.at for r in kit.refusals()} == {NINE}


def test_nothing_typed_is_kept(kit: FlowKit, case: str) -> None:
    """A phone typed in place of a case, an action or a person stands nowhere in the record."""
    for ask in (
        lambda: kit.act(SECRET, "接单", by="员工:ann"),
        lambda: kit.act(case, SECRET, by="员工:ann"),
        lambda: kit.case(case, SECRET),
        lambda: kit.submit("工单", {"电话": SECRET}, by=f"员工:{SECRET}"),
        lambda: kit.submit(SECRET, {}, by="员工:ann"),
        lambda: kit.submit("工单", {}, by=f"客户:{SECRET}", applicant="客户:li"),
        lambda: kit.cases("员工:ann", where={SECRET: SECRET}),
    ):
        refuse(ask)
    found = kit.refusals()
    assert len(found) == 7
    assert SECRET not in str(found)


def test_a_form_filled_in_by_halves_is_no_trespass(kit: FlowKit) -> None:
    """What must only be corrected is not noted; nor what the host itself looks for in vain."""
    refuse(lambda: kit.submit("工单", {"说明": ""}, by="客户:li"))
    refuse(lambda: kit.case("没有"))
    assert kit.find("没有") is None
    assert kit.refusals() == []


def test_nobody_can_flood_it(kit: FlowKit, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one actor so many a day are kept, of all unknown ones together as many; the next day begins anew."""
    monkeypatch.setattr(refusals, "MOST_A_DAY", 3)
    for i in range(8):
        refuse(lambda: kit.case(case, "员工:carl"))
        refuse(lambda i=i: kit.case(case, f"员工:nobody{i}"))
    refuse(lambda: kit.case(case, "客户:wu"))
    assert sorted(r.actor for r in kit.refusals()) == ["", "", "", "员工:carl", "员工:carl", "员工:carl", "客户:wu"]
    kit.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    refuse(lambda: kit.case(case, "员工:carl"))
    assert len(kit.refusals()) == 8


def test_another_process_does_not_begin_to_count_anew(
    kit: FlowKit, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is kept by the database."""
    monkeypatch.setattr(refusals, "MOST_A_DAY", 3)
    with FlowKit(kit.app, f"sqlite:///{tmp_path}/work.db", clock=VirtualClock(NINE)) as other:
        for _ in range(2):
            refuse(lambda: kit.case(case, "员工:carl"))
            refuse(lambda: other.case(case, "员工:carl"))
        kit.refusals()
        assert len(other.refusals()) == 3


def test_only_who_looks_after_it_reads_it(kit: FlowKit, case: str) -> None:
    """The catcher's people read of cases that they see; nobody else reads any."""
    refuse(lambda: kit.case(case, "员工:carl"))
    assert len(kit.refusals("员工:boss")) == 1
    for by in ("员工:ann", "员工:hans", "客户:li"):
        with pytest.raises(RefusedError) as refused:
            kit.refusals(by)
        assert refused.value.code == "not-granted"


def test_a_database_that_takes_no_note_refuses_all_the_same(
    kit: FlowKit, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it could be written down changes nothing for who is refused."""
    broken = kit._database.statements.insert
    monkeypatch.setattr(kit._refusals._database.statements, "note_refusal", broken)
    refuse(lambda: kit.case(case, "员工:carl"))
    assert kit.act(case, "接单", by="员工:bob").node == "处理中"
