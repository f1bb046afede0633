"""Diagnostics are collected once each, sorted by place, and printed so that the caret stands under the mistake."""

from __future__ import annotations

import pytest

from flowkit.diagnostics import Diagnostic, Findings, Place, Related, render, shown


def printed(source: str, place: Place, message: str = "m") -> list[str]:
    return render(Diagnostic("c", "error", message, place), lambda *_: source).split("\n")


def test_findings_are_sorted_and_said_once() -> None:
    """The order is that of the file; the same finding made twice is one."""
    findings = Findings()
    findings.warning("w", Place("b"), "later file")
    findings.error("e", Place("a", 10), "second")
    findings.error("e", Place("a", 9, 2), "first")
    findings.error("e", Place("a", 9, 2), "first")
    assert [d.message for d in findings] == ["first", "second", "later file"]
    assert [d.message for d in findings.errors] == ["first", "second"]
    assert len(findings) == 3


@pytest.mark.parametrize(
    ("source", "place", "caret"),
    [
        ("a: bcd", Place("f", 1, 4, 1, 7), "   ^^^"),
        ("故障: 困人", Place("f", 1, 5, 1, 7), "      ^^^^"),
        ("\ta: b", Place("f", 1, 5, 1, 6), "\t   ^"),
        ("a: b", Place("f", 1, 4, 1, 4), "   ^"),
        ("a: b", Place("f", 1, 5, 1, 6), "    ^"),
        ("a: bcd", Place("f", 1, 4, 3, 2), "   ^^^"),
        ("e\u0301: b", Place("f", 1, 5, 1, 6), "   ^"),
    ],
)
def test_the_caret_stands_under_what_is_meant(source: str, place: Place, caret: str) -> None:
    """Wide characters take two cells, tabs stay tabs, what ends lines below is marked to the end of its first line."""
    assert printed(source, place)[1:3] == ["    " + source, "    " + caret]


def test_a_long_line_is_shown_around_the_mistake() -> None:
    """Of a line of any length only the part that matters is printed, with the caret in its place."""
    _, line, caret = printed("x" * 5000 + "!" + "y" * 5000, Place("f", 1, 5001, 1, 5002))
    assert len(line) < 220
    assert line[caret.index("^")] == "!"


def test_no_control_character_reaches_the_terminal() -> None:
    """An escape sequence in a file is printed as a dot and keeps its cell."""
    _, line, caret = printed("a: \x1b[31mb", Place("f", 1, 9, 1, 10))
    assert line == "    a: ·[31mb"
    assert line[caret.index("^")] == "b"


def test_all_parts_of_a_diagnostic_are_printed() -> None:
    """Place, severity, code, message, the line, help and related places, each on its line."""
    related = (Related(Place("g", 2), "first here"),)
    found = Diagnostic("duplicate-key", "error", "twice", Place("f", 3, 1, 3, 2), "remove one", related)
    assert render(found, lambda *_: "a: b").split("\n") == [
        "f:3:1: error[duplicate-key]: twice",
        "    a: b",
        "    ^",
        "  help: remove one",
        "  see g:2:1: first here",
    ]
    assert render(found, lambda *_: None).split("\n")[1] == "  help: remove one"
    assert found.as_json()["related"] == [{"file": "g", "line": 2, "message": "first here"}]


def test_quoted_text_is_short_and_flat() -> None:
    """What a message quotes stands on one line, cut where it is long."""
    assert shown("a\n  b\x07") == '"a b·"'
    assert shown("x" * 100) == '"' + "x" * 39 + '…"'
    assert shown("a", quotes=False) == "a"
