"""The command as a process: signals, pipes, locales."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def test_output_is_utf8_whatever_the_locale(app, start) -> None:
    """Under the C locale Chinese goes out as UTF-8, on both streams, without a traceback."""
    (app / "app.yaml").write_text("app: 修车铺\n表单: 报修\n", encoding="utf-8")
    out, err = start("check", "shop").communicate(timeout=60)
    assert "表单" in out.decode("utf-8")
    assert err == b""


def test_a_file_name_that_the_locale_cannot_write_is_told(start) -> None:
    """Where 修车铺.db cannot be written, the way out is told, with exit 2 and no traceback."""
    process = start("tasks", "shop", "--by", "x:y")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"--database" in err
    assert b"Traceback" not in err


def test_a_reader_that_leaves_is_no_error(start) -> None:
    """A pipe closed by its reader ends the command quietly."""
    reading, writing = os.pipe()
    os.close(reading)
    process = start("--help", stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


def test_output_that_cannot_be_written_is_told(start) -> None:
    """Where the output has no room the command says so with exit 2, without a traceback."""
    with Path("/dev/full").open("wb") as full:
        process = start("reference", stdout=full)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.startswith(b"Error: ")
    assert b"Traceback" not in err


@pytest.mark.parametrize("words", [("check", "shop"), ("submit", "shop", "x", "--by", "x:y", "--json", "-")])
def test_closed_streams_hurt_no_command(start, words) -> None:
    """A process that was started without its streams ends with a code of its own, not with a traceback."""

    def close() -> None:
        os.close(0)
        os.close(1)

    process = start(*words, preexec_fn=close)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, 2)
    assert b"Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_worker_ends_when_it_is_asked_to(start, number) -> None:
    """Ctrl-C and SIGTERM let `run` finish what it is at and end with exit 0, without a traceback."""
    process = start("run", "shop", "--every", "0.1", "--database", "sqlite:///shop.db")
    first = process.stderr.readline()
    assert b"Ctrl-C" in first
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"Traceback" not in err


def test_python_without_docstrings_is_refused_in_words(app) -> None:
    """Under -OO, which takes away what the grammar is written in; under -O it runs."""
    for flag, code in (("-OO", 1), ("-O", 0)):
        done = subprocess.run(
            [sys.executable, flag, "-m", "flowkit", "check", "shop"],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert done.returncode == code
        assert "Traceback" not in done.stderr
        assert ("python -OO" in done.stderr) is (code == 1)
