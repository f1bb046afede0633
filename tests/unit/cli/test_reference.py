"""`flowkit reference` and `flowkit schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowkit.app.reference import pages
from flowkit.cli.main import WRONG_USE, perform


def test_the_reference_is_written_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each page becomes a file, and without a folder all of it is printed."""
    assert perform(["reference", "--into", str(tmp_path / "new")]) == 0
    assert {f.name: f.read_text(encoding="utf-8") for f in (tmp_path / "new").iterdir()} == dict(pages())
    capsys.readouterr()
    assert perform(["reference"]) == 0
    assert "## workflow" in capsys.readouterr().out


def test_a_schema_is_printed_for_one_noun_or_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    """With a noun its own schema, without one the schema of every document; an unknown noun is wrong use."""
    assert perform(["schema", "form"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "form"
    assert perform(["schema"]) == 0
    assert "oneOf" in json.loads(capsys.readouterr().out)
    assert perform(["schema", "fom"]) == WRONG_USE
