"""Every page that the examples' people can come to by clicking is there, whoever clicks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit import load_app
from flowkit.testing.demo import Trial
from flowkit.web import create_app
from tests.web.plain import Plain

EXAMPLES = Path(__file__).parents[2] / "examples"
MOST = 60
"""Pages looked at for each person."""


@pytest.fixture(scope="module", params=["elevator_maintenance", "auto_repair"])
def trial(request: pytest.FixtureRequest) -> Iterator[Trial]:
    trial = Trial(load_app(EXAMPLES / request.param))
    yield trial
    trial.close()


def everybody(trial: Trial) -> list[str]:
    """One person for each combination of roles, and a customer."""
    found = {roles: actor for actor, _, roles in trial.cast.people}
    return sorted(found.values())


def test_every_link_leads_somewhere(trial: Trial) -> None:
    """From what waits for them on, people of every role find no dead end and no fault of ours."""
    app = create_app(trial.kit, demo=trial)
    wrong: list[str] = []
    for actor in everybody(trial):
        browser = Plain(app)
        browser.get("/demo")
        browser.send("换成他", actor=actor)
        seen, ahead = set[str](), ["/tasks", "/cases?state=all", "/me", "/demo"]
        while ahead and len(seen) < MOST:
            path = ahead.pop(0)
            if path in seen:
                continue
            seen.add(path)
            browser.get(path)
            if browser.status >= 400:
                wrong.append(f"{actor} {path}: {browser.status}")
            ahead += [href for href, _ in browser.links if href.startswith("/") and "print=" not in href]
    assert wrong == []
