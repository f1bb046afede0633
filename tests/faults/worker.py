"""A program that holds a FlowKit, as a host would: several threads that submit and act, timers due among the work.

It is there to be killed. What it was about to do and what was acknowledged it tells line by line, at once.

`python -m tests.faults.worker once` lives one life, told on its standard input, and is killed or ends. `… nursery` reads and
loads everything once and forks one worker a line of its input: a worker is then at work within milliseconds. Each is a process
of its own either way, with its own FlowKit, connections and threads.
"""

from __future__ import annotations

import gc
import itertools
import mmap
import os
import random
import sqlite3
import sys
import threading
import time
import traceback
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flowkit import FlowKit, RefusedError, load_app
from flowkit.app.app import App
from flowkit.kit import CaseView
from flowkit.runtime import failpoints
from tests.faults.peer import ToPeer
from tests.faults.plan import BUSINESS, Plan, Sent, say
from tests.faults.planted import BUGS
from tests.faults.tracing import CALLS, stop_for_tracer

TRAIL = 64
CUSTOMERS, MECHANICS = ("customer:c1", "customer:c2", "customer:c3"), tuple(f"employee:m{i}" for i in range(1, 5))
CARS = ("A1", "A2", "A3")


class FastClock:
    """Time since `began`, `speed` times as fast, the same for all processes that are told the same."""

    def __init__(self, began: float, speed: float) -> None:
        self._began, self._speed = began, speed

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._began, UTC) + timedelta(seconds=(time.time() - self._began) * self._speed)


def watch(trail: str, end: str) -> None:
    """Kill this process at its end, or wait for who is to kill it there; note in `trail`, which outlives it, the place passed last.

    A forked worker cannot be told by its environment, which was read before; so `reach` is set anew where it was imported.
    """
    with Path(trail).open("r+b") as file:
        shared = mmap.mmap(file.fileno(), TRAIL)
    kill = failpoints._killing(end)
    if end.partition(":")[0] in dict(CALLS):
        stop_for_tracer()

    def reach(name: str) -> None:
        shared[:TRAIL] = name.encode().ljust(TRAIL)
        kill(name)

    unarmed = failpoints.reach
    for name, module in list(sys.modules.items()):
        if name.startswith("flowkit.") and getattr(module, "reach", None) is unarmed:
            module.reach = reach  # type: ignore[attr-defined]


