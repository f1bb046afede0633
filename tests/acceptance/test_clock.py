"""The clock itself: it jumps, stands still, is set for the summer; nothing comes early, twice, or never."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit import FlowKit, RefusedError, VirtualClock, load_app
from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.engine import decide, follow_up
from flowkit.engine.apply import apply
from flowkit.engine.case import Case
from flowkit.engine.case import timers as standing

BERLIN = ZoneInfo("Europe/Berlin")
APP = """
app: visits
timezone: Europe/Berlin
catcher: boss
calendar: {mon-fri: ["08:30-12:00", "13:00-17:00"], sat: "01:00-04:00", sun: "01:00-04:00"}
quiet: "22:00-06:00"
roles: {tech: {}, boss: {may: [suspend, resume]}}
staff: {entity: employee, roles: roles}
channels: {console: {preset: console}}
---
entity: employee
key: code
fields: {code: text, roles: role}
rows: [{code: t, roles: tech}, {code: b, roles: boss}]
---
workflow: visit
from: {until: {type: datetime, required: true}, grace: {type: duration, default: 6h}}
stages:
  whole:
    nodes: all
    timeouts: [{after: 1 business days, escalate: boss, repeat: 2, every: 5 business hours}, {after: =grace, escalate: boss}]
nodes:
  planned:
    owner: tech
    actions:
      postpone: {edit: [until]}
      stretch: {edit: [grace]}
      wait: {to: waiting}
      finish: {to: done}
    timeouts:
      - {at: =until, escalate: boss, repeat: 3, every: 90m}
      - {after: 25h, notify: {to: owner, text: hurry}, repeat: 2}
      - {after: 2 business hours, escalate: boss}
  waiting:
    owner: tech
    clock: paused
    actions: {back: {to: planned}}
    timeouts: [{after: 7d, to: planned}]
  done: {end: done}
"""
TECH, BOSS = "employee:t", "employee:b"
STARTS = ["2026-03-27 16:00", "2026-10-23 16:00", "2028-02-28 09:00", "2027-12-31 22:30"]
"""Before clocks are set forward, and back; before the 29th of February; before a new year."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    folder = tmp_path_factory.mktemp("clock")
    (folder / "app.yaml").write_text(APP, encoding="utf-8")
    return load_app(folder)


Open = Callable[[str], tuple[FlowKit, VirtualClock]]


@pytest.fixture
def opened(app: App, tmp_path: Path) -> Iterator[Open]:
    """`opened(start)` gives the business at work and its clock, on a database of its own each time."""
    kits, numbers = list[FlowKit](), itertools.count()

    def make(start: str) -> tuple[FlowKit, VirtualClock]:
        clock = VirtualClock(at(start))
        kits.append(FlowKit(app, f"sqlite:///{tmp_path / f'{next(numbers)}.db'}", clock=clock))
        return kits[-1], clock

    yield make
    for kit in kits:
        kit.close()


def fired(kit: FlowKit, case: str, deadline: str) -> list[str]:
    return [
        f"{e.at.astimezone(BERLIN):%m-%d %H:%M}"
        for e in kit.history(case)
        if e.kind == "fired" and e.data["deadline"] == deadline
    ]


def due(kit: FlowKit, case: str) -> list[str]:
    return [f"{d.due.astimezone(BERLIN):%m-%d %H:%M}" for d in kit.case(case).deadlines]


def check(kit: FlowKit, case: str, looked: list[datetime]) -> None:
    """What the history tells: time goes forward, each repetition comes once, and none before its time.

    `looked` are the moments at which somebody looked, each with what the clock showed then.
    """
    state, seen, before = Case(), set[tuple[Any, ...]](), None
    for event in kit.history(case):
        assert before is None or event.at >= before, "time runs backwards"
        before = event.at
        if event.kind == "fired":
            which = (event.data["deadline"], event.data["visit"], event.data["n"])
            assert which not in seen, "fired twice"
            seen.add(which)
            (stood,) = [d for d in standing(state) if (d.name, d.visit, d.n) == which]
            assert stood.due <= event.at, "fired early"
            # Also where the case's own time is ahead of a clock that was set back.
            assert any(stood.due <= moment for moment in looked), "fired before the clock showed its time"
        state = apply(state, event)
    assert not kit.verify()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("jump"), st.integers(-3000, 3000)),
        st.tuples(st.just("jump"), st.integers(-90, 240)),
        st.tuples(st.just("look"), st.integers(1, 3)),
        st.tuples(st.just("postpone"), st.integers(-2000, 6000)),
        st.tuples(st.just("stretch"), st.integers(1, 100)),
        st.tuples(st.sampled_from(["wait", "back", "suspend", "resume"]), st.just(0)),
    ),
    max_size=20,
)


