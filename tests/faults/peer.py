"""The outside: somebody who takes messages and writes down what he took, in a process that no kill reaches.

Now and then he takes a message and hangs up without a word, as a cut line does: the sender must send it again, under the
same key. He answers by a Unix socket.
"""

from __future__ import annotations

import json
import random
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flowkit.notify.channel import DeliveryError, Message, Receipt


@dataclass(frozen=True, slots=True)
class Taken:
    """A message as it arrived. `heard`: the sender got an answer."""

    key: str
    to: str
    case: str
    text: str
    heard: bool


class Peer:
    """Listens until closed. Each message stands in `taken` before it is answered."""

    def __init__(self, folder: Path, hang_up: float = 0.05, seed: int = 0) -> None:
        self.address, self.taken = str(folder / "peer.socket"), list[Taken]()
        self._chance, self._hang_up, self._lock = random.Random(seed), hang_up, threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(self.address)
        self._socket.listen(64)
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        # A worker that is killed resets its line, or leaves half a message behind: that one was not taken.
        with suppress(OSError), line, line.makefile("rb") as spoken:
            for raw in spoken:
                if not raw.endswith(b"\n"):
                    return
                with self._lock:
                    heard = self._chance.random() >= self._hang_up
                    self.taken.append(Taken(**json.loads(raw), heard=heard))
                if not heard:
                    return
                line.sendall(b"ok\n")


class ToPeer:
    """The worker's channel to him: one message there, one word back, else a DeliveryError. A line for each thread."""

    name = "peer"

    def __init__(self, address: str) -> None:
        self._address = address
        self._lines = threading.local()

    def send(self, message: Message) -> Receipt:
        told = {"key": message.key, "to": message.to, "case": message.case, "text": f"{message.title}: {message.text}"}
        try:
            line = self._line()
            line.sendall(json.dumps(told, ensure_ascii=False).encode() + b"\n")
            answer = line.recv(16)
        except OSError as error:
            self._lines.line = None
            raise DeliveryError(f"the line was cut: {error}") from error
        if answer != b"ok\n":
            self._lines.line = None
            line.close()
            raise DeliveryError("the other side hung up")
        return Receipt()

    def _line(self) -> socket.socket:
        line: socket.socket | None = getattr(self._lines, "line", None)
        if line is None:
            line = self._lines.line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(10)
            line.connect(self._address)
        return line
