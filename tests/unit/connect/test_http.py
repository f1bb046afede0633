"""Asking over real sockets on 127.0.0.1: every fault a value, no way around the allow-list, no secret in any message."""

from __future__ import annotations

import logging
import socket
import ssl
import struct
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from flowkit.clock import VirtualClock
from flowkit.connect.http import Caller
from flowkit.connect.secret import Secret
from tests.unit.connect.conftest import ERP, NOW, TOKEN, answer, erp

ORDER = {"part": "P1", "quantity": 2}
FINE = answer('{"code": 0, "data": {"no": "PO1"}}')


def order(caller, connector, key="k1"):
    return caller.perform(connector, connector.operations["order"].request(ORDER, key))


def test_a_request_carries_what_its_author_wrote(serve, caller) -> None:
    """Path, body, key and sign-in go out as written, and the answer comes back as fields."""
    server = serve(FINE)
    reply = order(caller, erp(server.port))
    head, _, body = server.got[0].decode().partition("\r\n\r\n")
    assert (reply.ok, reply.values, reply.status) == (True, {"order": "PO1"}, 200)
    assert head.startswith("POST /orders HTTP/1.1\r\n")
    assert f"\r\nHost: 127.0.0.1:{server.port}\r\n" in head
    assert f"\r\nAuthorization: Bearer {TOKEN}" in head
    assert body == '{"sku":"P1","qty":2,"ref":"k1"}'


def reset(connection: socket.socket, asked: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang(connection: socket.socket, asked: bytes) -> None:
    connection.recv(1)


def drip(head: bytes):
    """Sends bytes one by one, each well within the time that one may take."""

    def handler(connection: socket.socket, asked: bytes) -> None:
        for byte in head + b" " * 400:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)

    return handler


