"""Which hosts an app may call."""

from __future__ import annotations

from flowkit.connect.hosts import AllowedHost, host_of, permission
from flowkit.connect.secret import Secret
from flowkit.diagnostics import Place


def test_permission_is_by_host() -> None:
    """The base's host without being listed, private only if listed so; others only if listed."""
    allow = (AllowedHost("https://ERP.example.com:8443/x", True), AllowedHost(Secret("H", Place("a"))))
    assert permission("b.test", "b.test", allow, {"H": "h.test"}) == AllowedHost("b.test", False)
    assert permission("erp.example.com", "b.test", allow, {"H": "h.test"}) == AllowedHost("erp.example.com", True)
    assert permission("h.test", "b.test", allow, {"H": "http://h.test/"}) == AllowedHost("h.test", False)
    assert permission("x.test", "b.test", allow, {"H": "h.test"}) is None


def test_a_host_has_one_form() -> None:
    """Case, ports, dots at the end and Chinese names do not make another host."""
    assert [host_of(t) for t in ("A.Test:80", "http://a.test./x", "中文.example", "[::1]:80", "http://[")] == [
        "a.test",
        "a.test",
        "xn--fiq228c.example",
        "::1",
        "",
    ]
