"""What is typed on the command line becomes a form's data."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click
import pytest

from flowkit.cli.inputs import parse_json, read_data, read_json_object, read_text


def test_a_field_is_handed_on_as_typed() -> None:
    """`field=value` stays text, with all further signs of equality: the field's type reads it."""
    assert read_data(["电话=0571", "note=a=b", "empty="], None) == {"电话": "0571", "note": "a=b", "empty": ""}


def test_a_field_named_twice_is_a_list() -> None:
    """Several values of one field are handed on as a list, in the order typed."""
    assert read_data(["skills=门", "skills=梯"], None) == {"skills": ["门", "梯"]}


def test_a_shape_is_written_as_json() -> None:
    """`field:=JSON` hands on lists, objects and numbers."""
    assert read_data(['position:={"latitude": 30.25}', "n:=3"], None) == {
        "position": {"latitude": Decimal("30.25")},
        "n": 3,
    }


def test_a_field_typed_beside_a_file_wins(tmp_path: Path) -> None:
    """`--with` replaces what `--json` says of the same field and leaves the others."""
    (tmp_path / "form.json").write_text('{"a": 1, "b": 2}', encoding="utf-8")
    assert read_data(["b=x"], str(tmp_path / "form.json")) == {"a": 1, "b": "x"}


@pytest.mark.parametrize("pair", ["novalue", "=x", ":=1"])
def test_a_field_without_a_name_or_a_value_is_wrong_use(pair: str) -> None:
    """What is no FIELD=VALUE is answered with the shape expected."""
    with pytest.raises(click.UsageError, match="expected FIELD=VALUE"):
        read_data([pair], None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1 column 2"),
        ('{"a": 1, "a": 2}', 'the key "a" stands twice'),
        ('{"a": NaN}', "NaN is no number"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_json_is_wrong_use(text: str, words: str) -> None:
    """Torn JSON, equal keys, numbers that are none and bombs are refused in words, without a traceback."""
    with pytest.raises(click.UsageError, match=words):
        parse_json(text, "form.json")


def test_a_form_is_an_object(tmp_path: Path) -> None:
    """JSON that is no object is answered with what was found."""
    (tmp_path / "form.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(click.UsageError, match="found a list"):
        read_json_object(str(tmp_path / "form.json"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_read_as_excel_saved_it(tmp_path: Path, encoding: str) -> None:
    """UTF-8, UTF-8 with a mark and GB18030 give the same text."""
    (tmp_path / "a.csv").write_bytes("电梯,区域\n".encode(encoding))
    assert read_text(tmp_path / "a.csv") == "电梯,区域\n"


def test_a_missing_file_is_told() -> None:
    """A file that cannot be opened is named, with the reason."""
    with pytest.raises(click.FileError, match="No such file"):
        read_text("no/such.csv")
