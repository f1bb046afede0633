"""Whole files: what is wrong in tests/data/bad is said as it stands beside them, what is fine in tests/data/ok is not accused.

Started as a program, this file writes the expected words anew; read the difference before it is kept.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit.diagnostics import Findings, render
from flowkit.source.reading import Document, read

DATA = Path(__file__).resolve().parents[2] / "data"
BAD = sorted((DATA / "bad").glob("*.yaml"))
OK = sorted((DATA / "ok").glob("*.yaml"))


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def said_of(path: Path, pure: bool) -> tuple[list[Document], str]:
    text, findings = text_of(path), Findings()
    documents = read(text, path.name, findings, pure=pure)
    lines = text.split("\n")
    return documents, "".join(render(found, lambda _, line: lines[line - 1]) + "\n" for found in findings)


@pytest.mark.parametrize("pure", [False, True], ids=["libyaml", "pure"])
@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_every_mistake_is_said_in_the_expected_words(path: Path, pure: bool) -> None:
    """Each file of tests/data/bad gives exactly the diagnostics that stand in the .out file beside it."""
    assert said_of(path, pure)[1] == path.with_suffix(".out").read_text(encoding="utf-8")


@pytest.mark.parametrize("pure", [False, True], ids=["libyaml", "pure"])
@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_a_fine_file_is_not_accused(path: Path, pure: bool) -> None:
    """Nothing is said of any file in tests/data/ok."""
    assert said_of(path, pure)[1] == ""


@pytest.mark.parametrize("path", [*BAD, *OK], ids=lambda path: path.stem)
def test_both_parsers_read_the_same(path: Path) -> None:
    """Documents, values and places do not depend on whether libyaml is there."""
    assert said_of(path, False)[0] == said_of(path, True)[0]


if __name__ == "__main__":
    for bad in BAD:
        bad.with_suffix(".out").write_text(said_of(bad, False)[1], encoding="utf-8")
