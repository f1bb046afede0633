"""The stand-in ERP and supplier: it keeps its orders whatever happens, and does wrong exactly what it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.clock import SystemClock
from flowkit.connect.connector import Connector, link, parse
from flowkit.connect.http import Caller
from flowkit.connect.incoming import verify
from flowkit.diagnostics import Findings
from flowkit.source.reading import read
from flowkit.testing.peer import Business, Peer
from flowkit.testing.peer_events import Events
from flowkit.testing.peer_faults import KINDS, Fault, Faults, read_fault
from flowkit.testing.peer_ledger import ConflictError, Ledger, read_ledger
from flowkit.testing.peer_process import PeerProcess
from flowkit.values.types import Settings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENVIRONMENT = {"TOKEN": "peer-token", "SECRET": SECRET}
TEXT = """
connector: supplier
base: URL
sign_in: {bearer: "${env:TOKEN}"}
secret: ${env:SECRET}
allow: [{host: 127.0.0.1, private: true}]
timeout: {read: 0.4s, total: 1s}
operations:
  stock: {with: {part: text}, get: "/stock/{{ part }}", ok: reply.code == 0, returns: {quantity: number}}
  order:
    with: {part: text, quantity: number}
    post: /orders
    body: {sku: =part, qty: =quantity, ref: =call.key}
    ok: reply.code == 0
    returns: {order: {type: text, value: reply.data.no}}
    idempotent: ref
events:
  shipped: {when: event.ref == call.key, gives: {tracking: text}}
  delivered: {when: event.ref == call.key}
