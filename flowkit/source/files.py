"""A file of an app as text: only regular files below the app's folder, only UTF-8. Knows nothing of what they hold."""

from __future__ import annotations

from pathlib import Path

from flowkit.diagnostics import Findings, Place


def read_text(path: Path, root: Path, findings: Findings, most_bytes: int) -> str | None:
    """The text of a file below the folder `root`, without a byte order mark; None, and a finding, where there is none."""
    try:
        name = path.relative_to(root).as_posix()
    except ValueError:
        name = path.as_posix()
    whole = Place(name)
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            findings.error(
                "outside-app", whole, "the file lies outside the app's folder", "move it into the app's folder"
            )
            return None
        if not path.is_file():
            findings.error("no-file", whole, "there is no such file")
            return None
        if path.stat().st_size > most_bytes:
            advice = "split it into several files; many rows belong in a CSV file"
            findings.error("too-large", whole, f"the file is larger than {most_bytes} bytes", advice)
            return None
        data = path.read_bytes()
    except OSError as error:
        findings.error("no-file", whole, f"the file cannot be read: {error.strerror or 'unknown reason'}")
        return None
    return _decoded(data, name, findings)


def _decoded(data: bytes, name: str, findings: Findings) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        findings.error("bad-encoding", Place(name), "the file is UTF-16, not UTF-8", "save it as UTF-8")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # utf-8-sig counts from behind the mark.
        mark = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        before = data[mark : mark + error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        advice = "save it as UTF-8" + (" (it seems to be GBK, as Excel and Notepad write it)" if _is_gbk(data) else "")
        findings.error("bad-encoding", Place(name, line, column, line, column + 1), "the file is not UTF-8", advice)
        return None


def _is_gbk(data: bytes) -> bool:
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True
