"""What loading an app finds wrong with it: each mistake once, at a place that can be opened, and nothing that follows from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flowkit.app.app import App
from flowkit.app.load import load_app
from flowkit.diagnostics import Diagnostic
from flowkit.errors import DefinitionError

EXAMPLES = Path(__file__).parents[3] / "examples"

PEOPLE = """\
app: 店
roles: {老板: {}}
catcher: 老板
channels: {console: {preset: console}}
staff: {entity: 员工, roles: 角色}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: role}
"""
REGIONS = """\
entity: 区域
key: 代码
fields: {代码: text, 名称: {type: text, required: true}}
rows: 区域.csv
"""

Check = Callable[..., tuple[Diagnostic, ...]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Writes an app of these files into the folder `shop` below the present one and tells what is wrong with it."""
    monkeypatch.chdir(tmp_path)

    def found(files: dict[str, str] | str) -> tuple[Diagnostic, ...]:
        for name, text in ({"app.yaml": files} if isinstance(files, str) else files).items():
            path = tmp_path / "shop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        try:
            return load_app("shop").diagnostics
        except DefinitionError as error:
            return error.diagnostics

    return found


def test_a_place_in_a_table_can_be_opened_from_here(check: Check) -> None:
    """It names the file as one who stands here would, as the places in YAML do, and its line can be shown."""
    (found,) = check({"app.yaml": PEOPLE, "data/区域.yaml": REGIONS, "data/区域.csv": "代码,名称\nA,\n"})
    assert Path(found.place.file).read_text(encoding="utf-8").startswith("代码")
    assert str(found.place) == "shop/data/区域.csv:2:1"


def test_an_app_shows_the_lines_of_its_tables(check: Check) -> None:
    """A table of the same name in another folder is another file, with lines of its own."""
    other = REGIONS.replace("entity: 区域", "entity: 片区")
    assert not check(
        {
            "app.yaml": PEOPLE,
            "a/区域.yaml": REGIONS,
            "a/区域.csv": "代码,名称\nA,滨江\n",
            "b/片区.yaml": other,
            "b/区域.csv": "代码,名称\nB,萧山\n",
        }
    )
    app: App = load_app("shop")
    assert app.source_line("shop/a/区域.csv", 2) == "A,滨江"
    assert app.source_line("shop/b/区域.csv", 2) == "B,萧山"


def test_a_version_does_not_depend_on_where_one_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files are the same version, whatever path leads to them; what was pinned on one path links on another."""
    monkeypatch.chdir(EXAMPLES)
    near = load_app("elevator_maintenance")
    monkeypatch.chdir(EXAMPLES.parent)
    far = load_app("examples/elevator_maintenance")
    assert {n: w.version for n, w in near.workflows.items()} == {n: w.version for n, w in far.workflows.items()}
    assert [far.pinned(near.closure(name)).name for name in near.workflows] == list(near.workflows)
