"""Mailboxes are read into an address and a name that no header and no command of SMTP can be led astray by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.notify.mailbox import Mailbox, read_mailbox, read_recipients


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("service@Example.com", Mailbox("service@example.com")),
        (" 老王修车 <service@example.com> ", Mailbox("service@example.com", "老王修车")),
        ('"A, B" <a@example.com>', Mailbox("a@example.com", "A B")),
        ("<a@example.com>", Mailbox("a@example.com")),
    ],
)
def test_an_address_may_have_a_name(text: str, mailbox: Mailbox) -> None:
    """Of the name only letters, digits and blanks are kept."""
    assert read_mailbox(text) == mailbox


@pytest.mark.parametrize(
    "text", ["", "service", "a@b@c.com", "x <a@example.com", "<a@example.com> x", "a@example.com,b@example.com"]
)
def test_what_is_no_mailbox_is_none(text: str) -> None:
    """Two of them are none either."""
    assert read_mailbox(text) is None


def test_a_person_may_have_a_few_addresses() -> None:
    """With whatever people put between them, each once; but no list of many, and none that is no address."""
    assert read_recipients("a@example.com；b@example.com, a@example.com") == ("a@example.com", "b@example.com")
    assert read_recipients(",".join(f"a{i}@example.com" for i in range(6))) is None
    assert read_recipients("a@example.com, nobody") is None
    assert read_recipients(" ; ") is None


@given(st.text(max_size=200))
def test_nothing_passes_that_could_end_a_line(text: str) -> None:
    """Whatever was typed, around a good address too."""
    for each in (text, f"{text}<a@example.com>", f"a@example.com{text}"):
        mailbox = read_mailbox(each)
        found = [*(read_recipients(each) or ()), *((mailbox.address, mailbox.name) if mailbox is not None else ())]
        assert all(piece == "" or (piece.isprintable() and not set(piece) & set('<>",;:\\()=?')) for piece in found)
