"""The page of expressions, and the one in the guide, say what the language says.

A table whose last column is `gives` is worked out in the case that the page's story leaves behind; one whose last column
begins with `flowkit check` is what an author is told. FLOWKIT_WRITE_DOCS=1 writes the present answers into the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import flowkit
from flowkit.app.nouns.scenario_examples import tellings
from flowkit.app.nouns.scenario_keys import OF_THE_CASE
from flowkit.app.nouns.tables import NOUNS, PARTS
from flowkit.diagnostics import Findings, Place
from flowkit.errors import DefinitionError
from flowkit.rules.language.functions import as_text
from flowkit.rules.language.templates import compile_template
from flowkit.source.nodes import ScalarNode
from flowkit.testing.caller import ScenarioCaller
from flowkit.testing.coverage import Touched
from flowkit.testing.player import Player
from flowkit.testing.stage import ANYTHING, Stage
from flowkit.values.durations import write_duration
from tests.unit.test_docs import DOCS, WRITE, ZONE, Page

PAGE = DOCS / "reference" / "expressions.md"
GUIDE = DOCS / "guide.zh.md"
CELL = re.compile(r"^`(.+)`$")
AT_REST = "  收尾:\n    owner: =待接单.owner\n    actions: {完工: {to: 完成}"
"""Where the page's case rests when its story ends; actions that look at something are put in behind."""


class Told:
    """The rows of a page whose last cell is an answer, by line number."""

    def __init__(self, path: Path, heading: str) -> None:
        self.path, self.lines = path, path.read_text(encoding="utf-8").splitlines()
        self.rows: dict[int, tuple[str, str]] = {}
        inside = False
        for number, line in enumerate(self.lines):
            cells = _cells(line)
            if not cells:
                inside = False
            elif cells[-1].startswith(heading):
                inside = True
            elif inside and set(cells[-1]) != {"-"}:
                asked, answer = CELL.match(cells[-2]), CELL.match(cells[-1])
                assert asked is not None, f"{path}:{number + 1}"
                assert answer is not None, f"{path}:{number + 1}"
                self.rows[number] = (asked[1].replace("\\|", "|"), answer[1])

    def settle(self, answers: Mapping[int, str]) -> None:
        if not WRITE:
            assert answers == {number: answer for number, (_, answer) in self.rows.items()}
            return
        for number, answer in answers.items():
            *cells, _ = _cells(self.lines[number])
            self.lines[number] = f"| {' | '.join([*cells, f'`{answer}`'])} |".replace("|  |", "| |")
        self.path.write_text("\n".join(self.lines) + "\n", encoding="utf-8")


def _cells(line: str) -> list[str]:
    if not line.startswith("|"):
        return []
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def shown(value: Any) -> str:
    """A value as the page writes it: texts between quotation marks, people and records by their names."""
    match value:
        case None:
            return "empty"
        case str():
            return f"'{value}'"
        case list() | tuple():
            return f"[{', '.join(map(shown, value))}]"
        case Mapping():
            return f"{{{', '.join(f'{k}: {shown(v)}' for k, v in value.items())}}}"
        case timedelta():
            return write_duration(value)
        case datetime():
            return as_text(value.astimezone(ZONE))
        case bool() | int() | Decimal() | date():
            return as_text(value)
    return str(value)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder of the page's business."""
    for block in Page.read(PAGE).blocks:
        if "app" in block.marks:
            (tmp_path / block.marks.get("file", "app.yaml")).write_text(block.text, encoding="utf-8")
    return tmp_path


def _after_the_story(folder: Path) -> Iterator[tuple[Stage, str]]:
    loaded = flowkit.load_app(folder)
    (telling,) = tellings(loaded.scenarios[0], Findings())
    caller = ScenarioCaller()
    assert telling.scenario.now is not None
    start = datetime.fromisoformat(telling.scenario.now.typed).replace(tzinfo=ZONE)
    with Stage(loaded, start, caller) as stage:
        touched = {name: Touched() for name in loaded.workflows}
        assert Player(stage, telling.scenario, caller, touched).play() == []
        yield stage, stage.kit.case_by_number("001").id


@pytest.mark.parametrize(("page", "heading", "most"), [(PAGE, "gives", 70), (GUIDE, "得到", 15)])
def test_every_example_gives_what_stands_beside_it(page: Path, heading: str, most: int, app: Path) -> None:
    """Worked out in the case that the page's story leaves behind."""
    told = Told(page, heading)
    assert len(told.rows) > most
    for stage, case in _after_the_story(app):
        told.settle({number: _worked_out(stage, case, asked) for number, (asked, _) in told.rows.items()})


