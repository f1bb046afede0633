"""`python -m tests.faults.outside_script --many 2000`: calls and messages to others who do everything wrong that can be done wrong.

Afterwards nothing is unknown: each stands once in the other side's ledger, or is listed with its reason and its case knows.
The supplier is a process of its own; who takes messages keeps a ledger in a file. The clock is moved by hand, the network is real.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.diagnostics import Findings
from flowkit.notify import channel
from flowkit.notify.webhook import Webhook
from flowkit.source.reading import read
from flowkit.testing.peer import Answer, Business, Peer
from flowkit.testing.peer_events import Events
from flowkit.testing.peer_faults import Faults, read_fault
from flowkit.testing.peer_ledger import ConflictError, Ledger
from flowkit.testing.peer_process import PeerProcess

APP = """
app: shop
catcher: boss
roles: {boss: {title: 老板}}
staff: {entity: employee, roles: roles}
channels: {post: {preset: console}}
---
entity: employee
key: code
fields: {code: text, roles: {type: list, of: role}}
rows: [{code: boss, roles: [boss]}]
---
connector: supplier
base: ${env:SUPPLIER_URL}
allow: [{host: "${env:SUPPLIER_URL}", private: true}]
timeout: 1s
operations:
  order: &order
    with: {sku: text}
    post: /orders
    body: {sku: =sku, qty: 1, ref: =call.key}
    idempotent: ref
    retry: {times: 4, after: 10s}
    ok: reply.code == 0
    message: reply.message
    returns: {order: {type: text, value: reply.data.no}}
  once:
    with: {sku: text}
    post: /orders/
    body: {sku: =sku, qty: 1, ref: =call.key}
    retry: {times: 4, after: 10s}
    ok: reply.code == 0
    message: reply.message
    returns: {order: {type: text, value: reply.data.no}}
---
workflow: order
from: {sku: {type: text, required: true}}
nodes:
  ordering:
    {call: supplier.order, with: {sku: =sku}, within: 30d, save: placed, next: [{to: ordered}], failed: {to: refused}}
  ordered: {end: done}
  refused: {end: rejected}
---
workflow: once
from: {sku: {type: text, required: true}}
nodes:
  ordering:
    {call: supplier.once, with: {sku: =sku}, within: 30d, save: placed, next: [{to: ordered}], failed: {to: refused}}
  ordered: {end: done}
  refused: {end: rejected}
---
workflow: tell
from: {sku: {type: text, required: true}}
nodes:
  told: {do: [{notify: {to: applicant, text: "{{ sku }} is here"}}], end: done}
""".replace(" &order", "")
CHANNEL = "channel: post\npreset: webhook\nurl: {}/in\nprivate: true\nok: reply.code == 0\n"
WRONG = (
    "hang",
    "drip=1",
    "reset",
    "reset-after",
    "error=500",
    "throttle=2",
    "throttle=date",
    "throttle=soon",
    "refuse",
    "cut",
)
ONCE = ("hang", "drip=1", "reset", "reset-after", "error=500", "refuse", "cut", "slow=0")
"""What happens to an order that must not be sent twice: after none of these may it be sent again."""

WELL = "slow=0"
BOSS = "employee:boss"


@dataclass(slots=True)
class Result:
    faults: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    took: float = 0.0


class Takes(Business):
    """Takes messages as an order of the message's key: a key that comes again with other content is a conflict."""

    def answer(self, method: str, path: str, query: dict[str, list[str]], content: Any) -> Answer:
        data = content["data"]
        try:
            self.ledger.place(data["key"], data["to"], data["text"], content["timestamp"])
        except ConflictError:
            return 200, {"code": 409}
        return 200, {"code": 0}


def script(many: int, chance: random.Random, kinds: Sequence[str], wrong: float, path: str) -> list[str]:
    return [f"{path}:{chance.choice(kinds) if chance.random() < wrong else WELL}*1" for _ in range(many)]


@contextmanager
def outside(folder: Path, many: int, chance: random.Random) -> Iterator[tuple[PeerProcess, Peer]]:
    """The supplier and the taker of messages, told what to do wrong."""
    taker = Peer(Takes(Ledger(folder / "messages"), {}, Events()))
    taker.faults = Faults(map(read_fault, script(many * 3, chance, WRONG, 0.5, "/in")))
    threading.Thread(target=taker.serve_forever, daemon=True).start()
    with PeerProcess(folder / "orders") as supplier:
        once = [f"/orders/:{chance.choice(ONCE)}*1" for _ in range(many)]
        supplier.faults(*once, *script(many * 3, chance, WRONG, 0.6, "/orders"))
        try:
            yield supplier, taker
        finally:
            taker.stopping.set()
            taker.shutdown()
            taker.server_close()


