"""A trial of the elevator example, and anybody in it."""

from __future__ import annotations

from pathlib import Path

from flowkit.testing.demo import Trial
from flowkit.web import create_app
from tests.web.plain import Plain

ELEVATORS = Path(__file__).parents[2] / "examples" / "elevator_maintenance"


def somebody(trial: Trial, actor: str, maps: str = "") -> Plain:
    return Plain(create_app(trial.kit, demo=trial, maps=maps)).get("/demo").send("换成他", actor=actor)
