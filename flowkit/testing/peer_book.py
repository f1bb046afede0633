"""What a peer keeps: one line of JSON a file for each thing, on the disk before anybody is told, so that it can be counted.

Knows nothing of HTTP. What was acknowledged stands in the file whatever became of the process; a line that was cut off
was never acknowledged, and is dropped.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class Book:
    """Entries in a file that only grows. Safe to share between threads; one process at a time."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._entries = _mended(path)

    @property
    def path(self) -> Path:
        return self._path

    def entries(self) -> tuple[Entry, ...]:
        with self._lock:
            return tuple(self._entries)

    def append(self, entry: Entry) -> None:
        """Keep an entry; on the disk when this returns."""
        with self._lock:
            line = json.dumps(entry, ensure_ascii=False) + "\n"
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(file, line.encode())
                os.fsync(file)
            finally:
                os.close(file)
            self._entries.append(entry)


def read_book(path: Path) -> list[Entry]:
    """Every entry that was acknowledged, in order; also while a peer is at work. A cut line at the end is none."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    whole, _, _ = text.rpartition("\n")
    return [json.loads(line) for line in whole.split("\n")] if whole else []


def _mended(path: Path) -> list[Entry]:
    """The entries of a file, which is cut behind its last whole line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    raw = path.read_bytes()
    whole = raw.rfind(b"\n") + 1
    if whole < len(raw):
        os.truncate(path, whole)
    return read_book(path)
