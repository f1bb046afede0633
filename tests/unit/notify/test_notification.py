"""A notification keeps whom it is for as written, and its words ready to be filled in."""

from __future__ import annotations

from flowkit.diagnostics import Findings
from flowkit.notify.notification import Notification, link, parse
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.reading import read

SCOPE = Scope({"case": Type("record"), "plate": Type("text")})


def load(text: str) -> tuple[Notification, Findings]:
    findings = Findings()
    definition = parse(read(text, "app.yaml", findings)[0].node, findings, "nobody")
    assert definition is not None
    return link(definition, SCOPE, findings), findings


def test_the_words_are_filled_in() -> None:
    """Between {{ }} stand names of the case."""
    notification, findings = load('notification: nobody\nto: [owner, 老板]\ntext: "工单 {{ case.number }} 还没人接"\n')
    assert list(findings) == []
    assert notification.render({"case": {"number": "WX1"}}) == ("", "工单 WX1 还没人接")
    assert ("case", "number") in notification.reads
    assert notification.definition.to is not None


def test_each_reader_gets_the_words_in_his_language() -> None:
    """One text for each language; the reader's locale chooses."""
    notification = load("notification: nobody\ntitle: T\ntext: {zh: 完成, en: Done}\n")[0]
    assert notification.render({}, "en") == ("T", "Done")
    assert notification.render({}, "zh") == ("T", "完成")


def test_what_was_typed_is_data() -> None:
    """A value that looks like a template or expression comes out as it was typed."""
    notification = load('notification: nobody\ntext: "{{ plate }}"\n')[0]
    assert notification.render({"plate": "{{7*7}}${x}"})[1] == "{{7*7}}${x}"


def test_channels_are_all_taken_but_for_those_kept_for_failure() -> None:
    """`otherwise` marks the channels that wait for those before them to fail."""
    notification = load("notification: nobody\nchannels: [wechat, {otherwise: [sms, mail]}]\ntext: x\n")[0]
    steps = [(s.channel.typed, s.otherwise) for s in notification.definition.channels]
    assert steps == [("wechat", False), ("sms", True), ("mail", True)]


def test_all_mistakes_are_told_in_one_pass() -> None:
    """An unknown name in the text, a channel named twice, `otherwise` with nothing before it, an unknown key."""
    text = 'notification: nobody\ntxt: x\nchannels: [{otherwise: sms}, sms]\ntext: "{{ plat }}"\n'
    assert {(d.code, d.place.line) for d in load(text)[1]} == {
        ("unknown-key", 2),
        ("misplaced-otherwise", 3),
        ("duplicate-name", 3),
        ("unknown-name", 4),
    }
