"""Which addresses no app may be led to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.wire.guard import refused

NEVER = """
169.254.169.254 169.254.1.1 100.100.100.200 168.63.129.16 192.0.0.192 0.0.0.0 0.1.2.3 255.255.255.255 224.0.0.1
:: ff02::1 fe80::1 fe80::1%eth0 fd00:ec2::254 ::ffff:169.254.169.254 ::169.254.169.254 2002:a9fe:a9fe:: 64:ff9b::a9fe:a9fe
localhost 127.1 nonsense
"""
INSIDE = """
127.0.0.1 127.8.8.8 10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 ::1 fc00::1 fd12::1 fec0::1
::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::
"""
OUTSIDE = "93.184.216.34 8.8.8.8 2001:4860:4860::8888 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808"


@pytest.mark.parametrize("address", ["", *NEVER.split()])
def test_some_addresses_are_never_allowed(address: str) -> None:
    """Those of clouds' own services, of nobody and of everybody, in every spelling, whatever the app allows."""
    assert refused(address, private=False)
    assert refused(address, private=True)


@pytest.mark.parametrize("address", INSIDE.split())
def test_inside_needs_permission(address: str) -> None:
    """The machine itself and the house's network are for those who say `private: true`."""
    assert refused(address, private=False)
    assert not refused(address, private=True)


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_outside_is_free(address: str) -> None:
    """A public address may be called."""
    assert not refused(address, private=False)
    assert not refused(address, private=True)


@given(st.ip_addresses(v=4), st.booleans())
def test_other_clothes_change_nothing(address: IPv4Address, private: bool) -> None:
    """An IPv4 address that is refused is refused as mapped, compatible, translated and 6to4 IPv6 too."""
    number = int(address)
    dressed = (
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address(number) if number > 1 else IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0x64FF9B << 96) | number),
    )
    if refused(str(address), private):
        assert all(refused(str(each), private) for each in dressed)
