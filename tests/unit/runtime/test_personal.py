"""Masks show enough to recognise and too little to know."""

from __future__ import annotations

import pytest

from flowkit.engine.redaction import references
from flowkit.runtime.personal import mask


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("13800000001", "138****0001"),
        ("+86 571-88880000", "+86****0000"),
        ("33010619900101001X", "330****001X"),
        ("zhang@example.com", "z***@example.com"),
        ("杭州市滨江区江南大道 1 号 2 幢 301", "杭**"),
        ("张伟", "张**"),
        ("张", "**"),
        ("", "**"),
        (None, "(已删除)"),
        ({"latitude": "30"}, "**"),
        (7, "**"),
    ],
)
def test_masks(value: object, shown: str) -> None:
    """Long numbers keep both ends, texts their first sign, all else nothing."""
    assert mask(value) == shown


def test_references_are_found_wherever_they_stand() -> None:
    """In rows and lists too."""
    mark = {"personal": "a", "commitment": "x"}
    assert list(references({"x": mark, "rows": [{"y": {"personal": "b", "commitment": "x"}}], "z": 1})) == ["a", "b"]
