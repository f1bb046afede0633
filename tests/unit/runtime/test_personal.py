"""Masks show enough to recognise and too little to know."""

from __future__ import annotations

import pytest

from flowkit.runtime.personal import mask, references


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("13800000001", "138****0001"),
        ("张伟", "张**"),
        ("", "**"),
        (None, "(已删除)"),
        ({"latitude": "30"}, "**"),
        (7, "**"),
    ],
)
def test_masks(value: object, shown: str) -> None:
    """Long texts keep both ends, short ones their first sign, all else nothing."""
    assert mask(value) == shown


def test_references_are_found_wherever_they_stand() -> None:
    """In rows and lists too."""
    mark = {"personal": "a", "commitment": "x"}
    assert list(references({"x": mark, "rows": [{"y": {"personal": "b", "commitment": "x"}}], "z": 1})) == ["a", "b"]
