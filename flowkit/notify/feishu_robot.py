"""A Feishu robot in a group, or Lark's. Its signature, codes and limits, as public documentation has them (2026-11)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flowkit.notify import signatures
from flowkit.notify.channel import Message
from flowkit.notify.judging import MINUTE, Meaning, Told, passing
from flowkit.notify.pace import Limit
from flowkit.notify.robot_kind import Kind, Post, cut_to, words

LONGEST = 9_000
"How many bytes of text are sent: written as JSON they stay below the 20 KB that a body may have."

# What stands in a text as `<at user_id="all">` calls people, and texts hold what customers typed.
_TAG = re.compile(r"<(?=\s*/?\s*at\b)", re.IGNORECASE)

TOLD = Told(
    "飞书",
    "code",
    "msg",
    {
        "11232": passing("限流", MINUTE),
        "19021": Meaning("的签名校验不通过,请核对密钥和本机时间"),
        "19022": Meaning("的 IP 名单里没有本机"),
        "19024": Meaning("要求的关键词不在消息里"),
    },
    lambda code, said: _unclear(said) if code == "9499" else None,
)


def _unclear(said: str) -> Meaning:
    """One code for a body that is wrong and, as some have met it, for too many at once: only its words tell which."""
    return passing("限流", MINUTE) if "too many" in said.lower() else Meaning("认为请求格式不对")


def compose(message: Message, secret: str, now: datetime) -> Post:
    """A text. It mentions nobody: a robot of this kind knows people only by ids of its own."""
    seconds = int(now.timestamp())
    signed: Mapping[str, Any] = (
        {"timestamp": str(seconds), "sign": signatures.feishu(secret, seconds)} if secret else {}
    )
    text, notice = cut_to(_TAG.sub("＜", words(message)), LONGEST)
    return Post("", {**signed, "msg_type": "text", "content": {"text": text}}, notice)


KIND = Kind(
    ("open.feishu.cn", "open.larksuite.com"),
    (Limit(100, timedelta(minutes=1)), Limit(5, timedelta(seconds=1))),
    compose,
    TOLD,
)
