"""Whatever is done to a case in whatever order, some things always hold."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit.app.load import load_app
from flowkit.engine.case import deadlines, tasks
from flowkit.errors import RefusedError
from tests.unit.engine.shop import REPAIRS, Business

PEOPLE = ("员工:zhang", "员工:li", "员工:boss", "客户:wang")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("act"), st.sampled_from(("接单", "退单", "完工", "算账")), st.sampled_from(PEOPLE), st.none()
        ),
        st.tuples(st.just("act"), st.just("打卡"), st.sampled_from(PEOPLE), st.integers(-200, 200)),
        st.tuples(st.just("wait"), st.integers(1, 3000)),
        st.tuples(st.just("signal"), st.integers(0, 2)),
        st.tuples(st.just("retry"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("back"), st.integers(1, 3000)),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("app")
    (folder / "app.yaml").write_text(REPAIRS, encoding="utf-8")
    return load_app(folder)


def step(case: Business, what: tuple[Any, ...]) -> None:
    match what:
        case ("act", action, by, kilometres):
            case.act(action, by, **({} if kilometres is None else {"公里": kilometres}))
        case ("wait", minutes):
            case.wait(timedelta(minutes=minutes))
        case ("signal", number):
            case.signal("到货", str(number))
        case ("retry", by):
            case.retry(by)
        case ("back", minutes):
            case.now -= timedelta(minutes=minutes)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_history_alone_rebuilds_the_case(app: Any, steps: list[tuple[Any, ...]]) -> None:
    """After any steps the folded history is the case, somebody is responsible, and an ended case asks nobody."""
    case = Business(app, "工单").submit(车="浙A12345", 故障="异响", 电话="13800000001")
    for what in steps:
        with contextlib.suppress(RefusedError):
            step(case, what)
        assert case.history_folds()
        assert case.case.sequence == len(case.events)
        if case.case.ended:
            assert not tasks(case.case)
            assert not deadlines(case.case)
        elif case.case.node != "等件":
            assert tasks(case.case)
        assert "13800000001" not in repr(case.events)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
def test_a_timeout_takes_effect_once_and_never_early(app: Any, steps: list[tuple[Any, ...]]) -> None:
    """Of each deadline of a visit each repetition fires at most once, at its time or later."""
    case = Business(app, "工单").submit(车="浙A12345", 故障="异响")
    due: dict[tuple[Any, ...], Any] = {}
    for what in steps:
        due |= {(d.name, d.visit, d.n): d.due for d in case.case.deadlines}
        with contextlib.suppress(RefusedError):
            step(case, what)
    due |= {(d.name, d.visit, d.n): d.due for d in case.case.deadlines}
    for event in case.events:
        for one in event.data.get("deadlines", ()):
            due.setdefault((one["name"], one["visit"], one["n"]), None)
    fired = [(e.data["deadline"], e.data["visit"], e.data["n"]) for e in case.events if e.kind == "fired"]
    assert len(fired) == len(set(fired))
    for event in case.events:
        moment = due.get((event.data.get("deadline"), event.data.get("visit"), event.data.get("n")))
        if event.kind == "fired" and moment is not None:
            assert event.at >= moment
