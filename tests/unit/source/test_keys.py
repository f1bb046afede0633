"""A key table says which keys there are, of what sort their values are, and what was meant by one that is not there."""

from __future__ import annotations

import jsonschema
import pytest

from flowkit.diagnostics import Diagnostic, Findings
from flowkit.source import keys as source_keys
from flowkit.source.keys import Key, json_schema, names_of, read_keys
from flowkit.source.nodes import MappingNode, Node
from flowkit.source.reading import read

KEYS = (
    Key("title", "text", "what people see", example="维修工单"),
    Key("text", "template", "what is sent"),
    Key("label", "words", "what it is called"),
    Key("when", "expression", "when it holds"),
    Key("max", "setting", "at most"),
    Key("from", "name", "the form", required=True, example="报修"),
    Key("channels", "names", "which channels"),
    Key("times", "integer", "how often"),
    Key("weight", "number", "how much"),
    Key("required", "boolean", "whether it must be there"),
    Key("within", "duration", "how long"),
    Key("nodes", "mapping", "the nodes"),
    Key("rows", "sequence", "the rows"),
    Key("value", "scalar", "one value"),
    Key("body", "any", "anything"),
)


def reading(text: str) -> tuple[dict[str, Node] | None, list[Diagnostic]]:
    findings = Findings()
    (document,) = read(f"workflow: w\n{text}", "a.yaml", findings)
    return read_keys(document.node, "workflow", KEYS, findings), list(findings)


def entry(text: str) -> Node:
    return read(f"workflow: w\na: {text}", "a.yaml", Findings())[0].node.entries["a"]


@pytest.mark.parametrize(
    "text",
    [
        "title: 1.10",
        "text: {zh: 您好, en: Hello}",
        "when: a == b",
        "max: =limit",
        "max: 3",
        "channels: sms",
        "channels: [sms, 1]",
        "times: 3",
        "weight: 0.5",
        "required: false",
        "within: 2h",
        "within: 3 business days",
        "within: =urgency.within",
        "nodes: {a: b}",
        "rows: []",
        "value:",
        "body:",
    ],
)
def test_a_value_of_the_right_sort_is_given(text: str) -> None:
    """The noun itself and every value that fits its key are read without a word."""
    read_as, said = reading(f"from: 报修\n{text}\n")
    assert said == []
    assert read_as is not None
    assert list(read_as) == ["from", text.split(":", maxsplit=1)[0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [a]", "expected a text, found a list"),
        ("title:", '"title" has no value'),
        ("text: {zh: [a]}", "expected a text, or one for each language: {zh: …, en: …}, found a map"),
        ("label: {de: a}", "expected a text, or one for each language: {zh: …, en: …}, found a map"),
        ("when: {a: b}", "expected an expression, found a map"),
        ("channels: [{a: b}]", "expected a name or a list of names, found a list"),
        ("times: 1.5", "expected a whole number, found 1.5"),
        ("times: true", "expected a whole number, found true"),
        ("weight: a", 'expected a number, found "a"'),
        ("required: yes", 'expected true or false, found "yes"'),
        ("within: 30", "expected a duration such as 2h or 30m, found 30"),
        ("within: soon", 'expected a duration such as 2h or 30m, found "soon"'),
        ("nodes: a", 'expected a map of NAME: VALUE, found "a"'),
        ("rows: a", 'expected a list, found "a"'),
        ("value: []", "expected a single value, found a list"),
    ],
)
def test_a_value_of_another_sort_is_refused_and_left_out(text: str, message: str) -> None:
    """A misfit is told what it should have been, at its own place, and is not passed on."""
    read_as, said = reading(f"from: 报修\n{text}\n")
    assert [d.message for d in said] == [message]
    assert said[0].place.line == 3
    assert read_as is not None
    assert list(read_as) == ["from"]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("required: yes", "write true"),
        ("required: 否", "write false"),
        ("within: 30", "say what it counts: 30m for minutes"),
    ],
)
def test_the_usual_misfits_are_told_what_to_write(text: str, advice: str) -> None:
    """What people mean by yes or by a bare number is put into their mouth."""
    assert reading(f"from: 报修\n{text}\n")[1][0].help.startswith(advice)


