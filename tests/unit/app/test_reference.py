"""The reference and the schemas say what the code reads by."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from flowkit.app.files import KNOWN
from flowkit.app.nouns.shapes import Table
from flowkit.app.nouns.tables import NOUNS, PARTS, SHAPES
from flowkit.app.reference import LIST_HELP, TYPES, pages, work_out
from flowkit.app.schemas import app_schema, noun_schema
from flowkit.diagnostics import Findings
from flowkit.rules.language.formats import FORMATS
from flowkit.rules.language.functions import FUNCTIONS
from flowkit.rules.language.lists import LIST_FORMS
from flowkit.source.nodes import MappingNode, Node, SequenceNode
from flowkit.source.reading import Document, read
from flowkit.values.types import VALUE_TYPES

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "examples").rglob("*.yaml"), *(ROOT / "docs").rglob("*.yaml")])
TABLES: dict[str, Table] = {**NOUNS, **PARTS}


def _documents() -> list[Document]:
    return [d for file in FILES for d in read(file.read_text(encoding="utf-8"), str(file), Findings())]


def _plain(node: Node) -> Any:
    """A document as a program that reads YAML would see it."""
    if isinstance(node, MappingNode):
        return {key: _plain(value) for key, value in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node]
    return float(node.value) if isinstance(node.value, Decimal) else node.value


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    """What lies in docs/reference is what `flowkit reference --into docs/reference` writes now."""
    assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == pages()[name]


def test_every_noun_has_its_table() -> None:
    """The nouns of the reference are those that an app may hold, in the same order."""
    assert tuple(NOUNS) == KNOWN


@pytest.mark.parametrize("name", sorted(TABLES))
def test_what_stands_in_a_key_belongs_to_a_key(name: str) -> None:
    """A table says nothing about keys that it does not have, and each key has its line of help."""
    keys = {key.name: key for key in TABLES[name].keys}
    assert TABLES[name].inside.keys() <= keys.keys()
    assert all(key.help for key in keys.values())


def test_only_what_has_no_effect_is_said_to_be_for_later() -> None:
    """Each key that the reference calls one for a later version is one that nothing is done with."""
    keys = {(name, key.name) for name, table in TABLES.items() for key in table.keys if "for later" in key.help}
    assert keys == {("app", "retention"), ("notification", "channels")}


def test_names_of_tables_and_shapes_are_apart() -> None:
    """A name in the tables means one thing."""
    assert not NOUNS.keys() & PARTS.keys()
    assert not TABLES.keys() & SHAPES.keys()


@pytest.mark.parametrize("noun", NOUNS)
def test_a_schema_is_a_schema(noun: str) -> None:
    """The schema of each noun, and the one of all, fit the meta-schema of JSON Schema."""
    Draft202012Validator.check_schema(noun_schema(noun))
    Draft202012Validator.check_schema(app_schema())


@pytest.mark.parametrize("document", _documents(), ids=lambda d: f"{d.noun}-{d.name.typed if d.name else ''}")
def test_every_document_of_the_examples_fits_its_schema(document: Document) -> None:
    """What `flowkit check` accepts, the schema of its noun accepts, and so does the schema of all."""
    data = _plain(document.node)
    assert [e.message for e in Draft202012Validator(noun_schema(document.noun)).iter_errors(data)] == []
    assert Draft202012Validator(app_schema()).is_valid(data)


@pytest.mark.parametrize(
    ("noun", "data"),
    [
        ("form", {"form": "报修", "fields": {"车牌": {"type": "text", "requird": True}}}),
        ("form", {"form": "报修", "fields": {"车牌": "txt"}}),
        ("form", {"form": "报修"}),
        ("workflow", {"workflow": "工单", "nodes": {"开始": {"timeouts": [{"after": "1d", "notfy": "x"}]}}}),
        ("workflow", {"workflow": "工单", "nodes": {"完成": {"end": "finished"}}}),
        ("scorecard", {"scorecard": "urgency", "factors": [{"when": "true"}]}),
        ("scenario", {"scenario": "s", "steps": {"submit": "工单"}}),
    ],
)
def test_a_misspelt_document_does_not_fit(noun: str, data: dict[str, Any]) -> None:
    """Unknown keys, unknown types and missing keys are refused by the schema, however deep they stand."""
    assert not Draft202012Validator(noun_schema(noun)).is_valid(data)
    assert not Draft202012Validator(app_schema()).is_valid(data)


def test_every_type_and_function_has_its_line() -> None:
    """No type, list function, function or format is left out of the reference."""
    assert TYPES.keys() == VALUE_TYPES.keys()
    assert LIST_HELP.keys() == LIST_FORMS.keys()
    assert all(f.example for f in (*FUNCTIONS.values(), *FORMATS.values()))


@pytest.mark.parametrize(
    ("example", "gives"),
    [
        ("distance(arrive.position, elevator.position)", "99.765"),
        ("sum(lines, row.amount, row.kind == '工时')", "180"),
        ("{{ total | money }}", "12,345.60"),
    ],
)
def test_an_example_is_worked_out(example: str, gives: str) -> None:
    """What stands beside an example is what the language gives, not what somebody wrote down."""
    assert work_out(example) == gives
