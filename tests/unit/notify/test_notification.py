"""A notification is kept as written: whom it is for, the channels it takes, its words."""

from __future__ import annotations

from flowkit.diagnostics import Findings
from flowkit.notify.notification import NotificationDefinition, parse
from flowkit.source.reading import read


def load(text: str) -> tuple[NotificationDefinition, Findings]:
    findings = Findings()
    definition = parse(read(text, "app.yaml", findings)[0].node, findings, "nobody")
    assert definition is not None
    return definition, findings


def test_whom_it_is_for_and_its_words_are_kept() -> None:
    """What they mean, whoever links the app settles."""
    definition, findings = load("notification: nobody\nto: [owner, 老板]\ntext: {zh: 完成, en: Done}\n")
    assert list(findings) == []
    assert definition.to is not None
    assert definition.text is not None
    assert (definition.to.as_typed(), definition.text.as_typed()) == (["owner", "老板"], {"zh": "完成", "en": "Done"})


def test_channels_are_all_taken_but_for_those_kept_for_failure() -> None:
    """`otherwise` marks the channels that wait for those before them to fail."""
    definition = load("notification: nobody\nchannels: [wechat, {otherwise: [sms, mail]}]\ntext: x\n")[0]
    steps = [(s.channel.typed, s.otherwise) for s in definition.channels]
    assert steps == [("wechat", False), ("sms", True), ("mail", True)]


def test_all_mistakes_are_told_in_one_pass() -> None:
    """A channel named twice, `otherwise` with nothing before it, an unknown key."""
    text = "notification: nobody\ntxt: x\nchannels: [{otherwise: sms}, sms]\ntext: x\n"
    assert {(d.code, d.place.line) for d in load(text)[1]} == {
        ("unknown-key", 2),
        ("misplaced-otherwise", 3),
        ("duplicate-name", 3),
    }
