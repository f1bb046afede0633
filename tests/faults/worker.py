"""A program that holds a FlowKit, as a host would: several threads that submit and act, timers due among the work.

It is there to be killed. What it was about to do and what was acknowledged it tells line by line, at once.

`python -m tests.faults.worker once` lives one life, told on its standard input, and is killed or ends. `… nursery` reads and
loads everything once and forks one worker a line of its input: a worker is then at work within milliseconds. Each is a process
of its own either way, with its own FlowKit, connections and threads.
"""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
import sys
import threading
import time
from collections import Counter
from typing import Any

from flowkit import FlowKit, RefusedError, load_app
from flowkit.app.app import App
from flowkit.kit import CaseView
from tests.faults.life import FastClock, each, live_once, nursery, watch
from tests.faults.peer import ToPeer
from tests.faults.plan import BUSINESS, Plan, Sent, say
from tests.faults.planted import BUGS

CUSTOMERS, MECHANICS = ("customer:c1", "customer:c2", "customer:c3"), tuple(f"employee:m{i}" for i in range(1, 5))
CARS = ("A1", "A2", "A3")


class Life:
    """One worker's life under a plan."""

    def __init__(self, plan: Plan, app: App, began: float) -> None:
        self._plan, self._app, self._began = plan, app, began
        self._open = set(plan.open)
        self._lock = threading.Lock()
        self._numbers = itertools.count()

    def live(self) -> None:
        plan = self._plan
        if plan.bug:
            BUGS[plan.bug][0]()
        watch(plan.trail, plan.end)
        clock = FastClock(plan.began, plan.speed)
        # What comes by the calendar would never come to rest: a drain begins none of it.
        schedules = () if plan.drain else None
        ways = {"peer": ToPeer(plan.peer)}
        with FlowKit(self._app, plan.database, clock=clock, channels=ways, schedules=schedules) as kit:
            say(opened=time.monotonic() - self._began)
            if not plan.drain:
                kit.start_background()
                # Its place is not known: what is planned for it cannot begin, and was not put off for long yet.
                kit.import_records("machine", [{"code": f"m{plan.life}"}])
            each(plan.again, lambda sent: self._send(kit, sent), plan.threads)
            if not plan.again:
                kit.import_records("car", [{"plate": "A0"}])
            say(ready=time.monotonic() - self._began)
            if plan.drain:
                self._drain(kit)
            else:
                chances = [random.Random(f"{plan.seed}/{plan.life}/{i}") for i in range(plan.threads)]
                each(chances, lambda chance: self._work(kit, chance), plan.threads)

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
        last, taken = None, False
        while True:
            if last is not None and chance.random() < 0.1:
                self._repeat(kit, last, chance, taken=taken)
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
            last, taken = sent, self._send(kit, sent) is not None

    def _repeat(self, kit: FlowKit, sent: Sent, chance: random.Random, *, taken: bool) -> None:
        """The same command again, as a client does whose answer was lost; or the key of one that was taken with other content,
        which is refused. The key of a refused one is free.
        """
        if taken and chance.random() < 0.3:
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


def main() -> None:
    began = time.monotonic()
    app = load_app(BUSINESS)
    say(loaded=time.monotonic() - began)
    if sys.argv[1:] == ["nursery"]:
        nursery(lambda line, born: Life(Plan.from_line(line), app, born).live())
    else:
        say(born=os.getpid())
        live_once(lambda: Life(Plan.from_line(sys.stdin.readline()), app, began).live())


if __name__ == "__main__":
    main()
