"""The business of two offices, loaded once, and at work anew for each test that asks for it; and a trial of the elevator example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit import load_app
from flowkit.app.app import App
from flowkit.testing.demo import Trial
from tests.web.branch import Branch, at_work, online
from tests.web.trying import ELEVATORS


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return online(tmp_path_factory.mktemp("app"))


@pytest.fixture
def fresh(app: App, tmp_path: Path) -> Iterator[Branch]:
    made = at_work(app, tmp_path)
    yield made
    made.kit.close()


@pytest.fixture
def trial() -> Iterator[Trial]:
    """The elevator example to be tried out, without cases."""
    trial = Trial(load_app(ELEVATORS), sample=False)
    yield trial
    trial.close()
