"""What YAML would tear apart is recognised in its line, and what is fine is let be."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings
from flowkit.source.reading import read
from flowkit.source.torn import torn_values

OPERANDS = st.sampled_from(
    ["a", "故障", "row.数量", "'困人'", "2h", "f(a, b)", "x in ['a', 'b']", "contains(x, 'a, b')", "(a ?? 0)"]
)
EXPRESSIONS = st.lists(OPERANDS, min_size=1, max_size=4).map(" == ".join)


@given(EXPRESSIONS, st.sampled_from(["a: {}\n", "a: {{when: {}, to: b}}\n", "a: [{}, 1]\n", "a:\n- when: {}\n"]))
def test_an_expression_is_read_whole_or_answered_with_what_to_write(expression: str, around: str) -> None:
    """Written without quotes, an expression reads as itself, or the help gives it in quotes that read as itself."""
    assume(expression != "'困人'")  # alone, it is a quoted text
    findings = Findings()
    read("form: x\n" + around.format(expression), "a.yaml", findings)
    for diagnostic in findings:
        assert diagnostic.code == "torn-expression"
        written = diagnostic.help.removeprefix("write ").split(": ", 1)[-1]
        assert read(f"form: x\nb: {written}", "a.yaml", again := Findings())[0].node.plain()["b"] == expression
        assert not list(again)
    (document,) = read("form: x\n" + around.format(expression), "a.yaml", Findings())
    assert expression in str(document.text)
    assert any(text == expression for text in texts(document.node.plain()))


def texts(value: object) -> list[object]:
    if isinstance(value, dict):
        return [t for v in value.values() for t in texts(v)]
    return [t for v in value for t in texts(v)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    "line",
    [
        "a: b",
        "  - when: f(a, b) == 'c'",
        "a: {b: c, d: 'e, f', g: [1, 2], h: {i: j}}",
        "a: [1, 'f(a, b)', {b: c}]",
        'a: "b: c"',
        "a: >-",
        "a: |2+ # said",
        "a: -b",
        "a: http://example.com:80/x",
        "a: # said",
        "a: b # c: d",
        "- a",
        "- - b",
        "a:",
        "{a: b}",
        "'a': 'it''s'",
        "a: 提示：请拍照，再提交",
    ],
)
def test_what_is_fine_is_not_torn(line: str) -> None:
    """A line that YAML reads as its author meant it gives nothing."""
    assert torn_values(line) == []
