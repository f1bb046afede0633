"""A file of an app is read as UTF-8 text from below the app's folder, or it is said why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit.diagnostics import Findings
from flowkit.source.files import read_text
from flowkit.source.reading import read_file
from flowkit.source.screening import Limits


def said(findings: Findings) -> list[tuple[str, str, int, int]]:
    return [(d.code, d.place.file, d.place.line, d.place.column) for d in findings]


def test_places_name_the_file_as_seen_from_the_app(tmp_path: Path) -> None:
    """A mistake in a file of a folder carries the path below the app, with forward slashes."""
    (tmp_path / "nouns").mkdir()
    (tmp_path / "nouns" / "报修.yaml").write_text("form: a\nb: 1\nb: 2\n", encoding="utf-8-sig")
    findings = Findings()
    assert [d.noun for d in read_file(tmp_path / "nouns" / "报修.yaml", tmp_path, findings)] == ["form"]
    assert said(findings) == [("duplicate-key", "nouns/报修.yaml", 3, 1)]


@pytest.mark.parametrize(
    ("data", "line", "column", "advice"),
    [
        ("form: 报修\ntitle: 一\n".encode("gbk"), 1, 7, "GBK"),
        (b"form: a\ntitle: \xe6\x8a\xa5\xff\n", 2, 9, "save it as UTF-8"),
        (b"\xef\xbb\xbfform: \xff", 1, 7, "save it as UTF-8"),
        ("form: a".encode("utf-16"), 1, 1, "save it as UTF-8"),
    ],
)
def test_what_is_not_utf8_is_refused_at_its_first_wrong_byte(
    tmp_path: Path, data: bytes, line: int, column: int, advice: str
) -> None:
    """Another encoding is named where it can be told, and its first byte has a line and column."""
    (tmp_path / "a.yaml").write_bytes(data)
    findings = Findings()
    assert read_file(tmp_path / "a.yaml", tmp_path, findings) == []
    assert said(findings) == [("bad-encoding", "a.yaml", line, column)]
    assert advice in next(iter(findings)).help


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """The size is looked at before the content."""
    (tmp_path / "a.yaml").write_text("a" * 41)
    findings = Findings()
    assert read_file(tmp_path / "a.yaml", tmp_path, findings, limits=Limits(characters=10)) == []
    assert said(findings) == [("too-large", "a.yaml", 1, 1)]


def test_what_is_no_file_below_the_app_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder and a link that leads out of the app are refused in our own words."""
    app = tmp_path / "app"
    (app / "folder").mkdir(parents=True)
    (tmp_path / "secret").write_text("x")
    (app / "link").symlink_to(tmp_path / "secret")
    findings = Findings()
    for name in ("missing", "folder", "link", "../secret"):
        assert read_text(app / name, app, findings, 100) is None
    assert [(file, code) for code, file, *_ in said(findings)] == [
        ("../secret", "outside-app"),
        ("folder", "no-file"),
        ("link", "outside-app"),
        ("missing", "no-file"),
    ]
