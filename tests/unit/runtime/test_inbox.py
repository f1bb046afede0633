"""Signals: what may come in, from whom, and that it is refused before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flowkit import FlowKit, RefusedError, VirtualClock, load_app
from tests.shop import NINE, shop


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[FlowKit]:
    with FlowKit(shop(tmp_path / "app"), "sqlite://", clock=VirtualClock(NINE)) as kit:
        yield kit


@pytest.fixture
def case(kit: FlowKit) -> str:
    return kit.submit("工单", {"故障": "异响"}, by="客户:li").id


def test_values_are_kept_as_json_holds_them(kit: FlowKit, case: str) -> None:
    """Decimals as numbers, tuples as lists."""
    given = {"数量": Decimal("2.0"), "单价": Decimal("1.5"), "行": ({"件": "光幕"},), "空": None}
    kit.signal(case, "配件到", given, by="connector:erp")
    kept = kit.history(case)[-1].data["values"]
    assert kept == {"数量": 2, "单价": 1.5, "行": [{"件": "光幕"}], "空": None}


@pytest.mark.parametrize(
    "values",
    [{"话": "\0ref\0"}, {"话": "\ud800"}, {"深": [{"\0": 1}]}, {"数": float("nan")}, {"物": object()}],
    ids=["a mark", "half a character", "in a name", "no number", "no JSON"],
)
def test_what_no_text_may_hold_is_refused(kit: FlowKit, case: str, values: Any) -> None:
    """A control character, above all: between two of them a message would read the name of a personal value."""
    before = kit.history(case)
    with pytest.raises(RefusedError) as refused:
        kit.signal(case, "配件到", values, by="connector:erp")
    assert refused.value.code == "invalid"
    assert kit.history(case) == before


def test_who_has_just_come_in_may_send_one(kit: FlowKit, case: str) -> None:
    """Staff are looked at as they are in this transaction."""
    kit.import_records("员工", [{"号": "neu", "名": "新", "角色": "老板", "当班": "true"}])
    kit.signal(case, "配件到", by="员工:neu")
    assert kit.history(case)[-1].by == "员工:neu"


PARTS = """
connector: 供应商
base: https://parts.example.com
allow: [parts.example.com]
secret: ${env:PARTS_SECRET}
events: {已发货: {when: event.ref == case.number}}
"""


def test_no_person_speaks_for_an_outside_system(tmp_path: Path) -> None:
    """What a system has to sign cannot be told unsigned by whoever sees the case, staff or not; an open signal can."""
    folder = tmp_path / "app"
    shop(folder)
    (folder / "供应商.yaml").write_text(PARTS, encoding="utf-8")
    with FlowKit(load_app(folder), "sqlite://", clock=VirtualClock(NINE)) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by="客户:li").id
        before = kit.history(case)
        for by in ("客户:li", "员工:boss"):
            with pytest.raises(RefusedError) as refused:
                kit.signal(case, "供应商.已发货", by=by)
            assert refused.value.code == "not-yours"
        assert kit.history(case) == before
        for by, name in (
            ("客户:li", "供应商.没有的"),
            ("connector:供应商", "供应商.已发货"),
            ("system:desk", "供应商.已发货"),
        ):
            kit.signal(case, name, by=by)
            assert kit.history(case)[-1].by == by
