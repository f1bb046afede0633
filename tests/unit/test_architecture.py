"""The floors of the house hold, the tool that checks them can fail, and nothing is imported that is not declared."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {c["id"]: c for c in PROJECT["tool"]["importlinter"]["contracts"]}
SHELL = {"__main__", "cli", "connect", "web", "testing", "kit", "looking", "offering", "insight", "runtime", "store"}
# Of rooms that judge and also act, what acts; the others of the room are pure, one by one.
ACTING = {
    "wire": {"connections", "exchange"},
    "notify": {"aliyun_sms", "dingtalk_todo", "email", "opening", "posting", "robot", "webhook"},
    "prints": {"paper", "typesetter"},
    "uploads": {"inspecting", "pictures", "redraw"},
}


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
        *chosen,
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the tree in which a wrong import may be planted."""
    shutil.copytree(ROOT / "flowkit", tmp_path / "flowkit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(copy: Path, file: str, line: str) -> None:
    path = copy / "flowkit" / file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{text}\n{line}\n", encoding="utf-8")


def test_every_contract_holds() -> None:
    """No module imports from above its floor, from beside it, or a library that belongs to another room."""
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [
        ("floors", "values/__init__.py", "import flowkit.rules"),
        ("floors", "errors.py", "def late() -> None:\n    import flowkit.forms"),
        ("floors", "engine/__init__.py", "import flowkit.notify"),
        ("floors", "clock.py", "import flowkit.suggest"),
        ("floors", "helpers.py", "NEW = 1"),
        ("pure", "values/__init__.py", "import urllib.request"),
        ("pure", "engine/__init__.py", "import logging"),
        ("pure", "notify/channel.py", "import flowkit.notify.email"),
        ("pure", "prints/page.py", "import flowkit.prints.paper"),
        ("network", "connect/answers.py", "import socket"),
        ("sql", "runtime/__init__.py", "import sqlalchemy.orm"),
        ("expressions", "forms/__init__.py", "import rule_engine.ast"),
        ("holidays", "engine/__init__.py", "import holidays"),
        ("machine", "engine/__init__.py", "import transitions"),
        ("wake", "runtime/__init__.py", "from apscheduler.schedulers import background"),
    ],
)
def test_a_planted_import_is_caught(copy: Path, contract: str, file: str, line: str) -> None:
    """Each contract breaks in a copy of the tree where one import, or one module without a floor, was planted."""
    plant(copy, file, line)
    done = lint(copy, contract)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "broken" in done.stdout


def test_no_contract_has_exceptions() -> None:
    """The key that would let an import pass is forbidden, and the floors name every module there is."""
    assert not [c["id"] for c in CONTRACTS.values() if {"ignore_imports", "exhaustive_ignores"} & c.keys()]
    assert CONTRACTS["floors"]["exhaustive"] is True


def test_everything_that_judges_is_held_to_be_pure() -> None:
    """Each floor that exists and is not part of the shell stands in the contract of purity, whole or module by module."""
    floors = {name.strip(" ()") for line in CONTRACTS["floors"]["layers"] for name in line.split("|")}
    built = {f for f in floors if (ROOT / "flowkit" / f).is_dir() or (ROOT / "flowkit" / f"{f}.py").exists()}
    judging = {
        f"flowkit.{room}.{path.stem}"
        for room, acting in ACTING.items()
        for path in (ROOT / "flowkit" / room).glob("*.py")
        if path.stem not in {*acting, "__init__"}
    }
    whole = {f"flowkit.{f}" for f in built - SHELL - ACTING.keys()}
    assert whole | judging == set(CONTRACTS["pure"]["source_modules"])


def test_the_package_imports_only_what_it_declares() -> None:
    """Every library that flowkit imports stands among its dependencies, so a fresh installation has it; the pages have extras."""
    graph = grimp.build_graph("flowkit", include_external_packages=True, cache_dir=None)
    outside = {m for m in graph.modules if m.split(".")[0] not in {"flowkit", *sys.stdlib_module_names}}
    owners = packages_distributions()
    declared = {re.split(r"[<>=\[; ]", d)[0].lower() for d in PROJECT["project"]["dependencies"]}
    used = {module: {o.lower().replace("_", "-") for o in owners.get(module.split(".")[0], [])} for module in outside}
    pages = {re.split(r"[<>=\[; ]", d)[0].lower() for d in PROJECT["project"]["optional-dependencies"]["web"]}
    lacking = {module: sorted(names) for module, names in used.items() if not names & declared}
    # What comes with the extra `web` is imported by the pages, and by the command that begins them, and by nothing else.
    assert not {m: names for m, names in lacking.items() if not set(names) & pages}
    users = {u for m in lacking for u in graph.find_modules_that_directly_import(m)}
    assert not {u for u in users if not u.startswith(("flowkit.web", "flowkit.cli.serving", "flowkit.uploads"))}


def test_nothing_inside_goes_through_the_front_door() -> None:
    """No module imports the package itself: its public names come from every floor, so that would be a way around all."""
    graph = grimp.build_graph("flowkit", cache_dir=None)
    assert graph.find_modules_that_directly_import("flowkit") == set()


def test_the_only_readers_of_the_machines_clock_are_named() -> None:
    """The present moment enters through flowkit/clock.py and nowhere else: what judges is handed `now`."""
    asking = re.compile(r"\b(?:datetime|date)\.(?:now|utcnow|today)\(|\btime\.time(?:_ns)?\(")
    found = [p for p in (ROOT / "flowkit").rglob("*.py") if asking.search(p.read_text(encoding="utf-8"))]
    assert [p.relative_to(ROOT).as_posix() for p in found] == ["flowkit/clock.py"]