def run(folder: Path, many: int, seed: int = 1) -> Result:
    """`many` calls and messages in all."""
    result, chance, began = Result(), random.Random(seed), time.monotonic()
    (folder / "app").mkdir()
    (folder / "app" / "app.yaml").write_text(APP, encoding="utf-8")
    each = many // 3
    with outside(folder, each, chance) as (supplier, taker), mock.patch.dict(os.environ, SUPPLIER_URL=supplier.url):
        clock = VirtualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
        post = Webhook(_channel(taker.url), {}, seconds=1.0)
        app = load_app(folder / "app")
        with FlowKit(app, f"sqlite:///{folder}/work.db", clock=clock, channels={"post": post}) as kit:
            for number in range(each):
                for workflow in ("order", "once", "tell"):
                    kit.submit(workflow, {"sku": f"s{number}"}, by=BOSS)
            while kit.outbox("pending"):
                while not kit.advance().nothing:
                    pass
                clock.move(timedelta(minutes=5))
            asked = supplier.ask("GET", "/_peer")["asked"]
            result.requests += Counter({**asked, **taker.asked})
            ordered = Counter(order.ref for order in supplier.orders())
            told = Counter(order.ref for order in taker.business.ledger.orders())
            result.faults += [*_calls(kit, ordered, result), *_messages(kit, told, result)]
            result.faults += [repr(fault) for fault in kit.verify()]
            if asked.get("/orders/") != each:
                result.faults.append(
                    f"{each} orders that must not be sent twice were sent {asked.get('/orders/')} times"
                )
    result.took = time.monotonic() - began
    return result


def _calls(kit: FlowKit, ordered: Counter[str], result: Result) -> Iterator[str]:
    """Each call was answered to its case: with the order that stands in the ledger, or as failed, and then it is listed."""
    for state in ("done", "dead", "dropped"):
        for effect in (e for e in kit.outbox(state) if e.kind == "call"):
            case = kit.case(effect.case)
            replied = [event for event in kit.history(effect.case) if event.kind == "replied"]
            times = ordered.pop(effect.key, 0)
            result.states[f"{effect.target} {state}"] += 1
            result.reasons[effect.error] += state == "dead"
            fine = {"done": (times, case.outcome) == (1, "done"), "dead": effect.error and case.outcome == "rejected"}
            if len(replied) != 1 or not fine.get(state) or times > 1:
                yield f"unknown: {effect.key} is {state}, ordered {times} times; its case: {case.outcome or case.node}, {effect.error}"
    yield from (f"{ref} was ordered, and nobody asked for it" for ref in ordered)


def _messages(kit: FlowKit, told: Counter[str], result: Result) -> Iterator[str]:
    for state in ("done", "dead", "dropped"):
        for effect in (e for e in kit.outbox(state) if e.kind == "message"):
            times = told.pop(effect.key, 0)
            result.states[f"message {state}"] += 1
            result.reasons[effect.error] += state == "dead"
            if times > 1 or not {"done": times == 1, "dead": effect.error}.get(state):
                yield f"unknown: {effect.key} is {state}, taken {times} times, {effect.error}"
    yield from (f"{key} was taken, and nobody sent it" for key in told)


def _channel(url: str) -> channel.ChannelDefinition:
    findings = Findings()
    (document,) = read(CHANNEL.format(url), "app.yaml", findings)
    parsed = channel.parse(document.node, findings, "post")
    assert parsed is not None
    return parsed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.outside_script", description=__doc__)
    parser.add_argument("--many", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flowkit-script-") as folder:
        result = run(Path(folder), given.many, given.seed)
    print(
        f"{given.many} calls and messages in {result.took:.0f} s; {len(result.faults)} faults",
        *result.faults[:20],
        sep="\n  ",
    )
    print(*(f"{many:>6} {what}" for what, many in sorted(result.states.items())), sep="\n")
    print(*(f"{many:>6} listed: {why}" for why, many in result.reasons.most_common() if many), sep="\n")
    print(*(f"{many:>6} requests {path}" for path, many in result.requests.items()), sep="\n")
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
