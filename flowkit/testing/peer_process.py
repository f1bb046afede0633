"""The peer as a process of its own, for tests and harnesses: started, told what to do wrong, killed, started again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import ProxyHandler, Request, build_opener

from flowkit.testing.peer_book import Entry, read_book
from flowkit.testing.peer_ledger import Order, read_ledger


class PeerProcess:
    """A `flowkit peer` on 127.0.0.1. Started again after `kill()`, it has the same port and the same ledger.

    `options` go to the command as they are; `environment` is added to this process's own; `what` is what it stands in for.
    """

    def __init__(
        self, ledger: Path, *options: str, environment: dict[str, str] | None = None, what: str = "erp"
    ) -> None:
        self._ledger, self._options, self._environment, self._what = ledger, options, environment or {}, what
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Returns when it listens. Raises RuntimeError when it does not come up."""
        command = [sys.executable, "-m", "flowkit", "peer", self._what, "--port", str(self._port)]
        command += ["--ledger", str(self._ledger), *self._options]
        environment = {**os.environ, **self._environment}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if "http://127.0.0.1:" not in line:
            self.kill()
            raise RuntimeError(f"the peer did not start: {line.strip()}")
        self._port = int(line.rpartition(":")[2])

    def kill(self) -> None:
        """At once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def faults(self, *texts: str) -> None:
        """These faults from now on, such as `/orders:cut*2`; none: all goes well."""
        self.ask("POST", "/_peer/faults", {"faults": list(texts)})

    def tell(self, event: str, ref: str, **more: Any) -> str:
        """Send an event of an order now; where it went."""
        return str(self.ask("POST", "/_peer/events", {"event": event, "ref": ref, **more})["to"])

    def orders(self) -> list[Order]:
        """What stands in the ledger's file, also when the peer is dead."""
        return read_ledger(self._ledger)

    def taken(self) -> list[Entry]:
        """What a messenger took, by its file: also when it is dead."""
        return read_book(self._ledger)

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        """One request past all faults of control paths; its JSON answer."""
        body = json.dumps(content).encode() if content is not None else None
        request = Request(f"{self.url}{path}", body, {"Content-Type": "application/json"}, method=method)  # noqa: S310
        with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
            return json.loads(answer.read())
