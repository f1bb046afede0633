"""What becomes of timers that cannot be carried out: they never keep the others, or us, from going on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flowkit import FlowKit, VirtualClock
from flowkit.runtime import judging
from tests.shop import NINE, SHOP, shop

Judge = Callable[..., Any]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/work.db"


def submit(kit: FlowKit) -> str:
    return kit.submit("工单", {"故障": "刹车异响"}, by="客户:li").id


def test_a_case_whose_definition_no_longer_fits_is_told_and_put_off(
    tmp_path: Path, url: str, clock: VirtualClock
) -> None:
    """What is live has changed so that its version cannot be linked: its timer waits, an incident stands, time goes on."""
    reads_a_car = SHOP.replace("处理中:\n    owner", "处理中:\n    do: [{notify: {text: '{{ 车.里程 }}'}}]\n    owner")
    with FlowKit(shop(tmp_path / "before", text=reads_a_car), url, clock=clock) as kit:
        case = submit(kit)
    renamed = (
        SHOP.replace("里程: {type", "公里: {type")
        .replace("里程: 10", "公里: 10")
        .replace("{里程: =车.里程", "{公里: =车.公里")
    )
    with FlowKit(shop(tmp_path / "after", text=renamed), url, clock=clock, allow_stranded=True) as kit:
        clock.move(timedelta(minutes=11))
        done = kit.advance(messages=False)
        assert done.timers == 0
        assert [("no longer fits" in line) for line in done.lines] == [True]
        assert kit.history(case)[-1].kind == "incident"
        assert kit.next_due() == clock.now() + timedelta(minutes=1)


def test_cases_of_a_workflow_that_is_gone_go_on(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """A workflow was renamed: what began under the old name ends under its old definition."""
    with FlowKit(shop(tmp_path / "before"), url, clock=clock) as kit:
        case = submit(kit)
    with FlowKit(
        shop(tmp_path / "after", text=SHOP.replace("workflow: 工单", "workflow: 新单")), url, clock=clock
    ) as kit:
        (worker,) = kit.case(case).owner
        assert kit.act(case, "接单", by=worker).node == "处理中"
        assert kit.verify() == []


def test_the_timer_that_failed_is_put_off_and_no_other(
    tmp_path: Path, url: str, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of a case's timers fired before it in the same transaction."""
    three = SHOP.replace(
        "{after: 30m, reassign: 老板}", "{after: 10m, notify: {text: 快}}\n      - {after: 3d, reassign: 老板}"
    )
    decide: Judge = judging.decide

    def failing(workflow: Any, case: Any, command: Any, facts: Any, now: Any) -> Any:
        if command.kind == "timeout" and command.data["deadline"] == "2":
            raise ZeroDivisionError("planted")
        return decide(workflow, case, command, facts, now)

    with FlowKit(shop(tmp_path / "app", text=three), url, clock=clock) as kit:
        submit(kit)
        monkeypatch.setattr(judging, "decide", failing)
        clock.move(timedelta(minutes=11))
        assert kit.advance(messages=False).timers == 1
        assert kit.next_due() == clock.now() + timedelta(minutes=1)
        monkeypatch.setattr(judging, "decide", decide)
        clock.move(timedelta(minutes=1))
        assert kit.advance(messages=False).timers == 1
        assert kit.next_due() == NINE + timedelta(days=3)
