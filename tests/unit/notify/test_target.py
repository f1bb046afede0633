"""Where a webhook may go: URLs as they are meant, secrets in them seen, addresses within the house known in every disguise."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.notify.target import Target, gives_away_a_secret, read_target, refused


@pytest.mark.parametrize(
    ("text", "target", "authority"),
    [
        ("https://example.com", Target("https", "example.com", 443, "/"), "example.com"),
        ("HTTPS://Example.com:8443/a?b=c", Target("https", "example.com", 8443, "/a?b=c"), "example.com:8443"),
        ("http://[::1]:80/x", Target("http", "::1", 80, "/x"), "[::1]"),
    ],
)
def test_a_url_names_host_port_and_path(text: str, target: Target, authority: str) -> None:
    """The port is the scheme's own where none is written, and then the host's name stands alone."""
    assert read_target(text) == target
    assert target.authority == authority


@pytest.mark.parametrize(
    "text",
    [
        "example.com",
        "https://",
        "https:///x",
        "https://a b/",
        "https://example.com/ x",
        "https://example.com/\r\nHost: x",
        "https://example.com#x",
        "https://u@example.com/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://例子.cn/",
        "https://example.com/路",
        "file:///etc/passwd",
        "https://example.com/" + "x" * 3000,
    ],
)
def test_what_else_looks_like_a_url_is_none(text: str) -> None:
    """Users, fragments, blanks, line ends, other signs and schemes."""
    assert read_target(text) is None


@given(st.text(max_size=60))
def test_no_text_makes_a_target_that_leaves_its_line(text: str) -> None:
    """Whatever is read goes into a request as it is."""
    target = read_target(f"https://example.com/{text}")
    if target is not None:
        assert target.path.isascii()
        assert target.path.isprintable()
        assert " " not in target.path


@pytest.mark.parametrize("path", ["/", "/messages/in", "/api/v2/work-orders", "/hooks/repair_order_created"])
def test_plain_paths_hold_no_secret(path: str) -> None:
    """Words, versions, names with hyphens."""
    assert not gives_away_a_secret(Target("https", "example.com", 443, path))


@pytest.mark.parametrize("path", ["/?key=1", "/services/T1/XXXXXXXX1XXXXXXX", "/hook/0f8fad5bd9cb469fa16570867728950e"])
def test_queries_and_tokens_may_be_secrets(path: str) -> None:
    """They belong in the environment."""
    assert gives_away_a_secret(Target("https", "example.com", 443, path))


INSIDE = ["127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1", "fec0::1"]
NEVER = [
    "169.254.169.254",
    "169.254.1.1",
    "100.100.100.200",
    "168.63.129.16",
    "0.0.0.0",
    "224.0.0.1",
    "fe80::1",
    "ff02::1",
    "::",
    "fd00:ec2::254",
    "nonsense",
    "",
]
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:4700::1111"]


@pytest.mark.parametrize("address", INSIDE)
def test_the_house_is_open_to_those_who_say_so(address: str) -> None:
    """Refused, unless the channel says `private: true`."""
    assert refused(address, private=False)
    assert not refused(address, private=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_connected_to(address: str) -> None:
    """Where clouds give out credentials, link-local, multicast, nowhere, and what is no address."""
    assert refused(address, private=False)
    assert refused(address, private=True)


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_outside_is_open(address: str) -> None:
    """Public addresses of both kinds."""
    assert not refused(address, private=False)
    assert not refused(address, private=True)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_is_judged_as_itself(address: IPv4Address) -> None:
    """Mapped, compatible, 6to4, NAT64: if the one is refused, so are the others."""
    number = int(address)
    dressed = (
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address(number) if number > 1 else IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0x64FF9B << 96) | number),
    )
    for private in (False, True):
        if refused(str(address), private=private):
            assert all(refused(str(each), private=private) for each in dressed)
