"""A stand-in for Feishu: the robot of a group, signed in the body."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

from flowkit.testing.peer_asked import Answer, Asked, text_of
from flowkit.testing.peer_vendor import Vendor, same

_PATH = "/open-apis/bot/v2/hook/"


class Feishu(Vendor):
    """`token` is the end of the robot's address; one without a secret takes what is not signed."""

    what = "Feishu"
    paths = (f"{_PATH}{{token}}",)

    def answer(self, asked: Asked) -> Answer:
        if asked.method != "POST" or not asked.path.startswith(_PATH):
            return 404, {"code": 404, "msg": "no such path; see /"}
        if not same(asked.path.removeprefix(_PATH), self.token):
            return self.no("19001", "param invalid: incoming webhook access token invalid")
        content = asked.content if isinstance(asked.content, dict) else {}
        if self.secret and not self._signed(text_of(content, "timestamp"), text_of(content, "sign")):
            return self.no("19021", "sign match fail or timestamp is not within one hour from current time")
        minute, second = timedelta(minutes=1), timedelta(seconds=1)
        if not self.takes("second", 5, second) or not self.takes("minute", 100, minute):
            return self.too_often()
        text = text_of(content.get("content"), "text")
        if content.get("msg_type") != "text" or not text or len(asked.raw) > 20 * 1024:
            return self.no("9499", "Bad Request")
        self.keep("robot", text=text)
        return 200, {"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"}

    def no(self, code: str, words: str) -> Answer:
        return 200, {"code": int(code) if code.isdecimal() else 19024, "msg": words, "data": {}}

    def too_often(self) -> Answer:
        return self.no("11232", "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")

    def _signed(self, moment: str, sign: str) -> bool:
        if (
            not moment.isdecimal()
            or abs(self.clock.now().timestamp() - int(moment)) > timedelta(hours=1).total_seconds()
        ):
            return False
        made = hmac.new(f"{moment}\n{self.secret}".encode(), digestmod=hashlib.sha256).digest()
        return same(sign, base64.b64encode(made).decode())
