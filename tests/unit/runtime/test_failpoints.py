"""Failpoints kill at the place and time that was asked for, and nowhere else."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = (
    "from flowkit.runtime.failpoints import reach\nfor i in range(3):\n reach('a'); reach('b'); print(i, flush=True)"
)


@pytest.mark.parametrize(
    ("wanted", "printed", "code"),
    [("", "0\n1\n2\n", 0), ("b", "", -signal.SIGKILL), ("b:3", "0\n1\n", -signal.SIGKILL), ("b:4", "0\n1\n2\n", 0)],
)
def test_the_nth_time_kills(wanted: str, printed: str, code: int) -> None:
    """Without the variable, or when the place is not reached so often, nothing happens."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={"FLOWKIT_FAILPOINT": wanted}, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.returncode) == (printed, code), done.stderr
