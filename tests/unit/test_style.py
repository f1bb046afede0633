"""The tree is as CONTRIBUTING.md says: linted, formatted, typed, its papers in order."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
KINDS = [kind["directory"] for kind in PROJECT["tool"]["towncrier"]["type"]]


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_rule_of_style_is_broken() -> None:
    """Ruff has nothing to say about any file."""
    run("ruff", "check", ".")


def test_every_file_is_formatted() -> None:
    """Ruff's formatter would leave every file as it is."""
    run("ruff", "format", "--check", ".")


def test_the_package_is_strictly_typed() -> None:
    """Mypy in strict mode finds nothing in flowkit."""
    run("mypy")


def test_the_readme_and_the_ci_run_the_same_command() -> None:
    """What a newcomer is told to type to run the tests is what `.ci/run` runs."""
    command = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest -q"
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "changelog.d").iterdir()), ids=lambda p: p.name)
def test_each_fragment_can_be_told_in_the_changelog(path: Path) -> None:
    """A fragment is named NAME.KIND.md after a kind there is, and says something in one paragraph."""
    if path.name == "README.md":
        return
    assert re.fullmatch(rf"[a-z0-9+-]+\.({'|'.join(KINDS)})\.md", path.name)
    assert path.read_text(encoding="utf-8").strip()
    assert "\n\n" not in path.read_text(encoding="utf-8").strip()


def test_no_python_stands_in_the_examples() -> None:
    """An implementer writes YAML, CSV and templates: the examples hold nothing else that runs."""
    assert [p.as_posix() for p in (ROOT / "examples").rglob("*.py")] == []
