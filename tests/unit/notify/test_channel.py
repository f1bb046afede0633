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
    channel, findings = load("channel: sms\npreset: tencent_sms\nsign: 老王修车\n")
    (found,) = findings
    assert channel is None
    assert (found.code, found.place.line) == ("unknown-preset", 2)
    assert "aliyun_sms" in found.help
    assert "does not know preset `tencent_sms` yet" in found.message


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


MAIL = "channel: mail\npreset: email\nhost: smtp.example.com\nsender: 老王修车 <service@example.com>\n"
HOOK = "channel: hook\npreset: webhook\n"


def test_a_mail_account_and_a_webhook_load_in_silence() -> None:
    """As the language shows them, secrets in the environment."""
    for text in (
        MAIL + "port: 465\nsecurity: tls\nuser: service\npassword: ${env:MAIL_PASSWORD}\nreply_to: desk@example.com\n",
        HOOK + "url: ${env:HOOK_URL}\nsecret: ${env:HOOK_SECRET}\nok: reply.code == 0\n",
        HOOK + "url: https://example.com/messages/in\n",
        HOOK + "url: http://10.0.0.5:8080/in\nprivate: true\n",
    ):
        channel, findings = load(text)
        assert channel is not None
        assert list(findings) == []


def test_the_console_takes_the_keys_of_every_other_preset() -> None:
    """So a channel is tried by changing one word."""
    channel, findings = load(MAIL.replace("preset: email", "preset: console") + "url: ${env:HOOK_URL}\n")
    assert channel is not None
    assert list(findings) == []


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("channel: mail\npreset: email\nhost: a\n", "missing-key", 1),
        (MAIL + "url: https://example.com\n", "unknown-key", 5),
        (MAIL + "security: ssl\n", "unknown-option", 5),
        (MAIL + "port: 99999\n", "out-of-range", 5),
        (MAIL + "reply_to: desk\n", "type-mismatch", 5),
        (MAIL + "user: service\n", "missing-key", 5),
        (MAIL + "password: ${env:P}\n", "missing-key", 5),
        (MAIL + "security: none\nuser: u\npassword: ${env:P}\n", "open-password", 7),
        (MAIL + "user: u\npassword: s3cret\n", "literal-secret", 6),
        (HOOK, "missing-key", 1),
        (HOOK + "url: https://example.com/services/T00000000/B00000000/XXXXXXXX1XXXXXXX\n", "literal-secret", 3),
        (HOOK + "url: https://example.com/in?key=abc\n", "literal-secret", 3),
        (HOOK + "url: https://user:pass@example.com/in\n", "bad-url", 3),
        (HOOK + "url: https://例子.cn/in\n", "bad-url", 3),
        (HOOK + "url: https://example.com/${env:TOKEN}\n", "bad-placeholder", 3),
        (HOOK + "url: http://example.com/in\n", "open-url", 3),
        (HOOK + "url: https://localhost/in\n", "private-address", 3),
        (HOOK + "url: https://192.168.1.5/in\n", "private-address", 3),
        (HOOK + "url: https://example.com/in\nok: replay.code == 0\n", "unknown-name", 4),
        (HOOK + "url: https://example.com/in\nok: status + 1\n", "type-mismatch", 4),
        (HOOK + "url: https://example.com/in\nsecret: whsec_abc\n", "literal-secret", 4),
    ],
)
def test_what_can_be_seen_in_the_file_is_told_when_it_is_loaded(text: str, code: str, line: int) -> None:
    """Each at its place; and nothing that may be a secret is repeated."""
    _, findings = load(text)
    assert [(d.code, d.place.line) for d in findings] == [(code, line)]
    told = "".join(d.message + d.help for d in findings)
    assert not any(secret in told for secret in ("s3cret", "XXXX1", "key=abc", "user:pass", "whsec_abc"))
