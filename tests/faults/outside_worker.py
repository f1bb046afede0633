"""A process with a FlowKit at work on jobs that order parts outside: children, calls over HTTP, events that come back.

It is there to be killed, and tells line by line what it was about to do and what was acknowledged. It forks one worker a
line of its input; each has its own FlowKit, connections and threads.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flowkit import FlowKit, RefusedError, load_app
from flowkit.app.app import App
from flowkit.connect.connector import Connector
from flowkit.connect.failure import Reply
from flowkit.connect.http import Caller as HttpCaller
from flowkit.connect.incoming import sign
from flowkit.connect.operation import Request
from flowkit.kit import CaseView
from flowkit.runtime.asking import Caller
from flowkit.testing.peer_ledger import Order
from flowkit.wire.connections import Plain
from tests.faults.life import FastClock, each, nursery, watch
from tests.faults.outside_plan import BUSINESS, EVENT, SECRET, Plan
from tests.faults.outside_planted import BUGS, JUDGING
from tests.faults.plan import Sent, say

REST = 100.0
"""Seconds within which all is done once nobody begins anything any more."""

BOSS, BUYERS = "employee:boss", ("employee:b1", "employee:b2")


def orders(path: str, start: int) -> list[Order]:
    """The orders in the supplier's file from that byte on."""
    with Path(path).open("rb") as file:
        file.seek(start)
        whole, _, _ = file.read().rpartition(b"\n")
    return [Order(**json.loads(line)) for line in whole.split(b"\n") if line]


class Silent:
    """A channel that keeps nothing: messages are another harness's matter."""

    name = "post"

    def send(self, message: Any) -> None:
        pass


def break_off_beginnings(chance: random.Random) -> None:
    """Now and then what is to begin a child breaks off and is put off: it may be called off before it has begun."""
    decide = JUDGING.decide

    def unlucky(workflow: Any, case: Any, command: Any, facts: Any, now: Any) -> Any:
        if command.kind == "submit" and command.data.get("parent") and chance.random() < 0.1:
            raise OSError("broken off on purpose")
        return decide(workflow, case, command, facts, now)

    JUDGING.decide = unlucky


class Telling:
    """Says what is about to be asked, asks, and says if that surely had no effect: nobody was reached, or it was too often."""

    def __init__(self, caller: Caller) -> None:
        self._caller, self._thread = caller, threading.local()
        connect = Plain.connect

        def connected(wire: Plain, address: Any) -> None:
            connect(wire, address)
            self._thread.reached = True

        Plain.connect = connected  # type: ignore[method-assign]

    def perform(self, connector: Connector, request: Request) -> Reply:
        say(asked=request.content["ref"], operation=request.operation)
        self._thread.reached = False
        reply = self._caller.perform(connector, request)
        if not self._thread.reached or (reply.failure is not None and reply.failure.status == 429):
            say(void=request.content["ref"])
        return reply


