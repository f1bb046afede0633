"""The peer's orders: one line a file for each, on the disk before anybody is told, so that they can be counted afterwards.

Knows nothing of HTTP. What was acknowledged stands in the file whatever became of the process; a line that was cut off
was never acknowledged, and is dropped.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `ref` is the buyer's, `no` ours; `qty` as the buyer wrote it; `at` ISO 8601."""

    no: str
    ref: str
    sku: str
    qty: str
    at: str


class ConflictError(Exception):
    """The same ref with other content: not a repeat, and not a new order either."""


class Ledger:
    """Orders by ref, in a file that only grows. Safe to share between threads; one process at a time."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._orders = {order.ref: order for order in _mended(path)}

    @property
    def path(self) -> Path:
        return self._path

    def place(self, ref: str, sku: str, qty: str, at: str) -> tuple[Order, bool]:
        """The order for a ref, and whether it is new. Raises ConflictError for a known ref with other content."""
        with self._lock:
            known = self._orders.get(ref)
            if known is not None:
                if (known.sku, known.qty) != (sku, qty):
                    raise ConflictError(ref)
                return known, False
            order = Order(f"PO{len(self._orders) + 1:05}", ref, sku, qty, at)
            self._append(order)
            self._orders[ref] = order
            return order, True

    def order(self, ref: str) -> Order | None:
        return self._orders.get(ref)

    def orders(self) -> tuple[Order, ...]:
        with self._lock:
            return tuple(self._orders.values())

    def _append(self, order: Order) -> None:
        line = json.dumps(asdict(order), ensure_ascii=False) + "\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, line.encode())
            os.fsync(file)
        finally:
            os.close(file)


def read_ledger(path: Path) -> list[Order]:
    """Every order that was acknowledged, in order; also while a peer is at work. A cut line at the end is none."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return list(_orders(text))


def _orders(text: str) -> Iterator[Order]:
    whole, _, _ = text.rpartition("\n")
    for line in whole.split("\n") if whole else ():
        yield Order(**json.loads(line))


def _mended(path: Path) -> Iterator[Order]:
    """The orders of a file, which is cut behind its last whole line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    raw = path.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) < len(raw):
        os.truncate(path, len(whole))
    return _orders(whole.decode())
