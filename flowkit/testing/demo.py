"""A business to try out: cases under way as its own stories tell them, systems that answer, messages that go nowhere."""

from __future__ import annotations

import os
import re
import threading
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from flowkit.app.app import App
from flowkit.app.nouns.scenario import Scenario
from flowkit.app.nouns.scenario_examples import tellings
from flowkit.clock import ShiftedClock, SystemClock
from flowkit.connect.http import Caller
from flowkit.connect.incoming import Received
from flowkit.diagnostics import Findings
from flowkit.errors import FlowKitError
from flowkit.kit import FlowKit
from flowkit.notify.channel import Message, Receipt
from flowkit.runtime.receiving import Outside
from flowkit.testing.caller import ScenarioCaller
from flowkit.testing.cases import Cases
from flowkit.testing.cast import Cast
from flowkit.testing.peer import Business, Peer
from flowkit.testing.peer_events import EVENTS, Events
from flowkit.testing.peer_faults import Faults
from flowkit.testing.peer_ledger import Ledger, Order
from flowkit.testing.stage import Stage
from flowkit.testing.taking import Taking

MORNING = 9
"The hour at which a trial begins: people are at work then."

SAMPLES = 18
"How many of an app's stories are begun, each as far as its number lets it."

SHIPS_AFTER = 20.0
"Seconds from an order to its shipment, and from there to its arrival."

SECRET = "whsec_" + b64encode(b"everybody may know it").decode()
"What events are signed with where the app's own variable is not set. It protects nothing, and nobody sees what is in here."

MOST_MESSAGES = 300

_VARIABLE = re.compile(r"\$\{env:(\w+)\}")


class Outgoing:
    """A channel that sends nothing and keeps what would have gone out."""

    def __init__(self, name: str, kept: deque[Mapping[str, Any]]) -> None:
        self._name, self._kept = name, kept

    @property
    def name(self) -> str:
        return self._name

    def send(self, message: Message) -> Receipt | None:
        self._kept.appendleft(
            {
                "channel": self._name,
                "title": message.title or message.notification,
                "text": message.text,
                "case": message.case,
                "actor": message.to,
                "at": message.at,
                "address": message.address or "",
            }
        )
        return None


@dataclass(frozen=True, slots=True)
class Shipping(Events):
    """Tells a kit of shipments as the supplier would, without a network between. `kits` holds it once it is there."""

    kits: list[FlowKit] = field(default_factory=list)

    def begin(self, order: Order) -> None:
        self._tell_later(order, 0)

    def _tell_later(self, order: Order, number: int) -> None:
        timer = threading.Timer(SHIPS_AFTER, self._tell, (order, number))
        timer.daemon = True
        timer.start()

    def _tell(self, order: Order, number: int) -> None:
        if not self.kits:
            return
        kit = self.kits[0]
        event = EVENTS[number]
        given = {"tracking": f"SF{order.no[2:]}"} if event == "shipped" else {}
        with suppress(FlowKitError):
            kit.believed(Received(self.connector, event, f"evt_{event}_{order.no}", kit.clock.now(), order.ref, given))
        if number + 1 < len(EVENTS):
            self._tell_later(order, number + 1)


