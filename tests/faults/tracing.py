"""Ending a worker inside a commit: `strace` kills it at its N-th call of one kind to the system.

Where strace is missing, or may not look into other processes, `missing` tells why, and nobody is ended in this way.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

CALLS: Sequence[tuple[str, int]] = (("pwrite64", 1500), ("fdatasync", 40))
"""What SQLite calls while it writes and syncs, and at which of a thread's calls a worker is ended at the latest."""

_SET_PTRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)
_ENDED = re.compile(r"(\d+) +(?:(\w+)\(\d+<(.*?)>.*|<\.\.\. \w+ resumed>.*)\) += \?")
_BEGUN = r"{} +(\w+)\(\d+<(.*?)>.* <unfinished \.\.\.>"


def stop_for_tracer() -> None:
    """Called by who is to be traced: lets anybody do so, and waits until he is told to go on."""
    ctypes.CDLL(None).prctl(_SET_PTRACER, _ANYBODY, 0, 0, 0)
    os.kill(os.getpid(), signal.SIGSTOP)


class Trace:
    """Attached to a process that has stopped itself; `go_on` lets it live until the call that is its end."""

    def __init__(self, pid: int, call: str, nth: int, into: Path) -> None:
        while _state(pid) not in "TtZX":
            time.sleep(0.001)
        self._pid, self._into = pid, into
        what = ["-e", f"trace={call}", "-e", "signal=none", "-e", f"inject={call}:signal=KILL:when={nth}"]
        self._strace = subprocess.Popen(
            ["strace", "-f", "-y", "-s", "0", "-o", str(into), *what, "-p", str(pid)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        assert self._strace.stderr is not None
        self.refused = ""
        said = self._strace.stderr.readline().strip()
        if "attached" not in said:
            self.refused = said or "strace said nothing"

    def go_on(self) -> None:
        os.kill(self._pid, signal.SIGCONT)

    def where(self) -> str:
        """Once the process has ended: in which call, and on what file. "": not by this."""
        self._strace.communicate(timeout=60)
        lines = self._into.read_text(errors="replace").splitlines() if self._into.exists() else []
        for number, line in enumerate(lines):
            found = _ENDED.match(line)
            if found is None:
                continue
            begun = found
            for before in reversed(lines[:number] if found[2] is None else []):
                if (unfinished := re.match(_BEGUN.format(found[1]), before)) is not None:
                    return f"{unfinished[1]} {_kind(unfinished[2])}"
            return f"{begun[2]} {_kind(begun[3])}" if begun[2] else ""
        return ""


def _kind(path: str) -> str:
    end = path.rpartition("-")[2]
    return {"wal": "of the log", "shm": "of the log's index", "journal": "of the journal"}.get(end, "of the database")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


@cache
def missing() -> str:
    """Why nobody can be ended in this way here; "" when it works."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    with TemporaryDirectory() as folder, subprocess.Popen(["sleep", "60"]) as sleeper:
        os.kill(sleeper.pid, signal.SIGSTOP)
        trace = Trace(sleeper.pid, "pwrite64", 1, Path(folder) / "trace")
        sleeper.kill()
        trace.where()
        return trace.refused
