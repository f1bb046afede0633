"""No text, however made, does anything but give documents and diagnostics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Diagnostic, Findings, render
from flowkit.source.reading import Document, read

PARTS = st.sampled_from(
    [
        "a",
        "接单",
        "：",
        "，",
        ":",
        "-",
        "?",
        "!",
        "&",
        "*",
        "%",
        "@",
        "`",
        "|",
        ">",
        "{",
        "}",
        "[",
        "]",
        ",",
        "'",
        '"',
        "#",
        "{{",
        "}}",
        "<<:",
        "~",
        "true",
        "1",
        "1.5",
        "\\",
        "\\n",
        "\\ud800",
        "\\U00110000",
        "|2",
        ">-",
        "|+",
        "...",
        "---",
        "f(a,b)",
        "==",
        "x:y",
        "!!str",
        "!a!b",
        "&a",
        "*a",
    ]
) | st.sampled_from(
    [": ", "- ", ", ", " #", "\n", "\n  ", "\n    ", "\t", "\r\n", "\n---\n", "? ", "\u3000", "😀", "|\n  ", "\0"]
)
PLAUSIBLE = """form: 报修
fields:
  a: {type: text, when: "x == 'y'"}
  b: [1, 2]
next:
  - when: |
      abc
    to: c
---
workflow: w
x: 'y'
"""
HOSTILE = [
    "[" * 100_000,
    "{a: " * 50_000,
    "- " * 70_000,
    "? " * 70_000,
    "a: " * 100_000,
    "&a " * 60_000,
    "!" * 100_000,
    "!!python/object/apply:os.system ['true']",
    "'" * 100_001,
    '"' + "\\" * 100_001,
    "a: >" + " " * 200_000 + "b",
    "\n" * 100_000,
    "---\n" * 30_000,
    "a:\n" + "".join(" " * i + "a:\n" for i in range(400)),
    "a: &a [x]\n" + "<<: *a\n" * 10_000,
    "a: {" + "b, " * 40_000,
    "a: [" + "f(, " * 30_000 + "]",
    "form：" * 50_000,
    "a: " + "{{" * 20_000,
    "#" * 400_000,
    "a: 1" + "0" * 400_000,
    "a: 1." + "0" * 400_000,
    "a: b #c\n" * 20_000,
    "? a\n" * 30_000,
    "\ud800",
    "a: \x00",
    "%YAML 9.9\n" * 20_000,
    "%TAG ! !\n---\na: !b c",
]


def said(text: str, pure: bool) -> tuple[list[Document], list[Diagnostic]]:
    findings = Findings()
    documents = read(text, "a.yaml", findings, pure=pure)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    for diagnostic in findings:
        assert 1 <= diagnostic.place.line <= len(lines)
        assert 1 <= diagnostic.place.column <= len(lines[diagnostic.place.line - 1]) + 1
        assert render(diagnostic, lambda _, line: lines[line - 1])
    return documents, list(findings)


@given(st.lists(PARTS, max_size=25).map("".join))
def test_no_text_raises(text: str) -> None:
    """Any text gives documents or diagnostics, with places inside the text, from either parser."""
    said(text, False)
    said(text, True)


@given(st.text())
def test_no_string_raises(text: str) -> None:
    """Nor does any string of characters."""
    said(text, False)


@given(st.integers(0, len(PLAUSIBLE)), st.integers(0, 3), PARTS)
def test_both_parsers_agree_after_any_slip(start: int, length: int, part: str) -> None:
    """One slip in a plausible file reads the same, or is refused at the same lines, with and without libyaml."""
    text = PLAUSIBLE[:start] + part + PLAUSIBLE[start + length :]
    (left, left_said), (right, right_said) = said(text, False), said(text, True)
    assert {(d.code, d.place.line) for d in left_said} == {(d.code, d.place.line) for d in right_said}
    assert [d.as_json() for d in left_said] == [d.as_json() for d in right_said] or left_said
    if not left_said:
        assert left == right


@given(st.integers(0, len(PLAUSIBLE) - 1))
def test_a_file_that_was_cut_off_is_read_to_its_end(end: int) -> None:
    """What is left of a file in which the end is missing is read or refused, never more than it says."""
    documents, _ = said(PLAUSIBLE[:end], False)
    whole, _ = said(PLAUSIBLE, False)
    assert [d.noun for d in documents] in ([], ["form"], ["form", "workflow"]) or not PLAUSIBLE[:end].endswith("\n")
    assert len(documents) <= len(whole)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_what_is_hostile_is_refused_by_our_own_diagnostic(text: str) -> None:
    """Bombs, impossible characters and commands to Python are answered by diagnostics, or are harmless."""
    documents, findings = said(text, False)
    assert findings or documents == [] or text.startswith(("a:\n", "#", "a: 1"))