class Life:
    """One worker's life under a plan."""

    def __init__(self, plan: Plan, app: App, began: float) -> None:
        self._plan, self._app, self._began = plan, app, began
        self._open = set(plan.open)
        self._lock = threading.Lock()
        self._ready = False
        self._numbers = itertools.count()

    def live(self) -> None:
        plan = self._plan
        if plan.bug:
            BUGS[plan.bug][0]()
        watch(plan.trail, plan.end)
        clock = FastClock(plan.began, plan.speed)
        with FlowKit(self._app, plan.database, clock=clock, channels={"peer": ToPeer(plan.peer)}) as kit:
            say(opened=time.monotonic() - self._began)
            if not plan.drain:
                kit.start_background()
            self._each(plan.again, lambda sent: self._send(kit, sent))
            if not plan.again:
                kit.import_records("car", [{"plate": "A0"}])
            say(ready=time.monotonic() - self._began)
            if plan.drain:
                self._drain(kit)
            else:
                chances = [random.Random(f"{plan.seed}/{plan.life}/{i}") for i in range(plan.threads)]
                self._each(chances, lambda chance: self._work(kit, chance))

    def _each(self, things: list[Any], do: Any) -> None:
        """Each of several things, in the plan's number of threads; whatever one of them fails at is told."""
        left = iter(things)

        def run() -> None:
            try:
                while True:
                    with self._lock:
                        thing = next(left, None)
                    if thing is None:
                        return
                    do(thing)
            except BaseException:
                say(failed=traceback.format_exc()[-3000:])

        threads = [threading.Thread(target=run) for _ in range(self._plan.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    # --- sending -----------------------------------------------------------------------------------------------------

    def _send(self, kit: FlowKit, sent: Sent) -> CaseView | None:
        """Give a command to the kit and tell what came of it. None: refused, or it gives no case."""
        shown: CaseView | None = None
        try:
            match sent.kind:
                case "submit":
                    shown = kit.submit("order", sent.data, by=sent.by, key=sent.mark)
                case "act":
                    shown = kit.act(sent.case, sent.action, sent.data, by=sent.by, key=sent.mark, visit=sent.visit)
                case "signal":
                    kit.signal(sent.case, sent.action, sent.data, by=sent.by, key=sent.mark)
                case "import":
                    kit.import_records("car", [sent.data])
        except RefusedError as refused:
            say(refused=sent.mark, code=refused.code)
            return None
        if shown is None:
            say(acknowledged=sent.mark)
        else:
            say(acknowledged=sent.mark, case=shown.id, sequence=shown.sequence, ended=bool(shown.ended))
            with self._lock:
                (self._open.discard if shown.ended else self._open.add)(shown.id)
        return shown

    def _work(self, kit: FlowKit, chance: random.Random) -> None:
        """Until somebody kills us."""
        last: Sent | None = None
        while True:
            if last is not None and chance.random() < 0.1:
                self._repeat(kit, last, chance)
            sent = self._something(kit, chance)
            if sent is None:
                continue
            say(
                sent=sent.mark,
                kind=sent.kind,
                by=sent.by,
                data=sent.data,
                case=sent.case,
                action=sent.action,
                visit=sent.visit,
            )
            self._send(kit, sent)
            last = sent

    def _repeat(self, kit: FlowKit, sent: Sent, chance: random.Random) -> None:
        """The same command again, as a client does whose answer was lost; or its key with other content, which is refused."""
        if sent.kind in ("submit", "act") and chance.random() < 0.3:
            other = Sent(
                sent.mark, sent.kind, sent.by, {**sent.data, "mark": "other"}, sent.case, sent.action, sent.visit
            )
            try:
                kit.submit(
                    "order", {**sent.data, "mark": "other"}, by=sent.by, key=sent.mark
                ) if sent.kind == "submit" else kit.act(
                    other.case, other.action, other.data, by=other.by, key=other.mark, visit=other.visit
                )
                say(reused=sent.mark)
            except RefusedError as refused:
                say(reuse_refused=refused.code)
        self._send(kit, sent)

    def _something(self, kit: FlowKit, chance: random.Random) -> Sent | None:
        mark = f"{self._plan.life}.{next(self._numbers)}"
        with self._lock:
            case_id = chance.choice(sorted(self._open)) if self._open else ""
        dice = chance.random()
        if not case_id or dice < 0.25:
            phone = {} if chance.random() < 0.5 else {"phone": f"139{chance.randrange(10**8):08}"}
            return Sent(mark, "submit", chance.choice(CUSTOMERS), {"mark": mark, "car": chance.choice(CARS), **phone})
        if dice < 0.28:
            return Sent(mark, "import", "", {"plate": mark})
        if dice < 0.38:
            # An amount that is no number cannot be judged: such a signal is kept, and listed for people to look at.
            amount = "many" if chance.random() < 0.1 else 1
            data = {"mark": mark, "amount": amount}
            return Sent(mark, "signal", "employee:boss", data, case_id, chance.choice(("part", "paid")))
        try:
            return self._action(kit.case(case_id), mark, chance)
        except RefusedError as refused:
            say(failed=f"lost: {case_id}, {refused.code}")
            return None

    def _action(self, case: CaseView, mark: str, chance: random.Random) -> Sent | None:
        if case.ended or not case.owner:
            with self._lock:
                self._open.discard(case.id)
            return None
        by = "employee:boss" if case.owner[0].startswith("role:") else case.owner[0]
        if chance.random() < 0.1:
            by = chance.choice(MECHANICS)
        actions = {"waiting": ("accept", "accept", "refuse"), "working": ("note", "finish", "finish")}
        action = chance.choice(actions[case.node])
        data: dict[str, Any] = {"mark": mark}
        if action == "finish":
            data["kilometres"] = chance.randrange(10**5)
        if action == "note":
            data["seen"] = f"137{chance.randrange(10**8):08}"
        visit = case.visit if chance.random() < 0.5 else None
        return Sent(mark, "act", by, data, case.id, action, visit)

    def _drain(self, kit: FlowKit) -> None:
        """Until nothing is due any more, now or later, and every message was taken; then the kit's own verdict."""
        with sqlite3.connect(self._plan.database.replace("sqlite:///", "file:") + "?mode=ro", uri=True) as looking:
            # Signals that are kept stay so for a day: longer than anybody here waits.
            due = "SELECT count(*) FROM timers WHERE due IS NOT NULL AND name NOT LIKE 'kept/%'"
            pending = f"SELECT ({due}) + (SELECT count(*) FROM outbox WHERE state = 'pending')"
            while not (kit.advance().nothing and looking.execute(pending).fetchone() == (0,)):
                time.sleep(0.01)
        say(faults=[repr(fault)[:300] for fault in kit.verify()[:10]])
        say(given_up=Counter(fault.kind for fault in kit.given_up()))


def live_once(app: App, line: str, began: float) -> None:
    try:
        Life(Plan.from_line(line), app, began).live()
    except BaseException:
        say(failed=traceback.format_exc()[-3000:])
        os._exit(1)
    os._exit(0)


def nursery(app: App) -> None:
    """Forks a worker a line. It has no threads and no database of its own, so a fork is as good as a start."""
    gc.freeze()
    for line in sys.stdin:
        assert threading.active_count() == 1
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            live_once(app, line, began)
        say(born=child)
        _, status = os.waitpid(child, 0)
        say(died=child, signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


def main() -> None:
    began = time.monotonic()
    app = load_app(BUSINESS)
    say(loaded=time.monotonic() - began)
    if sys.argv[1:] == ["nursery"]:
        import alembic.command
        import alembic.config  # noqa: F401 - so that the first worker on a new database does not read it alone

        nursery(app)
    else:
        say(born=os.getpid())
        live_once(app, sys.stdin.readline(), began)


if __name__ == "__main__":
    main()