def _worked_out(stage: Stage, case: str, asked: str) -> str:
    """What an expression gives or, where it holds braces, what a text for people says."""
    if not _is_text(asked):
        return shown(stage.evaluate(case, asked))
    findings = Findings()
    template = compile_template(ScalarNode(asked, asked, Place("page")), ANYTHING, findings)
    assert template is not None, findings.errors
    return stage.kit.look(case, lambda world: template.render(world, "zh", ZONE))


def _is_text(asked: str) -> bool:
    return "{{" in asked or "{%" in asked


def test_every_example_is_known_where_the_app_is_loaded(app: Path) -> None:
    """`flowkit check` takes each of them in that workflow, so no example uses a name that there is not."""
    file = app / "app.yaml"
    told = (*Told(PAGE, "gives").rows.values(), *Told(GUIDE, "得到").rows.values())
    asked = [a for a, _ in told if a not in OPEN]
    looks = [f"看{n}: {_looking(a)}" for n, a in enumerate(asked)]
    text = file.read_text(encoding="utf-8")
    assert text.count(AT_REST) == 1
    file.write_text(text.replace(AT_REST, ",\n".join([AT_REST, *looks])), encoding="utf-8")
    assert flowkit.load_app(app).diagnostics == ()


def _looking(asked: str) -> str:
    """An action in which that expression or text stands."""
    if _is_text(asked):
        return f"{{notify: {{to: owner, text: {json.dumps(asked, ensure_ascii=False)}}}}}"
    return f"{{when: {json.dumps(f'empty({asked})', ensure_ascii=False)}}}"


OPEN = {"备注.随便什么", "sum(明细, row.没有这一列)", "'响' in null"}
"""Examples that would be refused with names that are not there: they show what empty does."""


def test_every_refusal_is_said_so(app: Path) -> None:
    """Each is put where a condition stands, and the first mistake is the one that the page shows."""
    told = Told(PAGE, "`flowkit check`")
    assert len(told.rows) > 10
    file = app / "app.yaml"
    text, answers = file.read_text(encoding="utf-8"), {}
    for number, (asked, _) in told.rows.items():
        when = json.dumps(asked, ensure_ascii=False)
        file.write_text(text.replace("完工: {to: 完成}", f"完工: {{when: {when}, to: 完成}}"), encoding="utf-8")
        with pytest.raises(DefinitionError) as error:
            flowkit.load_app(app)
        first = error.value.diagnostics[0]
        answers[number] = f"{first.message}; {first.help}" if first.help else first.message
    told.settle(answers)


def test_every_name_of_the_thing_at_hand_is_used(app: Path) -> None:
    """What has no value at the end of the story stands in the business that is played, where it means something."""
    section = PAGE.read_text(encoding="utf-8").split("## Names of the thing at hand", 1)[1].split("\n## ", 1)[0]
    text = (app / "app.yaml").read_text(encoding="utf-8")
    names = [n for line in section.splitlines() if (c := _cells(line)) for n in re.findall(r"`([a-z.]+)`", c[0])]
    assert len(names) > 9
    assert [n for n in names if n not in text and n not in {"me", "status", "watch.title", "example"}] == []


def test_the_guide_tells_every_expectation() -> None:
    """Each key that `expect` knows by name has its row in the guide, with an example that begins with it."""
    section = GUIDE.read_text(encoding="utf-8").split("## 17. ", 1)[1].split("\n## ", 1)[0]
    assert {m[1] for m in re.finditer(r"^\| `(\w+): ", section, re.MULTILINE)} == OF_THE_CASE


def test_the_keys_that_are_said_to_be_expressions_are(app: Path) -> None:
    """Each key of the first table is one of the language's, of the sort that its row says."""
    keys: dict[str, set[str]] = {}
    for table in (*NOUNS.values(), *PARTS.values()):
        for key in table.keys:
            keys.setdefault(key.name, set()).add(key.kind)
    rows = [
        c
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if (c := _cells(line)) and c[0].startswith("keys that")
    ]
    bare, marked = (re.findall(r"`(\w+)`", row[0]) for row in rows)
    assert [k for k in bare if not keys[k] & {"expression", "mapping"}] == []
    assert [k for k in marked if k not in keys] == []