class Life:
    """One worker's life under a plan."""

    def __init__(self, plan: Plan, app: App) -> None:
        self._plan, self._app = plan, app
        self._open, self._told = set(plan.open), set[str]()
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._clock = FastClock(plan.began, plan.speed)

    def live(self) -> None:
        plan = self._plan
        if plan.bug:
            BUGS[plan.bug][0]()
        if not plan.drain:
            break_off_beginnings(random.Random(f"{plan.seed}/{plan.life}"))
        watch(plan.trail, plan.end)
        caller = Telling(HttpCaller(os.environ, self._clock))
        channels = {"post": Silent()}
        with FlowKit(self._app, plan.database, clock=self._clock, channels=channels, caller=caller) as kit:
            kit.start_background()
            each(plan.again, lambda sent: self._send(kit, sent), plan.threads)
            say(ready=0)
            if plan.drain:
                self._drain(kit)
            else:
                chances = [random.Random(f"{plan.seed}/{plan.life}/{i}") for i in range(plan.threads)]
                each(chances, lambda chance: self._work(kit, chance), plan.threads)

    # --- sending -----------------------------------------------------------------------------------------------------

    def _send(self, kit: FlowKit, sent: Sent) -> None:
        """Give a command to the kit and tell what came of it."""
        try:
            if sent.kind == "submit":
                shown = kit.submit("job", sent.data, by=sent.by, key=sent.mark)
            elif sent.kind == "act":
                shown = kit.act(sent.case, sent.action, sent.data, by=sent.by, key=sent.mark)
            else:
                shown = self._receive(kit, sent)
        except RefusedError as refused:
            say(refused=sent.mark, code=refused.code)
            return
        if sent.kind == "event":
            # What the case is by now differs from one telling to the next; that it is the same case must not.
            say(acknowledged=sent.mark, case=shown.id)
            return
        say(acknowledged=sent.mark, case=shown.id, sequence=shown.sequence, ended=bool(shown.ended))
        if sent.kind == "submit":
            with self._lock:
                self._open.add(shown.id)

    def _receive(self, kit: FlowKit, sent: Sent) -> CaseView:
        """Told as often as it takes: under this clock a signature is too old after half a second."""
        body = json.dumps(sent.data).encode()
        while True:
            headers = sign(SECRET, sent.mark.rpartition("/")[2], self._clock.now(), body)
            try:
                return kit.receive("supplier", "shipped", body, headers)
            except RefusedError as refused:
                if refused.code != "stale-event":
                    raise

    def _work(self, kit: FlowKit, chance: random.Random) -> None:
        """Until somebody kills us."""
        last: Sent | None = None
        while True:
            if last is not None and chance.random() < 0.1:
                self._send(kit, last)
            sent = self._something(kit, chance)
            if sent is None:
                time.sleep(0.002)
                continue
            self._begin(sent)
            self._send(kit, sent)
            last = sent

    def _begin(self, sent: Sent) -> None:
        say(sent=sent.mark, kind=sent.kind, by=sent.by, data=sent.data, case=sent.case, action=sent.action)

    def _something(self, kit: FlowKit, chance: random.Random) -> Sent | None:
        mark, dice = f"{self._plan.life}.{next(self._numbers)}", chance.random()
        if dice < 0.15:
            lines = [{"sku": f"{mark}-{i}", "quantity": chance.randrange(1, 9)} for i in range(chance.randrange(5))]
            return Sent(mark, "submit", chance.choice(BUYERS), {"mark": mark, "lines": lines})
        if dice < 0.65:
            return self._shipped(chance)
        return self._task(kit, mark, chance) if dice < 0.85 else self._stage(kit, mark, chance)

    def _shipped(self, chance: random.Random) -> Sent | None:
        """That an order was shipped; now and then one that was told of before."""
        known = orders(self._plan.ledger, self._plan.ledger_from)
        new = [order for order in known if order.no not in self._told]
        some = new if new and chance.random() < 0.9 else known
        return self._event(chance.choice(some)) if some else None

    def _event(self, order: Order) -> Sent:
        with self._lock:
            self._told.add(order.no)
        data = {"type": "shipped", "ref": order.ref, "order": order.no, "tracking": f"SF{order.no}"}
        return Sent(EVENT.format(order.no), "event", "", data)

    def _task(self, kit: FlowKit, mark: str, chance: random.Random) -> Sent | None:
        by = chance.choice((BOSS, *BUYERS))
        actions = {"gathered": ("close",), "by_hand": ("again", "settle", "settle")}
        able = [task for task in kit.tasks(by=by) if task.node in actions]
        if not able:
            return None
        task = chance.choice(able)
        return Sent(mark, "act", by, {"mark": mark}, task.case, chance.choice(actions[task.node]))

    def _stage(self, kit: FlowKit, mark: str, chance: random.Random) -> Sent | None:
        """Something about a job while its children are at work."""
        with self._lock:
            case_id = chance.choice(sorted(self._open)) if self._open else ""
        if not case_id:
            return None
        case = kit.case(case_id)
        if case.node != "gathering":
            with self._lock:
                self._open.discard(case_id)
            return None
        action = "leave" if chance.random() < 0.15 else "note"
        return Sent(mark, "act", case.applicant, {"mark": mark}, case_id, action)

    # --- coming to rest ----------------------------------------------------------------------------------------------

    def _drain(self, kit: FlowKit) -> None:
        """Until nothing is due any more and every order was told of; then the kit's own verdict."""
        pending = "SELECT (SELECT count(*) FROM outbox WHERE state = 'pending') + (SELECT count(*) FROM inbox WHERE due IS NOT NULL)"
        told, latest = set[str](), time.monotonic() + REST
        with sqlite3.connect(self._plan.database.replace("sqlite:///", "file:") + "?mode=ro", uri=True) as looking:
            while True:
                new = [o for o in orders(self._plan.ledger, self._plan.ledger_from) if o.no not in told]
                for order in new:
                    told.add(order.no)
                    self._begin(self._event(order))
                each([self._event(order) for order in new], lambda sent: self._send(kit, sent), self._plan.threads)
                at_rest = kit.advance().nothing and kit.next_due() is None
                if at_rest and not new and looking.execute(pending).fetchone() == (0,):
                    break
                if time.monotonic() > latest:
                    say(faults=[f"after {REST:.0f} s not at rest: {line}" for line in _standing(kit, looking)])
                    break
                time.sleep(0.01)
        say(faults=[repr(fault)[:300] for fault in kit.verify()[:10]])


def _standing(kit: FlowKit, looking: sqlite3.Connection) -> Iterator[str]:
    """What is still to be done, for whoever must find out why."""
    yield f"now {kit.clock.now()}, next timer {kit.next_due()}"
    for table, which in (("outbox", "state = 'pending'"), ("inbox", "due IS NOT NULL"), ("timers", "true")):
        rows = looking.execute(f"SELECT * FROM {table} WHERE {which} LIMIT 3")
        yield from (f"{table}: {dict(zip([c[0] for c in rows.description], row, strict=True))}"[:600] for row in rows)


def main() -> None:
    app = load_app(BUSINESS)
    say(loaded=0)
    nursery(lambda line, _: Life(Plan.from_line(line), app).live())


if __name__ == "__main__":
    main()