"""


def connect(url: str) -> Connector:
    findings = Findings()
    definition = parse(read(TEXT.replace("URL", url), "a.yaml", findings)[0].node, findings, "supplier")
    connector = link(definition, findings, Settings(ZoneInfo("Asia/Shanghai")))
    assert not list(findings)
    return connector


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    events = Events(str(tmp_path / "events"), SECRET)
    server = Peer(Business(Ledger(tmp_path / "orders.jsonl"), {"P1": "2", "*": "2.5"}, events), token="peer-token")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.stopping.set()
    server.shutdown()
    server.server_close()
    thread.join()


def ask(url: str, key: str = "k1", operation: str = "order", **arguments):
    connector = connect(url)
    request = connector.operations[operation].request(arguments or {"part": "P1", "quantity": 2}, key)
    return Caller(ENVIRONMENT).perform(connector, request)


def test_stock_and_orders_are_answered(peer: Peer) -> None:
    """Stock by part; an order once for each ref, whoever asks again; other content under it is refused."""
    assert ask(peer.url, operation="stock", part="P1").values == {"quantity": 2}
    assert ask(peer.url, operation="stock", part="any").values == {"quantity": "2.5"}
    assert [ask(peer.url, key).values["order"] for key in ("k1", "k2", "k1")] == ["PO00001", "PO00002", "PO00001"]
    assert ask(peer.url, "k1", part="P1", quantity=3).failure.kind == "refused"
    assert [(o.ref, o.qty) for o in read_ledger(peer.business.ledger.path)] == [("k1", "2"), ("k2", "2")]
    assert peer.asked == {"/stock/P1": 1, "/stock/any": 1, "/orders": 4}


# What each fault is to whoever asks, and whether the order stands in the ledger all the same.
DONE = {
    "slow=0.05": (None, True),
    "slow=20": ("timeout", True),
    "hang": ("timeout", False),
    "hang-after": ("timeout", True),
    "reset": ("unreachable", False),
    "reset-after": ("unreachable", True),
    "error": ("status", False),
    "error-after=503": ("status", True),
    "throttle=7": ("status", False),
    "throttle=date": ("status", False),
    "throttle=soon": ("status", False),
    "refuse": ("refused", False),
    "cut": ("unreachable", True),
    "drip=0.2": ("timeout", True),
    "junk": ("bad-reply", True),
}


@pytest.mark.parametrize("fault", DONE)
def test_each_fault_is_done_once_and_leaves_one_order(peer: Peer, fault: str) -> None:
    """The fault happens as often as told; asked again under the same key, there is one order."""
    peer.faults.set([read_fault(f"/orders:{fault}*1")])
    kind, done = DONE[fault]
    failure = ask(peer.url).failure
    assert (failure.kind if failure is not None else None) == kind
    if fault != "slow=20":
        assert len(peer.business.ledger.orders()) == done
    if failure is not None:
        assert failure.retry_after == {"throttle=7": timedelta(seconds=7)}.get(fault, failure.retry_after)
        assert (failure.retry_after is None) == (not fault.startswith("throttle") or fault == "throttle=soon")
    assert ask(peer.url).ok
    assert [o.ref for o in peer.business.ledger.orders()] == ["k1"]


def test_every_kind_of_fault_is_tried() -> None:
    """The table above leaves no kind out."""
    assert {read_fault(text).kind for text in DONE} == set(KINDS)


FAULTS = st.builds(
    Fault,
    kind=st.sampled_from(sorted(KINDS)),
    value=st.sampled_from(["", "1", "2.5"]),
    times=st.none() | st.integers(0, 99),
    path=st.sampled_from(["", "/orders", "/stock/P1"]),
)


@given(FAULTS, st.booleans())
def test_a_fault_is_written_as_it_is_read(fault: Fault, after: bool) -> None:
    """What the peer tells of its faults can be given to it again."""
    known = read_fault(str(fault) if not after else str(read_fault(str(fault))))
    assert read_fault(str(known)) == known
    assert (known.kind, known.value, known.times, known.path) == (fault.kind, fault.value, fault.times, fault.path)


@pytest.mark.parametrize("text", ["", "explode", "slow=fast", "orders:cut", "cut*many"])
def test_what_is_no_fault_is_refused(text: str) -> None:
    """A misspelt fault is told, not taken for none."""
    with pytest.raises(ValueError, match=r"expected|convert"):
        read_fault(text)


def test_faults_are_used_up_in_their_order() -> None:
    """Two of one, then one of another, then all goes well; other paths are not touched."""
    faults = Faults([read_fault("/orders:cut*2"), read_fault("/orders:junk*1")])
    assert faults.take("/stock") is None
    assert [f.kind if (f := faults.take("/orders")) else None for _ in range(4)] == ["cut", "cut", "junk", None]


def test_a_cut_line_is_no_order(tmp_path: Path) -> None:
    """What was cut off by a crash was not acknowledged: it is dropped, and the next line is whole."""
    path = tmp_path / "orders.jsonl"
    Ledger(path).place("k1", "P1", "2", "now")
    with path.open("ab") as file:
        file.write(b'{"no": "PO00002", "ref": "k2", "s')
    assert [o.ref for o in read_ledger(path)] == ["k1"]
    ledger = Ledger(path)
    assert ledger.place("k3", "P1", "1", "now")[1]
    assert not ledger.place("k1", "P1", "2", "later")[1]
    with pytest.raises(ConflictError):
        ledger.place("k1", "P1", "9", "later")
    assert [o.ref for o in read_ledger(path)] == ["k1", "k3"]


def test_an_event_in_a_file_can_be_believed(peer: Peer) -> None:
    """A file holds all that a receiver needs, and its signature holds."""
    assert ask(peer.url).ok
    path = peer.control("POST", "/_peer/events", {"event": "shipped", "ref": "k1"})[1]["to"]
    letter = json.loads(Path(path).read_text(encoding="utf-8"))
    assert (letter["connector"], letter["event"]) == ("supplier", "shipped")
    body, now = letter["body"].encode(), SystemClock().now()
    received = verify(connect(peer.url), "shipped", body, letter["headers"], now, lambda id_: False, ENVIRONMENT)
    assert (received.match, received.values, received.id) == ("k1", {"tracking": "SF00001"}, "evt_shipped_PO00001")


def test_events_are_posted_until_they_are_taken(tmp_path: Path) -> None:
    """Shipped, then delivered, each tried again under its id until the receiver takes it."""
    got, over = [], threading.Event()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, self.headers["webhook-id"]))
            self.send_response(503 if len(got) == 1 else 204)
            self.end_headers()
            if len(got) >= 3:
                over.set()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    events = Events(f"http://127.0.0.1:{server.server_address[1]}/hooks/{{event}}", SECRET, ship_after=0)
    business = Business(Ledger(tmp_path / "orders.jsonl"), {}, events)
    business.answer("POST", "/orders", {}, {"ref": "k1", "sku": "P1", "qty": 2})
    assert over.wait(20)
    server.shutdown()
    server.server_close()
    names = [path.rpartition("/")[2] for path, _ in got]
    assert sorted(names) in (["delivered", "delivered", "shipped"], ["delivered", "shipped", "shipped"])
    assert {(path, event_id) for path, event_id in got} == {
        ("/hooks/shipped", "evt_shipped_PO00001"),
        ("/hooks/delivered", "evt_delivered_PO00001"),
    }


def test_a_killed_peer_remembers_what_it_acknowledged(tmp_path: Path) -> None:
    """As a process: killed in the middle, started again on the same port, it has one order for each ref."""
    root = str(Path(__file__).resolve().parents[3])
    with PeerProcess(tmp_path / "orders.jsonl", "--stock", "P1=1", environment={"PYTHONPATH": root}) as process:
        url = process.url
        process.faults("/orders:cut")
        assert ask(url).failure.kind == "unreachable"
        process.kill()
        assert [o.ref for o in process.orders()] == ["k1"]
        assert ask(url).failure.kind == "unreachable"
        process.start()
        assert process.url == url
        assert ask(url).ok
        process.faults("/orders:refuse")
        assert ask(url, "k2").failure.kind == "refused"
        assert "no vendor's system" in process.ask("GET", "/")["about"]
        assert [o.ref for o in process.orders()] == ["k1"]
