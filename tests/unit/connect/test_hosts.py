"""Which addresses no app may be led to."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.connect.hosts import AllowedHost, host_of, permission, refused
from flowkit.connect.secret import Secret
from flowkit.diagnostics import Place

NEVER = "169.254.169.254 100.100.100.200 0.0.0.0 0.1.2.3 255.255.255.255 224.0.0.1 :: fe80::1 fe80::1%eth0 fd00:ec2::254 ::ffff:169.254.169.254 2002:a9fe:a9fe:: 64:ff9b::a9fe:a9fe localhost 127.1 x"
INSIDE = "127.0.0.1 127.8.8.8 10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 ::1 fc00::1 fec0::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::"
OUTSIDE = "93.184.216.34 2001:4860:4860::8888 ::ffff:8.8.8.8 64:ff9b::808:808"


@pytest.mark.parametrize("address", NEVER.split())
def test_some_addresses_are_never_allowed(address) -> None:
    """Those of clouds' own services, of nobody and of everybody, in every spelling, whatever the app allows."""
    assert refused(address, private=False)
    assert refused(address, private=True)


@pytest.mark.parametrize("address", INSIDE.split())
def test_inside_needs_permission(address) -> None:
    """The machine itself and the house's network are for hosts that are allowed as private."""
    assert refused(address, private=False)
    assert not refused(address, private=True)


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_outside_is_free(address) -> None:
    """A public address may be called."""
    assert not refused(address, private=False)


@given(st.ip_addresses(v=4))
def test_other_clothes_change_nothing(address) -> None:
    """An IPv4 address that is refused is refused as mapped and translated IPv6 too."""
    for clothes in (
        f"::ffff:{address}",
        str(ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(address))),
    ):
        assert refused(clothes, private=False) == refused(str(address), private=False)


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
