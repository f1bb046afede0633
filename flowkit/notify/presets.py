"""The kinds of channel that this version knows: the keys of each, and what can be judged of them before sending.

Only data and judgement: what opens them stands in `opening`, for this is read where no network may be known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from flowkit.diagnostics import Findings
from flowkit.notify.mailbox import read_mailbox
from flowkit.notify.target import gives_away_a_secret, read_target
from flowkit.notify.vendors import AFTER, VENDORS, Read
from flowkit.rules.language.expression import compile_expression
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN, NUMBER, Type
from flowkit.source.keys import Key
from flowkit.source.nodes import Node, ScalarNode
from flowkit.suggest import did_you_mean
from flowkit.wire.guard import refused

SECURITY = {"none": 25, "starttls": 587, "tls": 465}
"""How a mail server is spoken to, and the port where that is usual."""

ANSWER = Scope({"reply": Type("any"), "status": NUMBER})
"""What `ok` sees of a receiver's answer: its body, read as JSON, and its status."""

_COMMON = (
    Key("title", "words", "what people see instead of the name", example="短信"),
    Key("preset", "name", "which kind of channel it is", required=True, example="console"),
)
_EMAIL = (
    Key("host", "text", "the mail server", required=True, example="smtp.example.com"),
    Key("port", "integer", "its port; without it 587, 465 for `tls`, 25 for `none`", example="587"),
    Key("security", "name", "starttls (without it), tls from the first byte, or none", example="tls"),
    Key("user", "text", "the name to sign in with", example="service@example.com"),
    Key("password", "text", "the password to sign in with", example="${env:MAIL_PASSWORD}"),
    Key("sender", "text", "the address it comes from", required=True, example="老王修车 <service@example.com>"),
    Key("reply_to", "text", "the address that answers go to", example="desk@example.com"),
)
_WEBHOOK = (
    Key("url", "text", "where each message is posted to as JSON", required=True, example="${env:HOOK_URL}"),
    Key("secret", "text", "what messages are signed with (Standard Webhooks)", example="${env:HOOK_SECRET}"),
    Key("ok", "expression", "when the answer says yes; without it any status 2xx does", example="reply.code == 0"),
    Key("private", "boolean", "it may lie within the house, and be reached without TLS", example="true"),
)
_LATER = (
    Key("agent", "text", "the application within the account", example="1000002"),
    Key("token", "text", "the account's token", example="${env:CHANNEL_TOKEN}"),
)


@dataclass(frozen=True, slots=True)
class Preset:
    """The keys a channel of this kind takes, and what judges their values where they are plain to see.

    For the reference: `about` what it does, `against` what it was held against, `limit` how often at most it asks, `unsure`
    what of it rests on memory alone.
    """

    keys: tuple[Key, ...]
    check: Callable[[Read, Findings], None]
    about: str
    against: str
    limit: str = ""
    unsure: str = ""


def check_email(read: Read, findings: Findings) -> None:
    """The words and addresses of a mail account; a password that would be sent in the clear is warned of."""
    security = read.get("security")
    if isinstance(security, ScalarNode) and security.typed not in SECURITY:
        message = f'expected {", ".join(SECURITY)}, found "{security.typed[:40]}"'
        findings.error("unknown-option", security.place, message, did_you_mean(security.typed, SECURITY))
    port = read.get("port")
    if isinstance(port, ScalarNode) and isinstance(port.value, int) and not 0 < port.value < 65536:
        findings.error("out-of-range", port.place, f"expected a port from 1 to 65535, found {port.typed}")
    for key in ("sender", "reply_to"):
        node = read.get(key)
        if (plain := _plain(node)) is not None and node is not None and read_mailbox(plain) is None:
            message = f'expected an e-mail address, found "{plain[:80]}"'
            findings.error("type-mismatch", node.place, message, f"write {key}: 老王修车 <service@example.com>")
    for given, lacking in (("user", "password"), ("password", "user")):
        if given in read and lacking not in read:
            findings.error("missing-key", read[given].place, f'"{given}" needs the key "{lacking}" beside it')
    host = _plain(read.get("host")) or ""
    if "password" in read and _plain(security) == "none" and host not in ("localhost", "127.0.0.1", "::1"):
        message = "the password goes over the network in the clear"
        findings.warning("open-password", read["password"].place, message, "write security: starttls")


def check_webhook(read: Read, findings: Findings) -> None:
    """Where it goes, if that can be seen: over TLS, to the outside, and with no secret in the address."""
    url, private = read.get("url"), read.get("private")
    inside = isinstance(private, ScalarNode) and private.value is True
    if (plain := _plain(url)) is not None and url is not None:
        _check_url(plain, url, inside, findings)
    if "ok" in read:
        compile_expression(read["ok"], ANSWER, findings, BOOLEAN)


def _check_url(text: str, node: Node, inside: bool, findings: Findings) -> None:
    target = read_target(text)
    if target is None:
        help = "write url: https://example.com/messages, or ${env:NAME} where it holds a secret"
        findings.error("bad-url", node.place, "expected a URL without user, fragment or signs beyond ASCII", help)
    elif gives_away_a_secret(target):
        help = "write url: ${env:NAME} and set NAME where flowkit runs"
        findings.error(
            "literal-secret", node.place, "this URL seems to hold a secret, which may not stand in a file", help
        )
    elif target.scheme != "https" and not inside:
        help = "write https://, or private: true where it stays within the house"
        findings.error("open-url", node.place, "messages would go over the network in the clear", help)
    elif not inside and _lies_inside(target.host):
        help = "write private: true if that is meant"
        findings.error("private-address", node.place, f"{target.host} lies within the house", help)


def _lies_inside(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    return (":" in host or host.replace(".", "").isdigit()) and refused(host, private=False)


def _plain(node: Node | None) -> str | None:
    """The text that stands in the file; None for none, and for a placeholder."""
    return node.typed if isinstance(node, ScalarNode) and "${" not in node.typed else None


def _every_key() -> tuple[Key, ...]:
    """The keys of all presets, each once: what the console takes, and what a schema allows."""
    vendors = [key for vendor in VENDORS.values() for key in vendor.keys]
    every: dict[str, Key] = {}
    for key in (*_EMAIL, *_WEBHOOK, *vendors, *_LATER):
        known = every.get(key.name)
        if known is None:
            every[key.name] = replace(key, required=False)
        elif key.help not in known.help:
            # One name means something else to each preset: all of it is told.
            every[key.name] = replace(known, help=f"{known.help}; or {key.help}")
    return (*_COMMON, *every.values())


KEYS = _every_key()

_STANDARD = "the vectors of Standard Webhooks, and HTTP servers on this machine, with TLS and without"
PRESETS: Mapping[str, Preset] = {
    # The console takes the keys of every other preset, so that a channel is tried by changing this one word.
    "console": Preset(KEYS, lambda read, findings: None, "one line a message on the screen", "itself"),
    "email": Preset(
        (*_COMMON, *_EMAIL),
        check_email,
        "mail over SMTP, as text and HTML",
        "SMTP servers on this machine, with TLS and without; no provider's",
    ),
    "webhook": Preset(
        (*_COMMON, *_WEBHOOK), check_webhook, "JSON posted to an address, signed as Standard Webhooks has it", _STANDARD
    ),
    **{
        name: Preset((*_COMMON, *vendor.keys), vendor.check, vendor.about, AFTER, vendor.limit, vendor.unsure)
        for name, vendor in VENDORS.items()
    },
}

CHOOSING = ("aliyun_sms",)
"""The presets that carry only what has a template; others take the key, where they take it, for later."""
