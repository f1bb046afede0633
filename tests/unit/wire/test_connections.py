"""Connections: what they ask of whoever they are made to."""

from __future__ import annotations

import ssl

from flowkit.wire.connections import tls_context


def test_tls_is_checked_and_new_enough() -> None:
    """Certificates and names are checked, and nothing older than TLS 1.2 is spoken: what every channel and connector uses."""
    context = tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
