"""A stand-in for the ERP and the supplier of the elevator example: an HTTP server with a ledger, and faults on demand.

It is no vendor's system and was held against none. It is there to be broken: in a process of its own, so that what it
remembers is no witness of ours.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from dataclasses import asdict
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from flowkit.clock import Clock, SystemClock
from flowkit.testing.peer_asked import Answer, Asked, text_of
from flowkit.testing.peer_events import EVENTS, Events
from flowkit.testing.peer_faults import KINDS, Fault, Faults, read_fault
from flowkit.testing.peer_ledger import ConflictError, Ledger

ABOUT = (
    "A stand-in made for trying flowkit: it plays an ERP with stock and a supplier that takes orders. "
    "It is no vendor's system, was certified against none, and keeps nothing but its ledger."
)
_LARGEST = 1_000_000


class Plays(Protocol):
    """What a peer stands in for: what it answers, and how it says no."""

    @property
    def about(self) -> str:
        """What it is and what it is not, in a sentence or two."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Where it can be asked."""

    def asked(self, asked: Asked) -> Answer:
        """What a request is answered: an HTTP status and data."""

    def refused(self, path: str, value: str) -> Answer:
        """A no on demand, with that code or, for "", a usual one."""

    def throttled(self, path: str, value: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        """A not now on demand, with headers."""

    def control(self, method: str, path: str, content: Any) -> Answer | None:
        """A request below `/_peer` that is its own; None for every other."""


class Business:
    """What the peer knows: stock by part, and orders. A stock named `*` is that of every part not named."""

    def __init__(self, ledger: Ledger, stock: dict[str, str], events: Events, clock: Clock | None = None) -> None:
        self.ledger, self.stock, self.events = ledger, stock, events
        self._clock = clock or SystemClock()

    @property
    def about(self) -> str:
        return ABOUT

    @property
    def paths(self) -> tuple[str, ...]:
        return ("/stock", "/orders")

    def asked(self, asked: Asked) -> Answer:
        return self.answer(asked.method, asked.path, parse_qs(asked.query), asked.content)

    def refused(self, path: str, value: str) -> Answer:
        return 200, {"code": int(value) if value.isdecimal() else 310_000, "message": "refused on demand"}

    def throttled(self, path: str, value: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        return 429, {"code": 429, "message": "too often"}, {"Retry-After": _retry_after(value)}

    def control(self, method: str, path: str, content: Any) -> Answer | None:
        """Sends an event of an order now."""
        if (method, path) != ("POST", "/_peer/events"):
            return None
        order, event = self.ledger.order(text_of(content, "ref")), text_of(content, "event")
        if order is None or event not in EVENTS:
            return 404, {"message": f"no such order, or none of {', '.join(EVENTS)}"}
        more = {name: value for name, value in content.items() if name not in {"event", "ref"}}
        return 200, {"to": self.events.tell(event, order, more)}

    def answer(self, method: str, path: str, query: dict[str, list[str]], content: Any) -> Answer:
        """What a request is answered: an HTTP status, and data in which `code` 0 means yes."""
        first, _, rest = path.strip("/").partition("/")
        if (method, first) == ("GET", "stock"):
            return self._stock(unquote(rest) or "".join(query.get("part", [])))
        if (method, first) == ("POST", "stock"):
            self.stock[text_of(content, "part")] = text_of(content, "quantity")
            return self._stock(text_of(content, "part"))
        if (method, first, rest) == ("POST", "orders", ""):
            return self._order(content)
        if (method, first) == ("GET", "orders"):
            return self._orders(unquote(rest))
        return 404, {"code": 404, "message": "no such path; see /"}

    def _stock(self, part: str) -> Answer:
        quantity = self.stock.get(part, self.stock.get("*", ""))
        if not part or not quantity:
            return 200, {"code": 310404, "message": "no such part"}
        return 200, {"code": 0, "part": part, "quantity": float(quantity) if "." in quantity else int(quantity)}

    def _order(self, content: Any) -> Answer:
        ref, sku, qty = (text_of(content, name) for name in ("ref", "sku", "qty"))
        if not ref or not sku or not qty:
            return 200, {"code": 310001, "message": "an order needs ref, sku and qty"}
        try:
            order, new = self.ledger.place(ref, sku, qty, self._clock.now().isoformat())
        except ConflictError:
            return 200, {"code": 310409, "message": "this ref was ordered with other content"}
        if new:
            self.events.begin(order)
        return 200, {"code": 0, "message": "ok", "data": {"no": order.no, "new": new}}

    def _orders(self, ref: str) -> Answer:
        if not ref:
            return 200, {"code": 0, "orders": [asdict(order) for order in self.ledger.orders()]}
        order = self.ledger.order(ref)
        if order is None:
            return 404, {"code": 310404, "message": "no such order"}
        return 200, {"code": 0, "order": asdict(order)}


class Peer(ThreadingHTTPServer):
    """The server. `token`, where there is one, must come as a bearer; `asked` counts requests by path, faulty ones too."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, business: Plays, faults: Faults | None = None, port: int = 0, token: str = "") -> None:
        self.business, self.faults, self.token = business, faults or Faults(), token
        self.stopping, self.asked = threading.Event(), dict[str, int]()
        self._counting = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def count(self, path: str) -> None:
        with self._counting:
            self.asked[path] = self.asked.get(path, 0) + 1

    def control(self, method: str, path: str, content: Any) -> Answer:
        """Requests below `/_peer`: they set faults, send events and tell what was asked."""
        if (method, path) == ("POST", "/_peer/faults"):
            try:
                self.faults.set(read_fault(str(text)) for text in content.get("faults", []))
            except ValueError as error:
                return 400, {"message": str(error)}
            return 200, {"faults": self.faults.told()}
        if (method, path) == ("DELETE", "/_peer/faults"):
            self.faults.set([])
            return 200, {"faults": []}
        if (method, path) == ("GET", "/_peer"):
            return 200, {
                "about": self.business.about,
                "kinds": KINDS,
                "faults": self.faults.told(),
                "asked": self.asked,
            }
        answer = self.business.control(method, path, content)
        return answer or (404, {"message": "POST or DELETE /_peer/faults, GET /_peer, and what is its own"})


class _Handler(BaseHTTPRequestHandler):
    """One request: an errand of control, or business with a fault before or after it."""

    server: Peer
    protocol_version = "HTTP/1.1"
    server_version = "flowkit-peer"
    timeout = 600

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PUT(self) -> None:
        self._serve("PUT")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: what was asked is counted, and what was ordered stands in the ledger."""

    def handle_one_request(self) -> None:
        # Whoever asks may be killed at any moment; that is no news.
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def _serve(self, method: str) -> None:
        self.close_connection = True
        split = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(method, split.path, split.query, headers, self._raw())
        content = asked.content
        if split.path.startswith("/_peer"):
            self._send(*self.server.control(method, split.path, content if isinstance(content, dict) else {}))
            return
        self.server.count(split.path)
        if (method, split.path) == ("GET", "/"):
            self._send(200, {"about": self.server.business.about, "paths": [*self.server.business.paths, "/_peer"]})
            return
        if self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self._send(401, {"code": 401, "message": "sign in"})
            return
        fault = self.server.faults.take(split.path)
        if fault is not None and not fault.after and self._spoilt(split.path, fault):
            return
        status, answer = self.server.business.asked(asked)
        if fault is None or not fault.after or not self._spoilt(split.path, fault, answer):
            self._send(status, answer)

    def _raw(self) -> bytes:
        size = self.headers.get("Content-Length", "0")
        return self.rfile.read(min(int(size), _LARGEST)) if size.isdecimal() else b""

    def _spoilt(self, path: str, fault: Fault, answer: dict[str, Any] | None = None) -> bool:
        """Do what the fault is; whether the request is over with that."""
        match fault.kind:
            case "slow":
                self.server.stopping.wait(fault.number(3))
                return False
            case "hang":
                self._wait_for_the_other_side()
            case "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case "error":
                self._send(int(fault.number(500)), {"code": 500, "message": "on demand"})
            case "throttle":
                self._send(*self.server.business.throttled(path, fault.value))
            case "refuse":
                self._send(*self.server.business.refused(path, fault.value))
            case "junk":
                self._send_raw(b"<html><body>maintenance</body></html>", "text/html")
            case "cut":
                raw = _json(answer)
                self._head(200, len(raw), "application/json", {})
                self.wfile.write(raw[: len(raw) // 2])
            case "drip":
                self._drip(_json(answer), fault.number(1))
        return True

    def _wait_for_the_other_side(self) -> None:
        """Until it has hung up, or this server ends."""
        self.connection.settimeout(0.2)
        while not self.server.stopping.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue

    def _drip(self, raw: bytes, seconds: float) -> None:
        self._head(200, len(raw), "application/json", {})
        for byte in raw:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.stopping.wait(seconds):
                return

    def _send(self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        raw = _json(answer)
        self._head(status, len(raw), "application/json; charset=utf-8", headers or {})
        self.wfile.write(raw)

    def _send_raw(self, raw: bytes, kind: str) -> None:
        self._head(200, len(raw), kind, {})
        self.wfile.write(raw)

    def _head(self, status: int, size: int, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(size),
            "Connection": "close",
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()


def _json(answer: dict[str, Any] | None) -> bytes:
    return json.dumps(answer or {}, ensure_ascii=False).encode()


def _retry_after(value: str) -> str:
    if value == "date":
        return format_datetime(SystemClock().now() + timedelta(seconds=5), usegmt=True)
    return value or "1"