class Trial:
    """An app at work on data that is gone when it ends, unless a database is named.

    began   the moment at which it begins, timezone-aware; without it nine o'clock of a working day
    """

    def __init__(
        self, app: App, database: str = "sqlite://", *, sample: bool = True, began: datetime | None = None
    ) -> None:
        self.app = app
        self.clock = ShiftedClock(began or _morning(app, SystemClock().now()))
        self._messages: deque[Mapping[str, Any]] = deque(maxlen=MOST_MESSAGES)
        shipping = Shipping()
        self._peer, variables = _peer(app, shipping)
        environment = {**os.environ, **variables}
        # Whoever tells us of something goes by the clock of the machine, not by the one that is pushed on here.
        outside = Outside(environment, SystemClock())
        caller = Caller(environment, self.clock)
        channels = {name: Outgoing(name, self._messages) for name in app.channels}
        self.kit = FlowKit(app, database, clock=self.clock, channels=channels, caller=caller, outside=outside)
        shipping.kits.append(self.kit)
        self._shipping = shipping
        if sample:
            _begin_cases(self.kit, self.clock)
        self.cast = Cast(self.kit)

    def close(self) -> None:
        """End the peer, then the kit."""
        if self._peer is not None:
            self._peer.stopping.set()
            self._peer.shutdown()
            self._peer.server_close()
        self._shipping.kits.clear()
        self.kit.close()

    # --- what the pages show of it ---------------------------------------------------------------------------------------

    def push(self, minutes: int) -> None:
        """Push the clock on, from due time to due time, so that each thing happens in its turn."""
        until = self.clock.now() + timedelta(minutes=minutes)
        for _ in range(10_000):
            due = self.kit.next_due(calls=True)
            if due is None or due >= until:
                break
            self.clock.move(max(timedelta(0), due - self.clock.now()))
            if self.kit.advance(wait_for=False).nothing:
                break
        self.clock.move(max(timedelta(0), until - self.clock.now()))
        self.kit.advance(wait_for=False)

    @property
    def messages(self) -> tuple[Mapping[str, Any], ...]:
        # Told when it is read: whoever came in at the door meanwhile has a number to be called by.
        return tuple({**each, "to": self._called(each["actor"], each["case"])} for each in self._messages)

    def _called(self, to: str, case: str) -> str:
        return self.cast.name(to, case) if to.partition(":")[0] in self.app.entities else to


def _morning(app: App, now: datetime) -> datetime:
    """Nine o'clock of today, or of the next day on which the business is open."""
    here = now.astimezone(app.settings.timezone).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    calendar = app.business.calendar
    for _ in range(15):
        if calendar is None or calendar.is_open(here + timedelta(minutes=30)):
            break
        here += timedelta(days=1)
    return here.astimezone(UTC)


def _peer(app: App, shipping: Shipping) -> tuple[Peer | None, dict[str, str]]:
    """The stand-in for an app's outside systems, and the variables that lead there: those that nobody has given."""
    texts = [document.text for document in app.source.documents["connector"].values()]
    wanted = [name for text in texts for name in _VARIABLE.findall(text) if name not in os.environ]
    if not wanted:
        return None, {}
    stock = {
        key: str(r["stock"]) for rows in app.rows.values() for key, r in rows.items() if r.get("stock") is not None
    }
    business = Business(Ledger(Path(mkdtemp(prefix="flowkit-")) / "orders.jsonl"), {"*": "10", **stock}, shipping)
    peer = Peer(business, Faults([]), 0, "demo")
    threading.Thread(target=peer.serve_forever, args=(0.1,), daemon=True).start()
    given = {n: peer.url if n.endswith("URL") else SECRET if "SECRET" in n else "demo" for n in wanted}
    return peer, given


def _begin_cases(kit: FlowKit, clock: ShiftedClock) -> None:
    """What an app's stories begin, on this kit: each goes a few steps, so that something stands at every place."""
    seen: set[str] = set()
    scenarios: list[Scenario] = []
    for document in kit.app.scenarios:
        for telling in tellings(document, Findings()):
            if telling.scenario.name not in seen:
                seen.add(telling.scenario.name)
                scenarios.append(telling.scenario)
    for number, scenario in enumerate(scenarios[:SAMPLES]):
        _begin(kit, clock, scenario, 1 + number % 7)
        clock.move(timedelta(minutes=3))
        kit.advance(wait_for=False)


def _begin(kit: FlowKit, clock: ShiftedClock, scenario: Scenario, most: int) -> None:
    stage = Borrowed(kit, clock)
    taking = Taking(stage, Cases(stage), ScenarioCaller())
    with suppress(FlowKitError):
        # Time goes its own way here, and nobody outside tells anything before it is asked.
        for step in [step for step in scenario.steps if step.kind not in ("wait", "at")][:most]:
            if step.kind not in ("submit", "act") or step.refusal is not None:
                return
            taking.take(step)


class Borrowed(Stage):
    """A kit that is at work already, as a stage on which stories are played."""

    def __init__(self, kit: FlowKit, clock: ShiftedClock) -> None:
        self.app, self.kit, self.clock = kit.app, kit, clock  # type: ignore[assignment]
        self._asks, self._names = True, {}
