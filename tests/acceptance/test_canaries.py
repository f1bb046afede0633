"""What people typed is data at every place it comes to: nothing evaluates it, and what leaves for a spreadsheet is no formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowkit import FlowKit, VirtualClock
from flowkit.insight.table import harmless
from flowkit.notify.channel import Message
from tests.offices import OFFICES, offices
from tests.shop import NINE

CANARIES = (
    "{{7*7}}",
    "{% for x in [1] %}49{% endfor %}",
    "${7*7}",
    "${env:HOME}",
    "!!python/object/apply:os.system [id]",
    "=row.applicant",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "＝1+1",
    "'; DROP TABLE cases; --",
    '" OR "1"="1',
    "%",
    "_",
    "/%",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "\\N{BELL}\\x00",
    "{0.__class__}",
    "%s%n%n",
    "null",
    "{'personal': 'x'}",
)
TOLD = OFFICES.replace('text: "请处理 {{ 说明 }}"', 'text: "请处理 {{ 说明 }} 备注 {{ 备注 }}"').replace(
    "console: 手机", "console: 号"
)


class Sent:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def send(self, message: Message) -> None:
        self.texts.append(message.text)


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def kit(tmp_path: Path, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlowKit]:
    monkeypatch.setattr("flowkit.prints.paper.can_print", lambda: False)  # Typesetting takes seconds a page.
    app = offices(tmp_path / "app", TOLD)
    with FlowKit(app, "sqlite://", clock=VirtualClock(NINE), channels={"console": sent}) as kit:
        yield kit


def begun(kit: FlowKit, text: str) -> str:
    """A case with that text in its form, copied into a field of its own, in a comment and in a reason."""
    case = kit.submit("工单", {"门店": "滨江", "品类": "电梯", "说明": text}, by="客户:li", key=text).id
    kit.act(case, "加急", by="员工:ann")
    kit.act(case, "接单", by="员工:bob")
    kit.act(case, "comment", {"text": text}, by="员工:bob")
    return case


@pytest.mark.parametrize("text", CANARIES)
def test_it_comes_out_as_it_was_typed(kit: FlowKit, sent: Sent, text: str) -> None:
    """On the case, in its history, a comment, a message and a filed page, and again after the database was read anew."""
    kit.import_records("员工", [{"号": "neu", "名": text, "角色": ["维修"], "门店": "滨江"}])
    case = begun(kit, text)
    kit.advance()
    seen = kit.case(case, "员工:bob")
    assert (seen.values["说明"], seen.values["备注"], seen.comments[0].text) == (text, text, text)
    assert kit.history(case)[0].data["values"]["说明"] == text
    assert f"    说明 = {text}" in kit.explain(case).lines
    assert f"请处理 {text} 备注 {text}" in sent.texts
    assert kit.people(["员工:neu"]) == {"员工:neu": text}
    (page,) = kit.files(case)
    assert (kit.file(page.id) or b"").decode() == f"说明 {text} 电话 "
    assert kit.verify() == []


def test_a_search_finds_what_was_typed_and_nothing_else(kit: FlowKit) -> None:
    """Signs of SQL and of its patterns are signs; who sees less finds less by each of them."""
    cases = {text: begun(kit, text) for text in CANARIES}
    kit.submit("工单", {"门店": "西湖", "品类": "电梯", "说明": "别处的"}, by="客户:wu")
    for text in CANARIES:
        found = {row.id for row in kit.cases("员工:ann", text=text, limit=200).items}
        assert found == {case for typed, case in cases.items() if text.lower() in typed.lower()}, text
        assert kit.count("员工:ann", where={"备注": text}) == 1
        assert kit.count("员工:carl", text=text) == kit.count("员工:carl", where={"备注": text}) == 0
        assert kit.find(text, "员工:ann") is None


def test_no_cell_of_an_export_is_a_formula(kit: FlowKit) -> None:
    """Each text stands in its cell, behind a quote where a spreadsheet would take it for a formula."""
    for text in CANARIES:
        begun(kit, text)
    out = io.BytesIO()
    kit.export(out, "员工:ann", workflow="工单")
    heads, *rows = csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig")))
    cells = [row[heads.index("备注")] for row in rows]
    assert sorted(cell.removeprefix("'") for cell in cells) == sorted(text.removeprefix("'") for text in CANARIES)
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@＝＋－＠\t\r\n\0") and cell]


@given(st.text(max_size=30) | st.from_regex(r"[=+\-@\t\r\n\x00].{0,9}", fullmatch=True))
@example("-1.5")
@example("-1.5|calc")
@example("\0=1")
def test_a_cell_is_a_number_or_no_formula(text: str) -> None:
    """Whatever a cell begins with; only plain numbers keep their sign."""
    cell = harmless(text)
    assert (
        cell.startswith("'")
        or cell[:1] not in tuple("=+-@＝＋－＠\t\r\n\0")
        or cell == ""
        or float(cell) == float(text)
    )
