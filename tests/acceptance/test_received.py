"""Events of outside systems, as a program hands them in: signed they move a case, once; otherwise they change nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowkit import FlowKit, RefusedError, VirtualClock, load_app
from flowkit.connect.incoming import sign
from flowkit.errors import DefinitionError
from tests.shop import NINE, SHOP, write_shop

SUPPLIER = """
connector: 供应商
base: https://parts.example.com
secret: ${env:PARTS_SECRET}
events: {到货: {when: event.ref == 订单, gives: {单号: text}}}
"""
SECRET, OTHER = ("whsec_" + b64encode(bytes([n]) * 32).decode() for n in (1, 2))


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlowKit]:
    monkeypatch.setenv("PARTS_SECRET", SECRET)
    text = SHOP.replace("配件到: {to: 处理中}", "供应商.到货: {to: 完成}")
    text = text.replace("from: 报修\n", "from: 报修\nfields: {订单: text}\n")
    text = text.replace("接单: {to: 处理中}", "接单: {set: {订单: =case.number}, to: 处理中}")
    folder = write_shop(tmp_path / "app", text=text)
    (folder / "供应商.yaml").write_text(SUPPLIER, encoding="utf-8")
    with FlowKit(load_app(folder), f"sqlite:///{tmp_path}/work.db", clock=VirtualClock(NINE)) as kit:
        yield kit


@pytest.fixture
def case(kit: FlowKit) -> str:
    """One that waits for its part."""
    case = kit.submit("工单", {"故障": "异响", "车": "A1"}, by="客户:li")
    return kit.act(case.id, "接单", by=case.owner[0]).id


def body(kit: FlowKit, case: str) -> bytes:
    return json.dumps({"ref": kit.case(case).number, "单号": "SF1"}).encode()


def test_a_signed_event_moves_its_case_once(kit: FlowKit, case: str) -> None:
    """Handed in again under the same id, it is answered as before and has happened once."""
    raw = body(kit, case)
    headers = sign(SECRET, "msg_1", NINE, raw)
    assert kit.receive("供应商", "到货", raw, headers).outcome == "done"
    before = kit.history(case)
    assert kit.receive("供应商", "到货", raw, headers).outcome == "done"
    assert kit.history(case) == before


@pytest.mark.parametrize("how", ["another secret", "no signature", "another body", "too old", "another event"])
def test_an_event_that_proves_nothing_changes_nothing(kit: FlowKit, case: str, how: str) -> None:
    """Refused by its code, whichever part is wrong, and the case is where it was."""
    raw, before = body(kit, case), kit.history(case)
    headers = sign(OTHER if how == "another secret" else SECRET, "msg_1", NINE, raw)
    if how == "no signature":
        headers = {}
    if how == "too old":
        kit.clock.move(timedelta(seconds=301))  # type: ignore[attr-defined]
    name = "丢了" if how == "another event" else "到货"
    with pytest.raises(RefusedError) as refused:
        kit.receive("供应商", name, raw + b" " if how == "another body" else raw, headers)
    codes = {"too old": "stale-event", "another event": "unknown-event"}
    assert refused.value.code == codes.get(how, "bad-signature")
    assert kit.history(case) == before


def test_an_event_for_no_case_is_refused(kit: FlowKit, case: str) -> None:
    """Well signed, for a number that nobody has."""
    raw = json.dumps({"ref": "20260302-999", "单号": "SF1"}).encode()
    with pytest.raises(RefusedError) as refused:
        kit.receive("供应商", "到货", raw, sign(SECRET, "msg_1", NINE, raw))
    assert refused.value.code == "unknown-case"


@pytest.mark.parametrize("meant", ["case.number", "没有的", "电话", "故障", "件数"])
def test_an_event_that_would_find_no_case_is_a_mistake(tmp_path: Path, meant: str) -> None:
    """What lists do not hold of a case, or not as a text, is told when the app is loaded; a field of its own is fine."""
    text = SHOP.replace("配件到: {to: 处理中}", "供应商.到货: {to: 完成}")
    folder = write_shop(tmp_path, text=text.replace("from: 报修\n", "from: 报修\nfields: {订单: text, 件数: number}\n"))
    (folder / "供应商.yaml").write_text(SUPPLIER, encoding="utf-8")
    assert not load_app(folder).diagnostics
    (folder / "供应商.yaml").write_text(SUPPLIER.replace("== 订单", f"== {meant}"), encoding="utf-8")
    with pytest.raises(DefinitionError) as wrong:
        load_app(folder)
    assert [(d.code, d.place.line) for d in wrong.value.diagnostics] == [("not-indexable", 5)]