def test_an_unknown_key_is_refused_with_the_one_that_was_meant() -> None:
    """Keys are closed; a key not yet written is meant more likely than one that is."""
    _, said = reading("form: 报修\n titel: x\n".replace(" titel", "titel"))
    assert [(d.code, d.message, d.help) for d in said if d.code == "unknown-key"] == [
        ("unknown-key", 'unknown key "form"', 'did you mean "from"?'),
        ("unknown-key", 'unknown key "titel"', 'did you mean "title"?'),
    ]


def test_a_key_that_must_be_there_is_missed() -> None:
    """A required key that is not there is an error of the whole map, with an example."""
    _, said = reading("title: x\n")
    assert [(d.code, d.message) for d in said] == [("missing-key", 'workflow needs the key "from"')]
    assert "from: 报修" in said[0].help


def test_nothing_is_missed_where_the_text_broke_off() -> None:
    """A key that may stand in the part that could not be read is not called missing."""
    findings = Findings()
    (document,) = read("workflow: w\ntitle: x\nrows: [1\n", "a.yaml", findings)
    read_keys(document.node, "workflow", KEYS, findings)
    assert [d.code for d in findings] == ["unclosed"]


def test_the_noun_is_no_key_elsewhere() -> None:
    """Only as the first key of a document may the noun itself stand."""
    _, said = reading("from: 报修\n")
    assert said == []
    findings = Findings()
    body = read("a: b\nc: {from: x, workflow: y}", "a.yaml", findings)[0].node.entries["c"]
    read_keys(body, "workflow", KEYS, findings)
    assert [d.message for d in findings] == ['unknown key "workflow"']


def test_what_is_no_map_has_no_keys() -> None:
    """A text where a map is due is refused, and None is given."""
    findings = Findings()
    assert read_keys(entry("b"), "workflow", KEYS, findings) is None
    assert [d.message for d in findings] == ['expected a map with the keys of a workflow, found "b"']


def test_names_are_one_or_several() -> None:
    """A name and a list of names read alike; what is no name is reported and left out."""
    findings = Findings()
    assert [n.typed for n in names_of(entry("a"), findings)] == ["a"]
    assert [n.typed for n in names_of(entry("[a, 1]"), findings)] == ["a", "1"]
    assert list(findings) == []
    assert [n.typed for n in names_of(entry("[a, [b], ~]"), findings)] == ["a"]
    assert len(findings) == 2


@pytest.mark.parametrize(
    ("reader", "fits", "read_as", "misfit"),
    [
        ("text_of", "010", "010", "[a]"),
        ("integer_of", "3", 3, "true"),
        ("boolean_of", "true", True, "1"),
    ],
)
def test_one_value_is_read_or_refused(reader: str, fits: str, read_as: object, misfit: str) -> None:
    """Each reader gives the value, or None and exactly one finding."""
    findings = Findings()
    of = getattr(source_keys, reader)
    assert of(entry(fits), findings) == read_as
    assert list(findings) == []
    assert of(entry(misfit), findings) is None
    assert len(findings) == 1


@pytest.mark.parametrize(
    ("reader", "fits", "misfit"), [("mapping_of", "{b: c}", "[a]"), ("sequence_of", "[a]", "{b: c}")]
)
def test_a_map_or_list_is_given_or_refused(reader: str, fits: str, misfit: str) -> None:
    """Each reader gives the node itself, or None and exactly one finding."""
    findings = Findings()
    of = getattr(source_keys, reader)
    node = entry(fits)
    assert of(node, findings) is node
    assert of(entry(misfit), findings) is None
    assert len(findings) == 1


def test_the_schema_says_what_the_table_says() -> None:
    """What `read_keys` takes, the JSON Schema of the table takes, and what it refuses, the schema refuses."""
    schema = json_schema(KEYS)
    jsonschema.Draft202012Validator.check_schema(schema)
    fine = {
        "from": "报修",
        "title": "x",
        "channels": ["sms"],
        "times": 3,
        "required": True,
        "nodes": {},
        "within": "2h",
    }
    jsonschema.validate(fine, schema)
    for wrong in (
        {},
        {**fine, "titel": 1},
        {**fine, "times": "a"},
        {**fine, "required": "yes"},
        {**fine, "within": "soon"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    assert schema["properties"]["from"]["description"] == "the form"
    assert isinstance(entry("{b: c}"), MappingNode)