def play(kit: FlowKit, clock: VirtualClock, steps: list[tuple[str, int]]) -> None:
    """Walk one case over those steps and check what its history tells; at last everything that was due has come."""
    case = kit.submit("visit", {"until": (clock.now() + timedelta(hours=20)).isoformat()}, by=TECH).id
    looked = [clock.now()]
    for what, by in steps:
        with suppress(RefusedError):
            match what:
                case "jump":
                    clock.move(timedelta(minutes=by))
                case "look":
                    for _ in range(by):
                        kit.advance()
                    looked.append(clock.now())
                case "postpone":
                    kit.act(case, what, {"until": (clock.now() + timedelta(minutes=by)).isoformat()}, by=TECH)
                case "stretch":
                    kit.act(case, what, {"grace": f"{by}h"}, by=TECH)
                case "suspend" | "resume":
                    kit.act(case, what, {"reason": "x"}, by=BOSS)
                case _:
                    kit.act(case, what, by=TECH)
    check(kit, case, looked)
    with suppress(RefusedError):
        kit.act(case, "resume", {"reason": "x"}, by=BOSS)
    for _ in range(12):
        later = max(clock.now(), kit.history(case)[-1].at) + timedelta(days=10)
        clock.set(later.astimezone(BERLIN).replace(hour=12))  # reminders wait at night
        kit.advance()
        looked.append(clock.now())
    check(kit, case, looked)
    shown = kit.case(case)
    assert shown.node == "planned"
    assert not shown.deadlines, "something never came"


@settings(max_examples=25, deadline=None)
@given(start=st.sampled_from(STARTS), steps=STEPS)
def test_nothing_is_early_twice_or_lost_whatever_the_clock_does(
    app: App, tmp_path_factory: pytest.TempPathFactory, start: str, steps: list[tuple[str, int]]
) -> None:
    """Jumps forward and back, a clock that stands still, pauses, suspensions, corrections, in nights of summer time."""
    clock = VirtualClock(at(start))
    with FlowKit(app, f"sqlite:///{tmp_path_factory.mktemp('jumps') / 'work.db'}", clock=clock) as kit:
        play(kit, clock, steps)


def test_a_clock_that_is_set_back_does_not_turn_a_case_back(opened: Open) -> None:
    """What is done then happens at the moment of what was done last; what follows counts from there, and so comes late."""
    kit, clock = opened("2026-06-01 10:00")
    case = kit.submit("visit", {"until": "2026-06-03 10:00"}, by=TECH).id
    clock.move(timedelta(hours=2))
    kit.act(case, "wait", by=TECH)
    clock.move(timedelta(hours=-5))
    kit.act(case, "back", by=TECH)
    assert [f"{e.at.astimezone(BERLIN):%H:%M}" for e in kit.history(case)][-1] == "12:00"
    assert "06-01 15:00" in due(kit, case)  # two open hours, of which lunch is none
    clock.set(at("2026-06-01 14:59"))
    kit.advance()
    assert not fired(kit, case, "3")
    clock.set(at("2026-06-01 15:00"))
    kit.advance()
    assert fired(kit, case, "3") == ["06-01 15:00"]


def test_a_clock_that_was_ahead_for_a_while_has_nothing_come_again(opened: Open) -> None:
    """What came while it was ahead has come; set back and going on, the clock brings only what is left."""
    kit, clock = opened("2026-06-01 10:00")
    case = kit.submit("visit", {"until": "2026-06-01 14:00"}, by=TECH).id
    clock.set(at("2026-06-01 15:00"))
    kit.advance()
    assert (fired(kit, case, "1"), fired(kit, case, "3")) == (["06-01 15:00"], ["06-01 15:00"])
    clock.set(at("2026-06-01 10:00"))
    for _ in range(12):
        kit.advance()
        clock.move(timedelta(minutes=30))
    assert fired(kit, case, "1") == ["06-01 15:00", "06-01 15:30"]
    assert fired(kit, case, "3") == ["06-01 15:00"]


def test_a_clock_that_stands_still_brings_nothing_more(opened: Open) -> None:
    """However often somebody looks in the same moment, what was due comes once."""
    kit, _ = opened("2026-06-01 10:00")
    case = kit.submit("visit", {"until": "2026-06-01 10:00"}, by=TECH).id
    for _ in range(5):
        kit.advance()
    assert fired(kit, case, "1") == ["06-01 10:00"]
    assert kit.advance().nothing


