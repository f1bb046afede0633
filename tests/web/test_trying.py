"""The pages of a trial: being somebody, and finding whoever is not in the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit.cli.opening import load
from flowkit.testing.demo import Trial
from flowkit.web import create_app
from tests.web.plain import Plain

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def repairs() -> Iterator[Trial]:
    """Three hundred people in fifty places."""
    trial = Trial(load(EXAMPLES / "auto_repair", scenarios=True))
    yield trial
    trial.close()


def test_the_owner_of_a_case_is_one_press_away(repairs: Trial) -> None:
    """Who has something to do stands first, among the buttons and in the bar, and finds it waiting."""
    owner = next(o for row in repairs.kit.cases(None, open=True).items for o in row.owner if not o.startswith("role:"))
    browser = Plain(create_app(repairs.kit, demo=repairs)).get("/demo")
    buttons = re.findall(r'name="actor" value="([^"]+)"', browser.text)
    busy = {actor for actor, _, _ in repairs.cast.busy}
    assert set(buttons[: len(busy)]) == busy
    browser.send("换成他", actor=owner)
    assert browser.path == "/tasks"
    assert "现在没有等您处理的" not in browser.words
    assert f'value="{owner}" selected' in browser.text


def test_whoever_is_not_in_the_list_is_found_and_stays_chosen(repairs: Trial) -> None:
    """Typing part of a name, without scripts, shows who fits; the bar then says who one is. Nobody knows of others."""
    app = create_app(repairs.kit, demo=repairs)
    shown = {actor for actor, _, _ in repairs.cast.people}
    actor, name = next(each for each in repairs.kit.colleagues() if each[0] not in shown)
    browser = Plain(app).get("/demo").send("查找", who=name)
    assert f'name="actor" value="{actor}"' in browser.text
    browser.send(name, actor=actor)
    assert browser.path == "/tasks"
    assert f'value="{actor}" selected' in browser.text
    assert "没有找到这样的人" in Plain(app).get("/demo").send("查找", who="没有这个人").words
    assert Plain(app).get("/demo").send("换成他", actor="员工:nobody").status == 404
