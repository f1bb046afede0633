"""A channel as an author writes it: presets this version knows, secrets never in the file."""

from __future__ import annotations

import pytest

from flowkit.diagnostics import Findings
from flowkit.notify.channel import ChannelDefinition, DeliveryError, Secret, parse
from flowkit.source.reading import read


def load(text: str) -> tuple[ChannelDefinition | None, Findings]:
    findings = Findings()
    return parse(read(text, "app.yaml", findings)[0].node, findings, "sms"), findings


def test_the_console_needs_nothing_but_its_preset() -> None:
    """The smallest channel loads in silence."""
    channel, findings = load("channel: sms\npreset: console\n")
    assert channel is not None
    assert (channel.preset, channel.title, list(findings)) == ("console", "sms", [])


def test_another_preset_is_answered_with_the_known_ones() -> None:
    """What this version cannot send through is refused where it is named."""
    channel, findings = load("channel: sms\npreset: aliyun_sms\nsign: 老王修车\n")
    (found,) = findings
    assert channel is None
    assert (found.code, found.place.line, found.help) == ("unknown-preset", 2, "known here: console")
    assert "does not know preset `aliyun_sms` yet" in found.message


def test_a_key_without_effect_is_told() -> None:
    """The console needs no account: who writes one is warned at the key; what is wrong anyway is told once."""
    channel, findings = load("channel: sms\ntitle: 短信\npreset: console\nsign: 老王修车\nkey: abc\n")
    assert channel is not None
    assert [(d.code, d.severity, d.place.line, d.place.column) for d in findings] == [
        ("not-yet", "warning", 4, 1),
        ("literal-secret", "error", 5, 6),
    ]
    assert "`sign`" in next(iter(findings)).message


def test_a_secret_stands_in_the_environment_only() -> None:
    """A literal secret is an error; a placeholder is read from the environment and never shown."""
    channel, findings = load(
        "channel: sms\npreset: console\nsecret: ${env:SMS_SECRET}\ntoken: abc\nsender: x${env:A}\n"
    )
    assert [(d.code, d.place.line) for d in findings.errors] == [("literal-secret", 4), ("bad-placeholder", 5)]
    assert "abc" not in "".join(d.message + d.help for d in findings)
    assert channel is not None
    secret = channel.settings["secret"]
    assert isinstance(secret, Secret)
    assert str(secret) == f"{secret}" == "***"
    assert secret.read({"SMS_SECRET": "s3cret"}) == "s3cret"
    with pytest.raises(DeliveryError, match="SMS_SECRET"):
        secret.read({})