def test_an_appointment_that_is_put_off_comes_at_its_new_time_only(opened: Open) -> None:
    """The timer moves with the field, the history has the new sum, and `explain` tells it."""
    kit, clock = opened("2026-06-01 10:00")
    case = kit.submit("visit", {"until": "2026-06-01 14:00"}, by=TECH).id
    kit.act(case, "postpone", {"until": "2026-06-01 18:00"}, by=TECH)
    assert "06-01 18:00" in due(kit, case)
    clock.set(at("2026-06-01 17:59"))
    kit.advance()
    assert not fired(kit, case, "1")
    clock.set(at("2026-06-01 18:00"))
    kit.advance()
    assert fired(kit, case, "1") == ["06-01 18:00"]
    told = "\n".join(kit.explain(case).lines)
    assert "填写的内容有变,期限重新计算" in told
    assert "2026-06-01 18:00（until）" in told
    assert not kit.verify()


@pytest.mark.parametrize(
    ("start", "two_open_hours", "reminded"),
    [
        # Open from one to four: the hour from two to three is none, or there twice.
        ("2026-03-28 20:00", "03-29 04:00", "03-30 06:00"),  # 25 hours later it is ten, and quiet until six
        ("2026-10-24 20:00", "10-25 02:00", "10-25 20:00"),
    ],
)
def test_when_clocks_are_set_an_hour_stays_an_hour(
    opened: Open, start: str, two_open_hours: str, reminded: str
) -> None:
    """In business time and round the clock an hour that is skipped is none, and one that comes twice is two."""
    kit, clock = opened(start)
    case = kit.submit("visit", {"until": "2027-01-01 10:00"}, by=TECH).id
    assert {two_open_hours, reminded} <= set(due(kit, case))
    clock.move(timedelta(hours=7, seconds=-1))  # five until the opening, and two
    kit.advance()
    assert not fired(kit, case, "3")
    clock.move(timedelta(seconds=1))
    kit.advance()
    assert len(fired(kit, case, "3")) == 1


def test_the_29th_of_february_is_a_day_like_others(opened: Open) -> None:
    """A working day from Monday the 28th of February 2028 is Tuesday the 29th, and not the first of March."""
    kit, _ = opened("2028-02-28 09:00")
    case = kit.submit("visit", {"until": "2028-02-29 10:00"}, by=TECH).id
    assert {"02-29 09:00", "02-29 10:00", "02-28 11:00"} <= set(due(kit, case))


def test_a_case_that_runs_backwards_is_caught(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that trusts the clock fails the property above."""
    monkeypatch.setattr(decide, "max", lambda now, before: now, raising=False)
    with pytest.raises(AssertionError, match="backwards"):
        play(*opened(STARTS[0]), [("jump", 60), ("wait", 0), ("jump", -30), ("back", 0)])


def test_a_timer_that_is_early_is_caught(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking an hour ahead is not enough to come early: it is judged again. Without that the property above fails."""

    class Ahead:
        def __init__(self, clock: Clock) -> None:
            self._clock = clock

        def now(self) -> datetime:
            return self._clock.now() + timedelta(hours=1)

    kit, clock = opened(STARTS[0])
    monkeypatch.setattr(kit._due, "_clock", Ahead(clock))
    play(kit, clock, [("jump", 50), ("look", 3)])
    kit, clock = opened(STARTS[0])
    monkeypatch.setattr(kit._due, "_clock", Ahead(clock))
    monkeypatch.setattr(follow_up, "timers", lambda case: {replace(d, due=at("2000-01-01")) for d in standing(case)})
    monkeypatch.setattr(follow_up, "_not_yet", lambda due, draft: (due, ""))
    with pytest.raises(AssertionError, match="early"):
        play(kit, clock, [("stretch", 1), ("jump", 15), ("look", 3)])


def test_a_repetition_that_comes_twice_is_caught(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting the same repetition again instead of the next fails the property above."""
    again = lambda timeout, due, world: (replace(due, due=world.now + timedelta(hours=1)), 0)  # noqa: E731
    monkeypatch.setattr(follow_up, "next_repetition", again)
    with pytest.raises(AssertionError, match="twice"):
        play(*opened(STARTS[0]), [("jump", 3000), ("look", 1), ("jump", 3000), ("look", 1)])


def test_a_timer_that_is_lost_is_caught(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that never looks fails the property above."""
    kit, clock = opened(STARTS[0])
    monkeypatch.setattr(kit._due, "_clock", VirtualClock(at("2000-01-01")))
    with pytest.raises(AssertionError, match="never came"):
        play(kit, clock, [])
