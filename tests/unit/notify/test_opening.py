"""A channel as written becomes one that sends, in one call and without touching the network."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flowkit.notify.channel import ChannelDefinition, DeliveryError
from flowkit.notify.opening import FACTORIES, open_channel, unset
from flowkit.notify.presets import KEYS, PRESETS

MAIL = "preset: email\nhost: smtp.example.com\nsender: a@example.com\nuser: ${env:MAIL_USER}\npassword: ${env:MAIL_PASSWORD}\n"
HOOK = "preset: webhook\nurl: ${env:HOOK_URL}\nsecret: ${env:HOOK_SECRET}\n"


def test_every_preset_can_be_opened() -> None:
    """What an author may write and what a program can do are one list."""
    assert set(FACTORIES) == set(PRESETS)
    assert {key.name for preset in PRESETS.values() for key in preset.keys} == {key.name for key in KEYS}


@pytest.mark.parametrize("text", ["preset: console\n", MAIL, HOOK])
def test_a_channel_opens_whatever_the_environment_lacks(define: Callable[[str], ChannelDefinition], text: str) -> None:
    """It is named as the app names it; a variable that is not there refuses the message, not the start."""
    assert open_channel(define(text), {}).name == "out"


def test_variables_that_are_not_set_are_named(
    define: Callable[[str], ChannelDefinition], message: Callable[..., object]
) -> None:
    """For a notice at the start; the message says the same."""
    assert unset(define(MAIL), {"MAIL_USER": "u", "MAIL_PASSWORD": ""}) == ("MAIL_PASSWORD",)
    assert unset(define("preset: console\n"), {}) == ()
    with pytest.raises(DeliveryError, match="HOOK_URL"):
        open_channel(define(HOOK), {}).send(message())  # type: ignore[arg-type]
