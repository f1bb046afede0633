"""A WeCom robot in a group. It has no signature: its address alone is the secret. As public documentation has it (2026-11)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from flowkit.notify.channel import Message
from flowkit.notify.judging import MINUTE, Meaning, Told, passing
from flowkit.notify.pace import Limit
from flowkit.notify.robot_kind import Kind, Post, cut_to, words

LONGEST = 2048
"How many bytes a text may have."

_MOBILE = re.compile(r"1\d{10}", re.ASCII)

TOLD = Told(
    "企业微信",
    "errcode",
    "errmsg",
    {
        "-1": passing("系统繁忙"),
        "45009": passing("限流", MINUTE),
        "93000": Meaning("不认这个机器人的 key"),
    },
)


def compose(message: Message, secret: str, now: datetime) -> Post:
    """A text that mentions the person by his mobile number, or, where the address is none, by his user id."""
    content, notice = cut_to(words(message), LONGEST)
    text: dict[str, Any] = {"content": content}
    address = (message.address or "").strip()
    # "@all" would call everybody.
    if address and not address.startswith("@"):
        text["mentioned_mobile_list" if _MOBILE.fullmatch(address) else "mentioned_list"] = [address]
    return Post("", {"msgtype": "text", "text": text}, notice)


KIND = Kind(("qyapi.weixin.qq.com",), (Limit(20, timedelta(minutes=1)),), compose, TOLD)
