"""A mapping fills fields from a row or a case; what a row lacks is told of that row and stops nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from flowkit.diagnostics import Findings
from flowkit.records.mapping import ROW_SCOPE, LinkedMapping, MappedRecord, column_name, link, parse
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.reading import read
from flowkit.values.types import Settings

SETTINGS = Settings(ZoneInfo("Asia/Shanghai"))
TICKETS = """mapping: tickets
workflow: repair_order
at: =row.报修时间
closed: =row.Closed_at
by: "=row.customer <> null ? 'customer:li' : null"
key: =row.no
fields:
  fault_type: =row.故障类型
  impact: 单梯
  floor: "010"
records:
  elevator: {key: =row.elevator, building: =row.building}
"""


def load(
    text: str, scope: Scope = ROW_SCOPE, fillable: dict[str, Type] | None = None
) -> tuple[LinkedMapping, Findings]:
    findings = Findings()
    definition = parse(read(text, "map.yaml", findings)[0].node, findings, "tickets")
    assert definition is not None
    return link(definition, findings, scope, fillable), findings


def test_a_row_of_a_file_becomes_a_submission() -> None:
    """Fields, moments in the app's zone, the person, the key and the records that come along."""
    mapping, findings = load(TICKETS)
    assert list(findings) == []
    line = {
        "报修时间": "2026-03-02 09:00",
        "Closed at": "",
        "customer": "x",
        "no": "0012",
        "故障类型": "困人",
        "elevator": "E001",
        "building": "B1",
    }
    row = mapping.evaluate(line, SETTINGS)
    assert row.fields == {"fault_type": "困人", "impact": "单梯", "floor": "010"}
    assert (row.at, row.closed) == (datetime(2026, 3, 2, 1, 0, tzinfo=UTC), None)
    assert (row.by, row.key, row.problems) == ("customer:li", "0012", ())
    assert row.records == (MappedRecord("elevator", "E001", {"building": "B1"}),)


def test_what_a_row_lacks_is_told_and_the_rest_is_read() -> None:
    """A moment that is none is a problem of that row; empty cells fill nothing and bring no record."""
    row = load(TICKETS)[0].evaluate({"报修时间": "yesterday", "故障类型": " ", "no": "1"}, SETTINGS)
    assert [(p.field, p.code) for p in row.problems] == [("at", "type")]
    assert row.fields == {"impact": "单梯", "floor": "010"}
    assert row.records == ()


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("故障类型", "故障类型"),
        ("Out of Service", "Out_of_Service"),
        ("\ufeffid", "id"),
        ("2nd call", "_2nd_call"),
        ("报修(时间)", "报修_时间_"),
        ("", "_"),
    ],
)
def test_every_column_can_be_reached_by_one_word(column: str, name: str) -> None:
    """Whatever a heading holds, there is a name for it."""
    assert column_name(column) == name


def test_a_mapping_of_a_case_fills_from_what_is_at_hand() -> None:
    """Under `with` the names are the case's, and a field that is none is told with what was meant."""
    scope = Scope({"vehicle": Type("record", members=lambda: {"plate": Type("text")})})
    text = "mapping: tickets\nfields: {plate: =vehicle.plate, 类别: 维修}\nback: {parts_cost: =parts_cost}\n"
    mapping, findings = load(text, scope, {"plate": Type("text"), "类别": Type("text")})
    assert list(findings) == []
    assert mapping.fill({"vehicle": {"plate": "浙A12345"}}) == {"plate": "浙A12345", "类别": "维修"}
    assert mapping.definition.back is not None
    assert ("vehicle", "plate") in mapping.reads


def test_all_mistakes_are_told_in_one_pass() -> None:
    """Unknown names, unknown fields, a record without a key, an unknown key of the mapping."""
    text = """mapping: tickets
wrkflow: x
fields: {falt: =row.x, fault: =rwo.x}
records: {elevator: {building: x}, part: 3}
"""
    found = {(d.code, d.place.line) for d in load(text, ROW_SCOPE, {"fault": Type("text")})[1]}
    assert found == {
        ("unknown-key", 2),
        ("unknown-name", 3),
        ("missing-key", 4),
        ("type-mismatch", 4),
    }


@pytest.mark.parametrize(
    ("written", "help"),
    [
        ("at: row.时间", "write =row.时间"),
        ("by: 科室:=row.科室", "write =concat('科室:', row.科室)"),
        ("by: 'row.时间'", None),
        ("by: 科室:一", None),
    ],
)
def test_an_expression_without_its_sign_in_front_is_no_constant(written: str, help: str | None) -> None:
    """It would be the same words for every row; in quotes it is meant as it stands."""
    _, findings = load(f"mapping: m\nfields: {{x: =row.a}}\n{written}\n")
    assert [d.help for d in findings] == ([] if help is None else [help])
