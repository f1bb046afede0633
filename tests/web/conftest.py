"""The business of two offices, loaded once, and at work anew for each test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit.app.app import App
from tests.web.branch import Branch, at_work, online


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return online(tmp_path_factory.mktemp("app"))


@pytest.fixture
def fresh(app: App, tmp_path: Path) -> Iterator[Branch]:
    made = at_work(app, tmp_path)
    yield made
    made.kit.close()
