"""Every key, value and character of a value is found where it stands in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flowkit.diagnostics import Findings, Place
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.source.reading import read

WORDS = st.text("abz困人维修 '\"\\:#-,[]{}?!&*|>%@`=.0\t\n😀", max_size=12)
DATA = st.recursive(
    WORDS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS.filter(str.strip), inner, max_size=4),
    max_leaves=12,
)


def scalars(node: Node) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
    else:
        for child in node if isinstance(node, SequenceNode) else node.entries.values():
            yield from scalars(child)


def at(text: str, place: Place) -> str:
    lines = text.split("\n")
    assert place.line == place.end_line
    return lines[place.line - 1][place.column - 1 : place.end_column - 1]


def only(text: str, pure: bool = False) -> MappingNode:
    findings = Findings()
    (document,) = read(text, "a.yaml", findings, pure=pure)
    assert list(findings) == []
    return document.node


@pytest.mark.parametrize("pure", [False, True], ids=["libyaml", "pure"])
@settings(max_examples=200, deadline=None)
@given(
    data=st.dictionaries(WORDS.filter(str.strip), DATA, max_size=4),
    flow=st.sampled_from([True, False, None]),
    style=st.sampled_from([None, "'", '"', "|", ">"]),
    width=st.sampled_from([5, 20, 1000]),
)
def test_values_survive_and_their_places_point_at_them(pure: bool, data, flow, style, width) -> None:
    """Whatever PyYAML writes is read back, and each plain scalar's place holds just its text."""
    data = {"form": "x", **{k: v for k, v in data.items() if k not in ("form", "<<")}}
    if style is not None:
        data = quotable(data)
    text = yaml.dump(
        data, default_flow_style=flow, default_style=style, width=width, allow_unicode=True, sort_keys=False
    )
    if re.search(r"^ *\t", text, re.MULTILINE) or re.search(r"(^|[ \[{,])[&*]id\d|!!", text):
        return  # what we refuse on purpose
    # PyYAML breaks some texts apart when it writes narrow lines; those it cannot read back itself are no test of ours.
    assume(yaml.safe_load(text) == data)
    node = only(text, pure)
    assert as_text(node.as_typed()) == as_text(data)
    for scalar in scalars(node):
        if not scalar.quoted and scalar.place.line == scalar.place.end_line:
            assert at(text, scalar.place) == scalar.typed
        assert_characters(text, scalar)


def quotable(value: object) -> object:
    """Text only: PyYAML would write other values in quotes with a tag, which we refuse."""
    if isinstance(value, dict):
        return {k: quotable(v) for k, v in value.items()}
    return [quotable(v) for v in value] if isinstance(value, list) else str(value)


def as_text(value: object) -> object:
    """What a dump makes of values: all but null is text as typed."""
    if isinstance(value, dict):
        return {k: as_text(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_text(v) for v in value]
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)


def assert_characters(text: str, scalar: ScalarNode) -> None:
    lines = text.split("\n")
    for number, character in enumerate(scalar.typed):
        place = scalar.inner(number)
        written = lines[place.line - 1][place.column - 1 : place.column] if place.line <= len(lines) else ""
        escaped = scalar.style == "double" and written == "\\"
        assert escaped or written == character or (character in " \n" and written in ("", " ", "\t"))


@pytest.mark.parametrize("pure", [False, True], ids=["libyaml", "pure"])
@pytest.mark.parametrize(
    "text",
    [
        "form: x\nwhen: a == 'x' and nope",
        "form: x\nwhen: \"a == 'x' and nope\"",
        "form: x\nwhen: 'a == ''x'' and nope'",
        'form: x\nwhen: "a == \\"x\\" and nope"',
        "form: x\nwhen: >\n  a == 'x'\n  and nope\n",
        "form: x\nwhen: >\n  a == 'x'\n\n\n  and\n    more\n  nope\n",
        "form: x\nwhen: >2-\n    a == 'x'\n   and nope\n",
        "form: x\nwhen: |\n    a == 'x'\n    and nope\n",
        "form: x\nwhen: | # said\n\n    a == 'x'\n\n     and nope",
        "form: x\nwhen: a == 'x'\n  and nope",
        "form: x\nwhen: a == 'x'\n\n  and nope",
        "form: x\nwhen: 'a == ''x''   \n\n  and nope'",
        'form: x\nwhen: "a == \\\n   and  \\\n\n   nope"',
        'form: x\nwhen: "\\u56f0\\x41\\U0001F600 == 1 and nope"',
        "form: x\nwhen: 😀困人\tand nope",
        "form: x\nwhen: {a: \"故障 == '困人' and nope\"}",
        "form: x\nwhen: [1, a and nope]",
    ],
)
def test_a_word_inside_any_kind_of_scalar_is_found(text: str, pure: bool) -> None:
    """A mistake inside a plain, quoted, folded or literal scalar is reported at its own line and column."""
    (scalar,) = [s for s in scalars(only(text, pure)) if "nope" in s.typed]
    start = scalar.typed.index("nope")
    assert at(text, scalar.inner(start, start + 4)) == "nope"


def test_the_end_of_a_text_has_a_place() -> None:
    """What is missing at the end of an expression is reported just behind its last character."""
    node = only("form: x\na: b +\nc: 'd +'\n")
    plain, quoted = node.entries["a"], node.entries["c"]
    assert isinstance(plain, ScalarNode)
    assert isinstance(quoted, ScalarNode)
    assert (plain.inner(3).line, plain.inner(3).column) == (2, 7)
    assert (quoted.inner(3).line, quoted.inner(3).column) == (3, 8)


def test_maps_and_lists_have_places_from_first_to_last_character() -> None:
    """A map in lines ends with its last value, one in braces behind the closing brace."""
    node = only("form: x\na:\n  b: c\n  d: [1, 2]\n\n# said\ne: {f: g }\n")
    assert node.entries["a"].place == Place("a.yaml", 3, 3, 4, 12)
    assert node.entries["e"].place == Place("a.yaml", 7, 4, 7, 11)
    assert node.place == Place("a.yaml", 1, 1, 7, 11)
