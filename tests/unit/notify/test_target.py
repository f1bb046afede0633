"""Where a webhook may go: URLs as they are meant, secrets in them seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.notify.target import gives_away_a_secret, read_target
from flowkit.wire.addresses import Address


@pytest.mark.parametrize(
    ("text", "target", "authority"),
    [
        ("https://example.com", Address("https", "example.com", 443, "/"), "example.com"),
        ("HTTPS://Example.com:8443/a?b=c", Address("https", "example.com", 8443, "/a?b=c"), "example.com:8443"),
        ("http://[::1]:80/x", Address("http", "::1", 80, "/x"), "[::1]"),
    ],
)
def test_a_url_names_host_port_and_path(text: str, target: Address, authority: str) -> None:
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
    assert not gives_away_a_secret(Address("https", "example.com", 443, path))


@pytest.mark.parametrize("path", ["/?key=1", "/services/T1/XXXXXXXX1XXXXXXX", "/hook/0f8fad5bd9cb469fa16570867728950e"])
def test_queries_and_tokens_may_be_secrets(path: str) -> None:
    """They belong in the environment."""
    assert gives_away_a_secret(Address("https", "example.com", 443, path))
