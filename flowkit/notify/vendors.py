"""The presets that speak as one vendor wants it: their keys, what can be judged before sending, what they were held against.

Only data and judgement, as in `presets`. Hosts and limits stand with the adapters; here they are told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flowkit.diagnostics import Findings
from flowkit.notify.hosts import allowed
from flowkit.notify.wording import read_wording
from flowkit.source.keys import Key, read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.suggest import did_you_mean

Read = Mapping[str, Node]

AFTER = "a protocol simulator built from the public documentation of 2026-11; never the real service"
"""What every one of these was held against."""

IDS = ("userid", "unionid")
_WEBHOOK = Key(
    "webhook", "text", "the address of a group robot; whoever knows it may write", required=True, example="${env:ROBOT}"
)
_SECRET = Key("secret", "text", "the secret of a robot", example="${env:ROBOT_SECRET}")
_BASE = Key("base", "text", "where a stand-in for the vendor listens on this machine", example="http://127.0.0.1:8700")

TEMPLATE_KEYS = (
    Key("code", "text", "the code of the approved template", required=True, example="SMS_123456789"),
    Key(
        "text",
        "text",
        "the approved words, as the notification says them, with `${name}` where something varies",
        required=True,
        example='"工单${number}还没人接"',
    ),
)


@dataclass(frozen=True, slots=True)
class Vendor:
    """`keys` beside `title` and `preset`; `about` what it does; `limit` what is kept on our side; `unsure` rests on memory alone."""

    keys: tuple[Key, ...]
    check: Callable[[Read, Findings], None]
    about: str
    limit: str
    unsure: str


def _check_nothing(read: Read, findings: Findings) -> None:
    """A robot's keys are all secrets: nothing of them can be seen."""


def check_todo(read: Read, findings: Findings) -> None:
    ids = read.get("ids")
    if isinstance(ids, ScalarNode) and ids.typed not in IDS:
        message = f'expected {", ".join(IDS)}, found "{ids.typed[:40]}"'
        findings.error("unknown-option", ids.place, message, did_you_mean(ids.typed, IDS))
    _check_base(read, ("api.dingtalk.com",), findings)


def check_sms(read: Read, findings: Findings) -> None:
    _check_base(read, ("dysmsapi.aliyuncs.com",), findings)
    templates = read.get("templates")
    for _, _, node in templates.items() if isinstance(templates, MappingNode) else ():
        if isinstance(node, ScalarNode):
            continue
        written = (read_keys(node, "template", TEMPLATE_KEYS, findings) or {}).get("text")
        wording = read_wording(written.typed) if isinstance(written, ScalarNode) else None
        if isinstance(wording, str) and written is not None:
            findings.error("bad-wording", written.place, wording, 'write text: "工单${number}还没人接"')


def _check_base(read: Read, hosts: Collection[str], findings: Findings) -> None:
    base = read.get("base")
    if isinstance(base, ScalarNode) and "${" not in base.typed and allowed(base.typed, hosts) is None:
        expected = " or ".join(f"https://{host}" for host in hosts)
        findings.error(
            "bad-url",
            base.place,
            f"expected {expected}, or an address of this machine",
            "leave out base, but for a stand-in",
        )


VENDORS: Mapping[str, Vendor] = {
    "dingtalk_robot": Vendor(
        (_WEBHOOK, _SECRET),
        _check_nothing,
        "a DingTalk robot in a group, signed with HMAC-SHA256; mentions a person by mobile number or user id",
        "20 in a minute",
        "the throttle code 660026, the code 300001",
    ),
    "dingtalk_todo": Vendor(
        (
            Key("account", "text", "the AppKey of the application", required=True, example="dingabc123"),
            Key("secret", "text", "the AppSecret", required=True, example="${env:DING_SECRET}"),
            Key("ids", "name", "what `reach` holds: userid (without it) or unionid", example="unionid"),
            _BASE,
        ),
        check_todo,
        "a to-do in DingTalk for each message, finished when the case leaves the step",
        "",
        "finishing a to-do, the shape of refusals, that a repeated `sourceId` makes no second one",
    ),
    "wecom_robot": Vendor(
        (_WEBHOOK,),
        _check_nothing,
        "a WeCom robot in a group; mentions a person by mobile number or user id; 2048 bytes of text",
        "20 in a minute",
        "the code 93000",
    ),
    "feishu_robot": Vendor(
        (_WEBHOOK, _SECRET),
        _check_nothing,
        "a Feishu (Lark) robot in a group, signed with HMAC-SHA256; mentions nobody; 9000 bytes of text",
        "100 in a minute, 5 in a second",
        "that 9499 with the words `too many` is a throttle",
    ),
    "aliyun_sms": Vendor(
        (
            Key("key", "text", "the AccessKey ID", required=True, example="${env:SMS_KEY}"),
            Key("secret", "text", "the AccessKey secret", required=True, example="${env:SMS_SECRET}"),
            Key("sign", "text", "the signature that stands before a text message", required=True, example="老王修车"),
            Key(
                "templates",
                "mapping",
                "which approved template carries which notification; no other leaves this way",
                required=True,
                example='{没人接: {code: SMS_1, text: "工单${number}还没人接"}}',
            ),
            _BASE,
        ),
        check_sms,
        "a text message through Aliyun, signed with ACS3-HMAC-SHA256, in the words of an approved template",
        "",
        "the shape of a yes, asking for receipts before a message that may have arrived is sent again, "
        "codes of wrong requests",
    ),
}
