"""What the peer tells by itself: shipped, delivered. Posted to an address, or written as a file, signed either way."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from flowkit.clock import SystemClock
from flowkit.connect.incoming import sign
from flowkit.testing.peer_ledger import Order

EVENTS = ("shipped", "delivered")
_WAITS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class Events:
    """Where events go, and what they are signed with.

    to          an address in which `{event}` is the event's name, or a folder that gets a file for each; "" for nowhere
    ship_after  seconds from an order to `shipped`, and from there to `delivered`; None: only when told to
    """

    to: str = ""
    secret: str = ""
    connector: str = "supplier"
    ship_after: float | None = None

    def begin(self, order: Order) -> None:
        """What follows an order by itself."""
        if self.to and self.ship_after is not None:
            self._later(self.ship_after, order, 0)

    def tell(self, event: str, order: Order, more: dict[str, Any] | None = None) -> str:
        """Tell of one event now; where it went. Posting is tried again in the background."""
        content = {"type": event, "ref": order.ref, "order": order.no, "tracking": f"SF{order.no[2:]}", **(more or {})}
        body = json.dumps(content, ensure_ascii=False).encode()
        if not self.to:
            return "nowhere: started without --events"
        if "://" in self.to:
            self._post(event, order, body, 0)
            return self.to.replace("{event}", event)
        name = re.sub(r"[^\w-]", "_", f"{event}-{order.ref}")
        path = Path(self.to) / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.letter(event, order, body), ensure_ascii=False, indent=2), encoding="utf-8")
        return str(path)

    def letter(self, event: str, order: Order, body: bytes) -> dict[str, Any]:
        """An event with all that came with it, as one JSON object; its signature holds for five minutes."""
        return {
            "connector": self.connector,
            "event": event,
            "headers": self._headers(event, order, body),
            "body": body.decode(),
        }

    def _headers(self, event: str, order: Order, body: bytes) -> dict[str, str]:
        # The id is the same however often one event is sent; the time is that of this try.
        headers = sign(self.secret, f"evt_{event}_{order.no}", SystemClock().now(), body)
        return {"content-type": "application/json", **headers}

    def _later(self, seconds: float, order: Order, number: int) -> None:
        def tell() -> None:
            self.tell(EVENTS[number], order)
            if number + 1 < len(EVENTS):
                self._later(seconds, order, number + 1)

        _after(seconds, tell)

    def _post(self, event: str, order: Order, body: bytes, tried: int) -> None:
        def again() -> None:
            if not self._posted(event, order, body) and tried < len(_WAITS):
                self._post(event, order, body, tried + 1)

        _after(_WAITS[tried - 1] if tried else 0, again)

    def _posted(self, event: str, order: Order, body: bytes) -> bool:
        address = self.to.replace("{event}", event)
        request = Request(address, body, self._headers(event, order, body), method="POST")  # noqa: S310
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
                return 200 <= int(answer.status) < 300
        except HTTPError as error:
            # Refused for what it is: saying it again would not help.
            return 400 <= error.code < 500 and error.code not in {408, 429}
        except (URLError, OSError, ValueError):
            return False


def _after(seconds: float, action: Any) -> None:
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()
