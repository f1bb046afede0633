"""An entity's rows are read through its fields, and a record changes under its entity's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings
from flowkit.errors import RefusedError
from flowkit.fields.definition import Environment
from flowkit.records.entity import Entity, link, parse
from flowkit.records.rows import EntityRows, read_entity_rows
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.reading import read
from flowkit.values.types import Settings

SETTINGS = Settings(ZoneInfo("Asia/Shanghai"), "gcj02")
PART = """entity: part
title: 配件
key: code
label: name
fields:
  code: text
  name: {type: text, required: true}
  stock: {type: number, min: 0, default: 0}
  least: number
  price: money
  supplier: {type: reference, entity: supplier}
  kind: {type: choice, options: [门机, 曳引]}
  tags: list
  worth: {type: money, value: stock * price}
  history: {type: rows, of: {at: datetime, quantity: {type: number, min: 1, required: true}}}
"""
TABLE = 'code,name,stock,supplier,kind,tags\n0012,门刀,3,S1,门机,"a、b"\n0013,光幕,,S2,,\n'


def entity_types(name: str) -> Mapping[str, Type] | None:
    return {"code": Type("text")} if name in {"part", "supplier"} else None


def load(text: str, read_file: Mapping[str, str] | None = None) -> tuple[Entity, EntityRows, Findings]:
    findings = Findings()
    definition = parse(read(text, "part.yaml", findings)[0].node, findings, "part")
    assert definition is not None
    entity = link(definition, Scope({}), findings, {}, entity_types, ("part", "supplier"))
    rows = read_entity_rows(entity, SETTINGS, (read_file or {}).__getitem__, findings)
    return entity, rows, findings


def told(findings: Findings) -> list[tuple[str, str, int, int]]:
    return [(d.code, d.place.file, d.place.line, d.place.column) for d in findings]


def test_rows_of_a_file_are_read_by_their_fields() -> None:
    """Keys keep what was typed, numbers are numbers, lists are cut, defaults and computed values are there."""
    _, rows, findings = load(PART + "rows: parts.csv\n", {"parts.csv": TABLE})
    assert told(findings) == []
    assert rows.values["0012"] == {
        "code": "0012",
        "name": "门刀",
        "stock": 3,
        "supplier": "S1",
        "kind": "门机",
        "tags": ["a", "b"],
    }
    assert rows.values["0013"]["stock"] == 0


def test_rows_inline_say_the_same() -> None:
    """Rows in the YAML and rows in a file are one."""
    inline = PART + (
        "rows:\n  - {code: 0012, name: 门刀, stock: 3, supplier: S1, kind: 门机, tags: [a, b]}\n"
        "  - {code: 0013, name: 光幕, supplier: S2}\n"
    )
    assert load(inline)[1].values == load(PART + "rows: parts.csv\n", {"parts.csv": TABLE})[1].values


def test_references_are_handed_out_with_their_places() -> None:
    """Only when all entities are read can it be told whether they lead anywhere."""
    rows = load(PART + "rows: parts.csv\n", {"parts.csv": TABLE})[1]
    assert [(r.entity, r.key, r.place.line, r.place.column) for r in rows.references] == [
        ("supplier", "S1", 2, 11),
        ("supplier", "S2", 3, 10),
    ]


def test_mistakes_in_rows_are_told_at_their_cells() -> None:
    """Misfits, misspelt options, limits, missing and repeated keys, unknown columns: one pass, exact places."""
    table = "code,name,stok,stock,kind,price\n1,a,1,many,门几,1.234\n1,b,2,-1,,\n,c,,,,\n2,,,,,\n"
    findings = load(PART + "rows: parts.csv\n", {"parts.csv": table})[2]
    assert told(findings) == [
        ("unknown-key", "parts.csv", 1, 11),
        ("type-mismatch", "parts.csv", 2, 7),
        ("unknown-option", "parts.csv", 2, 12),
        ("bad-value", "parts.csv", 2, 15),
        ("duplicate-key", "parts.csv", 3, 1),
        ("bad-value", "parts.csv", 3, 7),
        ("missing-value", "parts.csv", 4, 1),
        ("missing-value", "parts.csv", 5, 1),
    ]
    assert [d.help for d in findings][:3] == ['did you mean "stock"?', "", 'did you mean "门机"?']


def test_mistakes_of_the_definition_are_told() -> None:
    """A key and a label that name no field, a key that cannot be one, an entity that is none."""
    text = "entity: x\nkey: cod\nlabel: nam\nfields: {code: text, name: text, of: {type: reference, entity: prt}}\n"
    found = [(d.code, d.place.line, d.help) for d in load(text)[2]]
    assert ("unknown-name", 2, 'did you mean "code"?') in found
    assert ("unknown-name", 3, 'did you mean "name"?') in found
    assert ("unknown-name", 4, 'did you mean "part"?') in found
    assert [d.code for d in load("entity: x\nkey: where\nfields: {where: location}\n")[2]] == ["type-mismatch"]


def test_a_change_is_read_by_the_fields() -> None:
    """What is set becomes a value of its field; empty empties; computed amounts are rounded."""
    entity = load(PART)[0]
    values, rows = entity.change({"stock": 3}, {"stock": "2", "tags": None, "price": Decimal("1.005")}, {}, SETTINGS)
    assert (values, rows) == ({"stock": 2, "tags": None, "price": Decimal("1.01")}, {})


def test_a_change_against_the_rules_is_refused_with_every_reason() -> None:
    """A stock below 0, a required field emptied, a computed field, the key, an option that is none, a field that is none."""
    entity = load(PART)[0]
    change = {"stock": -1, "name": None, "worth": 3, "code": "x", "kind": "门", "colour": "red"}
    with pytest.raises(RefusedError) as caught:
        entity.change({"stock": 3}, change, {"history": {"quantity": 0}, "name": {}}, SETTINGS)
    assert {(p.field, p.code) for p in caught.value.problems} == {
        ("stock", "min"),
        ("name", "required"),
        ("worth", "readonly"),
        ("code", "readonly"),
        ("kind", "option"),
        ("colour", "unknown-field"),
        ("history.quantity", "min"),
        ("name", "unknown-field"),
    }


def test_limits_are_judged_with_the_new_values() -> None:
    """A limit that reads another field sees what the change makes of it."""
    text = PART.replace("min: 0, default: 0", "min: =least")
    entity = load(text)[0]
    assert entity.change({"least": 9}, {"stock": 3, "least": 2}, {}, SETTINGS)[0]["stock"] == 3
    with pytest.raises(RefusedError):
        entity.change({"least": 9}, {"stock": 3}, {}, SETTINGS)


def test_rows_and_lists_may_be_added_to() -> None:
    """One row read by its columns, one item by its type; the record itself is not asked for what it holds."""
    entity = load(PART)[0]
    added = entity.change({}, {}, {"history": {"at": "2026-03-02 09:00", "quantity": "2"}, "tags": "c"}, SETTINGS)[1]
    assert added["tags"] == "c"
    assert added["history"]["quantity"] == 2
    assert added["history"]["at"].hour == 1


def test_a_record_as_an_object_may_be_changed() -> None:
    """Records that expressions see as objects are asked by `attribute`."""

    class Record:
        def attribute(self, name: str) -> Any:
            return {"least": 5}.get(name)

    entity = load(PART.replace("min: 0, default: 0", "min: =least"))[0]
    with pytest.raises(RefusedError):
        entity.change(Record(), {"stock": 3}, {}, SETTINGS)


def test_a_record_is_read_whole_or_in_part() -> None:
    """An import needs the key and what is required; laying a few fields over a record needs only these."""
    entity = load(PART)[0]
    environment = Environment(SETTINGS, lambda name, key: {})
    assert [p.field for p in entity.read({"stock": "1"}, environment)[1]] == ["name", "code"]
    assert entity.read({"stock": "1"}, environment, {"code": "0012"}) == ({"stock": 1}, ())
    assert [p.code for p in entity.read({"stok": "1"}, environment, {})[1]] == ["unknown-field"]


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_a_change_never_leaves_a_value_below_its_limit(stock: int, taken: int) -> None:
    """Whatever is taken, the record holds at least its limit, or the change is refused."""
    entity = load(PART)[0]
    try:
        values, _ = entity.change({"stock": stock}, {"stock": stock - taken}, {}, SETTINGS)
    except RefusedError:
        assert stock - taken < 0
    else:
        assert values == {"stock": stock - taken}
        assert values["stock"] >= 0
