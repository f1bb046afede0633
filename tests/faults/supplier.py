"""The supplier as a process that is killed and comes back at once, at the same address, with the ledger that lies in its file.

As with workers, one process loads everything and forks a supplier a line of its input.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from flowkit.testing.peer import Business, Peer
from flowkit.testing.peer_events import Events
from flowkit.testing.peer_ledger import Ledger
from flowkit.testing.peer_process import PeerProcess
from tests.faults.killing import Worker
from tests.faults.plan import say


class Supplier(PeerProcess):
    """`die` kills it in the midst of whatever it does; `wait` until it is there again."""

    def __init__(self, ledger: Path) -> None:
        super().__init__(ledger)
        self._nursery: Worker | None = None
        self._pid, self._there = 0, False

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.faults.supplier", str(self._ledger)]
        root = Path(__file__).parents[2]
        self._nursery = Worker(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, bufsize=0)
        )
        self._nursery.send("0\n")
        self.wait()

    def die(self) -> None:
        """At once, and come back soon."""
        self.wait()
        assert self._nursery is not None
        os.kill(self._pid, signal.SIGKILL)
        self._nursery.send(f"{self._port}\n")
        self._there = False

    def wait(self) -> None:
        assert self._nursery is not None
        for line in self._nursery.lines(time.monotonic() + 60) if not self._there else ():
            if "port" in line:
                self._pid, self._port, self._there = line["listens"], line["port"], True
                return

    def kill(self) -> None:
        if self._nursery is not None and self._pid:
            self.wait()
            os.kill(self._pid, signal.SIGKILL)
            self._nursery.end()
            self._nursery = None


def serve(ledger: Path, port: int) -> None:
    server = Peer(Business(Ledger(ledger), {"*": "10"}, Events()), port=port)
    say(listens=os.getpid(), port=server.server_address[1])
    server.serve_forever(poll_interval=0.1)


def main() -> None:
    for line in sys.stdin:
        assert threading.active_count() == 1
        child = os.fork()
        if child == 0:
            serve(Path(sys.argv[1]), int(line))
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
