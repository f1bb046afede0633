"""Names of other nouns, constants and expressions of a field, resolved once."""

from __future__ import annotations

import pytest

from flowkit.rules.language.types import Type


@pytest.mark.parametrize(
    ("text", "code", "message", "help"),
    [
        (
            "  x: {type: choice, vocabulary: fault_type}",
            "unknown-name",
            'unknown vocabulary "fault_type"',
            'did you mean "fault_types"?',
        ),
        (
            "  x: {type: reference, entity: elevater}",
            "unknown-name",
            'unknown entity "elevater"',
            'did you mean "elevator"?',
        ),
        (
            "  x: {type: choice, options: {entity: bilding}}",
            "unknown-name",
            'unknown entity "bilding"',
            'did you mean "building"?',
        ),
        (
            "  x: {type: choice, options: {entity: building, whn: true}}",
            "unknown-key",
            'unknown key "whn"',
            'did you mean "when"?',
        ),
        ("  x: {type: choice, options: [有, 有]}", "duplicate-name", 'option "有" stands twice', None),
        ("  x: {type: choice, options: []}", "wrong-kind", None, None),
        ("  x: {type: choice, options: 有}", "wrong-kind", 'expected a list of options, found "有"', None),
        ("  x: {type: choice, options: [有, 无], default: 没有}", "unknown-option", 'there is no option "没有"', None),
        (
            "  x: {type: choice, vocabulary: fault_types, default: 困入}",
            "unknown-option",
            'there is no option "困入"',
            'did you mean "困人"?',
        ),
        ("  x: {type: number, default: abc}", "type-mismatch", 'expected a value of type "number", found "abc"', None),
        ("  x: {type: number, min: many}", "type-mismatch", 'expected a number, found "many"', None),
        ("  x: {type: date, min: 2026-02-30}", "type-mismatch", 'expected a date, found "2026-02-30"', None),
        ("  x: {type: text, required: maybe}", "type-mismatch", 'expected true or false, found "maybe"', None),
        ("  x: {type: text, required: yes}", "type-mismatch", 'expected true or false, found "yes"', None),
        ("  x: {type: text, visible: =nme == ''}\n  name: text", "unknown-name", None, 'did you mean "name"?'),
        ("  x: {type: text, visible: =n + 1}\n  n: number", "type-mismatch", None, None),
        ("  x: {type: text, visible: \"=n == 'a'\"}\n  n: number", "type-mismatch", None, None),
        ("  x: {type: number, value: '=t'}\n  t: date", "type-mismatch", None, None),
        (
            "  x: {type: text, visible: \"=f == '困入'\"}\n  f: {type: choice, vocabulary: fault_types}",
            "unknown-option",
            None,
            None,
        ),
        ("  e: {type: reference, entity: elevator}\n  x: {type: text, default: =e.regoin}", "unknown-name", None, None),
        ("  x: {type: text, default: =x}", "circular-fields", 'the value of "x" depends on itself', None),
        (
            "  a: {type: number, default: =b}\n  b: {type: number, value: c + 1}\n  c: {type: number, visible: =a > 1}",
            "circular-fields",
            "fields depend on each other: a → b → c → a",
            "let one of them be typed",
        ),
        (
            "  l: {type: rows, of: {a: {type: number, value: =row.b}, b: {type: number, value: =a}}}",
            "circular-fields",
            None,
            None,
        ),
    ],
)
def test_a_mistake_is_told_with_its_way_out(world, text, code, message, help):
    """What does not resolve or does not fit is one diagnostic."""
    _, found = world.link(text)
    assert [d.code for d in found] == [code]
    assert message is None or found[0].message == message
    assert help is None or found[0].help == help


def test_two_conditions_may_read_each_other(world):
    """ "One of phone and mail" is no ring: whether a field is required does not change its value."""
    world.fields("  phone: {type: phone, required: =empty(mail)}\n  mail: {type: email, required: =empty(phone)}")


def test_a_very_long_chain_is_refused(world):
    """Fields that follow each other deeper than can be followed safely are refused when linked."""
    chain = "\n".join(f"  f{n}: {{type: number, default: =f{n + 1}}}" for n in range(60)) + "\n  f60: number"
    _, found = world.link(chain)
    assert [d.code for d in found] == ["too-deep"]


def test_expressions_know_what_fields_are(world):
    """A choice carries its options, a reference its record's attributes, rows the columns, files their count."""
    fields = world.fields(
        "  f: {type: choice, vocabulary: fault_types}\n"
        "  e: {type: reference, entity: elevator}\n"
        "  b: {type: choice, options: {entity: building}}\n"
        "  l: {type: rows, of: {q: number}}\n"
        "  m: media\n"
        "  s: switch\n"
        "  p: money\n"
    )
    types = {name: field.expression_type for name, field in fields.items()}
    assert types["f"].options == ("困人", "门机故障", "异响")
    assert types["e"].attributes()["floors"].kind == "number"
    assert types["b"].kind == "record"
    assert types["l"].item.attributes()["q"].kind == "number"
    assert [types[n].kind for n in "lmsp"] == ["list", "list", "boolean", "number"]
    assert all(isinstance(t, Type) for t in types.values())


def test_values_of_fields_are_stored_as_deep_as_they_go(world):
    """Rows of a field are stored and loaded by their columns' types."""
    fields = world.fields("  l: {type: rows, of: {d: date, p: money, e: {type: list, of: date}}}")
    kind = fields["l"].type
    value, _ = world.fill(
        "  l: {type: rows, of: {d: date, p: money, e: {type: list, of: date}}}",
        {"l": [{"d": "2026/3/2", "p": "1.5", "e": ["2026-03-02"]}]},
    )
    assert kind.load(kind.store(value["l"])) == value["l"]
    assert kind.store(value["l"]) == [{"d": "2026-03-02", "p": "1.50", "e": ["2026-03-02"]}]
