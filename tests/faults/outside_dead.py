"""`python -m tests.faults.outside_dead`: how much a system that takes connections and never says a word slows the others."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from flowkit import FlowKit, load_app
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
""" + "".join(
    f"""---
connector: {name}
base: ${{env:{name.upper()}_URL}}
allow: [{{host: "${{env:{name.upper()}_URL}}", private: true}}]
timeout: {{connect: 2m, read: 2m, total: 2m}}
operations:
  order:
    with: {{sku: text}}
    post: /orders
    body: {{sku: =sku, qty: 1, ref: =call.key}}
    idempotent: ref
    ok: reply.code == 0
    returns: {{order: {{type: text, value: reply.data.no}}}}
---
workflow: {name}_order
from: {{sku: {{type: text, required: true}}}}
nodes:
  ordering:
    {{call: {name}.order, with: {{sku: =sku}}, within: 1d, save: placed, next: [{{to: ordered}}], failed: {{to: refused}}}}
  ordered: {{end: done}}
  refused: {{end: rejected}}
"""
    for name in ("live", "dead")
)
BOSS = "employee:boss"


@dataclass(frozen=True, slots=True)
class Passed:
    """How long `live` orders took, in seconds, and whether all came through while so many to the dead stood open."""

    seconds: float
    done: int
    still_open: int
    hanging: int


class Dead:
    """Takes every connection and says nothing until it is closed."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url, self.held = f"http://127.0.0.1:{self._socket.getsockname()[1]}", list[socket.socket]()
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                self.held.append(self._socket.accept()[0])

    def close(self) -> None:
        # Closed alone it would go on taking connections: the thread that waits in `accept` holds it open.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for each in self.held:
            each.close()


@contextmanager
def _dead() -> Iterator[Dead]:
    dead = Dead()
    try:
        yield dead
    finally:
        dead.close()


def run(folder: Path, live: int, dead: int, patience: float = 120.0) -> Passed:
    """So many orders to the dead, then so many to the living, which are waited for."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app").mkdir()
    (folder / "app" / "app.yaml").write_text(APP, encoding="utf-8")
    with PeerProcess(folder / "orders") as peer, _dead() as grave:
        with mock.patch.dict(os.environ, LIVE_URL=peer.url, DEAD_URL=grave.url):
            app = load_app(folder / "app")
            with FlowKit(app, f"sqlite:///{folder}/work.db") as kit:
                for number in range(dead):
                    kit.submit("dead_order", {"sku": f"d{number}"}, by=BOSS)
                kit.start_background()
                began = time.monotonic()
                while dead and not grave.held and time.monotonic() < began + patience:
                    time.sleep(0.01)
                began = time.monotonic()
                for number in range(live):
                    kit.submit("live_order", {"sku": f"l{number}"}, by=BOSS)
                while len(kit.outbox("done")) < live and time.monotonic() < began + patience:
                    time.sleep(0.01)
                passed = Passed(
                    time.monotonic() - began, len(kit.outbox("done")), len(kit.outbox("pending")), len(grave.held)
                )
                grave.close()
        return passed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.outside_dead", description=__doc__)
    parser.add_argument("--live", type=int, default=200)
    parser.add_argument("--dead", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flowkit-dead-") as folder:
        # Alone, beside the dead, alone again: what else the machine does meanwhile falls on all three.
        before, beside, after = (run(Path(folder) / str(i), given.live, n) for i, n in enumerate((0, given.dead, 0)))
    alone = (before.seconds + after.seconds) / 2
    print(
        f"{given.live} orders alone: {before.seconds:.2f} s and {after.seconds:.2f} s; {before.done}, {after.done} done"
    )
    print(f"beside {given.dead} to a dead system: {beside.seconds:.2f} s; {beside.done} done, {beside.still_open} open")
    print(f"ratio {beside.seconds / alone:.2f}")
    return 0 if beside.done == given.live and beside.seconds <= 2 * alone else 1


if __name__ == "__main__":
    sys.exit(main())
