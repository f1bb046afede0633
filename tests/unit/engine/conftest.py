"""The repair shop as a fixture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flowkit.app.load import load_app
from tests.unit.engine.shop import REPAIRS, Business


@pytest.fixture
def business(tmp_path: Path) -> Callable[..., Business]:
    """`business()` gives a case of the repair shop; `business(text, workflow)` one of another app."""

    def make(text: str = REPAIRS, workflow: str = "工单") -> Business:
        (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
        return Business(load_app(tmp_path), workflow)

    return make
