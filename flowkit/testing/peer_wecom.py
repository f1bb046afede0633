"""A stand-in for WeCom: the robot of a group. It has no signature; whoever knows its key may write."""

from __future__ import annotations

from datetime import timedelta

from flowkit.testing.peer_asked import Answer, Asked, text_of
from flowkit.testing.peer_vendor import Vendor, same


class WeCom(Vendor):
    """`token` is the robot's key."""

    what = "WeCom"
    paths = ("/cgi-bin/webhook/send",)

    def answer(self, asked: Asked) -> Answer:
        if (asked.method, asked.path) != ("POST", "/cgi-bin/webhook/send"):
            return 404, {"errcode": 404, "errmsg": "no such path; see /"}
        if not same(asked.parameters.get("key", ""), self.token):
            return self.no("93000", "invalid webhook url")
        if not self.takes("robot", 20, timedelta(minutes=1)):
            return self.too_often()
        content = asked.content if isinstance(asked.content, dict) else {}
        said = content.get("text")
        text = text_of(said, "content")
        if content.get("msgtype") != "text" or not text:
            return self.no("44004", "empty content")
        if len(text.encode()) > 2048:
            return self.no("40058", "content exceed max length 2048")
        assert isinstance(said, dict)
        whom = {name: said[name] for name in ("mentioned_list", "mentioned_mobile_list") if name in said}
        self.keep("robot", text=text, at_whom=whom)
        return 200, {"errcode": 0, "errmsg": "ok"}

    def no(self, code: str, words: str) -> Answer:
        return 200, {"errcode": int(code) if code.lstrip("-").isdecimal() else 93000, "errmsg": words}

    def too_often(self) -> Answer:
        return self.no("45009", "api freq out of limit")
