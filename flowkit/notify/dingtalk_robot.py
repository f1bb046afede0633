"""A DingTalk robot in a group. Its signature, its codes and its limit, as public documentation has them (2026-11)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from flowkit.notify import signatures
from flowkit.notify.channel import Message
from flowkit.notify.judging import Meaning, Told, passing
from flowkit.notify.pace import Limit
from flowkit.notify.robot_kind import Kind, Post, words

_MOBILE = re.compile(r"1\d{10}", re.ASCII)

# Who was too fast is shut out for ten minutes.
_SHUT_OUT = timedelta(minutes=10)

TOLD = Told(
    "钉钉",
    "errcode",
    "errmsg",
    {
        "-1": passing("系统繁忙"),
        "130101": passing("限流", _SHUT_OUT),
        "660026": passing("限流", _SHUT_OUT),
        "300001": Meaning("不认这个机器人的 access_token"),
        "310000": Meaning("的安全设置不通过,请核对加签密钥、本机时间、关键词和 IP 名单"),
    },
)


def compose(message: Message, secret: str, now: datetime) -> Post:
    """A text that mentions the person by his mobile number, or, where the address is none, by his user id."""
    milliseconds = int(now.timestamp() * 1000)
    query = f"timestamp={milliseconds}&sign={signatures.dingtalk(secret, milliseconds)}" if secret else ""
    address = (message.address or "").strip()
    mobile = _MOBILE.fullmatch(address) is not None
    at = {
        "atMobiles": [address] if mobile else [],
        "atUserIds": [address] if address and not mobile else [],
        "isAtAll": False,
    }
    return Post(query, {"msgtype": "text", "text": {"content": words(message)}, "at": at})


KIND = Kind(("oapi.dingtalk.com",), (Limit(20, timedelta(minutes=1)),), compose, TOLD)
