"""Plays the scenarios of an app: each on a database and a clock of its own, every expectation of every step reported.

Coverage counts steps that expect something, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from flowkit.app.app import App
from flowkit.app.nouns.scenario import Scenario
from flowkit.app.nouns.scenario_examples import Telling, tellings
from flowkit.diagnostics import Findings, Place
from flowkit.errors import FlowKitError
from flowkit.suggest import closest
from flowkit.testing.caller import ScenarioCaller
from flowkit.testing.coverage import Touched, shares
from flowkit.testing.player import Player
from flowkit.testing.report import Failure, Played, Report
from flowkit.testing.stage import Stage
from flowkit.values.types import VALUE_TYPES

__all__ = ["Report", "play"]

Progress = Callable[[int, int], None]


def play(app: App, names: Iterable[str] | None = None, on_progress: Progress | None = None) -> Report:
    """Play the app's scenarios, or those of these names; `on_progress(done, total)` is called after each.

    One with examples is played once for each of them. A name that no scenario has is a failure of its own, never a silent
    nothing.
    """
    told = [telling for document in app.scenarios for telling in tellings(document, Findings())]
    known = list(dict.fromkeys(telling.scenario.name for telling in told))
    wanted = list(names) if names is not None else known
    chosen = [telling for telling in told if telling.scenario.name in wanted]
    touched = {name: Touched() for name in app.workflows}
    played: list[Played] = []
    for done, telling in enumerate(chosen, start=1):
        played.append(_play(app, telling, touched))
        if on_progress is not None:
            on_progress(done, len(chosen))
    played += [_unknown(name, known) for name in wanted if name not in known]
    covered = {name: shares(w, touched[name]) for name, w in app.workflows.items()} if chosen else {}
    return Report(tuple(played), covered)


def _play(app: App, telling: Telling, touched: dict[str, Touched]) -> Played:
    scenario, caller = telling.scenario, ScenarioCaller()
    try:
        running = [each.typed for each in scenario.schedules]
        with Stage(app, _start(app, scenario), caller, telling.example, running) as stage:
            failures = Player(stage, scenario, caller, touched).play()
    except FlowKitError as error:
        failures = [Failure(0, scenario.place, "", "", f"无法开始: {error}")]
    asserted = sum(bool(step.expect) for step in scenario.steps)
    return Played(telling.name, scenario.place, len(scenario.steps), asserted, tuple(failures))


def _start(app: App, scenario: Scenario) -> datetime:
    """The moment the story begins. Without one: a Monday morning, always the same, so that the story stays the same."""
    zone: ZoneInfo = app.settings.timezone
    if scenario.now is None:
        return datetime(2026, 1, 5, 9, 0, tzinfo=zone)
    moment = VALUE_TYPES["datetime"].read(scenario.now.typed, app.settings)
    assert isinstance(moment, datetime)
    return moment


def _unknown(name: str, known: list[str]) -> Played:
    near = [k for k in known if name in k] or [k for k in [closest(name, known)] if k is not None]
    words = f"没有这个场景, 是不是 {' / '.join(near)}" if near else f"没有这个场景, 现有: {' / '.join(known)}"
    place = Place("")
    return Played(name, place, 0, 0, (Failure(0, place, "", "", words),))
