"""More than can be done is told to wait, and what waits takes little."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from flowkit.web import create_app, guard
from flowkit.web.pace import MOST_KNOWN, SPAN, Pace, sender
from tests.shop import NINE
from tests.web.branch import WAVE, WORD, Branch, Browser

REPORT = {"f-品类": "空调", "f-说明": "x", "f-电话": "13800000001"}


def test_who_is_too_quick_waits(fresh: Branch) -> None:
    """Reports and passwords of somebody who is not signed in count together; he is told how long to wait, and then may again."""
    browser = Browser(fresh, app=create_app(fresh.kit, most=4))
    path = fresh.path("/open/{intake}")
    done = [browser.submit(path, REPORT).status_code for _ in range(3)] + [
        browser.submit("/sign-in", {"name": "dora", "password": "wrong"}).status_code
    ]
    assert done == [303, 303, 303, 422]
    before = fresh.dump()
    fresh.clock.move(timedelta(seconds=5))
    for address, given in ((path, REPORT), ("/sign-in", {"name": "dora", "password": WORD})):
        answer = browser.submit(address, given)
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "25"
        assert "操作太快，请 25 秒后再试" in answer.text
    assert fresh.dump() == before
    assert browser.get(path).status_code == 200, "to look is free"
    fresh.clock.move(timedelta(seconds=25))
    assert browser.submit(path, REPORT).status_code == 303


def test_who_is_signed_in_is_not_held_up_by_others(fresh: Branch) -> None:
    """The colleagues at the same address go on working."""
    app = create_app(fresh.kit, most=1)
    stranger, dora = Browser(fresh, app=app), Browser(fresh, WAVE, app=app)
    path = fresh.path("/open/{intake}")
    assert [stranger.submit(path, REPORT).status_code for _ in range(2)] == [303, 429]
    new = {"f-门店": "西湖", "f-品类": "空调", "f-说明": "x"}
    assert [dora.submit("/new/工单", new).status_code for _ in range(3)] == [303] * 3


def test_senders_are_told_apart_and_forgotten() -> None:
    """Each has his own measure; more than so many are never kept."""
    pace = Pace(2)
    assert [pace.wait("a", NINE), pace.wait("a", NINE), pace.wait("b", NINE)] == [0, 0, 0]
    assert pace.wait("a", NINE) == 30
    assert pace.wait("a", NINE + timedelta(seconds=29, milliseconds=500)) == 1
    assert pace.wait("a", NINE + SPAN) == 0
    assert pace.wait("a", NINE - timedelta(days=1)) == 0, "a clock that was put back locks nobody out"
    for number in range(MOST_KNOWN + 500):
        pace.wait(str(number), NINE)
    assert len(pace._seen) == MOST_KNOWN


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_one_line_is_one_sender(host: str, counted: str) -> None:
    """Whoever has a whole network of new addresses counts once."""
    assert sender(host) == counted


def test_more_than_one_request_may_bring_is_refused(fresh: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """By 413 and in words, whether its length was told before or not, and before all of it was read."""
    monkeypatch.setattr(guard, "LARGEST_BODY", 100_000)
    monkeypatch.setattr(guard, "LARGEST_TEXT", 10_000)
    browser, read = fresh.browser(WAVE), [0]

    def endless() -> Iterator[bytes]:
        yield b'--B\r\ncontent-disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
        for _ in range(1000):
            read[0] += 1
            yield b"x" * 10_000

    answer = browser.post("/uploads", content=endless(), headers={"content-type": "multipart/form-data; boundary=B"})
    assert answer.status_code == 413
    assert "一次最多 80 MB" in answer.text
    text = browser.post("/new/工单", data={"_token": browser.token, "f-说明": "x" * 20_000})
    assert text.status_code == 413
    assert "default-src 'none'" in text.headers["content-security-policy"]


def test_all_together_bring_no_more_than_there_is_room_for(fresh: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """While others are sending, a newcomer is told to try again; once they have ended, there is room."""
    monkeypatch.setattr(guard, "MOST_AT_ONCE", 50_000)
    with served(fresh.served) as port, socket.create_connection(("127.0.0.1", port)) as slow:
        head = "POST /uploads HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: 45000\r\n\r\n"
        slow.sendall(head.encode() + b'--B\r\ncontent-disposition: form-data; name="f"\r\n\r\n' + b"x" * 40_000)
        told = [answered(port, 20_000) for _ in range(20) if not time.sleep(0.1)]
        assert "503" in told
        slow.close()
        assert any(answered(port, 20_000) == "403" for _ in range(50) if not time.sleep(0.1))


def answered(port: int, size: int) -> str:
    """The status of a form of that size that carries no token."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        head = f"POST /new/x HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {size}\r\n\r\n"
        line.sendall(head.encode() + b"a" * size)
        return line.recv(200).decode().split()[1]


@contextmanager
def served(app: object, **how: int) -> Iterator[int]:
    """It listens at a port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", lifespan="off", **how))  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            thread.join(20)


def memory() -> int:
    """Bytes that this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


UPLOAD = "POST /uploads HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: 9000000\r\n\r\n"
PART = b'--B\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n'


def test_slow_uploads_wait_on_disk(fresh: Branch) -> None:
    """Fifty that stop half way, with 3 MB each, hold little of it in memory, and another is answered meanwhile."""
    with served(fresh.served) as port:
        assert answered(port, 10) == "403"
        before, lines = memory(), list[socket.socket]()
        for _ in range(50):
            lines.append(socket.create_connection(("127.0.0.1", port)))
            lines[-1].sendall(UPLOAD.encode() + PART + b"x" * 3_000_000)
        assert answered(port, 10) == "403"
        assert memory() - before < 110_000_000
        for line in lines:
            line.close()
        assert answered(port, 10) == "403"


def test_beyond_what_is_served_at_once_the_answer_is_503(fresh: Branch) -> None:
    """Who holds lines open keeps others waiting, and nobody longer than that."""
    with served(fresh.served, limit_concurrency=6) as port:
        assert answered(port, 10) == "403"
        lines = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(8)]
        for line in lines:
            line.sendall(UPLOAD.encode() + PART)
        assert refused(lines, 2) == {"503"}
        for line in lines:
            line.close()
        assert "403" in {answered(port, 10) for _ in range(50) if not time.sleep(0.05)}


def refused(lines: list[socket.socket], number: int) -> set[str]:
    """The statuses of so many of them as are answered first: which these are is chance."""
    told = dict[socket.socket, str]()
    while len(told) < number:
        ready, _, _ = select.select([line for line in lines if line not in told], [], [], 20)
        assert ready, f"only {len(told)} were answered"
        told |= {line: line.recv(100).decode().split()[1] for line in ready}
    return set(told.values())


def test_what_is_no_fault_of_ours_is_no_error(fresh: Branch) -> None:
    """A client that goes away in the middle of sending leaves the next one served."""
    with served(fresh.served) as port:
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port)) as line:
                line.sendall(b"POST /uploads HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc")
        assert answered(port, 10) == "403"
    assert TestClient(fresh.served).get("/health").text == "ok"
