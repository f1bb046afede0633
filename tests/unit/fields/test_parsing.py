"""What may be written for a field, and what an author is told otherwise."""

from __future__ import annotations

import pytest

from flowkit.fields.keys import FIELD_KEYS, GOES_WITH, NOT_BESIDE, NOT_WITH
from flowkit.values.types import VALUE_TYPES


def test_the_name_of_a_type_is_a_field(world):
    """`车牌: text` is short for `车牌: {type: text}`."""
    fields, found = world.parse("  车牌: text\n  电话: {type: phone, title: 联系电话}")
    assert found == []
    assert [(f.name, f.type, f.title) for f in fields.values()] == [
        ("车牌", "text", "车牌"),
        ("电话", "phone", "联系电话"),
    ]


@pytest.mark.parametrize("name", sorted(set(VALUE_TYPES) - {"rows", "choice", "choices", "reference"}))
def test_every_type_that_needs_nothing_more_stands_alone(world, name):
    """All types of the language are known by their names."""
    fields, found = world.parse(f"  x: {name}")
    assert found == []
    assert fields["x"].type == name


def test_rows_and_lists_hold_fields(world):
    """Rows have columns; a list has an item, text unless said otherwise; a list of fields is rows."""
    fields, found = world.parse(
        "  lines: {type: rows, of: {part: text, quantity: {type: number, min: 1}}}\n"
        "  tags: list\n"
        "  roles: {type: list, of: role}\n"
        "  parts: {type: list, of: {type: reference, entity: part}}\n"
        "  history: {type: list, of: {at: datetime, type: text}}\n"
    )
    assert found == []
    assert list(fields["lines"].columns) == ["part", "quantity"]
    assert fields["tags"].item.type == "text"
    assert fields["roles"].item.type == "role"
    assert fields["parts"].item.type == "reference"


@pytest.mark.parametrize(
    ("text", "code", "message", "help"),
    [
        ("  x: numbr", "unknown-type", 'unknown field type "numbr"', 'did you mean "number"?'),
        ("  x: {type: numbr}", "unknown-type", 'unknown field type "numbr"', 'did you mean "number"?'),
        ("  x: {type: text, requird: true}", "unknown-key", 'unknown key "requird"', 'did you mean "required"?'),
        ("  x: {required: true}", "missing-key", 'field needs the key "type"', None),
        ("  x: [a, b]", "wrong-kind", "expected a type or a map with type, found a list", None),
        ("  x: {type: choice}", "missing-key", 'a field of type "choice" needs options or a vocabulary', None),
        ("  x: reference", "missing-key", 'a field of type "reference" needs an entity', None),
        ("  x: rows", "missing-key", 'a field of type "rows" needs of: the fields of a row', None),
        ("  x: {type: number, options: [a]}", "wrong-key", '"options" does not go with type "number"', None),
        ("  x: {type: text, min: 3}", "wrong-key", '"min" does not go with type "text"', None),
        ("  x: {type: media, unique: true}", "wrong-key", '"unique" does not go with type "media"', None),
        ("  x: {type: number, value: 1, default: 2}", "wrong-key", '"default" makes no sense beside "value"', None),
        ("  x: {type: list, of: media}", "wrong-key", 'a list cannot hold "media"', None),
        (
            "  x: {type: media, accept: [imag]}",
            "unknown-name",
            'unknown name "imag" in "accept"',
            'did you mean "image"?',
        ),
        ("  x: {type: text, max_length: 0}", "out-of-range", "expected a whole number from 1 to 100000, found 0", None),
        ("  'a b': text", "bad-name", None, None),
        ("  now: text", "bad-name", '"now" has a meaning of its own in expressions', None),
        ("  1号楼: text", "bad-name", None, None),
        ("  x:", "unknown-type", "expected a field type, found nothing", None),
        ("  x: {type: rows, of: {a: txt}}", "unknown-type", 'unknown field type "txt"', 'did you mean "text"?'),
    ],
)
def test_a_mistake_is_told_with_its_way_out(world, text, code, message, help):
    """Each misfit is one diagnostic with its code, its words and where it can be known what was meant."""
    _, found = world.parse(text)
    assert [d.code for d in found] == [code]
    assert message is None or found[0].message == message
    assert help is None or found[0].help == help


def test_a_key_without_effect_is_told(world):
    """What this version takes and does not act on is a warning, so that nobody relies on it."""
    _, found = world.parse("  x: {type: text, unique: true}")
    assert [(d.code, d.severity) for d in found] == [("not-yet", "warning")]


def test_a_wrong_key_is_reported_where_it_stands(world):
    """The place of a combination that makes no sense is the key's, not the field's."""
    _, found = world.parse("  x: {type: number, options: [a]}")
    assert (found[0].place.line, found[0].place.column) == (3, 21)


def test_one_broken_field_leaves_the_others(world):
    """Whatever is wrong with one field, all are there, for others may speak of it, and each mistake is reported once."""
    fields, found = world.parse("  a: nope\n  b: text\n  c: {type: nope}\n  d: number")
    assert [(name, f.type) for name, f in fields.items()] == [
        ("a", "unreadable"),
        ("b", "text"),
        ("c", "unreadable"),
        ("d", "number"),
    ]
    assert len(found) == 2


def test_the_table_of_combinations_names_only_what_there_is():
    """Keys and types that the rules of combination mention exist."""
    keys = {key.name for key in FIELD_KEYS}
    assert set(GOES_WITH) | set(NOT_WITH) | set(NOT_BESIDE) <= keys
    assert {k for others in NOT_BESIDE.values() for k in others} <= keys
    assert {t for types in (*GOES_WITH.values(), *NOT_WITH.values()) for t in types} <= set(VALUE_TYPES)
