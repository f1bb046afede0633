"""The console channel: each message is one readable line on a stream.

For trying an app, for scenarios and for a machine whose only reader is its log. It knows no terminal.
"""

from __future__ import annotations

import threading
import unicodedata
from datetime import UTC, tzinfo
from typing import TextIO

from flowkit.notify.channel import DeliveryError, Message, Receipt


class Console:
    """Writes to `stream`, moments in `zone`; may be called from several threads, and never mixes two lines."""

    def __init__(self, stream: TextIO, name: str = "console", zone: tzinfo = UTC) -> None:
        self._stream, self._name, self._zone = stream, name, zone
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    def send(self, message: Message) -> Receipt:
        """Write the line and flush it. Raises `DeliveryError` when the stream is closed or broken."""
        try:
            with self._lock:
                self._stream.write(line(message, self._zone) + "\n")
                self._stream.flush()
        except (OSError, ValueError) as error:
            raise DeliveryError(f"the console cannot be written: {error}") from error
        return Receipt(message.key)


def line(message: Message, zone: tzinfo = UTC) -> str:
    """One line: when as a clock in `zone` shows it, to whom, which notification of which case, and the words."""
    to = f"{message.to} <{message.address}>" if message.address else message.to
    words = ": ".join(_one_line(part) for part in (message.title, message.text) if part)
    head = " ".join(part for part in (message.case, message.notification) if part)
    return f"{message.at.astimezone(zone):%Y-%m-%d %H:%M} → {_one_line(to)} [{_one_line(head)}] {words}".rstrip()


def _one_line(text: str) -> str:
    """Text that people typed must not end the line, nor speak to the terminal: such characters become spaces."""
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in text).split())
