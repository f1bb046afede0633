"""The peer's orders, one for each ref of a buyer, in a book that only grows. Knows nothing of HTTP."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from flowkit.testing.peer_book import Book, read_book


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
        self._book, self._lock = Book(path), threading.Lock()
        self._orders = {order.ref: order for order in (Order(**entry) for entry in self._book.entries())}

    @property
    def path(self) -> Path:
        return self._book.path

    def place(self, ref: str, sku: str, qty: str, at: str) -> tuple[Order, bool]:
        """The order for a ref, and whether it is new. Raises ConflictError for a known ref with other content."""
        with self._lock:
            known = self._orders.get(ref)
            if known is not None:
                if (known.sku, known.qty) != (sku, qty):
                    raise ConflictError(ref)
                return known, False
            order = Order(f"PO{len(self._orders) + 1:05}", ref, sku, qty, at)
            self._book.append(asdict(order))
            self._orders[ref] = order
            return order, True

    def order(self, ref: str) -> Order | None:
        return self._orders.get(ref)

    def orders(self) -> tuple[Order, ...]:
        with self._lock:
            return tuple(self._orders.values())


def read_ledger(path: Path) -> list[Order]:
    """Every order that was acknowledged, in order; also while a peer is at work. A cut line at the end is none."""
    return [Order(**entry) for entry in read_book(path)]
