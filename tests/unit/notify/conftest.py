"""Real servers on this machine for the channels to speak to, and a message to send."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from flowkit.diagnostics import Findings
from flowkit.notify.channel import ChannelDefinition, Message, parse
from flowkit.source.reading import read


@pytest.fixture
def message() -> Callable[..., Message]:
    def make(**given: Any) -> Message:
        values = {
            "key": "c1/7/employee:zhang/mail",
            "to": "employee:zhang",
            "address": "zhang@example.com",
            "title": "配件已超时",
            "text": "工单 WX1 的 <b>门机</b> 已等待 2 小时\n请处理 {{7*7}}",
            "case": "c1",
            "notification": "parts_overdue",
            "at": datetime(2026, 3, 2, 9, tzinfo=UTC),
        }
        return Message(**{**values, **given})

    return make


@pytest.fixture
def define() -> Callable[[str], ChannelDefinition]:
    """A channel named `out` from the lines below its name; it must be without errors."""

    def make(text: str) -> ChannelDefinition:
        findings = Findings()
        definition = parse(read(f"channel: out\n{text}", "app.yaml", findings)[0].node, findings, "out")
        assert [d.message for d in findings.errors] == []
        assert definition is not None
        return definition

    return make


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for `localhost` and its key in one file; nobody trusts it but who is told to."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain, pem = serialization.NoEncryption(), serialization.Encoding.PEM
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(secret + signed.public_bytes(pem))
    return path


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


@pytest.fixture
def serving_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def scripted() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """A server that does with each connection what it is told, whatever the rules say; gives its port."""
    with ExitStack() as stack:

        def serve(behave: Callable[[socket.socket], None]) -> int:
            listening = stack.enter_context(closing(socket.create_server(("127.0.0.1", 0))))

            def run() -> None:
                with suppress(OSError):
                    while True:
                        connection, _ = listening.accept()
                        with connection, suppress(OSError):
                            connection.settimeout(10)
                            behave(connection)

            threading.Thread(target=run, daemon=True).start()
            return int(listening.getsockname()[1])

        yield serve
