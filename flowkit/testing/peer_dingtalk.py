"""A stand-in for DingTalk: the robot of a group, an application's token, user ids, to-dos."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from flowkit.testing.peer_asked import Answer, Asked, text_of
from flowkit.testing.peer_vendor import DEFAULT, Vendor, same

_HOUR = timedelta(hours=1)
_LASTS = timedelta(seconds=7200)
_TASKS = re.compile(r"/v1\.0/todo/users/(?P<person>[^/]+)/tasks(?:/(?P<task>[^/]+))?")


class DingTalk(Vendor):
    """`token` is the robot's access token and the application's AppKey; `secret` the robot's and the AppSecret.

    A robot without a secret takes what is not signed. An application has one in any case.
    """

    what = "DingTalk"
    paths = ("/robot/send", "/v1.0/oauth2/accessToken", "/topapi/v2/user/get", "/v1.0/todo/users/{unionId}/tasks")

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._tokens: dict[str, datetime] = {}
        self._issued = 0

    def answer(self, asked: Asked) -> Answer:
        match asked.method, asked.path:
            case "POST", "/robot/send":
                return self._robot(asked)
            case "POST", "/v1.0/oauth2/accessToken":
                return self._token(asked.content)
            case "POST", "/topapi/v2/user/get":
                return self._user(asked)
        found = _TASKS.fullmatch(asked.path)
        if found is not None and (asked.method, bool(found["task"])) in {("POST", False), ("PUT", True)}:
            if not self._alive(asked.headers.get("x-acs-dingtalk-access-token", "")):
                return _new(401, "InvalidAuthentication", "不合法的access_token")
            person = unquote(found["person"])
            return self._finished(person, found["task"]) if found["task"] else self._todo(person, asked.content)
        return _new(404, "NotFound", "no such path; see /")

    def no(self, code: str, words: str) -> Answer:
        return 200, {"errcode": int(code) if code.lstrip("-").isdecimal() else 310_000, "errmsg": words}

    def refused(self, path: str, value: str) -> Answer:
        """What is older refuses with 200, what is newer with a status."""
        if path.startswith("/v1.0/"):
            return _new(400, value or "InvalidParameter", "refused on demand")
        return self.no(value, "refused on demand")

    def throttled(self, path: str, value: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        if path.startswith("/v1.0/"):
            return (*_new(403, "Forbidden.AccessDenied.QpsLimitForApi", "too often"), {})
        return (*self.too_often(), {})

    def too_often(self) -> Answer:
        words = "send too fast, exceed 20 times per minute"
        return 200, {"errcode": 130101, "errmsg": words, "status": 1111, "wait": 5, "punish": "deny"}

    def control(self, method: str, path: str, content: Any) -> Answer | None:
        """Also: lets every token of applications run out."""
        if (method, path) == ("DELETE", "/_peer/tokens"):
            with self.lock:
                self._tokens.clear()
            return 200, {"tokens": "run out"}
        return super().control(method, path, content)

    def _robot(self, asked: Asked) -> Answer:
        given = asked.parameters
        if not same(given.get("access_token", ""), self.token):
            return 200, {"errcode": 300001, "errmsg": "token is not exist"}
        if self.secret:
            moment = given.get("timestamp", "")
            late = (
                not moment.isdecimal() or abs(self.clock.now().timestamp() - int(moment) / 1000) > _HOUR.total_seconds()
            )
            if late:
                return 200, {"errcode": 310000, "errmsg": "invalid timestamp"}
            signed = hmac.new(self.secret.encode(), f"{moment}\n{self.secret}".encode(), hashlib.sha256).digest()
            if not same(given.get("sign", ""), base64.b64encode(signed).decode()):
                return 200, {"errcode": 310000, "errmsg": "sign not match"}
        if not self.takes("robot", 20, timedelta(minutes=1), timedelta(minutes=10)):
            return self.too_often()
        content = asked.content
        text = text_of(content.get("text") if isinstance(content, dict) else None, "content")
        if not text:
            return 200, {"errcode": 40035, "errmsg": "缺少参数 text.content"}
        self.keep("robot", text=text, at_whom=content.get("at"))
        return 200, {"errcode": 0, "errmsg": "ok"}

    def _token(self, content: Any) -> Answer:
        if not same(text_of(content, "appKey"), self.token) or not same(
            text_of(content, "appSecret"), self.secret or DEFAULT
        ):
            return 400, {
                "code": "invalidClientIdOrSecret",
                "message": "无效的clientId或者clientSecret",
                "requestid": "sim",
            }
        self._issued += 1
        token = f"token-{self._issued}"
        self._tokens[token] = self.clock.now() + _LASTS
        return 200, {"accessToken": token, "expireIn": int(_LASTS.total_seconds())}

    def _alive(self, token: str) -> bool:
        return token in self._tokens and self.clock.now() < self._tokens[token]

    def _user(self, asked: Asked) -> Answer:
        if not self._alive(asked.parameters.get("access_token", "")):
            return 200, {
                "errcode": 88,
                "errmsg": "ding talk error",
                "sub_code": "40014",
                "sub_msg": "不合法的access_token",
            }
        user = text_of(asked.content, "userid")
        if not user or user.startswith("unknown"):
            return 200, {"errcode": 60121, "errmsg": "找不到该用户"}
        return 200, {"errcode": 0, "errmsg": "ok", "result": {"userid": user, "unionid": f"union-{user}"}}

    def _todo(self, person: str, content: Any) -> Answer:
        source, subject = text_of(content, "sourceId"), text_of(content, "subject")
        if not subject or len(subject) > 1024 or not isinstance(content.get("executorIds"), list):
            return _new(400, "InvalidParameter", "subject or executorIds")
        for entry in self.book.entries():
            if source and entry["kind"] == "todo" and (entry["source"], entry["person"]) == (source, person):
                return 200, {"id": entry["no"], "subject": entry["subject"]}
        more = {"description": text_of(content, "description"), "executors": content["executorIds"]}
        number = self.keep("todo", person=person, source=source, subject=subject, **more)
        return 200, {"id": number, "subject": subject}

    def _finished(self, person: str, task: str) -> Answer:
        known = [e for e in self.book.entries() if e["kind"] == "todo" and (e["no"], e["person"]) == (task, person)]
        if not known:
            return _new(404, "NotFound", "待办不存在")
        self.keep("done", person=person, todo=task)
        return 200, {"result": True}


def _new(status: int, code: str, words: str) -> Answer:
    """A refusal of the newer interfaces."""
    return status, {"code": code, "message": words, "requestid": "sim"}
