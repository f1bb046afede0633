"""The writer: what is wrong with one command is told to its caller and to nobody else."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flowkit import FlowKit, FlowKitError, VirtualClock
from tests.shop import NINE, shop


def test_names_that_no_database_holds_hurt_no_other(tmp_path: Path) -> None:
    """Half of a character in an actor, in a key or in who applies, among others that wait for the same transaction."""
    half, go = "\ud800", threading.Event()
    right = {"by": "客户:li"}
    given = [right, {"by": f"客户:{half}"}, right, {**right, "key": half}, right, {**right, "applicant": half}, right]

    def told(kit: FlowKit, who: dict[str, str]) -> str:
        try:
            return kit.submit("工单", {"故障": "异响"}, **who).node
        except FlowKitError:
            return "refused"

    with FlowKit(shop(tmp_path / "app"), "sqlite://", clock=VirtualClock(NINE)) as kit, ThreadPoolExecutor(9) as pool:
        waiting = pool.submit(kit._writer.perform, lambda inside: go.wait(20))
        asked = [pool.submit(told, kit, who) for who in given]
        # What cannot be written down is refused before it waits.
        while len(kit._writer._newcomers) < given.count(right):
            time.sleep(0.01)
        go.set()
        assert waiting.result()
        found = [one.result() for one in asked]
    assert found == ["待接单", "refused", "待接单", "refused", "待接单", "refused", "待接单"]