FAULTS = [
    ("hang", hang, "timeout", None, True),
    ("dripping head", drip(b"HTTP/1.1 200 OK\r\nX: "), "timeout", None, True),
    ("dripping body", drip(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"), "timeout", None, True),
    ("endless continue", drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 40), "timeout", None, True),
    ("reset", reset, "unreachable", None, True),
    ("closed", lambda c, a: c.close(), "unreachable", None, True),
    ("cut", answer('{"code": 0, "da', length=40), "unreachable", None, True),
    ("cut chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{}", "unreachable", None, True),
    ("500", answer("<h1>oops</h1>", "500 Oops"), "status", 500, True),
    ("429", answer("", "429 Slow down", "Retry-After: 7\r\n"), "status", 429, True),
    ("200 that says no", answer('{"code": 310000, "message": "no such part"}'), "refused", 200, True),
    ("junk", answer("<html>maintenance</html>"), "bad-reply", 200, True),
    ("half a promise", answer('{"code": 0, "data": {}}'), "bad-reply", 200, True),
    ("no http", b"SSH-2.0-OpenSSH\r\n\r\n", "bad-reply", None, True),
    ("packed", answer(b"\x1f\x8b", headers="Content-Encoding: gzip\r\n"), "bad-reply", None, True),
    ("announced large", answer("", length=3000), "too-large", None, True),
    ("large", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3000, "too-large", None, True),
    (
        "large chunks",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n" + b"x" * 3000,
        "too-large",
        None,
        True,
    ),
]


@pytest.mark.parametrize(("handler", "kind", "status", "sent"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_each_fault_is_a_failure_of_its_kind(serve, caller, handler, kind, status, sent) -> None:
    """Whatever the other side does ends in time, in a value that says what it was and that it may have been carried out."""
    connector = erp(serve(handler).port)
    failure = order(caller, connector).failure
    assert failure is not None
    assert (failure.kind, failure.status, failure.sent) == (kind, status, sent)
    assert failure.message.startswith("仓库:")
    assert connector.operations["order"].may_repeat(failure) == failure.passing


def test_what_was_not_accepted_was_not_sent(caller) -> None:
    """Where nobody listens, nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    failure = order(caller, erp(port)).failure
    assert (failure.kind, failure.sent) == ("unreachable", False)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(serve, caller, status) -> None:
    """An answer that points elsewhere is a failure; nobody is asked there, even on an allowed host."""
    other = serve(FINE)
    server = serve(answer("", status, f"Location: http://127.0.0.1:{other.port}/orders\r\n"))
    failure = order(caller, erp(server.port)).failure
    assert (failure.kind, failure.status, len(server.got), other.got) == ("status", int(status[:3]), 1, [])


def test_a_private_address_needs_permission(serve, caller) -> None:
    """Without `private: true` beside its host, this machine is not asked; nor is another host that is not listed."""
    server = serve(FINE)
    connector = erp(server.port, ERP.replace(", private: true", "").replace("http:", "https:"))
    failure = order(caller, connector).failure
    assert (failure.kind, server.got) == ("not-allowed", [])
    assert "内部网络" in failure.message


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "100.100.100.200", "10.0.0.8"])
def test_a_name_may_not_lead_inside(serve, address) -> None:
    """A public name whose address is inside is refused, even when a public address stands beside it."""
    server = serve(FINE)
    caller = Caller({"TOKEN": TOKEN}, resolve=lambda host, port: ["93.184.216.34", address])
    connector = erp(server.port, ERP.replace("http://127.0.0.1:", "https://erp.example.com:"))
    assert order(caller, connector).failure.kind == "not-allowed"
    assert server.got == []


def test_nothing_leaves_the_house_in_the_clear(serve) -> None:
    """Without TLS only a host with `private: true` is asked, wherever its address was written."""
    server = serve(FINE)
    text = ERP.replace("http://127.0.0.1:PORT", "${env:URL}").replace(
        "{host: 127.0.0.1, private: true}", '"${env:URL}"'
    )
    caller = Caller(
        {"TOKEN": TOKEN, "URL": f"http://erp.example.com:{server.port}"}, resolve=lambda host, port: ["93.184.216.34"]
    )
    failure = order(caller, erp(server.port, text)).failure
    assert (failure.kind, failure.sent, server.got) == ("not-allowed", False, [])
    assert "https" in failure.message


def test_a_name_is_resolved_once_and_its_address_kept(serve) -> None:
    """A name that changes its answer after it was judged (rebinding) gains nothing: the judged address is the one."""
    server, asked = serve(FINE), []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    text = ERP.replace("http://127.0.0.1:", "http://erp.test:").replace(
        "{host: 127", "{host: erp.test, private: true}, {host: 127"
    )
    caller, connector = Caller({"TOKEN": TOKEN}, resolve=rebinding), erp(server.port, text)
    assert order(caller, connector).ok
    assert asked == ["erp.test"]
    assert f"\r\nHost: erp.test:{server.port}\r\n".encode() in server.got[0]
    assert order(caller, connector).failure.kind == "not-allowed"
    assert len(server.got) == 1


def test_a_resolver_that_hangs_is_left_behind(serve) -> None:
    """Looking a name up takes no longer than connecting may."""
    over = threading.Event()
    text = ERP.replace("http://127.0.0.1:PORT", "https://erp.example.com").replace("connect: 2s", "connect: 0.2s")
    caller = Caller({"TOKEN": TOKEN}, resolve=lambda host, port: [str(over.wait(30))])
    assert order(caller, erp(1, text)).failure.kind == "timeout"
    over.set()


def test_proxies_of_the_environment_are_not_asked(serve, caller, monkeypatch) -> None:
    """A proxy that stands in the environment sees nothing."""
    proxy, server = serve(FINE), serve(FINE)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert order(caller, erp(server.port)).ok
    assert proxy.got == []


def test_no_secret_is_told(serve, caller, caplog) -> None:
    """A token that the other side throws back at us stands in no message, no representation and no log."""
    caplog.set_level(logging.DEBUG)
    text = ERP.replace(
        "operations:",
        'operations:\n  leaky: {get: /x, query: {api_key: "${env:TOKEN}"}, ok: reply.fine, message: reply.message}',
    )
    server = serve(answer(f'{{"message": "bad token {TOKEN}"}}'))
    connector = erp(server.port, text)
    request = connector.operations["leaky"].request({}, "k")
    failure = caller.perform(connector, request).failure
    assert f"GET /x?api_key={TOKEN} " in server.got[0].decode()
    assert failure.message == "仓库:对方没有接受:bad token ***"
    assert TOKEN not in repr((failure, request, connector, request.url)) + caplog.text
    assert request.url.endswith("/x?api_key=***")


def test_a_missing_secret_is_named_and_nothing_is_sent(serve) -> None:
    """Without its environment variable a request does not go out, and the failure names the variable."""
    server = serve(FINE)
    failure = order(Caller({}), erp(server.port)).failure
    assert (failure.kind, server.got) == ("not-configured", [])
    assert "TOKEN" in failure.message
    bad = order(Caller({"TOKEN": "a\r\nX-Evil: 1"}), erp(server.port)).failure
    assert (bad.kind, server.got) == ("not-configured", [])
    assert "Evil" not in bad.message


def test_the_base_may_stand_in_the_environment(serve) -> None:
    """An address out of the environment is used whole; one that is none is refused without being repeated."""
    server = serve(FINE)
    text = ERP.replace("http://127.0.0.1:PORT", "${env:URL}").replace("{host: 127.0.0.1,", '{host: "${env:URL}",')
    connector = erp(server.port, text)
    assert isinstance(connector.base, Secret)
    environment = {"TOKEN": TOKEN, "URL": f"http://127.0.0.1:{server.port}/api/"}
    assert order(Caller(environment), connector).ok
    assert server.got[0].startswith(b"POST /api/orders ")
    for bad in (
        "ftp://127.0.0.1",
        "http://u:hidden@127.0.0.1",
        "hidden",
        "http://127.0.0.1:99999",
        "http://127.0.0.1/?hidden=1",
    ):
        failure = order(Caller({**environment, "URL": bad}), connector).failure
        assert failure.kind == "not-configured"
        assert "hidden" not in failure.message


def test_basic_sign_in_is_shown_and_masked(serve) -> None:
    """A name and password go in the one header that is made for them."""
    server = serve(answer('{"code": 9, "message": "not dTpwYXNzLXdvcmQ= nor pass-word"}'))
    text = ERP.replace('{bearer: "${env:TOKEN}"}', '{basic: {user: u, password: "${env:PASS}"}}')
    failure = order(Caller({"PASS": "pass-word"}), erp(server.port, text)).failure
    assert b"\r\nAuthorization: Basic dTpwYXNzLXdvcmQ=\r\n" in server.got[0]
    assert failure.message == "仓库:对方没有接受:not *** nor ***"


SESSION = ERP.replace(
    '{bearer: "${env:TOKEN}"}',
    '{session: {post: /login, body: {user: u, password: "${env:PASS}"}, ok: reply.code == 0, token: reply.token, SEND}}',
)


def session_server(serve, over: bytes, tokens: list[str]):
    """Logs in with the next token each time; answers `over` to any but the newest."""
    given: list[str] = []

    def handler(connection: socket.socket, asked: bytes) -> None:
        if asked.startswith(b"POST /login"):
            given.append(tokens[min(len(given), len(tokens) - 1)])
            connection.sendall(answer(f'{{"code": 0, "token": "{given[-1]}"}}'))
        else:
            connection.sendall(FINE if given and f"{tokens[-1]}".encode() in asked else over)

    return serve(handler)


@pytest.mark.parametrize(
    ("send", "place"),
    [
        ("send_as: bearer", b"\r\nAuthorization: Bearer two\r\n"),
        ("send_as: {header: x-token}", b"\r\nx-token: two\r\n"),
        ("send_as: {query: access_token}", b"POST /orders?access_token=two HTTP"),
        ("send_as: {cookie: sid}", b"\r\nCookie: sid=two\r\n"),
    ],
)
def test_a_session_is_kept_and_renewed_once(serve, send, place) -> None:
    """One login serves many requests; a 401 brings one new login and one more try."""
    server = session_server(serve, answer("", "401 Unauthorized"), ["one", "two"])
    caller, connector = Caller({"PASS": "pass-word"}), erp(server.port, SESSION.replace("SEND", send))
    assert order(caller, connector).ok
    assert order(caller, connector).ok
    asked = [got.split(b" ")[1].split(b"?")[0] for got in server.got]
    assert asked == [b"/login", b"/orders", b"/login", b"/orders", b"/orders"]
    assert place in server.got[-1]
    assert b'{"user":"u","password":"pass-word"}' in server.got[0]


def test_a_session_that_ends_with_a_200_is_renewed(serve) -> None:
    """Where the author says which answer means it, a polite answer renews the session too."""
    server = session_server(serve, answer('{"code": 42001}'), ["one", "two"])
    text = SESSION.replace("SEND", "expired: reply.code == 42001")
    assert order(Caller({"PASS": "p"}), erp(server.port, text)).ok


def test_a_session_is_not_renewed_for_ever(serve) -> None:
    """A second 401 is a failure; a login that fails is one that has sent nothing."""
    server = serve(lambda c, a: c.sendall(answer('{"code":0,"token":"x"}') if b"/login" in a else answer("", "401 No")))
    failure = order(Caller({"PASS": "p"}), erp(server.port, SESSION.replace(", SEND", ""))).failure
    assert (failure.status, len(server.got)) == (401, 4)
    broken = serve(answer("", "503 Later"))
    failure = order(Caller({"PASS": "p"}), erp(broken.port, SESSION.replace(", SEND", ""))).failure
    assert (failure.kind, failure.status, failure.sent, len(broken.got)) == ("status", 503, False, 1)
    assert "登录失败" in failure.message


def test_many_threads_log_in_once(serve) -> None:
    """Of eight who ask at the same time one logs in."""
    server = session_server(serve, answer("", "401 No"), ["only"])
    caller, connector = (
        Caller({"PASS": "p"}),
        erp(server.port, SESSION.replace(", SEND", "").replace("total: 1s", "total: 20s")),
    )
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(order(caller, connector).ok)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [True] * 8
    assert sum(got.startswith(b"POST /login") for got in server.got) == 1


def test_we_are_not_told_to_other_hosts(serve) -> None:
    """A whole address on another allowed host is asked without our token; one that is not allowed, not at all."""
    other = serve(answer('{"quantity": 4}'))
    elsewhere = f"  away: {{get: 'http://localhost:{other.port}/stock', returns: {{quantity: number}}}}\n"
    text = ERP.replace("operations:\n", f"operations:\n{elsewhere}")
    allowed = text.replace("allow: [", "allow: [{host: localhost, private: true}, ")
    caller = Caller({"TOKEN": TOKEN}, resolve=here)
    connector = erp(1, allowed)
    assert caller.perform(connector, connector.operations["away"].request({}, "k")).values == {"quantity": 4}
    assert TOKEN.encode() not in other.got[0]


def test_how_long_to_wait_is_read_from_the_answer(serve, caller) -> None:
    """Seconds, a date held against the answer's own clock, and junk, which is nothing."""
    dated = "Date: Mon, 02 Mar 2026 08:00:00 GMT\r\nRetry-After: Mon, 02 Mar 2026 08:02:00 GMT\r\n"
    cases = {"Retry-After: 7\r\n": 7, dated: 120, "Retry-After: soon\r\n": None, "Retry-After: -3\r\n": None, "": None}
    cases["Retry-After: Mon, 02 Mar 2026 09:00:30 GMT\r\n"] = 30
    for headers, seconds in cases.items():
        failure = order(caller, erp(serve(answer("", "429 Slow", headers)).port)).failure
        assert failure.retry_after == (timedelta(seconds=seconds) if seconds is not None else None), headers


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Contexts for a server whose certificate names erp.test, and for a client that trusts whoever signed it."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "erp.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("erp.test"), x509.IPAddress(ip_address("::1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    client = ssl.create_default_context(cafile=str(folder / "server.pem"))
    return server, client


def here(host, port):
    """A resolver that leads every name to this machine."""
    return ["127.0.0.1"]


def test_a_certificate_is_held_against_the_name_not_the_address(serve, certificates) -> None:
    """Pinned to 127.0.0.1, the TLS side still asks for and checks erp.test; another name or signer is refused."""
    server_tls, client_tls = certificates
    names: list[str | None] = []
    server_tls.sni_callback = lambda connection, name, context: names.append(name)
    server = serve(FINE, tls=server_tls)
    text = ERP.replace("http://127.0.0.1:", "https://erp.test:").replace(
        "{host: 127", "{host: erp.test, private: true}, {host: other.test, private: true}, {host: 127"
    )
    environment, clock = {"TOKEN": TOKEN}, VirtualClock(NOW)
    assert order(Caller(environment, clock, here, client_tls), erp(server.port, text)).ok
    assert names == ["erp.test"]
    untrusted = order(Caller(environment, clock, here), erp(server.port, text)).failure
    misnamed = order(
        Caller(environment, clock, here, client_tls), erp(server.port, text.replace("https://erp", "https://other"))
    ).failure
    assert [(f.kind, f.sent) for f in (untrusted, misnamed)] == [("unreachable", False)] * 2
    assert "证书" in untrusted.message
    assert len(server.got) == 1


def test_a_dripping_answer_over_tls_ends_too(serve, certificates) -> None:
    """The deadline holds where bytes are encrypted."""
    server_tls, client_tls = certificates
    server = serve(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"), tls=server_tls)
    text = ERP.replace("http://127.0.0.1:", "https://erp.test:").replace(
        "{host: 127", "{host: erp.test, private: true}, {host: 127"
    )
    caller = Caller({"TOKEN": TOKEN}, VirtualClock(NOW), here, client_tls)
    assert order(caller, erp(server.port, text)).failure.kind == "timeout"
